"""Scores a file of pairs of offers: the same lines with probability, decision and evidence."""

import json
import math
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from catalog.alias_file import read_aliases
from catalog.matching.aliasing import NO_ALIASES
from catalog.matching.title_model.judging import Judged, Offer, judge_pairs, offer_from
from catalog.matching.title_model.model import load_model
from skuu.kit.errors import SkuuError

LINES_AT_ONCE = 500
LONGEST_LINE = 1_000_000
LONG_TITLE = 2_000


class FileNotUsable(SkuuError):
    """A file cannot be read or written."""

    code = "file_not_usable"
    message = "The file cannot be used."


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that was not scored, or scored in part (`scored`), with what is wrong with it."""

    number: int
    problem: str
    scored: bool = False


@dataclass(slots=True)
class Summary:
    """What became of a file."""

    scored: int = 0
    decisions: dict[str, int] = field(default_factory=lambda: {"same": 0, "ask": 0, "different": 0})
    bad: int = 0


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    row: dict[str, Any]
    pair: tuple[Offer, Offer]


def score_pairs(
    source: Path, target: Path, report: Any, weights: Path | None = None, aliases: Path | None = None
) -> Summary:
    """Score every line that can be read and write the same lines, in order, with what was found.

    `report` is called with each `BadLine`; `aliases` names a file of other names, as `export_aliases` writes. Memory does
    not grow with the file; the output appears whole or not at all.
    *Again* gives the same file. *Raises* `FileNotUsable`, `AliasesNotReadable`, and `WeightsNotUsable` when no model is there.
    """
    if target.exists() and source.exists() and target.samefile(source):
        raise FileNotUsable(f"{target} is the file that is read; name another for the answer.")
    model = load_model(weights) if weights else load_model()
    known = read_aliases(aliases) if aliases else NO_ALIASES
    summary = Summary()
    with _opened(source) as lines, _Whole(target) as out:
        batch: list[_Line] = []
        for found in _read(lines, report, summary):
            batch.append(found)
            if len(batch) == LINES_AT_ONCE:
                _write(batch, judge_pairs([line.pair for line in batch], model, known), out, summary)
                batch = []
        _write(batch, judge_pairs([line.pair for line in batch], model, known), out, summary)
    return summary


def _opened(source: Path) -> BinaryIO:
    try:
        return source.open("rb")
    except OSError as error:
        raise FileNotUsable(f"{source} cannot be read: {error.strerror}.") from error


class _Whole:
    """A file that takes its name only when it is complete."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __enter__(self) -> BinaryIO:
        try:
            handle, name = tempfile.mkstemp(dir=self.target.parent, prefix=f".{self.target.name}.")
        except OSError as error:
            raise FileNotUsable(f"{self.target} cannot be written: {error.strerror}.") from error
        os.fchmod(handle, 0o644)
        self.partial = Path(name)
        self.file: BinaryIO = os.fdopen(handle, "wb")
        return self.file

    def __exit__(self, kind: object, *_: object) -> None:
        self.file.close()
        if kind is not None:
            self.partial.unlink(missing_ok=True)
            return
        try:
            self.partial.replace(self.target)
        except OSError as error:
            self.partial.unlink(missing_ok=True)
            raise FileNotUsable(f"{self.target} cannot be written: {error.strerror}.") from error


def _read(lines: BinaryIO, report: Any, summary: Summary) -> Iterator[_Line]:
    number = 0
    while line := lines.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            _skip_rest(lines, line)
            summary.bad += 1
            report(BadLine(number, f"is longer than {LONGEST_LINE:,} bytes"))
            continue
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if not line.strip():
            continue
        try:
            row, pair = _parsed(line)
        except ValueError as problem:
            summary.bad += 1
            report(BadLine(number, str(problem)))
            continue
        for remark in _remarks(row):
            report(BadLine(number, remark, scored=True))
        yield _Line(number, row, pair)


def _skip_rest(lines: BinaryIO, line: bytes) -> None:
    while line and not line.endswith(b"\n"):
        line = lines.readline(LONGEST_LINE)


def _parsed(line: bytes) -> tuple[dict[str, Any], tuple[Offer, Offer]]:
    try:
        row = json.loads(line.decode("utf-8"), parse_constant=_no_number, parse_float=_finite)
    except UnicodeDecodeError as error:
        raise ValueError("is not UTF-8 text") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON: {error.msg} at character {error.colno}") from error
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error
    if not isinstance(row, dict):
        raise ValueError('is not an object with "left" and "right"')
    return row, (_side(row, "left"), _side(row, "right"))


def _no_number(name: str) -> float:
    raise ValueError(f"is not JSON: {name} is no number")


def _finite(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _no_number(digits)


def _side(row: dict[str, Any], name: str) -> Offer:
    if name not in row:
        raise ValueError(f'"{name}" is missing')
    if not isinstance(row[name], dict):
        raise ValueError(f'"{name}" is not an object')
    try:
        return offer_from(row[name])
    except ValueError as problem:
        raise ValueError(f'"{name}": {problem}') from problem


def _remarks(row: dict[str, Any]) -> Iterator[str]:
    """What of a scored line was read only in part."""
    for name in ("left", "right"):
        texts = [value for value in row[name].values() if isinstance(value, str)]
        if any("\x00" in text for text in texts):
            yield f'"{name}" holds NUL characters, which were left out'
        if any(len(text) > LONG_TITLE for text in texts):
            yield f'"{name}" holds a text of more than {LONG_TITLE:,} characters, of which the beginning was read'


def _write(batch: list[_Line], judged: list[Judged], out: BinaryIO, summary: Summary) -> None:
    for line, found in zip(batch, judged, strict=True):
        answer = {"probability": found.probability, "decision": found.decision, "evidence": list(found.evidence)}
        out.write(_encoded(line.row | answer))
        summary.scored += 1
        summary.decisions[found.decision] += 1


def _encoded(row: dict[str, Any]) -> bytes:
    try:
        return json.dumps(row, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:  # half a surrogate pair, which only an escape can carry
        return json.dumps(row).encode() + b"\n"
