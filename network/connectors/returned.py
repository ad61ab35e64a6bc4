"""Returns as the selling shops' platforms have them, in the network's words."""

from dataclasses import dataclass

# Why something comes back, in the words all platforms are translated to.
RETURN_REASONS = ("too_small", "too_large", "not_liked", "faulty", "wrong_item", "other")


@dataclass(frozen=True)
class RemoteReturnLine:
    """Units that come back of one parcel's line."""

    fulfilment_id: str
    line_id: str  # the order's line
    quantity: int
    reason: str  # one of RETURN_REASONS


@dataclass(frozen=True)
class RemoteReturn:
    """A return as the selling shop's platform has it; ``status`` is requested, open, closed, declined or cancelled."""

    id: str
    name: str
    status: str
    lines: tuple[RemoteReturnLine, ...] = ()
