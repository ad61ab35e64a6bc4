"""Read comparable facts out of variants as their shops write them, and keep them on the rows: one statement for a batch."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone

from catalog.facts import columns_of, facts_from, keys_of, pack_facts, words_of
from catalog.flat import flat, unflat
from catalog.matching.aliasing import Aliases
from catalog.matching.deciding import RULE_VERSION
from catalog.matching.normalising import NORM_VERSION, Normalised, VariantIn, normalise
from catalog.models import NormRun, Variant

AT_ONCE = 4000


@dataclass(slots=True)
class Due:
    """A variant to be matched: its marks, its facts before and after reading it again, and what it stands for."""

    pk: int
    shop_id: int
    product_id: int
    mark: str  # as PostgreSQL writes it; empty without one
    deleted: bool
    rule: int
    packed: str
    facts: Normalised
    match_id: int | None
    item_id: int | None
    method: str
    judged: bool  # a person has said something about it or took it back, or is asked about its product now
    is_unread: bool = False
    before: tuple[str, str, str] = ("", "", "")  # its keys as they stood
    is_new: bool = False  # facts are other than the row says
    words: list[str] | None = None  # its product's, where they are others now

    @property
    def is_settled(self) -> bool:
        """Its facts are what they were when it was matched under these rules, and no person has a say in it."""
        return not (self.is_new or self.deleted or self.judged) and self.rule == RULE_VERSION


# The same columns as the function catalog_due_variants gives.
_AFTER = """
select v.id, v.shop_id, v.product_id, coalesce(v.match_due_at::text, ''), v.deleted_at is not null, v.matched_rule, v.facts,
  m.id, m.item_id, m.method, exists(select from catalog_verdict w where w.variant_id = v.id) or m.id is null and exists(
    select from catalog_reviewcard c where c.product_id = v.product_id and c.status = 'open' and c.kind = 'question'),
  v.facts_for is distinct from v.match_due_at or v.norm_version < %s,
  p.title, p.vendor, v.options, v.sku, v.barcode, p.tags, p.product_type, v.price_minor, s.currency, v.article_code,
  s.name, o.name, p.words
from catalog_variant v join catalog_product p on p.id = v.product_id
join network_shop s on s.id = v.shop_id join network_merchant o on o.id = s.merchant_id
left join catalog_match m on m.variant_id = v.id and m.status = 'linked'
where v.id > %s order by v.id limit %s
"""


def read_due(aliases: Aliases, most: int = AT_ONCE) -> list[Due]:
    """Read the variants whose marks are oldest, with the facts they have now; those read before are not read again."""
    return _read("select * from catalog_due_variants(%s, %s)", (NORM_VERSION, most), aliases)


def _read(sql: str, values: tuple[Any, ...], aliases: Aliases) -> list[Due]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows = cursor.fetchall()
    first: dict[int, int] = {}
    for row in rows:
        if not row[4]:
            first[row[2]] = min(row[0], first.get(row[2], row[0]))
    return [_due(row, aliases, first.get(row[2]) == row[0]) for row in rows]


def _due(row: Sequence[Any], aliases: Aliases, is_first: bool) -> Due:
    pk, shop, product, mark, deleted, rule, packed, match, item, method, judged, unread, *raw = row
    facts = _UNKNOWN if unread else facts_from(packed, pk, shop, product, raw[7])
    due = Due(pk, shop, product, mark, deleted, rule, packed, facts, match, item, method or "", judged, unread)
    if deleted:
        due.is_unread, due.before = False, keys_of(facts_from(packed, pk, shop, product, raw[7]))
    elif unread:
        received = _as_received(pk, shop, product, raw)
        due.facts = normalise(received, brand_aliases=aliases.brands, colour_aliases=aliases.colours)
        due.packed = pack_facts(due.facts)
        if due.packed != packed:
            due.is_new, due.before = True, keys_of(facts_from(packed, pk, shop, product, raw[7]))
            if is_first and (words := words_of(due.facts)) != raw[12]:
                due.words = words
    return due


_UNKNOWN = Normalised(0, 0, "")


def _as_received(pk: int, shop: int, product: int, raw: Sequence[Any]) -> VariantIn:
    title, vendor, options, sku, barcode, tags, kind, price, currency, code, shop_name, merchant, _ = raw
    if type(options) is str:
        options = json.loads(options)
    return VariantIn(
        id=pk,
        shop_id=shop,
        product_ref=str(product),
        title=title,
        vendor=vendor,
        options=tuple((str(pair[0]), str(pair[1])) for pair in options),
        sku=sku,
        barcode=barcode,
        tags=tuple(tags),
        product_type=kind,
        price_minor=price,
        currency=currency,
        article_code=code,
        shop_names=(shop_name, merchant),
    )


def read_again(aliases: Aliases) -> int:
    """Read one batch of variants that older normalisers read, in the order of their ids; what changed is due then.

    Returns how many were looked at, 0 when the pass is over. How far it got stands in `NormRun`, for staff to see.
    """
    if NORM_VERSION in _passes_over:
        return 0
    run, _ = NormRun.objects.get_or_create(
        version=NORM_VERSION, defaults={"total": Variant.everyone.filter(norm_version__lt=NORM_VERSION).count()}
    )
    rows = [] if run.finished_at else _read(_AFTER, (NORM_VERSION, run.last_variant, AT_ONCE), aliases)
    old = [row for row in rows if row.is_unread and not row.mark]  # marked ones are read when it is their turn
    keep_facts([row for row in old if row.is_new], done=False)
    _stamp([row.pk for row in old if not row.is_new])
    if rows:
        run.last_variant = rows[-1].pk
        run.done += len(rows)
        run.changed += sum(row.is_new for row in old)
    elif run.finished_at is None:
        run.finished_at = timezone.now()
    run.save()
    if run.finished_at:
        _passes_over.add(NORM_VERSION)
    return len(rows)


_passes_over: set[int] = set()  # what is over stays over: spares every change a look


def _stamp(ids: Sequence[int]) -> None:
    if ids:
        Variant.everyone.filter(pk__in=ids).update(norm_version=NORM_VERSION)


# --- keeping ----------------------------------------------------------------------------------------------------------
# A row whose mark is another by now has changed since it was read: its facts are kept, and it stays unread.
_COLUMNS = {
    "version": "int", "gtin": "text", "gtin_status": "text", "brand": "text", "code": "text", "code_level": "text",
    "size_key": "text", "size_label": "text", "colour": "text", "gender": "text", "tokens": "text",
}  # fmt: skip
_SENT = {"id": "bigint", "mark": "text", "is_new": "bool", "facts": "text"} | _COLUMNS
_KEEP = f"""
update catalog_variant v set norm_version = f.version, gtin = f.gtin, gtin_status = f.gtin_status, brand_key = f.brand,
  code = f.code, code_level = f.code_level, size_key = f.size_key, size_label = f.size_label, colour_key = f.colour,
  gender = f.gender, tokens = string_to_array(f.tokens, ' '), facts = f.facts,
  matched_rule = case when %(done)s then %(rule)s when f.is_new and v.matched_rule > 0 then -v.matched_rule
    else v.matched_rule end,
  facts_for = case when v.match_due_at is distinct from f.mark then f.mark else %(later)s end,
  match_due_at = case when v.match_due_at is distinct from f.mark then v.match_due_at when %(done)s then null
    else %(later)s end
from (
  select *, nullif(said, '')::timestamptz as mark
  from unnest({", ".join(unflat(name, kind) for name, kind in _SENT.items())})
    s({", ".join("said" if name == "mark" else name for name in _SENT)})
) f
where v.id = f.id
"""  # noqa: S608 - names of columns, no values


def keep_facts(rows: Sequence[Due], *, done: bool) -> None:
    """Keep what was read on the variants' rows; `done` clears their marks, else they wait, behind all that wait now."""
    if not rows:
        return
    values: dict[str, Any] = {"rule": RULE_VERSION, "later": timezone.now(), "done": done}
    values |= {"id": flat(row.pk for row in rows), "mark": flat(row.mark for row in rows)}
    values |= {"is_new": flat(row.is_new for row in rows), "facts": flat(row.packed for row in rows)}
    columns = zip(*[columns_of(row.facts) for row in rows], strict=True)
    values |= {name: flat(column) for name, column in zip(_COLUMNS, columns, strict=True)}
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, values)
    _keep_words({row.product_id: row.words for row in rows if row.words is not None})


_SETTLE = f"""
update catalog_variant v set match_due_at = null, matched_rule = %(rule)s, norm_version = %(version)s
from unnest({unflat("id", "bigint")}, {unflat("mark", "timestamptz")}) f(id, mark)
where v.id = f.id and v.match_due_at = f.mark
"""  # noqa: S608 - names of columns, no values


def clear_marks(marks: Mapping[int, str]) -> None:
    """Say that these rows are matched as they stand; one that changed since it was read keeps its mark."""
    if marks:
        with connection.cursor() as cursor:
            values = {"id": flat(marks), "mark": flat(marks.values())}
            cursor.execute(_SETTLE, values | {"rule": RULE_VERSION, "version": NORM_VERSION})


_WORDS = f"""
with told as (
  select t.id, string_to_array(nullif(t.words, ''), E'\n') as words
  from unnest({unflat("ids", "bigint")}, {unflat("words", "text")}) t(id, words)
),
changed as (
  update catalog_product p set words = coalesce(told.words, '{{}}') from told, catalog_product old
  where p.id = told.id and old.id = p.id returning old.words as before, p.words as after
),
counted as (
  select word, sum(n)::int as n from (
    select unnest(after) as word, 1 as n from changed union all select unnest(before), -1 from changed
  ) moved group by word having sum(n) <> 0
)
insert into catalog_wordcount as c (word, products) select word, greatest(n, 0) from counted order by word
on conflict (word) do update set products = greatest(c.products + excluded.products, 0)
"""  # noqa: S608 - names of columns, no values


def _keep_words(words: Mapping[int, list[str] | None]) -> None:
    """Keep the words under which products are found, and count on how many products each stands."""
    if words:
        ids = sorted(words)
        with connection.cursor() as cursor:
            cursor.execute(_WORDS, {"ids": flat(ids), "words": flat("\n".join(words[pk] or ()) for pk in ids)})
