"""Personal data goes when its purpose is over, and when the platform says so: addresses are nearly all we ever hold."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, cast

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from catalog.forget_catalogue import forget_catalogue
from network.forget import forget_messages
from network.models import Shop
from network.notify import give_notice
from orders.held_data import tell_held
from orders.locking import lock_order
from orders.look import forget_look
from orders.models import AliasPeer, DataRequest, InternalOrder, MailAlias, Order, OrderLine, Return
from skuu.kit.errors import WrongState

log = structlog.get_logger(__name__)

BATCH = 500
MOVING = ("waiting", "routed", "shipped")


class StillMoving(WrongState):
    """A parcel must still find its way to this customer."""

    code = "still_moving"


def erase_addresses() -> int:
    """Erase the addresses of a batch of orders that are over for so many days as settings say; returns how many.

    Over is what was delivered or lost, and counted from when it was seen: what was called off, never paid, or a test.
    *Again*: an erased address stays erased.
    """
    cutoff = timezone.now() - dt.timedelta(days=settings.PRIVACY_ADDRESS_DAYS)
    lost = Return.everyone.filter(
        internal_order=OuterRef("pk"), is_lost=True, status="closed", closed_at__lte=cutoff
    )  # it was sent, and never arrives
    late = InternalOrder.everyone.filter(order=OuterRef("pk")).filter(
        Q(delivered_at__gt=cutoff) | Q(status__in=InternalOrder.OPEN) | (Q(status="shipped") & ~Exists(lost))
    )
    rows = _kept().filter(seen_at__lt=cutoff).filter(~Exists(late), ~Exists(_moving()))
    ids = list(rows.order_by("seen_at").values_list("pk", flat=True)[:BATCH])
    return _erase(Order.everyone.filter(pk__in=ids))


def erase_answers() -> int:
    """Erase the contents of a batch of data requests, so many days after their answer as settings say; returns how many.

    *Again*: none are left.
    """
    cutoff = timezone.now() - dt.timedelta(days=settings.PRIVACY_ANSWER_DAYS)
    old = DataRequest.everyone.filter(erased_at=None, created_at__lt=cutoff)
    ids = list(old.order_by("created_at").values_list("pk", flat=True)[:BATCH])
    return DataRequest.everyone.filter(pk__in=ids).update(contents=None, erased_at=timezone.now())


def redact_orders(shop: Shop, remote_ids: Iterable[Any]) -> int:
    """Erase what we hold of these orders' customer, by the platform's numbers or ids; returns how many orders.

    Addresses, aliases and who wrote to them, answers to data requests, and the text of every message that named the
    orders. *Again*: nothing is left to erase.
    """
    wanted = [str(each) for each in remote_ids]
    with transaction.atomic():
        erased = _redact(shop, list(_named(shop, wanted).values_list("pk", "name")))
    forget_messages(shop, wanted)
    return erased


def erase_customer(order: Order, *, by: str) -> bool:
    """Erase what we hold of the customer of one order, because they asked its shop or us; returns whether there was anything.

    What is erased is what ``redact_orders`` erases. *Locks* the order. *Again*: False. *Raises* StillMoving as long as units
    of it wait for a partner, or a partner has yet to send them: without an address nobody can.
    """
    with transaction.atomic():
        row = lock_order(order.pk)
        to_send = InternalOrder.everyone.filter(order=row, status__in=InternalOrder.OPEN)
        if to_send.exists() or row.lines.filter(status__in=("waiting", "routed")).exists():
            raise StillMoving(
                f"Order {row.name} has not been sent yet, and without an address nobody can send it. "
                "Cancel it in the shop first, or wait until it has left."
            )
        erased = _redact(row.shop, [(row.pk, row.name)])
    forget_messages(row.shop, [row.remote_id])
    log.info("customer_erased", order=row.pk, by=by)
    return bool(erased)


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
    """Put together what the network holds of a customer, as a file for the shop's people, and tell them.

    ``key`` names the request: the platform's number, or who asked for which orders on which day. *Again*: the first answer.
    """
    known = DataRequest.everyone.filter(shop=shop, key=key[:120]).first()
    if known:
        return known
    orders = list(_named(shop, remote_ids).order_by("pk"))
    contents: Any = tell_held(shop, orders)
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
            f"The file is kept for {settings.PRIVACY_ANSWER_DAYS} days; pass it on to your customer.",
            link=f"/privacy/{made.pk}/",
        )
    return made


def read_answer(answer: DataRequest) -> dict[str, Any]:
    """Open the file of a data request and note that it was fetched. Raises WrongState once it is erased."""
    if answer.erased_at or answer.contents is None:
        raise WrongState("This file has been erased; its time is over.", code="erased")
    DataRequest.everyone.filter(pk=answer.pk, fetched_at=None).update(fetched_at=timezone.now())
    return cast("dict[str, Any]", answer.contents)


def _kept() -> QuerySet[Order]:
    return Order.everyone.filter(address_erased_at=None)


def _moving() -> QuerySet[OrderLine]:
    """Find lines of an order whose parcel is still to come: a held one only where it was paid for and is no test."""
    bought = Q(status="held", order__is_test=False, order__paid_at__isnull=False)
    return OrderLine.everyone.filter(Q(status__in=MOVING) | bought, order=OuterRef("pk"))


def _redact(shop: Shop, orders: Sequence[tuple[int, str]]) -> int:
    """Erase these orders' addresses, aliases, and the files that tell of them."""
    names = {name for _, name in orders}
    answers = DataRequest.everyone.filter(shop=shop, erased_at=None)
    about = [pk for pk, named in answers.values_list("pk", "orders") if names & set(named)]
    answers.filter(pk__in=about).update(contents=None, erased_at=timezone.now())
    return _erase(Order.everyone.filter(pk__in=[pk for pk, _ in orders]))


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
