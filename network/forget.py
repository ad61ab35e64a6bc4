"""Forgetting what messages said of a customer, before their time is over, because the customer or the platform asked."""

import json
from collections.abc import Collection
from typing import Any

from django.db.models import TextField
from django.db.models.functions import Cast

from network.models import InboundEvent, Shop
from skuu.kit.crypto import Unreadable, decrypt

# topics whose messages name orders, or people
PERSONAL = (
    "orders/",
    "returns/",
    "refunds/",
    "fulfillments/",
    "fulfillment_orders/",
    "fulfillment_events/",
    "customers/",
)
REQUESTS = ("customers/data_request", "customers/redact", "shop/redact")
SETTLED = ("done", "ignored", "dead")
BATCH = 500


def forget_messages(shop: Shop, orders: Collection[str] | None = None) -> int:
    """Erase the text of settled messages of a shop that name these orders, by number or id; of all of them without orders.

    Returns how many. *Again*: their text is gone already.
    """
    rows = InboundEvent.everyone.filter(shop=shop, status__in=SETTLED).exclude(body="")
    if orders is None:
        return rows.update(body="")
    wanted = {str(one).rpartition("/")[2] for one in orders}
    found = []
    personal = [row for row in rows.order_by("pk").values_list("pk", "topic") if row[1].startswith(PERSONAL)]
    ids = [pk for pk, _ in personal]
    for start in range(0, len(ids), BATCH):
        found += [pk for pk, body in _bodies(ids[start : start + BATCH]) if wanted & _numbers(body)]
    return InboundEvent.everyone.filter(pk__in=found).update(body="") if found else 0


def forget_requests() -> int:
    """Erase the text of privacy requests that have been dealt with: they name the customer; returns how many."""
    rows = InboundEvent.everyone.filter(topic__in=REQUESTS, status="done").exclude(body="")
    return rows.update(body="")


def _bodies(ids: Collection[int]) -> list[tuple[int, str]]:
    """Read messages as they stand in the database, and open those that a key of ours still opens."""
    found = []
    tokens = InboundEvent.everyone.filter(pk__in=ids).annotate(token=Cast("body", TextField()))
    for pk, token in tokens.values_list("pk", "token"):
        try:
            found.append((pk, decrypt(token)))
        except Unreadable:
            continue
    return found


def _numbers(body: str) -> set[str]:
    """Collect every number a message names, wherever it stands in it."""
    try:
        return set(_walk(json.loads(body)))
    except (ValueError, RecursionError):
        return set()


def _walk(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [one for each in value.values() for one in _walk(each)]
    if isinstance(value, list):
        return [one for each in value for one in _walk(each)]
    if isinstance(value, bool):
        return []
    return [str(value).rpartition("/")[2]] if isinstance(value, (int, str)) else []
