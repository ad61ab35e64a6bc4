"""Partner countries and stock-outs: what is open, what a registration would open, what it would have brought."""

import datetime as dt

import pytest
from django.utils import timezone

from catalog.insights_shelf import demand_by_week, most_lost, rescued_at_todays_prices, stock_outs
from catalog.models import Demand, Item
from catalog.openings import openings_of
from catalog.reach import notice_changes
from catalog.rules import Draft, add_rule
from catalog.tests.cast import make_item, open_shop, put, stock
from network.models import Shop, TaxRegistration
from network.taxing import (
    CHILDREN_CLOTHING,
    CHILDREN_SHOES,
    Party,
    Point,
    Registration,
    missing_registrations,
    rate_bp,
    vat_route,
)

ON = dt.date(2026, 11, 20)
HOME = [Point("BE", "9000")]


def party(*countries: str, oss: bool = True) -> Party:
    return Party("BE", frozenset(countries), oss, 1)


class TestMissing:
    @pytest.mark.parametrize(
        ("start", "held", "missing"),
        [
            ("BE", party("BE"), set()),
            ("DE", party("BE", "DE"), set()),
            ("DE", party("BE"), {"DE"}),
            ("DE", party("BE", oss=False), {"DE", ""}),
            ("BE", party(), {"BE"}),
            ("CH", party("BE"), None),
        ],
    )
    def test_names_what_the_selling_shop_lacks(self, start: str, held: Party, missing: set[str] | None) -> None:
        found = missing_registrations(Point(start), HOME, held, ON)
        assert (None if found is None else {one.country for one in found}) == missing

    def test_what_it_names_opens_the_way(self) -> None:
        for start in ("DE", "FR", "SE", "AT"):
            lacking = missing_registrations(Point(start), HOME, party("BE", oss=False), ON)
            assert lacking == {Registration(start), Registration("")}
            shipper = Party(start, frozenset({start}), True, 2)
            assert vat_route(Point(start), HOME[0], party("BE", start), shipper, ON).lawful


class TestReducedRates:
    @pytest.mark.parametrize(("country", "rate"), [("GB", 0), ("IE", 0), ("LU", 300), ("BE", 2100), ("DE", 1900)])
    def test_childrens_goods(self, country: str, rate: int) -> None:
        assert {rate_bp(country, ON, goods=goods) for goods in (CHILDREN_CLOTHING, CHILDREN_SHOES)} == {rate}

    def test_a_route_of_childrens_goods_bears_the_rate_of_where_they_arrive(self) -> None:
        shipper = Party("BE", frozenset({"BE"}), True, 2)
        route = vat_route(Point("BE"), Point("IE"), party("BE"), shipper, ON, goods=CHILDREN_SHOES)
        assert (route.supply_rate_bp, route.consumer_rate_bp) == (2100, 0)
        assert "Children’s shoes are taxed less in Ireland: by the selling shop’s word." in route.reason
        assert vat_route(Point("BE"), Point("IE"), party("BE"), shipper, ON).consumer_rate_bp == 2300

    def test_each_seller_speaks_for_its_own_sale(self) -> None:
        shipper = Party("LU", frozenset({"LU"}), True, 2)
        way = (Point("LU"), Point("IE"), party("LU"), shipper, ON)
        only_sold = vat_route(*way, goods=CHILDREN_CLOTHING, supplied_as="standard")
        only_supplied = vat_route(*way, supplied_as=CHILDREN_CLOTHING)
        assert (only_sold.supply_rate_bp, only_sold.consumer_rate_bp) == (1700, 0)
        assert (only_supplied.supply_rate_bp, only_supplied.consumer_rate_bp) == (300, 2300)
        assert "Luxembourg: by the shipping shop’s word" in only_supplied.reason


@pytest.mark.django_db
class TestPages:
    @pytest.fixture
    def bruno(self) -> Shop:
        shop = open_shop("Bruno", promise_days=9)
        shop.boot = stock(shop, make_item(), 0)
        return shop

    @pytest.fixture
    def greta(self, bruno: Shop) -> Shop:
        shop = open_shop("Greta", "SE")
        shop.boot = stock(shop, Item.objects.get(), 2, price=100_000)
        return shop

    def want(self, shop: Shop, outcome: str, key: str, days: int = 1, units: int = 1) -> None:
        at = timezone.now() - dt.timedelta(days=days)
        Demand.objects.create(shop=shop, variant=shop.boot, key=key, units=units, outcome=outcome, at=at)

    def test_a_missing_vat_id_is_named_with_what_it_would_have_brought(self, bruno: Shop, greta: Shop) -> None:
        self.want(bruno, "lost", "1")
        self.want(bruno, "lost", "2", days=31)
        found = openings_of(bruno.merchant, [bruno])
        (sweden,) = found.countries
        (advice,) = found.advice
        assert (sweden.name, sweden.is_open, sweden.sizes, sweden.lost) == ("Sweden", False, 1, 1)
        assert ([one.name for one in advice.registrations], advice.countries, advice.sizes, advice.lost) == (
            ["a VAT id of Sweden"],
            ("Sweden",),
            1,
            1,
        )
        TaxRegistration.objects.create(merchant=bruno.merchant, country="SE", vat_id="SE1", valid_from=ON)
        found = openings_of(bruno.merchant, [bruno])
        assert (found.countries[0].is_open, found.advice) == (True, [])

    def test_own_stock_where_no_vat_id_is_held_is_told(self, bruno: Shop) -> None:
        bruno.locations.update(country="FR", postcode="75001")
        assert openings_of(bruno.merchant, [bruno]).uncovered == ["France"]

    def test_stock_outs_by_what_keeps_them_off(self, bruno: Shop, greta: Shop) -> None:
        alma = open_shop("Alma")
        filled, nobody, ruled, own = (make_item(size=size) for size in "abcd")
        for item, theirs, mine in ((filled, 3, 0), (nobody, 0, 0), (ruled, 1, 0), (own, 5, 2)):
            stock(alma, item, theirs, product_type="Coats" if item == ruled else "Boots")
            stock(bruno, item, mine, product_type="Coats" if item == ruled else "Boots", sku=f"B{item.pk}")
        add_rule(bruno, Draft(category="coats"), by="b")
        notice_changes()
        now = stock_outs([bruno])
        assert (now.filled, now.units, now.nobody, now.blocked) == (1, 3, 1, {"vat": 1, "rule": 1})
        assert (now.closed, now.total, now.complete) == (2, 4, True)

    def test_weeks_of_demand_and_the_money_they_saved(self, bruno: Shop) -> None:
        self.want(bruno, "served", "1", days=0, units=2)
        self.want(bruno, "lost", "2", days=0, units=3)
        self.want(bruno, "served", "3", days=200)
        weeks = demand_by_week(bruno.merchant, [bruno])
        assert (len(weeks), weeks[-1].served, weeks[-1].lost, weeks[0].served) == (12, 2, 3, 0)
        assert [(one.minor, one.currency) for one in rescued_at_todays_prices(bruno.merchant, [bruno])] == [
            (20_000, "EUR")
        ]
        assert [(one.variant, one.units) for one in most_lost(bruno.merchant, [bruno])] == [(bruno.boot, 3)]

    def test_a_stranger_sees_nothing_of_it(self, bruno: Shop) -> None:
        cara = open_shop("Cara")
        self.want(bruno, "served", "1", units=2)
        put(bruno.boot, 0)
        assert most_lost(cara.merchant, [cara]) == []
        assert all(week.served == 0 for week in demand_by_week(cara.merchant, [cara]))
        assert stock_outs([cara]).total == 0
