"""Take over stock figures: a batched read is the truth, a webhook a hint with a time, a shelf's figure never stock.

Levels are locked in the order of their ids before they are compared, so that claims and figures cannot deadlock.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from catalog.cleaning import whole
from catalog.mark import mark_inventory
from catalog.models import Claim, ClaimChange, InventoryItem, Placement, StockLevel, Variant
from network.connectors.base import RemoteLevel
from network.models import Location, Shop
from skuu.kit.errors import NotFound
from skuu.kit.jobs import ring

CONFIRM_AFTER = dt.timedelta(seconds=5)
CONFIRM_FIGURE_AFTER = dt.timedelta(seconds=30)  # a figure that came with its time is believed meanwhile
CONFIRM_LEASE = dt.timedelta(minutes=2)
LARGEST = 2_000_000_000


@dataclass(frozen=True, slots=True)
class StockEvent:
    """A figure a shop told us of by webhook; ``updated_at`` is the platform's own time of it."""

    inventory_item_id: str
    location_id: str
    available: int | None
    updated_at: dt.datetime | None


@dataclass(slots=True)
class _Figure:
    """A figure on its way to a level."""

    available: int
    is_active: bool
    updated_at: dt.datetime | None
    read_at: dt.datetime | None
    remote_id: str = ""
    confirm_at: dt.datetime | None = None


_Admits = Callable[[StockLevel, _Figure], bool]
_Pair = tuple[StockLevel, _Figure]


def apply_levels(shop: Any, levels: Iterable[RemoteLevel]) -> int:
    """Apply levels read from a shop; returns how many figures changed.

    Applied when the platform's time is newer, or equal and the read began later. Levels of the shelf or of unknown places
    are no stock: the shelf's are compared with what we believe to stand there. *Locks* the levels by id. *Again*: no change.
    """
    figures: dict[tuple[str, str], _Figure] = {}
    for level in levels:
        figure = _Figure(
            whole(level.available, -LARGEST, LARGEST) or 0, level.is_active, level.updated_at, level.read_at, level.id
        )
        figures[level.inventory_item_id, level.location_id] = figure
    return _take(shop, figures, _newer_read)


def differences(shop: Any, levels: Sequence[RemoteLevel]) -> list[tuple[str, str, int, int]]:
    """Compare levels just read with those stored: (SKU, location, stored, shown) of each that differs. Reads only."""
    shown = {(one.inventory_item_id, one.location_id): one for one in levels}
    stored = StockLevel.objects.filter(location__shop=shop, inventory_item__remote_id__in={key[0] for key in shown})
    keys = ("inventory_item__remote_id", "location__remote_id", "available", "inventory_item__sku", "location__name")
    found = []
    for item, place, available, sku, name in stored.values_list(*keys):
        one = shown.get((item, place))
        if one is not None and one.available != available:
            found.append((sku or item, name, available, one.available))
    return found


def apply_stock_events(shop: Any, events: Iterable[StockEvent]) -> int:
    """Apply figures from webhooks: a newer time is applied, an equal or older one is not, every one is confirmed soon.

    Echoes of our own pushes are recognised by their place, the shelf, and their figure. *Again*: no change.
    """
    soon = timezone.now() + CONFIRM_AFTER
    figures: dict[tuple[str, str], _Figure] = {}
    for event in events:
        available = whole(event.available, -LARGEST, LARGEST)
        key = event.inventory_item_id, event.location_id
        known = figures.get(key)
        if known and known.updated_at and event.updated_at and known.updated_at >= event.updated_at:
            continue
        # without a figure (the level was connected or cut off) only the read can tell
        told = event.updated_at if available is not None else None
        figures[key] = _Figure(available or 0, True, told, None, confirm_at=soon)
    return _take(shop, figures, _newer_event)


def set_stock(shop: Any, rows: Sequence[tuple[str, str, int, dt.datetime]]) -> dict[str, Any]:
    """Set absolute figures of a shop that pushes by REST: (variant id or SKU, location or "", available, source time).

    A figure older than the one we have is ignored. What has shipped since the time of a figure is taken off it: the shop could not
    know of it yet. Returns ``{"changed": n, "unknown": [keys that no variant has]}``.
    Raises NotFound for a location the shop does not have. *Again*: no change.
    """
    keys = {row[0] for row in rows}
    named: dict[str, str] = {}
    variants = Variant.objects.filter(Q(remote_id__in=keys) | Q(sku__in=keys), shop=shop, deleted_at=None)
    for remote_id, sku, stock in variants.order_by("-id").values_list("remote_id", "sku", "inventory_item__remote_id"):
        named.setdefault(sku, stock)
        named[remote_id] = stock
    places = set(shop.locations.filter(is_active=True).values_list("remote_id", flat=True)) | {""}
    if strange := {row[1] for row in rows} - places:
        raise NotFound(f"The shop has no location “{sorted(strange)[0]}”.")
    default = default_location(shop).remote_id
    figures: dict[tuple[str, str], _Figure] = {}
    for key, place, available, at in sorted(rows, key=lambda row: row[3]):
        if key in named:
            figures[named[key], place or default] = _Figure(available, True, at, at)
    return {"changed": _take(shop, figures, _not_older, _less_shipped), "unknown": sorted(keys - named.keys())}


def default_location(shop: Any) -> Location:
    """Find or make the one place of a shop that names none: at the shop's own address."""
    address = {name: getattr(shop, name) for name in ("country", "postcode", "city", "address1")}
    place: Location
    place, _ = Location.objects.get_or_create(
        shop=shop, remote_id="default", defaults={"name": shop.name[:120], **address}
    )
    return place


def cover_levels(claims: Sequence[Claim], levels: Sequence[RemoteLevel]) -> set[int]:
    """Apply the shipper's levels just read after placing; returns the ids of the claims' levels that the read covers.

    Runs inside the caller's transaction, which already holds these levels.
    """
    if not levels:
        return set()
    rows = StockLevel.objects.filter(pk__in=[claim.level_id for claim in claims]).values_list(
        "pk", "inventory_item__remote_id", "location__remote_id", "location__shop_id"
    )
    ids = {(stock, place): (pk, shop_id) for pk, stock, place, shop_id in rows}
    by_shop: defaultdict[int, list[RemoteLevel]] = defaultdict(list)
    covered = set()
    for level in levels:
        if found := ids.get((level.inventory_item_id, level.location_id)):
            covered.add(found[0])
            by_shop[found[1]].append(level)
    for shop in Shop.objects.filter(pk__in=by_shop).order_by("pk"):
        apply_levels(shop, by_shop[shop.pk])
    return covered


def confirm_soon(level_ids: Collection[int]) -> None:
    """Have these levels read again shortly; the read is the truth. *Locks* the levels by id."""
    if level_ids:
        with transaction.atomic():
            rows = StockLevel.objects.filter(pk__in=level_ids)
            list(rows.select_for_update(no_key=True).order_by("pk").values_list("pk"))
            rows.update(confirm_due_at=timezone.now() + CONFIRM_AFTER)
            ring_confirm()


def _newer_read(level: StockLevel, new: _Figure) -> bool:
    if level.remote_updated_at and new.updated_at and level.remote_updated_at != new.updated_at:
        return level.remote_updated_at < new.updated_at
    return level.read_at is None or new.read_at is None or level.read_at < new.read_at


def _newer_event(level: StockLevel, new: _Figure) -> bool:
    if new.updated_at is None:
        return False
    return level.remote_updated_at is None or level.remote_updated_at < new.updated_at


def _not_older(level: StockLevel, new: _Figure) -> bool:
    return level.remote_updated_at is None or new.updated_at is None or level.remote_updated_at <= new.updated_at


def _less_shipped(pairs: Sequence[_Pair]) -> list[_Pair]:
    """Take off figures the units that were handed over after them; call it with the levels locked, so that no unit is missed."""
    since = {level.pk: new.updated_at for level, new in pairs if new.updated_at}
    if not since:
        return list(pairs)
    used = ClaimChange.objects.filter(row__level__in=since, to_status="used", at__gt=min(since.values()))
    gone: Counter[int] = Counter()
    for level_id, at, units in used.values_list("row__level_id", "at", "row__quantity"):
        gone[level_id] += units if at > since[level_id] else 0
    return [(level, replace(new, available=new.available - gone[level.pk])) for level, new in pairs]


def _take(
    shop: Any,
    figures: dict[tuple[str, str], _Figure],
    rule: _Admits,
    amend: Callable[[Sequence[_Pair]], list[_Pair]] = list,
) -> int:
    """Compare figures with their levels under lock and write those that the rule admits; returns how many changed."""
    if not figures:
        return 0
    with transaction.atomic():
        places = dict(Location.objects.filter(shop=shop).values_list("remote_id", "id"))
        _doubt_shelf(shop, {stock: new for (stock, place), new in figures.items() if _is_shelf(shop, place)})
        own = {key: new for key, new in figures.items() if key[1] in places and not _is_shelf(shop, key[1])}
        if not own:
            return 0
        items = _known_items(shop, {stock for stock, _ in own})
        wanted = {(items[stock], places[place]): new for (stock, place), new in own.items()}
        changed = _write(amend([(level, wanted[key]) for key, level in _locked(wanted).items()]), rule)
        mark_inventory(changed)
        if any(new.confirm_at for new in own.values()):
            ring_confirm()
        return len(changed)


def _is_shelf(shop: Any, place: str) -> bool:
    return bool(shop.shelf_location_id) and place == shop.shelf_location_id


def _known_items(shop: Any, remote_ids: Collection[str]) -> dict[str, int]:
    """Find inventory items, making bare ones for stock that is told of before its product: any order will do."""
    known = dict(InventoryItem.objects.filter(shop=shop, remote_id__in=remote_ids).values_list("remote_id", "id"))
    if missing := sorted(set(remote_ids) - known.keys()):
        bare = [InventoryItem(shop=shop, remote_id=remote_id) for remote_id in missing]
        InventoryItem.objects.bulk_create(bare, ignore_conflicts=True)
        known |= dict(InventoryItem.objects.filter(shop=shop, remote_id__in=missing).values_list("remote_id", "id"))
    return known


def _locked(keys: Collection[tuple[int, int]]) -> dict[tuple[int, int], StockLevel]:
    def find() -> dict[tuple[int, int], StockLevel]:
        rows = StockLevel.objects.select_for_update().filter(inventory_item_id__in={stock for stock, _ in keys})
        found = {(row.inventory_item_id, row.location_id): row for row in rows.order_by("pk")}
        return {key: found[key] for key in keys if key in found}

    found = find()
    if len(found) < len(keys):
        # made empty first, then locked like the others: two who see a new level at once cannot overwrite each other
        missing = [
            StockLevel(inventory_item_id=stock, location_id=place) for stock, place in sorted(set(keys) - found.keys())
        ]
        StockLevel.objects.bulk_create(missing, ignore_conflicts=True)
        found = find()
    return found


_WRITE = """
update catalog_stocklevel l set available = w.available, is_active = w.is_active, phantom = w.phantom,
  coming_back = w.coming_back, remote_updated_at = w.updated_at, read_at = coalesce(w.read_at, l.read_at),
  remote_id = coalesce(nullif(w.remote_id, ''), l.remote_id)
from (select unnest(%s::bigint[]) as id, unnest(%s::int[]) as available, unnest(%s::bool[]) as is_active,
  unnest(%s::int[]) as phantom, unnest(%s::int[]) as coming_back, unnest(%s::timestamptz[]) as updated_at,
  unnest(%s::timestamptz[]) as read_at, unnest(%s::text[]) as remote_id) w
where l.id = w.id
"""


def _write(pairs: Sequence[tuple[StockLevel, _Figure]], rule: _Admits) -> set[int]:
    """Write admitted figures of locked levels; returns the inventory items whose stock is another one now."""
    changed: set[int] = set()
    rows = []
    for level, new in pairs:
        if not rule(level, new):
            continue
        if (level.available, level.is_active) != (new.available, new.is_active):
            changed.add(level.inventory_item_id)
        phantom, coming_back = _proven(level, new.available)
        updated_at = new.updated_at or level.remote_updated_at
        rows.append(
            (level.pk, new.available, new.is_active, phantom, coming_back, updated_at, new.read_at, new.remote_id)
        )
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_WRITE, [list(column) for column in zip(*rows, strict=True)])
    if due := {level.pk: new.confirm_at for level, new in pairs if new.confirm_at}:
        StockLevel.objects.filter(pk__in=due).update(confirm_due_at=max(due.values()))
    return changed


def _proven(level: StockLevel, available: int) -> tuple[int, int]:
    """Say what remains of the phantom units when a figure moves: nothing, unless the move was ours.

    What our orders take (at most what is claimed) and what our cancellations put back prove nothing about the shelf there.
    """
    moved = available - level.available
    if moved < 0:
        ours = -moved <= level.claimed
        return (level.phantom if ours else 0), level.coming_back
    back = min(moved, level.coming_back)
    return (level.phantom if moved == back else 0), level.coming_back - back


def _doubt_shelf(shop: Any, figures: dict[str, _Figure]) -> None:
    """Compare figures of the shelf with what we left there; another figure is looked at before anything is written."""
    if not figures:
        return
    now = timezone.now()
    placed = Placement.objects.filter(shop=shop, inventory_item__remote_id__in=figures, doubted_at=None)
    doubted = []
    for pk, stock, pushed, pushing in placed.values_list("pk", "inventory_item__remote_id", "pushed", "pushing"):
        new = figures[stock]
        if pushed is not None and new.updated_at is not None and new.available not in (pushed, pushing):
            doubted.append(pk)
    if doubted:
        rows = Placement.objects.filter(pk__in=doubted)
        list(rows.select_for_update(no_key=True).order_by("shop_id", "inventory_item_id").values_list("pk"))
        rows.update(doubted_at=now, next_attempt_at=now)
        from catalog import tasks

        ring(tasks.push)


def ring_confirm() -> None:
    """Wake the sweep that reads figures again."""
    from catalog import tasks

    ring(tasks.confirm)
