"""Shipped, not posted → posted: every internal order that left a shop becomes exactly one ledger entry."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from network.models import TaxRegistration
from network.scoping import as_network
from network.taxing import OWN_GOODS, UnknownRateError, network_fee_vat
from network.taxing.fees import FeeVat
from network.taxing.territories import vat_country
from orders.fulfil import mark_posted
from orders.models import InternalOrder, InternalOrderLine
from settlement.post import Draft, post_entries
from settlement.rates import convert, rate_on
from settlement.splitting import GOODS, Item, Terms, divide_shipment, part_of_total, post_shipment
from skuu.kit.errors import NotPossible, SkuuError

log = structlog.get_logger(__name__)

BATCH = 200
SHIPPED = ("shipped", "delivered")


class TermsUnreadable(NotPossible):
    """An internal order's frozen terms are incomplete, so nobody can say what it moves."""

    code = "terms_unreadable"


@dataclass
class Sweep:
    """What a sweep did: how many were posted, and which could not be and why (internal order number → reason)."""

    posted: int = 0
    refused: dict[str, str] = field(default_factory=dict)


def post_shipped(
    *, seconds: float | None = None, tell: Callable[[str], None] | None = None, wait: bool = False
) -> Sweep:
    """Post every shipped internal order that is not in the ledger yet, in batches of one transaction each.

    *Locks* internal orders (skipping those another sweep holds, unless told to ``wait`` for it), then periods and balances
    as post_entries does. *Again*: an order is posted once, by its lock, its key and a constraint. One that cannot be posted
    is reported and passed over.
    """
    sweep, after = Sweep(), 0
    end = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds) if seconds is not None else None
    with as_network():
        while end is None or dt.datetime.now(dt.UTC) < end:
            last = _post_batch(sweep, after, wait)
            if last is None:
                break
            after = last
            if tell is not None:
                tell(f"posted {sweep.posted} shipped orders")
    for number, reason in sweep.refused.items():
        log.error("internal_order_not_posted", internal_order=number, reason=reason)
    return sweep


def unposted() -> Any:
    """Select the internal orders that left a shop and are not in the ledger."""
    return InternalOrder.everyone.filter(shipped_at__isnull=False, posted_at=None, status__in=SHIPPED)


@transaction.atomic
def _post_batch(sweep: Sweep, after: int, wait: bool) -> int | None:
    orders = list(
        unposted()
        .filter(pk__gt=after)
        .select_for_update(skip_locked=not wait, of=("self",))
        .select_related("order__shop__merchant", "shipper__merchant", "rate_card")
        .order_by("pk")[:BATCH]
    )
    if not orders:
        return None
    planned = _plan(orders, sweep)
    done = _post_all(planned, sweep)
    mark_posted(done)
    sweep.posted += len(done)
    return orders[-1].pk


def _plan(orders: list[InternalOrder], sweep: Sweep) -> dict[int, tuple[str, Draft | None]]:
    lines: dict[int, list[InternalOrderLine]] = {order.pk: [] for order in orders}
    for line in (
        InternalOrderLine.everyone.filter(internal_order__in=orders)
        .select_related("order_line", "variant")
        .order_by("pk")
    ):
        lines[line.internal_order_id].append(line)
    registered = _registered_at_home(orders)
    planned: dict[int, tuple[str, Draft | None]] = {}
    for order in orders:
        try:
            planned[order.pk] = (order.number, draft_shipment(order, lines[order.pk], registered))
        except (KeyError, ValueError, TypeError, UnknownRateError) as error:
            sweep.refused[order.number] = f"its frozen terms cannot be read: {error!r}"
    return planned


def _post_all(planned: Mapping[int, tuple[str, Draft | None]], sweep: Sweep) -> list[int]:
    nothing_moves = [pk for pk, (_, draft) in planned.items() if draft is None]
    drafts = {pk: draft for pk, (_, draft) in planned.items() if draft is not None}
    try:
        post_entries(list(drafts.values()))
        return [*nothing_moves, *drafts]
    except SkuuError:
        pass  # one of them is refused; find out which, one by one
    done = nothing_moves
    for pk, draft in drafts.items():
        try:
            post_entries([draft])
            done.append(pk)
        except SkuuError as error:
            sweep.refused[planned[pk][0]] = error.message
    return done


def _registered_at_home(orders: Iterable[InternalOrder]) -> set[int]:
    today = timezone.localdate()
    registrations = TaxRegistration.everyone.filter(
        Q(valid_to=None) | Q(valid_to__gte=today),
        merchant__in={order.shipper.merchant_id for order in orders},
        valid_from__lte=today,
        country=F("merchant__country"),
    )
    return set(registrations.values_list("merchant_id", flat=True))


def draft_shipment(order: InternalOrder, lines: list[InternalOrderLine], registered: set[int]) -> Draft | None:
    """Draft the entry of a shipped internal order from its frozen terms; None when no money moves.

    What was ordered and never left the shop is not paid: a line's net counts for the units that were shipped.
    """
    if not order.vat or order.shipped_at is None:
        raise KeyError("vat")
    day = timezone.localdate(order.shipped_at)
    shipper, origin = order.shipper.merchant, order.order.shop.merchant
    fee_vat = network_fee_vat(shipper.country, shipper.pk in registered, settings.NETWORK_COUNTRY, day)
    own = order.vat["treatment"] == OWN_GOODS or shipper.pk == origin.pk
    units = [_units_sent(line, lines) for line in lines]
    nets = [part_of_total(line.net_minor, 0, sent, line.quantity) for line, sent in zip(lines, units, strict=True)]
    terms = Terms(
        origin_bp=order.origin_bp,
        network_bp=order.network_bp,
        supply_vat_bp=order.vat["supply_rate_bp"],
        fee_vat_bp=fee_vat.rate_bp,
        shipping=order.shipping_minor,
        own_goods=own,
        **_fee_bounds(order),
    )
    items = divide_shipment(nets, terms)
    postings = post_shipment(items, origin.pk, shipper.pk)
    if not postings:
        return None
    return Draft(
        key=f"ship:internal_order:{order.pk}",
        kind="ship",
        ref=f"internal_order:{order.pk}",
        effective_on=day,
        currency=order.currency,
        postings=tuple(postings),
        internal_order=order.pk,
        facts=_facts(order, fee_vat, [_described(*each) for each in _beside(items, lines, units)]),
    )


def _fee_bounds(order: InternalOrder) -> dict[str, Any]:
    """Read the fixed part and the bounds of the network's fee off the frozen card, in the order's currency."""
    card = order.rate_card
    if not (card.network_fixed_minor or card.network_min_minor or card.network_max_minor is not None):
        return {}
    day = timezone.localdate(order.shipped_at)
    before, after = rate_on(card.currency, day), rate_on(order.currency, day)

    def converted(minor: int) -> int:
        return minor if card.currency == order.currency else convert(minor, before, after)

    return {
        "network_fixed": converted(card.network_fixed_minor),
        "network_min": converted(card.network_min_minor),
        "network_max": None if card.network_max_minor is None else converted(card.network_max_minor),
    }


def _units_sent(line: InternalOrderLine, lines: list[InternalOrderLine]) -> int:
    # an order shipped as a whole may carry no counts per line
    return line.shipped_quantity if any(each.shipped_quantity for each in lines) else line.quantity


def _beside(
    items: list[Item], lines: list[InternalOrderLine], units: list[int]
) -> list[tuple[Item, InternalOrderLine | None, int]]:
    return [
        (item, lines[index], units[index]) if item.kind == GOODS else (item, None, 1)
        for index, item in enumerate(items)
    ]


def _described(item: Item, line: InternalOrderLine | None, units: int) -> dict[str, Any]:
    if line is None:
        return asdict(item) | {"title": "Shipping", "quantity": units, "origin_sku": "", "shipper_sku": ""}
    return asdict(item) | {
        "title": line.order_line.title,
        "quantity": units,
        "origin_sku": line.order_line.sku,
        "shipper_sku": line.variant.sku,
        "order_line": line.order_line_id,
    }


def _facts(order: InternalOrder, fee_vat: FeeVat, items: list[dict[str, Any]]) -> dict[str, Any]:
    card = order.rate_card
    return {
        "number": order.number,
        "origin": _party(order.order.shop, order.order.name),
        "shipper": _party(order.shipper, order.remote_name),
        "rate_card": f"{card.origin_kind}-{card.shipper_kind} v{card.version}",
        "origin_bp": order.origin_bp,
        "network_bp": order.network_bp,
        **({"fee_bounds": bounds} if (bounds := _fee_bounds(order)) else {}),
        "vat": order.vat,
        "fee_vat": {**asdict(fee_vat), "network_country": vat_country(settings.NETWORK_COUNTRY)},
        "items": items,
    }


def _party(shop: Any, order_name: str) -> dict[str, Any]:
    return {
        "merchant": shop.merchant_id,
        "merchant_name": shop.merchant.name,
        "legal_name": shop.merchant.legal_name,
        "shop": shop.name,
        "order": order_name,
    }
