"""Ledger, both shops and the bank are held against each other: what differs comes first, to the cent, page by page."""

import csv
import datetime as dt
import io

import pytest
import time_machine

from network.models import User
from orders.models import InternalOrder, Order, OrderLine, Return
from orders.return_goods import announce_return, inspect_return
from settlement.close import close_cycle
from settlement.compare import Wanted, compare_three, compared_rows
from settlement.models import Payment
from settlement.pay import settle_payment
from settlement.reconcile import read_bank_file
from settlement.settle import post_shipped
from settlement.settle_returns import post_returns
from settlement.tests.books import FRIDAY, NETWORK, camt, delivered, payable_sale, under_way
from settlement.tests.cast import make_internal_order, make_merchant, make_shop

pytestmark = pytest.mark.django_db
MONTH = Wanted(dt.date(2026, 10, 1), dt.date(2026, 10, 30))
PAGE = "/admin/settlement/cycle/three-ways/"


@pytest.fixture(autouse=True)
def clock(settings):
    settings.NETWORK_COUNTRY, settings.NETWORK_IBAN, settings.NETWORK_CREDITOR_ID = (
        "FR",
        NETWORK,
        "BE69ZZZ050D000000008",
    )
    settings.STAFF_SECOND_FACTOR, settings.SETTLEMENT_MINIMUM_MINOR = False, 100
    with time_machine.travel(FRIDAY, tick=False) as clock:
        yield clock


@pytest.fixture
def alma():
    return make_shop(make_merchant("Alma"))


@pytest.fixture
def bruno():
    return make_shop(make_merchant("Bruno"))


def told(wanted=MONTH) -> list[tuple]:
    return [(row.internal_order, row.question, row.shops, row.ledger, row.owed) for row in compare_three(wanted).rows]


def staff(client):
    client.force_login(User.objects.create_user("ina", password="x", is_staff=True, is_superuser=True))
    return client


def come_back(order, units: int) -> Return:
    back = announce_return(order, [(order.lines.get().pk, units)], reason="other", by="bruno")
    inspect_return(back, {order.lines.get().pk: {"as_new": units}}, by="alma")
    return back


def test_sales_and_what_came_back_of_them_agree_to_the_cent(alma, bruno):
    first = payable_sale(bruno, alma)
    second = delivered(bruno, alma, nets=(100_01,), quantities=(3,))
    post_shipped()
    come_back(second, 2)
    post_returns()
    # a third of 100.01 still stands, rounded as posting rounds it
    assert told() == [(second.number, "", 33_34, 33_34, 41_21), (first.number, "", 100_00, 100_00, 109_20)]
    (total,) = compare_three(MONTH).totals
    assert (total.sales, total.differing, total.shops, total.ledger, total.difference) == (2, 0, 133_34, 133_34, 0)


def test_each_question_is_asked_and_what_differs_comes_first(alma, bruno):
    fine = payable_sale(bruno, alma)
    unshipped, cancelled, refunded, orderless, unreturned = (payable_sale(bruno, alma) for _ in range(5))
    late = make_internal_order(bruno, alma, shipped_at=FRIDAY - dt.timedelta(days=2))
    InternalOrder.everyone.filter(pk=unshipped.pk).update(status="cancelled")
    Order.everyone.filter(pk=cancelled.order_id).update(cancelled_at=FRIDAY)
    Order.everyone.filter(pk=refunded.order_id).update(financial_status="REFUNDED")
    InternalOrder.everyone.filter(pk=orderless.pk).update(remote_id="")
    back = come_back(unreturned, 1)
    Return.everyone.filter(pk=back.pk).update(closed_at=FRIDAY - dt.timedelta(days=1))
    found = {number: question for number, question, *_ in told()}
    assert found == {
        late.number: "unposted",
        unshipped.number: "unshipped",
        cancelled.number: "cancelled",
        refunded.number: "refunded",
        orderless.number: "orderless",
        unreturned.number: "unreturned",
        fine.number: "",
    }
    assert list(found)[-1] == fine.number
    assert [row[0] for row in told(Wanted(MONTH.since, MONTH.until, question="refunded"))] == [refunded.number]
    assert len(told(Wanted(MONTH.since, MONTH.until, question="any"))) == 6


def test_other_goods_in_the_shop_than_in_the_books_are_a_difference(alma, bruno):
    order = payable_sale(bruno, alma)
    order.lines.update(net_minor=90_00)
    ((number, question, shops, ledger, _),) = told()
    assert (number, question, shops, ledger) == (order.number, "goods", 90_00, 100_00)
    assert compare_three(MONTH).totals[0].difference == 10_00


def test_filters_narrow_and_pages_go_on_after_a_key(alma, bruno):
    cara = make_shop(make_merchant("Cara"))
    orders = [payable_sale(bruno, alma) for _ in range(3)]
    other = payable_sale(cara, alma, currency="SEK")
    Order.everyone.filter(pk=orders[0].order_id).update(cancelled_at=FRIDAY)
    assert [row[0] for row in told(Wanted(MONTH.since, MONTH.until, currency="SEK"))] == [other.number]
    assert [row[0] for row in told(Wanted(MONTH.since, MONTH.until, merchant=cara.merchant_id))] == [other.number]
    assert told(Wanted(dt.date(2025, 1, 1), dt.date(2025, 2, 1))) == []
    seen, after = [], ""
    while True:
        page = compare_three(MONTH, after=after, size=1)
        seen += [row.internal_order for row in page.rows]
        after = page.next_after
        if not after:
            break
    assert seen == [orders[0].number, other.number, orders[2].number, orders[1].number]
    assert [row.internal_order for row in compare_three(MONTH, after="garbage").rows] == seen
    assert [row.internal_order for row in compared_rows(MONTH)] == seen


def test_payments_are_held_against_the_bank(alma, bruno):
    payable_sale(bruno, alma)
    trade = under_way(bruno, alma)
    fee = Payment.everyone.get(kind="fee")
    (bank,) = compare_three(MONTH).bank
    assert (bank.paid, bank.on_way) == (0, 111_60)
    settle_payment(trade, on=FRIDAY.date(), by="alma", reason="confirmed by the payee")
    read_bank_file(camt((fee.number, 2_40, "EUR"), ("UNKNOWN", 7_77, "EUR")), merchant=None, by="ina")
    (bank,) = compare_three(MONTH).bank
    assert (bank.paid, bank.seen, bank.unseen, bank.on_way, bank.suspense) == (111_60, 2_40, 109_20, 0, 7_77)


def test_the_page_leads_to_entry_order_and_bank_and_gives_a_file(client, alma, bruno):
    order = payable_sale(bruno, alma, title="=1+1")
    Order.everyone.filter(pk=order.order_id).update(name="=cmd()")
    close_cycle(FRIDAY.date())
    page = staff(client).get(PAGE).content.decode()
    for address in (
        f"/admin/orders/internalorder/{order.pk}/change/",
        f"/admin/orders/order/{order.order_id}/change/",
        f"/admin/settlement/entry/?q={order.number}",
        f"/admin/settlement/payment/?payer__id__exact={bruno.merchant_id}&amp;payee__id__exact={alma.merchant_id}",
        f"/admin/settlement/bankline/?payment__payer__id__exact={bruno.merchant_id}&amp;payment__payee__id__exact={alma.merchant_id}",
    ):
        assert address in page
        assert client.get(address.replace("&amp;", "&")).status_code == 200
    answer = client.get(f"{PAGE}?csv")
    (row,) = csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig")))
    assert (row["its_order"], row["goods_by_ledger"], row["difference"], row["owed_by_ledger"]) == (
        "'=cmd()",
        "100.00",
        "0.00",
        "109.20",
    )
    assert (
        "Nothing was shipped in these days." in client.get(f"{PAGE}?since=2020-01-01&until=2020-02-01").content.decode()
    )
    narrowed = client.get(f"{PAGE}?currency=xyz&merchant={alma.merchant_id}&question=goods").content.decode()
    assert "No such sale in these days." in narrowed
    assert client.get(f"{PAGE}?since=yesterday&merchant=999999&question=why&after=zzz").status_code == 200


def test_what_was_refunded_and_kept_by_its_selling_shop_is_no_question(alma, bruno):
    sale = payable_sale(bruno, alma)
    Order.everyone.filter(pk=sale.order_id).update(financial_status="REFUNDED")
    assert [row[1] for row in told()] == ["refunded"]
    lines = [(sale.lines.get().pk, 1)]
    kept = announce_return(sale, lines, reason="other", destination="origin", by="bruno")
    assert [row[1] for row in told()] == ["refunded"]
    inspect_return(kept, {lines[0][0]: {"as_new": 1}}, by="bruno")
    assert [row[1] for row in told()] == [""]


def test_the_file_has_every_sale_however_few_are_read_at_a_time(client, monkeypatch, alma, bruno):
    numbers = [payable_sale(bruno, alma).number for _ in range(7)]
    monkeypatch.setattr("settlement.compare.BATCH", 2)
    answer = staff(client).get(f"{PAGE}?csv")
    assert answer.streaming
    lines = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert [line["internal_order"] for line in lines] == numbers[::-1]


def test_what_the_store_refunded_is_held_against_what_came_back_gross_to_the_cent(client, alma, bruno):
    sale = payable_sale(bruno, alma, nets=(100_01,), quantities=(3,))
    line = sale.lines.get().order_line
    line.unit_price_minor, line.taxes_included = 40_01, True
    line.save()
    come_back(sale, 1)
    post_returns()

    def asked(refunded: int | None) -> tuple:
        Order.everyone.filter(pk=sale.order_id).update(refunded_minor=refunded)
        (row,) = compare_three(MONTH).rows
        return row.question, row.refunded, row.back

    assert asked(None) == ("", None, 40_01)
    assert asked(40_01) == ("", 40_01, 40_01)
    assert asked(40_00) == ("refunded_less", 40_00, 40_01)
    assert asked(40_02) == ("refunded_more", 40_02, 40_01)
    page = staff(client).get(PAGE).content.decode()
    assert ("refunded more than came back: shipping, goodwill" in page, "came back: €40.01" in page) == (True, True)
    (row,) = csv.DictReader(io.StringIO(client.get(f"{PAGE}?csv").getvalue().decode("utf-8-sig")))
    assert (row["order_refunded_gross"], row["order_came_back_gross"]) == ("40.02", "40.01")
    line.taxes_included = False  # 40.01 without 20 % VAT is 48.01 with it
    line.save()
    assert asked(48_01) == ("", 48_01, 48_01)


def test_an_exchange_is_no_missing_refund(alma, bruno):
    sale = payable_sale(bruno, alma)
    back = come_back(sale, 1)
    post_returns()
    Order.everyone.filter(pk=sale.order_id).update(refunded_minor=0)
    assert [row[1] for row in told()] == ["refunded_less"]
    fresh = OrderLine.everyone.get(pk=sale.lines.get().order_line_id)
    fresh.pk, fresh.remote_id, fresh.exchange_of = None, "given", back
    fresh.save()
    assert [row[1] for row in told()] == [""]
