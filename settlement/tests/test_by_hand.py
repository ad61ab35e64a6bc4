"""A payment booked without a bank's paper, and an entry taken back, need two people; nothing moves before the second one."""

import pytest
import time_machine

from network.models import User
from settlement.balances import positions_of
from settlement.models import Entry, Payment, Proposal
from settlement.propose import AlreadyProposed, Move, SecondPersonNeeded, agree_to_move, propose_move
from settlement.release import release_due
from settlement.tests.books import FRIDAY, NETWORK, clean, payable, payable_sale, under_way
from settlement.tests.cast import make_merchant, make_shop
from skuu.kit.errors import NotPossible, WrongState

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock(settings):
    settings.NETWORK_COUNTRY, settings.NETWORK_IBAN, settings.STAFF_SECOND_FACTOR = "FR", NETWORK, False
    settings.NETWORK_CREDITOR_ID = "BE69ZZZ050D000000008"
    with time_machine.travel(FRIDAY, tick=False):
        yield


@pytest.fixture
def alma():
    return make_shop(make_merchant("Alma"))


@pytest.fixture
def bruno():
    return make_shop(make_merchant("Bruno"))


def staff(client, name):
    client.force_login(User.objects.create_user(name, is_staff=True, is_superuser=True))
    return client


def by_hand(what: str, payment: Payment, reason: str = "the payee's letter") -> Move:
    return Move(what, payment.amount, payment.currency, reason, payment=payment)


def test_a_payment_is_booked_by_hand_only_when_a_second_person_agrees(client, alma, bruno):
    payable_sale(bruno, alma)
    payment = under_way(bruno, alma)
    entries = Entry.objects.count()

    def stands() -> tuple[str, int, int]:
        payment.refresh_from_db()
        return payment.status, payable(bruno), Entry.objects.count() - entries

    page = f"/admin/settlement/payment/{payment.pk}/by-hand/"
    assert "book by hand" in staff(client, "ina").get("/admin/settlement/payment/").content.decode()
    for action in ("book_paid", "book_returned"):
        client.post("/admin/settlement/payment/", {"action": action, "_selected_action": [payment.pk]})
    assert client.post(page, {"what": "paid", "reason": ""}).status_code == 422
    assert client.post(page, {"what": "paid", "reason": "Telephone"}).status_code == 302
    row = Proposal.objects.get()
    with pytest.raises(AlreadyProposed):
        propose_move(by_hand("returned", payment), by="olaf")
    with pytest.raises(SecondPersonNeeded):
        agree_to_move(row, by="ina")
    assert stands() == ("instructed", -109_20, 0)
    decide = f"/admin/settlement/proposal/{row.pk}/decide/"
    assert payment.number in staff(client, "olaf").get(decide).content.decode()
    assert client.post(decide, {"agree": "1"}).status_code == 302
    assert stands() == ("settled", 0, 1)
    with pytest.raises(WrongState, match="cannot be booked as paid"):
        propose_move(by_hand("paid", payment), by="ina")
    back = propose_move(by_hand("returned", payment), by="ina")
    assert stands() == ("settled", 0, 1)
    agree_to_move(back, by="olaf")
    agree_to_move(back, by="olaf")
    assert stands() == ("bounced", -109_20, 2)
    assert payment.changes.order_by("-pk")[0].by == "ina and olaf"
    assert clean()


def test_what_has_not_left_or_has_no_reason_is_not_booked_by_hand(alma, bruno):
    payable_sale(bruno, alma)
    payment = under_way(bruno, alma)
    with pytest.raises(NotPossible):
        propose_move(by_hand("paid", payment, " "), by="ina")
    Payment.everyone.filter(pk=payment.pk).update(status="approved")
    for what in ("paid", "returned"):
        with pytest.raises(WrongState):
            propose_move(by_hand(what, payment), by="ina")
    assert (Proposal.objects.count(), payable(bruno), Entry.objects.filter(kind="payment").count()) == (0, -109_20, 0)


def test_a_sale_posted_by_mistake_is_taken_back_by_two_people(client, alma, bruno):
    order = payable_sale(bruno, alma)
    entry = Entry.objects.get(internal_order=order, kind="ship")
    page = f"/admin/settlement/entry/{entry.pk}/take-back/"
    assert page in staff(client, "ina").get(f"/admin/settlement/entry/{entry.pk}/change/").content.decode()
    assert client.post(page, {"reason": " "}).status_code == 422
    assert client.post(page, {"reason": "Never left the house"}).status_code == 302
    row = Proposal.objects.get()
    assert (row.kind, row.entry, row.internal_order, row.proposed_by) == ("reversal", entry, order, "ina")
    decide = f"/admin/settlement/proposal/{row.pk}/decide/"
    assert client.post(decide, {"agree": "1"}).status_code == 422
    assert (payable(bruno), payable(alma), Entry.objects.filter(kind="reversal").count()) == (-109_20, 106_80, 0)
    assert "Never left the house" in staff(client, "olaf").get(decide).content.decode()
    assert client.post(decide, {"agree": "1"}).status_code == 302
    release_due()
    assert [sum(one.total for one in positions_of(shop.merchant)) for shop in (alma, bruno)] == [0, 0]
    assert Entry.objects.get(reverses=entry).facts["by"] == "ina and olaf"
    with pytest.raises(WrongState):
        propose_move(Move("reversal", 1, "EUR", "again", entry=entry), by="ina")
    assert "take it back" not in client.get(f"/admin/settlement/entry/{entry.pk}/change/").content.decode()
    assert clean()


@pytest.mark.parametrize("kind", ["release", "payment"])
def test_what_follows_from_other_entries_or_a_bank_is_not_reversed_by_hand(alma, bruno, kind):
    payable_sale(bruno, alma)
    payment = under_way(bruno, alma)
    agree_to_move(propose_move(by_hand("paid", payment), by="ina"), by="olaf")
    entries, entry = Entry.objects.count(), Entry.objects.filter(kind=kind)[0]
    with pytest.raises(WrongState):
        propose_move(Move("reversal", 1, "EUR", "wrong", entry=entry), by="ina")
    assert (Entry.objects.count(), Proposal.objects.filter(kind="reversal").count()) == (entries, 0)
