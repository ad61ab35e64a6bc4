"""Personal data goes when its purpose is over, and when the platform says so: addresses are nearly all we ever hold."""

import datetime as dt
from collections.abc import Iterable
from typing import Any, cast

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from catalog.forget_catalogue import forget_catalogue
from network.forget import forget_messages
from network.models import Shop
from network.notify import give_notice
from orders.look import forget_look
from orders.models import AliasPeer, DataRequest, InternalOrder, MailAlias, Order, Return
from skuu.kit.errors import WrongState

KEPT_AFTER_DELIVERY = dt.timedelta(days=90)
ANSWERS_KEPT = dt.timedelta(days=30)
BATCH = 500
MOVING = ("waiting", "held", "routed", "shipped")


def erase_addresses() -> int:
    """Erase the addresses of a batch of orders delivered, lost or over otherwise ninety days ago; returns how many.

    *Again*: an erased address stays erased.
    """
    cutoff = timezone.now() - KEPT_AFTER_DELIVERY
    lost = Return.everyone.filter(
        internal_order=OuterRef("pk"), is_lost=True, status="closed", closed_at__lte=cutoff
    )  # it was sent, and never arrives
    late = InternalOrder.everyone.filter(order=OuterRef("pk")).filter(
        Q(delivered_at__gt=cutoff) | Q(status__in=InternalOrder.OPEN) | (Q(status="shipped") & ~Exists(lost))
    )
    rows = _kept().filter(seen_at__lt=cutoff).filter(~Exists(late)).exclude(lines__status__in=MOVING)
    ids = list(rows.order_by("seen_at").values_list("pk", flat=True)[:BATCH])
    return _erase(Order.everyone.filter(pk__in=ids))


def erase_answers() -> int:
    """Erase the contents of a batch of answered data requests after thirty days; returns how many. *Again*: none are left."""
    old = DataRequest.everyone.filter(erased_at=None, created_at__lt=timezone.now() - ANSWERS_KEPT)
    ids = list(old.order_by("created_at").values_list("pk", flat=True)[:BATCH])
    return DataRequest.everyone.filter(pk__in=ids).update(contents=None, erased_at=timezone.now())


def redact_orders(shop: Shop, remote_ids: Iterable[Any]) -> int:
    """Erase what we hold of these orders' customer, by the platform's numbers or ids; returns how many orders.

    Addresses, aliases and who wrote to them, answers to data requests, and the text of every message that named the
    orders. *Again*: nothing is left to erase.
    """
    wanted = [str(each) for each in remote_ids]
    with transaction.atomic():
        orders = list(_named(shop, wanted).values_list("pk", "name"))
        names = {name for _, name in orders}
        answers = DataRequest.everyone.filter(shop=shop, erased_at=None)
        about = [pk for pk, named in answers.values_list("pk", "orders") if names & set(named)]
        answers.filter(pk__in=about).update(contents=None, erased_at=timezone.now())
        erased = _erase(Order.everyone.filter(pk__in=[pk for pk, _ in orders]))
    forget_messages(shop, wanted)
    return erased


def redact_shop(shop: Shop) -> int:
    """Erase all that we hold of the customers of a shop that left, its look and the mirror of its catalogue; returns how many orders.

    *Again*: nothing is left to erase.
    """
    with transaction.atomic():
        rows = DataRequest.everyone.filter(shop=shop, erased_at=None)
        rows.update(contents=None, erased_at=timezone.now())
        erased = _erase(Order.everyone.filter(shop=shop))
    forget_messages(shop)
    forget_look(shop)
    forget_catalogue(shop)
    return erased


def answer_data_request(shop: Shop, key: str, remote_ids: Iterable[Any]) -> DataRequest:
    """Put together what the network holds of a customer, as a file for the shop's people, and tell them. *Again*: the first answer."""
    known = DataRequest.everyone.filter(shop=shop, key=key[:120]).first()
    if known:
        return known
    orders = list(_named(shop, remote_ids).prefetch_related("lines", "internal_orders__shipper").order_by("pk"))
    contents: Any = {
        "shop": shop.name, "made_at": timezone.now().isoformat(), "orders": [_held(order) for order in orders],
    }  # fmt: skip
    with transaction.atomic():
        made, _ = DataRequest.everyone.get_or_create(
            shop=shop, key=key[:120], defaults={"orders": [order.name for order in orders], "contents": contents}
        )
        held = f"data of {', '.join(made.orders)}" if made.orders else "nothing"
        give_notice(
            shop,
            kind="data_request",
            key=f"data_request:{key}",
            subject="A customer asked for their data",
            body=f"The network holds {held}. It holds no e-mail address and no phone number of your customers. "
            f"The file is kept for {ANSWERS_KEPT.days} days; pass it on to your customer.",
            link=f"/privacy/{made.pk}/",
        )
    return made


def read_answer(answer: DataRequest) -> dict[str, Any]:
    """Open the file of a data request and note that it was fetched. Raises WrongState once it is erased."""
    if answer.erased_at or answer.contents is None:
        raise WrongState("This file has been erased; its time is over.", code="erased")
    DataRequest.everyone.filter(pk=answer.pk, fetched_at=None).update(fetched_at=timezone.now())
    return cast("dict[str, Any]", answer.contents)


def _held(order: Order) -> dict[str, Any]:
    """Say all that the network knows of an order's customer: where it goes, what was bought, when it moved."""
    return {
        "order": order.name,
        "placed_at": order.placed_at.isoformat(),
        "address": order.destination or None,
        "address_erased_at": order.address_erased_at.isoformat() if order.address_erased_at else None,
        "lines": [
            {"title": line.title, "sku": line.sku, "quantity": line.quantity, "status": line.status}
            for line in order.lines.all()
        ],
        "shipped_by": [
            {"number": row.number, "shipped_at": row.shipped_at.isoformat() if row.shipped_at else None}
            for row in order.internal_orders.all()
        ],
        "kept": f"Addresses are erased {KEPT_AFTER_DELIVERY.days} days after delivery.",
    }


def _kept() -> QuerySet[Order]:
    return Order.everyone.filter(address_erased_at=None)


def _named(shop: Shop, remote_ids: Iterable[Any]) -> QuerySet[Order]:
    wanted = Q(pk__in=[])
    for each in remote_ids:
        text = str(each)
        wanted |= Q(remote_id=text) | (Q(remote_id__endswith=f"/{text}") if text.isdigit() else Q(pk__in=[]))
    return Order.everyone.filter(wanted, shop=shop)


def _erase(orders: QuerySet[Order]) -> int:
    """Erase the addresses of orders that still carry one, and close the aliases that stood for their customers."""
    now = timezone.now()
    aliases = MailAlias.everyone.filter(internal_order__order__in=orders.values("pk"))
    AliasPeer.everyone.filter(alias__in=aliases).delete()
    aliases.filter(closed_at=None).update(closed_at=now)
    return orders.filter(address_erased_at=None).update(address=None, address_erased_at=now)
