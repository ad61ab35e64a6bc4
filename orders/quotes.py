"""What a sale from the shelf would take: decided as an order would be, and nothing claimed."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from catalog.models import Match
from network.models import Shop
from network.rates import convert_minor
from network.taxing import Point
from orders.decide import Decided, decide_order
from orders.routing import Demand
from orders.sell import SoldLine, find_variants

UNMATCHED = "this product is not matched to any partner's product"


@dataclass(frozen=True, slots=True)
class QuotedLine:
    """One line of the question: whether partners can send all its units, else why not."""

    variant: str
    quantity: int
    served: bool
    reason: str


@dataclass(frozen=True, slots=True)
class QuotedParcel:
    """One parcel of the answer; whose it is stays unsaid until there is a trade."""

    units: int
    country: str
    distance_km: float | None
    arrives_from: dt.date
    arrives_on: dt.date


@dataclass(frozen=True, slots=True)
class Quoted:
    """The answer to a quote; postage in minor units of the shop's currency, net."""

    lines: tuple[QuotedLine, ...]
    parcels: tuple[QuotedParcel, ...]
    postage_minor: int
    promise: tuple[dt.date, dt.date] | None
    within_promise: bool
    policy: str
    why: str


def quote_sale(shop: Shop, wants: Sequence[tuple[str, int]], to: Point) -> Quoted:
    """Answer who would ship these units (variant id or SKU, quantity) there, without claiming any of them.

    The same question put as an order at the same moment is decided alike. *Raises* NoSuchVariant.
    """
    variants = find_variants(shop, [SoldLine(name, quantity, 0) for name, quantity in wants])
    found = Match.everyone.filter(variant__in=variants.values(), status="linked").values_list("variant_id", "item_id")
    items = dict(found)
    grams = {one.pk: one.inventory_item.grams for one in variants.values()}
    demands = [
        Demand(at, items[variant.pk], quantity, grams[variant.pk])
        for at, (name, quantity) in enumerate(wants)
        if (variant := variants[name]).pk in items
    ]
    decided = decide_order(shop, demands, to)
    reasons = dict(decided.plan.unserved)
    lines = []
    for at, (name, quantity) in enumerate(wants):
        reason = reasons.get(at, "") if variants[name].pk in items else UNMATCHED
        lines.append(QuotedLine(name, quantity, not reason, reason))
    return _quoted(shop, decided, lines)


def _quoted(shop: Shop, decided: Decided, lines: Sequence[QuotedLine]) -> Quoted:
    postage = sum(convert_minor(one.postage_minor, "EUR", shop.currency) for one in decided.shipments())
    parcels = []
    for location, (first, last) in sorted(decided.arrivals().items()):
        here = [one for one in decided.plan.allotments if one.location == location]
        offer = decided.offers[here[0].level]
        parcels.append(QuotedParcel(sum(one.units for one in here), offer.country, offer.distance_km, first, last))
    promise = decided.promise()
    nameless = decided.nameless()
    return Quoted(
        lines=tuple(lines),
        parcels=tuple(parcels),
        postage_minor=postage,
        promise=promise,
        within_promise=promise is not None and promise[1] <= decided.promised_on,
        policy=decided.policy,
        why=nameless if lines else "",
    )
