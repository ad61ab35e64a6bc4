"""A grade that staff decided anew takes its share of the sale back, once, beside what was posted before."""

import pytest

from network.models import Merchant
from orders.models import ReturnLine
from orders.object_grade import decide_objection, object_grade
from orders.return_goods import announce_return, inspect_return
from settlement.balances import positions_of
from settlement.check import check_ledger
from settlement.models import Entry
from settlement.settle import post_shipped
from settlement.settle_returns import post_returns
from settlement.tests.cast import make_card, make_internal_order, make_merchant, make_shop


@pytest.fixture
def closed(db, settings):
    """Bruno's customer sent three units back to Alma: one as new, one worn, one missing, she says; that is in the books."""
    settings.NETWORK_COUNTRY = "FR"
    alma, bruno = make_shop(make_merchant("Alma")), make_shop(make_merchant("Bruno"))
    order = make_internal_order(bruno, alma, nets=(100_00,), quantities=(3,), shipping=6_00, card=make_card(1500, 200))
    assert post_shipped().posted == 1
    order.refresh_from_db()
    line = order.lines.get()
    made = announce_return(order, [(line.pk, 3)], reason="too_small", by="bruno")
    made = inspect_return(made, {line.pk: {"as_new": 1, "worn": 1, "missing": 1}}, by="alma")
    assert post_returns().posted == 1
    return made


def decided(closed, *asked, upheld=True):
    line = closed.lines.get().line_id
    rows = [{"line": line, "from": found, "to": to, "units": 1} for found, to in asked]
    objection = object_grade(closed, rows, "Look again.", by="bruno")
    return decide_objection(objection, upheld=upheld, answer="Looked.", by="staff")


def pending():
    return {
        merchant.name: [position.pending for position in positions_of(merchant)]
        for merchant in Merchant.everyone.filter(name__in=["Alma", "Bruno"])
    }


def test_what_was_upheld_is_taken_back_to_the_cent_and_once(closed):
    decided(closed, ("worn", "as_new"), ("missing", "faulty"))
    assert (post_returns().posted, post_returns().posted) == (1, 0)
    assert Entry.objects.filter(kind="return").count() == 2
    assert pending() == {"Alma": [7_20], "Bruno": [-7_20]}  # the shipping alone stays, as after any full return
    assert check_ledger(strict=True).findings == []


def test_what_was_rejected_moves_nothing(closed):
    before = pending()
    decided(closed, ("worn", "as_new"), upheld=False)
    assert (post_returns().posted, pending(), ReturnLine.everyone.count()) == (0, before, 1)
    assert check_ledger(strict=True).findings == []
