"""Size charts of the foreign world: five makers' tables that disagree, and everything that is not a shoe."""

from dataclasses import dataclass
from functools import lru_cache
from random import Random

from benches._networks.parts import any_of

# European | British | American, size by size; ⅓ and ⅔ are thirds. Women's and children's tables are tables of their own.
_SHOES = {
    "thirds-m": (
        "39⅓ 40 40⅔ 41⅓ 42 42⅔ 43⅓ 44 44⅔ 45⅓ 46 46⅔|6 6.5 7 7.5 8 8.5 9 9.5 10 10.5 11 11.5|"
        "6.5 7 7.5 8 8.5 9 9.5 10 10.5 11 11.5 12"
    ),
    "thirds-w": "36 36⅔ 37⅓ 38 38⅔ 39⅓ 40 40⅔ 41⅓|3.5 4 4.5 5 5.5 6 6.5 7 7.5|5 5.5 6 6.5 7 7.5 8 8.5 9",
    "thirds-k": (
        "28 28.5 29 30 30.5 31 31.5 32 33 33.5 34 35|10 10.5 11 11.5 12 12.5 13 13.5 1 1.5 2 2.5|"
        "10.5C 11C 11.5C 12C 12.5C 13C 13.5C 1Y 1.5Y 2Y 2.5Y 3Y"
    ),
    "swoosh-m": (
        "40 40.5 41 42 42.5 43 44 44.5 45 45.5 46|6 6.5 7 7.5 8 8.5 9 9.5 10 10.5 11|7 7.5 8 8.5 9 9.5 10 10.5 11 11.5 12"
    ),
    "swoosh-w": "36 36.5 37.5 38 38.5 39 40 40.5 41 42|3 3.5 4 4.5 5 5.5 6 6.5 7 7.5|5.5 6 6.5 7 7.5 8 8.5 9 9.5 10",
    "swoosh-k": (
        "27.5 28 28.5 29.5 30 31 31.5 32 33 33.5 34 35|10 10.5 11 11.5 12 12.5 13 13.5 1 1.5 2 2.5|"
        "10.5C 11C 11.5C 12C 12.5C 13C 13.5C 1Y 1.5Y 2Y 2.5Y 3Y"
    ),
    "leap-m": "39 40 40.5 41 42 42.5 43 44 44.5 45 46|6 6.5 7 7.5 8 8.5 9 9.5 10 10.5 11|7 7.5 8 8.5 9 9.5 10 10.5 11 11.5 12",
    "leap-w": "35.5 36 37 37.5 38 38.5 39 40 40.5 41|3 3.5 4 4.5 5 5.5 6 6.5 7 7.5|5.5 6 6.5 7 7.5 8 8.5 9 9.5 10",
    "leap-k": "28 28.5 29 30 31 31.5 32 33 34 35|10 10.5 11 11.5 12 12.5 13 1 1.5 2.5|10.5C 11C 11.5C 12C 12.5C 13C 13.5C 1.5Y 2Y 3Y",
    "balance-m": (
        "40 40.5 41.5 42 42.5 43 44 44.5 45 45.5 46.5|6.5 7 7.5 8 8.5 9 9.5 10 10.5 11 11.5|7 7.5 8 8.5 9 9.5 10 10.5 11 11.5 12"
    ),
    "balance-w": "35 35.5 36.5 37 37.5 38 39 40 40.5 41.5|3 3.5 4 4.5 5 5.5 6 6.5 7 8|5 5.5 6 6.5 7 7.5 8 8.5 9 10",
    "balance-k": (
        "28 28.5 29 30 30.5 31 32 32.5 33 34.5|10 10.5 11 11.5 12 12.5 13 13.5 1 2|"
        "10.5C 11C 11.5C 12C 12.5C 13C 13.5C 1Y 1.5Y 2.5Y"
    ),
    "whole-m": "40 41 42 43 44 45 46 47|6.5 7.5 8 9 10 10.5 11.5 12.5|7.5 8 8.5 9.5 10.5 11 12 13",
    "whole-w": "36 37 38 39 40 41 42|3 4 5 5.5 6.5 7.5 8|5 6 7 7.5 8.5 9.5 10",
    "whole-k": "27 28 29 30 31 32 33 34 35|9 10 11 11.5 12.5 13 1 2 2.5|9.5C 10.5C 11.5C 12.5C 13C 1Y 1.5Y 2.5Y 3Y",
}  # fmt: skip
CHART_FAMILIES = ("thirds", "swoosh", "leap", "balance", "whole")
SHOES = ("sneaker", "running", "boot", "sandal")
_LETTERS = {
    "XS": "XS,X-Small,xs",
    "S": "S,Small,S",
    "M": "M,Medium,M",
    "L": "L,Large,L",
    "XL": "XL,X-Large,xl",
    "2XL": "XXL,2XL,XX-Large",
    "3XL": "3XL,XXXL",
}
_SOCKS = ("35-38", "39-42", "43-46")
_ONE = ("One Size", "OS", "Einheitsgröße", "Taille unique", "TU", "Default Title", "")


@dataclass(frozen=True, slots=True)
class Size:
    """One size of a chart: its name in the truth, and how it may be written, by sizing system or language."""

    key: str
    labels: dict[str, tuple[str, ...]]

    def written(self, dice: Random, *habits: str) -> str:
        """Write the size the first way a shop has that exists here."""
        for habit in habits:
            if habit in self.labels:
                return any_of(dice, self.labels[habit])
        return any_of(dice, self.labels["any"])


@lru_cache
def sizes_of(category: str, family: str, gender: str) -> tuple[Size, ...]:
    """Look up the sizes a kind of product comes in; shoes by the maker's own table."""
    if category in SHOES:
        return _shoes(family, gender)
    if category == "jeans":
        return tuple(_waist(w, inside) for w in range(28, 39, 2) for inside in (30, 32, 34))
    if category == "dress":
        return tuple(_dress(eu) for eu in range(34, 47, 2))
    if category == "suit":
        return tuple(_suit(chest, cut) for chest in range(46, 57, 2) for cut in "SRL")
    if category == "socks":
        return tuple(Size(at, {"any": (at, at.replace("-", "/"), f"EU {at}")}) for at in _SOCKS)
    if category == "bag":
        return (Size("one", {"any": _ONE}),)
    if gender == "k":
        return tuple(_age(height) for height in range(92, 165, 12))
    return tuple(Size(key, {"any": tuple(labels.split(","))}) for key, labels in _LETTERS.items())


def _shoes(family: str, gender: str) -> tuple[Size, ...]:
    table = _SHOES[f"{family}-{'m' if gender == 'u' else gender}"]
    columns = [column.split() for column in table.split("|")]
    return tuple(_shoe(eu, uk, us, gender) for eu, uk, us in zip(*columns, strict=True))


def _shoe(eu: str, uk: str, us: str, gender: str) -> Size:
    british: tuple[str, ...] = (f"UK {uk}", f"UK {uk}", f"{uk} UK", uk)
    american: tuple[str, ...] = (f"US {us}", f"US {us}", f"US{us}", us)
    if gender == "w":
        american = (f"US {us}", f"US {us} W", f"W {us}", us)
    elif gender == "k":
        american = (us, f"US {us}", us)
        british = (f"UK {uk}K" if float(uk) >= 9 else f"UK {uk}", f"UK {uk}")
    elif gender == "u":
        american = (f"US {us}", f"M {us} / W {float(us) + 1.5:g}")
    european = _european(eu)
    every = (*european, british[0], american[0], f"EU {eu} / UK {uk}")
    return Size(eu, {"eu": european, "uk": british, "us": american, "any": every})


def _european(eu: str) -> tuple[str, ...]:
    if eu[-1] in "⅓⅔":
        spelt = eu.replace("⅓", " 1/3").replace("⅔", " 2/3")
        rounded = eu.replace("⅓", ".3").replace("⅔", ".7")
        return (spelt, f"EU {spelt}", spelt, eu, rounded, f"{spelt} EU")
    if "." in eu:
        return (eu, f"EU {eu}", eu.replace(".", ","), eu.replace(".5", " 1/2"), eu.replace(".5", "½"), f"EUR {eu}")
    return (eu, eu, f"EU {eu}", f"EUR {eu}", f"{eu} EU")


def _waist(waist: int, inside: int) -> Size:
    both = (f"W{waist}/L{inside}", f"{waist}/{inside}", f"W{waist} L{inside}", f"{waist}W x {inside}L")
    return Size(f"{waist}x{inside}", {"any": both})


def _dress(eu: int) -> Size:
    other = {"fr": ("FR", 2), "es": ("ES", 2), "it": ("IT", 4), "en": ("UK", -28)}
    labels = {language: (f"{mark} {eu + more}", f"{mark}{eu + more}") for language, (mark, more) in other.items()}
    return Size(str(eu), {**labels, "any": (f"EU {eu}", str(eu), f"DE {eu}")})


def _suit(chest: int, cut: str) -> Size:
    german = {"S": chest // 2, "R": chest, "L": chest * 2 - 2}[cut]
    return Size(f"{chest}{cut}", {"de": (str(german),), "en": (f"{chest - 10}{cut}",), "any": (f"{chest}{cut}",)})


def _age(height: int) -> Size:
    years = (height - 92) // 6 + 2
    return Size(
        str(height),
        {"any": (str(height), f"{height} cm"), "en": (f"{years} Years", f"{years}Y"), "fr": (f"{years} ans",)},
    )
