"""Tells a merchant which of its sizes cannot be matched, or placed on a shelf, because of their data: why, how to mend it, what it brings.

One statement judges a whole shop: every living size that matching has read and that is not matched with a partner yet. A size
that a clean barcode of its own or a full article code identifies lacks nothing but, perhaps, its colour or its SKU.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from catalog.catalogue import size_label
from catalog.models import Product, Variant
from network.models import Shop

ROWS_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that can be wrong, in a merchant's words, with the fix."""

    name: str
    title: str
    fix: str


# in the order of the fix that helps most
CAUSES = {
    one.name: one
    for one in (
        Cause(
            "no_barcode",
            "No barcode and no article code",
            "Enter the barcode (EAN or UPC) from the label or box of each size, or the maker’s article code as the SKU.",
        ),
        Cause(
            "bad_check",
            "The barcode fails its check digit",
            "A digit was mistyped, or a spreadsheet changed the number. Scan the label again and replace the barcode.",
        ),
        Cause(
            "placeholder",
            "The barcode is a placeholder",
            "A number such as 0000000000000 or “n/a” stands for no barcode. Enter the one from the label, or leave it empty.",
        ),
        Cause(
            "in_store",
            "The barcode is an in-store number",
            "Numbers that begin with 2, 02 or 04 are printed by shops and mean nothing elsewhere. Enter the maker’s barcode.",
        ),
        Cause(
            "not_a_number",
            "What stands as the barcode is none",
            "It is an article number, a coupon or the code of a whole case. Enter the barcode of the single piece, and put "
            "the article number in the SKU.",
        ),
        Cause(
            "repeated",
            "One barcode on several sizes",
            "Every size has a barcode of its own. Enter the one from each size’s label; this one fits a single size at most.",
        ),
        Cause(
            "twice",
            "Two listings of the same product",
            "The same size stands on two of your product pages, and only one of them can be matched. Merge the pages or "
            "archive one.",
        ),
        Cause(
            "other_size",
            "The barcode belongs to another size",
            "Partners have this barcode on another size of it. Compare the size on the label with the one in your shop.",
        ),
        Cause(
            "style_code",
            "The article code names the style, not the colour",
            "The same code stands for several colours or sizes. Add the colour part of the code (DD1391-100, not DD1391), "
            "or enter barcodes.",
        ),
        Cause(
            "no_size",
            "The size is missing or cannot be read",
            "Give the product a “Size” option whose values are sizes, such as 42, UK 8, M or W32/L34.",
        ),
        Cause(
            "no_brand",
            "No brand, or the vendor is your shop’s own name",
            "Enter the brand as the product’s vendor, the way it stands on the label.",
        ),
        Cause(
            "no_colour",
            "No colour",
            "Give the product a “Colour” option, or name the colour in its title: the same model comes in many.",
        ),
        Cause(
            "no_sku",
            "No SKU, so it cannot stand on a shelf",
            "Give each size a SKU. Your store’s system refuses stock at a network shelf without one.",
        ),
    )
}

_FAULTS = """
with own as materialized (
  select v.id, v.product_id, v.gtin, v.gtin_status, v.code, v.code_level, v.size_key, v.colour_key, v.brand_key,
    btrim(v.sku) as sku, exists (
      select from catalog_match m join catalog_match o on o.item_id = m.item_id and o.status = 'linked'
      where m.variant_id = v.id and m.status = 'linked' and o.shop_id <> m.shop_id) as matched
  from catalog_variant v join catalog_product p on p.id = v.product_id
  where v.shop_id = %s and v.deleted_at is null and p.deleted_at is null and p.status = 'active' and v.norm_version > 0
),
carried as (
  select gtin, count(*) as sizes, count(distinct product_id) as products, count(distinct size_key) as keys
  from own where gtin <> '' group by gtin
),
judged as (
  select own.*, coalesce(carried.sizes, 0) > 1 as shared, carried.products > 1 and carried.keys = 1 as doubled,
    gtin_status = 'clean' and carried.sizes = 1 as clean, code_level = 'full' and code <> '' as coded
  from own left join carried using (gtin)
),
faults as (
  select j.id as variant_id, j.product_id, told.cause from judged j cross join lateral (values
    ('no_barcode', not (j.coded or j.clean) and j.gtin_status in ('', 'empty') and j.code = ''),
    ('bad_check', not j.coded and j.gtin_status = 'bad_check'),
    ('placeholder', not j.coded and j.gtin_status = 'placeholder'),
    ('in_store', not j.coded and j.gtin_status = 'restricted'),
    ('not_a_number', not j.coded and j.gtin_status in ('not_a_gtin', 'coupon', 'case')),
    ('repeated', not j.coded and j.gtin_status = 'clean' and j.shared and not j.doubled),
    ('twice', j.gtin_status = 'clean' and j.shared and j.doubled),
    ('other_size', j.clean and j.size_key <> '' and exists (
      select from catalog_variant o where o.gtin = j.gtin and o.gtin_status = 'clean' and o.deleted_at is null
        and o.shop_id <> %s and o.size_key <> '' and o.size_key <> j.size_key
        and split_part(o.size_key, ':', 1) = split_part(j.size_key, ':', 1))),
    ('style_code', not j.clean and j.code_level = 'style'),
    ('no_size', not j.clean and j.size_key = ''),
    ('no_brand', not j.clean and j.brand_key = ''),
    ('no_colour', not (j.clean or j.coded) and j.colour_key = '')
  ) told(cause, holds) where told.holds and not j.matched
  union all
  select id, product_id, 'no_sku' from own where sku = ''
)
"""
_PRODUCTS = f"{_FAULTS} select product_id from faults where cause = %s"  # noqa: S608 - constants of ours, here and below
_VARIANTS = f"{_FAULTS} select variant_id from faults where cause = %s and product_id = any(%s)"  # noqa: S608
_COUNTED = f"""
{_FAULTS}
select cause, count(*), sum(sizes), coalesce(sum(sizes) filter (where money is not null), 0), coalesce(sum(money), 0)
from (
  select f.cause, f.product_id, count(*) as sizes, (
    select max(c.money_minor) from catalog_reviewcard c
    where c.product_id = f.product_id and c.status = 'open' and c.kind = 'question') as money
  from faults f group by f.cause, f.product_id
) by_product group by cause
"""  # noqa: S608
_TABLE = f"""
{_FAULTS}
select f.cause, p.title, p.remote_id, v.id, v.sku, v.barcode, v.remote_id
from faults f join catalog_variant v on v.id = f.variant_id join catalog_product p on p.id = f.product_id
order by p.title, p.id, v.position, v.id, f.cause
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Fault:
    """One cause in a shop's data: on how many products and sizes, and what mending it may bring.

    ``alike`` counts those of the sizes whose product looks like one that a partner sells, so that a person is asked;
    ``worth_minor`` is what these could sell, in EUR cents, as the queue of questions reckons.
    """

    cause: Cause
    products: int
    sizes: int
    alike: int
    worth_minor: int


@dataclass(slots=True)
class FaultyProduct:
    """A product with the sizes a cause is found on, named as the shop names them, and where to mend it."""

    product: Product
    admin_url: str
    sizes: list[str] = field(default_factory=list)


def find_faults(shop: Shop) -> list[Fault]:
    """Say what is wrong with a shop's data, most helpful fix first; one statement for any number of products."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, [shop.pk, shop.pk])
        found = {row[0]: Fault(CAUSES[row[0]], *map(int, row[1:])) for row in cursor.fetchall()}
    return [found[name] for name in CAUSES if name in found]


def faulty_products(shop: Shop, cause: str) -> QuerySet[Product]:
    """Select the products that a cause is found on."""
    which = RawSQL(_PRODUCTS, [shop.pk, shop.pk, cause])  # noqa: S611 - a constant of ours
    return Product.objects.for_shop(shop).filter(pk__in=which)


def name_sizes(shop: Shop, cause: str, products: list[Product]) -> list[FaultyProduct]:
    """Name the faulty sizes of some products of a page; one query."""
    rows = {product.pk: FaultyProduct(product, admin_url(shop, product.remote_id)) for product in products}
    which = RawSQL(_VARIANTS, [shop.pk, shop.pk, cause, list(rows)])  # noqa: S611 - a constant of ours
    sizes = Variant.objects.for_shop(shop).filter(pk__in=which).order_by("product_id", "position", "pk")
    for variant in sizes:
        rows[variant.product_id].sizes.append(size_label(variant))
    return list(rows.values())


def list_faults(shop: Shop) -> Iterator[dict[str, Any]]:
    """Yield every fault of every size, by product, for a table; of the variants a part is in memory at a time."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLE, [shop.pk, shop.pk])
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            variants = Variant.objects.for_shop(shop).in_bulk([row[3] for row in rows])
            for cause, title, product, pk, sku, barcode, remote_id in rows:
                yield {
                    "shop": shop.name,
                    "cause": CAUSES[cause].title,
                    "product": title,
                    "size": size_label(variants[pk]),
                    "sku": sku,
                    "barcode": barcode,
                    "fix": CAUSES[cause].fix,
                    "product_id": product,
                    "variant_id": remote_id,
                    "address": admin_url(shop, product),
                }


def admin_url(shop: Shop, remote_id: str) -> str:
    """Name the page of the shop's own back office where a product is mended; empty where we know none."""
    number = remote_id.rsplit("/", 1)[-1]
    if shop.platform != "shopify" or not number.isascii() or not number.isdecimal():
        return ""
    return f"https://{shop.domain}/admin/products/{number}"
