"""Write links, their histories and the items they lead to, in bulk; matching and review both come here."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone

from catalog.facts import keys_of
from catalog.flat import flat, flat_ids, unflat
from catalog.matching.engine import Link
from catalog.matching.normalising import Normalised
from catalog.matching.size import Size
from catalog.models import Item, Match, MergeEvent, Product, Style
from catalog.neighbours import Neighbourhood, Row
from catalog.relink import Join, Plan
from catalog.reread import Due
from skuu.kit.states import move_all

GONE = "the variant was deleted in its shop"


@dataclass(slots=True)
class Written:
    """What a plan came to: items whose shelves are touched, where variants stood and where they stand now."""

    touched: set[int] = field(default_factory=set)
    left: dict[int, int] = field(default_factory=dict)  # variant → item
    stands: dict[int, int] = field(default_factory=dict)


def write_plan(found: Neighbourhood, plan: Plan, gone: Sequence[Due], *, by: str) -> Written:
    """Let go of who leaves, then link who joins, with histories, keys and events; a constant number of statements."""
    done = Written()
    leaving = [_standing(found.rows[pk]) for pk in plan.leave]
    reasons = {match.pk: plan.leave[match.variant_id] for match in leaving}
    leaving += [_standing(row) for row in gone]
    reasons |= {row.match_id or 0: GONE for row in gone}
    joins = [join for join in plan.joins if join.links]
    taken = _taken({join.item for join in joins if join.item is not None}, leaving, reasons)
    for match in leaving:
        done.left[match.variant_id] = match.item_id
        done.touched.add(match.item_id)
    move_all(leaving, "withdrawn", by=by, reasons=reasons)
    _restate(found, plan.restate, by)
    if joins:
        _write_joins(found, plan, taken, done, by)
        _note_moves(done, by)
    return done


def _standing(row: Row | Due) -> Match:
    """Name a standing match as `move_all` takes it, without reading it."""
    return Match(pk=row.match_id, variant_id=row.pk, item_id=row.item_id or 0, shop_id=row.shop_id, status="linked")


_TOLD = {"match": "bigint", "method": "text", "evidence": "jsonb", "chance": "float8"}
_RESTATE = f"""
with said as (
  select * from unnest({", ".join(unflat(name, kind) for name, kind in _TOLD.items())}) s({", ".join(_TOLD)})
),
before as (select m.id, m.method from catalog_match m join said on said.match = m.id),
done as (
  update catalog_match m set method = said.method, evidence = said.evidence, probability = said.chance
  from said where m.id = said.match and m.status = 'linked' returning m.id, m.method
)
insert into catalog_matchchange (row_id, from_status, to_status, by, reason, at)
select id, 'linked', 'linked', %(by)s, 'evidence: ' || before.method || ' → ' || done.method, %(now)s
from done join before using (id) order by id
"""  # noqa: S608 - names of columns, no values


def _restate(found: Neighbourhood, links: Sequence[Link], by: str) -> None:
    """Say of links that stay what speaks for them now; the history keeps what did before."""
    if links:
        values = {
            "match": flat(found.rows[int(link.id)].match_id for link in links),
            "method": flat(link.method[:12] for link in links),
            "evidence": flat(json.dumps(list(link.evidence)) for link in links),
            "chance": flat(link.probability for link in links),
        }
        with connection.cursor() as cursor:
            cursor.execute(_RESTATE, values | {"by": by, "now": timezone.now()})


_HOLDERS = """
select m.id, m.variant_id, m.item_id, m.shop_id, v.deleted_at is not null
from unnest(%s::bigint[]) i(id) join catalog_match m on m.item_id = i.id join catalog_variant v on v.id = m.variant_id
where m.status = 'linked' order by m.id
"""


def _taken(items: set[int], leaving: list[Match], reasons: dict[int, str]) -> dict[tuple[int, int], int]:
    """Say which variant of each shop stands for these items; deleted ones give their places up and leave too."""
    if not items:
        return {}
    out = {row.variant_id for row in leaving}
    taken = {}
    with connection.cursor() as cursor:
        cursor.execute(_HOLDERS, [flat_ids(items)])
        for pk, variant, item, shop, is_deleted in cursor.fetchall():
            if variant in out:
                continue
            if is_deleted:
                leaving.append(Match(pk=pk, variant_id=variant, item_id=item, shop_id=shop, status="linked"))
                reasons[pk] = GONE
            else:
                taken[item, shop] = variant
    return taken


def _write_joins(found: Neighbourhood, plan: Plan, taken: dict[tuple[int, int], int], done: Written, by: str) -> None:
    joins, look_again = [join for join in plan.joins if join.links], plan.look_again
    items = _items_for(found, joins)
    fresh: list[NewLink] = []
    keys: dict[str, int] = {}
    for join, item in zip(joins, items, strict=True):
        for link in join.links:
            pk, shop = int(link.id), int(link.shop_id)
            if (holder := taken.setdefault((item, shop), pk)) != pk:
                if holder in look_again:  # its place may be free after that
                    look_again.add(pk)
                continue
            fresh.append(NewLink(pk, shop, item, link.method[:12], link.evidence, link.probability))
            done.stands[pk] = item
            done.touched.add(item)
            if gtin := keys_of(found.rows[pk].facts)[0]:
                keys.setdefault(gtin, item)
    save_links(fresh, by=by)
    _save_keys(keys)


_SENT = {
    "variant": "bigint",
    "shop": "bigint",
    "item": "bigint",
    "method": "text",
    "evidence": "jsonb",
    "chance": "text",
}
# A match that stood before and was withdrawn stands again; what it was goes into its history, as ``move`` writes it.
_SAVE = f"""
with wanted as (
  select * from unnest({", ".join(unflat(name, kind) for name, kind in _SENT.items())}) w({", ".join(_SENT)})
),
before as (
  select m.id, m.status from catalog_match m join wanted w on m.variant_id = w.variant and m.item_id = w.item
),
saved as (
  insert into catalog_match as m
    (variant_id, shop_id, item_id, status, method, evidence, probability, decided_by, decided_at)
  select variant, shop, item, 'linked', method, evidence, nullif(chance, '')::float8, %(by)s, %(now)s from wanted
  on conflict (variant_id, item_id) do update set status = 'linked', method = excluded.method,
    evidence = excluded.evidence, probability = excluded.probability, decided_by = excluded.decided_by,
    decided_at = excluded.decided_at
  where m.status <> 'linked' or m.method <> excluded.method
  returning id
)
insert into catalog_matchchange (row_id, from_status, to_status, by, reason, at)
select id, coalesce(before.status, ''), 'linked', %(by)s, '', %(now)s from saved left join before using (id) order by id
"""  # noqa: S608 - names of columns, no values


class NewLink(NamedTuple):
    """A link to be written, as far as matching decides it; a model's instance takes longer to make than to write."""

    variant_id: int
    shop_id: int
    item_id: int
    method: str
    evidence: Sequence[str]
    probability: float | None


def save_links(wanted: Iterable[Match | NewLink], *, by: str) -> None:
    """Write links with their histories in one statement; a match that stood before and was withdrawn stands again."""
    rows = list(wanted)
    if rows:
        values: dict[str, Any] = {
            "variant": flat(row.variant_id for row in rows),
            "shop": flat(row.shop_id for row in rows),
            "item": flat(row.item_id for row in rows),
            "method": flat(row.method for row in rows),
            "evidence": flat(json.dumps(row.evidence) for row in rows),
            "chance": flat("" if row.probability is None else row.probability for row in rows),
        }
        with connection.cursor() as cursor:
            cursor.execute(_SAVE, values | {"by": by, "now": timezone.now()})


_KEYS = f"""
insert into catalog_matchkey (kind, value, item_id, ambiguous_reason)
select 'gtin', value, item, '' from unnest({unflat("value", "text")}, {unflat("item", "bigint")}) k(value, item)
order by value on conflict do nothing
"""  # noqa: S608 - names of columns, no values


def _save_keys(keys: Mapping[str, int]) -> None:
    if keys:
        with connection.cursor() as cursor:
            cursor.execute(_KEYS, {"value": flat(keys), "item": flat(keys.values())})


# --- items and styles -------------------------------------------------------------------------------------------------
def _items_for(found: Neighbourhood, joins: Sequence[Join]) -> list[int]:
    """Give every cluster its item; those without one get a new one, in the style their products stand in already."""
    lacking = [join for join in joins if join.item is None]
    if not lacking:
        return [join.item for join in joins if join.item is not None]
    styles = _styles_for(found, lacking)
    made = Item.objects.bulk_create(
        Item(style_id=style, size_key=size.key[:40], size_label=size.label[:40])
        for join, style in zip(lacking, styles, strict=True)
        if (size := _size_of([found.rows[int(link.id)].facts for link in join.members]))
    )
    fresh = iter(made)
    return [join.item if join.item is not None else next(fresh).pk for join in joins]


def _size_of(members: Sequence[Normalised]) -> Size:
    return max((member.size for member in members), key=lambda size: (size.sure, bool(size.key)))


def _styles_for(found: Neighbourhood, lacking: Sequence[Join]) -> list[int]:
    """Find the style of each cluster's products in their colour, or the one the engine gave it; make those that are new."""
    known: dict[tuple[int, str], int] = {}
    for row in found.rows.values():
        if row.style_id is not None:
            known.setdefault((row.product_id, row.facts.colour.key), row.style_id)
    new: dict[str, list[Normalised]] = {}
    chosen: list[int | str] = []
    for join in lacking:
        rows = [found.rows[int(link.id)] for link in join.members]
        units = [(row.product_id, row.facts.colour.key) for row in rows]
        style: int | str | None = next((known[unit] for unit in units if unit in known), None)
        if style is None:
            style = join.members[0].style
            new.setdefault(style, [row.facts for row in rows])
        chosen.append(style)
    made = dict(zip(new, make_styles(list(new.values())), strict=True))
    return [made[style] if isinstance(style, str) else style for style in chosen]


def make_styles(groups: Sequence[Sequence[Normalised]]) -> list[int]:
    """Make the network's own entries for models in one colour, each described by its first member."""
    if not groups:
        return []
    ids = {int(members[0].product_ref) for members in groups}
    pages = {page.pk: page for page in Product.everyone.filter(pk__in=ids)}
    made = Style.objects.bulk_create(
        Style(
            brand_key=next((member.brand for member in members if member.brand), "")[:120],
            code=next((member.code.value for member in members if member.code.level == "full"), "")[:80],
            title=pages[int(members[0].product_ref)].title,
            colour_key=next((member.colour.key for member in members if member.colour.key), "")[:80],
            gender=next((member.gender for member in members if member.gender), "")[:8],
            category=pages[int(members[0].product_ref)].product_type,
            image_url=pages[int(members[0].product_ref)].image_url,
        )
        for members in groups
    )
    return [style.pk for style in made]


# --- what became of items ---------------------------------------------------------------------------------------------
def _note_moves(done: Written, by: str) -> None:
    """Log who went from one item to another together; an emptied item hands what people said of it to the other."""
    moved: dict[tuple[int, int], list[int]] = defaultdict(list)
    for pk, item in done.stands.items():
        if pk in done.left and done.left[pk] != item:
            moved[done.left[pk], item].append(pk)
    if not moved:
        return
    left = {item for item, _ in moved}
    kept = set(Match.everyone.filter(item__in=left, status="linked").values_list("item_id", flat=True))
    heirs: dict[int, int] = {}
    events = []
    for (item, other), variants in sorted(moved.items(), key=lambda one: (-len(one[1]), one[0])):
        kind = "split" if item in kept else "merged"
        events.append(MergeEvent(kind=kind, item_id=item, other_id=other, variants=sorted(variants), by=by))
        if kind == "merged":
            heirs.setdefault(item, other)
    MergeEvent.objects.bulk_create(events)
    _inherit(heirs)


_INHERIT = """
update catalog_item i set merged_into_id = nullif(h.heir, i.id)
from unnest(%s::bigint[], %s::bigint[]) h(item, heir) where i.id = h.item or i.merged_into_id = h.item
"""


def _inherit(heirs: Mapping[int, int]) -> None:
    if heirs:
        with connection.cursor() as cursor:
            cursor.execute(_INHERIT, [list(heirs), list(heirs.values())])
            # who others went to is no longer gone itself
            cursor.execute(
                "update catalog_item set merged_into_id = null where id = any(%s) and merged_into_id is not null",
                [sorted(set(heirs.values()) - set(heirs))],
            )
