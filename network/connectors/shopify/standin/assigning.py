"""Which place gets which units of an order: the merchant's own places before the shelves of apps, one place before several."""

from dataclasses import dataclass

from network.connectors.shopify.standin.state import Node, Store


@dataclass(frozen=True)
class Want:
    """Units of one order line to be placed; without an item nothing is counted."""

    line: int
    item: str | None
    quantity: int
    counted: bool
    oversold: bool  # may be sold without stock


@dataclass(frozen=True)
class Share:
    """Units of one order line at one place."""

    line: int
    location: str
    quantity: int
    covered: bool


def assign(store: Store, wants: list[Want], *, only: str | None = None) -> list[Share]:
    """Share out an order; what nobody can cover goes to the first own place, marked as not covered."""
    places = [one["id"] for one in ranked(store) if only in (None, one["id"])]
    if not places:
        return []
    own = [one for one in places if not store[one]["isFulfillmentService"]]
    for place in own:
        if all(_covers(store, want, place) for want in wants):
            return [Share(want.line, place, want.quantity, covered=True) for want in wants]
    return [share for want in wants for share in _of_line(store, want, places, (own or places)[0])]


def ranked(store: Store) -> list[Node]:
    """List the places that fulfil online orders: own ones first, then shelves, each by age."""
    open_places = [one for one in store.all("Location") if one["isActive"] and one["fulfillsOnlineOrders"]]
    return sorted(open_places, key=lambda one: (one["isFulfillmentService"], int(one["legacyResourceId"])))


def stocked(store: Store, item: str, place: str) -> int:
    """Count what can be promised of an item at a place."""
    level = store.level(item, place)
    return max(0, level["q"]["available"]) if level and level["isActive"] else 0


def _covers(store: Store, want: Want, place: str) -> bool:
    if not want.counted or want.item is None:
        return not store[place]["isFulfillmentService"]
    return stocked(store, want.item, place) >= want.quantity


def _of_line(store: Store, want: Want, places: list[str], first: str) -> list[Share]:
    whole = next((place for place in places if _covers(store, want, place)), None)
    if whole is not None:
        return [Share(want.line, whole, want.quantity, covered=True)]
    if want.item is None or not want.counted:
        return [Share(want.line, first, want.quantity, covered=True)]
    shares, left = [], want.quantity
    for place in places:
        taken = min(left, stocked(store, want.item, place))
        if taken:
            shares.append(Share(want.line, place, taken, covered=True))
            left -= taken
    if left:
        home = next(
            (place for place in places if store.level(want.item, place) and not store[place]["isFulfillmentService"]),
            first,
        )
        shares.append(Share(want.line, home, left, covered=want.oversold))
    return shares
