"""The seller's word on the VAT of its goods is kept, taken back and looked up; nobody else puts goods into a class."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from catalog.mark import mark_shop, mark_variants
from catalog.models import GoodsRule, GoodsWord, Product, Variant
from network.models import Shop
from network.taxing import CLASSES, STANDARD, lower_rates
from skuu.kit.errors import NotFound, NotPossible

MOST = 5_000  # products in one word
MOST_RULES = 200


class BadGoods(NotPossible):
    """The word names no class of goods, or no goods."""

    code = "bad_goods"


@dataclass(frozen=True, slots=True)
class Said:
    """The class of a product for VAT and whose word that is: of a person about the product, of a rule, or of nobody."""

    goods: str = STANDARD
    how: str = ""  # word, rule, or nothing said
    by: str = ""
    at: str = ""  # ISO, UTC

    def told(self) -> dict[str, str]:
        """Write it the way it is frozen with terms."""
        return asdict(self)


NOTHING_SAID = Said()

# A word about the product itself stands before any rule, and of the rules that fit the newest counts.
_RULE = """
  select {what} from catalog_goodsrule r where r.shop_id = {p}.shop_id and r.ended_at is null
    and r.category in ('', lower({p}.product_type))
    and (r.tag = '' or exists (select 1 from unnest({p}.tags) t(tag) where lower(t.tag) = r.tag))
  order by r.id desc limit 1
"""
_CLASS = f"""
coalesce((select w.goods_class from catalog_goodsword w where w.product_id = catalog_product.id and w.ended_at is null),
  ({_RULE.format(what="r.goods_class", p="catalog_product")}), 'standard')
"""  # noqa: S608 - texts of our own
_FITS = f"""
select p.id, r.id from catalog_product p cross join lateral ({_RULE.format(what="r.id", p="p")}) r where p.id = any(%s)
"""  # noqa: S608 - texts of our own
_ANY = """
select exists (select from catalog_goodsword where ended_at is null and goods_class <> 'standard')
  or exists (select from catalog_goodsrule where ended_at is null and goods_class <> 'standard')
"""
# the variants of a statement's piece ``seller`` whose shown price bears a lower VAT by their seller's word or rule
TAXED = f""",
taxed as materialized (
  select s.variant_id, l.rate_bp
  from seller s
  join network_shop h on h.id = s.shop_id and h.taxes_included
  join catalog_product p on p.id = s.product_id
  left join catalog_goodsword w on w.product_id = p.id and w.ended_at is null
  left join lateral ({_RULE.format(what="r.goods_class", p="p")}) r on w.id is null
  join (values {{lower}}) as l(country, goods_class, rate_bp)
    on l.country = h.country and l.goods_class = coalesce(w.goods_class, r.goods_class)
  where h.country in (select country from (values {{lower}}) as c(country, goods_class, rate_bp))
)"""  # noqa: S608 - texts of our own
_SAID = f"""
select m.shop_id, m.item_id, coalesce(w.goods_class, r.goods_class), case when w.id is null then 'rule' else 'word' end,
  coalesce(w.said_by, r.said_by),
  to_char(coalesce(w.said_at, r.said_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
from catalog_match m join catalog_variant v on v.id = m.variant_id and v.deleted_at is null
join catalog_product p on p.id = v.product_id
left join catalog_goodsword w on w.product_id = p.id and w.ended_at is null
left join lateral ({_RULE.format(what="r.*", p="p")}) r on w.id is null
where m.item_id = any(%s) and m.shop_id = any(%s) and m.status = 'linked' and (w.id is not null or r.id is not null)
order by v.id
"""  # noqa: S608 - texts of our own


def said_of(shop_ids: Collection[int], item_ids: Collection[int]) -> dict[tuple[int, int], Said]:
    """Look up what shops say of their own products of these items, by (shop, item); who said nothing is left out. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_SAID, [list(item_ids), list(shop_ids)])
        return {(shop, item): Said(*rest) for shop, item, *rest in cursor.fetchall()}


def classed(products: QuerySet[Product]) -> QuerySet[Product]:
    """Tell with each product its class for VAT as ``goods_class``, by word or rule; can be filtered by it."""
    return products.annotate(goods_class=RawSQL(_CLASS, ()))  # noqa: S611 - a text of our own


def rules_of(products: Iterable[Product]) -> dict[int, GoodsRule]:
    """Find the rule that counts for each product where no word stands, by product; also one that says they are taxed as usual."""
    with connection.cursor() as cursor:
        cursor.execute(_FITS, [[one.pk for one in products]])
        fits = dict(cursor.fetchall())
    rules = GoodsRule.everyone.in_bulk(set(fits.values()))
    return {product: rules[rule] for product, rule in fits.items()}


def lower_vat(on: dt.date) -> str:
    """Write the lower rates of a day as rows for ``TAXED``; empty while no seller has said anything of its goods. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_ANY)
        (said,) = cursor.fetchone()
    return (
        ", ".join(f"('{country}', '{goods}', {rate})" for (country, goods), rate in lower_rates(on).items())
        if said
        else ""
    )


def classes_of(product_ids: Collection[int]) -> dict[int, str]:
    """Look up the class of products that are not taxed as usual, by product; no query for none."""
    if not product_ids:
        return {}
    rows: Any = classed(Product.everyone.filter(pk__in=product_ids))
    return {pk: goods for pk, goods in rows.values_list("pk", "goods_class") if goods != STANDARD}


def of_class(products: QuerySet[Product], goods: str) -> QuerySet[Product]:
    """Keep the products of a class, out of what ``classed`` gave."""
    wanted: dict[str, Any] = {"goods_class": goods}
    return products.filter(**wanted)


def say_goods(shop: Shop, product_ids: Iterable[int], goods: str, *, by: str) -> int:
    """Keep a seller's word about products of its shop; returns of how many it is new. The word before stays as history.

    An empty class takes the words back, so that rules count again. Orders placed keep their terms. *Locks* the shop.
    *Again*: no change. Raises BadGoods, NotFound when a product is not the shop's.
    """
    ids = set(product_ids)
    _check_class(goods or STANDARD)
    if not 0 < len(ids) <= MOST:
        raise BadGoods(f"Name at least one product, at most {MOST:,}.", field="products")
    now = timezone.now()
    with transaction.atomic():
        _lock(shop)
        if Product.everyone.filter(shop=shop, pk__in=ids, deleted_at=None).count() != len(ids):
            raise NotFound("There is no such product.", field="products")
        standing = GoodsWord.everyone.filter(product__in=ids, ended_at=None)
        same = set(standing.filter(goods_class=goods).values_list("product", flat=True))
        ended = standing.exclude(goods_class=goods).update(ended_at=now, ended_by=by[:120])
        if _is_taxed_less(shop):  # prices without VAT are others now, and so are shelves
            mark_variants(list(Variant.everyone.filter(product__in=ids - same).values_list("pk", flat=True)))
        if not goods:
            return ended
        said = {"shop": shop, "goods_class": goods, "said_at": now, "said_by": by[:120]}
        rows = [GoodsWord(product_id=pk, **said) for pk in sorted(ids - same)]
        GoodsWord.everyone.bulk_create(rows, batch_size=1_000)
        return len(rows)


def add_goods_rule(shop: Shop, *, category: str, tag: str, goods: str, by: str) -> GoodsRule:
    """Let a rule say the class of all products of a type, with a tag, or both; it ends the one that stood for the same.

    *Locks* the shop. *Again*: the rule that stands. Raises BadGoods.
    """
    _check_class(goods)
    category, tag = " ".join(category.split()).lower(), " ".join(tag.split()).lower()
    if not (category or tag) or max(len(category), len(tag)) > 200 or "\0" in category + tag:
        raise BadGoods("Name a product type, a tag or both.", field="category")
    with transaction.atomic():
        _lock(shop)
        standing = GoodsRule.everyone.filter(shop=shop, ended_at=None)
        same = standing.filter(category=category, tag=tag).first()
        if same is not None and same.goods_class == goods:
            return same
        if same is None and standing.count() >= MOST_RULES:
            raise BadGoods(f"A shop has at most {MOST_RULES} rules about goods; remove some first.", field="category")
        if same is not None:
            end_goods_rule(same, by=by)
        elif _is_taxed_less(shop):
            mark_shop(shop)
        return GoodsRule.everyone.create(shop=shop, category=category, tag=tag, goods_class=goods, said_by=by[:120])


def end_goods_rule(rule: GoodsRule, *, by: str) -> None:
    """Let a rule end; it stays as history. *Again*: no change."""
    with transaction.atomic():
        ended = GoodsRule.everyone.filter(pk=rule.pk, ended_at=None).update(ended_at=timezone.now(), ended_by=by[:120])
        if ended and _is_taxed_less(rule.shop):
            mark_shop(rule.shop)


def goods_history(shop: Shop, *, most: int = 30) -> list[dict[str, Any]]:
    """Tell what was said of a shop's goods lately, newest first: words together that were said at once."""
    words: dict[Any, dict[str, Any]] = {}
    newest = GoodsWord.everyone.filter(shop=shop).order_by("-pk").select_related("product")
    for word in newest[: most * 10]:
        told = words.setdefault((word.said_at, word.said_by, word.goods_class), {"row": word, "products": []})
        told["products"].append(word.product.title)
    rules = [{"row": rule, "products": []} for rule in GoodsRule.everyone.filter(shop=shop).order_by("-pk")[:most]]
    return sorted([*words.values(), *rules], key=lambda told: told["row"].said_at, reverse=True)[:most]


def _is_taxed_less(shop: Shop) -> bool:
    """Say whether a class of goods changes the VAT in a shop's shown prices."""
    return shop.taxes_included and any(country == shop.country for country, _ in lower_rates(timezone.localdate()))


def _check_class(goods: str) -> None:
    if goods not in CLASSES:
        raise BadGoods(f"There are the classes {', '.join(CLASSES)}.", field="goods_class")


def _lock(shop: Shop) -> None:
    Shop.everyone.select_for_update(no_key=True).get(pk=shop.pk)
