"""Distribution: gaps filled from what others can give, nothing from shelves, every figure with its reason."""

import datetime as dt

import pytest
from django.utils import timezone

from catalog.claim import claim_units, release_claims
from catalog.distribute import distribute_all, distribute_due, distribute_items, explain_absence, notice_changes
from catalog.models import ItemMark, Match, Placement, Rule, StockLevel
from catalog.supply import offers_for
from catalog.tests.cast import level_of, link, make_item, open_shop, put, stock
from network.models import Location, TaxRegistration
from network.taxing import Point

pytestmark = pytest.mark.django_db


@pytest.fixture
def item():
    return make_item()


@pytest.fixture
def bruno(item):
    shop = open_shop("Bruno", "BE")
    shop.boot = stock(shop, item, 0)
    return shop


@pytest.fixture
def alma(item):
    shop = open_shop("Alma", "BE")
    shop.boot = stock(shop, item, 3)
    return shop


def shelf(shop):
    return list(Placement.objects.filter(shop=shop).values_list("wanted", flat=True))


def decide():
    while distribute_due():
        pass


class TestWhatStands:
    def test_a_gap_is_filled_from_a_partner_and_says_why(self, alma, bruno):
        decide()
        placed = Placement.objects.get()
        assert (placed.shop, placed.wanted) == (bruno, 3)
        assert placed.reason == {
            "text": ["You are out of it; one partner can ship 3 units."],
            "shippers": [{"shop": alma.pk, "free": 3, "days": 2, "km": 0.0}],
            "own": 0,
            "gap": 0,
            "cap": 5,
            "rule_version": 2,
        }
        assert explain_absence(bruno, bruno.boot) == []

    def test_partners_with_the_same_quantity_add_up(self, alma, bruno, item):
        """T1: equal quantities of two partners are two quantities."""
        cara = open_shop("Cara", "BE")
        stock(cara, item, 3)
        bruno.placement_cap = 100
        bruno.save()
        decide()
        assert shelf(bruno) == [6]
        assert [offer.free for offer in offers_for(bruno, [item.pk])[item.pk]] == [3, 3]

    def test_two_places_of_one_partner_add_up(self, alma, bruno):
        """Pain 2: not only a supplier's first place counts."""
        second = Location.objects.create(shop=alma, remote_id="second", name="Second", country="BE", postcode="1000")
        put(alma.boot, 1, location=second)
        decide()
        assert shelf(bruno) == [4]

    def test_a_place_that_does_not_share_is_no_supply_and_still_own_stock(self, alma, bruno):
        alma.locations.update(shares=False)
        decide()
        assert Placement.objects.count() == 0
        assert explain_absence(alma, alma.boot) == [
            "Your own stock suffices: 3 units, and you fill gaps at 0 or fewer."
        ]

    def test_the_cap_limits_the_shelf(self, alma, bruno):
        bruno.placement_cap = 2
        bruno.save()
        decide()
        assert shelf(bruno) == [2]
        assert Placement.objects.get().reason["text"][1] == "You show 2 at most."

    def test_claimed_phantom_and_kept_units_are_not_offered(self, alma, bruno):
        alma.buffer = 1
        alma.save()
        claim_units("order_line:1", [(level_of(alma.boot).pk, 1)])
        decide()
        assert shelf(bruno) == [1]

    def test_an_oversold_place_takes_nothing_from_another(self, alma, bruno):
        second = Location.objects.create(shop=alma, remote_id="second", name="Second", country="BE", postcode="1000")
        put(alma.boot, -5, location=second)
        decide()
        assert shelf(bruno) == [3]

    def test_claims_on_own_stock_make_a_gap(self, alma, bruno):
        put(bruno.boot, 1)
        decide()
        assert shelf(bruno) == []
        claim_units("order_line:1", [(level_of(bruno.boot).pk, 1)])
        decide()
        assert shelf(bruno) == [3]

    def test_deepening_fills_what_is_no_gap(self, alma, bruno):
        put(bruno.boot, 4)
        bruno.placing = "deepen"
        bruno.save()
        decide()
        assert shelf(bruno) == [3]

    def test_variants_that_share_their_stock_stand_once(self, alma, bruno, item):
        twin = stock(bruno, make_item(size="43"), 0, sku="S3")
        twin.inventory_item = bruno.boot.inventory_item
        twin.save()
        distribute_all()
        assert list(Placement.objects.values_list("variant", "wanted")) == [(bruno.boot.pk, 3)]

    def test_a_withdrawn_match_takes_the_goods_off_the_shelf(self, alma, bruno, item):
        decide()
        Match.objects.filter(variant=bruno.boot).update(status="withdrawn")
        distribute_items([item.pk])
        assert shelf(bruno) == [0]

    def test_it_decides_the_same_twice(self, alma, bruno, item):
        decide()
        before = Placement.objects.values().get()
        assert distribute_items([item.pk]) == 0
        assert Placement.objects.values().get() == before


class TestPushNeverPull:
    def test_what_stands_on_a_shelf_is_nobodys_supply(self, alma, bruno, item):
        """Shelves never feed shelves."""
        cara = open_shop("Cara", "BE")
        stock(cara, item, 0)
        decide()
        assert shelf(bruno) == [3]
        assert {offer.shop_id for offer in offers_for(cara, [item.pk])[item.pk]} == {alma.pk}

    def test_own_figures_are_the_same_to_the_bit_before_and_after(self, alma, bruno):
        """T19: deciding, claiming and releasing write nothing to a shop's own figure."""
        before = {level.pk: level.available for level in StockLevel.objects.all()}
        decide()
        claim_units("order_line:1", [(level_of(alma.boot).pk, 2)])
        decide()
        release_claims("order_line:1")
        decide()
        assert shelf(bruno) == [3]
        assert {level.pk: level.available for level in StockLevel.objects.all()} == before

    def test_one_shops_stock_never_bleeds_into_another_of_the_same_merchant(self, alma, bruno, item):
        """Pain 13: two shops of one merchant keep two stocks; what one has is offered to the other, never counted as its own."""
        second = open_shop("Second", "BE", merchant=bruno.merchant)
        second.boot = stock(second, item, 4)
        put(alma.boot, 0)
        decide()
        assert (shelf(bruno), shelf(second)) == ([4], [])
        assert level_of(bruno.boot).available == 0


class TestStatus:
    def test_in_shadow_mode_nothing_stands_and_the_reason_says_what_would(self, alma, bruno):
        bruno.status = "shadow"
        bruno.save()
        decide()
        placed = Placement.objects.get()
        assert (placed.wanted, placed.reason["would"]) == (0, 3)
        assert explain_absence(bruno, bruno.boot) == ["Shadow mode: 3 units would stand here."]

    def test_a_paused_shop_gives_and_shows_nothing_whatever_door_paused_it(self, alma, bruno):
        decide()
        assert shelf(bruno) == [3]
        alma.status = "paused"
        alma.save()
        decide()
        assert shelf(bruno) == [0]
        assert explain_absence(bruno, bruno.boot) == ["The partner that has it is not live."]

    def test_a_shop_that_left_is_cleared(self, alma, bruno):
        decide()
        bruno.status = "left"
        bruno.save()
        decide()
        assert shelf(bruno) == [0]

    def test_nothing_changed_marks_nothing(self, alma, bruno):
        decide()
        assert notice_changes() == 0
        assert not ItemMark.objects.exists()


class TestReasonsAgainst:
    @pytest.mark.parametrize(
        ("kind", "value"),
        [
            ("brand", "nordwand"),
            ("category", "boots"),
            ("country", "BE"),
            ("price_from", 9999),
            ("price_to", 10001),
            ("tag", "outlet"),
            ("product_id", None),
            ("partner_id", None),
        ],
    )
    @pytest.mark.parametrize("side", ["origin", "shipper", "both"])
    def test_a_rule_of_either_side_keeps_it_off(self, alma, bruno, kind, value, side):
        owner, other = (alma, bruno) if side == "shipper" else (bruno, alma)
        owner.boot.product.tags = ["Outlet"]
        owner.boot.product.save()
        value = value or (other.pk if kind == "partner_id" else owner.boot.product_id)
        rule = Rule.objects.create(shop=owner, side=side, **{kind: value})
        decide()
        assert shelf(bruno) == []
        assert len(explain_absence(bruno, bruno.boot)) == 1
        rule.removed_at = timezone.now()
        rule.save()
        decide()
        assert shelf(bruno) == [3]

    def test_a_rule_holds_on_its_days_only(self, alma, bruno):
        tomorrow = timezone.localdate() + dt.timedelta(days=1)
        Rule.objects.create(shop=bruno, brand="nordwand", starts_on=tomorrow)
        decide()
        assert shelf(bruno) == [3]

    def test_the_other_side_of_a_rule_does_not_bind(self, alma, bruno):
        Rule.objects.create(shop=bruno, side="shipper", brand="nordwand")
        decide()
        assert shelf(bruno) == [3]

    @pytest.mark.parametrize(("price", "stands"), [(9000, [3]), (8999, [])])
    def test_the_price_floor_is_the_shippers_own_price_less_a_tenth(self, alma, bruno, price, stands):
        bruno.boot.price_minor = price
        bruno.boot.save()
        decide()
        assert shelf(bruno) == stands

    def test_the_price_is_compared_in_one_currency_without_vat(self, bruno, item):
        greta = open_shop("Greta", "SE")
        TaxRegistration.objects.create(
            merchant=bruno.merchant, country="SE", vat_id="SE2", valid_from=dt.date(2024, 1, 1)
        )
        boot = stock(greta, item, 2, price=100_000)  # 1,000 SEK with 25 % VAT: 800 SEK net, 72.87 EUR
        bruno.boot.price_minor = 7936  # 65.59 EUR net with 21 %: one cent over nine tenths of 72.87
        bruno.boot.save()
        bruno.promise_days = 9
        bruno.save()
        decide()
        assert shelf(bruno) == [2]
        offer = offers_for(bruno, [item.pk])[item.pk][0]
        assert (offer.variant_id, offer.price_minor, offer.net_minor, offer.floor_minor) == (boot.pk, 9109, 7287, 6559)

    def test_without_the_vat_number_the_way_is_closed(self, bruno, item):
        greta = open_shop("Greta", "SE")
        stock(greta, item, 2, price=100_000)
        bruno.promise_days = 9
        bruno.save()
        decide()
        assert shelf(bruno) == []
        assert explain_absence(bruno, bruno.boot) == [
            "The selling shop needs a VAT id of Sweden, where the goods leave."
        ]

    def test_distance_and_promise(self, bruno, item):
        anna = open_shop("Anna", "DE")
        TaxRegistration.objects.create(
            merchant=bruno.merchant, country="DE", vat_id="DE2", valid_from=dt.date(2024, 1, 1)
        )
        stock(anna, item, 2)
        bruno.max_distance_km, bruno.promise_days = 300, 3
        bruno.save()
        decide()
        assert shelf(bruno) == []
        assert [reason.code for reason in offers_for(bruno, [item.pk], explain=True)[item.pk][0].refusals] == [
            "distance",
            "days",
        ]

    def test_the_real_destination_decides_at_routing(self, alma, bruno, item):
        decide()
        assert shelf(bruno) == [3]
        assert len(offers_for(bruno, [item.pk], destination=Point("BE", "1000"))[item.pk]) == 1
        assert offers_for(bruno, [item.pk], destination=Point("CH", "8001"))[item.pk] == []

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"sku": ""}, "The variant has no SKU; a fulfilment service cannot stock it without one."),
            ({"sells_without_stock": True}, "Your shop goes on selling this variant when it is out of stock."),
        ],
    )
    def test_an_unfit_variant_of_the_origin(self, alma, bruno, change, said):
        for name, value in change.items():
            setattr(bruno.boot, name, value)
        bruno.boot.save()
        decide()
        assert shelf(bruno) == []
        assert explain_absence(bruno, bruno.boot) == [said]

    def test_an_unfit_variant_of_the_shipper(self, alma, bruno):
        alma.boot.sells_without_stock = True
        alma.boot.save()
        decide()
        assert shelf(bruno) == []

    def test_untracked_stock_on_either_side(self, alma, bruno):
        for shop in (alma, bruno):
            shop.boot.inventory_item.tracked = False
            shop.boot.inventory_item.save()
        decide()
        assert shelf(bruno) == []

    def test_no_free_unit_and_no_match(self, alma, bruno):
        put(alma.boot, 0)
        assert explain_absence(bruno, bruno.boot) == ["Partners that could ship it have no free unit."]
        lonely = stock(bruno, None, 0, sku="S9")
        assert explain_absence(bruno, lonely) == ["No partner's product has been found to be the same."]
        link(lonely, make_item(size="45"))
        assert explain_absence(bruno, lonely) == ["No partner has this item."]


def test_a_change_costs_the_same_number_of_queries_for_one_item_and_for_many(
    alma, bruno, item, django_assert_max_num_queries
):
    items = [make_item(size=str(size)) for size in range(20)]
    for number, one in enumerate(items):
        stock(alma, one, 1, sku=f"A{number}")
        stock(bruno, one, 0, sku=f"B{number}")
    with django_assert_max_num_queries(16):
        distribute_items([one.pk for one in items])
    assert Placement.objects.count() == 20
