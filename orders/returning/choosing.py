"""The choice of a place for goods that come back, with every place's figures and one sentence why."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

SHIPPER, ORIGIN, TAKER = "shipper", "origin", "taker"
# what went wrong before the customer had it: who sent it must see it
ITS_SENDERS = {
    "faulty": "Faulty goods go back to who sent them.",
    "wrong_item": "Wrong goods go back to who sent them.",
    "undeliverable": "A carrier brings what it could not deliver back to who sent it.",
}
RULE_WORDS = {
    "shipper": "Back to the partner who shipped it",
    "origin": "To us, we keep the goods",
    "nearest": "To the nearest shop that sells it",
    "next_seller": "To the shop that is likely to sell it next",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A shop that could get the goods.

    ``km`` lie between the customer and it; ``sold`` are the units it lately sold or could have sold of what comes back, ``has``
    what it has of it. ``refused`` says why it may not get them.
    """

    shop: int
    name: str
    role: str  # shipper, origin (any shop of the selling merchant), taker
    km: float | None = None
    sold: int = 0
    has: int = 0
    refused: str = ""

    @property
    def likely(self) -> float:
        """How soon a unit would sell there: what is asked for, over what stands there already."""
        return self.sold / (1 + max(0, self.has))


@dataclass(frozen=True, slots=True)
class Choice:
    """Where the goods go and why, in a sentence the selling merchant reads."""

    role: str
    shop: int
    why: str
    rule: str
    places: tuple[Place, ...]

    def kept(self) -> dict[str, Any]:
        """Write down what was weighed, to be stored with the return."""
        rows = [{name: value for name, value in asdict(place).items() if value != ""} for place in self.places]
        return {"rule": self.rule, "places": rows}


def choose_place(rule: str, reason: str, places: Sequence[Place]) -> Choice:
    """Choose by the merchant's rule among places of which exactly one is the shipper and the first origin is the selling shop.

    Goods that were faulty or wrong go to who sent them, unless it takes nothing back any more; then, and whenever nobody
    else may have them, the selling shop keeps them.
    """
    shipper = next(place for place in places if place.role == SHIPPER)
    own = next(place for place in places if place.role == ORIGIN)

    def chosen(place: Place, why: str) -> Choice:
        return Choice(place.role, place.shop, why, rule, tuple(places))

    if reason in ITS_SENDERS and not shipper.refused:
        return chosen(shipper, ITS_SENDERS[reason])
    if rule == ORIGIN:
        return chosen(own, "You keep what your customers send back.")
    found = _by_figures(rule, places) if reason not in ITS_SENDERS else None
    if found is not None:
        return chosen(*found)
    if not shipper.refused:
        why = "Returns go back to who shipped them." if rule == SHIPPER else _no_figures(rule)
        return chosen(shipper, why)
    return chosen(own, f"{shipper.refused} You keep the goods.")


def _by_figures(rule: str, places: Sequence[Place]) -> tuple[Place, str] | None:
    open_ones = [place for place in places if not place.refused]
    if rule == "nearest":
        located = [place for place in open_ones if place.km is not None]
        if located:
            best = min(located, key=lambda place: (place.km or 0.0, place.role != SHIPPER, place.shop))
            return best, f"{best.name} is nearest to the customer: {round(best.km or 0)} km.{_bought(best)}"
    if rule == "next_seller":
        wanted = [place for place in open_ones if place.likely > 0]
        if wanted:
            best = max(wanted, key=lambda place: (place.likely, place.role == SHIPPER, -(place.km or 0.0), -place.shop))
            # a partner's figures are its own business; the selling merchant reads those of its own shops
            figures = f": {best.sold} asked for in 90 days, {best.has} in stock" if best.role == ORIGIN else ""
            return best, f"{best.name} is likely to sell it next{figures}.{_bought(best)}"
    return None


def _bought(place: Place) -> str:
    return " It buys from you what comes as new." if place.role == TAKER else ""


def _no_figures(rule: str) -> str:
    if rule == "nearest":
        return "Nobody’s distance is known, so it goes back to who shipped it."
    return "Nobody was asked for it lately, so it goes back to who shipped it."
