"""Sales that a shop without a platform tells us itself: entered, claimed and routed as if they had been read, and called off."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from django.db import transaction
from django.utils import timezone

from catalog.models import Variant
from network.connectors.base import RemoteAddress, RemoteOrder, RemoteOrderLine
from network.models import Shop
from orders.accept import TAKING_PART, route_at_once
from orders.enter import enter_order
from orders.locking import lock_order
from orders.models import Order
from orders.shelf import ShelfUnits
from skuu.kit.errors import NotFound, NotPossible, WrongState

OVER = ("shipped", "delivered", "returned")
CALLED_OFF = "The selling shop called off"  # how every change begins that lowered a line by orders.call_off


class ReferenceTaken(WrongState):
    """The reference stands for another sale already."""

    code = "reference_taken"


class AlreadyShipped(WrongState):
    """Every unit has left; what comes back is a return."""

    code = "already_shipped"


class NotTakingPart(WrongState):
    """The shop sells nothing through the network at present."""

    code = "not_taking_part"


class OtherCurrency(NotPossible):
    """The sale is not in the shop's currency, in which every amount of it is kept."""

    code = "other_currency"


class NoSuchVariant(NotPossible):
    """A line names no variant of the shop, or more than one; nothing is entered."""

    code = "unknown_variant"


@dataclass(frozen=True, slots=True)
class SoldLine:
    """Units sold from the shelf; ``variant`` is the shop's own id or SKU."""

    variant: str
    quantity: int
    unit_price_minor: int


@dataclass(frozen=True, slots=True)
class SoldOrder:
    """A sale as its shop tells it."""

    reference: str
    currency: str
    paid: bool
    taxes_included: bool
    placed_at: dt.datetime | None
    lines: tuple[SoldLine, ...]
    ship_to: RemoteAddress
    locale: str = ""  # the language the customer bought in, for slip and tracking page: de, fr-BE


def sell_from_shelf(shop: Shop, sold: SoldOrder) -> tuple[Order, bool]:
    """Enter a sale that its shop tells us and route it at once; returns the order and whether it is new.

    Units that nobody can ship are handed back with the reason, like those of a sale that was read: the customer has
    bought them. *Locks* the order. *Again*: the same order; ``paid`` is taken up when it becomes true and never taken
    back. *Raises* ReferenceTaken, NotTakingPart, OtherCurrency, NoSuchVariant.
    """
    if shop.status not in TAKING_PART:
        raise NotTakingPart(f"{shop.name} takes no part in the network now, so nothing stands on its shelf.")
    if sold.currency != shop.currency:
        raise OtherCurrency(f"Orders of {shop.name} are in {shop.currency}.", currency=shop.currency)
    variants = find_variants(shop, sold.lines)
    with transaction.atomic():
        row, is_new = Order.everyone.get_or_create(
            shop=shop,
            remote_id=sold.reference,
            defaults={
                "name": sold.reference,
                "currency": sold.currency,
                "placed_at": sold.placed_at or timezone.now(),
            },
        )
        order = lock_order(row.pk)
        if not is_new:
            sold = _as_it_stands(order, sold)
            _refuse_another(order, sold, variants)
        if is_new or (sold.paid and not order.paid_at and not order.cancelled_at):
            units = _units(sold, variants)
            remote = _remote(order, units, paid=sold.paid, taxes_included=sold.taxes_included, locale=sold.locale)
            order = enter_order(shop, remote, units, sold.ship_to if is_new else None, time_under_lock(order))
    route_at_once(order)
    return order, is_new


def call_off_sale(shop: Shop, reference: str) -> Order:
    """Cancel a sale that its shop told us: what has not shipped is called back from the partners.

    A parcel that was faster than the word counts, and its line stays shipped. *Locks* the order. *Again*: no change.
    *Raises* NotFound, AlreadyShipped.
    """
    with transaction.atomic():
        row = Order.everyone.filter(shop=shop, remote_id=reference).first()
        if row is None:
            raise NotFound("There is no such order.")
        order = lock_order(row.pk)
        if order.cancelled_at:
            return order
        if not order.lines.exclude(status__in=OVER).exists():
            raise AlreadyShipped(f"Every unit of {reference} has shipped; let the customer send it back.")
        now = time_under_lock(order)
        remote = _remote(order, (), paid=order.paid_at is not None, cancelled_at=now)
        return enter_order(shop, remote, (), None, now)


def time_under_lock(order: Order) -> dt.datetime:
    """Take the time under the lock, so that no word is taken for older than the one before it."""
    return max(timezone.now(), order.read_at or order.seen_at)


def find_variants(shop: Shop, lines: Sequence[SoldLine]) -> dict[str, Variant]:
    """Find what the lines name: an id first, else a SKU that only one variant has. Raises NoSuchVariant."""
    named = {line.variant for line in lines}
    rows = Variant.everyone.select_related("product", "inventory_item").filter(shop=shop)
    found = {row.remote_id: row for row in rows.filter(remote_id__in=named)}
    by_sku: dict[str, list[Variant]] = {}
    for row in rows.filter(sku__in=named - found.keys(), deleted_at=None):
        by_sku.setdefault(row.sku, []).append(row)
    for sku, same in by_sku.items():
        if len(same) > 1:
            raise NoSuchVariant(
                f"Several variants have the SKU “{sku}”; name the id.", code="ambiguous_sku", variant=sku
            )
        found[sku] = same[0]
    if unknown := sorted(named - found.keys()):
        raise NoSuchVariant(f"No variant has the id or SKU “{unknown[0]}”; send its product first.", variants=unknown)
    return found


def _units(sold: SoldOrder, variants: dict[str, Variant]) -> list[ShelfUnits]:
    """Say what each line asks of the shelf; there is no fulfilment order that anybody would have to answer."""
    units = []
    for n, line in enumerate(sold.lines, start=1):
        variant = variants[line.variant]
        remote = RemoteOrderLine(
            id=str(n),
            variant_id=variant.remote_id,
            title=variant.product.title,
            sku=variant.sku,
            quantity=line.quantity,
            unit_price_minor=line.unit_price_minor,
        )
        units.append(ShelfUnits(remote, line.quantity, "", "", "OPEN", ""))
    return units


def _remote(
    order: Order,
    units: Sequence[ShelfUnits],
    *,
    paid: bool,
    taxes_included: bool = True,
    locale: str = "",
    cancelled_at: dt.datetime | None = None,
) -> RemoteOrder:
    return RemoteOrder(
        id=order.remote_id,
        name=order.name,
        currency=order.currency,
        taxes_included=taxes_included,
        financial_status="PAID" if paid else "PENDING",
        fully_paid=paid,
        test=False,
        created_at=order.placed_at,
        updated_at=None,
        cancelled_at=cancelled_at,
        source_identifier="",
        tags=(),
        high_risk=False,
        on_hold=False,
        locale=locale,
        lines=tuple(unit.line for unit in units),
    )


def _as_it_stands(order: Order, sold: SoldOrder) -> SoldOrder:
    """Read a sale told again as it stands now: units of its lines that were called off since are not asked for anew."""
    lowered = {
        line.remote_id: line.quantity for line in order.lines.filter(changes__reason__startswith=CALLED_OFF).distinct()
    }
    lines = tuple(
        replace(line, quantity=min(line.quantity, lowered.get(str(n), line.quantity)))
        for n, line in enumerate(sold.lines, start=1)
    )
    return replace(sold, lines=lines)


def _refuse_another(order: Order, sold: SoldOrder, variants: dict[str, Variant]) -> None:
    """Refuse a reference that stands for another sale. What has been erased or called off cannot be compared any more."""
    gone = order.cancelled_at is not None
    known = [
        (line.variant_id, 0 if gone else line.quantity, line.unit_price_minor, line.taxes_included)
        for line in order.lines.order_by("pk")
    ]
    told = [
        (variants[line.variant].pk, 0 if gone else line.quantity, line.unit_price_minor, sold.taxes_included)
        for line in sold.lines
    ]
    other_place = bool(order.destination) and order.destination != asdict(sold.ship_to)
    other_time = sold.placed_at is not None and sold.placed_at != order.placed_at
    if known != told or other_place or other_time:
        raise ReferenceTaken(
            f"{sold.reference} stands for another sale; cancel it and send the right one by a new reference."
        )
