"""Read, for products whose variants changed, everybody they might be the same as: whole products with their facts, one statement.

Nothing is normalised here: facts stand packed on the rows. A function in the database goes from keys to products and on to
their keys, once more, because who misuses a neighbour's barcode decides too; each step is an index-only scan of the covering
indexes `variant_clean_gtin` or `variant_live_brand_code`, its plans are kept by the session. One flat statement with all the
joins took 12 ms to plan and fell for hash joins over whole tables (220 ms at 200,000 variants). A million variants change
nothing but the depth of three B-trees.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from catalog.facts import facts_from
from catalog.flat import flat, flat_ids
from catalog.matching.article import NO_CODE
from catalog.matching.grouping import MOST_OF_A_KEY
from catalog.matching.knowing import SHAPE, Known
from catalog.matching.lending import LOOKED_AT
from catalog.matching.levelling import shape_of
from catalog.matching.normalising import Normalised

MANY_PRODUCTS = 50  # from here on the planner's figures matter more than the time to renew them
# From the third step on, more products than these end the way, or so many for each that changed. The widest true
# neighbourhood measured has had 34.
MOST_PRODUCTS, MOST_FOR_EACH = 400, 40


@dataclass(slots=True)
class Row:
    """A live variant as matching sees it: what it is and what it stands for; `is_whole`: all who decide about it are here."""

    pk: int
    shop_id: int
    product_id: int
    facts: Normalised
    match_id: int | None = None
    item_id: int | None = None
    style_id: int | None = None
    method: str = ""
    is_whole: bool = True


@dataclass(slots=True)
class Neighbourhood:
    """Whole products around the changed ones, and what people said about their variants."""

    rows: dict[int, Row] = field(default_factory=dict)
    must: set[frozenset[int]] = field(default_factory=set)
    cannot: set[frozenset[int]] = field(default_factory=set)
    refused: set[tuple[int, int]] = field(default_factory=set)  # (variant, item): a person said no
    charts: dict[tuple[str, str, str], str] = field(default_factory=dict)  # sizes the whole network has taught
    levels: dict[tuple[str, str], str] = field(default_factory=dict)  # and the levels of codes
    brands: set[str] = field(default_factory=set)  # of which the network knows all there is to know

    @property
    def facts(self) -> list[Normalised]:
        return [row.facts for row in self.rows.values()]

    @property
    def known(self) -> Known:
        """What the whole network has taught about these."""
        return Known(self.charts, self.levels, self.brands)


# Every live row of the products around; see the migrations that make the functions.
_AROUND = """
select * from catalog_rows_around(%(products)s, %(changed)s, %(gtins)s, %(brands)s, %(codes)s, %(levels)s,
  %(most)s, %(widest)s)
"""


_OUTGROWN = """
select exists (
  select from pg_class c where c.oid = any(array['catalog_variant', 'catalog_match', 'catalog_item']::regclass[])
    and pg_relation_size(c.oid) > 1.5 * current_setting('block_size')::int * greatest(c.relpages, 8)
) or (
  select count(*) from pg_stats s where s.schemaname = current_schema() and (s.tablename, s.attname) in (
    ('catalog_match', 'item_id'), ('catalog_item', 'style_id'), ('catalog_variant', 'product_id'))
) < 3
"""


def refresh_statistics(cursor: CursorWrapper) -> None:
    """Tell the planner how large the tables are now, where they have outgrown what it knows.

    A first load comes faster than autovacuum: by the figures of empty tables the wide joins go row by row, for minutes.
    """
    cursor.execute(_OUTGROWN)
    if not cursor.fetchone()[0]:
        return
    cursor.execute("analyze catalog_variant (id, product_id, gtin, gtin_status, brand_key, match_due_at, deleted_at)")
    cursor.execute("analyze catalog_match (id, variant_id, item_id, status), catalog_item (id, style_id)")


def around(changed: Mapping[int, Normalised], products: Collection[int]) -> Neighbourhood:
    """Gather the rows of these products, of those that share a key with them, and of the styles they stand in.

    `changed` holds facts that the rows may not show yet. Two statements.
    """
    said = {(facts.gtin.key, facts.brand[:120], facts.code.value[:80], facts.code.level) for facts in changed.values()}
    gtins, brands, codes, levels = zip(*sorted(said), strict=True) if said else ((), (), (), ())
    asked: dict[str, Any] = {
        "products": flat_ids(products),
        "changed": flat_ids(changed),
        "gtins": flat(gtins),
        "brands": flat(brands),
        "codes": flat(codes),
        "levels": flat(levels),
        "most": MOST_OF_A_KEY,
        "widest": max(MOST_PRODUCTS, MOST_FOR_EACH * len(products)),
    }
    found = Neighbourhood()
    with connection.cursor() as cursor:
        if len(products) >= MANY_PRODUCTS:
            refresh_statistics(cursor)
        cursor.execute(_AROUND, asked)
        for pk, shop, product, packed, price, match, item, style, method, crowded, common, whole in cursor.fetchall():
            facts = changed.get(pk) or facts_from(packed, pk, shop, product, price)
            if crowded or common:
                facts = _without_crowded(facts, gtin=crowded, code=common)
            found.rows[pk] = Row(pk, shop, product, facts, match, item, style, method or "", whole)
    add_known(found)
    return found


def _without_crowded(facts: Normalised, *, gtin: bool, code: bool) -> Normalised:
    """Take keys from a row that so many others carry that they were not read: nobody may decide by them."""
    if gtin:
        facts = replace(facts, gtin=facts.gtin._replace(status="crowded"))
    return replace(facts, code=NO_CODE) if code else facts


# What people said of these rows, and what the nightly rebuild learnt of their brands and codes. A verdict about an item
# that went into another holds for that other, and a "no" holds for whom the machine has let go of the item since.
_KNOWN = """
select * from catalog_known_of(%(rows)s::bigint[], %(all_brands)s::text[], %(brands)s::text[], %(codes)s::text[])
"""


def add_known(found: Neighbourhood, *, brands: Collection[str] | None = None) -> None:
    """Add what people said of these rows, and what is known of the sizes and codes of their brands ("": of all).

    With `brands` only of the sizes of these. One statement.
    """
    codes = _codes_asked(found) if brands is None else set()
    if brands is None:
        brands = {"", *(row.facts.brand for row in found.rows.values())}
    asked: dict[str, Any] = {
        "rows": list(found.rows),
        "all_brands": list(brands),
        "brands": [brand for brand, _ in codes],
        "codes": [code for _, code in codes],
    }
    verdicts = []
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, asked)
        for kind, one, two, three, four in cursor.fetchall():
            if kind == "size" and two == LOOKED_AT:
                found.brands.add(one)
            elif kind == "size":
                found.charts[one, two, three] = four
            elif kind == "code":
                found.levels[one, two] = three
            elif kind == "not":
                found.cannot.add(frozenset((int(one), int(two))))
            else:
                verdicts.append((int(one), int(two), three == "true"))
    if verdicts:
        _add_verdicts(found, sorted(verdicts))


def _codes_asked(found: Neighbourhood) -> set[tuple[str, str]]:
    """Name the codes whose level may be known, and their shapes; a row without a brand may be lent that of any other."""
    brands = {row.facts.brand for row in found.rows.values() if row.facts.brand}
    worn = {(row.facts.brand, row.facts.code.value) for row in found.rows.values() if row.facts.code.value}
    codes = {(brand, code) for own, code in worn for brand in ((own,) if own else brands)}
    return codes | {(brand, SHAPE + shape_of(code)) for brand, code in codes}


def _add_verdicts(found: Neighbourhood, verdicts: list[tuple[int, int, bool]]) -> None:
    """Turn what people said into pairs: said of one item to be the same, they belong together; said not to be, never."""
    members: dict[int, set[int]] = {}
    for row in found.rows.values():
        if row.item_id is not None:
            members.setdefault(row.item_id, set()).add(row.pk)
    for variant, item, same in verdicts:
        if same:
            members.setdefault(item, set()).add(variant)
    for variant, item, same in verdicts:
        pairs = {frozenset((variant, other)) for other in members.get(item, set()) - {variant}}
        if same:
            found.must |= pairs
        else:
            found.cannot |= pairs
            found.refused.add((variant, item))
    found.must -= found.cannot
