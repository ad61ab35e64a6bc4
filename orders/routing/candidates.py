"""Every offer with the numbers it was weighed by, as if it sent one unit alone: what a decision keeps to explain itself."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from orders.routing.costs import Place, best_way, unit_minor
from orders.routing.policies import Weights
from orders.routing.rules import first_refusal
from orders.routing.types import Demand, Offer, Promise


def list_candidates(
    demands: Sequence[Demand],
    offers: Sequence[Offer],
    places: Mapping[int, Place],
    promise: Promise,
    weights: Weights,
    chosen: Collection[int],
) -> list[dict[str, Any]]:
    """Write down what each offer for a wanted item would take; ``chosen`` are the levels that send."""
    wanted: dict[int, list[Demand]] = {}
    for demand in demands:
        wanted.setdefault(demand.item, []).append(demand)
    sent: dict[tuple[int, int], dict[str, Any]] = {}
    rows = []
    for offer in offers:
        if (lines := wanted.get(offer.item)) is None:
            continue
        grams = lines[0].grams
        if (sending := sent.get((offer.location, grams))) is None:
            sending = sent[offer.location, grams] = _sending(offer, places[offer.location], grams, promise, weights)
        own = unit_minor(offer, weights)
        row = {
            **sending,
            "level": offer.level,
            "item": offer.item,
            "free": offer.free,
            "risk_bp": offer.risk_bp,
            "given_bp": offer.given_bp,
            "fresh_bp": offer.fresh_bp,
            "unit_minor": own,
            "refused": _refusal(lines, offer),
            "chosen": offer.level in chosen,
        }
        row["total_minor"] += own
        rows.append(row)
    return rows


def _refusal(lines: Sequence[Demand], offer: Offer) -> str:
    """Name why an offer may serve none of the lines of its item; empty when it may serve one."""
    reason = ""
    for line in lines:
        if not (reason := first_refusal(line, offer)):
            break
    return reason


def _sending(offer: Offer, place: Place, grams: int, promise: Promise, weights: Weights) -> dict[str, Any]:
    """Write down what is the same for all goods of one weight from one place."""
    at = best_way(place, grams)
    way, postage = place.ways[at], place.ways[at].postage(grams)
    days = offer.days or way.days_max
    late = max(0, days - promise.days)
    return {
        "shipper": offer.shipper,
        "location": offer.location,
        "country": offer.country,
        "area": offer.postcode[:4],
        "km": place.km,
        "zone": way.zone,
        "carrier": way.carrier,
        "tariff": offer.tariff,
        "days_min": min(way.days_min, days),
        "days": days,
        "late": late,
        "postage_minor": postage,
        "late_minor": late * weights.late_day,
        "total_minor": postage + place.ways_minor[at] + place.fixed_minor,
        "full": offer.full,
    }
