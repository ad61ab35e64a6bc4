"""Nasty cases that need no page of their own, each under its number."""

import datetime as dt

import pytest
import time_machine
from django.db.models import F

from network.models import TaxRegistration
from network.taxing import Party, Point, vat_route
from orders.return_goods import announce_return, inspect_return
from settlement.balances import positions_of
from settlement.check import check_ledger
from settlement.close import close_cycle
from settlement.dispute import AlreadyDisputed, open_dispute, resolve_dispute
from settlement.invoice import issue_documents
from settlement.models import Entry, Statement
from settlement.rates import NoRate, rate_on
from settlement.settle import post_shipped
from settlement.settle_returns import post_returns
from settlement.splitting import Terms, divide_shipment, share_by_weight
from settlement.tests.books import FRIDAY, delivered, payable_sale
from settlement.tests.cast import DOMESTIC, make_card, make_internal_order, make_merchant, make_shop
from skuu.kit.errors import NotPossible, WrongState

DAY = dt.date(2026, 10, 30)


@pytest.fixture
def clock(settings):
    settings.NETWORK_COUNTRY, settings.NETWORK_VAT_ID = "FR", "FR83404833048"
    with time_machine.travel(FRIDAY, tick=False) as clock:
        yield clock


@pytest.fixture
def alma(db, clock):
    return make_shop(make_merchant("Alma"))


@pytest.fixture
def bruno(db, clock):
    return make_shop(make_merchant("Bruno"))


def total(shop) -> int:
    return sum(p.total for p in positions_of(shop.merchant))


def give_back(order, units: int = 1) -> None:
    line = order.lines.get()
    row = announce_return(order, [(line.pk, units)], reason="too_small", by="test")
    inspect_return(row, {line.pk: {"as_new": units}}, by="test")
    post_returns()


def party(country: str, *vat: str, oss: bool = True, merchant: int = 1) -> Party:
    return Party(country, frozenset(vat or (country,)), oss, merchant)


class TestPure:
    def test_N15_a_discount_on_an_order_of_seven_lines_is_shared_to_the_cent_ties_to_the_first(self):
        assert share_by_weight(-10_00, [1, 1, 1, 1, 1, 1, 1]) == [-143, -143, -143, -143, -143, -143, -142]
        assert share_by_weight(-10_00, [100_00, 0, 33_33, 33_33, 33_33, 1, 0]) == [-5_00, 0, -167, -167, -166, 0, 0]

    @pytest.mark.parametrize(
        ("nets", "bounds", "fees"),
        [
            ([100_00, 50_00], {}, [2_00, 1_00]),
            ([100_00, 50_00], {"network_fixed": 30}, [2_20, 1_10]),
            ([100_00, 50_00], {"network_min": 6_00}, [4_00, 2_00]),
            ([100_00, 50_00], {"network_max": 1_50}, [1_00, 50]),
            ([1], {"network_min": 5_00}, [1]),  # never more than the sale leaves
            ([0, 10_00], {"network_min": 1_00}, [0, 1_00]),
        ],
    )
    def test_N16_the_networks_fee_stays_within_its_bounds_and_below_what_is_left(self, nets, bounds, fees):
        items = divide_shipment(nets, Terms(1500, 200, 2000, 2000, 0, **bounds))
        assert [item.network_fee for item in items] == fees
        assert all(item.supply - item.network_fee >= 0 for item in items)

    def test_N23_special_territories_are_blocked_or_taken_for_what_they_are(self):
        seller, shipper = party("ES", "ES", "DE", "IE"), party("ES", merchant=2)
        canaries = vat_route(Point("ES", "28001"), Point("ES", "35001"), seller, shipper, DAY)
        assert not canaries.lawful
        buesingen = vat_route(Point("DE", "10115"), Point("DE", "78266"), seller, party("DE", merchant=2), DAY)
        assert not buesingen.lawful
        ireland = vat_route(Point("IE", "D01"), Point("GB", "BT1 1AA"), seller, party("IE", merchant=2), DAY)
        assert ireland.reason

    def test_N24_N25_another_place_of_departure_is_another_decision(self):
        seller, to = party("DE", "DE", oss=True), Point("DE", "10115")
        from_home = vat_route(Point("DE", "20095"), to, seller, party("DE", merchant=2), DAY)
        from_austria = vat_route(Point("AT", "1010"), to, seller, party("AT", merchant=2), DAY)
        assert (from_home.lawful, from_home.treatment, from_home.supply_rate_bp) == (True, "domestic", 1900)
        assert not from_austria.lawful  # the seller holds no Austrian VAT id
        registered = vat_route(Point("AT", "1010"), to, party("DE", "DE", "AT"), party("AT", merchant=2), DAY)
        assert (registered.treatment, registered.supply_rate_bp, registered.consumer_rate_bp) == (
            "distance_sale",
            2000,
            1900,
        )

    def test_N22_the_threshold_of_ten_thousand_euro_opens_nothing_because_goods_of_a_partner_never_qualify(self):
        small = party("FR", "FR", "DE", oss=False)
        route = vat_route(Point("DE", "10115"), Point("FR", "75001"), small, party("DE", merchant=2), DAY)
        assert not route.lawful
        assert "one-stop" in route.reason.lower() or "oss" in route.reason.lower()


@pytest.mark.django_db
class TestRates:
    def test_N18_the_lev_has_been_the_euro_at_its_fixed_rate_since_2026(self):
        assert [rate_on("BGN", day).value for day in (dt.date(2026, 1, 1), DAY)] == [rate_on("BGN", DAY).value] * 2
        assert str(rate_on("BGN", DAY).told()["rate"]) == "1.95583"

    def test_N17_a_rate_of_a_later_day_is_never_taken_and_an_unknown_currency_is_refused(self):
        assert rate_on("SEK", dt.date(2026, 3, 1)).on == dt.date(2026, 2, 27)  # a Sunday
        with pytest.raises(NoRate):
            rate_on("ISK", DAY)
        with pytest.raises(NoRate):
            rate_on("SEK", dt.date(2020, 1, 1))


@pytest.mark.django_db
class TestSales:
    def test_N6_a_return_after_the_shipper_left_is_posted_and_its_debt_stands(self, alma, bruno):
        order = payable_sale(bruno, alma)
        type(alma).everyone.filter(pk=alma.pk).update(status="left")
        give_back(order)
        assert (total(alma), total(bruno)) == (7_20, -7_20)
        assert check_ledger(strict=True).findings == []

    @pytest.mark.parametrize("status", ["REFUNDED", "PARTIALLY_REFUNDED"])
    def test_N8_N9_what_the_selling_shop_refunds_out_of_goodwill_never_touches_the_shipper(self, alma, bruno, status):
        order = payable_sale(bruno, alma)
        type(order.order).everyone.filter(pk=order.order_id).update(financial_status=status)
        post_shipped()
        assert post_returns().posted == 0
        assert (total(alma), total(bruno)) == (106_80, -109_20)

    def test_N10_a_sale_is_disputed_once_at_a_time_and_decided_once(self, alma, bruno):
        order = payable_sale(bruno, alma)
        row = open_dispute(order, merchant=bruno.merchant, reason="faulty", amount=30_00, text="Torn", by="bruno")
        with pytest.raises(AlreadyDisputed):
            open_dispute(order, merchant=alma.merchant, reason="other", amount=1, text="?", by="alma")
        resolve_dispute(row, to_origin=30_00, by="ina", reason="torn")
        with pytest.raises(WrongState):
            resolve_dispute(row, to_origin=0, by="ina", reason="not torn")
        with pytest.raises(NotPossible, match="still stands for"):
            open_dispute(order, merchant=bruno.merchant, reason="faulty", amount=79_21, text="All", by="bruno")
        assert (total(alma), total(bruno)) == (76_80, -79_20)

    def test_N10_a_dispute_holds_what_is_pending_until_it_is_over(self, alma, bruno, clock):
        from settlement.release import release_due

        order = delivered(bruno, alma, days_ago=16)
        post_shipped()
        row = open_dispute(order, merchant=bruno.merchant, reason="faulty", amount=None, text="Torn", by="bruno")
        clock.shift(dt.timedelta(days=2))
        assert release_due() == 0
        resolve_dispute(row, to_origin=0, by="ina", reason="fine")
        assert release_due() == 3  # the sale, the hold and its end
        assert [(p.payable, p.pending, p.held) for p in positions_of(alma.merchant)] == [(106_80, 0, 0)]
        assert check_ledger(strict=True).findings == []

    def test_N11_an_exchange_is_a_return_and_a_new_sale_at_its_own_price(self, alma, bruno):
        order = payable_sale(bruno, alma, shipping=0)
        give_back(order)
        delivered(bruno, alma, nets=(80_00,), shipping=0)
        post_shipped()
        assert (total(bruno), total(alma)) == (-81_60, 79_68)

    def test_N12_two_shippers_of_one_order_are_each_paid_their_goods_and_their_own_parcel(self, alma, bruno):
        dora = make_shop(make_merchant("Dora"))
        first = make_internal_order(bruno, alma, nets=(50_00,), shipping=6_00)
        second = make_internal_order(bruno, dora, nets=(50_00,), shipping=4_00)
        type(second).everyone.filter(pk=second.pk).update(order=first.order_id)
        post_shipped()
        shipping = [
            item["supply"]
            for e in Entry.objects.filter(kind="ship")
            for item in e.facts["items"]
            if item["kind"] == "shipping"
        ]
        assert sorted(shipping) == [4_00, 6_00]
        assert total(bruno) == -(51_00 + 7_20) - (51_00 + 4_80)

    def test_N16_the_bounds_of_a_card_are_posted_and_come_back_with_a_return(self, alma, bruno):
        card = make_card()
        type(card).objects.filter(pk=card.pk).update(network_min_minor=5_00)
        card.refresh_from_db()
        order = payable_sale(bruno, alma, card=card, shipping=0)
        assert total(alma) == 102_00 - 6_00
        give_back(order)
        assert (total(alma), total(bruno)) == (0, 0)

    def test_N19_a_return_takes_the_vat_of_its_sale_back_whatever_the_rate_is_by_then(self, alma, bruno):
        order = payable_sale(bruno, alma, shipping=0, vat=DOMESTIC | {"supply_rate_bp": 1900})
        assert total(bruno) == -(85_00 + 16_15)
        type(order).everyone.filter(pk=order.pk).update(vat=DOMESTIC | {"supply_rate_bp": 2100})
        give_back(order)
        assert (total(alma), total(bruno)) == (0, 0)

    def test_N20_a_vat_id_that_is_revoked_later_changes_no_entry_and_stops_the_invoice(self, alma, bruno):
        delivered(bruno, alma)
        post_shipped()
        before = list(Entry.objects.values_list("payload_hash", flat=True))
        TaxRegistration.everyone.filter(merchant=alma.merchant).update(valid_to=dt.date(2026, 10, 1))
        with time_machine.travel(FRIDAY + dt.timedelta(days=3), tick=False):
            close_cycle(dt.date(2026, 10, 31))
            issued = issue_documents(dt.date(2026, 10, 1), by="ina")
        assert [name for name in issued.stuck if name.startswith("389")]
        assert list(Entry.objects.filter(kind="ship").values_list("payload_hash", flat=True)) == before

    def test_N20_a_number_that_its_register_refuses_bears_no_reverse_charge_from_that_day_on(
        self, alma, bruno, settings
    ):
        settings.NETWORK_COUNTRY = "DE"
        before = delivered(bruno, alma)
        TaxRegistration.everyone.filter(merchant=alma.merchant).update(
            refused_from=before.shipped_at.date() + dt.timedelta(days=1), refused_id=F("vat_id")
        )
        after = make_internal_order(bruno, alma, shipped_at=before.shipped_at + dt.timedelta(days=2))
        post_shipped()
        told = [Entry.objects.get(internal_order=order).facts["fee_vat"]["treatment"] for order in (before, after)]
        assert told == ["reverse_charge", "local"]

    def test_N21_posting_asks_nobody_it_reads_the_decision_that_was_frozen(self, alma, bruno):
        order = delivered(bruno, alma)
        TaxRegistration.everyone.filter(merchant=bruno.merchant).delete()
        post_shipped()
        assert Entry.objects.get(internal_order=order).facts["vat"] == order.vat

    def test_N41_a_merchant_that_changes_its_name_mid_cycle_keeps_the_old_one_on_what_was_said(self, alma, bruno):
        delivered(bruno, alma)
        close_cycle(DAY)
        type(alma.merchant).everyone.filter(pk=alma.merchant_id).update(name="Alma & Co")
        delivered(bruno, alma)
        close_cycle(DAY)
        names = Statement.everyone.filter(merchant=alma.merchant).order_by("pk").values_list("merchant_name", flat=True)
        assert list(names) == ["Alma", "Alma & Co"]
        assert check_ledger(strict=True).findings == []

    def test_N39_amounts_on_a_statement_are_plain_numbers_and_leading_zeros_stay_text(self, alma, bruno):
        from settlement.documents.statement import statement_csv

        delivered(bruno, alma, nets=(1_234_56,))
        close_cycle(DAY)
        text = statement_csv(Statement.everyone.select_related("cycle").get(merchant=alma.merchant)).decode()
        assert "1234.56" in text
        assert "1,234" not in text
