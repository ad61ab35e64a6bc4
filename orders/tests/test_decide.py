"""Decisions follow each partner's own tariff, days and record, are kept with everything they were made of, and keep promises."""

import copy
import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from catalog.claim import check_claims
from catalog.models import Claim, StockLevel
from catalog.tests.cast import level_of, make_item, open_shop, stock
from catalog.trust import record_outcome, trust_of
from network.connectors.base import RemoteAddress
from network.models import Location, Membership, Notice, RateCard, SendingTerms, Shop, TaxRegistration
from network.sending import BadTerms, change_sending
from network.tariffs import NETWORK_TARIFF
from network.taxing import Point
from orders.fulfil import decline_internal_order, ship_internal_order
from orders.models import InternalOrder, InternalOrderLine, Order, OrderLine, RoutingPolicy, RoutingTrace
from orders.place import place_due
from orders.prefer import policy_of, prefer_policy
from orders.punctual import count_punctuality
from orders.quotes import quote_sale
from orders.replay import replay_decision
from orders.route import route_due
from orders.sell import SoldLine, SoldOrder, sell_from_shelf
from skuu.kit.errors import NotPossible
from skuu.testing.calling import Program
from skuu.testing.signing_in import signed_in

pytestmark = pytest.mark.django_db

ADDRESS = RemoteAddress(name="Marie Peeters", address1="Kerkstraat 12", zip="9000", city="Gent", country="BE")
USUAL = {zone: list(prices) for zone, prices in NETWORK_TARIFF.services[0].prices.items()}
TERMS = {"services": [], "zones": {}, "cutoff_hour": 24, "handling_days": 0, "closed_on": [], "capacity": None}


class Scene:
    """Alma next door and Dora in Brussels have two boots each; Bruno in Ghent sells them; all by REST, so no store is asked."""

    def __init__(self):
        RateCard.objects.get_or_create(
            origin_kind="retailer",
            shipper_kind="retailer",
            version=1,
            defaults={"origin_bp": 2000, "network_bp": 300, "starts_on": dt.date(2024, 1, 1)},
        )
        self.item = make_item()
        self.alma, self.dora, self.bruno, self.cara = (open_shop(name) for name in ("Alma", "Dora", "Bruno", "Cara"))
        Shop.objects.update(platform="api", shelf_location_id="", promise_days=5)
        Location.objects.filter(shop=self.dora).update(postcode="1000")
        self.stock = {shop.pk: stock(shop, self.item, 2, sku=shop.name) for shop in (self.alma, self.dora)}
        self.boot = stock(self.bruno, self.item, 0, sku="B1")
        for shop in (self.alma, self.dora):  # whatever hour the test runs at
            change_sending(shop, **TERMS, by="test")

    def sell(self, units=1, reference="W-1"):
        sold = SoldOrder(reference, "EUR", True, True, None, (SoldLine("B1", units, 10_000),), ADDRESS)
        return sell_from_shelf(self.bruno, sold)[0]

    def send(self, shop, **changes):
        change_sending(shop, **(TERMS | changes), by="test")


@pytest.fixture
def scene():
    return Scene()


def shippers(order):
    rows = InternalOrder.everyone.filter(order=order).order_by("pk")
    return [(row.shipper.name, row.status) for row in rows.select_related("shipper")]


def priced(share):
    prices = {zone: [price * share // 100 for price in row] for zone, row in USUAL.items()}
    return [{"carrier": "Bike post", "prices": prices, "days": {}}]


class TestQuotes:
    def test_a_quote_answers_what_the_order_then_decides_and_claims_nothing(self, scene):
        quoted = quote_sale(scene.bruno, [("B1", 3)], Point("BE", "9000"))
        assert (Claim.objects.count(), RoutingTrace.everyone.count()) == (0, 0)
        assert [(line.served, line.reason) for line in quoted.lines] == [(True, "")]
        assert sorted(parcel.units for parcel in quoted.parcels) == [1, 2]
        order = scene.sell(3)
        order.refresh_from_db()
        assert quoted.promise == (order.promised_from, order.promised_on)
        rows = InternalOrder.everyone.filter(order=order)
        assert quoted.postage_minor == sum(row.shipping_minor for row in rows) == 980
        assert sorted(row.lines.get().quantity for row in rows) == [1, 2]

    def test_a_quote_names_no_partner_and_says_why_it_cannot(self, scene):
        stock(scene.bruno, None, 0, sku="B2")
        quoted = quote_sale(scene.bruno, [("B1", 9), ("B2", 1)], Point("BE", "9000"))
        assert [line.reason for line in quoted.lines] == [
            "only 4 of 9 units left",
            "this product is not matched to any partner's product",
        ]
        assert "Alma" not in quoted.why + quote_sale(scene.bruno, [("B1", 1)], Point("BE", "9000")).why


class TestDepartures:
    def test_what_leaves_by_another_vat_is_an_internal_order_of_its_own(self, scene):
        """Alma has a second shop in Berlin; both send a part, and each part bears the VAT of where it leaves."""
        for merchant in (scene.alma.merchant, scene.bruno.merchant):
            TaxRegistration.objects.create(
                merchant=merchant, country="DE", vat_id="DE1", valid_from=dt.date(2024, 1, 1)
            )
        berlin = Location.objects.create(shop=scene.alma, remote_id="berlin", country="DE", postcode="10115")
        goods = scene.stock[scene.alma.pk].inventory_item
        StockLevel.objects.create(inventory_item=goods, location=berlin, available=2)
        StockLevel.objects.filter(location__shop=scene.dora).update(available=0)
        quoted = quote_sale(scene.bruno, [("B1", 4)], Point("BE", "9000"))
        order = scene.sell(4)
        rows = InternalOrder.everyone.filter(order=order, shipper=scene.alma).order_by("pk")
        assert [(row.vat["treatment"], row.vat["supply_rate_bp"], row.vat["consumer_rate_bp"]) for row in rows] == [
            ("domestic", 2100, 2100),
            ("distance_sale", 1900, 2100),
        ]
        parts = [[(one.quantity, one.claim.level.location.country) for one in row.lines.all()] for row in rows]
        assert parts == [[(2, "BE")], [(2, "DE")]]
        assert quoted.postage_minor == sum(row.shipping_minor for row in rows)

    def test_two_places_of_one_vat_stay_one_internal_order(self, scene):
        antwerp = Location.objects.create(shop=scene.alma, remote_id="antwerp", country="BE", postcode="2000")
        goods = scene.stock[scene.alma.pk].inventory_item
        StockLevel.objects.create(inventory_item=goods, location=antwerp, available=2)
        StockLevel.objects.filter(location__shop=scene.dora).update(available=0)
        order = scene.sell(4)
        row = InternalOrder.everyone.get(order=order)
        assert sorted(one.claim.level.location.country for one in row.lines.all()) == ["BE", "BE"]


def test_a_program_asks_for_a_quote_and_a_strange_variant_is_refused(scene):
    program = Program(scene.bruno)
    wish = {"lines": [{"variant": "B1", "quantity": 1}], "ship_to": {"country": "BE", "zip": "9000"}}
    told = program.post("quotes/", wish).json()
    assert (told["served"], told["postage"], told["policy"], told["within_promise"]) == (
        True,
        "4.90",
        "fewest_parcels",
        True,
    )
    assert [parcel["units"] for parcel in told["parcels"]] == [1]
    assert Claim.objects.count() == 0
    strange = program.post("quotes/", wish | {"lines": [{"variant": "none", "quantity": 1}]})
    assert (strange.status_code, strange.json()["code"]) == (422, "unknown_variant")


class TestPromises:
    def test_an_order_keeps_the_days_it_was_promised_and_the_partner_the_day_it_leaves(self, scene):
        order = scene.sell()
        order.refresh_from_db()
        row = InternalOrder.everyone.get()
        assert (order.promised_from, order.promised_on) == (row.promised_from, row.promised_on)
        assert row.leaves_on <= row.promised_from <= row.promised_on

    def test_the_next_partner_that_keeps_the_promise_changes_nothing(self, scene):
        order = scene.sell()
        promised = Order.everyone.get().promised_on
        decline_internal_order(InternalOrder.everyone.get(), "no_capacity", by="alma")
        route_due()
        assert shippers(order) == [("Alma", "declined"), ("Dora", "planned")]
        assert Order.everyone.get().promised_on == promised
        assert not Notice.everyone.filter(kind="promise_changed").exists()

    def test_a_promise_that_cannot_be_kept_is_told_to_the_selling_shop_with_the_new_one(self, scene):
        scene.send(scene.dora, handling_days=2)
        order = scene.sell()
        promised = Order.everyone.get().promised_on
        decline_internal_order(InternalOrder.everyone.get(), "no_capacity", by="alma")
        route_due()
        later = Order.everyone.get().promised_on
        assert later > promised
        notice = Notice.everyone.get(kind="promise_changed")
        assert (notice.shop, notice.key) == (scene.bruno, f"promise:{order.pk}:{later}")
        assert "Dora" not in notice.body

    def test_a_full_day_sends_the_next_order_to_the_other_partner(self, scene):
        scene.send(scene.alma, capacity=1, services=priced(90))
        scene.send(scene.dora, capacity=1)
        scene.bruno.promise_days = 2
        scene.bruno.save()
        orders = [scene.sell(reference=f"W-{n}") for n in range(3)]
        assert [shippers(one) for one in orders] == [[(name, "planned")] for name in ("Alma", "Dora", "Alma")]
        days = list(InternalOrder.everyone.order_by("leaves_on").values_list("shipper_id", "leaves_on"))
        assert len(set(days)) == 3  # nobody hands over two on one day


class TestNobodyLeft:
    def test_all_partners_declined_is_handed_back_at_once_with_every_unit_released_and_no_money(self, scene):
        """Case 37."""
        order = scene.sell()
        for _ in range(2):
            row = InternalOrder.everyone.get(order=order, status="planned")
            decline_internal_order(row, "not_found", by="test")
            route_due()
        line = OrderLine.everyone.get()
        assert line.status == "handed_back"
        assert line.hand_back_due_at is not None
        assert Notice.everyone.filter(shop=scene.bruno, kind="handed_back").count() == 1
        assert set(Claim.everyone.values_list("status", flat=True)) == {"released"}
        assert not InternalOrder.everyone.exclude(posted_at=None).exists()
        assert check_claims() == []

    def test_what_was_not_found_is_not_offered_again_and_counted_against_its_shop(self, scene):
        """T11."""
        order = scene.sell()
        decline_internal_order(InternalOrder.everyone.get(), "not_found", by="alma")
        decline_internal_order(
            InternalOrder.everyone.get(), "not_found", by="alma"
        )  # the same word again is one outcome
        assert level_of(scene.stock[scene.alma.pk]).phantom == 1
        assert trust_of([scene.alma.pk])[scene.alma.pk].counts == {"not_found": 1, "declined": 1}
        route_due()
        assert shippers(order)[-1] == ("Dora", "planned")


def test_two_lines_of_one_variant_in_one_order_are_summed(scene):
    """Case 33, T4: each of four lines finds one unit, the fifth none."""
    lines = tuple(SoldLine("B1", 1, 10_000) for _ in range(5))
    sell_from_shelf(scene.bruno, SoldOrder("W-1", "EUR", True, True, None, lines, ADDRESS))
    assert sorted(OrderLine.everyone.values_list("status", flat=True)) == ["handed_back"] + ["routed"] * 4
    assert sorted(StockLevel.objects.filter(claimed__gt=0).values_list("claimed", flat=True)) == [2, 2]


def test_a_parcel_ships_from_the_partner_whose_unit_is_claimed_and_from_no_other(scene):
    """T6."""
    order = scene.sell(3)
    for line in InternalOrderLine.everyone.select_related("claim__level__location", "internal_order"):
        assert line.claim.level.location.shop_id == line.internal_order.shipper_id
    place_due()
    for row in InternalOrder.everyone.filter(order=order):
        ship_internal_order(row, carrier="PostNL", number=f"3S{row.pk}", by="test")
    assert sorted(StockLevel.objects.order_by("pk").values_list("available", "claimed")) == [(0, 0), (0, 0), (1, 0)]


def test_a_claim_moved_to_another_partner_asks_again_what_is_free_there(scene):
    """T5."""
    scene.sell()
    StockLevel.objects.filter(location__shop=scene.dora).update(available=0)
    decline_internal_order(InternalOrder.everyone.get(), "reserved", by="alma")
    route_due()
    assert OrderLine.everyone.get().status == "handed_back"
    assert level_of(scene.stock[scene.dora.pk]).claimed == 0


class TestTariffs:
    def test_a_cheaper_tariff_wins_the_order_and_is_what_the_shipper_is_paid(self, scene):
        scene.send(scene.dora, services=priced(50))
        scene.sell()
        row = InternalOrder.everyone.get()
        assert (row.shipper, row.shipping_minor) == (scene.dora, 245)
        assert RoutingTrace.everyone.get().trace["tariffs"][str(scene.dora.pk)] == "2"

    def test_the_same_terms_again_make_no_version(self, scene):
        assert change_sending(scene.alma, **TERMS, by="alma") is None
        scene.send(scene.alma, handling_days=1)
        versions = SendingTerms.everyone.filter(shop=scene.alma).order_by("version").values_list("version", flat=True)
        assert list(versions) == [1, 2]
        assert Shop.objects.get(pk=scene.alma.pk).handling_days == 1

    @pytest.mark.parametrize(
        "wrong",
        [
            {"services": priced(201)},
            {"services": [{"carrier": "", "prices": USUAL}]},
            {"services": [{"carrier": "A", "prices": USUAL}, {"carrier": "a", "prices": USUAL}]},
            {"services": [{"carrier": "A", "prices": {"near": [5, 4, 3, 2, 1, 0]}}]},
            {"services": [{"carrier": "A", "prices": USUAL, "days": {"near": [4, 2]}}]},
            {"capacity": 0},
            {"handling_days": 11},
        ],
    )
    def test_terms_that_cannot_stand_change_nothing(self, scene, wrong):
        with pytest.raises(BadTerms):
            scene.send(scene.alma, **wrong)
        assert SendingTerms.everyone.filter(shop=scene.alma).count() == 1


class TestPastDecisions:
    def test_changed_rules_leave_a_past_order_explaining_itself_as_it_did(self, scene):
        """T20."""
        scene.sell()
        row = RoutingTrace.everyone.get()
        before = copy.deepcopy(row.trace)
        prefer_policy(scene.bruno, "fastest", by="bruno")
        scene.send(scene.alma, services=priced(200), handling_days=9)
        record_outcome(scene.alma, "failed", 50)
        scene.sell(reference="W-2")
        row.refresh_from_db()
        assert row.trace == before
        assert (before["policy"], before["chosen_policy_version"]) == ("fewest_parcels", 0)
        assert before["said"]["origin"].startswith("Alma ships 1 unit from ")
        assert "chosen among 2 partners for the fewest parcels" in before["said"]["origin"]
        newer = RoutingTrace.everyone.latest("pk").trace
        assert (newer["policy"], newer["chosen_policy_version"]) == ("fastest", 1)
        assert [name for name, _ in shippers(Order.everyone.get(remote_id="W-2"))] == ["Dora"]

    def test_thought_through_as_it_was_a_decision_comes_out_the_same(self, scene):
        scene.sell(3)
        assert replay_decision(RoutingTrace.everyone.get(), as_it_was=True).is_same

    def test_thought_through_by_another_policy_nothing_is_written(self, scene):
        scene.send(scene.dora, services=priced(50))
        scene.sell()
        again = replay_decision(RoutingTrace.everyone.get(), policy="nearest")
        assert (again.is_same, [shipper for _, shipper, _ in again.would_send]) == (False, [scene.alma.pk])
        assert (InternalOrder.everyone.count(), RoutingTrace.everyone.count()) == (1, 1)

    def test_each_party_is_told_in_one_sentence_that_names_nobody_else(self, scene):
        scene.sell()
        said = RoutingTrace.everyone.get().trace["said"]
        theirs = said["shippers"][str(scene.alma.pk)]
        assert theirs.startswith("You send 1 unit: you suited best among 2 shops that could send it")
        assert "Dora" not in theirs + said["origin"]
        assert "Dora" in said["network"]
        assert InternalOrder.everyone.get().changes.get().reason == theirs


class TestPolicies:
    def test_a_policy_is_chosen_in_versions(self, scene):
        assert policy_of(scene.bruno) == ("fewest_parcels", 0)
        prefer_policy(scene.bruno, "nearest", by="bruno")
        assert prefer_policy(scene.bruno, "nearest", by="bruno") is None
        assert policy_of(scene.bruno) == ("nearest", 1)
        with pytest.raises(NotPossible):
            prefer_policy(scene.bruno, "dearest", by="bruno")
        assert RoutingPolicy.everyone.count() == 1


class TestRecords:
    def test_a_partner_that_often_fails_loses_to_one_that_does_not(self, scene):
        record_outcome(scene.alma, "declined", 15)
        scene.sell()
        assert InternalOrder.everyone.get().shipper == scene.dora

    def test_parcels_handed_over_in_time_and_late_are_counted_once(self, scene):
        order = scene.sell(3)
        now = timezone.now()
        first, second = InternalOrder.everyone.filter(order=order).order_by("pk")
        InternalOrder.everyone.filter(pk=first.pk).update(shipped_at=now, leaves_on=now.date() + dt.timedelta(1))
        InternalOrder.everyone.filter(pk=second.pk).update(shipped_at=now, leaves_on=now.date() - dt.timedelta(2))
        assert (count_punctuality(), count_punctuality()) == (2, 0)
        trust = trust_of([first.shipper_id, second.shipper_id])
        assert trust[first.shipper_id].counts == {"on_time": 1}
        assert trust[second.shipper_id].counts == {"late": 1}

    def test_units_too_often_missing_are_kept_off_the_shelves(self, scene):
        record_outcome(scene.alma, "on_time", 9)
        record_outcome(scene.alma, "not_found", 1)
        assert trust_of([scene.alma.pk])[scene.alma.pk].kept_back == 1


def test_staff_see_a_decision_as_sentences_table_map_and_what_if(scene, admin_user):
    scene.sell()
    staff = signed_in(admin_user, second_factor=True)
    page = staff.get(f"/admin/orders/routingtrace/{RoutingTrace.everyone.get().pk}/change/")
    assert page.status_code == 200
    text = page.content.decode()
    assert "By fewest_parcels: Alma (1 unit), 1 parcel" in text
    assert text.count("<circle") == 2
    assert "What if" in text


class TestThePage:
    @pytest.fixture
    def dora(self, scene, django_user_model):
        user = django_user_model.objects.create_user("dora@example.com", "dora@example.com", "x")
        Membership.everyone.create(user=user, merchant=scene.dora.merchant, role="owner")
        client = Client()
        client.force_login(user)
        return client

    def form(self, **changes):
        form = {"cutoff_hour": "14", "handling_days": "1", "near": "FR NL LU DE", "carrier_0": "Bike post"}
        for band, price in enumerate(USUAL["domestic"]):
            form[f"price_0_domestic_{band}"] = f"{price // 100},{price % 100:02d}"
        return form | changes

    def test_shows_the_networks_defaults_marked_as_such_and_the_own_record(self, scene, dora):
        SendingTerms.everyone.filter(shop=scene.dora).delete()
        text = dora.get("/shipping/").content.decode()
        assert "defaults, to be edited" in text
        assert 'value="4.90"' in text
        assert "98 of 100" in text

    def test_writes_terms_and_preference_as_new_versions(self, scene, dora):
        assert dora.post(f"/shipping/{scene.dora.pk}/terms/", self.form(closed_on="2026-12-28")).status_code == 302
        row = SendingTerms.everyone.get(shop=scene.dora, version=2)
        assert (row.cutoff_hour, row.handling_days, row.closed_on) == (14, 1, [dt.date(2026, 12, 28)])
        assert row.services == [{"carrier": "Bike post", "prices": {"domestic": USUAL["domestic"]}, "days": {}}]
        assert (row.zones, row.made_by) == ({}, "dora@example.com")
        assert dora.post(f"/shipping/{scene.dora.pk}/policy/", {"policy": "fair"}).status_code == 302
        assert policy_of(scene.dora) == ("fair", 1)

    def test_days_are_written_by_zone_shown_again_and_kept_by_the_next_version(self, scene, dora):
        dora.post(f"/shipping/{scene.dora.pk}/terms/", self.form(days_0_domestic="2–4"))
        row = SendingTerms.everyone.get(shop=scene.dora, version=2)
        assert row.services[0]["days"] == {"domestic": [2, 4]}
        page = dora.get(f"/shipping/?shop={scene.dora.pk}").content.decode()
        assert 'name="days_0_domestic" value="2-4"' in page
        dora.post(f"/shipping/{scene.dora.pk}/terms/", self.form(days_0_domestic="3", cutoff_hour="12"))
        assert SendingTerms.everyone.get(shop=scene.dora, version=3).services[0]["days"] == {"domestic": [3, 3]}

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"price_0_domestic_5": "99"}, "2 times the network"),
            ({"price_0_domestic_0": "five"}, "Write a price like 4.90."),
            ({"closed_on": "Christmas"}, "Write days like"),
            ({"near": "US"}, "Not a country of the EU"),
            ({"days_0_domestic": "soon"}, "Write days like 2-4."),
            ({"days_0_domestic": "4-2"}, "days from 1 to 30"),
            ({"days_0_far": "2-4"}, "it has days but no prices"),
        ],
    )
    def test_says_what_is_wrong_and_changes_nothing(self, scene, dora, wrong, said):
        answer = dora.post(f"/shipping/{scene.dora.pk}/terms/", self.form(**wrong))
        assert answer.status_code == 422
        assert said in answer.content.decode()
        assert SendingTerms.everyone.filter(shop=scene.dora).count() == 1
