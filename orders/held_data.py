"""What the network holds of a customer, told in full as the law asks: reads only.

Nobody else's data is in it: people who wrote to the customer are told by the house their mail comes from, partners by their
firm; who of them decided what, and why in their words, is theirs.
"""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from network.models import Shop
from network.receive import BODIES_KEPT
from orders.models import InternalOrder, MailAlias, Order, OrderLine, Parcel, Return, ReturnLine
from skuu.kit.money import major

STREET, AREA = "name and street", "country and the first two places of the postcode"


def tell_held(shop: Shop, orders: Iterable[Order]) -> dict[str, Any]:
    """Write down all that is held of a customer through these orders of a shop; times in UTC, amounts in major units."""
    ids = [order.pk for order in orders]
    return {
        "shop": shop.name,
        "made_at": _time(timezone.now()),
        "orders": [_order(order) for order in _whole(ids)],
        "kept": [
            f"Addresses, and what was written to mail addresses that stood for you: {settings.PRIVACY_ADDRESS_DAYS} days after delivery.",
            f"Such mail addresses are in use until {settings.PRIVACY_ALIAS_DAYS} days after delivery, and "
            f"{settings.PRIVACY_ALIAS_LONGEST_DAYS} days at most. No mail is kept.",
            f"Messages of the shop that named these orders: encrypted, {BODIES_KEPT.days} days at most.",
            f"This file: {settings.PRIVACY_ANSWER_DAYS} days.",
            "What was bought, sent and sent back stays in the books of the shops, without name and address, as the law asks.",
            "Your e-mail address and your phone number are not held.",
        ],
    }


def _whole(ids: list[int]) -> "QuerySet[Order]":
    """Read the orders with all that hangs on them; a query for each kind of row, however many they are."""
    parcels = Parcel.everyone.order_by("pk").prefetch_related("lines__line__order_line", "events")
    returns = Return.everyone.order_by("pk").select_related("receiver", "internal_order__shipper")
    returns = returns.prefetch_related("lines__line__order_line")
    sent = InternalOrder.everyone.order_by("pk").select_related("shipper__merchant", "alias")
    sent = sent.prefetch_related(
        Prefetch("parcels", parcels), Prefetch("returns", returns), "lines__order_line", "alias__peers"
    )
    lines = OrderLine.everyone.order_by("pk").select_related("exchange_of", "order")
    rows = Order.everyone.filter(pk__in=ids).order_by("pk").select_related("shop")
    return rows.prefetch_related(Prefetch("lines", lines), Prefetch("internal_orders", sent))


def _order(order: Order) -> dict[str, Any]:
    sent = list(order.internal_orders.all())
    refunded = order.refunded_minor
    return {
        "id": order.remote_id,
        "order": order.name,
        "placed_at": _time(order.placed_at),
        "paid_at": _time(order.paid_at),
        "cancelled_at": _time(order.cancelled_at),
        "payment": order.financial_status,
        "refunded": None if refunded is None else major(refunded, order.currency),
        "currency": order.currency,
        "held_because": order.held_reason,
        "is_test": order.is_test,
        "language": order.locale,
        "country": order.country,
        "first_seen_at": _time(order.seen_at),
        "address": order.destination or None,
        "address_erased_at": _time(order.address_erased_at),
        "lines": [_line(line) for line in order.lines.all()],
        "sent_by": [_partner(row) for row in sent],
        "returns": [_return(row, order) for internal_order in sent for row in internal_order.returns.all()],
    }


def _line(line: OrderLine) -> dict[str, Any]:
    return {
        "title": line.title,
        "sku": line.sku,
        "quantity": line.quantity,
        "unit_price": major(line.unit_price_minor, line.order.currency),
        "status": line.status,
        "given_for_return": line.exchange_of.number if line.exchange_of else None,
    }


def _partner(row: InternalOrder) -> dict[str, Any]:
    alias = getattr(row, "alias", None)
    return {
        "number": row.number,
        "shop": row.shipper.name,
        "company": row.shipper.merchant.legal_name,
        "country": row.shipper.country,
        "was_given": STREET if row.placed_at else AREA,
        "status": row.status,
        "given_at": _time(row.placed_at),
        "shipped_at": _time(row.shipped_at),
        "delivered_at": _time(row.delivered_at),
        "lines": [{"title": one.order_line.title, "quantity": one.quantity} for one in row.lines.all()],
        "parcels": [_parcel(parcel) for parcel in row.parcels.all()],
        "mail": _mail(alias) if alias else None,
    }


def _parcel(parcel: Parcel) -> dict[str, Any]:
    events = sorted(parcel.events.all(), key=lambda event: event.at)
    return {
        "carrier": parcel.carrier,
        "tracking_number": parcel.tracking_number,
        "tracking_url": parcel.tracking_url,
        "shipped_at": _time(parcel.shipped_at),
        "delivered_at": _time(parcel.delivered_at),
        "delivery_presumed": parcel.delivery_presumed,
        "cancelled_at": _time(parcel.cancelled_at),
        "lines": [{"title": one.line.order_line.title, "quantity": one.quantity} for one in parcel.lines.all()],
        "events": [{"at": _time(event.at), "status": event.status, "message": event.message} for event in events],
    }


def _mail(alias: MailAlias) -> dict[str, Any]:
    """Say how many mails passed, and between the customer and which houses: a correspondent's own name is theirs."""
    houses = {str(peer.address).rpartition("@")[2].lower() for peer in alias.peers.all()}
    return {
        "address": f"{alias.token}@{settings.RELAY_DOMAIN}",
        "made_at": _time(alias.made_at),
        "closed_at": _time(alias.closed_at),
        "mails_relayed": alias.relayed,
        "with": sorted(houses),
    }


def _return(row: Return, order: Order) -> dict[str, Any]:
    to = {"origin": row.receiver or order.shop, "taker": row.receiver}.get(row.destination)
    return {
        "number": row.number,
        "of": row.internal_order.number,
        "goes_to": (to or row.internal_order.shipper).name,
        "reason": row.reason,
        "words": row.words,
        "verdict": row.verdict,
        "is_lost": row.is_lost,
        "tracking_number": row.tracking_number,
        "status": row.status,
        "announced_at": _time(row.announced_at),
        "received_at": _time(row.received_at),
        "closed_at": _time(row.closed_at),
        "lines": [_returned(one) for one in row.lines.all()],
    }


def _returned(one: ReturnLine) -> dict[str, Any]:
    graded = {grade: getattr(one, grade) for grade in ReturnLine.GRADES if getattr(one, grade)}
    return {"title": one.line.order_line.title, "quantity": one.quantity, "graded": graded}


def _time(at: Any) -> str | None:
    return at.isoformat() if at else None
