"""Read comparable facts out of variants as their shops write them, and keep them on the rows: one statement for a batch."""

import itertools
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import connection
from django.utils import timezone

from catalog.facts import columns_of, facts_from, keys_of, pack_facts, words_of
from catalog.flat import flat, flat_ids, unflat
from catalog.matching.aliasing import Aliases
from catalog.matching.brand_names import read_variant
from catalog.matching.deciding import RULE_VERSION
from catalog.matching.normalising import NORM_VERSION, Normalised, VariantIn
from catalog.models import NormRun, Variant
from catalog.names import known_names

AT_ONCE = 4000
SIDE_BY_SIDE = 500


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


ONE_MATCHER = 0x534B5555  # an advisory lock
# The same columns as the function catalog_take_due gives.
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


@dataclass(frozen=True, slots=True)
class Matcher:
    """What holds for the whole network while one matcher works: classes that may not link, confirmed aliases."""

    stopped: frozenset[str]
    aliases: Aliases


def take_due(most: int = AT_ONCE) -> tuple[Matcher, list[Due]] | None:
    """Become the matcher until the end of this transaction and read the variants whose marks are oldest; one statement.

    Each has the facts it has now; those read before are not read again. Marks of rows whose facts are what they were are
    cleared, in one statement more. None while another matches: that one does our work too.
    """
    with connection.cursor() as cursor:
        cursor.execute("select * from catalog_take_due(%s, %s, %s)", (ONE_MATCHER, NORM_VERSION, most))
        rows = cursor.fetchall()
    if not rows:
        return None
    known = json.loads(rows.pop(0)[14])
    colours = {word: tuple(bases) for word, bases in known["colours"].items()}
    matcher = Matcher(frozenset(known["stopped"]), Aliases(known["brands"], colours, known_names(known["names"])))
    return matcher, _settle(_as_due(rows, matcher.aliases), len(rows))


def _settle(reading: Iterator[Due], most: int) -> list[Due]:
    """Clear the marks of rows whose facts are what they were; of many, while the next ones are read.

    The server writes one part in the time this process needs to read another: on two processors that is half the time.
    """
    if most <= SIDE_BY_SIDE:
        due = list(reading)
        clear_marks(_unchanged(due))
        return due
    due, raw = [], connection.connection  # what psycopg opened may be used by several threads, by turns
    with ThreadPoolExecutor(1) as hand:
        clearing = []
        while part := list(itertools.islice(reading, SIDE_BY_SIDE)):
            due += part
            if marks := _unchanged(part):
                clearing.append(hand.submit(raw.execute, _SETTLE, _settling(marks)))
        for one in clearing:
            one.result()
    return due


def _unchanged(due: Iterable[Due]) -> dict[int, str]:
    return {row.pk: row.mark for row in due if row.is_settled}


def _as_due(rows: Sequence[Sequence[Any]], aliases: Aliases) -> Iterator[Due]:
    first: dict[int, int] = {}
    for row in rows:
        if not row[4]:
            first[row[2]] = min(row[0], first.get(row[2], row[0]))
    return (_due(row, aliases, first.get(row[2]) == row[0]) for row in rows)


def _due(row: Sequence[Any], aliases: Aliases, is_first: bool) -> Due:
    pk, shop, product, mark, deleted, rule, packed, match, item, method, judged, unread, *raw = row
    facts = _UNKNOWN if unread else facts_from(packed, pk, shop, product, raw[7])
    due = Due(pk, shop, product, mark, deleted, rule, packed, facts, match, item, method or "", judged, unread)
    if deleted:
        due.is_unread, due.facts = False, facts_from(packed, pk, shop, product, raw[7])
        due.before = keys_of(due.facts)
    elif unread:
        received = _as_received(pk, shop, product, raw)
        due.facts = read_variant(received, aliases.names, brand_aliases=aliases.brands, colour_aliases=aliases.colours)
        due.packed = pack_facts(due.facts)
        if due.packed != packed:
            due.is_new, due.before = True, keys_of(facts_from(packed, pk, shop, product, raw[7]))
            if is_first and (words := words_of(due.facts)) != raw[12]:
                due.words = words
    return due


_UNKNOWN = Normalised(0, 0, "")


def _as_received(pk: int, shop: int, product: int, raw: Sequence[Any]) -> VariantIn:
    title, vendor, options, sku, barcode, tags, kind, price, currency, code, shop_name, merchant, _ = raw
    return VariantIn(
        id=pk,
        shop_id=shop,
        product_ref=str(product),
        title=title,
        vendor=vendor,
        options=_pairs(options),
        sku=sku,
        barcode=barcode,
        tags=tuple(tags),
        product_type=kind,
        price_minor=price,
        currency=currency,
        article_code=code,
        shop_names=(shop_name, merchant),
    )


@lru_cache(maxsize=16384)
def _pairs(options: str) -> tuple[tuple[str, str], ...]:
    """A variant's options as its shop names them: the same few stand on many."""
    return tuple((str(pair[0]), str(pair[1])) for pair in json.loads(options))


def read_again(aliases: Aliases) -> int:
    """Read one batch of variants that older normalisers read, in the order of their ids; what changed is due then.

    Returns how many were looked at, 0 when the pass is over. How far it got stands in `NormRun`, for staff to see.
    """
    run, _ = NormRun.objects.get_or_create(
        version=NORM_VERSION, defaults={"total": Variant.everyone.filter(norm_version__lt=NORM_VERSION).count()}
    )
    rows = [] if run.finished_at else _read_after(run.last_variant, aliases)
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


def is_read_over() -> bool:
    """Tell whether this process knows that no row waits to be read by newer normalisers."""
    return NORM_VERSION in _passes_over


def _read_after(last: int, aliases: Aliases) -> list[Due]:
    with connection.cursor() as cursor:
        cursor.execute(_AFTER, (NORM_VERSION, last, AT_ONCE))
        return list(_as_due(cursor.fetchall(), aliases))


_passes_over: set[int] = set()  # what is over stays over: spares every change a look


def _stamp(ids: Sequence[int]) -> None:
    if ids:
        Variant.everyone.filter(pk__in=ids).update(norm_version=NORM_VERSION)


# --- keeping ----------------------------------------------------------------------------------------------------------
_COLUMNS = ("versions", "gtins", "gtin_statuses", "brands", "codes", "code_levels", "size_keys", "size_labels", "colours",
            "genders", "tokens_of")  # fmt: skip
_SENT = ("freed_gtins", "freed_brands", "freed_codes", "ids", "marks", "news", "packed", *_COLUMNS, "settled",
         "settled_marks", "worded", "words_of", "asked")  # fmt: skip
_KEEP = f"""
select catalog_keep_matched(%(rule)s, %(newest)s, %(later)s, %(is_done)s, {", ".join(f"%({name})s" for name in _SENT)})
"""  # noqa: S608 - names of parameters, no values
_NOTHING = flat(())


def keep_facts(rows: Sequence[Due], *, done: bool, asked: Collection[int] = ()) -> None:
    """Keep what was read, and wake those who shared a key that a row has no more; one statement, none for nothing.

    `done` clears the marks of all these rows, else those that are unread wait, behind all that wait now. A row whose mark
    is another by now has changed since it was read: its facts are kept, and it stays unread. The questions of the products
    `asked` are to be thought over.
    """
    unread = [row for row in rows if (row.is_new if done else row.is_unread)]
    settled = [row for row in rows if not row.is_new] if done else []
    if not (unread or settled):
        return
    values: dict[str, Any] = dict.fromkeys(_SENT, _NOTHING)
    values |= {"rule": RULE_VERSION, "newest": NORM_VERSION, "later": timezone.now(), "is_done": done}
    values["asked"] = flat_ids(asked)
    values |= _freed(rows)
    if unread:
        values |= {"ids": flat(row.pk for row in unread), "marks": flat(row.mark for row in unread)}
        values |= {"news": flat(row.is_new for row in unread), "packed": flat(row.packed for row in unread)}
        columns = zip(*[columns_of(row.facts) for row in unread], strict=True)
        values |= {name: flat(column) for name, column in zip(_COLUMNS, columns, strict=True)}
    if settled:
        values |= {"settled": flat(row.pk for row in settled), "settled_marks": flat(row.mark for row in settled)}
    if words := {row.product_id: row.words for row in unread if row.words is not None}:
        values |= {"worded": flat(words), "words_of": flat("\n".join(said) for said in words.values())}
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, values)


def _freed(rows: Iterable[Due]) -> dict[str, str]:
    """Name the keys that these rows have given up."""
    gtins, codes = set(), set()
    for row in rows:
        gtin, brand, code = row.before
        now = ("", "", "") if row.deleted else keys_of(row.facts)
        if gtin and gtin != now[0]:
            gtins.add(gtin)
        if code and (brand, code) != now[1:]:
            codes.add((brand, code))
    if not (gtins or codes):
        return {}
    pairs = sorted(codes)
    return {
        "freed_gtins": flat(sorted(gtins)),
        "freed_brands": flat(brand for brand, _ in pairs),
        "freed_codes": flat(code for _, code in pairs),
    }


_SETTLE = f"""
update catalog_variant v set match_due_at = null, matched_rule = %(rule)s, norm_version = %(version)s
from unnest({unflat("id", "bigint")}, {unflat("mark", "timestamptz")}) f(id, mark)
where v.id = f.id and v.match_due_at = f.mark
"""  # noqa: S608 - names of columns, no values


def clear_marks(marks: Mapping[int, str]) -> None:
    """Say that these rows are matched as they stand; one that changed since it was read keeps its mark."""
    if marks:
        with connection.cursor() as cursor:
            cursor.execute(_SETTLE, _settling(marks))


def _settling(marks: Mapping[int, str]) -> dict[str, Any]:
    return {"id": flat(marks), "mark": flat(marks.values()), "rule": RULE_VERSION, "version": NORM_VERSION}
