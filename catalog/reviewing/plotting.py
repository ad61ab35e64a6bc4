"""Charts as plain shapes: where each bar, line and word stands; a template writes them as SVG, a stylesheet colours them."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 46, 8, 10, 26
MOST_LABELS = 8
ROW = 30
NAMES = 190


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle; ``says`` is what a pointer reads over it."""

    x: float
    y: float
    width: float
    height: float
    looks: str
    says: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    looks: str


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of text; ``anchor`` is start, middle or end."""

    x: float
    y: float
    text: str
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart: boxes, rules and words on a canvas of so many units, and a filled outline where there is one."""

    width: int
    height: int
    boxes: tuple[Box, ...] = ()
    rules: tuple[Rule, ...] = ()
    words: tuple[Word, ...] = ()
    area: str = ""
    curve: str = ""


def nice_ceiling(value: float) -> int:
    """Round up to a figure whose quarters are whole and easy to read: 4, 8 … 20, then 40, 60, 80, 100 and their tens."""
    if value <= 20:
        return max(4, -(-int(-(-value // 1)) // 4) * 4)
    power = 10
    while True:
        for step in (4, 6, 8, 10):
            if step * power >= value:
                return step * power
        power *= 10


def stack_bars(columns: Sequence[tuple[str, Sequence[int]]], names: Sequence[str]) -> Picture:
    """Draw a bar for each column, its parts on top of one another in the order of ``names``."""
    top = nice_ceiling(max((sum(parts) for _, parts in columns), default=0))
    wide = (WIDTH - LEFT - RIGHT) / max(1, len(columns))
    high = HEIGHT - TOP - BOTTOM
    boxes = []
    for place, (label, parts) in enumerate(columns):
        base = float(HEIGHT - BOTTOM)
        for number, part in enumerate(parts):
            if part:
                tall = high * part / top
                base -= tall
                says = f"{label}, {names[number]}: {part}"
                boxes.append(
                    Box(
                        _r(LEFT + place * wide + wide * 0.1),
                        _r(base),
                        _r(wide * 0.8),
                        _r(tall),
                        f"series-{number % 6}",
                        says,
                    )
                )
    labels = [label for label, _ in columns]
    return Picture(WIDTH, HEIGHT, tuple(boxes), _grid(), (*_scale(top), *_under(labels, wide)))


def draw_curve(points: Sequence[tuple[str, int]]) -> Picture:
    """Draw a figure over time as a line with the area below it."""
    top = nice_ceiling(max((value for _, value in points), default=0))
    wide = (WIDTH - LEFT - RIGHT) / max(1, len(points))
    high = HEIGHT - TOP - BOTTOM
    places = [
        f"{_r(LEFT + (at + 0.5) * wide)},{_r(HEIGHT - BOTTOM - high * value / top)}"
        for at, (_, value) in enumerate(points)
    ]
    base = HEIGHT - BOTTOM
    first, last = _r(LEFT + 0.5 * wide), _r(LEFT + (len(points) - 0.5) * wide)
    area = f"{first},{base} {' '.join(places)} {last},{base}" if points else ""
    words = (*_scale(top), *_under([label for label, _ in points], wide))
    return Picture(WIDTH, HEIGHT, (), _grid(), words, area, " ".join(places))


def draw_shares(rows: Sequence[tuple[str, float, str]]) -> Picture:
    """Draw a share of a whole as one horizontal bar for each row: name, share from 0 to 1, and the words beside it."""
    high = ROW * len(rows) + BOTTOM
    wide = WIDTH - NAMES - 90
    boxes, words = [], []
    for place, (name, share, beside) in enumerate(rows):
        y = ROW * place
        boxes.append(Box(NAMES, y + 6, wide, ROW - 12, "track"))
        boxes.append(Box(NAMES, y + 6, _r(wide * min(1.0, max(0.0, share))), ROW - 12, "series-0", f"{name}: {beside}"))
        words.append(Word(NAMES - 10, y + 20, _cut(name), "end"))
        words.append(Word(NAMES + wide + 8, y + 20, beside))
    words += [Word(_r(NAMES + wide * part / 4), high - 8, f"{25 * part} %", "middle") for part in range(5)]
    return Picture(WIDTH, high, tuple(boxes), (), tuple(words))


def draw_bounds(rows: Sequence[tuple[str, float, float | None, float, str]], aim: float, floor: float) -> Picture:
    """Draw, for each row, a measured share between its bounds: name, lower, measured (or None), upper, and a look.

    The axis runs from ``floor`` to 1; what lies below the floor is cut there. ``aim`` is a line across all rows.
    """
    high = ROW * len(rows) + BOTTOM
    wide = WIDTH - NAMES - 30

    def at(share: float) -> float:
        return _r(NAMES + wide * (max(share, floor) - floor) / (1 - floor))

    boxes, words = [], []
    for place, (name, lower, measured, upper, looks) in enumerate(rows):
        y = ROW * place
        says = f"{name}: {100 * lower:.2f}–{100 * upper:.2f} %"
        boxes.append(Box(at(lower), y + 11, max(2.0, _r(at(upper) - at(lower))), ROW - 22, looks, says))
        if measured is not None:
            boxes.append(Box(_r(at(measured) - 2), y + 6, 4, ROW - 12, "measured", f"{name}: {100 * measured:.2f} %"))
        words.append(Word(NAMES - 10, y + 20, _cut(name), "end"))
    steps = [floor + (1 - floor) * part / 4 for part in range(5)]
    words += [Word(at(step), high - 8, f"{100 * step:g} %", "middle") for step in steps]
    rules = (Rule(at(aim), 0, at(aim), high - BOTTOM + 4, "aim"),)
    return Picture(WIDTH, high, tuple(boxes), rules, tuple(words))


def _grid() -> tuple[Rule, ...]:
    high = HEIGHT - TOP - BOTTOM
    return tuple(
        Rule(LEFT, _r(TOP + high * part / 4), WIDTH - RIGHT, _r(TOP + high * part / 4), "base" if part == 4 else "grid")
        for part in range(5)
    )


def _scale(top: int) -> tuple[Word, ...]:
    high = HEIGHT - TOP - BOTTOM
    return tuple(
        Word(LEFT - 6, _r(TOP + high * (4 - part) / 4 + 4), f"{top * part / 4:,g}", "end") for part in range(5)
    )


def _under(labels: Sequence[str], wide: float) -> tuple[Word, ...]:
    every = -(-len(labels) // MOST_LABELS) or 1
    return tuple(
        Word(_r(LEFT + (place + 0.5) * wide), HEIGHT - 8, label, "middle")
        for place, label in enumerate(labels)
        if place % every == 0
    )


def _cut(name: str) -> str:
    return name if len(name) <= 28 else f"{name[:27]}…"


def _r(value: float) -> float:
    return round(value, 1)
