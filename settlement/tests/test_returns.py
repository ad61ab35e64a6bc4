"""What comes back takes its share of the sale back: once, to the cent, in whatever portions."""

import datetime as dt

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from network.models import RateCard
from orders.models import Return, ReturnLine
from orders.return_goods import announce_return, inspect_return, report_lost
from settlement.balances import positions_of
from settlement.check import check_ledger
from settlement.close import close_cycle
from settlement.documents.statement import statement_rows
from settlement.models import Entry, Statement
from settlement.post import PartlyTakenBack, reverse_entry
from settlement.settle import post_shipped
from settlement.settle_returns import post_returns
from settlement.splitting import GOODS, Item, divide_shipment, post_shipment, take_back
from settlement.splitting.shipment import Terms
from settlement.tests.cast import make_card, make_internal_order, make_merchant, make_shop


@pytest.fixture(autouse=True)
def _french_network(settings):
    settings.NETWORK_COUNTRY = "FR"


@pytest.fixture
def alma(db):
    return make_shop(make_merchant("Alma"))


@pytest.fixture
def bruno(db):
    return make_shop(make_merchant("Bruno"))


@pytest.fixture
def sale(alma, bruno):
    """The reference sale: three units for 100.00 net together, 6.00 shipping, 15 % and 2 %."""
    order = make_internal_order(bruno, alma, nets=(100_00,), quantities=(3,), shipping=6_00, card=make_card(1500, 200))
    assert post_shipped().posted == 1
    order.refresh_from_db()
    return order


def bring_back(order, units, grade="as_new"):
    line = order.lines.get()
    returned = announce_return(order, [(line.pk, units)], reason="too_small", by="bruno")
    return inspect_return(returned, {line.pk: {grade: units}}, by="alma")


def pending(*shops):
    return [position.pending for shop in shops for position in positions_of(shop.merchant)]


def moved(entry):
    return [
        (line.account.merchant.name if line.account.merchant else "network", line.amount, line.tag)
        for line in entry.lines.select_related("account__merchant").order_by("n")
    ]


def test_I6_a_sale_that_came_back_in_part_is_not_reversed_as_a_whole(alma, bruno, sale):
    bring_back(sale, 1)
    post_returns()
    before = pending(alma, bruno)
    with pytest.raises(PartlyTakenBack, match="reverse those first"):
        reverse_entry(Entry.objects.get(kind="ship"), reason="wrong", by="staff")
    assert (pending(alma, bruno), Entry.objects.count()) == (before, 2)
    reverse_entry(Entry.objects.get(kind="return"), reason="wrong", by="staff")
    reverse_entry(Entry.objects.get(kind="ship"), reason="wrong", by="staff")
    assert pending(alma, bruno) == [0, 0]


def test_a_return_that_is_refused_stops_no_other_of_its_batch(alma, bruno, sale):
    first, second = bring_back(sale, 1), bring_back(sale, 1)
    Return.everyone.filter(pk=first.pk).update(closed_at=timezone.now() + dt.timedelta(days=9))
    sweep = post_returns()
    assert (sweep.posted, list(sweep.refused)) == (1, [first.number])
    assert "in the future" in sweep.refused[first.number]
    assert list(Entry.objects.filter(kind="return").values_list("key", flat=True)) == [f"return:{second.pk}"]
    Return.everyone.filter(pk=first.pk).update(closed_at=timezone.now())
    assert post_returns().posted == 1
    bring_back(sale, 1)
    post_returns()
    assert pending(alma, bruno) == [7_20, -7_20]
    assert check_ledger(strict=True).findings == []


def test_one_unit_of_three_comes_back_to_the_cent(alma, bruno, sale):
    bring_back(sale, 1)
    assert post_returns().posted == 1
    entry = Entry.objects.get(kind="return")
    assert moved(entry) == [
        ("Bruno", -34_00, "supply"),
        ("Alma", 34_00, "supply"),
        ("Alma", -80, "network_fee"),
        ("network", 67, "network_fee"),
        ("network", 13, "vat"),
    ]
    assert pending(bruno, alma) == [-75_20, 73_60]
    assert (entry.internal_order_id, entry.facts["return"]) == (sale.pk, Return.everyone.get().number)
    assert check_ledger(strict=True).findings == []


@pytest.mark.parametrize("portions", [(1, 2), (2, 1), (1, 1, 1), (3,)])
def test_N4_all_of_it_in_any_portions_leaves_the_shipping_alone(alma, bruno, sale, portions):
    for units in portions:
        bring_back(sale, units)
        post_returns()
    assert pending(bruno, alma) == [-7_20, 7_20]
    assert Entry.objects.filter(kind="return").count() == len(portions)
    assert check_ledger(strict=True).findings == []


def test_portions_that_are_posted_together_are_counted_one_after_the_other(alma, bruno, sale):
    bring_back(sale, 1)
    bring_back(sale, 2)
    assert post_returns().posted == 2
    assert pending(bruno, alma) == [-7_20, 7_20]


def test_a_second_sweep_and_a_lost_mark_post_nothing_twice(alma, bruno, sale):
    returned = bring_back(sale, 1)
    post_returns()
    assert post_returns().posted == 0
    Return.everyone.filter(pk=returned.pk).update(posted_at=None)
    assert post_returns().posted == 1
    assert Entry.objects.filter(kind="return").count() == 1
    assert pending(bruno, alma) == [-75_20, 73_60]


@pytest.mark.parametrize("grade", ["worn", "missing"])
def test_what_the_customer_wore_or_never_sent_stays_sold(alma, bruno, sale, grade):
    returned = bring_back(sale, 1, grade)
    assert post_returns().posted == 1
    returned.refresh_from_db()
    assert returned.posted_at is not None
    assert not Entry.objects.filter(kind="return").exists()
    assert pending(bruno, alma) == [-109_20, 106_80]
    assert check_ledger(strict=True).findings == []


def test_what_the_selling_shop_keeps_stays_sold_to_it(alma, bruno, sale):
    line = sale.lines.get()
    returned = announce_return(sale, [(line.pk, 2)], reason="not_liked", destination="origin", by="bruno")
    inspect_return(returned, {line.pk: {"as_new": 2}}, by="bruno")
    assert post_returns().posted == 0
    assert pending(bruno, alma) == [-109_20, 106_80]
    assert check_ledger(strict=True).findings == []


def test_a_parcel_lost_on_the_way_takes_its_shipping_back_too(alma, bruno, sale):
    returned = report_lost(sale, by="bruno")
    line = sale.lines.get()
    inspect_return(returned, {line.pk: {"lost": 3}}, by="alma")
    assert post_returns().posted == 1
    assert pending(bruno, alma) == [0, 0]
    assert check_ledger(strict=True).findings == []


def test_N3_a_return_waits_for_the_sale_to_be_posted(alma, bruno):
    order = make_internal_order(bruno, alma, quantities=(2,))
    bring_back(order, 2)
    assert (post_returns().posted, Entry.objects.count()) == (0, 0)
    assert (post_shipped().posted, post_returns().posted) == (1, 1)
    assert pending(bruno, alma) == [-7_20, 7_20]


def test_N7_the_old_terms_apply_when_the_rate_card_has_changed(alma, bruno, sale):
    RateCard.objects.filter(pk=sale.rate_card_id).update(origin_bp=4000, network_bp=900)
    bring_back(sale, 3)
    post_returns()
    assert pending(bruno, alma) == [-7_20, 7_20]


def test_a_return_after_the_books_closed_stands_on_the_next_statement(alma, bruno, sale):
    close_cycle(timezone.localdate())
    first = Statement.everyone.get(merchant=alma.merchant)
    assert (first.opening, first.closing) == (0, 106_80)
    bring_back(sale, 1)
    closing = close_cycle(timezone.localdate())
    assert closing.posted == 1
    second = Statement.everyone.filter(merchant=alma.merchant).latest("pk")
    assert (second.opening, second.activity, second.closing) == (106_80, -33_20, 73_60)
    (row,) = statement_rows(second)
    assert (row.kind, row.quantity, row.net, row.goods, row.vat, row.network_fee, row.amount) == (
        "return", -1, -33_33, -28_33, -5_67, -67, -33_20,
    )  # fmt: skip
    assert row.original == f"{first.number}:1"
    assert check_ledger(strict=True).findings == []


def test_units_given_back_that_never_came_are_a_doubt_about_the_books(sale):
    returned = bring_back(sale, 1)
    post_returns()
    ReturnLine.everyone.filter(row=returned).update(as_new=0)
    (finding,) = check_ledger(strict=True).findings
    assert finding.promise.startswith("returns take back exactly")


def test_a_closed_return_that_nobody_posted_is_a_doubt_after_a_while(sale):
    returned = bring_back(sale, 1)
    assert check_ledger().findings == []
    Return.everyone.filter(pk=returned.pk).update(closed_at=timezone.now() - dt.timedelta(minutes=10))
    (finding,) = check_ledger().findings
    assert (finding.promise, finding.rows) == ("every closed return is in the ledger", [returned.number])


money = st.integers(0, 5_000_00)


@given(
    net=money,
    shipping=money,
    origin_bp=st.integers(0, 9000),
    network_bp=st.integers(0, 1000),
    vat=st.sampled_from([0, 600, 1900, 2100, 2550]),
    units=st.integers(1, 9),
    data=st.data(),
)
def test_the_shares_of_all_units_add_up_to_exactly_the_sale(net, shipping, origin_bp, network_bp, vat, units, data):
    items = divide_shipment([net], Terms(origin_bp, network_bp, vat, vat, shipping))
    before, total = 0, [0] * 6
    while before < units:
        now = data.draw(st.integers(1, units - before))
        ((place, share),) = take_back(items, [units, 1][: len(items)], {0: (before, now)})
        postings = post_shipment([share], 1, 2)
        assert place == 0
        assert sum(one.amount for one in postings) == 0
        total = [a + b for a, b in zip(total, _amounts(share), strict=True)]
        before += now
    assert total == [-amount for amount in _amounts(items[0])]


def _amounts(item: Item) -> list[int]:
    assert item.kind == GOODS
    return [item.net, item.origin_fee, item.network_fee, item.supply, item.vat, item.fee_vat]
