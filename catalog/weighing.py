"""Compares what two shops say of a product, fact by fact, for the person who has to judge them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from catalog.matching.colour import colours_conflict
from catalog.matching.gender import genders_conflict
from catalog.matching.options import read_options
from catalog.models import Product, Variant
from network.rates import convert_minor
from skuu.kit.errors import NotPossible
from skuu.kit.money import Money

SAME, DIFFERS, OPEN = "same", "differs", "open"
FAR_APART = 1.6
MOST_NAMED = 4
GENDERS = {"m": "men", "w": "women", "k": "kids", "u": "unisex"}
TONES = {
    "black": "#17181b", "white": "#ffffff", "navy": "#1d2b4f", "blue": "#2f6fb7", "red": "#c0282d", "grey": "#8d9196",
    "green": "#2f7d4f", "olive": "#6b6b3a", "beige": "#d6c2a1", "brown": "#6f4a32", "pink": "#e48aa9", "yellow": "#f0c419",
    "orange": "#e57a1f", "purple": "#6f4a9e", "silver": "#c3c7cc", "gold": "#c9a227", "burgundy": "#6d1f33",
    "cream": "#f3ecd8", "turquoise": "#2aa6a6",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing both products say: in their words, with whether they agree; `swatches` are tones for mine and theirs."""

    name: str
    mine: str
    theirs: str
    verdict: str
    note: str = ""
    swatches: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())


def weigh_facts(mine: Product, ours: Sequence[Variant], theirs: Product, others: Sequence[Variant]) -> tuple[Fact, ...]:
    """Compare brand, article code, colour, gender, type and price of two products by the sizes that are aligned."""
    return (
        Fact("Brand", mine.vendor, theirs.vendor, _agree(_of(ours, "brand_key"), _of(others, "brand_key"))),
        _codes(ours, others),
        _colours(ours, others),
        _genders(ours, others),
        Fact("Type", mine.product_type, theirs.product_type, OPEN),
        _prices(mine, ours, theirs, others),
    )


def _codes(ours: Sequence[Variant], others: Sequence[Variant]) -> Fact:
    mine, theirs = _of(ours, "code"), _of(others, "code")
    levels = {variant.code_level for variant in (*ours, *others) if variant.code}
    note = "style level: several colours may share it" if "style" in levels else ""
    return Fact("Article code", _named(mine), _named(theirs), _agree(mine, theirs), note)


def _colours(ours: Sequence[Variant], others: Sequence[Variant]) -> Fact:
    mine, theirs = _bases(ours), _bases(others)
    verdict = OPEN
    if mine and theirs:
        verdict = DIFFERS if any(colours_conflict(a, b) for a in mine[:1] for b in theirs[:1]) else SAME
    swatches = tuple(tuple(TONES[base] for bases in side for base in bases if base in TONES) for side in (mine, theirs))
    return Fact(
        "Colour", _named(_written_colours(ours)), _named(_written_colours(others)), verdict,
        swatches=(swatches[0][:6], swatches[1][:6]),
    )  # fmt: skip


def _genders(ours: Sequence[Variant], others: Sequence[Variant]) -> Fact:
    mine, theirs = next(iter(_of(ours, "gender")), ""), next(iter(_of(others, "gender")), "")
    verdict = OPEN
    if mine and theirs:
        verdict = DIFFERS if genders_conflict(mine, theirs) else SAME
    return Fact("Made for", GENDERS.get(mine, ""), GENDERS.get(theirs, ""), verdict)


def _prices(mine: Product, ours: Sequence[Variant], theirs: Product, others: Sequence[Variant]) -> Fact:
    left, right = _span(mine, ours), _span(theirs, others)
    here, there = _euro(mine, ours), _euro(theirs, others)
    verdict, note = OPEN, ""
    if here and there:
        ratio = max(here, there) / min(here, there)
        verdict = DIFFERS if ratio > FAR_APART else SAME
        note = f"far apart: {ratio:.1f} ×" if ratio > FAR_APART else ""
    if mine.shop.currency != theirs.shop.currency:
        left, right = (
            _with_euro(text, value, side) for text, value, side in ((left, here, mine), (right, there, theirs))
        )
    return Fact("Price", left, right, verdict, note)


def _span(product: Product, variants: Sequence[Variant]) -> str:
    prices = sorted({variant.price_minor for variant in variants})
    ends = prices[:1] + prices[1:][-1:]
    return " – ".join(Money(price, product.shop.currency).format() for price in ends)


def _euro(product: Product, variants: Sequence[Variant]) -> int:
    """The highest price in euro cents at the reference rate; 0 when it cannot be said."""
    try:
        return convert_minor(max((v.price_minor for v in variants), default=0), product.shop.currency, "EUR")
    except NotPossible:
        return 0


def _with_euro(text: str, euro: int, product: Product) -> str:
    return (
        f"{text} (≈\N{NO-BREAK SPACE}{Money(euro, 'EUR').format()})"
        if euro and product.shop.currency != "EUR"
        else text
    )


def _of(variants: Sequence[Variant], column: str) -> list[str]:
    return list(dict.fromkeys(value for variant in variants if (value := getattr(variant, column))))


def _bases(variants: Sequence[Variant]) -> list[tuple[str, ...]]:
    keys = _of(variants, "colour_key")
    return [tuple(key.split("/")) for key in keys if not key.startswith("raw:")]


def _written_colours(variants: Sequence[Variant]) -> list[str]:
    read: Callable[[Variant], str] = lambda v: read_options(tuple((str(n), str(t)) for n, t in v.options)).colour  # noqa: E731
    written = list(dict.fromkeys(colour for variant in variants if (colour := read(variant))))
    return written or [f"{'/'.join(bases)} (from the title)" for bases in _bases(variants)]


def _agree(mine: Sequence[str], theirs: Sequence[str]) -> str:
    if not mine or not theirs:
        return OPEN
    return SAME if set(mine) & set(theirs) else DIFFERS


def _named(values: Sequence[str]) -> str:
    more = f" and {len(values) - MOST_NAMED} more" if len(values) > MOST_NAMED else ""
    return ", ".join(values[:MOST_NAMED]) + more
