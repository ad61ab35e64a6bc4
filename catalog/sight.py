"""A review card as a person sees it: both products side by side, their facts compared, their sizes aligned; changes nothing."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Q, Sum

from catalog.matching.options import read_options
from catalog.matching.wording import Piece, mark_title
from catalog.models import Match, Product, ReviewCard, StockLevel, Variant
from catalog.weighing import Fact, weigh_facts
from skuu.kit.money import Money

CLASSES = {
    "title": "Only the titles speak for it",
    "gtin_guarded": "Same barcode, but something contradicts",
    "code_guarded": "Same article code, but something contradicts",
}
STATUSES = {
    "bad_check": "fails its check digit",
    "placeholder": "a placeholder",
    "restricted": "an in-store number",
    "coupon": "not a product’s number",
    "case": "a case of goods",
    "not_a_gtin": "not a barcode number",
}


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

    @property
    def linkable(self) -> int:
        """How many sizes an approval would link."""
        return sum(1 for row in self.rows if not row.taken and not row.mine.gone and not row.theirs.gone)

    @cached_property
    def seen(self) -> dict[str, Any]:
        """What a verdict keeps of it: titles, brands, codes, colours, and each pair of sizes with barcodes and prices."""
        return {
            "mine": _seen_side(self.mine),
            "theirs": _seen_side(self.theirs),
            "facts": {fact.name: [fact.mine, fact.theirs] for fact in self.facts},
            "sizes": [
                {
                    side: {key: value for key, value in asdict(cell).items() if key not in ("stock", "gone")}
                    for side, cell in (("mine", row.mine), ("theirs", row.theirs))
                }
                for row in self.rows
            ],
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
        text = json.dumps([option.seen for option in self.options], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:24]


def see_card(card: ReviewCard) -> Sight:
    """Read a card for a person: five queries, however many candidates it has."""
    shown = _Shelf(card)
    options = [
        shown.option(number, one) for number, one in enumerate(card.candidates) if one["product"] in shown.products
    ]
    trail = list(card.changes.order_by("pk"))
    asked = CLASSES.get(card.evidence_class, card.evidence_class)
    said = {card.evidence_class == "title" and card.reason, *(why for option in options[:1] for why in option.why)}
    reason = "" if card.reason in said else card.reason
    return Sight(card, tuple(options), asked, reason, Money(card.money_minor, "EUR").format(), trail)


class _Shelf:
    """Everything a card's products need, read at once."""

    def __init__(self, card: ReviewCard) -> None:
        ids = {card.product_id, *(one["product"] for one in card.candidates)}
        named = {row[side] for one in card.candidates for row in one["sizes"] for side in ("mine", "theirs")} - {None}
        self.asked_about = card.product_id
        self.products = {row.pk: row for row in Product.everyone.filter(pk__in=ids).select_related("shop")}
        rows = Variant.everyone.filter(Q(product__in=ids, deleted_at=None) | Q(pk__in=named)).order_by("position", "pk")
        self.variants = {row.pk: row for row in rows}
        self.of_product: dict[int, list[Variant]] = defaultdict(list)
        for variant in self.variants.values():
            self.of_product[variant.product_id].append(variant)
        self.repeated = _repeated(self.variants.values())
        self.units = _units({row.inventory_item_id for row in self.variants.values()})
        self.items, self.members = _members(self.variants)

    def option(self, number: int, one: dict[str, Any]) -> Option:
        mine, theirs = self.products[self.asked_about], self.products[one["product"]]
        pairs = [
            (self.variants[row["mine"]], self.variants[row["theirs"]])
            for row in one["sizes"]
            if row["mine"] in self.variants and row["theirs"] in self.variants
        ]
        pairs.sort(key=lambda pair: (pair[0].position, pair[0].pk))
        left, right = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        return Option(
            number=number,
            percent=round(100 * one["score"]),
            why=tuple(one["why"]),
            mine=self._side(mine, left, against=_texts(theirs, right)),
            theirs=self._side(theirs, right, against=_texts(mine, left)),
            facts=weigh_facts(mine, left or self.of_product[mine.pk], theirs, right or self.of_product[theirs.pk]),
            rows=tuple(self._row(one, other) for one, other in pairs),
            partners=self._partners(right, {mine.shop_id, theirs.shop_id}),
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
            price=Money(variant.price_minor, currency).format(),
            stock=self.units.get(variant.inventory_item_id, 0),
            gone=variant.deleted_at is not None,
        )

    def _label(self, variant: Variant) -> str:
        """Name a size, with its colour where the product has several."""
        chosen = read_options(tuple((str(name), str(value)) for name, value in variant.options))
        several = len({one.colour_key for one in self.of_product[variant.product_id]}) > 1
        parts = (chosen.size or variant.size_label, chosen.colour if several else "", *chosen.others)
        return " / ".join(part for part in parts if part and part != "Default Title") or "One size"

    def _fault(self, variant: Variant) -> str:
        if not variant.barcode:
            return ""
        return "on several sizes" if variant.pk in self.repeated else STATUSES.get(variant.gtin_status, "")

    def _taken(self, mine: Variant, theirs: Variant) -> str:
        members = self.members.get(self.items.get(theirs.pk, 0), {})
        sitting = members.get(mine.shop_id)
        if sitting is None or sitting[0] == mine.pk:
            return ""
        return f"{sitting[1]} stands there with another product already"

    def _partners(self, theirs: Sequence[Variant], without: set[int]) -> tuple[str, ...]:
        found: dict[int, str] = {}
        for variant in theirs:
            for shop, (_, name) in self.members.get(self.items.get(variant.pk, 0), {}).items():
                found.setdefault(shop, name)
        return tuple(sorted(name for shop, name in found.items() if shop not in without))


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


def _members(variants: Iterable[int]) -> tuple[dict[int, int], dict[int, dict[int, tuple[int, str]]]]:
    """Say which item each variant stands for, and who else stands for it: item → shop → (variant, shop's name)."""
    standing = Match.everyone.filter(variant__in=list(variants), status="linked")
    items = dict(standing.values_list("variant_id", "item_id"))
    members: dict[int, dict[int, tuple[int, str]]] = defaultdict(dict)
    rows = Match.everyone.filter(item__in=set(items.values()), status="linked")
    for item, shop, variant, name in rows.values_list("item_id", "shop_id", "variant_id", "shop__name"):
        members[item][shop] = (variant, name)
    return items, members


def _texts(product: Product, variants: Sequence[Variant]) -> list[str]:
    """All a product says that its title may leave out: brand, type, tags, colours, codes."""
    values = {str(value) for variant in variants for _, value in variant.options}
    codes = {variant.code for variant in variants} | {variant.sku for variant in variants}
    return [product.title, product.vendor, product.product_type, *product.tags, *sorted(values), *sorted(codes)]


def _seen_side(side: Side) -> dict[str, Any]:
    product = side.product
    return {"product": product.pk, "shop": side.shop, "title": product.title, "brand": product.vendor}
