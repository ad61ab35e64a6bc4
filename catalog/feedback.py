"""Tells a merchant which of its sizes nothing can match, or place on a shelf, because of their data, and how to mend it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef

from catalog.catalogue import size_label
from catalog.models import Match, Product, Variant
from network.models import Shop

MOST_NAMED = 60
NO_KEY, BAD_CHECK, NOT_A_PRODUCTS, REPEATED, NO_SIZE, NO_SKU = (
    "no_key",
    "bad_check",
    "placeholder",
    "repeated",
    "no_size",
    "no_sku",
)
_WORDS = {
    NO_KEY: (
        "No barcode and no article code",
        "Enter the barcode (EAN or UPC) from the label or box of each size, or the maker’s article code as the SKU.",
    ),
    BAD_CHECK: (
        "The barcode fails its check digit",
        "A digit was mistyped, or a spreadsheet changed the number. Scan the label again and replace the barcode.",
    ),
    NOT_A_PRODUCTS: (
        "The barcode is a placeholder, an in-store number or no barcode at all",
        "Numbers you print yourself mean nothing to another shop. Replace them with the maker’s barcode from the label.",
    ),
    REPEATED: (
        "One barcode on several sizes",
        "Every size has a barcode of its own. Enter the one from each size’s label; this one fits a single size at most.",
    ),
    NO_SIZE: (
        "The size is missing or cannot be read",
        "Give the product a “Size” option whose values are sizes, such as 42, UK 8, M or W32/L34.",
    ),
    NO_SKU: (
        "No SKU, so it cannot stand on a shelf",
        "Give each size a SKU. Your store’s system refuses stock at a network shelf without one.",
    ),
}
_NOT_A_PRODUCTS = frozenset({"placeholder", "restricted", "coupon", "case", "not_a_gtin"})


@dataclass(frozen=True, slots=True)
class SizeFacts:
    """What the judgement needs of one size: as normalised, with whether it is matched already."""

    variant: int
    product: int
    gtin: str = ""
    gtin_status: str = "empty"
    has_full_code: bool = False
    has_code: bool = False
    size_key: str = ""
    sku: str = ""
    linked: bool = False


@dataclass(frozen=True, slots=True)
class FaultyProduct:
    """A product with the sizes a fault is found on, named as the shop names them."""

    product: Product
    sizes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a merchant's data: what, how to mend it, on how many products and sizes, and which."""

    name: str
    title: str
    fix: str
    products: int
    sizes: int
    shown: list[FaultyProduct] = field(default_factory=list)


def find_faults(rows: Iterable[SizeFacts]) -> dict[str, dict[int, list[int]]]:
    """Say what is wrong with which sizes: fault → product → variants, in the order of the fix that helps most.

    A size that is matched already lacks nothing but, perhaps, its SKU. One that a full article code identifies
    needs no barcode.
    """
    rows = list(rows)
    carriers = Counter(row.gtin for row in rows if row.gtin)
    found: dict[str, dict[int, list[int]]] = {name: defaultdict(list) for name in _WORDS}
    for row in rows:
        for name in _faults_of(row, repeated=carriers[row.gtin] > 1):
            found[name][row.product].append(row.variant)
    return {name: dict(products) for name, products in found.items() if products}


def _faults_of(row: SizeFacts, *, repeated: bool) -> Iterator[str]:
    if not row.linked:
        clean = row.gtin_status == "clean" and not repeated
        if not clean and not row.has_full_code:
            if row.gtin_status == "bad_check":
                yield BAD_CHECK
            elif row.gtin_status in _NOT_A_PRODUCTS:
                yield NOT_A_PRODUCTS
            elif row.gtin and repeated:
                yield REPEATED
            elif not row.has_code:
                yield NO_KEY
        if not clean and not row.size_key:
            yield NO_SIZE
    if not row.sku:
        yield NO_SKU


def unmatchable(shop: Shop) -> list[Fault]:
    """List what keeps the shop's living products from being matched or placed, most helpful fix first; two queries and a few."""
    found = find_faults(_facts(shop))
    named = {pk for products in found.values() for pk in list(products)[:MOST_NAMED]}
    products = {row.pk: row for row in Product.objects.for_shop(shop).filter(pk__in=named)}
    sizes = {pk for by_product in found.values() for p, ids in by_product.items() if p in named for pk in ids}
    labels = {row.pk: size_label(row) for row in Variant.objects.for_shop(shop).filter(pk__in=sizes)}
    return [
        Fault(
            name,
            *_WORDS[name],
            products=len(by_product),
            sizes=sum(map(len, by_product.values())),
            shown=[
                FaultyProduct(products[pk], tuple(labels[one] for one in ids))
                for pk, ids in list(by_product.items())[:MOST_NAMED]
            ],
        )
        for name, by_product in found.items()
    ]


def _facts(shop: Shop) -> Iterator[SizeFacts]:
    """Read the living sizes that matching has looked at."""
    others = Match.objects.filter(item=OuterRef("item"), status="linked").exclude(shop=shop)
    linked = Match.objects.filter(Exists(others), variant=OuterRef("pk"), status="linked")
    rows = Variant.objects.for_shop(shop).filter(deleted_at=None, product__status="active", product__deleted_at=None)
    rows = (
        rows.filter(norm_version__gt=0)
        .annotate(is_linked=Exists(linked))
        .order_by("product__title", "product_id", "position", "pk")
    )
    columns = ("pk", "product_id", "gtin", "gtin_status", "code", "code_level", "size_key", "sku", "is_linked")
    for pk, product, gtin, status, code, level, size, sku, is_linked in rows.values_list(*columns):
        yield SizeFacts(pk, product, gtin, status, level == "full", bool(code), size, sku.strip(), is_linked)
