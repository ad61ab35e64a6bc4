"""Keep what the network knows of names: which vendors are shops' own, which brands titles and codes name.

Variants are read by it, so a lesson that says something new has those read again whom it concerns, as if they were new.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from catalog.matching.aliasing import NO_NAMES, Names
from catalog.matching.brand import brand_of_vendor
from catalog.matching.brand_names import TELLING_CODE, Lesson, Page
from catalog.matching.normalising import Id
from catalog.matching.product_facts import read_product
from catalog.models import BrandAlias, LearntName, Product, Variant
from network.models import Shop

GROWN = 8  # a lesson is old when a network has grown by one product in so many
AT_ONCE = 5000
_remembered: dict[tuple[str, int], Names] = {}  # by database and version


def known_names(version: int | None) -> Names:
    """Give the names of a version: the greatest id of `LearntName`. Read once, then remembered."""
    if not version:
        return NO_NAMES
    key = (str(connection.settings_dict["NAME"]), version)
    if key not in _remembered:
        names = _read_names()
        _remembered.clear()
        _remembered[key] = names
    return _remembered[key]


def lesson_is_old() -> bool:
    """Tell whether the network has grown much since names were last learnt."""
    last = LearntName.objects.filter(kind="lesson").values_list("name", flat=True).first()
    return last is None or int(last) * (GROWN + 1) < Product.everyone.count() * GROWN


def learn_names() -> int:
    """Learn names from all pages of the network; returns how many variants are due again because of it.

    *Locks* their rows. *Again*: nothing, as long as shops write what they wrote. Runs inside the matcher's transaction
    or one of its own.
    """
    heard = _hear()
    before = _read_names()
    shops = heard.lesson.names_of_shops(_partners(heard.lesson))
    titles = heard.lesson.brands_in_titles()
    told = Names.of(shops, titles, {})
    bare = dict(_bare(heard, told))
    codes = _codes([page.id for page, said in bare.items() if not told.brand_in(said)])
    after = Names.of(shops, titles, codes)
    with transaction.atomic():
        due = _have_read_again(before, after, bare)
        _keep(before, after, heard.pages if not due else 0)
    return due


@dataclass(slots=True)
class _Heard:
    """A lesson with the pages that name no brand as vendor, and by which names their shops go."""

    lesson: Lesson
    silent: list[Page] = field(default_factory=list)
    shop_names: dict[Id, tuple[str, ...]] = field(default_factory=dict)
    pages: int = 0


def _hear() -> _Heard:
    heard = _Heard(Lesson())
    shops = Shop.everyone.values_list("pk", "name", "merchant__name")
    heard.shop_names = {pk: (name, merchant) for pk, name, merchant in shops}
    live = Variant.everyone.filter(product=OuterRef("pk"), deleted_at=None)
    for page in _pages(Product.everyone.filter(Exists(live))):
        heard.pages += 1
        if brand_of_vendor(page.vendor, heard.shop_names.get(page.shop, ())):
            heard.lesson.hear(page)
        else:
            heard.lesson.hear(page._replace(vendor=""))
            heard.silent.append(page)
    return heard


def _pages(products: QuerySet[Product]) -> Iterator[Page]:
    rows = products.values_list("id", "shop_id", "vendor", "title")
    return (Page(*row) for row in rows.order_by("pk").iterator(chunk_size=AT_ONCE))


# Pages of these vendors with the vendors of other shops' pages that carry one of their barcodes. A barcode that their own
# shop has on several variants says nothing; of one that many carry the first are enough.
_PARTNERS = """
select distinct p.shop_id, p.vendor, p.id, q.vendor
from unnest(%s::bigint[], %s::text[]) lone(shop_id, vendor)
join catalog_product p on p.shop_id = lone.shop_id and p.vendor = lone.vendor
join catalog_variant v on v.product_id = p.id and v.gtin_status = 'clean' and v.deleted_at is null
cross join lateral (
  select array_agg(w.product_id) as pages, bool_or(w.shop_id = v.shop_id and w.id <> v.id) as is_misused from (
    select w.id, w.shop_id, w.product_id from catalog_variant w
    where w.gtin = v.gtin and w.gtin_status = 'clean' and w.deleted_at is null order by w.id limit 60
  ) w
) near
cross join lateral unnest(near.pages) page(id) join catalog_product q on q.id = page.id and q.shop_id <> p.shop_id
where not near.is_misused
"""


def _partners(lesson: Lesson) -> dict[str, list[tuple[Id, str]]]:
    """Read with whom the brands that one shop alone names share barcodes: by brand, its pages and the others' vendors."""
    brand_of = {vendor: brand for brand, own in lesson.lone() for vendor in own}
    found: dict[str, list[tuple[Id, str]]] = defaultdict(list)
    if brand_of:
        with connection.cursor() as cursor:
            cursor.execute(_PARTNERS, [[shop for shop, _ in brand_of], [vendor for _, vendor in brand_of]])
            for shop, vendor, page, other in cursor:
                found[brand_of[shop, vendor]].append((page, other))
    return found


def _bare(heard: _Heard, names: Names) -> Iterator[tuple[Page, tuple[str, ...]]]:
    """Give every page that names no brand by vendor or by a word everybody knows, with the model words of its title."""
    own: dict[object, list[str]] = defaultdict(list)
    for shop, vendor in names.shops:
        own[shop].append(vendor)
    of_shops = _pages_of(names.shops)
    aliases = dict(BrandAlias.objects.values_list("alias", "brand_key"))
    for page in (*heard.silent, *of_shops):
        shop_names = (*heard.shop_names.get(page.shop, ()), *own.get(page.shop, ()))
        facts = read_product(page.title, page.vendor, shop_names=shop_names, aliases=aliases)
        if not facts.brand:
            yield page, facts.tokens


_CODES = """
with bare as materialized (select * from unnest(%(pages)s::bigint[]) b(product_id)),
asked as materialized (
  select distinct v.code from catalog_variant v join bare on bare.product_id = v.product_id
  where v.deleted_at is null and v.code_level = 'full' and length(v.code) >= %(telling)s
)
select w.code, w.brand_key, array_agg(distinct word) from asked join catalog_variant w on w.code = asked.code
left join lateral unnest(w.tokens) word on true
where w.deleted_at is null and w.code_level = 'full' and w.brand_key <> ''
  and not exists (select from bare where bare.product_id = w.product_id)
group by w.code, w.brand_key
"""


def _codes(pages: Collection[Id]) -> dict[str, tuple[str, frozenset[str]]]:
    """Say of the long full codes on these pages which brand alone carries them elsewhere, and the words beside them."""
    said: dict[str, list[tuple[str, frozenset[str]]]] = defaultdict(list)
    if pages:
        with connection.cursor() as cursor:
            cursor.execute(_CODES, {"pages": list(pages), "telling": TELLING_CODE})
            for code, brand, told in cursor:
                said[code].append((brand, frozenset(word for word in told if word)))
    return {code: brands[0] for code, brands in said.items() if len(brands) == 1}


# --- keeping ----------------------------------------------------------------------------------------------------------
def _read_names() -> Names:
    rows = list(LearntName.objects.exclude(kind="lesson").values_list("kind", "shop_id", "name", "brand", "words"))
    return Names.of(
        ((shop, name) for kind, shop, name, _, _ in rows if kind == "shop"),
        (name for kind, _, name, _, _ in rows if kind == "title"),
        {name: (brand, frozenset(told)) for kind, _, name, brand, told in rows if kind == "code"},
    )


def _keep(before: Names, after: Names, pages: int) -> None:
    """Write what is new, take back what holds no more, and raise the version if anything did."""
    was, now = dict(_rows(before)), dict(_rows(after))
    gone = [key for key in was if now.get(key) != was[key]]
    for kind in ("shop", "title", "code"):
        names = [name for of, _, name in gone if of == kind]
        LearntName.objects.filter(kind=kind, name__in=names).delete()
    kept = set(LearntName.objects.exclude(kind="lesson").values_list("kind", "shop_id", "name"))
    LearntName.objects.bulk_create(
        LearntName(kind=kind, shop_id=shop, name=name[:400], brand=brand[:120], words=sorted(told))
        for (kind, shop, name), (brand, told) in sorted(
            now.items(), key=lambda one: (one[0][0], str(one[0][1]), one[0][2])
        )
        if (kind, shop, name) not in kept
    )
    LearntName.objects.filter(kind="lesson").delete()
    LearntName.objects.create(kind="lesson", name=str(pages))


def _rows(names: Names) -> Iterator[tuple[tuple[str, Any, str], tuple[str, frozenset[str]]]]:
    nothing: tuple[str, frozenset[str]] = ("", frozenset())
    yield from ((("shop", shop, vendor), nothing) for shop, vendor in names.shops)
    yield from ((("title", None, brand), nothing) for brand in names.titles)
    yield from ((("code", None, code), told) for code, told in names.codes.items())


def _pages_of(vendors: Collection[tuple[Any, str]]) -> Iterator[Page]:
    """Read the pages that shops have under these vendors."""
    if vendors:
        shops, named = {shop for shop, _ in vendors}, {vendor for _, vendor in vendors}
        found = _pages(Product.everyone.filter(shop__in=shops, vendor__in=named))
        yield from (page for page in found if (page.shop, page.vendor) in vendors)


_AGAIN = """
update catalog_variant v set match_due_at = %(now)s, matched_rule = 0
where v.product_id = any(%(products)s::bigint[]) and v.deleted_at is null
  and (%(codes)s::text[] is null or v.code = any(%(codes)s::text[]))
"""


def _have_read_again(before: Names, after: Names, bare: Mapping[Page, tuple[str, ...]]) -> int:
    """Make the variants due that are read otherwise now; returns how many."""
    pages = {page.id for page in _pages_of(before.shops ^ after.shops)}
    if before.titles != after.titles:
        pages |= {page.id for page, said in bare.items() if before.brand_in(said) != after.brand_in(said)}
    codes = {
        code for code in before.codes.keys() | after.codes.keys() if before.codes.get(code) != after.codes.get(code)
    }
    due = _mark(sorted(pages), None)
    if codes:
        due += _mark(sorted(page.id for page in bare if page.id not in pages), sorted(codes))
    return due


def _mark(products: Sequence[Any], codes: Sequence[str] | None) -> int:
    due = 0
    with connection.cursor() as cursor:
        for start in range(0, len(products), AT_ONCE):
            asked: dict[str, Any] = {
                "now": timezone.now(),
                "products": products[start : start + AT_ONCE],
                "codes": codes,
            }
            cursor.execute(_AGAIN, asked)
            due += cursor.rowcount
    return due
