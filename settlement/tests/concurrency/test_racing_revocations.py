"""A supplier revokes while its documents are drawn up: each is drawn up before, or not at all; none is dated after."""

import datetime as dt
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from network.models import Shop
from network.scoping import as_network
from settlement import self_billing
from settlement.agreement_texts import CURRENT, AgreementText
from settlement.check import check_ledger
from settlement.close import close_cycle
from settlement.invoice import issue_documents
from settlement.models import Document, SelfBilling, Unbilled
from settlement.self_billing import NoAgreement, lock_agreement, revoke_self_billing, standing_agreement
from settlement.settle import post_shipped
from settlement.tests.cast import agree, make_internal_order, make_merchant, make_shop
from skuu.kit.errors import NotPossible

SUPPLIERS = 6


@pytest.fixture
def threads(own_database: str) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def begin(pool: ThreadPoolExecutor, job: Callable[[], object]) -> Future[object]:
    """Run a job on a connection of its own."""

    def run() -> object:
        try:
            with as_network():
                return job()
        finally:
            connection.close()

    return pool.submit(run)


def until_somebody_waits() -> None:
    """Come back when a connection waits for the row that another holds."""
    with connection.cursor() as cursor:
        for _ in range(2_000):
            cursor.execute("select pg_stat_clear_snapshot()")  # a transaction sees the same activity until then
            cursor.execute(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0]:
                return
            time.sleep(0.005)
    raise AssertionError("Nobody waited.")


def a_month_of(suppliers: int) -> tuple[list[Shop], dt.date]:
    """Have suppliers sell through Bruno in the month before this one, and close it; returns them with the month's first day."""
    this_month = timezone.localdate().replace(day=1)
    last_day = this_month - dt.timedelta(days=1)
    then = timezone.now() - dt.timedelta(days=(timezone.localdate() - last_day).days)
    bruno, shops = make_shop(make_merchant("Bruno")), []
    for number in range(suppliers):
        shops.append(make_shop(make_merchant(f"Alma {number}")))
        make_internal_order(bruno, shops[-1], shipped_at=then)
    post_shipped()
    close_cycle(last_day)
    return shops, last_day.replace(day=1)


@pytest.fixture
def network(settings: object) -> None:
    settings.NETWORK_COUNTRY, settings.NETWORK_VAT_ID = "FR", "FR83404833048"
    settings.NETWORK_CITY, settings.NETWORK_POSTCODE = "Paris", "75001"


def test_each_document_is_drawn_up_before_its_supplier_revokes_or_waits(
    network: None, threads: ThreadPoolExecutor
) -> None:
    shops, month = a_month_of(SUPPLIERS)
    begun = threading.Event()

    def revoke() -> None:
        luck = random.Random(7)
        begun.wait(60)
        for shop in luck.sample(shops, SUPPLIERS):
            revoke_self_billing(standing_agreement(shop.merchant), by="ada", from_on=timezone.localdate())
            time.sleep(luck.uniform(0, 0.4))

    racing = [
        begin(threads, lambda: issue_documents(month, by="ina", tell=lambda _: begun.set())),
        begin(threads, revoke),
    ]
    issued = racing[0].result()
    racing[1].result()
    waiting = {row.supplier_id for row in Unbilled.everyone.all()} | {
        row.supplier_id for row in issue_documents(month, by="ina").waiting
    }
    drawn_up = {row.seller_id: row for row in Document.everyone.filter(kind="389")}
    assert (issued.stuck, len(drawn_up) > 0) == ({}, True)
    assert drawn_up.keys() | waiting == {shop.merchant_id for shop in shops}
    assert drawn_up.keys() & waiting == set()
    for row in SelfBilling.everyone.exclude(ended_at=None):
        document = drawn_up.get(row.merchant_id)
        assert document is None or document.created_at < row.ended_at
    assert SelfBilling.everyone.exclude(ends_on=None).count() == SUPPLIERS
    assert check_ledger(strict=True).findings == []


def test_who_revokes_waits_for_what_is_being_drawn_up_and_who_draws_up_for_a_revocation(
    threads: ThreadPoolExecutor,
) -> None:
    alma = make_merchant("Alma")
    agreement = standing_agreement(alma)
    today = timezone.localdate()
    with transaction.atomic(), as_network():
        lock_agreement(alma.pk, today)
        revoking = begin(threads, lambda: revoke_self_billing(agreement, by="ada", from_on=today))
        until_somebody_waits()
        assert not revoking.done()
        SelfBilling.everyone.get(ends_on=None)
    revoking.result()
    assert SelfBilling.everyone.get().ends_on == today

    agree(alma)
    agreement = standing_agreement(alma)
    with transaction.atomic(), as_network():
        revoke_self_billing(agreement, by="ada", from_on=today)
        drawing_up = begin(threads, in_transaction(lambda: lock_agreement(alma.pk, today)))
        until_somebody_waits()
    with pytest.raises(NoAgreement):
        drawing_up.result()


def in_transaction(job: Callable[[], object]) -> Callable[[], object]:
    def run() -> object:
        with transaction.atomic():
            return job()

    return run


def test_a_midnight_passes_while_a_revocation_waits_and_it_ends_no_day_that_has_a_document(
    threads: ThreadPoolExecutor,
) -> None:
    alma = make_merchant("Alma")
    agreement = standing_agreement(alma)
    before = SelfBilling.everyone.get()
    today = timezone.localdate()
    with transaction.atomic(), as_network():
        lock_agreement(alma.pk, today)
        revoking = begin(threads, lambda: revoke_self_billing(agreement, by="ada", from_on=today))
        until_somebody_waits()
        travelling = time_machine.travel(timezone.now() + dt.timedelta(days=1))
        travelling.start()
    try:
        with pytest.raises(NotPossible):
            revoking.result()
    finally:
        travelling.stop()
    after = SelfBilling.everyone.get()
    assert (after.ends_on, after.ended_by, after.ended_at) == (before.ends_on, "", None)


def test_a_newer_version_ends_the_older_on_the_day_on_which_it_was_its_turn(
    threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    alma = make_merchant("Alma")
    today = timezone.localdate()
    monkeypatch.setattr(self_billing, "CURRENT", AgreementText("2027-01", 10, CURRENT.words))
    with transaction.atomic(), as_network():
        lock_agreement(alma.pk, today)
        agreeing = begin(threads, lambda: agree(alma))
        until_somebody_waits()
        travelling = time_machine.travel(timezone.now() + dt.timedelta(days=1))
        travelling.start()
    try:
        agreeing.result()
    finally:
        travelling.stop()
    older, newer = SelfBilling.everyone.order_by("pk")
    assert (older.ends_on, newer.agreed_on) == (today + dt.timedelta(days=1),) * 2
