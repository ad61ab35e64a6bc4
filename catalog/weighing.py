"""Compares what two shops say of a product, fact by fact, for the person who has to judge them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

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
GENDERS = {
    "m": gettext_lazy("men"), "w": gettext_lazy("women"), "k": gettext_lazy("kids"), "u": gettext_lazy("unisex"),
}  # fmt: skip
TONES = frozenset(
    "black white navy blue red grey green olive beige brown pink yellow orange purple silver gold burgundy cream turquoise multi".split()
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing both products say: in their words, with whether they agree; `swatches` name the tones (TONES) of mine and theirs."""

    key: str
    name: str
    mine: str
    theirs: str
    verdict: str
    note: str = ""
    swatches: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())


def weigh_facts(mine: Product, ours: Sequence[Variant], theirs: Product, others: Sequence[Variant]) -> tuple[Fact, ...]:
    """Compare brand, article code, colour, gender, type and price of two products by the sizes that are aligned."""
    return (
        Fact("brand", _("Brand"), mine.vendor, theirs.vendor, _agree(_of(ours, "brand_key"), _of(others, "brand_key"))),
        _codes(ours, others),
        _colours(ours, others),
        _genders(ours, others),
        Fact("type", _("Type"), mine.product_type, theirs.product_type, OPEN),
        _prices(mine, ours, theirs, others),
    )


def show_money(minor: int, currency: str) -> str:
    """Write an amount as the reader's language does."""
    return _written(minor, currency, (get_language() or "en").replace("-", "_"))


@lru_cache(maxsize=4096)
def _written(minor: int, currency: str, locale: str) -> str:
    return Money(minor, currency).format(locale)


def _codes(ours: Sequence[Variant], others: Sequence[Variant]) -> Fact:
    mine, theirs = _of(ours, "code"), _of(others, "code")
    levels = {variant.code_level for variant in (*ours, *others) if variant.code}
    note = _("style level: several colours may share it") if "style" in levels else ""
    return Fact("code", _("Article code"), _named(mine), _named(theirs), _agree(mine, theirs), note)


def _colours(ours: Sequence[Variant], others: Sequence[Variant]) -> Fact:
    mine, theirs = _bases(ours), _bases(others)
    verdict = OPEN
    if mine and theirs:
        verdict = DIFFERS if any(colours_conflict(a, b) for a in mine[:1] for b in theirs[:1]) else SAME
    swatches = tuple(tuple(base for bases in side for base in bases if base in TONES) for side in (mine, theirs))
    return Fact(
        "colour", _("Colour"), _named(_written_colours(ours)), _named(_written_colours(others)), verdict,
        swatches=(swatches[0][:6], swatches[1][:6]),
    )  # fmt: skip


def _genders(ours: Sequence[Variant], others: Sequence[Variant]) -> Fact:
    mine, theirs = next(iter(_of(ours, "gender")), ""), next(iter(_of(others, "gender")), "")
    verdict = OPEN
    if mine and theirs:
        verdict = DIFFERS if genders_conflict(mine, theirs) else SAME
    return Fact("gender", _("Made for"), str(GENDERS.get(mine, "")), str(GENDERS.get(theirs, "")), verdict)


def _prices(mine: Product, ours: Sequence[Variant], theirs: Product, others: Sequence[Variant]) -> Fact:
    left, right = _span(mine, ours), _span(theirs, others)
    here, there = _euro(mine, ours), _euro(theirs, others)
    verdict, note = OPEN, ""
    if here and there:
        ratio = max(here, there) / min(here, there)
        verdict = DIFFERS if ratio > FAR_APART else SAME
        note = _("far apart: %(times).1f ×") % {"times": ratio} if ratio > FAR_APART else ""
    if mine.shop.currency != theirs.shop.currency:
        left, right = (
            _with_euro(text, value, side) for text, value, side in ((left, here, mine), (right, there, theirs))
        )
    return Fact("price", _("Price"), left, right, verdict, note)


def _span(product: Product, variants: Sequence[Variant]) -> str:
    prices = sorted({variant.price_minor for variant in variants})
    ends = prices[:1] + prices[1:][-1:]
    return " – ".join(show_money(price, product.shop.currency) for price in ends)


def _euro(product: Product, variants: Sequence[Variant]) -> int:
    """The highest price in euro cents at the reference rate; 0 when it cannot be said."""
    try:
        return convert_minor(max((v.price_minor for v in variants), default=0), product.shop.currency, "EUR")
    except NotPossible:
        return 0


def _with_euro(text: str, euro: int, product: Product) -> str:
    return f"{text} (≈\N{NO-BREAK SPACE}{show_money(euro, 'EUR')})" if euro and product.shop.currency != "EUR" else text


def _of(variants: Sequence[Variant], column: str) -> list[str]:
    return list(dict.fromkeys(value for variant in variants if (value := getattr(variant, column))))


def _bases(variants: Sequence[Variant]) -> list[tuple[str, ...]]:
    keys = _of(variants, "colour_key")
    return [tuple(key.split("/")) for key in keys if not key.startswith("raw:")]


def _written_colours(variants: Sequence[Variant]) -> list[str]:
    read: Callable[[Variant], str] = lambda v: read_options(tuple((str(n), str(t)) for n, t in v.options)).colour  # noqa: E731
    written = list(dict.fromkeys(colour for variant in variants if (colour := read(variant))))
    return written or [_("%(colours)s (from the title)") % {"colours": "/".join(bases)} for bases in _bases(variants)]


def _agree(mine: Sequence[str], theirs: Sequence[str]) -> str:
    if not mine or not theirs:
        return OPEN
    return SAME if set(mine) & set(theirs) else DIFFERS


def _named(values: Sequence[str]) -> str:
    named = ", ".join(values[:MOST_NAMED])
    if len(values) <= MOST_NAMED:
        return named
    return _("%(named)s and %(more)d more") % {"named": named, "more": len(values) - MOST_NAMED}
