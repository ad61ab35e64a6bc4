"""Partners who take goods over that other shops' customers send back: who may have these, for what price, under which VAT."""

import datetime as dt
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import Any

from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone

from catalog.market import Market, net_price, open_market
from catalog.models import Rule, StockLevel
from network.models import Shop
from network.taxing import DOMESTIC, OWN_GOODS, STANDARD, Point, vat_route
from orders.models import InternalOrder, InternalOrderLine, ReturnRule
from skuu.kit.money import round_half_away

MOST_TAKERS = 50


@dataclass(frozen=True)
class Taker:
    """A partner who takes goods over: by internal line its place in stock and the net price of a unit, and the VAT of that sale.

    ``refused`` says why it may not have these; nothing else is known of it then.
    """

    shop: Shop
    levels: dict[int, int] = field(default_factory=dict)
    prices: dict[int, int] = field(default_factory=dict)
    vat: dict[str, Any] = field(default_factory=dict)
    refused: str = ""


def find_takers(internal_order: InternalOrder, items: dict[int, int], sellers: Collection[int]) -> list[Taker]:
    """List the partners among ``sellers`` who said that they take goods over, each with its terms or why it may not have them.

    ``items`` are the network's items by internal line. A taker buys from the selling shop what comes back as new, at the price
    for which that bought it, as long as that is no more than the part of its own price it named. Reads only, seven queries for
    any number of takers.
    """
    shops = _willing(internal_order, sellers)
    if not shops or internal_order.vat.get("treatment") == OWN_GOODS:
        return []
    places, market = _places(shops, items), open_market({internal_order.order.shop_id, *(shop.pk for shop in shops)})
    prices, apart = unit_prices(items), _apart(internal_order.order.shop, shops)
    found = []
    for shop in shops:
        refused = "One of the two keeps the other off." if shop.pk in apart else ""
        taker = Taker(shop, refused=refused) if refused else _terms(shop, internal_order, items, prices, places, market)
        found.append(taker)
    return found


def unit_prices(lines: Collection[int]) -> dict[int, int]:
    """Reckon what the selling shop paid its shipper for a unit of internal lines: net, minor units, rounded half away from zero."""
    rows = InternalOrderLine.everyone.filter(pk__in=lines).values_list(
        "pk", "net_minor", "quantity", "internal_order__origin_bp"
    )
    return {pk: round_half_away(Fraction(net * (10_000 - bp), 10_000 * units)) for pk, net, units, bp in rows}


def _willing(internal_order: InternalOrder, sellers: Collection[int]) -> list[Shop]:
    newest = ReturnRule.everyone.filter(merchant=OuterRef("merchant")).order_by("-version")
    parties = (internal_order.order.shop.merchant_id, internal_order.shipper.merchant_id)
    rows = Shop.everyone.annotate(
        takes=Subquery(newest.values("takes_over")[:1]), percent=Subquery(newest.values("takes_over_percent")[:1])
    )
    rows = rows.filter(pk__in=sellers, shares_stock=True, status="live", takes=True).exclude(address1="")
    return list(rows.exclude(merchant__in=parties).select_related("merchant").order_by("pk")[:MOST_TAKERS])


def _places(shops: list[Shop], items: dict[int, int]) -> dict[tuple[int, int], tuple[int, int]]:
    """Find by shop and item where it has the item in stock and what it asks for it: (stock level, shown price); the oldest place."""
    rows = StockLevel.everyone.filter(
        location__shop__in=shops, location__shares=True, location__is_active=True, is_active=True,
        inventory_item__variants__matches__item__in=set(items.values()),
        inventory_item__variants__matches__status="linked", inventory_item__variants__deleted_at=None,
    ).order_by("-pk")  # fmt: skip
    asked = ("location__shop", "inventory_item__variants__matches__item", "pk", "inventory_item__variants__price_minor")
    return {(shop, item): (level, price) for shop, item, level, price in rows.values_list(*asked)}


def _apart(origin: Shop, shops: list[Shop]) -> set[int]:
    """Find the shops that keep the selling shop off by a rule of theirs, or that it keeps off, whatever the goods."""
    today = timezone.localdate()
    rows = Rule.everyone.filter(
        Q(shop=origin, partner__in=shops) | Q(shop__in=shops, partner=origin),
        Q(starts_on=None) | Q(starts_on__lte=today), Q(ends_on=None) | Q(ends_on__gte=today),
        effect="exclude", removed_at=None,
    )  # fmt: skip
    return {pk for pair in rows.values_list("shop_id", "partner_id") for pk in pair} - {origin.pk}


def _terms(
    shop: Shop, internal_order: InternalOrder, items: dict[int, int], prices: dict[int, int],
    places: dict[tuple[int, int], tuple[int, int]], market: Market,
) -> Taker:  # fmt: skip
    today = timezone.localdate()
    mine = {line: places[shop.pk, item] for line, item in items.items() if (shop.pk, item) in places}
    if len(mine) < len(items):
        return Taker(shop, refused="It has no place in stock for it.")
    if shop.currency != internal_order.currency:
        return Taker(shop, refused="It trades in another currency.")
    if getattr(market.traders[shop.pk].shop, "offer_halted", False):
        return Taker(shop, refused="The network has stopped it for now.")
    if any(prices[line] > _most(shop, price, today) for line, (_, price) in mine.items()):
        return Taker(shop, refused="It pays less for it.")
    vat = _vat(shop, internal_order, market, today)
    if vat is None:
        return Taker(shop, refused="The goods would cross a border on their way to it, or a VAT id is missing.")
    return Taker(shop, {line: level for line, (level, _) in mine.items()}, prices, vat)


def _most(shop: Any, price: int, today: dt.date) -> int:
    """The most a taker pays for a unit: the part it named of its own price without VAT, minor units."""
    return int(net_price(price, shop.country, shop.taxes_included, today) * shop.percent // 100)


def _vat(shop: Shop, internal_order: InternalOrder, market: Market, today: dt.date) -> dict[str, Any] | None:
    """Decide the VAT of the sale from the selling shop to the taker; None unless it is one inside the customer's country.

    The goods leave where the customer lives, so the selling shop sells them there: with that country's VAT, to a taker there.
    """
    order = internal_order.order
    start, end = (
        Point(order.country or order.shop.country, order.destination.get("zip", "")),
        Point(shop.country, shop.postcode),
    )
    seller, buyer = market.traders[order.shop_id].party, market.traders[shop.pk].party
    goods = _class_of(internal_order)
    route = vat_route(start, end, buyer, seller, today, goods=goods)
    if not route.lawful or route.treatment != DOMESTIC:
        return None
    return asdict(route) | {"country": shop.country, "postcode": shop.postcode, "goods": goods}


def _class_of(internal_order: InternalOrder) -> str:
    """Name the class for VAT in which the selling shop sold these goods; all lines of an internal order bear one rate there."""
    words = internal_order.vat.get("said", {}).values()
    return next((str(word["sold"]["goods"]) for word in words), STANDARD)
