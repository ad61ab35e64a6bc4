"""A payment's file is written while a return is posted: the books owed what leaves, or it does not leave."""

import threading

import pytest
import time_machine
from django.db import transaction

from network.scoping import as_network
from orders.return_goods import announce_return, inspect_return
from settlement.models import Entry, Payment, PaymentFile
from settlement.pay import approve_payments, bounce_payment, prepare_payments, settle_payment
from settlement.pay_files import write_payment_files
from settlement.release import release_due
from settlement.settle_returns import post_returns
from settlement.tests.books import FRIDAY, NETWORK, bank_account, clean, payable, payable_sale
from settlement.tests.cast import make_merchant, make_shop
from settlement.tests.concurrency.test_racing_posts import together, wait_until_blocked


@pytest.fixture(autouse=True)
def network(settings):
    settings.NETWORK_COUNTRY, settings.NETWORK_IBAN = "FR", NETWORK
    settings.NETWORK_CREDITOR_ID = "BE69ZZZ050D000000008"
    with time_machine.travel(FRIDAY):
        yield


@pytest.fixture
def approved(own_database):
    """An approved payment of 109.20, and its goods on their way back, looked at and not in the books yet."""
    alma, bruno = make_shop(make_merchant("Alma")), make_shop(make_merchant("Bruno"))
    order = payable_sale(bruno, alma)
    bank_account(alma)
    bank_account(bruno)
    approve_payments(prepare_payments(by="ina"), by="olaf")
    line = order.lines.get().pk
    returned = announce_return(order, [(line, 1)], reason="too_small", by="bruno")
    inspect_return(returned, {line: {"as_new": 1}}, by="alma")
    return bruno


def post_the_return() -> None:
    post_returns()
    release_due()


def beside(job):
    """Begin a job on a connection of its own; gives its thread, and the list that its result comes into."""
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.extend(together(job)))
    thread.start()
    return thread, found


def test_who_writes_files_waits_for_a_return_that_is_being_posted_and_sees_it(approved):
    with transaction.atomic(), as_network():
        post_the_return()
        thread, found = beside(lambda: write_payment_files(by="ina"))
        wait_until_blocked()
    thread.join()
    payment = Payment.everyone.get()
    words = "The books owe €7.20 of its €109.20 by now; cancel it and prepare it anew."
    assert found == [([], {payment.number: words})]
    assert (payment.status, PaymentFile.everyone.count(), payable(approved)) == ("approved", 0, -7_20)
    assert clean()


def test_a_return_waits_for_files_that_are_being_written_and_is_posted_after_them(approved):
    with transaction.atomic(), as_network():
        (file,), stuck = write_payment_files(by="ina")
        thread, _ = beside(post_the_return)
        wait_until_blocked()
        assert (file.total, stuck, Entry.objects.filter(kind="return").count()) == (109_20, {}, 0)
    thread.join()
    assert Entry.objects.filter(kind="return").count() == 1
    settle_payment(Payment.everyone.get(), on=file.execution_on, by="bank")
    assert payable(approved) == 102_00  # paid in full, and what came back is owed to Bruno
    assert clean()


def test_all_at_once_a_payment_leaves_once_or_not_at_all(approved):
    results = together(lambda: write_payment_files(by="ina"), lambda: write_payment_files(by="eva"), post_the_return)
    assert [one for one in results if isinstance(one, Exception)] == []
    files = list(PaymentFile.everyone.all())
    assert [file.total for file in files] in ([], [109_20])
    assert Payment.everyone.get().status == ("instructed" if files else "approved")
    assert (payable(approved), Entry.objects.filter(kind="return").count()) == (-7_20, 1)
    assert clean()


def test_a_payout_is_not_written_while_the_debit_it_pays_out_comes_back(own_database, settings):
    settings.SETTLEMENT_MODE = "psp"
    alma, bruno = make_shop(make_merchant("Alma")), make_shop(make_merchant("Bruno"))
    payable_sale(bruno, alma)
    bank_account(alma)
    debit = prepare_payments(by="ina")[0]
    Payment.everyone.filter(pk=debit.pk).update(status="instructed", approved_by="olaf")
    settle_payment(debit, on=debit.due_on, by="bank")
    (payout,) = prepare_payments(by="ina")
    approve_payments([payout], by="olaf")
    with transaction.atomic(), as_network():
        bounce_payment(debit, on=debit.due_on, by="bank", reason="MD01")
        thread, found = beside(lambda: write_payment_files(by="ina"))
        wait_until_blocked()
    thread.join()
    payout.refresh_from_db()
    assert (found, payout.status, PaymentFile.everyone.count()) == ([([], {})], "cancelled", 0)
    assert clean()
