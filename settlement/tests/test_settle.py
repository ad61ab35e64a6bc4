"""A shipped internal order becomes exactly one entry, to the cent, whatever comes twice."""

import datetime as dt

import pytest
from django.utils import timezone

from network.models import TaxRegistration
from settlement.balances import positions_of
from settlement.check import check_ledger
from settlement.models import Entry, Line
from settlement.settle import post_shipped
from settlement.tests.cast import DOMESTIC, make_card, make_internal_order, make_merchant, make_shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _french_network(settings):
    settings.NETWORK_COUNTRY = "FR"


@pytest.fixture
def alma():
    return make_shop(make_merchant("Alma"))


@pytest.fixture
def bruno():
    return make_shop(make_merchant("Bruno"))


def amounts(entry: Entry) -> list[tuple[str, str, int, str]]:
    return [
        (line.account.merchant.name if line.account.merchant else "network", line.account.kind, line.amount, line.tag)
        for line in entry.lines.select_related("account__merchant").order_by("n")
    ]


def test_the_reference_sale_is_posted_to_the_cent(alma, bruno):
    order = make_internal_order(bruno, alma, nets=(100_00,), shipping=6_00, card=make_card(1500, 200))
    assert post_shipped().posted == 1
    entry = Entry.objects.get()
    assert (entry.key, entry.kind, entry.internal_order_id) == (f"ship:internal_order:{order.pk}", "ship", order.pk)
    assert amounts(entry) == [
        ("Bruno", "merchant_pending", 102_00, "supply"),
        ("Alma", "merchant_pending", -102_00, "supply"),
        ("Alma", "merchant_pending", 2_40, "network_fee"),
        ("Bruno", "merchant_pending", 7_20, "shipping"),
        ("Alma", "merchant_pending", -7_20, "shipping"),
        ("network", "fee_income", -2_00, "network_fee"),
        ("network", "vat_out", -40, "vat"),
    ]
    (bruno_owes,), (alma_gets,) = positions_of(bruno.merchant), positions_of(alma.merchant)
    assert (bruno_owes.pending, bruno_owes.payable) == (-109_20, 0)
    assert (alma_gets.pending, alma_gets.payable) == (106_80, 0)
    order.refresh_from_db()
    assert order.posted_at is not None
    assert check_ledger(strict=True).findings == []


def test_a_second_sweep_posts_nothing(alma, bruno):
    make_internal_order(bruno, alma)
    assert post_shipped().posted == 1
    before = list(Line.objects.values_list("pk", "amount"))
    assert post_shipped().posted == 0
    assert list(Line.objects.values_list("pk", "amount")) == before


def test_an_order_whose_mark_was_lost_is_not_posted_twice(alma, bruno):
    order = make_internal_order(bruno, alma)
    post_shipped()
    type(order).everyone.filter(pk=order.pk).update(posted_at=None)
    assert post_shipped().posted == 1
    assert Entry.objects.count() == 1
    assert [position.pending for position in positions_of(alma.merchant)] == [106_80]


@pytest.mark.parametrize("status", ["planned", "placed", "accepted", "declined", "cancelled"])
def test_what_did_not_ship_is_not_posted(alma, bruno, status):
    make_internal_order(bruno, alma, status=status)
    assert post_shipped().posted == 0
    assert Entry.objects.count() == 0


def test_several_lines_share_the_vat_of_the_whole_and_lose_no_cent(alma, bruno):
    make_internal_order(bruno, alma, nets=(33_33, 33_33, 33_34), shipping=4_99, card=make_card(1333, 177))
    post_shipped()
    entry = Entry.objects.get()
    items = entry.facts["items"]
    assert [item["net"] - item["origin_fee"] for item in items[:3]] == [item["supply"] for item in items[:3]]
    supply = sum(item["supply"] for item in items)
    assert sum(item["vat"] for item in items) == (supply * 20 + 50) // 100
    assert sum(line[2] for line in amounts(entry)) == 0
    assert check_ledger(strict=True).findings == []


def test_a_partner_in_another_member_state_is_charged_the_fee_without_vat(bruno):
    shipper = make_shop(make_merchant("Alma", country="DE"))
    make_internal_order(bruno, shipper, vat=DOMESTIC | {"supply_rate_bp": 1900})
    post_shipped()
    entry = Entry.objects.get()
    assert entry.facts["fee_vat"]["treatment"] == "reverse_charge"
    assert not entry.lines.filter(account__kind="vat_out").exists()
    assert [p.pending for p in positions_of(shipper.merchant)] == [108_29 - 2_00]


def test_two_shops_of_one_merchant_owe_each_other_nothing_but_the_network_its_fee(alma):
    second = make_shop(alma.merchant)
    make_internal_order(second, alma, vat=DOMESTIC | {"treatment": "own_goods", "supply_rate_bp": 0})
    post_shipped()
    assert amounts(Entry.objects.get()) == [
        ("Alma", "merchant_pending", 2_40, "network_fee"),
        ("network", "fee_income", -2_00, "network_fee"),
        ("network", "vat_out", -40, "vat"),
    ]
    assert check_ledger(strict=True).findings == []


def test_N13_a_sale_for_nothing_without_shipping_leaves_no_entry_and_no_doubt(alma, bruno):
    order = make_internal_order(bruno, alma, nets=(0,), shipping=0)
    assert post_shipped().posted == 1
    order.refresh_from_db()
    assert order.posted_at is not None
    assert Entry.objects.count() == 0
    assert check_ledger(strict=True).findings == []


def test_only_the_units_that_were_sent_are_paid(alma, bruno):
    order = make_internal_order(bruno, alma, nets=(100_00,), quantities=(3,), shipping=0)
    order.lines.update(shipped_quantity=1)
    post_shipped()
    assert Entry.objects.get().facts["items"][0]["net"] == 33_33
    assert check_ledger(strict=True).findings == []


def test_an_order_with_unreadable_terms_is_named_and_does_not_hold_up_the_others(alma, bruno):
    broken = make_internal_order(bruno, alma, vat={"reason": "half written"})
    make_internal_order(bruno, alma)
    sweep = post_shipped()
    assert sweep.posted == 1
    assert list(sweep.refused) == [broken.number]
    (finding,) = check_ledger(strict=True).findings
    assert (finding.promise, finding.rows) == ("every shipped internal order is in the ledger", [broken.number])


def test_the_day_of_an_entry_is_the_day_it_shipped_even_when_posted_later(alma, bruno):
    shipped = timezone.now() - dt.timedelta(days=3)
    make_internal_order(bruno, alma, shipped_at=shipped)
    post_shipped()
    entry = Entry.objects.select_related("period").get()
    assert entry.effective_on == entry.period.day == timezone.localdate(shipped)


def test_currencies_stay_apart(alma, bruno):
    make_internal_order(bruno, alma, currency="SEK", nets=(1000_00,), shipping=65_00)
    make_internal_order(bruno, alma)
    assert post_shipped().posted == 2
    assert [(p.currency, p.pending) for p in positions_of(alma.merchant)] == [
        ("EUR", 106_80),
        ("SEK", 1020_00 + 78_00 - 24_00),
    ]
    assert check_ledger(strict=True).findings == []


def test_no_name_of_a_customer_enters_the_books(alma, bruno):
    order = make_internal_order(bruno, alma)
    order.order.address = {"name": "Clara Customer", "address1": "1 rue Secrète"}
    order.order.save()
    post_shipped()
    assert "Clara" not in str(Entry.objects.get().facts)


def test_sales_that_are_refused_are_named_and_all_others_are_posted(alma, bruno):
    good = [make_internal_order(bruno, alma) for _ in range(3)]
    late = make_internal_order(bruno, alma, shipped_at=timezone.now() + dt.timedelta(days=9))
    bounded = make_card()
    type(bounded).objects.filter(pk=bounded.pk).update(network_min_minor=1_00, currency="XAF")
    unrated = make_internal_order(bruno, alma, card=bounded)
    good.append(make_internal_order(bruno, alma))
    sweep = post_shipped()
    assert (sweep.posted, set(sweep.refused)) == (4, {late.number, unrated.number})
    assert "exchange rate of XAF" in sweep.refused[unrated.number]
    assert set(Entry.objects.values_list("internal_order", flat=True)) == {order.pk for order in good}


def test_the_fee_bears_the_vat_of_the_day_the_goods_left(alma, bruno, settings):
    settings.NETWORK_COUNTRY = "BE"
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    TaxRegistration.everyone.filter(merchant=alma.merchant).update(valid_to=yesterday)
    for days in (0, 2):
        make_internal_order(bruno, alma, shipped_at=timezone.now() - dt.timedelta(days=days))
    post_shipped()
    treatments = [entry.facts["fee_vat"]["treatment"] for entry in Entry.objects.order_by("effective_on")]
    assert treatments == ["reverse_charge", "local"]
