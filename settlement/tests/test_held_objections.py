"""While a grade is objected to, what its units cost is paid to nobody; decided, it is owed or taken back, to the cent."""

import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from network.models import Merchant
from orders.models import InternalOrder, Objection, Return
from orders.object_grade import decide_objection, object_grade, withdraw_objection
from orders.return_goods import announce_return, inspect_return
from settlement.balances import positions_of
from settlement.check import check_ledger
from settlement.dispute import open_dispute
from settlement.models import Entry, Payment
from settlement.pay import NotPayable, approve_payments, prepare_payments
from settlement.release import release_due
from settlement.settle import post_shipped
from settlement.settle_returns import post_returns
from settlement.tests.books import FRIDAY, delivered
from settlement.tests.cast import make_card, make_internal_order, make_merchant, make_shop
from skuu.kit.errors import NotPossible


@pytest.fixture(autouse=True)
def _on_a_friday(db, settings):
    settings.NETWORK_COUNTRY, settings.SETTLEMENT_MINIMUM_MINOR = "FR", 1
    with time_machine.travel(FRIDAY, tick=False):
        yield


@pytest.fixture
def order():
    """Three units for 85.00 and 17.00 VAT, shipping 6.00 and 1.20, delivered long enough ago to be payable; posted."""
    alma, bruno = make_shop(make_merchant("Alma")), make_shop(make_merchant("Bruno"))
    made = delivered(bruno, alma, nets=(100_00,), quantities=(3,), shipping=6_00, card=make_card(1500, 200))
    post_shipped()
    made.refresh_from_db()
    return made


def found(order: InternalOrder, **grades: int) -> Return:
    line = order.lines.get()
    made = announce_return(order, [(line.pk, sum(grades.values()))], reason="too_small", by="bruno")
    made = inspect_return(made, {line.pk: grades}, by="alma")
    post_returns()
    return made


def objected(returned: Return, units: int = 1, grade: str = "worn") -> Objection:
    asked = [{"line": returned.lines.get().line_id, "from": grade, "to": "as_new", "units": units}]
    return object_grade(returned, asked, "The box was sealed.", by="bruno")


def stands() -> dict[str, tuple[int, int, int]]:
    merchants = Merchant.everyone.filter(name__in=["Alma", "Bruno"])
    rows = [(one.name, each) for one in merchants for each in positions_of(one)]
    return {name: (each.pending, each.payable, each.held) for name, each in rows}


def trade() -> list[int]:
    prepared = prepare_payments(by="a")
    return [one.amount for one in prepared if one.kind == "trade"]


def test_a_pending_sale_holds_the_units_and_pays_the_rest(order):
    objection = objected(found(order, as_new=1, worn=1, missing=1))
    post_returns()
    objection.refresh_from_db()
    assert objection.held_minor == 34_00
    assert stands() == {"Alma": (39_60, 0, 34_00), "Bruno": (-41_20, 0, -34_00)}
    release_due()
    assert stands() == {"Alma": (0, 39_60, 34_00), "Bruno": (0, -41_20, -34_00)}
    assert trade() == [41_20]
    assert check_ledger(strict=True).findings == []


def test_what_is_payable_already_is_held_before_it_is_paid(order):
    returned = found(order, worn=2, as_new=1)
    release_due()
    (payment,) = [one for one in prepare_payments(by="a") if one.kind == "trade"]
    assert payment.amount == 75_20
    objected(returned, 2)
    post_returns()
    assert stands() == {"Alma": (0, 5_60, 68_00), "Bruno": (0, -7_20, -68_00)}
    with pytest.raises(NotPayable):
        approve_payments([payment], by="b")
    assert Payment.everyone.get(pk=payment.pk).status == "prepared"
    assert check_ledger(strict=True).findings == []


@pytest.mark.parametrize("ends", ["rejected", "withdrawn"])
def test_decided_against_it_is_owed_as_it_was(order, ends):
    objection = objected(found(order, worn=3))
    post_returns()
    release_due()
    assert stands()["Bruno"] == (0, -75_20, -34_00)
    if ends == "rejected":
        decide_objection(objection, upheld=False, answer="The soles are worn.", by="staff")
    else:
        withdraw_objection(objection, by="bruno")
    for _ in range(2):
        post_returns()
    assert stands() == {"Alma": (0, 106_80, 0), "Bruno": (0, -109_20, 0)}
    assert (trade(), Entry.objects.filter(kind="resolve").count()) == ([109_20], 1)
    assert check_ledger(strict=True).findings == []


def test_upheld_it_is_taken_back_and_never_payable_in_between(order):
    objection = objected(found(order, worn=3))
    post_returns()
    release_due()
    decide_objection(objection, upheld=True, answer="They were not.", by="staff")
    Return.everyone.filter(corrects__isnull=False).update(closed_at=timezone.now() + dt.timedelta(days=9))
    sweep = post_returns()
    assert len(sweep.refused) == 1  # it cannot be posted, so it is not paid either
    assert stands()["Bruno"] == (0, -75_20, -34_00)
    Return.everyone.filter(corrects__isnull=False).update(closed_at=timezone.now())
    assert post_returns().posted == 1
    release_due()
    assert stands() == {"Alma": (0, 73_60, 0), "Bruno": (0, -75_20, 0)}
    objection.refresh_from_db()
    assert objection.held_minor is None
    assert check_ledger(strict=True).findings == []


def test_a_sale_that_is_not_posted_yet_is_held_as_soon_as_it_is(order):
    other = make_internal_order(order.order.shop, order.shipper, quantities=(2,), card=make_card(1500, 200))
    objection = objected(found(other, worn=2))
    post_returns()
    assert Objection.everyone.get(pk=objection.pk).held_minor is None
    post_shipped()
    post_returns()
    assert Objection.everyone.get(pk=objection.pk).held_minor == 51_00
    assert check_ledger(strict=True).findings == []


def test_what_is_held_cannot_be_disputed_a_second_time(order):
    objected(found(order, worn=1))
    post_returns()
    said = {"merchant": order.order.shop.merchant, "reason": "faulty", "text": "All of it.", "by": "bruno"}
    with pytest.raises(NotPossible) as refused:
        open_dispute(order, amount=109_20, **said)
    assert refused.value.extra == {"most": 75_20}
    open_dispute(order, amount=75_20, **said)
    assert stands()["Bruno"] == (0, 0, -109_20)
    assert check_ledger(strict=True).findings == []


def test_a_disputed_sale_holds_no_cent_twice(order):
    returned = found(order, worn=1)
    open_dispute(
        order, merchant=order.order.shop.merchant, reason="faulty", text="All of it.", amount=100_00, by="bruno"
    )
    objection = objected(returned)
    post_returns()
    objection.refresh_from_db()
    assert (objection.held_minor, stands()["Bruno"]) == (9_20, (0, 0, -109_20))
    assert check_ledger(strict=True).findings == []


def test_an_objection_that_nothing_is_held_for_is_a_doubt(order):
    objection = objected(found(order, worn=1))
    promise = "what is objected to is held until it is decided, and no longer"
    assert check_ledger().findings == []
    Objection.everyone.update(raised_at=timezone.now() - dt.timedelta(minutes=10))
    InternalOrder.everyone.update(posted_at=timezone.now() - dt.timedelta(minutes=10))
    (finding,) = check_ledger().findings
    assert (finding.promise, finding.count) == (promise, 1)
    post_returns()
    assert check_ledger(strict=True).findings == []
    withdraw_objection(objection, by="bruno")
    objection.changes.update(at=timezone.now() - dt.timedelta(minutes=10))
    assert [one.promise for one in check_ledger().findings] == [promise]
