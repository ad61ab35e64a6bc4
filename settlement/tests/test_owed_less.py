"""A payment leaves only while the books owe it as it was approved, to the cent and of each counterparty."""

from typing import Any

import pytest
import time_machine
from django.db import transaction
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

from network.models import Notice, User
from orders.return_goods import announce_return, inspect_return
from settlement.convert import open_positions
from settlement.dispute import open_dispute, resolve_dispute, withdraw_dispute
from settlement.models import Dispute, Entry, Payment, PaymentFile
from settlement.pay import (
    NotPayable,
    approve_payments,
    bounce_payment,
    cancel_payment,
    prepare_payments,
    renew_payments,
    settle_payment,
)
from settlement.pay_files import write_payment_files
from settlement.release import release_due
from settlement.settle_returns import post_returns
from settlement.tests.books import FRIDAY, NETWORK, bank_account, clean, payable, payable_sale
from settlement.tests.cast import make_merchant, make_shop
from skuu.kit.errors import SkuuError, WrongState

pytestmark = pytest.mark.django_db
TODAY = FRIDAY.date()


@pytest.fixture(autouse=True)
def clock(settings):
    settings.NETWORK_COUNTRY, settings.NETWORK_IBAN = "FR", NETWORK
    settings.NETWORK_CREDITOR_ID, settings.STAFF_SECOND_FACTOR = "BE69ZZZ050D000000008", False
    with time_machine.travel(FRIDAY, tick=False) as clock:
        yield clock


@pytest.fixture
def alma():
    return make_shop(make_merchant("Alma"))


@pytest.fixture
def bruno():
    return make_shop(make_merchant("Bruno"))


@pytest.fixture
def cara():
    return make_shop(make_merchant("Cara"))


def give_back(order) -> None:
    """Bring everything of a sale back, posted and payable."""
    line = order.lines.get()
    row = announce_return(order, [(line.pk, 1)], reason="too_small", by="test")
    inspect_return(row, {line.pk: {"as_new": 1}}, by="test")
    post_returns()
    release_due()


def everything() -> tuple[Any, ...]:
    """Tell what a refusal must leave as it is."""
    payments = Payment.everyone.order_by("pk").values_list("pk", "status", "status_reason", "approved_by", "file")
    return list(payments), PaymentFile.everyone.count(), Entry.objects.count(), Notice.everyone.count()


def notices() -> Any:
    """Tell what debtors are told of debits."""
    rows = Notice.everyone.filter(kind__startswith="debit").order_by("pk")
    return rows.values_list("shop", "kind", "subject", "done_at")


def told(payments) -> list[tuple]:
    return [(p.kind, p.payer and p.payer.name, p.payee and p.payee.name, p.amount) for p in payments]


def collected(shop) -> Payment:
    """Have the bank say that what a shop's merchant owes was fetched."""
    row = Payment.everyone.get(kind="collect", payer=shop.merchant, status="prepared")
    Payment.everyone.filter(pk=row.pk).update(status="instructed", approved_by="olaf")
    settle_payment(row, on=TODAY, by="bank")
    row.refresh_from_db()
    return row


class TestWhatIsOwedLessThanWasApproved:
    @pytest.fixture
    def sale(self, alma, bruno):
        order = payable_sale(bruno, alma)
        bank_account(alma)
        bank_account(bruno)
        approve_payments(prepare_payments(by="ina"), by="olaf")
        return order

    def stuck(self) -> str:
        """Try to let everything leave; nothing does, and nothing changes."""
        before = everything()
        files, stuck = write_payment_files(by="ina")
        assert (files, everything()) == ([], before)
        (words,) = stuck.values()
        return words

    def test_a_return_after_the_approval_stops_the_payment_until_it_is_prepared_anew(self, sale, bruno):
        give_back(sale)
        assert payable(bruno) == -7_20
        assert self.stuck() == "The books owe €7.20 of its €109.20 by now; cancel it and prepare it anew."
        old = Payment.everyone.get()
        new = renew_payments([old], by="ina")
        assert told(new) == [("trade", "Bruno", "Alma", 7_20)]
        old.refresh_from_db()
        assert (old.status, old.status_reason) == ("cancelled", "prepared anew")
        approve_payments(new, by="olaf")
        files, stuck = write_payment_files(by="ina")
        assert ([file.total for file in files], stuck) == ([7_20], {})

    def test_a_dispute_after_the_approval_stops_the_payment_and_its_end_lets_it_be_prepared(self, sale, bruno):
        row = open_dispute(sale, merchant=bruno.merchant, reason="faulty", amount=None, text="Torn", by="bruno")
        assert self.stuck() == "The books owe €0.00 of its €109.20 by now; cancel it and prepare it anew."
        old = Payment.everyone.get()
        assert renew_payments([old], by="ina") == []
        withdraw_dispute(row, merchant=bruno.merchant, by="bruno")
        assert told(renew_payments([old], by="ina")) == [("trade", "Bruno", "Alma", 109_20)]

    def test_what_became_payable_beside_it_leaves_next_time(self, sale, alma, bruno):
        payable_sale(bruno, alma)
        (file,), stuck = write_payment_files(by="ina")
        assert (file.total, stuck) == (109_20, {})

    def test_what_has_left_is_not_prepared_anew(self, sale):
        write_payment_files(by="ina")
        before = everything()
        with pytest.raises(WrongState):
            renew_payments(Payment.everyone.all(), by="ina")
        assert everything() == before

    def test_staff_read_why_and_prepare_it_anew(self, sale, client):
        give_back(sale)
        old = Payment.everyone.get()
        chosen = {"_selected_action": [str(old.pk)]}
        eva = User.objects.create_user("eva", "eva@example.com", "x", is_staff=True)
        ina = User.objects.create_user("ina", "ina@example.com", "x", is_staff=True, is_superuser=True)
        client.force_login(eva)
        client.post("/admin/settlement/payment/", chosen | {"action": "renew"})
        assert Payment.everyone.get().status == "approved"
        client.force_login(ina)
        page = client.post("/admin/settlement/payment/", chosen | {"action": "let_leave"}, follow=True).content.decode()
        assert f"{old.number}: The books owe €7.20 of its €109.20 by now; cancel it and prepare it anew." in page
        page = client.get(f"/admin/settlement/payment/{old.pk}/change/").content.decode()
        assert "The books owe €7.20 of its €109.20 by now" in page
        page = client.post("/admin/settlement/payment/", chosen | {"action": "renew"}, follow=True).content.decode()
        new = Payment.everyone.get(status="prepared")
        assert (new.amount, new.prepared_by) == (7_20, "ina")
        assert f"Prepared anew: {new.number} (€7.20)." in page
        page = client.get(f"/admin/settlement/payment/{new.pk}/change/").content.decode()
        assert "It is owed as it was prepared." in page


class TestADirectDebitThatIsOwedLess:
    @pytest.fixture(autouse=True)
    def debits(self, settings):
        settings.SETTLEMENT_MODE, settings.SETTLEMENT_DEBIT_NOTICE_DAYS = "psp", 5

    def test_is_not_announced_when_its_mandate_is_signed(self, alma, bruno):
        order = payable_sale(bruno, alma)
        approve_payments(prepare_payments(by="ina"), by="olaf")
        give_back(order)
        bank_account(bruno)
        old = Payment.everyone.get()
        assert (old.status, old.announced_on, list(notices())) == ("approved", None, [])
        before = everything()
        assert write_payment_files(by="ina") == (
            [],
            {
                old.number: "The books owe €7.20 of its €109.20 by now (Alma €7.20 of €109.20); "
                "cancel it and prepare it anew."
            },
        )
        assert everything() == before
        approve_payments(renew_payments([old], by="ina"), by="olaf")
        assert list(notices()) == [(bruno.pk, "debit_announced", "€7.20 will be fetched on 04.11.2026", None)]

    def test_is_called_off_to_who_was_told_of_it(self, alma, bruno):
        order = payable_sale(bruno, alma)
        bank_account(bruno)
        (row,) = prepare_payments(by="ina")
        approve_payments([row], by="olaf")
        give_back(order)
        renew_payments([row], by="ina")
        assert list(notices()) == [
            (bruno.pk, "debit_announced", "€109.20 will be fetched on 04.11.2026", FRIDAY),
            (bruno.pk, "debit_called_off", "€109.20 will not be fetched on 04.11.2026", None),
        ]
        assert told(Payment.everyone.filter(status="prepared")) == [("collect", "Bruno", None, 7_20)]

    def test_that_nobody_was_told_of_is_cancelled_without_a_word(self, alma, bruno):
        payable_sale(bruno, alma)
        (row,) = prepare_payments(by="ina")
        cancel_payment(row, by="ina", reason="by mistake")
        assert list(notices()) == []


class TestWhatWasCollectedFromEach:
    """A payout is what each counterparty has paid in: what another paid in pays nothing of it."""

    @pytest.fixture(autouse=True)
    def provider(self, settings):
        settings.SETTLEMENT_MODE = "psp"

    @pytest.fixture
    def sales(self, alma, bruno, cara):
        sold = [payable_sale(bruno, alma, shipping=0), payable_sale(cara, alma, shipping=0)]
        for shop in (alma, bruno, cara):
            bank_account(shop)
        assert told(prepare_payments(by="ina")) == [
            ("collect", "Bruno", None, 102_00),
            ("collect", "Cara", None, 102_00),
        ]
        return sold

    @pytest.fixture
    def payout(self, sales, alma, bruno):
        """What Bruno has paid in, less Alma's fee on both sales."""
        collected(bruno)
        (row,) = prepare_payments(by="ina")
        assert (row.kind, row.amount) == ("payout", 97_20)
        assert row.parts == ((alma.merchant_id, bruno.merchant_id, 102_00), (alma.merchant_id, None, -4_80))
        return row

    def test_a_debit_that_comes_back_takes_back_what_has_not_left(self, payout, bruno, cara, alma):
        debit = Payment.everyone.get(kind="collect", payer=bruno.merchant)
        approve_payments([payout], by="olaf")
        bounce_payment(debit, on=TODAY, by="bank", reason="MD01")
        payout.refresh_from_db()
        said = f"What it would pay out came back with {debit.number}."
        assert (payout.status, payout.status_reason) == ("cancelled", said)
        collected(cara)
        again = prepare_payments(by="ina")
        assert told(again) == [("payout", None, "Alma", 97_20), ("collect", "Bruno", None, 102_00)]
        assert again[0].parts[0] == (alma.merchant_id, cara.merchant_id, 102_00)
        approve_payments(again, by="olaf")
        files, stuck = write_payment_files(by="ina")
        assert ({(file.kind, file.total) for file in files}, stuck) == (
            {("pain.001.001.09", 97_20), ("pain.008.001.08", 102_00)}, {}
        )  # fmt: skip
        settle_payment(again[0], on=TODAY, by="bank")
        assert (payable(alma), prepare_payments(by="ina")) == (
            102_00,
            [],
        )  # 97.20 out for 102.00 in; Bruno's is on its way
        assert clean()

    def test_a_debit_that_comes_back_takes_back_its_part_only(self, sales, alma, bruno, cara):
        from_bruno, _ = collected(bruno), collected(cara)
        (both,) = prepare_payments(by="ina")
        assert both.amount == 199_20
        approve_payments([both], by="olaf")
        bounce_payment(from_bruno, on=TODAY, by="bank", reason="MD01")
        both.refresh_from_db()
        assert both.status == "cancelled"
        (rest,) = renew_payments([both], by="ina")
        assert rest.parts == ((alma.merchant_id, cara.merchant_id, 102_00), (alma.merchant_id, None, -4_80))

    def test_a_debit_of_another_that_comes_back_touches_no_payout(self, payout, cara, alma):
        from_cara = collected(cara)
        bounce_payment(from_cara, on=TODAY, by="bank", reason="MD01")
        payout.refresh_from_db()
        assert payout.status == "prepared"
        assert approve_payments([payout], by="olaf") == 1

    def test_what_left_before_the_debit_came_back_is_not_paid_twice(self, payout, alma, bruno):
        approve_payments([payout], by="olaf")
        write_payment_files(by="ina")
        bounce_payment(Payment.everyone.get(kind="collect", payer=bruno.merchant), on=TODAY, by="bank", reason="MD01")
        payout.refresh_from_db()
        assert payout.status == "instructed"
        settle_payment(payout, on=TODAY, by="bank")
        assert told(prepare_payments(by="ina")) == [("collect", "Bruno", None, 102_00)]
        collected(bruno)
        assert (payable(alma), prepare_payments(by="ina")) == (102_00, [])  # Cara has not paid
        assert clean()

    def test_what_another_has_paid_in_approves_no_part_of_it(self, payout, sales, cara):
        give_back(sales[0])  # Bruno is owed his 102.00 again
        collected(cara)
        before = everything()
        words = "The books owe €0.00 of its €97.20 by now \\(Bruno €0.00 of €102.00.*\\); cancel it"
        with pytest.raises(NotPayable, match=words):
            approve_payments([payout], by="olaf")
        assert everything() == before

    def test_what_another_has_paid_in_lets_no_part_of_it_leave(self, payout, sales, cara):
        approve_payments([payout], by="olaf")
        give_back(sales[0])
        collected(cara)
        before = everything()
        files, stuck = write_payment_files(by="ina")
        assert (files, list(stuck), everything()) == ([], [payout.number], before)
        assert "Bruno €0.00 of €102.00" in stuck[payout.number]


def owed() -> dict[tuple[int, int | None], int]:
    return {(row.merchant, row.counterparty): row.amount for row in open_positions()}


def prove_what_leaves(left: list[Payment]) -> None:
    """What is on its way is at most what is payable; what is paid out at most what was collected, between each two."""
    leaving = list(Payment.everyone.filter(status="instructed"))
    due = owed()
    for row in left:
        for merchant, other, amount in row.parts:
            if amount < 0:
                moved = [-a for each in leaving for m, o, a in each.parts if (m, o) == (merchant, other) and a < 0]
                assert sum(moved) <= due.get((merchant, other), 0)
            elif row.kind == "payout" and other is not None:
                paid_out = moved_between("payout", {merchant, other}, "settled", "instructed")
                assert paid_out <= -moved_between("collect", {merchant, other}, "settled")


def moved_between(kind: str, pair: set[int], *statuses: str) -> int:
    parts = Payment.everyone.filter(kind=kind, status__in=statuses).values_list("parts", flat=True)
    return sum(amount for own in parts for merchant, other, amount in own if {merchant, other} == pair)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "prepare",
                "approve",
                "approve",
                "write",
                "write",
                "settle",
                "bounce",
                "renew",
                "give_back",
                "dispute",
                "decide",
            ]
        ),
        st.integers(0, 5),
    ),
    min_size=4,
    max_size=12,
)


class Played:
    """Steps as people and banks take them, in any order; one that is refused changes nothing."""

    def __init__(self, sales: list[Any]) -> None:
        self.sales = sales

    def take(self, verb: str, at: int) -> None:
        before = everything()
        try:
            getattr(self, verb)(at)
        except SkuuError:
            assert everything() == before

    def prepare(self, at: int) -> None:
        prepare_payments(by="ina")

    def approve(self, at: int) -> None:
        approve_payments(Payment.everyone.filter(status="prepared").order_by("pk")[: at + 1], by="olaf")

    def write(self, at: int) -> None:
        files, _ = write_payment_files(by="ina")
        prove_what_leaves(list(Payment.everyone.filter(file__in=files)))

    def renew(self, at: int) -> None:
        renew_payments(Payment.everyone.filter(status__in=["prepared", "approved"]).order_by("pk")[: at + 1], by="ina")

    def settle(self, at: int) -> None:
        if row := self.one(at, "instructed"):
            settle_payment(row, on=TODAY, by="bank")

    def bounce(self, at: int) -> None:
        if row := self.one(at, "settled"):
            bounce_payment(row, on=TODAY, by="bank", reason="MD01")

    def one(self, at: int, status: str) -> Payment | None:
        rows = list(Payment.everyone.filter(status=status).order_by("pk"))
        return rows[at % len(rows)] if rows else None

    def dispute(self, at: int) -> None:
        order = self.sales[at % len(self.sales)]
        merchant = order.order.shop.merchant
        open_dispute(order, merchant=merchant, reason="faulty", amount=(at + 1) * 10_00, text="Torn", by="bruno")

    def decide(self, at: int) -> None:
        for row in Dispute.everyone.filter(status="open").order_by("pk"):
            resolve_dispute(row, to_origin=min(row.amount, at * 10_00), by="ina", reason="so it is")

    def give_back(self, at: int) -> None:
        give_back(self.sales[at % len(self.sales)])


@pytest.mark.parametrize("examples", [6, pytest.param(120, marks=pytest.mark.deep)], ids=["a few", "many"])
@pytest.mark.parametrize("mode", ["bilateral", "psp"])
def test_I10_no_sequence_of_steps_lets_more_leave_than_is_payable(mode, examples, alma, bruno, cara, settings):
    settings.SETTLEMENT_MODE, settings.SETTLEMENT_MINIMUM_MINOR = mode, 1
    sales = [
        payable_sale(bruno, alma),
        payable_sale(cara, alma, nets=(80_00,)),
        payable_sale(alma, bruno, nets=(30_00,)),
    ]
    for shop in (alma, bruno, cara):
        bank_account(shop)
    prepare_payments(by="ina")

    @settings_of_hypothesis(max_examples=examples, deadline=None, derandomize=True, database=None)
    @given(steps=STEPS)
    def play(steps: list[tuple[str, int]]) -> None:
        with transaction.atomic():
            played = Played(sales)
            for verb, at in steps:
                played.take(verb, at)
            transaction.set_rollback(True)

    play()
