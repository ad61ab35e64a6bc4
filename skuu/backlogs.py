"""What waits: how much, since when, whether it could be done now and is not, and which store keeps its own work waiting."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Greatest
from django.utils import timezone

from catalog.models import ItemMark, Placement, ShelfNote, StockLevel, Variant
from catalog.models.shelf import OUT_OF_STEP
from catalog.shelf_rows import may_be_pushed
from network.models import InboundEvent, Notice, Shop, SyncRun
from network.notify import TOO_OLD
from network.stops import halted, may_be_written
from network.tokens import reachable
from orders.models import InternalOrder, OrderLine, OrderToRead, Parcel, ReturnLine
from orders.place import ready_to_place

MINUTE = dt.timedelta(minutes=1)
PUT_OFF = dt.timedelta(minutes=30)  # a store that keeps its work waiting for longer is worth a look


@dataclass(frozen=True)
class Backlog:
    """One kind of unfinished work: how much, since when, since when any of it could have been done, and for how long it may be."""

    name: str
    count: int
    oldest: dt.datetime | None
    due: dt.datetime | None
    limit: dt.timedelta

    @property
    def age(self) -> dt.timedelta:
        return max(timezone.now() - self.oldest, dt.timedelta()) if self.oldest else dt.timedelta()

    @property
    def overdue(self) -> dt.timedelta:
        return timezone.now() - self.due if self.due else dt.timedelta()

    @property
    def is_late(self) -> bool:
        return self.overdue > self.limit

    @property
    def limit_in_words(self) -> str:
        minutes = self.limit // MINUTE
        count, unit = (minutes, "minute") if minutes < 60 else (minutes // 60, "hour")
        return f"{count} {unit}{'s' if count > 1 else ''}"


@dataclass(frozen=True)
class _Kind:
    """Where one kind of work stands: its rows, since when each waits, from when on each may be done, and which may be done at all."""

    name: str
    rows: QuerySet[Any]
    since: str
    limit: dt.timedelta
    due: str | Combinable
    doable: Q = Q()


def backlogs() -> list[Backlog]:
    """Measure everything that waits, one indexed query each.

    What a store keeps waiting (it is away, its token ended, it asks us to slow down, somebody halted it) waits without being
    late: nobody could do it now, and no host is the worse for it. See ``put_off``.
    """
    return [_measured(kind) for kind in _kinds()]


def _measured(kind: _Kind) -> Backlog:
    oldest = kind.rows.order_by(kind.since).values_list(kind.since, flat=True).first()
    if oldest is None:
        return Backlog(kind.name, 0, None, None, kind.limit)
    due = (
        kind.rows.filter(kind.doable)
        .annotate(work_due_at=_expression(kind.due))
        .filter(work_due_at__lte=timezone.now())
    )
    return Backlog(kind.name, kind.rows.count(), oldest, due.aggregate(first=Min("work_due_at"))["first"], kind.limit)


def _expression(due: str | Combinable) -> Combinable:
    return F(due) if isinstance(due, str) else due


def _kinds() -> list[_Kind]:
    open_shops = Shop.everyone.filter(reachable(), may_be_written()).exclude(status__in=["installing", "left"])
    asked = open_shops.exclude(budget__blocked_until__gt=timezone.now())
    confirmed = Q(location__shop__in=Shop.everyone.filter(reachable()).exclude(platform="api"))
    pushed = may_be_pushed() & Q(shop__in=asked)
    decided = Greatest("decided_at", "next_attempt_at")
    placed = Greatest("next_attempt_at", "order__paid_at", "order__read_at", "agreed_at")
    unhandled = InboundEvent.everyone.filter(~waits_for_staff(), status__in=["waiting", "failed"])
    reads = SyncRun.everyone.filter(status__in=["waiting", "reading"])
    levels = StockLevel.everyone.filter(confirm_due_at__isnull=False)
    variants = Variant.everyone.filter(match_due_at__isnull=False)
    shelves = Placement.everyone.filter(OUT_OF_STEP, shop__status="live")
    lines = OrderLine.everyone.filter(status="waiting", route_due_at__isnull=False)
    shipped = InternalOrder.everyone.filter(shipped_at__isnull=False, posted_at=None)
    return [
        _Kind("webhooks to handle", unhandled, "received_at", 5 * MINUTE, "next_attempt_at"),
        _Kind("larger reads", reads, "started_at", 60 * MINUTE, "next_attempt_at"),
        _Kind("stock to confirm", levels, "confirm_due_at", 5 * MINUTE, "confirm_due_at", confirmed),
        _Kind("variants to match", variants, "match_due_at", 15 * MINUTE, "match_due_at"),
        _Kind("items to distribute", ItemMark.objects.all(), "at", 5 * MINUTE, "at"),
        _Kind("sales to take off shelves", ShelfNote.objects.all(), "at", 5 * MINUTE, "at"),
        _Kind("shelves to push", shelves, "decided_at", 10 * MINUTE, decided, pushed),
        _Kind("orders to read", OrderToRead.everyone.all(), "due_at", 5 * MINUTE, "due_at"),
        _Kind("lines to route", lines, "route_due_at", 10 * MINUTE, "route_due_at"),
        _Kind("internal orders to place", ready_to_place(), "created_at", 30 * MINUTE, placed),
        *_after_placing(),
        _Kind("shipments to post", shipped, "shipped_at", 60 * MINUTE, "shipped_at"),
    ]


def _after_placing() -> list[_Kind]:
    """What is to be read and written once partners have the orders, and what merchants are to be told."""
    orders, parcels, lines = InternalOrder.everyone.all(), Parcel.everyone.all(), OrderLine.everyone.all()
    heard = orders.filter(fulfilments_due_at__isnull=False).exclude(remote_id="")
    called_back = orders.filter(cancel_wanted_at__isnull=False, cancel_done_at=None)
    entered, unlike = parcels.filter(push_due_at__isnull=False), parcels.exclude(mirror_wanted=F("mirrored"))
    events = parcels.filter(cancelled_at=None, events_due_at__isnull=False).exclude(mirror_remote_id="")
    given_back = lines.filter(status__in=["handed_back", "cancelled"], hand_back_due_at__isnull=False)
    restock = ReturnLine.everyone.filter(restock_due_at__isnull=False)
    requested = lines.filter(accept_due_at__isnull=False)
    news = Notice.everyone.filter(mailed_at=None, created_at__gt=timezone.now() - TOO_OLD)
    return [
        _Kind("parcels to read", heard, "fulfilments_due_at", 10 * MINUTE, "fulfilments_due_at"),
        _Kind("parcels to enter at shippers", entered, "push_due_at", 10 * MINUTE, "push_due_at"),
        _Kind("parcels to show in selling shops", unlike, "shipped_at", 10 * MINUTE, "next_attempt_at"),
        _Kind("carriers' words to tell", events, "events_due_at", 30 * MINUTE, "events_due_at"),
        _Kind("orders to call back", called_back, "cancel_wanted_at", 10 * MINUTE, "next_attempt_at"),
        _Kind("lines to hand back", given_back, "hand_back_due_at", 15 * MINUTE, "hand_back_due_at"),
        _Kind("requests to accept", requested, "accept_due_at", 15 * MINUTE, "accept_due_at"),
        _Kind("returns to put into stock", restock, "restock_due_at", 30 * MINUTE, "restock_due_at"),
        # a mail server that is away for an afternoon is no reason to take hosts from the shops: the portal shows notices
        _Kind("notices to mail", news, "created_at", 12 * 60 * MINUTE, "created_at"),
    ]


def waits_for_staff() -> Q:
    """Select messages that wait because somebody halted them."""
    stopped = halted()
    waits = Q(shop__in=stopped.shops) | Q(topic__in=stopped.topics)
    for shop_id, topic in stopped.pairs:
        waits |= Q(shop=shop_id, topic=topic)
    return waits


# --- what a store keeps waiting ---------------------------------------------------------------------------------------
@dataclass(frozen=True)
class PutOff:
    """A shop whose work is tried again and again: what waits for it, and since when the oldest does."""

    shop: Shop
    counts: dict[str, int]
    oldest: dt.datetime


def put_off() -> list[PutOff]:
    """List the shops that keep work waiting for more than half an hour though it was tried; the oldest first, a query a kind."""
    before = timezone.now() - PUT_OFF
    counts: dict[int, dict[str, int]] = {}
    oldest: dict[int, dt.datetime] = {}
    for name, rows, owner, since in _tried():
        found = rows.filter(**{f"{since}__lt": before}).order_by().values_list(owner)
        for shop_id, count, first in found.annotate(Count("pk"), Min(since)):
            counts.setdefault(shop_id, {})[name] = count
            oldest[shop_id] = min(first, oldest.get(shop_id, first))
    shops = Shop.everyone.in_bulk(list(counts))
    return [PutOff(shops[pk], counts[pk], oldest[pk]) for pk in sorted(shops, key=lambda pk: (oldest[pk], pk))]


def _tried() -> list[tuple[str, QuerySet[Any], str, str]]:
    tried = Q(next_attempt_at__gt=timezone.now(), tries__gt=0)
    messages = InboundEvent.everyone.filter(~waits_for_staff(), status="failed")
    shelves = Placement.everyone.filter(OUT_OF_STEP, tried, shop__status="live")
    return [
        ("messages", messages, "shop", "received_at"),
        ("shelf figures", shelves, "shop", "decided_at"),
        ("orders to place there", ready_to_place().filter(tried), "shipper", "created_at"),
    ]
