"""Reads a file of variants, whatever its encoding and delimiter, and says of every line it cannot use which and why."""

import csv
import io
import mmap
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import TextIO

from catalog.matching.columns import RawRow
from skuu.kit.errors import NotPossible

NEEDED = ("id", "shop_id", "title")
LOOKED_AT = 256 * 1024
LONGEST_FIELD = 1024 * 1024
MOST_BAD_LINES_KEPT = 1000
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_DELIMITERS = tuple(_NAMES)


class NotACatalogue(NotPossible):
    """The file is no table of variants; nothing was read from it."""

    code = "not_a_catalogue"


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is written: its encoding and delimiter, and where each column stands (-1: it has none)."""

    path: Path
    encoding: str
    delimiter: str
    places: tuple[int, ...]
    width: int
    body: int  # the byte at which the first record starts


@dataclass(slots=True)
class Reading:
    """What was noticed while reading a stretch: its lines, how many were used, and which could not be, and why."""

    lines: int = 0
    used: int = 0
    bad_lines: int = 0
    bad: list[tuple[int, str]] = field(default_factory=list)

    def note(self, line: int, reason: str) -> None:
        """Count a line that cannot be used; the first thousand are kept with their reason."""
        self.bad_lines += 1
        if len(self.bad) < MOST_BAD_LINES_KEPT:
            self.bad.append((line, reason))


def look_at(path: Path) -> Layout:
    """Find out how a file is written. Raises NotACatalogue when it has no header with `id`, `shop_id` and `title`."""
    try:
        with path.open("rb") as file:
            start = file.read(LOOKED_AT)
    except OSError as error:
        raise NotACatalogue(f"{path} cannot be read: {error.strerror}.") from error
    if not start.strip():
        raise NotACatalogue(f"{path} is empty. A header line and one line for each variant are expected.")
    encoding = _encoding_of(start, path)
    text = start.decode(encoding, errors="replace").lstrip("﻿")
    for delimiter in _DELIMITERS:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        try:
            header = [name.strip().lower() for name in next(reader, [])]
        except csv.Error:
            continue
        if "id" in header and "shop_id" in header:
            return _layout(path, encoding, delimiter, header, start)
    first = text.splitlines()[0][:80] if text.splitlines() else ""
    shown = first if first.isprintable() else "binary data"
    raise NotACatalogue(
        f"{path} has no header with the columns {', '.join(NEEDED)}, separated by comma, semicolon, tab or bar; "
        f"its first line is: {shown}"
    )


def _layout(path: Path, encoding: str, delimiter: str, header: Sequence[str], start: bytes) -> Layout:
    if missing := [name for name in NEEDED if name not in header]:
        raise NotACatalogue(f"{path} lacks the column {', '.join(missing)}. It has: {', '.join(header)}.")
    if twice := sorted({name for name in header if name and header.count(name) > 1}):
        raise NotACatalogue(f"{path} names a column twice: {', '.join(twice)}.")
    places = tuple(header.index(name) if name in header else -1 for name in RawRow._fields)
    end = start.find(b"\n") + 1 or start.find(b"\r") + 1 or path.stat().st_size
    return Layout(path, encoding, delimiter, places, len(header), end)


def _encoding_of(start: bytes, path: Path) -> str:
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    if start[:3] == b"\xef\xbb\xbf":
        return "utf-8-sig"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            while file.read(4 * 1024 * 1024):
                pass
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def stretches(layout: Layout, parts: int) -> list[tuple[int, int]]:
    """Cut a file into stretches of whole records, in bytes, that can be read side by side.

    A record may span lines inside quotes; a cut falls only where the quotes before it are closed. A file that cannot
    be cut for certain stays whole.
    """
    size = layout.path.stat().st_size
    whole = [(layout.body, size)]
    if layout.encoding == "utf-16" or parts < 2 or size < LOOKED_AT:
        return whole
    with layout.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        cuts, quotes, place = [layout.body], 0, layout.body
        for number in range(1, parts):
            aim = layout.body + (size - layout.body) * number // parts
            quotes += data[place:aim].count(b'"')
            place = aim
            while True:
                end = data.find(b"\n", place) + 1
                if not end:
                    return whole
                quotes += data[place:end].count(b'"')
                place = end
                if quotes % 2 == 0:
                    break
            cuts.append(place)
        if (quotes + data[place:].count(b'"')) % 2:
            return whole
    return list(zip(cuts, [*cuts[1:], size], strict=True))


def read_rows(layout: Layout, stretch: tuple[int, int], reading: Reading) -> Iterator[tuple[str, ...]]:
    """Read the usable records of a stretch as the fields of `RawRow`; line numbers count from the stretch's first line."""
    csv.field_size_limit(LONGEST_FIELD)
    with _opened(layout, stretch) as text:
        lines = csv.reader((line.replace("\0", "") for line in text), delimiter=layout.delimiter)
        if layout.encoding == "utf-16":
            next(lines, None)
        width, pick = layout.width, itemgetter(*layout.places)
        while True:
            try:
                record = next(lines)
            except StopIteration:
                reading.lines = lines.line_num
                return
            except csv.Error as error:
                reading.note(lines.line_num, f"it cannot be read: {error}")
                continue
            if len(record) != width:
                if record:
                    reading.note(lines.line_num, _other_width(record, width, layout.delimiter))
                continue
            record.append("")  # what a column that is not there (-1) says
            row = pick(record)
            if not row[0] or not row[1]:
                reading.note(lines.line_num, "it has no id or no shop_id")
                continue
            reading.used += 1
            yield row


def _other_width(record: Sequence[str], width: int, delimiter: str) -> str:
    said = f"it has {len(record)} fields where the header has {width}"
    other = next((one for one in _DELIMITERS if one != delimiter and record[0].count(one) == width - 1), "")
    if len(record) > 1 or width < 2 or not other:
        return said
    return f"{said}: it is separated by {_NAMES[other]}, the header by {_NAMES[delimiter]}"


def lines_of(layout: Layout, ids: Collection[str]) -> dict[str, list[int]]:
    """Find the lines on which these ids stand, by reading the file once more."""
    found: dict[str, list[int]] = {}
    place, before = layout.places[0], 0 if layout.encoding == "utf-16" else 1
    with _opened(layout, (layout.body, layout.path.stat().st_size)) as text:
        lines = csv.reader((line.replace("\0", "") for line in text), delimiter=layout.delimiter)
        while True:
            try:
                record = next(lines)
            except StopIteration:
                return found
            except csv.Error:
                continue
            if len(record) == layout.width and record[place] in ids:
                found.setdefault(record[place], []).append(before + lines.line_num)


class _Stretch(io.RawIOBase):
    """The bytes of a file between two places."""

    def __init__(self, path: Path, start: int, end: int) -> None:
        self.file = path.open("rb", buffering=0)
        self.file.seek(start)
        self.left = end - start

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]
        view = memoryview(buffer)[: self.left]
        count = self.file.readinto(view) or 0
        self.left -= count
        return count

    def close(self) -> None:
        self.file.close()
        super().close()


def _opened(layout: Layout, stretch: tuple[int, int]) -> TextIO:
    if layout.encoding == "utf-16":
        return layout.path.open(encoding="utf-16", errors="replace", newline="")
    encoding = "utf-8" if layout.encoding == "utf-8-sig" else layout.encoding
    raw = io.BufferedReader(_Stretch(layout.path, *stretch), 1024 * 1024)
    return io.TextIOWrapper(raw, encoding=encoding, errors="replace", newline="")
