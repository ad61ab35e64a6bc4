"""Reads whole brands and everybody who shares a barcode with them, decides them at once, and keeps what they teach.

A brand is the largest thing that any decision looks at: the levels of its codes and the charts of its sizes are learnt from
all its rows. Rows of others count only for the barcodes they share: who misuses one, and whom a row without a brand is lent
it by. The nightly comparison and the matching of much at once see the same here.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from django.db import connection
from django.utils import timezone

from catalog.facts import facts_from
from catalog.matching.engine import Decided, decide
from catalog.matching.lending import FEWEST_BRANDS, NEARLY_ALL
from catalog.matching.listing import listing_of
from catalog.models import CodeLevel, LearntSize
from catalog.neighbours import Neighbourhood, Row, add_known, refresh_statistics

ROWS_AT_ONCE = 20_000
WORTH_IT = 8  # a brand is read whole where one row in so many is due


@dataclass(slots=True)
class Brands:
    """Whole brands with those around them; `marks` says which rows are due and read, `waiting` which are due at all."""

    names: Collection[str]
    found: Neighbourhood = field(default_factory=Neighbourhood)
    marks: dict[int, str] = field(default_factory=dict)
    waiting: set[int] = field(default_factory=set)
    never_matched: set[int] = field(default_factory=set)

    def is_here(self, pk: int) -> bool:
        """Tell whether a row is decided here: it is of these brands, or of none and around them."""
        brand = self.found.rows[pk].facts.brand[:120]
        return not brand or brand in self.names


# Products that share a barcode with these brands, and those that share one with the brandless among them. Rows without a
# brand that share no barcode with any are by themselves, under the name "".
_PART = "select * from catalog_rows_of_brands(%(brands)s::text[])"


_DUE = """
with due as (
  select brand_key, count(*) as rows from catalog_variant
  where match_due_at is not null and deleted_at is null and brand_key <> '' group by brand_key
)
select due.brand_key, due.rows, (select count(*) from catalog_variant v where v.brand_key = due.brand_key and v.deleted_at is null)
from due order by due.rows desc, due.brand_key limit 1000
"""


def brands_due() -> list[str]:
    """Name brands of which enough is due that they are better matched whole, as many as are worth a step."""
    names, room = [], ROWS_AT_ONCE
    with connection.cursor() as cursor:
        refresh_statistics(cursor)
        cursor.execute(_DUE)
        for name, due, rows in cursor.fetchall():
            if due * WORTH_IT >= rows and room > 0:
                names.append(name)
                room -= rows
    return names


def read_brands(names: Sequence[str]) -> Brands:
    """Read the live rows of these brands and around them, and what people said of them. Two statements."""
    read = Brands(frozenset(names))
    with connection.cursor() as cursor:
        cursor.execute(_PART, {"brands": list(names)})
        for pk, shop, product, packed, price, match, item, style, method, mark, is_read, never in cursor:
            facts = facts_from(packed, pk, shop, product, price)
            read.found.rows[pk] = Row(pk, shop, product, facts, match, item, style, method or "")
            if mark is not None:
                read.waiting.add(pk)
                if is_read:
                    read.marks[pk] = mark
            if never:
                read.never_matched.add(pk)
    add_known(read.found, brands=[""], codes=())
    return read


def decide_brands(read: Brands) -> tuple[Decided, Sequence[str]]:
    """Decide these brands; returns also the levels of units' codes as their shops wrote them, for `keep_learnt`."""
    listing = listing_of(read.found.facts)
    levels = [unit.code.level for unit in listing.units]
    return decide(listing, must=read.found.must, cannot=read.found.cannot, charts=read.found.charts), levels


# --- learning ---------------------------------------------------------------------------------------------------------
def keep_learnt(names: Collection[str], decided: Decided, levels: Sequence[str]) -> None:
    """Keep sizes and code levels learnt of these brands, in place of what was known of them."""
    names = {name for name in names if name}
    sizes = [
        LearntSize(brand=brand[:120], system=system[:12], value=value[:20], european=european[:20])
        for (brand, system, value), european in sorted(decided.charts.items())
        if brand in names
    ]
    learnt = dict(_levels(decided, levels))
    codes = [
        CodeLevel(brand=brand[:120], code=code[:80], level=level)
        for (brand, code), level in sorted(learnt.items())
        if brand in names
    ]
    LearntSize.objects.filter(brand__in=names).delete()
    LearntSize.objects.bulk_create(sizes, ignore_conflicts=True)
    CodeLevel.objects.filter(brand__in=names).delete()
    CodeLevel.objects.bulk_create(codes, ignore_conflicts=True)


def _levels(decided: Decided, read: Sequence[str]) -> Iterator[tuple[tuple[str, str], str]]:
    """Tell the codes whose level is another than some shop's writing of it says."""
    for unit, before in zip(decided.units, read, strict=True):
        if unit.brand and unit.code.value and unit.code.level != before:
            yield (unit.brand, unit.code.value), unit.code.level


# What eight brands say of a size and hardly any other denies, as catalog.matching.lending has it of one listing.
_OF_ALL = """
with said as (
  select system, value, european, count(*) as brands, sum(count(*)) over (partition by system, value) as total
  from catalog_learntsize where brand <> '' and european <> '' group by system, value, european
),
gone as (delete from catalog_learntsize where brand = '')
select system, value, european from said where brands >= %s and brands >= %s * total
"""


def learn_of_all_brands() -> None:
    """Conclude from the brands' sizes what holds for a brand that nobody has taught yet; unlinked rows it concerns are due."""
    before = set(LearntSize.objects.filter(brand="").values_list("system", "value", "european"))
    with connection.cursor() as cursor:
        cursor.execute(_OF_ALL, [FEWEST_BRANDS, NEARLY_ALL])
        learnt = cursor.fetchall()
    sizes = [LearntSize(brand="", system=row[0], value=row[1], european=row[2]) for row in learnt]
    LearntSize.objects.bulk_create(sizes, ignore_conflicts=True)
    keys = {f"{name}:{row[1]}" for row in set(learnt) - before for name in (row[0], row[0].partition("-")[0])}
    if keys:
        with connection.cursor() as cursor:
            cursor.execute(_WAKE, [timezone.now(), sorted(keys)])


# Rows in a size that now has a meaning everywhere; who is linked keeps its link.
_WAKE = """
update catalog_variant v set match_due_at = %s, matched_rule = -abs(v.matched_rule)
where v.size_key = any(%s::text[]) and v.deleted_at is null and v.match_due_at is null
  and not exists (select from catalog_match m where m.variant_id = v.id and m.status = 'linked')
"""
