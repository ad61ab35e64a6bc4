"""Posting, closing and paying are shot at at random: nothing is unbalanced, doubled or lost afterwards."""

import datetime as dt
import os
import threading
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from orders.models import InternalOrder
from settlement.check import check_ledger
from settlement.close import close_cycle
from settlement.models import Entry, Payment
from settlement.pay import approve_payments, prepare_payments, settle_payment
from settlement.pay_files import write_payment_files
from settlement.release import release_due
from settlement.tests.books import bank_account
from settlement.tests.cast import make_internal_order, make_merchant, make_shop

KILLS = 1_000 if os.environ.get("SKUU_DEEP") else 15
WAIT = 0.02


@transaction.atomic
def shipped(origin: Any, shipper: Any) -> None:
    long_ago = timezone.now() - dt.timedelta(days=30)
    order = make_internal_order(origin, shipper, shipped_at=long_ago)
    InternalOrder.everyone.filter(pk=order.pk).update(status="delivered", delivered_at=long_ago)


def once_around() -> None:
    """Do everything that is due; whatever stops it half-way, the next round goes on."""
    today = timezone.localdate()
    close_cycle(today, by="ina")
    prepare_payments(by="ina")
    approve_payments(Payment.everyone.filter(status="prepared"), by="olaf")
    write_payment_files(by="ina")
    for payment in Payment.everyone.filter(status="instructed"):
        settle_payment(payment, on=today, by="bank")


def test_random_kills_across_post_close_and_pay_leave_nothing_unbalanced_doubled_or_lost(
    own_database: str, settings: Any
) -> None:
    settings.NETWORK_COUNTRY, settings.SETTLEMENT_MINIMUM_MINOR = "FR", 1
    settings.NETWORK_IBAN, settings.NETWORK_CREDITOR_ID = "BE68539007547034", "BE69ZZZ050D000000008"
    alma, bruno = make_shop(make_merchant("Alma")), make_shop(make_merchant("Bruno"))
    bank_account(alma)
    bank_account(bruno)
    shot, over = [0], threading.Event()

    def work() -> None:
        while not over.is_set():
            try:
                shipped(bruno, alma)
                shipped(alma, bruno)
                once_around()
            except Exception:  # noqa: BLE001 - the connection was shot; go on with a new one
                connection.close()
        connection.close()

    def shoot() -> None:
        while shot[0] < KILLS:
            over.wait(WAIT * (1 + shot[0] % 7))
            with connection.cursor() as cursor:
                cursor.execute(
                    "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() "
                    "and pid <> pg_backend_pid() and usename = current_user"
                )
                shot[0] += cursor.fetchone()[0]
        over.set()
        connection.close()

    threads = [threading.Thread(target=target) for target in (work, work, shoot)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    connection.close()
    once_around()
    release_due()
    assert shot[0] >= KILLS
    assert check_ledger(strict=True).findings == []
    sent = InternalOrder.everyone.filter(status__in=("shipped", "delivered")).count()
    assert Entry.objects.filter(kind="ship").count() == sent > 0
    settled = Payment.everyone.filter(status="settled").count()
    assert Entry.objects.filter(kind="payment").count() == settled > 0
