"""Turns UK and US shoe sizes into EU sizes through the brand's own chart, or estimates them by a common one."""

import csv
import json
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable

Chart = dict[tuple[str, str], str]


def plain(number: float) -> str:
    """Write a size without trailing zeros, thirds as .33 and .67 however they were rounded."""
    whole, part = divmod(round(number, 2), 1)
    part = round(part, 2)
    if 0.3 <= part <= 0.34:
        part = 0.33
    elif 0.6 <= part <= 0.7:
        part = 0.67
    return f"{whole + part:g}"


def by_brand_chart(system: str, value: str, brand: str, gender: str) -> str:
    """Give the EU size by the brand's own chart, or an empty string when chart, gender or row is not certain."""
    if not brand:
        return ""
    genders = [gender] if gender in ("m", "w", "k") else ["m", "w"] if system == "UK" else []
    answers = {_charts(True).get((brand, one), {}).get((system, value), "") for one in genders}
    answers.discard("")
    return answers.pop() if len(answers) == 1 else ""


def by_common_chart(system: str, value: str, gender: str, brand: str = "") -> str:
    """Estimate the EU size; true within one size, so good for showing and for contradiction, not for a link."""
    charts = _charts(False)
    return charts.get((brand, gender), {}).get((system, value), "") or charts.get(("", gender), {}).get(
        (system, value), ""
    )


@lru_cache(maxsize=4096)
def states_european(size: str, brand: str | None = None) -> bool:
    """Tell whether a chart has this EU size: any chart, or one of the brand's own when a brand is named."""
    return any(
        size in chart.values()
        for sure in (True, False)
        for (whose, _), chart in _charts(sure).items()
        if brand is None or brand and whose == brand
    )


@lru_cache(maxsize=2)
def _charts(sure: bool) -> dict[tuple[str, str], Chart]:
    """The charts that published tables bear out, or those that are one person's word."""
    folder = resources.files("catalog.matching") / "data"
    found: dict[tuple[str, str], list[tuple[str, str, str]]] = defaultdict(list)
    with (folder / "sizes" / "index.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["kind"] == "shoe" and (row["sure"] == "y") is sure:
                found[row["brand"], row["gender"]] += _published(
                    folder / "sizes" / row["file"], row["except_uk"].split()
                )
    with (folder / "footwear_charts.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if (row["sure"] == "y") is sure:
                eu = row["eu"].split()
                found[row["brand"], row["gender"]] += [
                    (system.upper(), value, size)
                    for system in ("uk", "us")
                    for value, size in zip(row[system].split(), eu, strict=True)
                    if value != "-"
                ]
    return {(brand, gender): _certain(pairs, gender) for (brand, gender), pairs in found.items()}


def _published(file: Traversable, left_out: Sequence[str]) -> list[tuple[str, str, str]]:
    """The rows of a packaged chart, without those its authors interpolated."""
    rows = json.loads(file.read_text(encoding="utf-8"))["rows"]
    kept = [row for row in rows if str(row["uk"]) not in left_out]
    return [(system.upper(), str(row[system]), str(row["eu"])) for row in kept for system in ("uk", "us")]


def _certain(pairs: list[tuple[str, str, str]], gender: str) -> Chart:
    """Keep the rows that say one thing: a value that stands twice in a chart converts to nothing."""
    found: dict[tuple[str, str], set[str]] = {}
    for system, value, size in pairs:
        if gender == "k" and system == "US" and value[-1] not in "CY":
            value += "C" if float(size) < 32.5 else "Y"
        number = value if value[-1] in "CY" else plain(float(value))
        found.setdefault((system, number), set()).add(plain(float(size)))
    return {key: sizes.pop() for key, sizes in found.items() if len(sizes) == 1}
