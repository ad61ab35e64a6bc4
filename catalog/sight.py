"""A review card as a person sees it: both products side by side, their facts compared, their sizes aligned; changes nothing."""

import datetime as dt
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import Q, Sum
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.matching.options import read_options
from catalog.matching.wording import Piece, mark_title
from catalog.models import Product, ReviewCard, ReviewCardChange, StockLevel, Variant
from catalog.weighing import Fact, show_money, weigh_facts

CLASSES = {
    "title": _("No barcode or full article code speaks for it"),
    "gtin": _("Same barcode"),
    "code": _("Same article code"),
    "aligned": _("Same size of a linked product"),
    "aligned_guarded": _("Same product, but its size is in doubt"),
    "gtin_guarded": _("Same barcode, but something contradicts"),
    "code_guarded": _("Same article code, but something contradicts"),
}
KINDS = {
    "question": _("Question"),
    "audit": _("Audit"),
    "report": _("A merchant’s report"),
    "double": _("Question"),  # a second look is blind: it must look like the first
    "dispute": _("Two reviewers differ"),
}
STATUSES = {
    "bad_check": _("fails its check digit"),
    "placeholder": _("a placeholder"),
    "restricted": _("an in-store number"),
    "coupon": _("not a product’s number"),
    "case": _("a case of goods"),
    "not_a_gtin": _("not a barcode number"),
}
# what a variant says here; its other columns are wide and never shown
SHOWN = (
    "shop", "product", "inventory_item", "title", "options", "sku", "barcode", "price_minor", "position", "deleted_at",
    "gtin", "gtin_status", "brand_key", "code", "code_level", "size_label", "colour_key", "gender",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cell:
    """One size of one product as its shop keeps it."""

    variant: int
    label: str
    sku: str
    barcode: str
    barcode_fault: str
    price: str
    stock: int
    gone: bool

    @property
    def said(self) -> dict[str, Any]:
        """What a verdict keeps of it; the stock of the moment proves nothing."""
        return {
            "variant": self.variant, "label": self.label, "sku": self.sku, "barcode": self.barcode,
            "barcode_fault": self.barcode_fault, "price": self.price,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """Two sizes that would become one item; `barcodes` is same, differ or empty, `taken` says why they cannot be linked."""

    mine: Cell
    theirs: Cell
    barcodes: str
    taken: str


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two products as its shop keeps it, its title marked against the other's."""

    product: Product
    shop: str
    place: str
    pieces: tuple[Piece, ...]
    sizes_alone: tuple[str, ...]
    units: int


@dataclass(frozen=True)
class Option:
    """One candidate beside the product that is asked about."""

    number: int
    percent: int
    why: tuple[str, ...]
    mine: Side
    theirs: Side
    facts: tuple[Fact, ...]
    rows: tuple[Row, ...]
    partners: tuple[str, ...]  # other shops that already stand for what the candidate is
    read_on: dt.date | None = (
        None  # when a standing link's evidence was written; None: it is renewed as the products change
    )

    @property
    def linkable(self) -> int:
        """How many sizes an approval would link."""
        return sum(1 for row in self.rows if not row.taken and not row.mine.gone and not row.theirs.gone)

    @property
    def verdicts(self) -> list[str]:
        """Which facts and barcodes agree: the signs between the two sides."""
        return [*(fact.verdict for fact in self.facts), *(row.barcodes for row in self.rows)]

    @cached_property
    def seen(self) -> dict[str, Any]:
        """What a verdict keeps of it: titles, brands, codes, colours, and each pair of sizes with barcodes and prices."""
        return {
            "mine": _seen_side(self.mine),
            "theirs": _seen_side(self.theirs),
            "facts": {fact.name: [fact.mine, fact.theirs] for fact in self.facts},
            "sizes": [{"mine": row.mine.said, "theirs": row.theirs.said} for row in self.rows],
            "score": self.percent,
            "why": list(self.why),
        }


@dataclass(frozen=True)
class Sight:
    """The whole card."""

    card: ReviewCard
    options: tuple[Option, ...]
    asked: str
    reason: str
    money: str
    trail: list[Any] = field(default_factory=list)

    @cached_property
    def digest(self) -> str:
        """Tell apart what two people were shown; a decision on something else than what stands now is refused by it."""
        shown = [(option.seen, option.verdicts) for option in self.options]
        text = json.dumps(shown, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:24]


def see_card(card: ReviewCard) -> Sight:
    """Read a card for a person: the same few queries, however many candidates it has."""
    return see_cards([card])[0]


def see_cards(cards: Sequence[ReviewCard]) -> list[Sight]:
    """Read many cards for a person at once: as many queries as for one."""
    shelf = _Shelf(cards)
    trails: dict[int, list[ReviewCardChange]] = defaultdict(list)
    for step in ReviewCardChange.objects.filter(row__in=cards).defer("seen").order_by("pk"):
        trails[step.row_id].append(step)
    return [_sight(card, shelf, trails[card.pk]) for card in cards]


def _sight(card: ReviewCard, shelf: "_Shelf", trail: list[ReviewCardChange]) -> Sight:
    known = [(number, one) for number, one in enumerate(card.candidates) if one["product"] in shelf.products]
    options = tuple(shelf.option(card, number, one) for number, one in known)
    asked = str(CLASSES.get(card.evidence_class, card.evidence_class))
    said = {card.evidence_class == "title" and card.reason, *(why for option in options[:1] for why in option.why)}
    reason = "" if card.reason in said else card.reason
    return Sight(card, options, asked, reason, show_money(card.money_minor, "EUR"), trail)


_BASIS = """
select md5(string_agg(part, ',' order by part)) from (
  select 'p' || id || ':' || xmin as part from catalog_product where id = any(%(products)s)
  union all select 'v' || id || ':' || xmin from catalog_variant where product_id = any(%(products)s)
) as parts
"""


def basis_of(card: ReviewCard) -> str:
    """Name the very rows a card is drawn from: another answer means that one of them was written since. One query."""
    products = sorted({card.product_id, *(one["product"] for one in card.candidates)})
    with connection.cursor() as cursor:
        cursor.execute(_BASIS, {"products": products})
        rows = cursor.fetchone()[0] or ""
    return hashlib.sha256((rows + json.dumps(card.candidates, sort_keys=True)).encode()).hexdigest()


class _Shelf:
    """Everything the products of some cards need, read at once."""

    def __init__(self, cards: Sequence[ReviewCard]) -> None:
        shown = [one for card in cards for one in card.candidates]
        ids = {card.product_id for card in cards} | {one["product"] for one in shown}
        named = {row[side] for one in shown for row in one["sizes"] for side in ("mine", "theirs")} - {None}
        self.products = {row.pk: row for row in Product.everyone.filter(pk__in=ids).select_related("shop")}
        rows = (
            Variant.everyone.filter(Q(product__in=ids, deleted_at=None) | Q(pk__in=named))
            .only(*SHOWN)
            .order_by("position", "pk")
        )
        self.variants = {row.pk: row for row in rows}
        self.of_product: dict[int, list[Variant]] = defaultdict(list)
        for variant in self.variants.values():
            self.of_product[variant.product_id].append(variant)
        self.several = {
            product: len({one.colour_key for one in group}) > 1 for product, group in self.of_product.items()
        }
        self.labels: dict[int, str] = {}
        self.repeated = _repeated(self.variants.values())
        self.units = _units({row.inventory_item_id for row in self.variants.values()})
        self.items, self.members = _members(self.variants)

    def option(self, card: ReviewCard, number: int, one: dict[str, Any]) -> Option:
        mine, theirs = self.products[card.product_id], self.products[one["product"]]
        pairs = [
            (self.variants[row["mine"]], self.variants[row["theirs"]])
            for row in one["sizes"]
            if row["mine"] in self.variants and row["theirs"] in self.variants
        ]
        pairs.sort(key=lambda pair: (pair[0].position, pair[0].pk))
        left, right = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        return Option(
            number=number,
            percent=_percent(one["score"]),
            why=tuple(one["why"]),
            mine=self._side(mine, left, against=_texts(theirs, right)),
            theirs=self._side(theirs, right, against=_texts(mine, left)),
            facts=weigh_facts(mine, left or self.of_product[mine.pk], theirs, right or self.of_product[theirs.pk]),
            rows=tuple(self._row(one, other) for one, other in pairs),
            partners=self._partners(right, {mine.shop_id, theirs.shop_id}),
            read_on=dt.date.fromisoformat(one["read_on"]) if one.get("read_on") else None,
        )

    def _side(self, product: Product, aligned: Sequence[Variant], *, against: Iterable[str]) -> Side:
        done = {variant.pk for variant in aligned}
        alive = [variant for variant in self.of_product[product.pk] if variant.deleted_at is None]
        alone = [self._label(variant) for variant in alive if variant.pk not in done]
        units = sum(self.units.get(item, 0) for item in {variant.inventory_item_id for variant in alive})
        shop = product.shop
        return Side(product, shop.name, shop.country, mark_title(product.title, against), tuple(alone), units)

    def _row(self, mine: Variant, theirs: Variant) -> Row:
        barcodes = ""
        if mine.gtin and theirs.gtin and not {mine.pk, theirs.pk} & self.repeated:
            barcodes = "same" if mine.gtin == theirs.gtin else "differ"
        return Row(self._cell(mine), self._cell(theirs), barcodes, self._taken(mine, theirs))

    def _cell(self, variant: Variant) -> Cell:
        currency = self.products[variant.product_id].shop.currency
        return Cell(
            variant=variant.pk,
            label=self._label(variant),
            sku=variant.sku,
            barcode=variant.barcode,
            barcode_fault=self._fault(variant),
            price=show_money(variant.price_minor, currency),
            stock=self.units.get(variant.inventory_item_id, 0),
            gone=variant.deleted_at is not None,
        )

    def _label(self, variant: Variant) -> str:
        """Name a size, with its colour where the product has several."""
        if variant.pk not in self.labels:
            chosen = read_options(tuple((str(name), str(value)) for name, value in variant.options))
            colour = chosen.colour if self.several[variant.product_id] else ""
            parts = (chosen.size or variant.size_label, colour, *chosen.others)
            label = " / ".join(part for part in parts if part and part != "Default Title")
            self.labels[variant.pk] = label or gettext("One size")
        return self.labels[variant.pk]

    def _fault(self, variant: Variant) -> str:
        if not variant.barcode:
            return ""
        if variant.pk in self.repeated:
            return gettext("on several sizes")
        return str(STATUSES.get(variant.gtin_status, ""))

    def _taken(self, mine: Variant, theirs: Variant) -> str:
        members = self.members.get(self.items.get(theirs.pk, 0), {})
        sitting = members.get(mine.shop_id)
        if sitting is None or sitting[0] == mine.pk:
            return ""
        return gettext("%(shop)s stands there with another product already") % {"shop": sitting[1]}

    def _partners(self, theirs: Sequence[Variant], without: set[int]) -> tuple[str, ...]:
        found: dict[int, str] = {}
        for variant in theirs:
            for shop, (__, name) in self.members.get(self.items.get(variant.pk, 0), {}).items():
                found.setdefault(shop, name)
        return tuple(sorted(name for shop, name in found.items() if shop not in without))


def _percent(score: float) -> int:
    """Round a score; only certainty itself is a hundred."""
    return round(100 * score) if score >= 1 else min(99, round(100 * score))


def _repeated(variants: Iterable[Variant]) -> set[int]:
    """Find the variants whose barcode another variant of the same product carries too: it says nothing of the size."""
    found: dict[tuple[int, str], list[int]] = defaultdict(list)
    for variant in variants:
        if variant.gtin and variant.deleted_at is None:
            found[variant.product_id, variant.gtin].append(variant.pk)
    return {pk for ids in found.values() if len(ids) > 1 for pk in ids}


def _units(items: set[int]) -> dict[int, int]:
    levels = StockLevel.everyone.filter(inventory_item__in=items, is_active=True, location__is_active=True)
    return dict(levels.values_list("inventory_item").annotate(units=Sum("available")).order_by())


_MEMBERS = """
select asked.variant_id, asked.item_id, other.shop_id, other.variant_id, shop.name
from catalog_match asked
join catalog_match other on other.item_id = asked.item_id and other.status = 'linked'
join network_shop shop on shop.id = other.shop_id
where asked.variant_id = any(%s) and asked.status = 'linked'
"""


def _members(variants: Iterable[int]) -> tuple[dict[int, int], dict[int, dict[int, tuple[int, str]]]]:
    """Say which item each variant stands for, and who else stands for it: item → shop → (variant, shop's name)."""
    items: dict[int, int] = {}
    members: dict[int, dict[int, tuple[int, str]]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERS, [list(variants)])
        for asked, item, shop, variant, name in cursor.fetchall():
            items[asked] = item
            members[item][shop] = (variant, name)
    return items, members


def _texts(product: Product, variants: Sequence[Variant]) -> list[str]:
    """All a product says that its title may leave out: brand, type, tags, colours, codes."""
    values = {str(value) for variant in variants for __, value in variant.options}
    codes = {variant.code for variant in variants} | {variant.sku for variant in variants}
    return [product.title, product.vendor, product.product_type, *product.tags, *sorted(values), *sorted(codes)]


def _seen_side(side: Side) -> dict[str, Any]:
    product = side.product
    return {"product": product.pk, "shop": side.shop, "title": product.title, "brand": product.vendor}
