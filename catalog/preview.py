"""Reckon what a rule or a policy would change before it is saved: the same statement that decides shelves, once with and once without.

Bounded: so many of the shop's items are looked at, the ones with stock-outs or partners first; beyond it the answer says “at least”.
"""

import datetime as dt
import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from catalog.goods import lower_vat
from catalog.market import standing_on
from catalog.models import Claim, Demand, Match, Rule
from catalog.reach import measure_ways
from catalog.rules import Draft, clean_draft
from catalog.shelf_sql import decisions_of
from network.models import Shop

MOST_ITEMS = 20_000
DAYS = 30

# shelf → units there of each partner; keys are (selling shop, its variant)
Shelves = dict[tuple[int, int], tuple[int, frozenset[int]]]


@dataclass(frozen=True)
class Preview:
    """What a draft would change now: sizes on the own shelf, own sizes on partners' shelves, sales of the last 30 days.

    ``orders_lost`` are orders that the shelf or the own stock served and that the draft would have turned away.
    """

    hidden: int = 0
    lowered: int = 0
    shown: int = 0
    withdrawn: int = 0
    offered: int = 0
    orders_lost: int = 0
    complete: bool = True

    @property
    def changes_nothing(self) -> bool:
        return not (self.hidden or self.lowered or self.shown or self.withdrawn or self.offered)

    @property
    def sentence(self) -> str:
        """Say it as a merchant reads it: hides 312 sizes; would have cost 9 orders in 30 days."""
        if self.changes_nothing:
            return "Nothing on any shelf changes now."
        said = [
            _counted(self.hidden, "hides {n} from your shelf"),
            _counted(self.lowered, "lowers {n}"),
            _counted(self.shown, "brings {n} onto your shelf"),
            _counted(self.withdrawn, "takes {n} of yours off partners’ shelves"),
            _counted(self.offered, "offers {n} of yours to more shelves"),
        ]
        text = "; ".join(filter(None, said))
        if self.orders_lost:
            orders = "1 order" if self.orders_lost == 1 else f"{self.orders_lost} orders"
            text += f". It would have cost {orders} in {DAYS} days"
        return f"{'' if self.complete else 'At least: '}{text}."


def _counted(count: int, text: str) -> str:
    return text.format(n="1 size" if count == 1 else f"{count:,} sizes") if count else ""


def preview_rule(shop: Shop, draft: Draft, *, instead_of: Rule | None = None) -> Preview:
    """Reckon what a rule would change, without saving it. Raises BadRule."""
    draft = clean_draft(shop, draft)
    facts = {name: value for name, value in asdict(draft).items() if name != "note"}
    position = instead_of.position if instead_of else -(2**31)
    fresh = Rule(shop=shop, position=position, **facts)
    on = timezone.localdate()
    if not ((fresh.starts_on or on) <= on <= (fresh.ends_on or on)):
        fresh.starts_on = fresh.ends_on = None  # out of season: told as if it were in it
    dropped = {instead_of.pk} if instead_of else set()
    return _compare(shop, extra=[fresh], dropped=dropped)


def preview_removal(rule: Rule) -> Preview:
    """Reckon what the end of a rule would change."""
    return _compare(rule.shop, extra=[], dropped={rule.pk})


def _compare(shop: Shop, *, extra: list[Rule], dropped: Collection[int]) -> Preview:
    items = items_shared([shop.pk])
    chosen = items[:MOST_ITEMS]
    standing = list(standing_on(timezone.localdate()))
    before = _shelves(chosen, standing)
    after = _shelves(chosen, [*extra, *(rule for rule in standing if rule.pk not in dropped)])
    mine = {key for key in before.keys() | after.keys() if key[0] == shop.pk}
    nothing: tuple[int, frozenset[int]] = (0, frozenset())
    pairs = {key: (before.get(key, nothing), after.get(key, nothing)) for key in before.keys() | after.keys()}
    hidden = {
        variant for shop_id, variant in mine if pairs[shop_id, variant][0][0] and not pairs[shop_id, variant][1][0]
    }
    taken = {key for key, (old, new) in pairs.items() if key not in mine and shop.pk in old[1] - new[1]}
    given = {key for key, (old, new) in pairs.items() if key not in mine and shop.pk in new[1] - old[1]}
    withdrawn = _my_variants(shop, taken)
    return Preview(
        hidden=len(hidden),
        lowered=sum(0 < pairs[key][1][0] < pairs[key][0][0] for key in mine),
        shown=sum(pairs[key][1][0] > pairs[key][0][0] == 0 for key in mine),
        withdrawn=len(withdrawn),
        offered=len(_my_variants(shop, given)),
        orders_lost=_sold_from_shelf(shop, hidden) + _shipped(shop, withdrawn),
        complete=len(items) <= MOST_ITEMS,
    )


def items_shared(shop_ids: Collection[int]) -> list[int]:
    """List the items of shops that somebody else has too, one more than is looked at: only these can stand on any shelf."""
    elsewhere = Match.everyone.filter(item=OuterRef("item"), status="linked").exclude(shop=OuterRef("shop"))
    rows = Match.everyone.filter(Exists(elsewhere), shop__in=shop_ids, status="linked").order_by("item_id")
    return list(rows.values_list("item_id", flat=True).distinct()[: MOST_ITEMS + 1])


def _shelves(items: list[int], rules: Iterable[Rule]) -> Shelves:
    rules = list(rules)
    sql = decisions_of(
        "m.item_id = any(%(items)s)",
        "true",
        "%(given)s::jsonb",
        ruled=bool(rules),
        lower=lower_vat(timezone.localdate()),
    )
    given = json.dumps([_row(rule) for rule in rules])
    rows = _ask(sql, {"items": items, "given": given})
    if unknown := {row[0] for row in rows if row[6]}:
        measure_ways(unknown)
        rows = _ask(sql, {"items": items, "given": given})
    return {
        (shop_id, variant_id): (units, frozenset(one["shop"] for one in json.loads(shippers or "[]")))
        for shop_id, _item, variant_id, _stock, units, shippers, _unknown in rows
        if units
    }


def _ask(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def _row(rule: Rule) -> dict[str, Any]:
    names = ("shop_id", "side", "effect", "amount", "brand", "category", "tag", "product_id", "partner_id", "country")
    return {"id": rule.pk or 0} | {name: getattr(rule, name) for name in (*names, "price_from", "price_to", "position")}


def _my_variants(shop: Shop, shelves: Collection[tuple[int, int]]) -> set[int]:
    """Find the shop's own variants of the items that stand on these shelves."""
    there = Match.everyone.filter(status="linked", variant_id__in=[variant for _, variant in shelves]).values("item_id")
    mine = Match.everyone.filter(shop=shop, status="linked", item_id__in=there)
    return set(mine.values_list("variant_id", flat=True))


def _sold_from_shelf(shop: Shop, variants: Collection[int]) -> int:
    since = timezone.now() - dt.timedelta(days=DAYS)
    served = Demand.everyone.filter(shop=shop, variant_id__in=variants, outcome="served", at__gte=since)
    return served.count()


def _shipped(shop: Shop, variants: Collection[int]) -> int:
    """Count what partners sold of these own variants: the claims on them that came to be used."""
    since = timezone.now() - dt.timedelta(days=DAYS)
    used = Claim.everyone.filter(
        level__location__shop=shop,
        level__inventory_item__variants__in=variants,
        status="used",
        created_at__gte=since,
    )
    return used.values("purpose").distinct().count()
