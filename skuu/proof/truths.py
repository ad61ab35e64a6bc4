"""What must hold: at every moment, when the network is quiet, and when every story has ended. Each broken promise is a sentence.

The stores' own state is the judge; the network's rows are held against it, never against themselves alone.
"""

from collections import Counter

from django.db import connection
from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce

from catalog.claim import check_claims
from catalog.models import Placement, StockLevel
from catalog.trust import trust_of
from network.models import Notice, Shop
from orders.lines import cover_of
from orders.models import InternalOrder, Order, OrderLine, Parcel, ParcelLine, ReturnLine
from settlement.check import check_ledger
from skuu.proof.town import SIZES, STOCK, Town

OVER = ("delivered", "cancelled", "handed_back", "returned")
HELD_AT_SHIPPER = ("placed", "accepted", "shipped", "delivered")


def always(town: Town) -> list[str]:
    """Say what is broken although it must hold between any two steps."""
    broken = [f"claims: {row}" for row in check_claims()]
    for shop in town.shops:
        for size in SIZES:
            if town.available(shop, size) < 0:
                broken.append(f"{shop.domain} {size}: sold below nothing, {town.available(shop, size)}")
    broken += _over_promised()
    if StockLevel.everyone.filter(location__remote_id=F("location__shop__shelf_location_id")).exists():
        broken.append("a shelf is counted as stock")
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate; set constraints all deferred")
    return broken


def _over_promised() -> list[str]:
    """No line has more units under way than it asks for, but for parcels that were faster than a cancellation."""
    lines = {line.pk: line for line in OrderLine.everyone.filter(internal_lines__isnull=False).distinct()}
    return [
        f"line {pk} of {lines[pk].quantity} has {cover} under way"
        for pk, cover in cover_of(lines).items()
        if cover.coming and cover.coming + cover.shipped > lines[pk].quantity
    ]


def when_quiet(town: Town) -> list[str]:
    """Say what differs between the network and the stores when nothing is left to do."""
    return [
        *always(town),
        *_own_figures(town),
        *_levels(town),
        *_shelves(town),
        *_orders_at_shippers(town),
        *_customers_orders(town),
        *_nothing_due(),
    ]


def _own_figures(town: Town) -> list[str]:
    """A shop's own figure is moved by its own sales, its till, our orders with it and our returns to it, and nothing else."""
    put_back: Counter[tuple[int, str]] = Counter()
    written = Q(restock_level__isnull=False) | Q(line__internal_order__remote_id__gt="")
    back = ReturnLine.everyone.filter(written, restocked_at__isnull=False)
    whose = Coalesce("restock_level__location__shop", "line__claim__level__location__shop")
    for shop_id, sku, units in back.values_list(whose, "line__variant__sku", "as_new"):
        put_back[shop_id, sku.rpartition("-")[2]] += units
    broken = []
    for shop in town.shops:
        for at, size in enumerate(SIZES):
            key = (shop.domain, size)
            began = STOCK[shop.domain][at] + town.till.get(key, 0) + put_back[shop.pk, size]
            shown, taken = town.available(shop, size), town.taken(shop, size)
            if began != shown + taken:
                broken.append(f"{shop.domain} {size}: {began} units became {shown} on hand and {taken} sold")
    return broken


def _levels(town: Town) -> list[str]:
    broken = []
    rows = StockLevel.everyone.select_related("location__shop", "inventory_item").order_by("pk")
    for level in rows:
        store = town.store(level.location.shop.domain)
        there = store.level(level.inventory_item.remote_id, level.location.remote_id)
        shown = there["q"]["available"] if there else None
        if shown != level.available:
            broken.append(f"{level.location.shop.domain}: we know {level.available}, the store shows {shown}")
        if level.coming_back:
            broken.append(f"{level.location.shop.domain}: {level.coming_back} units are still said to come back")
    return broken


def _shelves(town: Town) -> list[str]:
    """A shelf shows what the others can give, and only in a gap."""
    broken = []
    for shop in town.shops:
        for size in SIZES:
            wanted = _supply(town, shop, size)
            row = Placement.everyone.filter(shop=shop, inventory_item__remote_id=town.item_of(shop, size)).first()
            stored, shown = (row.wanted if row else 0), town.available(shop, size, shelf=True)
            if not wanted == stored == shown:
                broken.append(
                    f"shelf of {shop.domain} {size}: others give {wanted}, we want {stored}, it shows {shown}"
                )
    return broken


def _supply(town: Town, origin: Shop, size: str) -> int:
    """Work out anew, from the figures alone, what should stand on a shelf; who lost units keeps some of each size back."""
    shops = {shop.pk: shop for shop in Shop.everyone.all()}
    trust = trust_of(list(shops))
    rows = StockLevel.everyone.filter(inventory_item__sku__endswith=f"-{size}")
    own = others = 0
    for shop_id, available, claimed, phantom in rows.values_list("location__shop", "available", "claimed", "phantom"):
        if shop_id == origin.pk:
            own += available - claimed
        elif shops[shop_id].status == "live":
            others += max(available - claimed - phantom - trust[shop_id].kept_back, 0)
    status, cap = shops[origin.pk].status, shops[origin.pk].placement_cap
    return min(others, cap) if own <= 0 and status == "live" else 0


def _orders_at_shippers(town: Town) -> list[str]:
    """What we hold for open or shipped is one live order at its shipper, with these units; nothing else of ours lives there."""
    broken = []
    for shop in town.shops:
        there = town.internal_orders(shop)
        ours = {row.number: row for row in InternalOrder.everyone.select_related("order").filter(shipper=shop)}
        for number, orders in there.items():
            if len(orders) > 1:
                broken.append(f"{number} exists {len(orders)} times at {shop.domain}")
            row = ours.get(number)
            if row is None or not (row.status in HELD_AT_SHIPPER or row.parcels.filter(cancelled_at=None).exists()):
                broken.append(f"{number} lives at {shop.domain}, and is {row.status if row else 'unknown'} with us")
        for number, row in ours.items():
            if row.status in HELD_AT_SHIPPER and number not in there and not _entered_here_only(row):
                broken.append(f"{number} is {row.status} with us, and does not live at {shop.domain}")
            elif row.status in HELD_AT_SHIPPER and number in there:
                broken += _same_units(town, shop, row, there[number][0])
    return broken


def _entered_here_only(row: InternalOrder) -> bool:
    """What counts as sent although its store cancelled the order: the shipper, or the selling shop, was told of each parcel."""
    told = set(Notice.everyone.filter(shop__in=(row.shipper_id, row.order.shop_id)).values_list("key", flat=True))
    parcels = row.parcels.values_list("pk", "cancelled_at")
    words = [f"parcel_cancelled:{pk}" if taken_back else f"parcel_not_entered:{pk}" for pk, taken_back in parcels]
    return bool(words) and told.issuperset(words)


def _same_units(town: Town, shop: Shop, row: InternalOrder, order: dict) -> list[str]:
    store = town.store(shop.domain)
    there = sum(store[line]["quantity"] for line in order["lineItems"])
    ours = row.lines.aggregate(units=Sum("quantity"))["units"]
    sent = sum(store[one]["totalQuantity"] for one in order["fulfillments"] if store[one]["status"] == "SUCCESS")
    parcels = ParcelLine.objects.filter(parcel__internal_order=row, parcel__cancelled_at=None)
    known = parcels.aggregate(units=Sum("quantity"))["units"] or 0
    broken = [] if there == ours else [f"{row.number}: {ours} units with us, {there} at {shop.domain}"]
    return broken + ([] if sent == known else [f"{row.number}: {known} units shipped with us, {sent} at {shop.domain}"])


def _customers_orders(town: Town) -> list[str]:
    """Parcels show in the customer's order once each; a line that is over asks for nothing any more."""
    broken = []
    for parcel in Parcel.everyone.select_related("internal_order__order__shop"):
        order = parcel.internal_order.order
        store = town.store(order.shop.domain)
        if store[order.remote_id]["cancelledAt"]:
            continue
        shown = [one for one in store[order.remote_id]["fulfillments"] if one == parcel.mirror_remote_id]
        alive = [one for one in shown if store[one]["status"] == "SUCCESS"]
        if len(alive) != (0 if parcel.cancelled_at else 1) and not _gave_up(parcel):
            broken.append(f"parcel {parcel} of {order.name} shows {len(alive)} times")
    return broken + _strays(town)


def _strays(town: Town) -> list[str]:
    """A customer is told of parcels that exist, and of no other: nobody but us ships anything in these orders."""
    parcels = Parcel.everyone.filter(cancelled_at=None).exclude(mirror_remote_id="")
    ours = set(parcels.values_list("internal_order__order__shop__domain", "mirror_remote_id"))
    broken = []
    for domain, remote_id, name in Order.everyone.values_list("shop__domain", "remote_id", "name"):
        store = town.store(domain)
        for one in store[remote_id]["fulfillments"] if not store[remote_id]["cancelledAt"] else ():
            if store[one]["status"] == "SUCCESS" and (domain, one) not in ours:
                broken.append(f"{name} of {domain} shows a parcel that nobody sent")
    return broken


def _gave_up(parcel: Parcel) -> bool:
    return parcel.mirrored == parcel.mirror_wanted and bool(parcel.error)


def _nothing_due() -> list[str]:
    waiting = OrderLine.everyone.filter(status="waiting").exclude(route_due_at=None)
    unmirrored = Parcel.everyone.exclude(mirror_wanted=F("mirrored"))
    calling = InternalOrder.everyone.filter(cancel_wanted_at__isnull=False, cancel_done_at=None)
    unplaced = InternalOrder.everyone.filter(
        Q(asks=False) | Q(agreed_at__isnull=False), status="planned", order__paid_at__isnull=False,
        order__is_held=False, order__is_test=False,
    )  # fmt: skip
    found = {
        "lines wait": waiting,
        "parcels are not shown": unmirrored,
        "calls back": calling,
        "are not placed": unplaced,
    }
    return [f"{what}: {list(rows.values_list('pk', flat=True))}" for what, rows in found.items() if rows.exists()]


def at_the_end(town: Town) -> list[str]:
    """Say whose story has not ended, and what the books do not show."""
    open_lines = OrderLine.everyone.exclude(status__in=OVER).values_list("order__name", "status", "status_reason")
    broken = [f"line of {name} is still {status}: {reason}" for name, status, reason in open_lines]
    broken += [f"ledger, {one.promise}: {one.rows}" for one in check_ledger().findings]
    unposted = InternalOrder.everyone.filter(status__in=["shipped", "delivered"], posted_at=None)
    broken += [f"{row.number} was shipped and not posted" for row in unposted]
    return broken + _unpaid()


def _unpaid() -> list[str]:
    """Whatever reached a customer is in the books, whoever sent it."""
    posted = Q(internal_lines__internal_order__posted_at__isnull=False)
    lines = OrderLine.everyone.filter(status__in=("shipped", "delivered", "returned"))
    rows = lines.annotate(units=Sum("internal_lines__shipped_quantity", filter=posted))
    return [
        f"line of {name} holds {quantity} units, and {units or 0} of them are in the books"
        for name, quantity, units in rows.values_list("order__name", "quantity", "units")
        if (units or 0) < quantity
    ]
