"""Calls to many stores of one platform in one round: what they need is read beforehand, what they teach is written afterwards."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from network.connectors.base import Connector


def _nothing_learnt(shop_ids: Collection[int]) -> None:
    """Settle shops whose stores teach nothing."""


@dataclass
class Round:
    """Connectors that any thread may use; ``waits``: seconds until a store may be asked; ``alone``: whose access must be looked after.

    A store of ``alone`` is asked through an ordinary connector, which renews tokens and marks those that are refused.
    ``settle`` takes shops of ``ready`` whose calls have ended, and writes down what their stores taught. *Again*: no change.
    """

    ready: dict[int, "Connector"] = field(default_factory=dict)
    waits: dict[int, float] = field(default_factory=dict)
    alone: set[int] = field(default_factory=set)
    settle: Callable[[Collection[int]], None] = _nothing_learnt
