"""Holds a running network against its stores from outside: every figure, order and parcel, by the stores' own GraphQL."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce

from catalog.claim import check_claims
from catalog.models import Placement, StockLevel
from orders.models import InternalOrder, OrderLine, OrderToRead, Parcel, ReturnLine
from settlement.check import check_ledger
from skuu.demo.shopfront import Storefront

LEVELS = """query($after: String) { inventoryItems(first: 50, after: $after) { nodes { id variant { inventoryPolicy }
  inventoryLevels(first: 5) { nodes { location { id isFulfillmentService } quantities(names: ["available"]) { quantity } } } }
  pageInfo { hasNextPage endCursor } } }"""
ORDERS = """query($after: String) { orders(first: 10, after: $after) { nodes { id sourceIdentifier cancelledAt
  fulfillments(first: 5) { id status totalQuantity }
  fulfillmentOrders(first: 5) { nodes { status assignedLocation { location { id isFulfillmentService } }
    lineItems(first: 5) { nodes { totalQuantity inventoryItemId lineItem { quantity } } } } } }
  pageInfo { hasNextPage endCursor } } }"""
HELD = ("placed", "accepted", "shipped", "delivered")
Key = tuple[str, str]  # (inventory item, location)


@dataclass
class Facts:
    """What one store shows."""

    own: dict[Key, int] = field(default_factory=dict)
    shelf: dict[str, int] = field(default_factory=dict)  # by inventory item
    beyond: set[str] = field(default_factory=set)  # inventory items that the shop itself sells beyond its stock
    taken: Counter[Key] = field(default_factory=Counter)
    internal: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    parcels: set[str] = field(default_factory=set)  # fulfilments that stand
    cancelled: set[str] = field(default_factory=set)


def look(store: Storefront) -> Facts:
    """Read all that counts of a store."""
    facts = Facts()
    for item in _pages(store, LEVELS, "inventoryItems"):
        if (item["variant"] or {}).get("inventoryPolicy") == "CONTINUE":
            facts.beyond.add(item["id"])
        for level in item["inventoryLevels"]["nodes"]:
            units = sum(one["quantity"] for one in level["quantities"])
            if level["location"]["isFulfillmentService"]:
                facts.shelf[item["id"]] = units
            else:
                facts.own[item["id"], level["location"]["id"]] = units
    for order in _pages(store, ORDERS, "orders"):
        _take_in(facts, order)
    return facts


def _take_in(facts: Facts, order: dict[str, Any]) -> None:
    if order["cancelledAt"]:
        facts.cancelled.add(order["id"])
    elif order["sourceIdentifier"]:
        facts.internal.setdefault(order["sourceIdentifier"], []).append(order)
    facts.parcels |= {one["id"] for one in order["fulfillments"] if one["status"] == "SUCCESS"}
    for answer in order["fulfillmentOrders"]["nodes"]:
        place = answer["assignedLocation"]["location"]
        if place and not place["isFulfillmentService"] and answer["status"] != "CANCELLED":
            for row in answer["lineItems"]["nodes"]:
                if row["inventoryItemId"]:
                    facts.taken[row["inventoryItemId"], place["id"]] += row["totalQuantity"]


def _pages(store: Storefront, query: str, name: str) -> Iterator[dict[str, Any]]:
    after = None
    while True:
        page = store.ask(query, {"after": after})[name]
        yield from page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def differences(
    stores: Mapping[str, Storefront], began: Mapping[str, Facts], till: Mapping[tuple[str, Key], int]
) -> list[str]:
    """Say where the network and the stores disagree, and whose own figures are not what its own sales made of them."""
    now = {domain: look(store) for domain, store in stores.items()}
    return [
        *(f"claims: {row}" for row in check_claims()),
        *_under_way(),
        *_levels(now),
        *_shelves(now),
        *_own_figures(now, began, till),
        *_internal_orders(now),
        *_parcels(now),
    ]


def books() -> list[str]:
    """Say what the ledger doubts."""
    return [f"ledger, {one.promise}: {one.rows}" for one in check_ledger().findings]


def _under_way() -> list[str]:
    left: dict[str, Any] = {
        "orders to read": OrderToRead.everyone.all(),
        "lines to route": OrderLine.everyone.filter(status="waiting").exclude(route_due_at=None),
        "internal orders to place": InternalOrder.everyone.filter(status="planned", order__paid_at__isnull=False),
        "cancellations": InternalOrder.everyone.filter(cancel_wanted_at__isnull=False, cancel_done_at=None),
        "parcels to show": Parcel.everyone.exclude(mirror_wanted=F("mirrored")),
        "units to put back": ReturnLine.everyone.filter(restock_due_at__isnull=False),
    }
    broken = [f"{count} {what} left" for what, rows in left.items() if (count := rows.count())]
    unread = OrderToRead.everyone.order_by("noted_at").values_list("shop__domain", "remote_id", "tries", "error")
    broken += [
        f"order {order} of {domain}, tried {tries} times: {error}" for domain, order, tries, error in unread[:10]
    ]
    why = Parcel.everyone.exclude(mirror_wanted=F("mirrored")).exclude(error="").values_list("pk", "tries", "error")
    return broken + [f"parcel {pk}, tried {tries} times: {error}" for pk, tries, error in why[:20]]


def _levels(now: Mapping[str, Facts]) -> list[str]:
    rows = StockLevel.everyone.filter(is_active=True).exclude(location__shop__platform="api")
    values = rows.values_list(
        "location__shop__domain", "inventory_item__remote_id", "location__remote_id", "available", "claimed"
    )
    broken = []
    for domain, item, place, available, claimed in values:
        shown = now[domain].own.get((item, place))
        if shown != available:
            broken.append(f"{domain} {item}: we know {available}, the store shows {shown}")
        elif claimed > max(available, 0) or (available < 0 and item not in now[domain].beyond):
            broken.append(f"{domain} {item}: {claimed} claimed of {available}")
    return broken


def _shelves(now: Mapping[str, Facts]) -> list[str]:
    rows = Placement.everyone.filter(Q(wanted__gt=0) | Q(pushed__gt=0), shop__status="live")
    values = rows.values_list("shop__domain", "inventory_item__remote_id", "wanted", "pushed")
    return [
        f"shelf of {domain} {item}: wanted {wanted}, pushed {pushed}, shows {now[domain].shelf.get(item)}"
        for domain, item, wanted, pushed in values
        if not wanted == (pushed or 0) == now[domain].shelf.get(item, 0)
    ]


def _own_figures(
    now: Mapping[str, Facts], began: Mapping[str, Facts], till: Mapping[tuple[str, Key], int]
) -> list[str]:
    back: Counter[tuple[str, Key]] = Counter()
    where = ("location__shop__domain", "inventory_item__remote_id", "location__remote_id")
    level = [Coalesce(f"restock_level__{column}", f"line__claim__level__{column}") for column in where]
    for domain, item, place, units in ReturnLine.everyone.filter(restocked_at__isnull=False).values_list(
        *level, "as_new"
    ):
        back[domain, (item, place)] += units
    broken = []
    for domain, facts in began.items():
        for key, units in facts.own.items():
            had = units + facts.taken[key] + till.get((domain, key), 0) + back[domain, key]
            has = now[domain].own.get(key, 0) + now[domain].taken[key]
            if had != has:
                broken.append(f"{domain} {key[0]}: {had} units became {has}")
    return broken


def _internal_orders(now: Mapping[str, Facts]) -> list[str]:
    broken = []
    ours = {
        row.number: (row.status, row.shipper.domain, row.units)
        for row in InternalOrder.everyone.select_related("shipper").annotate(units=Sum("lines__quantity"))
    }
    for domain, facts in now.items():
        for number, orders in facts.internal.items():
            status, shipper, units = ours.get(number, ("unknown", "", 0))
            there = sum(
                row["totalQuantity"]
                for answer in orders[0]["fulfillmentOrders"]["nodes"]
                for row in answer["lineItems"]["nodes"]
            )
            if len(orders) != 1 or status not in HELD or shipper != domain or there != units:
                broken.append(
                    f"{number}: {len(orders)} at {domain} of {there} units; with us {status} at {shipper}, {units}"
                )
    for number, (status, shipper, _) in ours.items():
        if status in HELD and number not in now[shipper].internal:
            broken.append(f"{number}: {status} with us, not at {shipper}")
    return broken


def _parcels(now: Mapping[str, Facts]) -> list[str]:
    rows = Parcel.everyone.filter(cancelled_at=None, internal_order__order__cancelled_at=None).select_related(
        "internal_order__order__shop"
    )
    broken = []
    for parcel in rows:
        order = parcel.internal_order.order
        facts = now[order.shop.domain]
        if order.remote_id not in facts.cancelled and parcel.mirror_remote_id not in facts.parcels and not parcel.error:
            broken.append(f"parcel {parcel} does not show in {order.name} of {order.shop.domain}")
    return broken


def counts() -> dict[str, int]:
    """Count what happened, for the verdict."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select 'orders', count(*) from orders_order union all select 'internal orders', count(*) from "
            "orders_internalorder union all select 'parcels', count(*) from orders_parcel union all "
            "select 'messages', count(*) from network_inboundevent"
        )
        return dict(cursor.fetchall())
