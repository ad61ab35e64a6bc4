"""Match a file of variants with the whole engine, beside the network and without touching its data."""

import csv
import gc
import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from catalog.alias_file import read_aliases
from catalog.catalogue_file import Layout, Reading, lines_of, look_at, read_rows, stretches
from catalog.matching.aliasing import NO_ALIASES, Aliases
from catalog.matching.answering import Answers, answer
from catalog.matching.columns import Part, listing_of_parts, read_part
from catalog.matching.deciding import PROBABILITY
from catalog.matching.engine import Prepared, prepare
from catalog.matching.listing import Ints, Listing
from catalog.matching.outcome import ALIGNED, ALONE, ASKED, CODE, GTIN, LINKED
from catalog.matching.portions import portions_of
from skuu.kit.errors import NotPossible, SkuuError

COLUMNS = ("id", "item", "method", "probability", "status", "candidates", "reason")
WRITTEN_AT_ONCE = 50_000
MOST_TWINS_NAMED = 100
Progress = Callable[[str, float], None]


class NothingToMatch(NotPossible):
    """No line of the file could be used; nothing was written."""

    code = "nothing_to_match"


class SameFile(NotPossible):
    """The answer would overwrite what is read; nothing was done."""

    code = "same_file"


class WorkerLost(SkuuError):
    """A process of the run was killed; nothing was written."""

    status = 503
    code = "worker_lost"


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


def match_catalogue(
    source: Path, target: Path, *, aliases: Path | None = None, progress: Progress = lambda _step, _share: None
) -> Report:
    """Read variants from a CSV file, match them, and write one line for each to another; returns what was done.

    Needs memory for about 1.5 kB a variant and no database. *Again*: the same file gives the same lines, whatever the
    order of its rows. `target` appears whole or not at all. `aliases` names a file of other names, as `export_aliases`
    writes. Raises NotACatalogue, NothingToMatch, AliasesNotReadable.
    """
    if target.exists() and source.exists() and target.samefile(source):
        raise SameFile(f"{target} is the file that is read; name another for the answer.")
    report, clock = Report(), _Clock(progress)
    known = read_aliases(aliases) if aliases else NO_ALIASES
    layout = look_at(source)
    report.encoding, report.delimiter = layout.encoding, layout.delimiter
    gc_was = gc.isenabled()
    gc.disable()  # nothing here makes cycles, and looking for them costs a third of the time
    try:
        parts = clock.step("read", lambda: _read(layout, known, report))
        listing, order = clock.step("lay out", lambda: listing_of_parts(_without_twins(parts, layout, report)))
        parts.clear()
        prepared = clock.step("compare", lambda: prepare(listing))
        answers = clock.step("match", lambda: _answers(prepared))
        clock.step("write", lambda: _write(target, listing, answers, order, report))
    finally:
        if gc_was:
            gc.enable()
    report.ambiguous = sorted(set(prepared.doubts.ambiguous))
    report.learnt_sizes = len(prepared.charts)
    report.seconds = clock.seconds
    return report


class _Clock:
    """Times the steps and tells progress."""

    STEPS = ("read", "lay out", "compare", "match", "write")

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


def _read(layout: Layout, known: Aliases, report: Report) -> list[Part]:
    """Read and normalise the file, a stretch in each process."""
    pieces = stretches(layout, _processes())
    if len(pieces) == 1:
        results = [_read_stretch((layout, pieces[0], known))]
    else:
        with multiprocessing.get_context("fork").Pool(len(pieces)) as pool:
            results = pool.map(_read_stretch, [(layout, piece, known) for piece in pieces], chunksize=1)
    line = 1 if layout.encoding != "utf-16" else 0
    for _, reading in results:
        report.rows += reading.used
        report.bad_lines += reading.bad_lines
        report.bad += [(line + number, why) for number, why in reading.bad]
        line += reading.lines
    if not report.rows:
        why = "; ".join(f"line {n}: {w}" for n, w in report.bad[:3])
        raise NothingToMatch(
            f"No line of the file could be used: {why}" if why else "The file has a header and no line below it."
        )
    return [part for part, _ in results]


def _read_stretch(task: tuple[Layout, tuple[int, int], Aliases]) -> tuple[Part, Reading]:
    layout, stretch, known = task
    gc.disable()
    reading = Reading()
    return read_part(read_rows(layout, stretch, reading), known), reading


def _processes() -> int:
    return max(1, min(2, len(os.sched_getaffinity(0))))


def _without_twins(parts: list[Part], layout: Layout, report: Report) -> list[Part]:
    """Leave out the rows whose id another row had before."""
    if len({id_ for part in parts for id_ in part.ids}) == report.rows:
        return parts
    seen: set[str] = set()
    kept = []
    twice: list[str] = []
    for part in parts:
        fresh = [id_ not in seen and not seen.add(id_) for id_ in part.ids]  # type: ignore[func-returns-value]
        twice += [id_ for id_, is_fresh in zip(part.ids, fresh, strict=True) if not is_fresh]
        mask = np.array(fresh, dtype=bool)
        ids = [id_ for id_, is_fresh in zip(part.ids, fresh, strict=True) if is_fresh]
        kept.append(replace(part, ids=ids, columns=part.columns[mask], gtin=part.gtin[mask]))
    report.bad_lines += len(twice)
    report.rows -= len(twice)
    for id_, (first, *others) in lines_of(layout, set(twice[:MOST_TWINS_NAMED])).items():
        said = f"its id {id_[:60]} stands on line {first} already, which counts"
        report.bad += [(line, said) for line in others[:MOST_TWINS_NAMED]]
    report.bad.sort()
    return kept


def _answers(prepared: Prepared) -> Answers:
    """Decide whole brands side by side, and put what came of them together."""
    portions = portions_of(prepared, _processes())
    found = Answers.nothing(len(prepared.listing.ids))
    for row, (kind, reasons) in prepared.doubts.rows.items():
        found.asks[row] = (kind, PROBABILITY[f"{kind}_guarded"], "", reasons[0])
    if not portions:
        return found
    context = multiprocessing.get_context("fork")
    others = []
    for portion in portions[1:]:
        here, there = context.Pipe(duplex=False)
        worker = context.Process(target=_answer_into, args=(there, portion))
        worker.start()
        there.close()
        others.append((worker, here))
    found.add(answer(portions[0][0]), portions[0][1])
    for (worker, here), (_, rows) in zip(others, portions[1:], strict=True):
        try:
            found.add(here.recv(), rows)
        except EOFError as error:
            raise WorkerLost(
                "A process that matched a part of the file ended; there may be too little memory."
            ) from error
        worker.join()
    return found


def _answer_into(there: Connection, portion: tuple[Prepared, Ints]) -> None:
    there.send(answer(portion[0]))
    there.close()


def _write(target: Path, listing: Listing, answers: Answers, order: Ints, report: Report) -> None:
    """Write a line for each row in the order of the file, into a file beside the target that then takes its place."""
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    methods: Counter[str] = Counter()
    try:
        with beside.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            for start in range(0, len(place), WRITTEN_AT_ONCE):
                writer.writerows(_lines(listing, answers, place[start : start + WRITTEN_AT_ONCE].tolist(), methods))
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    report.items = len(set(answers.item)) - ("" in answers.item)
    report.linked = sum(methods[method] for method in (GTIN, CODE, ALIGNED))
    report.alone = methods["none"]
    report.ask = report.rows - report.linked - report.alone
    report.methods = dict(sorted(methods.items()))


def _lines(listing: Listing, answers: Answers, rows: list[int], methods: Counter[str]) -> Iterator[tuple[object, ...]]:
    ids, item, method, asks = listing.ids, answers.item, answers.method, answers.asks
    for row in rows:
        if key := item[row]:
            methods[method[row]] += 1
            yield ids[row], key, method[row], PROBABILITY[method[row]], LINKED, "", ""
        elif asked := asks.get(row):
            methods[f"{asked[0]} asked"] += 1
            yield ids[row], "", asked[0], asked[1], ASKED, asked[2], asked[3]
        else:
            methods["none"] += 1
            yield ids[row], "", "none", 0.0, ALONE, "", ""
