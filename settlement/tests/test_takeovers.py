"""What a third shop takes over it buys from the selling shop: once, to the cent, and the first sale stands."""

import datetime as dt

import pytest
import time_machine
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from network.models import Merchant, Shop
from orders.direct import Directed
from orders.models import InternalOrder, Return, ReturnLine
from orders.object_grade import decide_objection, object_grade
from orders.return_goods import announce_return, inspect_return
from settlement.balances import positions_of
from settlement.check import check_ledger
from settlement.close import close_cycle
from settlement.documents.statement import statement_rows
from settlement.invoice import issue_documents
from settlement.models import Entry, Statement
from settlement.settle import post_shipped
from settlement.settle_returns import post_returns
from settlement.settle_takeovers import post_takeovers
from settlement.splitting import post_shipment, take_over
from settlement.tests.cast import DOMESTIC, make_card, make_internal_order, make_merchant, make_shop

VAT = DOMESTIC | {"country": "FR", "postcode": "", "goods": "standard"}


@pytest.fixture
def taken(db, settings) -> Return:
    """Three units that Alma shipped for Bruno, sold to him for 85.00 net, go to Cara, who pays 28.33 for each that is as new."""
    settings.NETWORK_COUNTRY = "FR"
    alma, bruno, cara = (make_shop(make_merchant(name)) for name in ("Alma", "Bruno", "Cara"))
    order = make_internal_order(bruno, alma, nets=(100_00,), quantities=(3,), shipping=6_00, card=make_card(1500, 200))
    assert post_shipped().posted == 1
    order.refresh_from_db()
    return announce(order, cara, 3)


def announce(order: InternalOrder, cara: Shop, units: int) -> Return:
    line = order.lines.get()
    chosen = Directed(
        "taker", cara.pk, "It is nearest.", {"vat": VAT}, {line.pk: line.claim.level_id}, {line.pk: 28_33}
    )
    return announce_return(order, [(line.pk, units)], reason="too_small", chosen=chosen, by="bruno")


def inspected(returned: Return, **grades: int) -> Return:
    return inspect_return(returned, {returned.lines.get().line_id: grades}, by="cara")


def pending() -> dict[str, list[int]]:
    merchants = Merchant.everyone.filter(name__in=["Alma", "Bruno", "Cara"]).order_by("name")
    return {one.name: [position.pending for position in positions_of(one)] for one in merchants}


SOLD = {"Alma": [106_80], "Bruno": [-109_20], "Cara": []}


def test_the_taker_owes_the_selling_shop_what_is_as_new_and_the_sale_stands(taken):
    inspected(taken, as_new=2, worn=1)
    assert (post_returns().posted, post_returns().posted) == (1, 0)
    entry = Entry.objects.get(kind="takeover")
    lines = entry.lines.select_related("account__merchant").order_by("n")
    assert [(one.account.merchant.name, one.amount, one.tag) for one in lines] == [
        ("Cara", 67_99, "supply"), ("Bruno", -67_99, "supply"),
    ]  # fmt: skip
    (item,) = entry.facts["items"]
    assert (item["quantity"], item["supply"], item["vat"], item["network_fee"]) == (2, 56_66, 11_33, 0)
    assert pending() == SOLD | {"Bruno": [-109_20 + 67_99], "Cara": [-67_99]}
    assert check_ledger(strict=True).findings == []


def test_neither_of_them_is_told_of_the_order_and_the_shipper_nothing(taken):
    inspected(taken, as_new=3)
    post_returns()
    facts = Entry.objects.get(kind="takeover").facts
    assert (facts["number"], facts["shipper"]["order"], facts["origin"]["order"]) == (taken.number, "", "")
    assert "Alma" not in str(facts)
    close_cycle(timezone.localdate())
    told = {
        row.merchant_name: [(one.kind, one.internal_order, one.partner, one.amount) for one in statement_rows(row)]
        for row in Statement.everyone.all()
    }
    assert told["Cara"] == [("takeover", taken.number, "Bruno’s shop", -101_99)]
    assert ("takeover", taken.number, "Cara’s shop", 101_99) in told["Bruno"]
    assert {kind for kind, *_ in told["Alma"]} == {"ship"}
    assert check_ledger(strict=True).findings == []


def test_a_lost_mark_posts_nothing_twice(taken):
    inspected(taken, as_new=1, faulty=2)
    post_returns()
    Return.everyone.update(posted_at=None)
    assert post_takeovers().posted == 1
    assert Entry.objects.filter(kind="takeover").count() == 1
    assert pending()["Cara"] == [-34_00]


@pytest.mark.parametrize("grade", ["worn", "faulty", "missing"])
def test_what_is_not_as_new_is_the_selling_shops_loss(taken, grade):
    inspected(taken, **{grade: 3})
    assert post_returns().posted == 1
    assert (Entry.objects.filter(kind="takeover").count(), pending()) == (0, SOLD)
    assert check_ledger(strict=True).findings == []


def test_units_taken_over_and_units_taken_back_are_counted_apart(taken):
    inspected(taken, as_new=1, missing=2)
    order, line = taken.internal_order, taken.lines.get().line_id
    back = announce_return(order, [(line, 2)], reason="too_small", by="bruno")
    inspect_return(back, {line: {"as_new": 2}}, by="alma")
    assert post_returns().posted == 2
    assert pending() == {"Alma": [106_80 - 66_40], "Bruno": [-109_20 + 68_00 + 34_00], "Cara": [-34_00]}
    assert check_ledger(strict=True).findings == []


def test_it_bears_the_rate_of_the_day_on_which_it_was_taken_over(taken):
    Return.everyone.update(considered={"vat": VAT | {"country": "EE", "supply_rate_bp": 22_00}})
    taken.refresh_from_db()
    inspected(taken, as_new=1, missing=2)
    post_returns()
    facts = Entry.objects.get(kind="takeover").facts
    assert (facts["vat"]["supply_rate_bp"], facts["items"][0]["vat"]) == (24_00, 6_80)


def test_terms_that_cannot_be_read_stop_no_other(taken):
    other = make_internal_order(
        taken.internal_order.order.shop, taken.internal_order.shipper, nets=(100_00,), quantities=(1,), card=make_card(1500, 200)
    )  # fmt: skip
    good = announce(other, taken.receiver, 1)
    inspected(taken, as_new=3)
    inspected(good, as_new=1)
    Return.everyone.filter(pk=taken.pk).update(considered={})
    sweep = post_returns()
    assert (sweep.posted, list(sweep.refused)) == (1, [taken.number])
    assert list(Entry.objects.filter(kind="takeover").values_list("key", flat=True)) == [f"takeover:{good.pk}"]


def test_what_staff_decides_anew_is_bought_beside_what_was(taken):
    inspected(taken, as_new=1, worn=2)
    post_returns()
    asked = [{"line": taken.lines.get().line_id, "from": "worn", "to": "as_new", "units": 1}]
    objection = object_grade(taken, asked, "Sealed.", by="bruno")
    assert post_returns().posted == 0
    objection.refresh_from_db()
    assert (objection.held_minor, pending()["Cara"]) == (None, [-34_00])
    decide_objection(objection, upheld=True, answer="It is.", by="staff")
    assert post_returns().posted == 1
    assert pending()["Cara"] == [-68_00]
    assert check_ledger(strict=True).findings == []


def test_a_takeover_that_nobody_posted_or_that_says_other_units_is_a_doubt(taken):
    inspected(taken, as_new=3)
    promise = "every closed takeover is in the ledger, once and for the price agreed"
    assert check_ledger().findings == []
    Return.everyone.filter(pk=taken.pk).update(closed_at=timezone.now() - dt.timedelta(minutes=10))
    (finding,) = check_ledger().findings
    assert (finding.promise, finding.rows) == (promise, [f"{taken.number}: not posted"])
    post_returns()
    ReturnLine.everyone.update(as_new=2)
    (finding,) = check_ledger(strict=True).findings
    assert (finding.promise, finding.count) == (promise, 1)


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 500_00)), max_size=6), st.sampled_from([0, 600, 2100, 2550])
)
def test_the_items_add_up_to_the_price_and_its_vat_reckoned_once(lines, vat_bp):
    items = take_over(lines, vat_bp)
    net = sum(units * price for units, price in lines)
    assert sum(item.supply for item in items) == net
    assert sum(item.vat for item in items) == (2 * net * vat_bp + 10_000) // 20_000
    assert sum(one.amount for one in post_shipment(items, 1, 2)) == 0
    assert {one.merchant for one in post_shipment(items, 1, 2)} <= {1, 2}


def test_it_is_invoiced_by_the_selling_shop_to_the_taker(taken):
    inspected(taken, as_new=2, worn=1)
    with time_machine.travel(timezone.now() + dt.timedelta(days=40), tick=False):
        post_returns()
        close_cycle(timezone.localdate())
        issued = issue_documents(timezone.localdate(taken.announced_at), by="test")
    document = next(one for one in issued.documents if one.buyer.name == "Cara")
    assert (document.kind, document.seller.name, document.net, document.vat) == ("389", "Bruno", 56_66, 11_33)
    assert "Alma" not in str(document.facts)
