"""Reads whole brands and everybody who shares a barcode with them, decides them at once, and keeps what they teach.

A brand is the largest thing that any decision looks at: the levels of its codes and the charts of its sizes are learnt from
all its rows. Rows of others count only for the barcodes they share: who misuses one, and whom a row without a brand is lent
it by. The nightly comparison and the matching of much at once see the same here.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import connection
from django.utils import timezone

from catalog.facts import facts_from
from catalog.matching.engine import Decided, decide
from catalog.matching.knowing import SHAPE
from catalog.matching.lending import ANY, FEWEST_BRANDS, LOOKED_AT, NEARLY_ALL, Entry, all_distrusted, entry_of
from catalog.matching.levelling import shape_of
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
    lent: dict[int, str] = field(default_factory=dict)  # the brands that rows without one were lent

    def is_here(self, pk: int) -> bool:
        """Tell whether a row is decided here: it is of these brands or was lent one, or has none and is around them."""
        brand = self.found.rows[pk].facts.brand or self.lent.get(pk, "")
        return not brand or brand[:120] in self.names


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
    add_known(read.found, brands=[""])
    return read


def decide_brands(read: Brands) -> Decided:
    """Decide these brands by themselves and what the network knows of all."""
    listing = listing_of(read.found.facts)
    decided = decide(listing, must=read.found.must, cannot=read.found.cannot, known=read.found.known)
    units = decided.units
    for pk, unit in zip(listing.ids, listing.unit.tolist(), strict=True):
        row = read.found.rows[int(pk)]
        if units[unit].brand and not row.facts.brand:
            read.lent[row.pk] = units[unit].brand
        row.is_whole = read.is_here(row.pk)
    return decided


# --- learning ---------------------------------------------------------------------------------------------------------
def keep_learnt(read: Brands, decided: Decided) -> set[int]:
    """Keep sizes and code levels learnt of these brands, in place of what was known of them.

    Rows whose size or code means something else by it are due again, as if they were new; returns them, those left out
    that waited already.
    """
    names = {name[:120] for name in read.names if name}
    sizes = {
        (brand[:120], system[:12], value[:20]): european[:20]
        for (brand, system, value), european in decided.charts.items()
        if brand[:120] in names
    }
    sizes |= {(name, LOOKED_AT, ""): "" for name in names}
    codes = {(brand[:120], code[:80]): level for (brand, code), level in decided.levels.items() if brand[:120] in names}
    changed_sizes, changed_codes = _keep_sizes(names, sizes), _keep_codes(names, codes)
    due = set(_concerned(read, decided, changed_sizes, changed_codes)) - read.waiting
    if due:
        with connection.cursor() as cursor:
            cursor.execute(_DUE_AGAIN, [timezone.now(), sorted(due)])
    return due


_DUE_AGAIN = """
update catalog_variant set match_due_at = %s, matched_rule = 0 where id = any(%s) and match_due_at is null
"""


def _keep_sizes(names: Collection[str], sizes: Mapping[Entry, str]) -> set[Entry]:
    """Write sizes where they differ from what was known; returns the entries that did, all but the counts."""
    before: dict[Entry, str] = {
        (brand, system, value): european
        for brand, system, value, european in LearntSize.objects.filter(brand__in=names).values_list(
            "brand", "system", "value", "european"
        )
    }
    changed = {entry for entry in before.keys() | sizes.keys() if before.get(entry) != sizes.get(entry)}
    LearntSize.objects.filter(brand__in={brand for brand, _, _ in changed}).delete()
    LearntSize.objects.bulk_create(
        LearntSize(brand=brand, system=system, value=value, european=european)
        for (brand, system, value), european in sorted(sizes.items())
        if brand in {brand for brand, _, _ in changed}
    )
    return {entry for entry in changed if entry[1] != LOOKED_AT}


def _keep_codes(names: Collection[str], codes: Mapping[tuple[str, str], str]) -> set[tuple[str, str]]:
    """Write levels of codes and shapes where they differ from what was known; returns those that did."""
    before: dict[tuple[str, str], str] = {
        (brand, code): level
        for brand, code, level in CodeLevel.objects.filter(brand__in=names).values_list("brand", "code", "level")
    }
    changed = {key for key in before.keys() | codes.keys() if before.get(key) != codes.get(key)}
    brands = {brand for brand, _ in changed}
    CodeLevel.objects.filter(brand__in=brands).delete()
    CodeLevel.objects.bulk_create(
        CodeLevel(brand=brand, code=code, level=level)
        for (brand, code), level in sorted(codes.items())
        if brand in brands
    )
    return changed


def _concerned(
    read: Brands, decided: Decided, sizes: Collection[Entry], codes: Collection[tuple[str, str]]
) -> Iterator[int]:
    """Name the rows of these brands that are read by one of these entries."""
    if not sizes and not codes:
        return
    charts = {brand for brand, _, value in sizes if value == ANY}
    listing = decided.listing
    by_code = [
        (unit.brand, unit.code.value) in codes or (unit.brand, SHAPE + shape_of(unit.code.value)) in codes
        for unit in decided.units
    ]
    by_size: dict[tuple[str, str, str, str], bool] = {}
    for pk, place, label in zip(listing.ids, listing.unit.tolist(), listing.label.tolist(), strict=True):
        unit = decided.units[place]
        asked = listing.labels[label], unit.brand, unit.gender, unit.kind
        if asked not in by_size:
            entry = entry_of(*asked)
            by_size[asked] = entry in sizes or unit.brand in charts
        if (by_code[place] or by_size[asked]) and read.is_here(int(pk)):
            yield int(pk)


# What eight brands say of a size and hardly any other denies, as catalog.matching.lending has it of one listing.
_OF_ALL = """
with said as (
  select system, value, european, count(*) as brands, sum(count(*)) over (partition by system, value) as total
  from catalog_learntsize where brand <> '' and european <> '' and system <> '~' group by system, value, european
)
select system, value, european from said where brands >= %s and brands >= %s * total
"""
_HEARD = """
select coalesce(sum(split_part(european, ' ', 1)::int), 0), coalesce(sum(split_part(european, ' ', 2)::int), 0)
from catalog_learntsize where system = '~' and european <> ''
"""


def learn_of_all_brands() -> None:
    """Conclude from the brands' sizes what holds for a brand that nobody has taught yet; rows it concerns are due."""
    before = set(LearntSize.objects.filter(brand="").values_list("system", "value", "european"))
    with connection.cursor() as cursor:
        cursor.execute(_OF_ALL, [FEWEST_BRANDS, NEARLY_ALL])
        learnt = set(cursor.fetchall())
        cursor.execute(_HEARD)
        if all_distrusted(*cursor.fetchone()):
            learnt.add(("", ANY, ""))
        changed = before ^ learnt
        if not changed:
            return
        LearntSize.objects.filter(brand="").delete()
        LearntSize.objects.bulk_create(
            LearntSize(brand="", system=system, value=value, european=european)
            for system, value, european in sorted(learnt)
        )
        keys = sorted(
            {f"{name}:{value}" for system, value, _ in changed for name in (system, system.partition("-")[0])}
        )
        cursor.execute(_WAKE, [timezone.now(), keys, ("", ANY, "") in changed])


# Rows in a size that has another meaning now; where no packaged chart is believed any more, all that one might be for.
_WAKE = """
update catalog_variant v set match_due_at = %s, matched_rule = 0
where v.deleted_at is null and v.match_due_at is null
  and (v.size_key = any(%s::text[]) or %s and v.size_label ~* '(uk|us)')
"""
