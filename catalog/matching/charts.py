"""Turns UK and US shoe sizes into EU sizes through the brand's own chart, or estimates them by a common one."""

import csv
import json
from functools import lru_cache
from importlib import resources

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
    answers = {_charts().get((brand, one), {}).get((system, value), "") for one in genders}
    answers.discard("")
    return answers.pop() if len(answers) == 1 else ""


def by_common_chart(system: str, value: str, gender: str) -> str:
    """Estimate the EU size; true within one size, so good for showing and for contradiction, not for a link."""
    return _charts().get(("", gender), {}).get((system, value), "")


@lru_cache(maxsize=1)
def _charts() -> dict[tuple[str, str], Chart]:
    folder = resources.files("catalog.matching") / "data"
    charts: dict[tuple[str, str], Chart] = {}
    with (folder / "sizes" / "index.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["kind"] == "shoe":
                text = (folder / "sizes" / row["file"]).read_text(encoding="utf-8")
                rows = json.loads(text)["rows"]
                pairs = [
                    (system.upper(), str(line[system]), str(line["eu"])) for line in rows for system in ("uk", "us")
                ]
                charts[row["brand"], row["gender"]] = _certain(pairs, row["gender"])
    with (folder / "footwear_charts.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            eu = row["eu"].split()
            pairs = [
                (system.upper(), value, size)
                for system in ("uk", "us")
                for value, size in zip(row[system].split(), eu, strict=True)
            ]
            charts[row["brand"], row["gender"]] = _certain(pairs, row["gender"])
    return charts


def _certain(pairs: list[tuple[str, str, str]], gender: str) -> Chart:
    """Keep the rows that say one thing: a value that stands twice in a chart converts to nothing."""
    found: dict[tuple[str, str], set[str]] = {}
    for system, value, size in pairs:
        if gender == "k" and system == "US" and value[-1] not in "CY":
            value += "C" if float(size) < 32.5 else "Y"
        number = value if value[-1] in "CY" else plain(float(value))
        found.setdefault((system, number), set()).add(plain(float(size)))
    return {key: sizes.pop() for key, sizes in found.items() if len(sizes) == 1}
