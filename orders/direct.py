"""Where goods that come back go: the selling merchant's rule, and the decision for one return with what was weighed."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, Subquery, Sum
from django.utils import timezone

from catalog.models import Demand, Match, StockLevel
from network.geo import distance_km, locate
from network.models import Merchant, Shop, TaxRegistration
from network.taxing import Party, Point, vat_route
from orders.models import InternalOrder, InternalOrderLine, ReturnRule
from orders.returnable import too_late
from orders.returning import Choice, Place, choose_place
from orders.returning.choosing import ORIGIN, SHIPPER, TAKER
from skuu.kit.errors import NotPossible

LATELY = dt.timedelta(days=90)
BY_FIGURES = ("nearest", "next_seller")
MOST_TAKERS = 50


@dataclass(frozen=True)
class Directed:
    """The decision for one return, ready to be stored: ``levels`` are a taker's places by internal line."""

    destination: str
    receiver: int | None
    why: str
    considered: dict[str, Any]
    levels: dict[int, int] = field(default_factory=dict)


def rule_of(merchant: Merchant) -> ReturnRule:
    """Read the rule that holds for a merchant; version 0 is the network's own: back to who shipped."""
    row = ReturnRule.everyone.filter(merchant=merchant).order_by("-version").first()
    return row or ReturnRule(merchant=merchant, version=0)


def choose_rule(merchant: Merchant, rule: str, *, takes_over: bool, by: str) -> ReturnRule | None:
    """Choose where a merchant's customers send goods from now on; announced returns keep their way.

    *Locks* the merchant. *Again*, with what stands: no new version, None. *Raises* NotPossible ``unknown_rule``.
    """
    if rule not in ReturnRule.NAMES:
        raise NotPossible("Choose one of the rules.", code="unknown_rule")
    with transaction.atomic():
        Merchant.everyone.select_for_update().get(pk=merchant.pk)
        stands = rule_of(merchant)
        if (stands.rule, stands.takes_over) == (rule, takes_over):
            return None
        return ReturnRule.everyone.create(
            merchant=merchant, version=stands.version + 1, rule=rule, takes_over=takes_over, made_by=by[:150]
        )


def direct_return(internal_order: InternalOrder, lines: Collection[int], *, reason: str) -> Directed:
    """Decide by the selling merchant's rule where units of internal lines go. Reads only; needs no lock."""
    origin, shipper = internal_order.order.shop, internal_order.shipper
    rule = rule_of(origin.merchant)
    items = _items(lines)
    levels: dict[int, dict[int, int]] = {}
    vat: dict[int, Any] = {}
    shops: list[tuple[Shop, str, str]] = [(shipper, SHIPPER, too_late(internal_order)), (origin, ORIGIN, "")]
    if rule.rule in BY_FIGURES:
        shops += [(shop, ORIGIN, "") for shop in _own(origin, items)]
        for shop in _takers(internal_order, items):
            levels[shop.pk], vat[shop.pk], refused = _take_over(shop, internal_order, items)
            shops.append((shop, TAKER, refused))
    choice = choose_place(rule.rule, reason, _places(shops, items, internal_order))
    return _directed(choice, rule, origin, levels, vat)


def _directed(
    choice: Choice, rule: ReturnRule, origin: Shop, levels: dict[int, dict[int, int]], vat: dict[int, Any]
) -> Directed:
    kept = choice.kept() | {"version": rule.version}
    if choice.role == TAKER:
        return Directed(TAKER, choice.shop, choice.why, kept | {"vat": vat[choice.shop]}, levels[choice.shop])
    other = choice.shop if choice.role == ORIGIN and choice.shop != origin.pk else None
    return Directed(choice.role, other, choice.why, kept)


def _items(lines: Collection[int]) -> dict[int, int]:
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


def _own(origin: Shop, items: dict[int, int]) -> list[Shop]:
    rows = Shop.everyone.filter(pk__in=_selling(items), merchant=origin.merchant_id, shares_stock=True)
    return list(rows.exclude(pk=origin.pk).exclude(address1="").select_related("merchant").order_by("pk"))


def _takers(internal_order: InternalOrder, items: dict[int, int]) -> list[Shop]:
    """List the partners' shops that sell all of it and whose merchants said that they take goods over."""
    newest = ReturnRule.everyone.filter(merchant=OuterRef("merchant")).order_by("-version").values("takes_over")[:1]
    parties = (internal_order.order.shop.merchant_id, internal_order.shipper.merchant_id)
    rows = Shop.everyone.filter(pk__in=_selling(items), shares_stock=True).annotate(takes=Subquery(newest))
    rows = rows.filter(takes=True).exclude(merchant__in=parties).exclude(address1="")
    return list(rows.select_related("merchant").order_by("pk")[:MOST_TAKERS])


def _take_over(
    shop: Shop, internal_order: InternalOrder, items: dict[int, int]
) -> tuple[dict[int, int], dict[str, Any], str]:
    """Find a taker's places for the goods and the VAT of the sale to it, or say why it may not have them."""
    origin = internal_order.order.shop
    levels: dict[int, int] = {}
    rows = StockLevel.everyone.filter(
        location__shop=shop, location__shares=True, location__is_active=True, is_active=True,
        inventory_item__variants__matches__item__in=set(items.values()), inventory_item__variants__matches__status="linked",
    )  # fmt: skip
    places = dict(rows.order_by("-pk").values_list("inventory_item__variants__matches__item", "pk"))
    levels = {line: places[item] for line, item in items.items() if item in places}
    if len(levels) < len(items):
        return {}, {}, "It has no place in stock for it."
    if shop.currency != internal_order.currency:
        return {}, {}, "It trades in another currency."
    at = Point(internal_order.order.country or origin.country, internal_order.order.destination.get("zip", ""))
    parties = _parties([shop.merchant, origin.merchant])
    route = vat_route(at, Point(shop.country, shop.postcode), parties[shop.merchant_id], parties[origin.merchant_id],
                      timezone.localdate())  # fmt: skip
    if not route.lawful or route.treatment != "domestic":
        return {}, {}, "The goods would cross a border on their way to it."
    return levels, asdict(route), ""


def _parties(merchants: Sequence[Merchant]) -> dict[int, Party]:
    today = timezone.localdate()
    held: dict[int, set[str]] = {merchant.pk: set() for merchant in merchants}
    rows = TaxRegistration.everyone.filter(merchant__in=merchants, valid_from__lte=today)
    for row in rows:
        if row.valid_to is None or row.valid_to >= today:
            held[row.merchant_id].add(row.country)
    return {one.pk: Party(one.country, frozenset(held[one.pk]), False, one.pk) for one in merchants}


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
