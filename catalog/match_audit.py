"""Compare the links that stand with a full rebuild, brand by brand: a report for staff; it moves no link itself.

What the rebuild learns of sizes and codes across the whole network is kept, for the next changes to be matched by; variants
without a link whose size can be read only now are due for the matcher again.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from catalog.held import held_pairs
from catalog.models import EvidenceClass, MatchingDrift
from catalog.names import learn_names
from catalog.whole_brands import Brands, decide_brands, keep_learnt, learn_of_all_brands, read_brands
from network.notify import mail_staff

ROWS_AT_ONCE = 20_000
MOST_EXAMPLES = 50
ALARM_SHARE, FEWEST_PAIRS = 0.005, 20  # of all pairs, and that many at least
Progress = Callable[[MatchingDrift], None]


def audit_matching(progress: Progress = lambda _: None) -> MatchingDrift:
    """Run a whole comparison here and now; returns its report. An audit under way is carried on instead."""
    start_audit()
    while audit_step():
        progress(MatchingDrift.objects.latest("pk"))
    return MatchingDrift.objects.latest("pk")


def start_audit() -> MatchingDrift | None:
    """Ask for a comparison; a sweep carries it on. *Again* while one is under way: None."""
    with connection.cursor() as cursor:
        cursor.execute("select brand_key, count(*) from catalog_variant where deleted_at is null group by 1 order by 1")
        brands = cursor.fetchall()
    try:
        with transaction.atomic():
            return MatchingDrift.objects.create(waiting=_steps(brands))
    except IntegrityError:
        return None


def audit_step() -> int:
    """Compare one more part of the network; returns how many rows it held, 0 when nothing is left to compare.

    *Locks* the report. May be killed at any line: a part counts when it is compared to its end.
    """
    with transaction.atomic():
        report = MatchingDrift.objects.select_for_update(skip_locked=True).filter(finished_at=None).first()
        if report is None:
            return 0
        began = time.monotonic()
        rows = 0
        if report.waiting:
            part = read_brands(report.waiting[0])
            rows = len(part.found.rows)
            _compare(report, part)
            report.waiting = report.waiting[1:]
        report.seconds += time.monotonic() - began
        if not report.waiting:
            learn_of_all_brands()
            learn_names()
            report.finished_at = timezone.now()
            report.is_alarm = report.share > ALARM_SHARE and report.missing + report.extra >= FEWEST_PAIRS
        report.save()
    return max(rows, 1)


def tell_alarms() -> int:
    """Mail staff of an audit that found more drift than is normal, once; returns 1 when it did."""
    report = MatchingDrift.objects.filter(is_alarm=True, told_at=None).order_by("-pk").first()
    if report is None or not MatchingDrift.objects.filter(pk=report.pk, told_at=None).update(told_at=timezone.now()):
        return 0
    body = (
        f"The nightly rebuild and the links that stand differ on {report.share:.2%} of all pairs: {report.missing} are "
        f"missing, {report.extra} stand without evidence. Nothing was changed. The report has examples by class."
    )
    if not mail_staff("Matching has drifted", body):
        MatchingDrift.objects.filter(pk=report.pk).update(told_at=None)
    return 1


def _steps(brands: Sequence[tuple[str, int]]) -> list[list[str]]:
    """Gather small brands until they are worth a step; rows without a brand are by themselves, as they are for a change."""
    steps: list[list[str]] = []
    room = 0
    for brand, rows in brands:
        if room <= 0 or steps[-1] == [""]:
            steps.append([])
            room = ROWS_AT_ONCE
        steps[-1].append(brand)
        room -= rows
    return steps


# --- comparing --------------------------------------------------------------------------------------------------------
@dataclass(slots=True)
class _Part:
    """What stands in one part of the network: items and methods of the rows decided there; which are due, which held."""

    item: dict[int, int]
    method: dict[int, str]
    due: set[int]
    stopped: frozenset[str]
    held: set[tuple[int, int]]


def _compare(report: MatchingDrift, read: Brands) -> None:
    decided = decide_brands(read)
    read.waiting |= keep_learnt(read, decided)
    listing = decided.listing
    here = {pk: row for pk, row in read.found.rows.items() if read.is_here(pk)}
    rebuilt = {int(listing.ids[row]): item for row, item in enumerate(decided.item) if item >= 0}
    rebuilt = {pk: item for pk, item in rebuilt.items() if pk in here}
    method = {int(listing.ids[row]): name for row, name in decided.method.items()}
    part = _Part(
        {pk: row.item_id for pk, row in here.items() if row.item_id is not None},
        {pk: row.method for pk, row in here.items() if row.item_id is not None},
        read.waiting,
        frozenset(EvidenceClass.objects.filter(status="stopped").values_list("name", flat=True)),
        held_pairs(),
    )
    found = _Found()
    for members in _groups(rebuilt).values():
        found.note_missing(members, part, method)
    for item, members in _groups(part.item).items():
        found.note_extra(item, members, part, rebuilt)
    report.variants += sum((row.facts.brand or read.lent.get(pk, ""))[:120] in read.names for pk, row in here.items())
    report.pairs += found.pairs
    report.missing += found.missing
    report.extra += found.extra
    report.held += found.held
    report.split_items += found.split_items
    report.merged_items += found.merged_items
    for (name, kind), count in found.by_class.items():
        counts = report.by_class.setdefault(name, {"missing": 0, "extra": 0})
        counts[kind] += count
    report.examples = [*report.examples, *found.examples][:MOST_EXAMPLES]


def _groups(of: Mapping[int, int]) -> dict[int, list[int]]:
    groups: dict[int, list[int]] = defaultdict(list)
    for pk, item in of.items():
        groups[item].append(pk)
    return {item: sorted(members) for item, members in groups.items() if len(members) > 1}


@dataclass(slots=True)
class _Found:
    """The differences of one part."""

    pairs: int = 0
    missing: int = 0
    extra: int = 0
    held: int = 0
    split_items: int = 0
    merged_items: int = 0
    by_class: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: list[dict[str, Any]] = field(default_factory=list)

    def note_missing(self, members: Sequence[int], part: _Part, method: Mapping[int, str]) -> None:
        """Count what the rebuild links and does not stand; what is due, or of a stopped class, is no drift."""
        items = {part.item.get(pk) for pk in members}
        if len(items) == 1 and None not in items:
            return
        counted = False
        for one, other in combinations(members, 2):
            mine, theirs = part.item.get(one), part.item.get(other)
            if mine is not None and mine == theirs:
                continue
            if {one, other} & part.due or {method[one], method[other]} & part.stopped:
                continue
            if mine is not None and theirs is not None and (mine, theirs) in part.held:
                self.held += 1
                continue
            counted = counted or (mine is not None and theirs is not None)
            self._note("missing", _weaker(method[one], method[other]), one, other)
        self.merged_items += counted

    def note_extra(self, item: int, members: Sequence[int], part: _Part, rebuilt: Mapping[int, int]) -> None:
        """Count what stands and the rebuild does not link."""
        self.pairs += len(members) * (len(members) - 1) // 2
        if len({rebuilt.get(pk, -pk) for pk in members}) == 1:
            return
        before = self.extra
        for one, other in combinations(members, 2):
            if rebuilt.get(one, -one) == rebuilt.get(other, -other) or {one, other} & part.due:
                continue
            if (item, item) in part.held:
                self.held += 1
            else:
                self._note("extra", _weaker(part.method[one], part.method[other]), one, other)
        self.split_items += self.extra > before

    def _note(self, kind: str, name: str, one: int, other: int) -> None:
        setattr(self, kind, getattr(self, kind) + 1)
        self.by_class[name, kind] += 1
        if len(self.examples) < MOST_EXAMPLES // 5:
            self.examples.append({"kind": kind, "class": name, "left": one, "right": other})


def _weaker(one: str, other: str) -> str:
    order = ("aligned", "code", "gtin", "own", "person")
    return min((one, other), key=lambda name: order.index(name) if name in order else 0)
