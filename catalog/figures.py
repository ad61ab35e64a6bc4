"""Figures of matching and its review over a stretch of time; reads only."""

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.models import Count, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models import ReviewCard, ReviewCardChange

WAITS = ("open", "skipped")
SHARES_FOR = 300  # seconds that shares of exchangeable variants are kept: they read every variant
AGES = ((_("under a day"), 0, 1), (_("1–7 days"), 1, 7), (_("7–30 days"), 7, 30), (_("over 30 days"), 30, None))


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time cut into equal slices."""

    begin: dt.datetime
    end: dt.datetime
    slice: dt.timedelta

    @property
    def slices(self) -> list[dt.datetime]:
        """When each slice begins."""
        count = -(-(self.end - self.begin) // self.slice)
        return [self.begin + self.slice * number for number in range(count)]

    def place(self, at: dt.datetime) -> int:
        """The number of the slice a time falls into, by the clock on the wall: a day on which clocks change is one slice too."""
        return int((at.astimezone(self.begin.tzinfo) - self.begin) // self.slice)


@dataclass(frozen=True, slots=True)
class Age:
    """Waiting cards of one age: how many, and what is at stake in EUR cents."""

    name: str
    cards: int
    money: int


@dataclass(frozen=True, slots=True)
class Reviewer:
    """What one person did: decided, skipped, undone, and in how many different hours."""

    name: str
    decided: int
    skipped: int
    undone: int
    hours: int

    @property
    def per_hour(self) -> float:
        """Decisions in an hour in which at least one was made."""
        return self.decided / self.hours if self.hours else 0.0


@dataclass(frozen=True, slots=True)
class Exchange:
    """A shop's live variants, and those another shop stands for the same item with."""

    shop: str
    variants: int
    exchangeable: int

    @property
    def share(self) -> float:
        """The exchangeable share, from 0 to 1."""
        return self.exchangeable / self.variants if self.variants else 0.0


def backlog_ages(now: dt.datetime) -> list[Age]:
    """Count the cards that wait now by age; one query."""
    asked: dict[str, Any] = {}
    for place, (_name, least, most) in enumerate(AGES):
        within = Q(created_at__lte=now - dt.timedelta(days=least))
        if most is not None:
            within &= Q(created_at__gt=now - dt.timedelta(days=most))
        asked |= {f"n{place}": Count("pk", filter=within), f"m{place}": Sum("money_minor", filter=within)}
    found = ReviewCard.everyone.filter(status__in=WAITS).order_by().aggregate(**asked)
    return [
        Age(str(name), found[f"n{place}"], found[f"m{place}"] or 0) for place, (name, _least, _most) in enumerate(AGES)
    ]


def backlog_over(span: Span) -> list[int]:
    """Count the cards that waited at the end of each slice: counted now, and walked back by the steps since. Two queries."""
    waiting = ReviewCard.everyone.filter(status__in=WAITS).count()
    came, went = ~Q(from_status__in=WAITS) & Q(to_status__in=WAITS), Q(from_status__in=WAITS) & ~Q(to_status__in=WAITS)
    steps = ReviewCardChange.objects.filter(came | went, at__gte=span.begin)
    moved: Counter[int] = Counter()
    for at, status in steps.values_list("at", "to_status").iterator():
        moved[min(span.place(at), len(span.slices))] += 1 if status in WAITS else -1
    waiting -= moved[len(span.slices)]
    counts = []
    for place in range(len(span.slices) - 1, -1, -1):
        counts.append(max(0, waiting))
        waiting -= moved[place]
    return counts[::-1]


def reviewers(span: Span) -> tuple[list[Reviewer], dict[str, list[int]]]:
    """Say what each person did, busiest first, and how many cards they decided in each slice. One query."""
    human = ReviewCardChange.objects.filter(at__gte=span.begin, at__lt=span.end)
    human = human.filter(Q(to_status__in=("approved", "rejected", "skipped")) | Q(reason="undone"))
    did: dict[str, Counter[str]] = defaultdict(Counter)
    hours: dict[str, set[dt.datetime]] = defaultdict(set)
    slices: dict[str, list[int]] = defaultdict(lambda: [0] * len(span.slices))
    for by, at, status in human.values_list("by", "at", "to_status").iterator():
        did[by][status] += 1
        if status in ("approved", "rejected"):
            hours[by].add(at.replace(minute=0, second=0, microsecond=0))
            slices[by][span.place(at)] += 1
    rows = [
        Reviewer(by, count["approved"] + count["rejected"], count["skipped"], count["open"], len(hours[by]))
        for by, count in did.items()
    ]
    rows.sort(key=lambda row: (-row.decided, row.name))
    return rows, slices


_EXCHANGE = """
with shared as (
  select item_id from catalog_match where status = 'linked' group by item_id having count(distinct shop_id) > 1)
select s.name, count(*), count(shared.item_id)
from catalog_variant v
join catalog_product p on p.id = v.product_id and p.deleted_at is null and p.status = 'active'
join network_shop s on s.id = v.shop_id
left join catalog_match m on m.variant_id = v.id and m.status = 'linked'
left join shared on shared.item_id = m.item_id
where v.deleted_at is null
group by s.id, s.name order by s.name, s.id
"""


def exchangeable_shares() -> list[Exchange]:
    """Say for every shop how many of its variants another shop could ship; at most five minutes old. One query."""
    rows = cache.get("exchangeable_shares")
    if rows is None:
        with connection.cursor() as cursor:
            cursor.execute(_EXCHANGE)
            rows = cursor.fetchall()
        cache.set("exchangeable_shares", rows, SHARES_FOR)
    return [Exchange(*row) for row in rows]


def last(days: int) -> Span:
    """The stretch up to now: slices of an hour for a day, of six for a week, of a day beyond."""
    hours = {1: 1, 7: 6}.get(days, 24)
    slice_ = dt.timedelta(hours=hours)
    end = timezone.localtime().replace(minute=0, second=0, microsecond=0)
    end += dt.timedelta(hours=hours - end.hour % hours)
    return Span(end - dt.timedelta(days=days), end, slice_)
