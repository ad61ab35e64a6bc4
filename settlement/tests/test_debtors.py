"""Who is long overdue sells no more; who has paid, or is only late, goes on."""

import datetime as dt

import pytest
import time_machine

from settlement.debtors import debtors, pause_debtors
from settlement.models import Payment
from settlement.tests.books import FRIDAY, bank_account
from settlement.tests.cast import make_merchant, make_shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(FRIDAY, tick=False):
        yield


def owe(payer, payee, *, days: int, status: str) -> Payment:
    number = f"P-{Payment.everyone.count() + 1:06d}"
    return Payment.everyone.create(
        number=number,
        kind="trade",
        payer=payer.merchant,
        payee=payee.merchant,
        amount=1,
        currency="EUR",
        due_on=FRIDAY.date() - dt.timedelta(days=days),
        status=status,
        prepared_by="a",
        approved_by="b",
    )


@pytest.mark.parametrize(
    ("days", "status", "paused"),
    [(31, "instructed", True), (31, "bounced", True), (30, "bounced", False), (31, "settled", False)],
)
def test_a_shop_is_paused_when_its_payment_is_overdue_for_more_than_thirty_days(days, status, paused):
    alma, bruno = make_shop(make_merchant("Alma")), make_shop(make_merchant("Bruno"))
    owe(bruno, alma, days=days, status=status)
    assert pause_debtors() == int(paused)
    for shop in (alma, bruno):
        shop.refresh_from_db()
    assert (alma.status, bruno.status) == ("live", "paused" if paused else "live")
    assert pause_debtors() == 0


def test_a_later_payment_of_the_same_debt_ends_it():
    alma, bruno = make_shop(make_merchant("Alma")), make_shop(make_merchant("Bruno"))
    owe(bruno, alma, days=60, status="bounced")
    owe(bruno, alma, days=20, status="settled")
    assert debtors() == []


@pytest.mark.parametrize("status", ["prepared", "approved"])
@pytest.mark.parametrize(
    ("gave", "by_debit", "days", "owes"),
    [
        ("nothing", False, 31, True),
        ("nothing", True, 31, True),
        ("account", True, 31, True),  # no mandate
        ("account", False, 31, False),  # the network's staff have not let it leave
        ("both", True, 31, False),
        ("nothing", True, 30, False),
    ],
)
def test_who_gave_no_account_or_mandate_owes_what_could_not_leave(settings, status, gave, by_debit, days, owes):
    settings.NETWORK_CREDITOR_ID = "BE69ZZZ050D000000008"
    alma, bruno = make_shop(make_merchant("Alma")), make_shop(make_merchant("Bruno"))
    if gave != "nothing":
        bank_account(bruno, mandate=gave == "both")
    row = owe(bruno, alma, days=days, status=status)
    Payment.everyone.filter(pk=row.pk).update(by_debit=by_debit)
    assert debtors() == ([bruno.merchant] if owes else [])
    assert pause_debtors() == int(owes)
