"""Hearing of orders and reading them: the webhook is only the trigger, the read after it is the truth."""

import datetime as dt
from collections.abc import Iterable

import structlog
from django.db import transaction
from django.utils import timezone

from catalog.push import orders_were_read
from network.connectors.base import Connector, ConnectorError, RemoteAddress, RemoteOrder, connector_for
from network.models import Shop
from orders.bells import wake
from orders.enter import enter_order
from orders.failpoint import failpoint
from orders.follow_returns import read_returns
from orders.fulfil import note_seen_at_shipper
from orders.leases import held, later, take
from orders.models import InternalOrder, Order, OrderToRead
from orders.move_back import move_back_what_own_stock_fills, settle_moves
from orders.route import StockMoved, route_order
from orders.shelf import ShelfUnits, shelf_units
from skuu.kit.errors import SkuuError

log = structlog.get_logger(__name__)

OVERLAP = dt.timedelta(minutes=2)
TAKING_PART = ("shadow", "live", "paused")


def note_order_changed(shop: Shop, order_remote_id: str) -> None:
    """Remember that an order of a shop must be read, and wake the reader.

    *Again*: one row; a word that comes while a read is under way makes it be read once more.
    """
    note_orders_changed(shop, [order_remote_id])


def note_orders_changed(shop: Shop, order_remote_ids: Iterable[str]) -> int:
    """Remember several orders to read, in one statement; returns how many."""
    now = timezone.now()
    rows = [OrderToRead(shop=shop, remote_id=each, noted_at=now, due_at=now) for each in set(order_remote_ids) if each]
    with transaction.atomic():
        OrderToRead.everyone.bulk_create(
            sorted(rows, key=lambda row: row.remote_id),
            update_conflicts=True,
            unique_fields=["shop", "remote_id"],
            update_fields=["noted_at"],
        )
        if rows:
            wake("read_orders")
    return len(rows)


def read_due() -> int:
    """Read the orders that changed, enter what stands on a shelf and route it at once; returns how many it took up.

    Again: an order enters once; a read older than the last one applied changes nothing. What cannot be read is kept with
    its error and tried again.
    """
    rows = OrderToRead.everyone.select_related("shop__merchant")
    taken = take(rows, "due_at", tries="tries")
    for row in held(taken, "due_at"):
        try:
            _read(row)
        except ConnectorError as error:
            _postpone(row, str(error), error.retry_after)
        except Exception as error:  # noqa: BLE001 - one broken order must not stop the others; it stays visible
            log.exception("order_not_read", shop=row.shop_id, order=row.remote_id)
            _postpone(row, f"{type(error).__name__}: {error}", 0.0)
    return len(taken)


def _postpone(row: OrderToRead, error: str, retry_after: float) -> None:
    OrderToRead.everyone.filter(pk=row.pk).update(due_at=later(row.tries, retry_after), error=error[:2000])


def _read(row: OrderToRead) -> None:
    if row.shop.status in TAKING_PART:
        began = timezone.now()
        connector = connector_for(row.shop)
        remote = connector.read_order(row.remote_id)
        if remote is not None and settle_moves(row, remote, connector):
            remote = connector.read_order(row.remote_id)
        order = take_in(row, remote, connector, began) if remote is not None else None
        if order is not None:
            read_returns(order, connector, began)
    failpoint("order_read")
    if not OrderToRead.everyone.filter(pk=row.pk, noted_at=row.noted_at).delete()[0]:
        OrderToRead.everyone.filter(pk=row.pk).update(due_at=timezone.now(), tries=0)


def take_in(row: OrderToRead, remote: RemoteOrder, connector: Connector, began: dt.datetime) -> Order | None:
    """Take in an order as it was read at ``began``: our own internal orders are recognised, sales on the shelf are entered.

    Units are claimed before this returns. *Again*: see enter_order.
    """
    shop = row.shop
    if ours := _own_internal_order(shop, remote):
        if _is_twin(ours, remote):
            connector.cancel_internal_order(remote.id, f"{ours.number} was created twice; {ours.remote_name} stays.")
        else:
            note_seen_at_shipper(ours, remote)
        return None
    units = shelf_units(remote, shop.shelf_location_id)
    known = Order.everyone.filter(shop=shop, remote_id=remote.id).first()
    if known is None:
        units = _new_units(row, remote, units, connector)
        if not units:
            return None
    address = _address(known, units, connector)
    order = enter_order(shop, remote, units, address, began)
    failpoint("order_entered")
    route_at_once(order)
    return order


def route_at_once(order: Order) -> None:
    """Claim and plan what an entered order waits for; what cannot be decided now is left to the sweep. *Again*: see route_order."""
    try:
        route_order(order, by="network")
    except StockMoved:
        wake("route_orders")
    except SkuuError as error:
        log.warning("not_routed", order=order.pk, code=error.code)


def _new_units(
    row: OrderToRead, remote: RemoteOrder, units: list[ShelfUnits], connector: Connector
) -> list[ShelfUnits]:
    """Keep what an order not seen before asks of the shelf; what own stock fills is moved back first."""
    units = [unit for unit in units if unit.remaining]
    if not units or remote.cancelled_at:
        return []
    moved = move_back_what_own_stock_fills(row, units, connector)
    return [unit for unit in units if unit.fulfilment_order_id not in moved]


def _own_internal_order(shop: Shop, remote: RemoteOrder) -> InternalOrder | None:
    """Recognise an order that the network itself placed in this shop: by its identifier, its tag, or its id."""
    ours = InternalOrder.everyone.select_related("shipper", "order__shop").filter(shipper=shop)
    tagged = ours.filter(number__in=[tag for tag in remote.tags if tag.startswith("N-")], remote_id="")
    return (
        ours.filter(remote_id=remote.id).first()
        or (ours.filter(number=remote.source_identifier).first() if remote.source_identifier else None)
        or tagged.first()
    )


def _is_twin(internal_order: InternalOrder, remote: RemoteOrder) -> bool:
    """Recognise a second live order with our number, which a search that lagged too long may have let us create."""
    known = internal_order.remote_id not in ("", remote.id)
    return known and remote.source_identifier == internal_order.number and not remote.cancelled_at


def _address(known: Order | None, units: list[ShelfUnits], connector: Connector) -> RemoteAddress | None:
    if known and (known.address or known.address_erased_at):
        return None
    alive = [unit.fulfilment_order_id for unit in units if unit.remaining]
    return connector.read_destination(alive[0]) if alive else None


def sweep_orders(shop: Shop) -> int:
    """Note every order that changed at a shop since the last sweep, webhook or not; returns how many.

    Windows overlap by two minutes, because a platform's clock and search lag. *Again*: orders are read once more, no harm.
    """
    began = timezone.now()
    since = shop.orders_read_until or shop.installed_at or began - dt.timedelta(hours=1)
    changed = list(connector_for(shop).orders_since(since - OVERLAP))
    with transaction.atomic():
        note_orders_changed(shop, changed)
        Shop.everyone.filter(pk=shop.pk).update(orders_read_until=began)
    return len(changed)


def sweep_suspected() -> int:
    """Read the orders of shops whose shelf showed fewer units than we left there: somebody bought before we were told.

    First the shop is swept, then, once every order noted there has been read, its shelf may be raised again. *Again*: no change.
    """
    suspected = Shop.everyone.filter(status__in=TAKING_PART, orders_read_due_at__isnull=False).order_by("pk")
    for shop in suspected:
        asked = shop.orders_read_due_at or timezone.now()
        try:
            if shop.orders_read_until is None or shop.orders_read_until < asked:
                sweep_orders(shop)
            if not OrderToRead.everyone.filter(shop=shop).exists():
                orders_were_read(shop.pk, asked)
        except ConnectorError as error:
            log.warning("suspected_sale_not_read", shop=shop.pk, code=error.code)
    return len(suspected)


def sweep_all_orders() -> int:
    """Sweep every shop that takes part; a shop that cannot be reached does not stop the others."""
    total = 0
    for shop in Shop.everyone.filter(status__in=TAKING_PART).exclude(shelf_location_id="").order_by("pk"):
        try:
            total += sweep_orders(shop)
        except ConnectorError as error:
            log.warning("orders_not_swept", shop=shop.pk, code=error.code)
    return total
