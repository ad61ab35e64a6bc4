"""What a merchant may owe: staff say it with a reason, the merchant reads it, who reaches it gets no more orders."""

import pytest
import time_machine
from django.db import DatabaseError, transaction

from network.models import Membership, Notice, User
from settlement.check import check_ledger
from settlement.credit import Credit, credits_of, limit_credit, pause_over_limit
from settlement.models import CreditLimit, Entry
from settlement.settle import post_shipped
from settlement.tests.books import FRIDAY, delivered, payable_sale
from settlement.tests.cast import make_merchant, make_shop
from skuu.kit.errors import NotPossible
from skuu.testing.signing_in import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(settings):
    settings.NETWORK_COUNTRY = "FR"
    with time_machine.travel(FRIDAY, tick=False) as clock:
        yield clock


@pytest.fixture
def alma():
    return make_shop(make_merchant("Alma"))


@pytest.fixture
def bruno():
    return make_shop(make_merchant("Bruno"))


def test_the_newest_limit_of_a_currency_counts_and_earlier_ones_are_history(alma, bruno):
    first = limit_credit(bruno.merchant, "EUR", 100_00, by="ina", reason=" New here. ")
    assert limit_credit(bruno.merchant, "EUR", 100_00, by="olaf", reason="Again.") == first
    limit_credit(bruno.merchant, "SEK", 0, by="ina", reason="No sales there.")
    limit_credit(bruno.merchant, "EUR", 500_00, by="olaf", reason="Paid in time.")
    assert credits_of(bruno.merchant) == [
        Credit("EUR", 500_00, 0, "Paid in time."), Credit("SEK", 0, 0, "No sales there."),
    ]  # fmt: skip
    assert pause_over_limit() == 0  # it may owe nothing there, and owes nothing
    assert credits_of(alma.merchant) == []
    limit_credit(bruno.merchant, "SEK", None, by="ina", reason="Trusted.")
    assert credits_of(bruno.merchant) == [Credit("EUR", 500_00, 0, "Paid in time.")]
    assert list(CreditLimit.everyone.order_by("pk").values_list("currency", "amount", "reason", "set_by")) == [
        ("EUR", 100_00, "New here.", "ina"), ("SEK", 0, "No sales there.", "ina"), ("EUR", 500_00, "Paid in time.", "olaf"),
        ("SEK", None, "Trusted.", "ina"),
    ]  # fmt: skip
    for change in (
        lambda: CreditLimit.everyone.update(amount=1),
        lambda: CreditLimit.everyone.all()._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


@pytest.mark.parametrize(("amount", "reason"), [(100_00, " "), (-1, "Why."), (None, "Why."), (1, "x" * 501)])
def test_a_limit_without_a_reason_or_below_nothing_is_refused(bruno, amount, reason):
    with pytest.raises(NotPossible):
        limit_credit(bruno.merchant, "EUR", amount, by="ina", reason=reason)
    assert CreditLimit.everyone.count() == 0


def test_what_is_payable_and_pending_counts_and_who_reaches_it_is_paused_and_told_while_the_books_take_every_sale(
    alma, bruno
):
    payable_sale(bruno, alma)  # Bruno owes 91.00 and its VAT of 18.20
    limit_credit(bruno.merchant, "EUR", 218_41, by="ina", reason="New here.")
    assert pause_over_limit() == 0
    delivered(bruno, alma, days_ago=1)
    post_shipped()
    (credit,) = credits_of(bruno.merchant)
    assert (credit.used, credit.left, credit.is_reached) == (218_40, 1, False)
    assert pause_over_limit() == 0
    limit_credit(bruno.merchant, "EUR", 218_40, by="ina", reason="Pays late.")
    assert pause_over_limit() == 1
    for shop in (alma, bruno):
        shop.refresh_from_db()
    reason = "The credit limit is reached: €218.40 of the credit limit of €218.40 is used. Pay, and ask us to resume."
    assert (alma.status, bruno.status) == ("live", "paused")
    assert bruno.changes.get(to_status="paused").reason == reason
    notice = Notice.everyone.get(kind="credit_limit")
    assert (notice.shop, notice.link) == (bruno, "/money/")
    assert notice.body.startswith("€218.40 of the credit limit of €218.40 is used.")
    assert pause_over_limit() == 0
    delivered(bruno, alma, days_ago=1)  # was under way
    assert post_shipped().posted == 1
    assert (Entry.objects.filter(kind="ship").count(), credits_of(bruno.merchant)[0].used) == (3, 327_60)
    assert check_ledger(strict=True).findings == []


def test_staff_set_it_in_the_back_office_and_the_merchant_reads_its_own(alma, bruno, client):
    payable_sale(bruno, alma)
    ina = signed_in(User.objects.create_superuser("ina", "ina@example.com", "x"), second_factor=True)
    where = "/admin/settlement/creditlimit/add/"
    form = {"merchant": bruno.merchant_id, "currency": "EUR", "amount": "1000.00", "reason": "New here."}
    uta = signed_in(User.objects.create_user("uta", "uta@example.com", "x", is_staff=True), second_factor=True)
    assert uta.post(where, form).status_code == 403
    for wrong in ({"reason": ""}, {"amount": "x"}, {"amount": "-5"}, {"currency": "Euro"}):
        assert ina.post(where, form | wrong).status_code == 422
    assert CreditLimit.everyone.count() == 0
    assert ina.post(where, form).status_code == 302
    row = CreditLimit.everyone.get()
    assert (row.merchant, row.amount, row.set_by, row.reason) == (bruno.merchant, 1000_00, "ina", "New here.")
    page = ina.get(f"/admin/settlement/creditlimit/{row.pk}/change/").content.decode()
    assert "€109.20 of the credit limit of €1,000.00 is used" in page
    page = ina.get(f"/admin/network/merchant/{bruno.merchant_id}/change/").content.decode()
    assert ("€1,000.00" in page, "New here." in page) == (True, True)
    for shop, sees in ((bruno, True), (alma, False)):
        user = User.objects.create_user(shop.merchant.name, password="x")
        Membership.everyone.create(user=user, merchant=shop.merchant, role="finance")
        client.force_login(user)
        page = client.get("/money/").content.decode()
        assert [said in page for said in ("€890.80 left of €1,000.00", "Credit limit", "New here.")] == [sees] * 3
