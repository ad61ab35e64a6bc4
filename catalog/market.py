"""What is known of the shops that may trade with each other: loaded once for a batch, compared once for each pair."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from catalog.distributing import Candidate, PairFacts, RuleSet
from catalog.models import Rule
from catalog.trust import trust_of
from network.models import Shop, TaxRegistration
from network.rates import convert_minor
from network.stops import open_stops
from network.tariffs import quote
from network.taxing import STANDARD, Party, Point, UnknownRateError, rate_bp, vat_route
from network.vat_ids import doubted, in_force
from skuu.kit.errors import NotPossible
from skuu.kit.money import round_half_away


@dataclass(frozen=True, slots=True)
class Place:
    """Where a shop's goods may leave; a location without an address is taken to be at its shop's."""

    location_id: int
    remote_id: str
    country: str
    postcode: str
    shares: bool


@dataclass(slots=True)
class Trader:
    """One shop with its merchant's VAT standing and the rules that hold today on either side."""

    shop: Shop
    party: Party
    on_shelf: RuleSet
    from_stock: RuleSet

    kept_back: int = 0  # units of each size that its record as shipper keeps off the shelves

    def off_shelves(self, goods: Candidate, partner_id: int, country: str) -> int:
        """Count the units that stand on no shelf: the shop's own say, or more where too often one is not there."""
        return max(self.kept(goods, partner_id, country), self.kept_back)

    def kept(self, goods: Candidate, partner_id: int, country: str) -> int:
        """Count the units the shop itself keeps back of these goods from a partner: its rule, else its policy."""
        return self.from_stock.amount("buffer", goods, partner_id, country, self.shop.buffer)

    def floor_bp(self, goods: Candidate, partner_id: int, country: str) -> int:
        """Say how far below its own price it lets a partner sell these goods, in basis points."""
        return self.from_stock.amount("floor", goods, partner_id, country, self.shop.price_floor_bp)


@dataclass(slots=True)
class Market:
    """The shops of one batch on one day; pairs of shop and place are compared when first asked for and kept."""

    on: dt.date
    traders: dict[int, Trader]
    _pairs: dict[tuple[int, int, int, Point | None], PairFacts] = field(default_factory=dict)

    def pair(self, origin_id: int, shipper_id: int, place: Place, destination: Point | None) -> PairFacts:
        """State what holds between a selling shop and a place of a shipping shop, towards a destination if one is known."""
        key = (origin_id, shipper_id, place.location_id, destination)
        if key not in self._pairs:
            self._pairs[key] = self._compare(self.traders[origin_id], self.traders[shipper_id], place, destination)
        return self._pairs[key]

    def convert(self, amount: int, from_currency: str, to_currency: str) -> int | None:
        """Convert at the day's reference rate; None when there is none for one of the currencies."""
        try:
            return convert_minor(amount, from_currency, to_currency, on=self.on)
        except NotPossible:
            return None

    def _compare(self, origin: Trader, shipper: Trader, place: Place, destination: Point | None) -> PairFacts:
        home = Point(origin.shop.country, origin.shop.typical_postcode or origin.shop.postcode)
        target = destination or home
        reach = quote(place.country, place.postcode, target.country, target.postcode, 0)
        return PairFacts(
            country=place.country,
            shipper_live=shipper.shop.status == "live",
            shipper_shares=shipper.shop.shares_stock
            and place.shares
            and not getattr(shipper.shop, "offer_halted", False),
            floor_bp=shipper.shop.price_floor_bp,
            distance_km=reach.distance_km,
            days_max=reach.days_max + shipper.shop.handling_days,
            max_distance_km=origin.shop.max_distance_km,
            promise_days=origin.shop.promise_days,
            vat_refusal=self._vat_refusal(origin, shipper, place, [destination] if destination else self._ends(origin)),
        )

    def _ends(self, origin: Trader) -> list[Point]:
        shop = origin.shop
        home = Point(shop.country, shop.typical_postcode or shop.postcode)
        if shop.home_only:
            return [home]
        return [home, *(Point(country) for country in sorted(set(shop.sells_to) - {shop.country}))]

    def _vat_refusal(self, origin: Trader, shipper: Trader, place: Place, ends: Iterable[Point]) -> str:
        start = Point(place.country, place.postcode)
        for end in ends:
            route = vat_route(start, end, origin.party, shipper.party, self.on)
            if not route.lawful:
                return route.reason
        return ""


def price_vat_bp(country: str, taxes_included: bool, on: dt.date, goods: str = STANDARD) -> int:
    """Say which VAT a shop's shown prices of a class of goods bear, in basis points; 0 when none or when no rate is known."""
    if not taxes_included:
        return 0
    try:
        return rate_bp(country, on, goods=goods)
    except UnknownRateError:
        return 0


def net_price(price_minor: int, country: str, taxes_included: bool, on: dt.date, goods: str = STANDARD) -> int:
    """Take a country's VAT on a class of goods off a shown price; a price shown without tax, or without a known rate, stays."""
    rate = price_vat_bp(country, taxes_included, on, goods)
    return round_half_away(Fraction(price_minor * 10_000, 10_000 + rate)) if rate else price_minor


def open_market(shop_ids: Collection[int]) -> Market:
    """Load these shops with their merchants, VAT numbers, today's rules and their records: four queries for any number."""
    on = timezone.localdate()
    rules: dict[int, list[Rule]] = {}
    for rule in standing_on(on).filter(shop_id__in=shop_ids).order_by("position", "pk"):
        rules.setdefault(rule.shop_id, []).append(rule)
    offering = Exists(open_stops().filter(kind="partner", shop=OuterRef("pk")))
    shops = list(Shop.objects.filter(pk__in=shop_ids).select_related("merchant").annotate(offer_halted=offering))
    held = vat_countries({shop.merchant_id for shop in shops}, on)
    refused = refused_countries({shop.merchant_id for shop in shops}, on)
    traders, trust = {}, trust_of([shop.pk for shop in shops])
    for shop in shops:
        merchant, its_rules = shop.merchant, rules.get(shop.pk, [])
        party = Party(merchant.country, frozenset(held.get(merchant.pk, ())), merchant.oss, merchant.pk)
        if merchant.pk in refused:
            party = replace(party, refused=frozenset(refused[merchant.pk]))
        traders[shop.pk] = Trader(shop, party, rule_set(its_rules, "origin"), rule_set(its_rules, "shipper"))
        traders[shop.pk].kept_back = trust[shop.pk].kept_back
    return Market(on, traders)


def standing_on(on: dt.date) -> QuerySet[Rule]:
    """Select the rules that hold on a day, of all shops."""
    current, begun = Q(ends_on=None) | Q(ends_on__gte=on), Q(starts_on=None) | Q(starts_on__lte=on)
    return Rule.objects.filter(current, begun, removed_at=None)


def vat_countries(merchant_ids: Collection[int], on: dt.date) -> dict[int, set[str]]:
    """Name the countries each merchant holds a VAT number of on a day; one that its register refused is none."""
    held: dict[int, set[str]] = {}
    rows = TaxRegistration.objects.filter(in_force(on), merchant_id__in=merchant_ids)
    for merchant_id, country in rows.values_list("merchant_id", "country"):
        held.setdefault(merchant_id, set()).add(country)
    return held


def refused_countries(merchant_ids: Collection[int], on: dt.date) -> dict[int, set[str]]:
    """Name the countries of which each merchant's VAT number counts no more on a day because its register refused it."""
    refused: dict[int, set[str]] = {}
    for row in doubted(merchant_ids):
        if row.refused_from is not None and row.refused_from <= on:
            refused.setdefault(row.merchant_id, set()).add(row.country)
    return refused


def rule_set(rules: Iterable[Rule], side: str) -> RuleSet:
    """Gather one shop's rules, given in its order, that hold on one side."""
    return RuleSet(tuple(rule.facts for rule in rules if rule.side in (side, "both")))
