"""Posting, closing and paying are shot at at random: nothing is unbalanced, doubled or lost afterwards.

In parts, each with a database of its own: ``SKUU_DEEP`` makes five of 200 kills; ``SKUU_KILL_PARTS=3-7`` chooses parts by their
numbers, which are the seeds of what is done and of when it is shot at.
"""

import datetime as dt
import os
import random
import threading
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from orders.models import InternalOrder, Return
from orders.return_goods import announce_return, inspect_return
from settlement.check import check_ledger
from settlement.close import close_cycle
from settlement.models import Entry, Payment
from settlement.pay import NotPayable, approve_payments, cancel_payment, prepare_payments, settle_payment
from settlement.pay_files import write_payment_files
from settlement.release import release_due
from settlement.tests.books import bank_account
from settlement.tests.cast import make_internal_order, make_merchant, make_shop

DEEP = bool(os.environ.get("SKUU_DEEP"))
KILLS = 200 if DEEP else 15
FIRST, LAST = (int(part) for part in os.environ.get("SKUU_KILL_PARTS", "1-5" if DEEP else "1-1").split("-"))


@transaction.atomic
def shipped(origin: Any, shipper: Any, luck: random.Random) -> None:
    """Ship one to three lines; one order in three comes back in part before or after it is posted."""
    long_ago = timezone.now() - dt.timedelta(days=20)  # payable by now, and not too late to come back
    nets = tuple(luck.randrange(1, 20_000) for _ in range(luck.randrange(1, 4)))
    units = tuple(luck.randrange(1, 4) for _ in nets)
    order = make_internal_order(origin, shipper, nets=nets, quantities=units, shipped_at=long_ago)
    InternalOrder.everyone.filter(pk=order.pk).update(status="delivered", delivered_at=long_ago)
    order.refresh_from_db()
    if luck.random() < 1 / 3:
        line = order.lines.order_by("pk")[0]
        back = announce_return(order, [(line.pk, 1)], reason="other", by="origin")
        inspect_return(back, {line.pk: {"as_new": 1}}, by="shipper")


def once_around() -> None:
    """Do everything that is due; whatever stops it half-way, the next round goes on."""
    today = timezone.localdate()
    close_cycle(today, by="ina")
    prepare_payments(by="ina")
    for payment in Payment.everyone.filter(status="prepared"):
        try:
            approve_payments([payment], by="olaf")
        except NotPayable:  # something came back since it was prepared
            cancel_payment(payment, by="olaf", reason="less is payable by now")
    write_payment_files(by="ina")
    for payment in Payment.everyone.filter(status="instructed"):
        settle_payment(payment, on=today, by="bank")


@pytest.mark.parametrize("part", range(FIRST, LAST + 1))
def test_random_kills_across_post_close_and_pay_leave_nothing_unbalanced_doubled_or_lost(
    own_database: str, settings: Any, part: int
) -> None:
    settings.NETWORK_COUNTRY, settings.SETTLEMENT_MINIMUM_MINOR = "FR", 1
    settings.NETWORK_IBAN, settings.NETWORK_CREDITOR_ID = "BE68539007547034", "BE69ZZZ050D000000008"
    alma, bruno = make_shop(make_merchant("Alma")), make_shop(make_merchant("Bruno"))
    bank_account(alma)
    bank_account(bruno)
    shot, over, around = [0], threading.Event(), threading.Event()

    def work(seed: int) -> None:
        luck = random.Random(seed)
        while not over.is_set():
            try:
                for _ in range(luck.randrange(1, 4)):
                    shipped(*luck.sample([bruno, alma], 2), luck)
                once_around()
                around.set()
            except Exception:  # noqa: BLE001 - the connection was shot; go on with a new one
                connection.close()
        connection.close()

    def shoot() -> None:
        luck = random.Random(part)
        while shot[0] < KILLS:
            over.wait(luck.uniform(0.005, 0.2))
            if luck.random() < 1 / 6:  # let somebody come around, so that there is more and more to break
                around.clear()
                around.wait(20)
            with connection.cursor() as cursor:
                cursor.execute(
                    "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() "
                    "and pid <> pg_backend_pid() and usename = current_user"
                )
                shot[0] += cursor.fetchone()[0]
        over.set()
        connection.close()

    threads = [
        threading.Thread(target=target, args=also) for target, *also in ((work, 2 * part), (work, -part), (shoot,))
    ]
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
    closed = Return.everyone.filter(status="closed").count()
    assert Entry.objects.filter(kind="return").count() == closed
