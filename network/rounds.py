"""Calls to many stores in one round: what they need is read beforehand, what they teach is written afterwards.

Reading and writing are a few statements for any number of stores of a platform, made by one thread. The calls between them
touch no database, so that other threads may make them and a slow store holds nobody and no connection.
"""

from collections.abc import Collection, Mapping
from typing import Any

from network.connectors.base import connector_class
from network.connectors.round import Round


def open_round(asked: Mapping[int, Mapping[str, int]], shops: Mapping[int, Any]) -> Round:
    """Prepare so many calls of each kind (write, activate, read) to these shops' stores, whatever their platforms.

    The caller sees to it that none of the shops is halted, and settles every shop that is ``ready``.
    """
    platforms: dict[str, dict[int, Mapping[str, int]]] = {}
    for shop_id, kinds in asked.items():
        platforms.setdefault(shops[shop_id].platform, {})[shop_id] = kinds
    parts = [connector_class(platform).open_round(its, shops) for platform, its in sorted(platforms.items())]

    def settle(shop_ids: Collection[int]) -> None:
        for part in parts:
            if ended := [shop_id for shop_id in shop_ids if shop_id in part.ready]:
                part.settle(ended)

    return Round(
        ready={shop_id: connector for part in parts for shop_id, connector in part.ready.items()},
        waits={shop_id: seconds for part in parts for shop_id, seconds in part.waits.items()},
        alone={shop_id for part in parts for shop_id in part.alone},
        settle=settle,
    )
