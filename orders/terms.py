"""The terms frozen on an internal order when it is planned: rate card, VAT, net amounts, tariff, promise."""

import datetime as dt
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import Any

from django.db.models import Q
from django.utils import timezone

from catalog.market import Market, open_market
from catalog.supply import Offer
from network.models import RateCard, Shop
from network.rates import convert_minor
from network.taxing import Point, Route, vat_route
from network.taxing.territories import vat_country
from orders.decide import Decided, Shipment
from orders.models import Order, OrderLine
from skuu.kit.errors import NotPossible
from skuu.kit.money import round_half_away


class NoTerms(NotPossible):
    """A trade between these two has no lawful VAT route or no rate card; nothing may be planned on it."""

    code = "no_terms"


@dataclass(frozen=True, slots=True)
class Terms:
    """What is written on an internal order and never changes."""

    rate_card: RateCard
    vat: Route
    shipping_minor: int
    promised_from: dt.date
    promised_on: dt.date
    leaves_on: dt.date | None
    leaves: str  # the country whose VAT holds where the goods leave
    goods: dict[str, dict[str, Any]] = field(default_factory=dict)  # by order line: what its sellers said, if anything

    def vat_facts(self) -> dict[str, Any]:
        """Write the VAT decision the way it is kept with the internal order."""
        facts = asdict(self.vat) | {"transport": "origin", "leaves": self.leaves}
        return facts | {"said": self.goods} if self.goods else facts


@dataclass(slots=True)
class TermsBook:
    """Everything needed to freeze terms for one order towards some shippers; loaded once."""

    order: Order
    market: Market
    cards: dict[str, RateCard]
    on: dt.date

    def freeze(self, decided: Decided, shipment: Shipment) -> Terms:
        """Freeze the terms for what one shipper sends; all of it bears the VAT of its first part. Raises NoTerms."""
        start: Offer = decided.offers[shipment.parts[0].level]
        sold, supplied = decided.goods_of(shipment.parts[0])
        origin, shipper = self.market.traders[self.order.shop_id], self.market.traders[shipment.shipper]
        address = self.order.destination
        to = Point(address.get("country") or self.order.country, address.get("zip", ""))
        way = Point(start.country, start.postcode), to, origin.party, shipper.party, self.on
        route = vat_route(*way, goods=sold.goods, supplied_as=supplied.goods)
        if not route.lawful:
            raise NoTerms(route.reason)
        card = self.cards.get(shipper.shop.merchant.kind)
        if card is None:
            raise NoTerms("There is no rate card in force between these kinds of merchants.")
        return Terms(
            rate_card=card,
            vat=route,
            shipping_minor=convert_minor(shipment.postage_minor, "EUR", self.order.currency),
            promised_from=shipment.arrives[0],
            promised_on=shipment.arrives[1],
            leaves_on=shipment.leaves_on,
            leaves=vat_country(start.country),
            goods=_words(decided, shipment),
        )


def _words(decided: Decided, shipment: Shipment) -> dict[str, dict[str, Any]]:
    """Write down by order line whose word puts its goods into a class of VAT; lines of which nobody said anything are left out."""
    words: dict[str, dict[str, Any]] = {}
    for part in shipment.parts:
        sold, supplied = decided.goods_of(part)
        if sold.how or supplied.how:
            words[str(part.line)] = {"sold": sold.told(), "supplied": supplied.told()}
    return words


def open_terms(order: Order, shipper_ids: Collection[int]) -> TermsBook:
    """Load what the terms of an order depend on: shops, merchants, VAT numbers, today's rate cards."""
    on = timezone.localdate()
    market = open_market({order.shop_id, *shipper_ids})
    origin: Shop = market.traders[order.shop_id].shop
    cards = RateCard.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=on), origin_kind=origin.merchant.kind, starts_on__lte=on
    ).order_by("version")
    return TermsBook(order, market, {card.shipper_kind: card for card in cards}, on)


def net_minor(line: OrderLine, units: int, consumer_rate_bp: int) -> int:
    """Take the consumer's VAT off so many units at the selling shop's price; rounded once, half away from zero."""
    gross = line.unit_price_minor * units
    return round_half_away(Fraction(gross * 10_000, 10_000 + consumer_rate_bp)) if line.taxes_included else gross
