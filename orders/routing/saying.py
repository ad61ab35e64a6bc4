"""Why this partner ships, in one sentence for each party: the selling shop, each shipper, the network's staff."""

from collections.abc import Mapping, Sequence
from typing import Any

from orders.routing.types import Allotment, Plan

ORDER_OF = {
    "fewest_parcels": "the fewest parcels, then the least cost",
    "cheapest": "the least cost",
    "nearest": "the nearest partner",
    "fastest": "the earliest arrival",
    "fair": "the fewest parcels, then the partner that got least so far",
}


def say_plan(
    plan: Plan, names: Mapping[int, str], policy: str, arrives: Mapping[int, tuple[str, str]]
) -> dict[str, Any]:
    """Say a decision to its three kinds of reader; ``arrives`` are the days, in words, by location of what is sent.

    The selling shop hears the names of those who ship and nobody else's; a shipper hears of the others only how many.
    """
    sent = _by_shipper(plan.allotments)
    rows: list[dict[str, Any]] = plan.trace["candidates"]
    able = {row["shipper"] for row in rows if not row["refused"] and row["free"] > 0}
    chosen = {shipper: next(row for row in rows if row["chosen"] and row["shipper"] == shipper) for shipper in sent}
    return {
        "origin": _to_origin(plan, sent, chosen, names, able, policy, arrives),
        "shippers": {str(shipper): _to_shipper(parts, chosen[shipper], able) for shipper, parts in sent.items()},
        "network": _to_network(plan, sent, rows, names, policy),
    }


def _by_shipper(allotments: Sequence[Allotment]) -> dict[int, list[Allotment]]:
    sent: dict[int, list[Allotment]] = {}
    for one in allotments:
        sent.setdefault(one.shipper, []).append(one)
    return sent


def _units(parts: Sequence[Allotment]) -> str:
    count = sum(one.units for one in parts)
    return "1 unit" if count == 1 else f"{count} units"


def _euro(minor: int) -> str:
    return f"EUR {minor // 100}.{minor % 100:02d}"


def _far(row: Mapping[str, Any]) -> str:
    return "an unknown distance" if row["km"] is None else f"{row['km']:.0f} km"


def _to_origin(
    plan: Plan,
    sent: Mapping[int, Sequence[Allotment]],
    chosen: Mapping[int, Mapping[str, Any]],
    names: Mapping[int, str],
    able: set[int],
    policy: str,
    arrives: Mapping[int, tuple[str, str]],
) -> str:
    if not sent:
        return "Nobody ships it: " + "; ".join(sorted({why for _, why in plan.unserved})) + "."
    parts = []
    for shipper, allotted in sent.items():
        first, last = arrives[allotted[0].location]
        when = f"on {last}" if first == last else f"between {first} and {last}"
        parts.append(f"{names[shipper]} ships {_units(allotted)} from {_far(chosen[shipper])} away, arriving {when}")
    among = (
        "the only partner that could" if len(able) == 1 else f"chosen among {len(able)} partners for {ORDER_OF[policy]}"
    )
    parcels = "" if plan.parcels == 1 else f" in {plan.parcels} parcels, because nobody had everything"
    if plan.parcels > 1 and policy in ("cheapest", "nearest", "fastest"):
        parcels = f" in {plan.parcels} parcels"
    missing = "; the rest nobody could ship" if plan.unserved else ""
    return f"{'; '.join(parts)}{parcels}: {among}{missing}."


def _to_shipper(parts: Sequence[Allotment], row: Mapping[str, Any], able: set[int]) -> str:
    others = len(able) - 1
    among = (
        "nobody else could send it" if not others else f"you suited best among {others + 1} shops that could send it"
    )
    return (
        f"You send {_units(parts)}: {among}, {_far(row)} from the customer, {row['days']} working days, "
        f"{_euro(row['postage_minor'])} postage by your tariff."
    )


def _to_network(
    plan: Plan,
    sent: Mapping[int, Sequence[Allotment]],
    rows: Sequence[Mapping[str, Any]],
    names: Mapping[int, str],
    policy: str,
) -> str:
    if not sent:
        return "No candidate was left: " + "; ".join(sorted({why for _, why in plan.unserved})) + "."
    others = [row for row in rows if not row["refused"] and row["shipper"] not in sent]
    next_best = min(others, key=lambda row: (row["total_minor"], row["level"]), default=None)
    who = ", ".join(f"{names[shipper]} ({_units(parts)})" for shipper, parts in sent.items())
    proof = "the optimum" if plan.exact else f"at most {_euro(plan.gap_minor)} above the optimum"
    told = f"By {policy}: {who}, {plan.parcels} parcel{'s' * (plan.parcels > 1)}, {_euro(plan.cost_minor)} weighed, {proof}"
    if next_best is None:
        return f"{told}; there was no other."
    best = min(row["total_minor"] for row in rows if row["chosen"])
    return f"{told}; next {names.get(next_best['shipper'], 'another')}, {_euro(next_best['total_minor'])} a unit against {_euro(best)}."
