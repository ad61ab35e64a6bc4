"""Match a file of variants with the whole engine, beside the network and without touching its data."""

import csv
import gc
import json
import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from catalog.catalogue_file import Layout, Reading, look_at, read_rows, stretches
from catalog.matching.candidates import Near, nearest_units
from catalog.matching.clustering import stable_key
from catalog.matching.columns import Part, listing_of_parts, read_part
from catalog.matching.deciding import PROBABILITY
from catalog.matching.engine import ALONE, ASKED, LINKED, Decided, decide, rows_of_units
from catalog.matching.listing import Ints
from catalog.matching.size import sizes_conflict
from skuu.kit.errors import NotPossible

COLUMNS = ("id", "item", "method", "probability", "status", "candidates", "reason")
MOST_CANDIDATES = 8
WRITTEN_AT_ONCE = 50_000
Progress = Callable[[str, float], None]


class NothingToMatch(NotPossible):
    """No line of the file could be used; nothing was written."""

    code = "nothing_to_match"


@dataclass(slots=True)
class Report:
    """What a run did: counts, seconds by step, lines that could not be used, keys nobody may decide by."""

    rows: int = 0
    linked: int = 0
    ask: int = 0
    alone: int = 0
    items: int = 0
    bad_lines: int = 0
    bad: list[tuple[int, str]] = field(default_factory=list)
    encoding: str = ""
    delimiter: str = ""
    methods: dict[str, int] = field(default_factory=dict)
    ambiguous: list[str] = field(default_factory=list)
    learnt_sizes: int = 0
    seconds: dict[str, float] = field(default_factory=dict)


def match_catalogue(source: Path, target: Path, *, progress: Progress = lambda _step, _share: None) -> Report:
    """Read variants from a CSV file, match them, and write one line for each to another; returns what was done.

    Needs memory for about 1.5 kB a variant and no database. *Again*: the same file gives the same lines, whatever the
    order of its rows. `target` appears whole or not at all. Raises NotACatalogue, NothingToMatch.
    """
    report, clock = Report(), _Clock(progress)
    layout = look_at(source)
    report.encoding, report.delimiter = layout.encoding, layout.delimiter
    gc_was = gc.isenabled()
    gc.disable()  # nothing here makes cycles, and looking for them costs a third of the time
    try:
        parts = clock.step("read", lambda: _read(layout, report))
        listing, order = clock.step("lay out", lambda: listing_of_parts(_without_twins(parts, report)))
        parts.clear()
        decided = clock.step("match", lambda: decide(listing))
        near = clock.step("look for candidates", lambda: _near(decided))
        clock.step("write", lambda: _write(target, decided, near, order, report))
    finally:
        if gc_was:
            gc.enable()
    report.ambiguous = sorted(set(decided.doubts.ambiguous))
    report.learnt_sizes = len(decided.charts)
    report.seconds = clock.seconds
    return report


class _Clock:
    """Times the steps and tells progress."""

    STEPS = ("read", "lay out", "match", "look for candidates", "write")

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.seconds: dict[str, float] = {}

    def step(self, name: str, work: Callable[[], Any]) -> Any:
        self.progress(name, self.STEPS.index(name) / len(self.STEPS))
        start = time.monotonic()
        done = work()
        self.seconds[name] = round(time.monotonic() - start, 2)
        self.progress(name, (self.STEPS.index(name) + 1) / len(self.STEPS))
        return done


def _read(layout: Layout, report: Report) -> list[Part]:
    """Read and normalise the file, a stretch in each process."""
    pieces = stretches(layout, _processes())
    if len(pieces) == 1:
        results = [_read_stretch((layout, pieces[0]))]
    else:
        with multiprocessing.get_context("fork").Pool(len(pieces)) as pool:
            results = pool.map(_read_stretch, [(layout, piece) for piece in pieces], chunksize=1)
    line = 1 if layout.encoding != "utf-16" else 0
    for _, reading in results:
        report.rows += reading.used
        report.bad_lines += reading.bad_lines
        report.bad += [(line + number, why) for number, why in reading.bad]
        line += reading.lines
    if not report.rows:
        raise NothingToMatch(
            "No line of the file could be used: " + "; ".join(f"line {n}: {w}" for n, w in report.bad[:3])
        )
    return [part for part, _ in results]


def _read_stretch(task: tuple[Layout, tuple[int, int]]) -> tuple[Part, Reading]:
    layout, stretch = task
    gc.disable()
    reading = Reading()
    return read_part(read_rows(layout, stretch, reading)), reading


def _processes() -> int:
    return max(1, min(2, len(os.sched_getaffinity(0))))


def _without_twins(parts: list[Part], report: Report) -> list[Part]:
    """Leave out the rows whose id another row had before."""
    if len({id_ for part in parts for id_ in part.ids}) == report.rows:
        return parts
    seen: set[str] = set()
    kept = []
    for part in parts:
        fresh = [id_ not in seen and not seen.add(id_) for id_ in part.ids]  # type: ignore[func-returns-value]
        twins = [id_ for id_, is_fresh in zip(part.ids, fresh, strict=True) if not is_fresh]
        report.bad_lines += len(twins)
        report.rows -= len(twins)
        report.bad += [
            (0, f"the id {id_[:60]} stands on another line too; the first one counts") for id_ in twins[:100]
        ]
        mask = np.array(fresh, dtype=bool)
        ids = [id_ for id_, is_fresh in zip(part.ids, fresh, strict=True) if is_fresh]
        kept.append(replace(part, ids=ids, columns=part.columns[mask], gtin=part.gtin[mask]))
    return kept


def _near(decided: Decided) -> dict[int, tuple[Near, ...]]:
    """Look for candidates of the units of which nothing is linked."""
    linked = {int(decided.listing.unit[row]) for members in decided.members.values() for row in members}
    asking = [unit for unit in range(len(decided.units)) if unit not in linked]
    return nearest_units(decided.units, asking, decided.style)


def _write(target: Path, decided: Decided, near: dict[int, tuple[Near, ...]], order: Ints, report: Report) -> None:
    """Write a line for each row in the order of the file, into a file beside the target that then takes its place."""
    lines = _Lines(decided, near)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with beside.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(lines.line(row) for row in place.tolist())
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    report.items = len(decided.members)
    report.methods = dict(sorted(lines.methods.items()))
    report.linked, report.ask, report.alone = (lines.statuses[status] for status in (LINKED, ASKED, ALONE))


class _Lines:
    """Writes rows as they stand in the answer, and counts them."""

    def __init__(self, decided: Decided, near: dict[int, tuple[Near, ...]]) -> None:
        self.decided, self.near = decided, near
        self.ids, self.unit = decided.listing.ids, decided.listing.unit.tolist()
        self.size, self.sizes = decided.size.tolist(), decided.sizes
        self.keys = {first: self._key(members) for first, members in decided.members.items()}
        self.rows_of = rows_of_units(decided.listing)
        self.asks: dict[int, int] = {}
        for number, (_, _, rows, _) in enumerate(decided.doubts.asks):
            for row in rows:
                self.asks.setdefault(row, number)
        self.methods: Counter[str] = Counter()
        self.statuses: Counter[str] = Counter()

    def line(self, row: int) -> tuple[object, ...]:
        """Tell what became of a row."""
        decided, id_ = self.decided, self.ids[row]
        item = decided.item[row]
        if item >= 0:
            method = decided.method[row]
            self._count(method, LINKED)
            return id_, self.keys[item], method, PROBABILITY[method], LINKED, "", ""
        if doubt := decided.doubts.rows.get(row):
            method, reasons = doubt
            self._count(method, ASKED)
            chance = PROBABILITY[f"{method}_guarded"]
            others = [(other, chance) for other in self._sharing(row)]
            return id_, "", method, chance, ASKED, self._written(others), reasons[0]
        if aligned := self._aligned(row):
            self._count("title", ASKED)
            best = self.near[self.unit[row]][0]
            return id_, "", "title", aligned[0][1], ASKED, self._written(aligned), best.reasons[0]
        self._count("none", ALONE)
        return id_, "", "none", 0.0, ALONE, "", ""

    def _count(self, method: str, status: str) -> None:
        self.methods[method] += 1
        self.statuses[status] += 1

    def _key(self, members: Sequence[int]) -> str:
        units = self.decided.units
        return stable_key(min(f"{units[self.unit[row]].shop}:{self.ids[row]}" for row in members))

    def _sharing(self, row: int) -> list[int]:
        """The rows of other shops that share the doubtful key, or stand in the same style with a size that may be its own."""
        shop = self.decided.units[self.unit[row]].shop
        if row in self.asks:
            rows: Iterable[int] = self.decided.doubts.asks[self.asks[row]][2]
        else:
            style = self.decided.style[self.unit[row]]
            rows = (other for unit in self._kin(style) for other in self.rows_of[unit])
        found = []
        for other in rows:
            if self.decided.units[self.unit[other]].shop == shop or other == row:
                continue
            if not sizes_conflict(self.sizes[self.size[row]], self.sizes[self.size[other]]):
                found.append(other)
                if len(found) == MOST_CANDIDATES:
                    break
        return found

    def _kin(self, style: int) -> list[int]:
        if not hasattr(self, "_units_of_style"):
            self._units_of_style: dict[int, list[int]] = {}
            for unit, one in enumerate(self.decided.style):
                self._units_of_style.setdefault(one, []).append(unit)
        return self._units_of_style[style]

    def _aligned(self, row: int) -> list[tuple[int, float]]:
        """The candidates' variants of the same size."""
        key = self.sizes[self.size[row]].key
        found = []
        for one in self.near.get(self.unit[row], ()):
            for other in self.rows_of[one.unit]:
                if self.sizes[self.size[other]].key == key:
                    found.append((other, one.score))
                    break
        return found

    def _written(self, others: list[tuple[int, float]]) -> str:
        return json.dumps(
            [{"id": self.ids[other], "probability": chance} for other, chance in others], ensure_ascii=False
        )
