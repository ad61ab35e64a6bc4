"""Money moved by hand: one proposes, another one agrees, and nothing moves in between."""

import pytest
import time_machine
from django.db import IntegrityError, transaction

from settlement.balances import positions_of
from settlement.check import check_ledger
from settlement.dispute import open_dispute, withdraw_dispute
from settlement.models import BankLine, Entry, Line, Payment, Proposal
from settlement.pay import approve_payments, prepare_payments
from settlement.pay_files import write_payment_files
from settlement.propose import (
    AlreadyProposed,
    Move,
    SecondPersonNeeded,
    agree_to_move,
    decide_dispute,
    preview_move,
    propose_move,
    refuse_move,
)
from settlement.reconcile import read_bank_file
from settlement.tests.books import FRIDAY, NETWORK, bank_account, camt, payable_sale
from settlement.tests.cast import make_merchant, make_shop
from skuu.kit.errors import NotPossible, WrongState

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(settings):
    settings.NETWORK_COUNTRY, settings.NETWORK_IBAN, settings.NETWORK_CREDITOR_ID = (
        "FR",
        NETWORK,
        "BE69ZZZ050D000000008",
    )
    settings.SETTLEMENT_MINIMUM_MINOR, settings.SETTLEMENT_DISPUTE_BOUND_MINOR = 100, 50_00
    with time_machine.travel(FRIDAY, tick=False) as clock:
        yield clock


@pytest.fixture
def alma():
    return make_shop(make_merchant("Alma"))


@pytest.fixture
def bruno():
    return make_shop(make_merchant("Bruno"))


def penalty(alma, bruno, amount=2_00, **also):
    return Move("penalty", amount, "EUR", "The size was not there", payer=alma.merchant, payee=bruno.merchant, **also)


def payable(shop):
    return [one.payable for one in positions_of(shop.merchant)]


def lines():
    return Line.objects.count()


def test_a_preview_shows_lines_and_balances_and_leaves_nothing(alma, bruno):
    payable_sale(bruno, alma)
    before = lines()
    shown = preview_move(penalty(alma, bruno))
    assert [(one.whose, one.account, one.amount) for one in shown.lines] == [
        ("Alma", "Merchant, payable", 2_00),
        ("Bruno", "Merchant, payable", -2_00),
    ]
    told = {one.merchant: (one.before.payable, one.after.payable) for one in shown.consequences}
    assert told == {"Alma": (106_80, 104_80), "Bruno": (-109_20, -107_20)}
    assert (lines(), payable(alma)) == (before, [106_80])


def test_a_penalty_moves_when_a_second_person_agrees_and_only_once(alma, bruno):
    order = payable_sale(bruno, alma)
    row = propose_move(penalty(alma, bruno, internal_order=order), by="ina")
    assert (row.status, payable(alma), payable(bruno)) == ("proposed", [106_80], [-109_20])
    agree_to_move(row, by="olaf")
    agree_to_move(row, by="olaf")
    assert (payable(alma), payable(bruno)) == ([104_80], [-107_20])
    entry = Entry.objects.get(kind="penalty")
    assert (entry.facts["reason"], entry.facts["by"], entry.facts["number"]) == (
        "Penalty: The size was not there", "ina and olaf", order.number,
    )  # fmt: skip
    assert [(c.to_status, c.by) for c in row.changes.order_by("pk")] == [("proposed", "ina"), ("agreed", "olaf")]
    assert check_ledger(strict=True).findings == []


def test_who_proposes_does_not_agree_and_the_database_holds_it_too(alma, bruno):
    row = propose_move(penalty(alma, bruno), by="ina")
    for by in ("ina", ""):
        with pytest.raises(SecondPersonNeeded):
            agree_to_move(row, by=by)
    with pytest.raises(IntegrityError, match="who_proposes_a_move"), transaction.atomic():
        Proposal.objects.update(status="agreed", decided_by="ina")
    assert (Proposal.objects.get().status, lines()) == ("proposed", 0)


def test_a_refusal_says_why_and_ones_own_proposal_is_taken_back(alma, bruno):
    first, second = (propose_move(penalty(alma, bruno), by="ina") for _ in range(2))
    with pytest.raises(NotPossible):
        refuse_move(first, by="olaf", reason=" ")
    refuse_move(first, by="olaf", reason="It was there")
    refuse_move(second, by="ina", reason="")
    assert sorted(Proposal.objects.values_list("status", "status_reason")) == [
        ("refused", "It was there"),
        ("withdrawn", ""),
    ]
    with pytest.raises(WrongState):
        agree_to_move(first, by="olaf")
    assert lines() == 0


@pytest.mark.parametrize(
    ("change", "code"),
    [({"amount": 0}, "bad_amount"), ({"reason": " "}, "no_reason"), ({"kind": "gift"}, "no_reason")],
)
def test_what_cannot_be_done_is_not_proposed(alma, bruno, change, code):
    facts = {"kind": "penalty", "amount": 1, "currency": "EUR", "reason": "x"} | change
    with pytest.raises(NotPossible) as refused:
        propose_move(Move(payer=alma.merchant, payee=bruno.merchant, **facts), by="ina")
    assert (refused.value.code, Proposal.objects.count()) == (code, 0)


def test_a_debt_is_written_off_up_to_what_is_owed_to_the_network(alma, bruno):
    payable_sale(bruno, alma)
    with pytest.raises(NotPossible) as refused:
        propose_move(Move("write_off", 2_41, "EUR", "Insolvent", payer=alma.merchant), by="ina")
    assert (refused.value.code, refused.value.extra["most"]) == ("too_much", 2_40)
    row = propose_move(Move("write_off", 2_40, "EUR", "Insolvent", payer=alma.merchant), by="ina")
    agree_to_move(row, by="olaf")
    assert payable(alma) == [109_20]
    assert check_ledger(strict=True).findings == []


class TestDisputes:
    def held(self, alma, bruno, amount):
        order = payable_sale(bruno, alma)
        return open_dispute(order, merchant=bruno.merchant, reason="faulty", amount=amount, text="Torn", by="bruno")

    def test_up_to_the_bound_one_person_decides(self, alma, bruno):
        row = self.held(alma, bruno, 50_00)
        assert decide_dispute(row, to_origin=50_00, by="ina", reason="Torn indeed") is None
        row.refresh_from_db()
        assert (row.status, payable(bruno)) == ("resolved", [-59_20])

    def test_above_the_bound_two_decide_whoever_gets_it(self, alma, bruno):
        row = self.held(alma, bruno, 50_01)
        proposal = decide_dispute(row, to_origin=0, by="ina", reason="Worn")
        row.refresh_from_db()
        assert (row.status, proposal.amount) == ("open", 0)
        with pytest.raises(AlreadyProposed):
            decide_dispute(row, to_origin=50_01, by="olaf", reason="Torn")
        agree_to_move(proposal, by="olaf")
        row.refresh_from_db()
        assert (row.status, row.to_origin, payable(bruno)) == ("resolved", 0, [-109_20])
        assert check_ledger(strict=True).findings == []

    def test_an_amount_whose_worth_nobody_knows_is_decided_by_two(self, alma, bruno):
        row = self.held(alma, bruno, 1_00)
        row.currency = "XAF"  # no rate of it is published
        assert decide_dispute(row, to_origin=1_00, by="ina", reason="Torn") is not None

    def test_a_decision_of_a_dispute_that_was_taken_back_meanwhile_moves_nothing(self, alma, bruno):
        row = self.held(alma, bruno, 60_00)
        proposal = decide_dispute(row, to_origin=60_00, by="ina", reason="Torn")
        withdraw_dispute(row, merchant=bruno.merchant, by="bruno")
        before = lines()
        with pytest.raises(WrongState):
            agree_to_move(proposal, by="olaf")
        proposal.refresh_from_db()
        assert (proposal.status, lines(), payable(bruno)) == ("proposed", before, [-109_20])


class TestSuspense:
    def booking(self, amount=12_00):
        read_bank_file(camt(("", amount, "EUR")), merchant=None, by="ina")
        return BankLine.everyone.get()

    def test_a_booking_is_credited_to_a_merchant_by_two_people(self, alma):
        line = self.booking()
        wanted = Move("booking", line.amount, line.currency, "Fees by hand", payee=alma.merchant, bank_line=line)
        row = propose_move(wanted, by="ina")
        with pytest.raises(AlreadyProposed):
            propose_move(Move("booking", line.amount, line.currency, "Not ours", bank_line=line), by="eva")
        assert payable(alma) == []
        agree_to_move(row, by="olaf")
        line.refresh_from_db()
        assert (line.status, payable(alma)) == ("matched", [12_00])

    def test_a_booking_is_named_as_a_payment_by_two_people(self, alma, bruno):
        payable_sale(bruno, alma)
        bank_account(alma)
        payments = prepare_payments(by="schedule")
        approve_payments(payments, by="ina")
        write_payment_files(by="olaf")
        fee = Payment.everyone.get(kind="fee")
        line = self.booking(fee.amount)
        row = propose_move(Move("booking", line.amount, "EUR", "", bank_line=line, payment=fee), by="ina")
        agree_to_move(row, by="olaf")
        fee.refresh_from_db()
        line.refresh_from_db()
        assert (fee.status, line.status) == ("settled", "matched")
        assert check_ledger(strict=True).findings == []

    def test_a_booking_that_is_not_the_networks_leaves_its_books(self):
        line = self.booking()
        agree_to_move(propose_move(Move("booking", 12_00, "EUR", "Rent", bank_line=line), by="ina"), by="olaf")
        line.refresh_from_db()
        assert line.status == "foreign"
        assert sum(Line.objects.filter(account__kind="suspense").values_list("amount", flat=True)) == 0
