"""Verbs of a shop's own say: exclusions, their preview, and the policy by which it takes part."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog.distribute import decide
from catalog.mark import mark_shop
from catalog.market import Market, open_market
from catalog.models import Demand, Match, Rule
from catalog.supply import Seller, compare, read_sellers
from network.models import Shop
from skuu.kit.errors import NotPossible

PREVIEW_ITEMS = 4_000  # a preview looks at so many items; beyond it says “at least”
BATCH = 500
POLICY = frozenset(
    {
        "gap_threshold",
        "placing",
        "placement_cap",
        "max_distance_km",
        "promise_days",
        "shares_stock",
        "buffer",
        "price_floor_bp",
        "accept_mode",
    }
)


class SameRule(NotPossible):
    """The rule stands already."""

    code = "rule_stands_already"


def add_rule(shop: Shop, side: str, kind: str, value: str, *, by: str, note: str = "") -> Rule:
    """Exclude something from a shop's shelf, from its stock, or both; shelves follow within seconds.

    ``value`` is as the model says (a brand key, a product id, minor units …). Raises SameRule, NotPossible ``bad_rule``.
    """
    rule = Rule(shop=shop, side=side, kind=kind, value=clean_value(kind, value), note=note.strip(), created_by=by)
    if side not in Rule.SIDES:
        raise NotPossible("Say whether the rule is for your shelf, your stock or both.", code="bad_rule")
    try:
        with transaction.atomic():
            rule.save()
            mark_shop(shop)
    except IntegrityError:
        raise SameRule("This rule stands already.") from None
    return rule


def clean_value(kind: str, value: str) -> str:
    """Write a rule's value in the one form that is compared. Raises NotPossible ``bad_rule`` when it can mean nothing."""
    value = value.strip()
    if kind not in Rule.KINDS or not value or len(value) > 200:
        raise NotPossible("Choose what to exclude and name it.", code="bad_rule")
    if kind in ("partner", "product", "price_above", "price_below") and not value.isdecimal():
        raise NotPossible("Choose what to exclude and name it.", code="bad_rule")
    if kind == "country":
        return value.upper()
    return value.casefold() if kind == "brand" else value


def remove_rule(rule: Rule) -> None:
    """Let a rule end; it stays readable. Again: no change."""
    with transaction.atomic():
        if Rule.everyone.filter(pk=rule.pk, removed_at=None).update(removed_at=timezone.now()):
            mark_shop(rule.shop)


def restore_rule(rule: Rule) -> None:
    """Put a removed rule back. Again: no change. Raises SameRule when an equal one was made meanwhile."""
    try:
        with transaction.atomic():
            if Rule.everyone.filter(pk=rule.pk, removed_at__isnull=False).update(removed_at=None):
                mark_shop(rule.shop)
    except IntegrityError:
        raise SameRule("An equal rule stands already.") from None


def change_policy(shop: Shop, changes: Mapping[str, Any]) -> None:
    """Change how a shop takes part as origin and as shipper; shelves follow within seconds.

    Orders already placed keep their terms. Raises NotPossible ``unknown_policy``.
    """
    if unknown := set(changes) - POLICY:
        raise NotPossible(f"There is no policy {', '.join(sorted(unknown))}.", code="unknown_policy")
    with transaction.atomic():
        Shop.everyone.filter(pk=shop.pk).update(**changes)
        mark_shop(shop)


@dataclass(frozen=True)
class Preview:
    """What a rule would change now: sizes on the own shelf, own sizes on partners' shelves, sales of the last month."""

    hidden: int = 0
    lowered: int = 0
    withdrawn: int = 0
    orders_lost: int = 0
    complete: bool = True

    @property
    def changes_nothing(self) -> bool:
        return not (self.hidden or self.lowered or self.withdrawn)


def preview_rule(shop: Shop, side: str, kind: str, value: str) -> Preview:
    """Reckon what a rule would hide, without saving it. Raises NotPossible ``bad_rule``."""
    rule = Rule(shop=shop, side=side, kind=kind, value=clean_value(kind, value))
    items = list(_items_touched(shop)[: PREVIEW_ITEMS + 1])
    hidden: set[int] = set()
    lowered = withdrawn = 0
    for batch in _batches(items[:PREVIEW_ITEMS]):
        sellers = read_sellers(batch)
        shops = {one.shop_id for them in sellers.values() for one in them}
        now, then = open_market(shops), open_market(shops, extra_rules=[rule])
        for them in sellers.values():
            mine = next((one for one in them if one.shop_id == shop.pk), None)
            if mine is None:
                continue
            if side in ("origin", "both"):
                before, after = decide(now, mine, them).wanted, decide(then, mine, them).wanted
                hidden |= {mine.variant_id} if before and not after else set()
                lowered += 0 < after < before
            if side in ("shipper", "both"):
                withdrawn += _offered(now, mine, them) > _offered(then, mine, them)
    lost = _sold_last_month(shop, hidden)
    return Preview(len(hidden), lowered, withdrawn, lost, complete=len(items) <= PREVIEW_ITEMS)


def _items_touched(shop: Shop) -> Any:
    rows = Match.everyone.filter(shop=shop, status="linked").order_by("item_id")
    return rows.values_list("item_id", flat=True)


def _batches(items: Iterable[int]) -> Iterator[list[int]]:
    walking = iter(items)
    while batch := list(islice(walking, BATCH)):
        yield batch


def _offered(market: Market, mine: Seller, them: list[Seller]) -> int:
    """Count the shelves on which my units of an item may stand."""
    shelves: dict[int, bool] = defaultdict(bool)
    for other in them:
        if other.shop_id != mine.shop_id:
            offers = compare(market, other, [mine], free_only=True)
            shelves[other.shop_id] = any(not offer.refusals for offer in offers)
    return sum(shelves.values())


def _sold_last_month(shop: Shop, variant_ids: set[int]) -> int:
    since = timezone.now() - dt.timedelta(days=30)
    served = Demand.everyone.filter(shop=shop, variant__in=variant_ids, outcome="served", at__gte=since)
    return served.count()
