"""The back office's page on one decision: sentences, map, every candidate as a table, and what the rules of today would do."""

from typing import Any

from orders.decision_map import draw_decision
from orders.models import RoutingTrace
from orders.prefer import policy_of
from orders.replay import may_be_replayed, replay_decision
from orders.routing import POLICIES

COLUMNS = {
    "shipper": "shop",
    "location": "place",
    "item": "item",
    "free": "free",
    "km": "km",
    "zone": "zone",
    "carrier": "carrier",
    "tariff": "tariff",
    "days": "days",
    "late": "late",
    "postage_minor": "postage",
    "late_minor": "lateness",
    "risk_bp": "risk bp",
    "given_bp": "given bp",
    "fresh_bp": "fresh bp",
    "unit_minor": "a unit's own",
    "total_minor": "weighed",
    "refused": "refused",
    "chosen": "sends",
}
MOST_ROWS = 400


def decision_facts(trace: RoutingTrace) -> dict[str, Any]:
    """Lay a kept decision out for its page; one of an earlier version shows what it kept."""
    facts = trace.trace
    names = facts.get("names", {})
    said = facts.get("said", {})
    rows = sorted(facts.get("candidates", []), key=lambda row: (not row.get("chosen"), row.get("total_minor", 0)))
    page: dict[str, Any] = {
        "facts": facts,
        "said": said,
        "said_to_shippers": [(names.get(shop, shop), sentence) for shop, sentence in said.get("shippers", {}).items()],
        "columns": list(COLUMNS.values()),
        "rows": [_cells(row, names) for row in [*rows, *facts.get("refused", [])][:MOST_ROWS]],
    }
    if may_be_replayed(trace):
        page |= {"picture": draw_decision(facts), "replays": _replays(trace, names)}
    return page


def _cells(row: dict[str, Any], names: dict[str, str]) -> list[Any]:
    told = {name: row.get(name, "") for name in COLUMNS}
    told["shipper"] = names.get(str(row["shipper"]), row["shipper"])
    told["chosen"] = "sends" if row.get("chosen") else ""
    if isinstance(told["refused"], list):
        told["refused"] = " ".join(told["refused"])
    return list(told.values())


def _replays(trace: RoutingTrace, names: dict[str, str]) -> list[dict[str, Any]]:
    """Think the decision through by every policy, the shop's present one first."""
    present = policy_of(trace.order.shop)[0]
    told = []
    for policy in sorted(POLICIES, key=lambda name: (name != present, name)):
        again = replay_decision(trace, policy=policy)
        units: dict[int, int] = {}
        for _, shipper, count in again.would_send:
            units[shipper] = units.get(shipper, 0) + count
        who = ", ".join(f"{names.get(str(shipper), shipper)} ({count})" for shipper, count in units.items())
        told.append(
            {
                "policy": policy,
                "present": policy == present,
                "who": who or "nobody",
                "parcels": again.plan.parcels,
                "cost": again.plan.cost_minor,
                "is_same": again.is_same,
            }
        )
    return told
