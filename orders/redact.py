"""Personal data goes when its purpose is over, and when the platform says so: addresses are all we ever hold."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from network.models import Shop
from network.notify import give_notice
from orders.models import InternalOrder, Order

KEPT_AFTER_DELIVERY = dt.timedelta(days=90)
BATCH = 500
MOVING = ("waiting", "held", "routed", "shipped")


def erase_addresses() -> int:
    """Erase the addresses of a batch of orders delivered (or over otherwise) ninety days ago; returns how many.

    *Again*: an erased address stays erased.
    """
    cutoff = timezone.now() - KEPT_AFTER_DELIVERY
    late = InternalOrder.everyone.filter(order=OuterRef("pk")).filter(
        Q(delivered_at__gt=cutoff) | Q(status__in=[*InternalOrder.OPEN, "shipped"])
    )
    rows = _kept().filter(seen_at__lt=cutoff).filter(~Exists(late)).exclude(lines__status__in=MOVING)
    ids = list(rows.order_by("seen_at").values_list("pk", flat=True)[:BATCH])
    return _erase(Order.everyone.filter(pk__in=ids))


def redact_orders(shop: Shop, remote_ids: Iterable[Any]) -> int:
    """Erase the addresses of these orders of a shop, by the platform's numbers or ids; returns how many."""
    return _erase(_named(shop, remote_ids))


def redact_shop(shop: Shop) -> int:
    """Erase the addresses of all orders of a shop; returns how many."""
    return _erase(Order.everyone.filter(shop=shop, address_erased_at=None))


def report_held_data(shop: Shop, key: str, remote_ids: Iterable[Any]) -> None:
    """Tell a shop's people which orders of a customer carry an address with us; that is all we hold. *Again*: said once."""
    names = list(_named(shop, remote_ids).values_list("name", flat=True))
    held = f"the delivery address of {', '.join(names)}" if names else "nothing"
    give_notice(
        shop,
        kind="data_request",
        key=f"data_request:{key}",
        subject="A customer asked for their data",
        body=f"The network holds {held}. It holds no e-mail address and no phone number of your customers.",
    )


def _kept() -> QuerySet[Order]:
    return Order.everyone.filter(address_erased_at=None)


def _named(shop: Shop, remote_ids: Iterable[Any]) -> QuerySet[Order]:
    wanted = Q(pk__in=[])
    for each in remote_ids:
        text = str(each)
        wanted |= Q(remote_id=text) | (Q(remote_id__endswith=f"/{text}") if text.isdigit() else Q(pk__in=[]))
    return _kept().filter(wanted, shop=shop)


def _erase(orders: QuerySet[Order]) -> int:
    return orders.update(address=None, address_erased_at=timezone.now())
