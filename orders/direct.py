"""Where goods that come back go: the selling merchant's rule, and the decision for one return with what was weighed."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, Subquery, Sum
from django.utils import timezone

from catalog.models import Demand, Match, StockLevel
from network.geo import distance_km, locate
from network.models import Merchant, Shop
from orders.models import InternalOrder, InternalOrderLine, ReturnRule
from orders.returnable import too_late
from orders.returning import Choice, Place, choose_place
from orders.returning.choosing import ORIGIN, SHIPPER, TAKER
from orders.takers import Taker, find_takers
from skuu.kit.errors import NotPossible

LATELY = dt.timedelta(days=90)
BY_FIGURES = ("nearest", "next_seller")


@dataclass(frozen=True)
class Directed:
    """The decision for one return, ready to be stored: of a taker by internal line its places and the net price of a unit."""

    destination: str
    receiver: int | None
    why: str
    considered: dict[str, Any]
    levels: dict[int, int] = field(default_factory=dict)
    prices: dict[int, int] = field(default_factory=dict)


def rule_of(merchant: Merchant) -> ReturnRule:
    """Read the rule that holds for a merchant; version 0 is the network's own: back to who shipped."""
    row = ReturnRule.everyone.filter(merchant=merchant).order_by("-version").first()
    return row or ReturnRule(merchant=merchant, version=0)


def choose_rule(
    merchant: Merchant, rule: str = "", *, takes_over: bool | None = None, percent: int | None = None, by: str
) -> ReturnRule | None:
    """Choose where a merchant's customers send goods from now on, and whether it takes over what others' customers send back.

    What is not named stays as it stands; ``percent`` is the most it pays, of its own net price. Announced returns keep their way
    and price. *Locks* the merchant. *Again*, with what stands: no new version, None. *Raises* NotPossible ``unknown_rule``,
    ``bad_percent``.
    """
    if rule and rule not in ReturnRule.NAMES:
        raise NotPossible("Choose one of the rules.", code="unknown_rule")
    if percent is not None and not 1 <= percent <= 100:
        raise NotPossible("Pay between 1 and 100 percent of your own price.", code="bad_percent")
    with transaction.atomic():
        Merchant.everyone.select_for_update().get(pk=merchant.pk)
        stands = rule_of(merchant)
        now = {
            "rule": rule or stands.rule,
            "takes_over": stands.takes_over if takes_over is None else takes_over,
            "takes_over_percent": stands.takes_over_percent if percent is None else percent,
        }
        if all(getattr(stands, name) == value for name, value in now.items()):
            return None
        return ReturnRule.everyone.create(merchant=merchant, version=stands.version + 1, made_by=by[:150], **now)


def direct_return(
    internal_order: InternalOrder,
    lines: Collection[int],
    *,
    reason: str,
    without: Collection[int] = (),
    at: dt.datetime | None = None,
) -> Directed:
    """Decide by the selling merchant's rule where units of internal lines go. Reads only; needs no lock.

    ``without`` are shops that declined to take them over; ``at`` is when they were announced, if that was before now.
    """
    origin, shipper = internal_order.order.shop, internal_order.shipper
    rule = rule_of(origin.merchant)
    items = items_of(lines)
    shops: list[tuple[Shop, str, str]] = [(shipper, SHIPPER, too_late(internal_order, at)), (origin, ORIGIN, "")]
    takers: dict[int, Taker] = {}
    if rule.rule in BY_FIGURES:
        sellers = _selling(items) if len(items) == len(set(lines)) else set()  # who does not know all of it, gets none
        shops += [(shop, ORIGIN, "") for shop in _own(origin, sellers)]
        takers = {taker.shop.pk: taker for taker in find_takers(internal_order, items, sellers - set(without))}
        shops += [(taker.shop, TAKER, taker.refused) for taker in takers.values()]
    choice = choose_place(rule.rule, reason, _places(shops, items, internal_order))
    return _directed(choice, rule, origin, takers)


def _directed(choice: Choice, rule: ReturnRule, origin: Shop, takers: dict[int, Taker]) -> Directed:
    kept = choice.kept() | {"version": rule.version}
    if choice.role == TAKER:
        taker = takers[choice.shop]
        return Directed(TAKER, choice.shop, choice.why, kept | {"vat": taker.vat}, taker.levels, taker.prices)
    other = choice.shop if choice.role == ORIGIN and choice.shop != origin.pk else None
    return Directed(choice.role, other, choice.why, kept)


def items_of(lines: Collection[int]) -> dict[int, int]:
    """Name the network's item of each internal line; one that is matched no more is missing."""
    rows = InternalOrderLine.everyone.filter(pk__in=lines)
    linked = Match.everyone.filter(variant=OuterRef("variant"), status="linked").values("item_id")[:1]
    return {pk: item for pk, item in rows.annotate(item=Subquery(linked)).values_list("pk", "item") if item}


def _selling(items: dict[int, int]) -> set[int]:
    """Find the live shops that sell every item themselves."""
    wanted = set(items.values())
    sells: dict[int, set[int]] = {}
    rows = Match.everyone.filter(item__in=wanted, status="linked", shop__status="live", variant__deleted_at=None)
    for shop, item in rows.values_list("shop_id", "item_id"):
        sells.setdefault(shop, set()).add(item)
    return {shop for shop, have in sells.items() if wanted and have == wanted}


def _own(origin: Shop, sellers: set[int]) -> list[Shop]:
    rows = Shop.everyone.filter(pk__in=sellers, merchant=origin.merchant_id, shares_stock=True)
    return list(rows.exclude(pk=origin.pk).exclude(address1="").select_related("merchant").order_by("pk"))


def _places(
    shops: Sequence[tuple[Shop, str, str]], items: dict[int, int], internal_order: InternalOrder
) -> list[Place]:
    ids = [shop.pk for shop, _, _ in shops]
    sold, has = _sold(ids, items), _stock(ids, items)
    address = internal_order.order.destination
    home = locate(address.get("country", ""), address.get("zip", "")) if address else None
    places = []
    for shop, role, refused in shops:
        there = locate(shop.country, shop.postcode)
        km = round(distance_km(home, there), 1) if home and there else None
        wanted = sold.get(shop.pk, 0)
        places.append(Place(shop.pk, shop.name, role, km, wanted, has.get(shop.pk, 0), refused))
    return places


def _sold(shops: Sequence[int], items: dict[int, int]) -> dict[int, int]:
    """Count by shop the units of these items that its shoppers asked for, and those it shipped for others, lately."""
    since, wanted = timezone.now() - LATELY, set(items.values())
    asked = Demand.everyone.filter(shop__in=shops, item__in=wanted, at__gte=since).values_list("shop")
    total = dict(asked.annotate(units=Sum("units")).order_by())
    sent = InternalOrderLine.everyone.filter(
        internal_order__shipper__in=shops, internal_order__shipped_at__gte=since, variant__matches__item__in=wanted,
        variant__matches__status="linked",
    ).values_list("internal_order__shipper")  # fmt: skip
    for shop, units in sent.annotate(units=Sum("shipped_quantity")).order_by():
        total[shop] = total.get(shop, 0) + units
    return total


def _stock(shops: Sequence[int], items: dict[int, int]) -> dict[int, int]:
    rows = StockLevel.everyone.filter(
        location__shop__in=shops, inventory_item__variants__matches__item__in=set(items.values()),
        inventory_item__variants__matches__status="linked",
    )  # fmt: skip
    units = rows.values_list("location__shop").annotate(units=Sum(F("available") - F("claimed"))).order_by()
    return {shop: max(0, count) for shop, count in units}
