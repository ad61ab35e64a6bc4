"""Tells brands from shops' own names by the catalogue itself, and names the brand of units that say none."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from catalog.matching.article import FULL
from catalog.matching.brand import brand_words, is_known
from catalog.matching.listing import Unit

FEWEST_PRODUCTS = 3
TELLING_CODE = 7
LONGEST_BRAND = 4


def lend_brands(units: Sequence[Unit], pairs: Sequence[tuple[int, int]]) -> list[Unit]:
    """Give units without a brand the one that their titles, those who share their barcodes, or their code name.

    A vendor that one shop alone has, while its barcodes stand on products of other brands, is that shop's name and
    counts as none. A brand is lent by code only where the code is long, one brand alone uses it, and the titles
    share a word. `pairs` are units that share a barcode.
    """
    near = _partners(units, pairs)
    shop_names = _shop_names(units, near)
    named = [replace(unit, brand="") if unit.brand in shop_names else unit for unit in units]
    if shop_names:
        near = _partners(named, pairs)
    titled = _TitleBrands(named)
    by_code = _brands_of_codes(named)
    for place, unit in enumerate(named):
        if unit.brand:
            continue
        brand = titled.brand_of(unit)
        if not brand and place in near:
            brand = _clearly(near[place])
        elif not brand:
            brand = _by_code(unit, by_code)
        if brand:
            named[place] = _branded(unit, brand)
    return named


def lend_by_barcode(units: Sequence[Unit], pairs: Sequence[tuple[int, int]]) -> list[Unit]:
    """Give units without a brand the one that most who share their barcodes have."""
    named = list(units)
    for place, said in _partners(units, pairs).items():
        if not units[place].brand and (brand := _clearly(said)):
            named[place] = _branded(units[place], brand)
    return named


def _branded(unit: Unit, brand: str) -> Unit:
    own = brand_words(brand) | set(brand.split())
    return replace(unit, brand=brand, tokens=tuple(word for word in unit.tokens if word not in own))


def _partners(units: Sequence[Unit], pairs: Iterable[tuple[int, int]]) -> dict[int, Counter[str]]:
    """Count the brands on which each unit's barcodes stand in other shops, its own brand left out."""
    near: dict[int, Counter[str]] = defaultdict(Counter)
    for one, other in pairs:
        if units[one].brand != units[other].brand:
            if units[other].brand:
                near[one][units[other].brand] += 1
            if units[one].brand:
                near[other][units[one].brand] += 1
    return near


def _shop_names(units: Sequence[Unit], near: dict[int, Counter[str]]) -> set[str]:
    shops: dict[str, set[object]] = defaultdict(set)
    for unit in units:
        if unit.brand:
            shops[unit.brand].add(unit.shop)
    elsewhere: Counter[str] = Counter()
    others: dict[str, set[str]] = defaultdict(set)
    for place, brands in near.items():
        brand = units[place].brand
        if brand and len(shops[brand]) == 1:
            if any(len(shops[other]) > 1 or is_known(other) for other in brands):
                elsewhere[brand] += 1
                others[brand] |= set(brands)
    # A name of the packaged lists may be a retailer's too: then its barcodes are several makers'.
    return {
        brand
        for brand, seen in elsewhere.items()
        if seen >= FEWEST_PRODUCTS and (len(others[brand]) > 1 or not is_known(brand))
    }


class _TitleBrands:
    """The brands that two shops at least name as vendor, looked for among the words of a title."""

    def __init__(self, units: Sequence[Unit]) -> None:
        shops: dict[str, set[object]] = defaultdict(set)
        products: Counter[str] = Counter()
        for unit in units:
            if unit.brand:
                shops[unit.brand].add(unit.shop)
                products[unit.brand] += 1
        df = Counter(word for unit in units for word in unit.tokens)
        self.by_word: dict[str, list[tuple[str, frozenset[str]]]] = defaultdict(list)
        for brand, where in shops.items():
            words = frozenset(brand.split())
            # A brand whose words are ordinary words of titles cannot be told from them.
            if len(where) > 1 and len(words) <= LONGEST_BRAND and all(df[word] <= products[brand] for word in words):
                self.by_word[max(words, key=len)].append((brand, words))

    def brand_of(self, unit: Unit) -> str:
        """The one brand that the unit's title names, if it is one."""
        tokens = set(unit.tokens)
        found = {brand for word in unit.tokens for brand, words in self.by_word.get(word, ()) if words <= tokens}
        return next(iter(found)) if len(found) == 1 else ""


def _brands_of_codes(units: Sequence[Unit]) -> dict[str, tuple[set[str], set[str]]]:
    """For every long full code the brands that carry it and the words of their titles."""
    found: dict[str, tuple[set[str], set[str]]] = {}
    for unit in units:
        if unit.brand and unit.code.level == FULL and len(unit.code.value) >= TELLING_CODE:
            brands, words = found.setdefault(unit.code.value, (set(), set()))
            brands.add(unit.brand)
            words.update(unit.tokens)
    return found


def _by_code(unit: Unit, by_code: dict[str, tuple[set[str], set[str]]]) -> str:
    brands, words = by_code.get(unit.code.value, (set(), set()))
    return next(iter(brands)) if len(brands) == 1 and not words.isdisjoint(unit.tokens) else ""


def _clearly(said: Counter[str]) -> str:
    name, most = said.most_common(1)[0]
    return name if 4 * most >= 3 * said.total() else ""
