"""Real threads on a real database: one entry per key, no deadlock, limits that hold, closings that wait."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from orders.fulfil import mark_posted
from orders.models import InternalOrder
from orders.return_goods import announce_return, inspect_return
from settlement import check as check_module
from settlement.balances import positions_of
from settlement.check import check_ledger
from settlement.close import close_cycle, write_missing_statements
from settlement.documents.statement import statement_digest
from settlement.models import Account, Cycle, Entry, Payment, Statement
from settlement.post import Draft, LedgerRefused, post_entry
from settlement.reconcile import read_bank_file
from settlement.settle import post_shipped
from settlement.settle_returns import post_returns
from settlement.splitting import Posting
from settlement.tests.books import camt
from settlement.tests.cast import make_internal_order, make_merchant, make_shop
from skuu.kit.errors import Busy


def together(*jobs: Callable[[], object]) -> list[object]:
    """Run jobs in threads that start at one moment; returns results or exceptions in order."""
    barrier, results = threading.Barrier(len(jobs)), [None] * len(jobs)

    def run(at: int, job: Callable[[], object]) -> None:
        try:
            barrier.wait()
            results[at] = job()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            results[at] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(at, job)) for at, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def draft(key: str, debtor: int, creditor: int, amount: int = 100) -> Draft:
    postings = (Posting(debtor, "merchant", amount, "supply"), Posting(creditor, "merchant", -amount, "supply"))
    return Draft(key, "adjustment", "test", timezone.localdate(), "EUR", postings)


@pytest.fixture
def two(own_database):
    return make_merchant("Alma").pk, make_merchant("Bruno").pk


def test_N1_I5_sixteen_threads_with_one_key_make_one_entry(two):
    alma, bruno = two
    results = together(*[lambda: post_entry(draft("same", bruno, alma))] * 16)
    assert len({result.entry_id for result in results}) == 1
    assert sum(not result.replayed for result in results) == 1
    assert Entry.objects.count() == 1
    assert check_ledger(strict=True).findings == []


def test_eight_threads_in_opposite_directions_never_deadlock(own_database):
    merchants = [make_merchant(f"M{number}").pk for number in range(4)]

    def hammer(seed: int) -> int:
        choose = random.Random(seed)
        for number in range(25):
            debtor, creditor = choose.sample(merchants, 2)
            post_entry(draft(f"{seed}-{number}", debtor, creditor, choose.randint(1, 999)))
        return 25

    assert sum(together(*[lambda seed=seed: hammer(seed) for seed in range(8)])) == 200
    assert Entry.objects.count() == 200
    assert check_ledger(strict=True).findings == []


def test_a_racing_credit_limit_lets_exactly_three_through(two):
    alma, bruno = two
    post_entry(draft("first", bruno, alma, 1))
    Account.everyone.filter(merchant=bruno).update(max_owed=1000)
    results = together(*[lambda n=n: post_entry(draft(f"limit-{n}", bruno, alma, 300)) for n in range(12)])
    assert sum(isinstance(result, LedgerRefused) for result in results) == 9
    assert Account.everyone.get(merchant=bruno).balance.amount == 901


def test_sweeps_on_four_machines_post_every_order_once(own_database):
    alma, bruno = make_shop(make_merchant("Alma")), make_shop(make_merchant("Bruno"))
    for _ in range(12):
        make_internal_order(bruno, alma)
    sweeps = together(*[post_shipped] * 4)
    assert sum(sweep.posted for sweep in sweeps) == Entry.objects.count() == 12
    assert check_ledger(strict=True).findings == []


def test_two_hands_of_one_closing_post_every_order_once_and_name_what_they_cannot(own_database, monkeypatch):
    monkeypatch.setattr("settlement.settle.BATCH", 2)  # so that both have several batches
    alma, bruno = make_shop(make_merchant("Alma")), make_shop(make_merchant("Bruno"))
    made = [make_internal_order(bruno, alma) for _ in range(11)]
    InternalOrder.everyone.filter(pk=made[4].pk).update(vat={})
    told: list[str] = []
    sweep = post_shipped(hands=2, wait=True, tell=told.append)
    assert (sweep.posted, list(sweep.refused)) == (10, [made[4].number])
    keys = set(Entry.objects.values_list("key", flat=True))
    assert keys == {f"ship:internal_order:{each.pk}" for each in made if each is not made[4]}
    assert told
    doubts = [(each.promise, each.rows) for each in check_ledger(strict=True).findings]
    assert doubts == [("every shipped internal order is in the ledger", [made[4].number])]


def test_what_a_killed_hand_leaves_is_posted_by_the_same_closing(own_database, monkeypatch):
    monkeypatch.setattr("settlement.settle.BATCH", 2)
    monkeypatch.setattr(threading, "active_count", lambda: 1)  # hands are processes
    alma, bruno = make_shop(make_merchant("Alma")), make_shop(make_merchant("Bruno"))
    for _ in range(9):
        make_internal_order(bruno, alma)
    here = os.getpid()

    def dies_elsewhere(done: Collection[int]) -> int:
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)  # its entries are written, its orders not marked, nothing is committed
        return mark_posted(done)

    monkeypatch.setattr("settlement.settle.mark_posted", dies_elsewhere)
    closing = close_cycle(timezone.localdate())
    assert (closing.posted, closing.refused, Entry.objects.count()) == (9, {}, 9)
    assert check_ledger(strict=True).findings == []


def test_hands_that_prove_the_books_look_at_one_moment_and_a_lost_answer_proves_nothing(own_database, monkeypatch):
    monkeypatch.setattr(threading, "active_count", lambda: 1)  # hands are processes
    alma, bruno = make_shop(make_merchant("Alma")), make_shop(make_merchant("Bruno"))
    make_internal_order(bruno, alma)
    close_cycle(timezone.localdate())
    asked = check_module._broken

    def posts_meanwhile(*question: Any) -> Any:
        """Let books that are clean change between two questions; another connection sees it, the proof does not."""
        with ThreadPoolExecutor(1) as pool:
            pool.submit(
                in_own_connection, lambda: post_entry(draft(f"late:{uuid4()}", bruno.merchant_id, alma.merchant_id))
            )
        return asked(*question)

    monkeypatch.setattr("settlement.check._broken", posts_meanwhile)
    assert check_ledger(strict=True).findings == []
    assert Entry.objects.filter(kind="adjustment").count() > 1
    monkeypatch.undo()
    monkeypatch.setattr("settlement.check.share_work", lambda work, hands: [work(0)[1:]])
    with pytest.raises(RuntimeError, match="nothing is proved"):
        check_ledger()


def in_own_connection(work: Callable[[], object]) -> None:
    try:
        work()
    finally:
        connection.close()


def test_in_a_transaction_of_the_caller_there_is_one_hand_and_all_of_it_can_be_taken_back(own_database):
    alma, bruno = make_shop(make_merchant("Alma")), make_shop(make_merchant("Bruno"))
    make_internal_order(bruno, alma)
    closing = close_cycle(timezone.localdate(), dry_run=True)
    assert (closing.posted, Entry.objects.count()) == (1, 0)


def test_a_closing_that_ended_while_it_sealed_is_finished_by_the_next_and_is_no_doubt_meanwhile(
    own_database, monkeypatch
):
    alma, bruno = make_shop(make_merchant("Alma")), make_shop(make_merchant("Bruno"))
    make_internal_order(bruno, alma)
    sealed = statement_digest

    def dies_at_the_second(statement: Statement) -> str:
        if Statement.everyone.exclude(digest="").exists():
            raise KeyboardInterrupt
        return sealed(statement)

    monkeypatch.setattr("settlement.close.statement_digest", dies_at_the_second)
    monkeypatch.setattr(settings, "SETTLEMENT_HANDS", 1)
    with pytest.raises(KeyboardInterrupt):
        close_cycle(timezone.localdate())
    cycle = Cycle.objects.get()
    assert (cycle.stated_at, Statement.everyone.filter(digest="").count()) == (None, 1)
    assert check_ledger().findings == []  # a cycle's statements may be missing for five minutes
    monkeypatch.undo()
    write_missing_statements()
    cycle.refresh_from_db()
    assert cycle.stated_at is not None
    assert Statement.everyone.filter(digest="").count() == 0
    assert check_ledger(strict=True).findings == []


def test_hands_that_seal_at_once_seal_each_statement_once(own_database, monkeypatch):
    shops = [make_shop(make_merchant(name)) for name in ("Alma", "Bruno", "Cara", "Dora", "Emil")]
    for at, shop in enumerate(shops):
        make_internal_order(shop, shops[at - 1])
    calls: list[int] = []

    def noted(statement: Statement) -> str:
        calls.append(statement.pk)
        return statement_digest(statement)

    monkeypatch.setattr("settlement.close.statement_digest", noted)
    results = together(*[lambda: close_cycle(timezone.localdate())] * 2)
    assert all(isinstance(result, Busy) or result.through for result in results)
    assert sorted(calls) == sorted(Statement.everyone.values_list("pk", flat=True))
    assert len(calls) == 5
    assert check_ledger(strict=True).findings == []


def test_N29_two_closings_at_once_make_one_cycle(own_database):
    alma, bruno = make_shop(make_merchant("Alma")), make_shop(make_merchant("Bruno"))
    make_internal_order(bruno, alma)
    results = together(*[lambda: close_cycle(timezone.localdate())] * 2)
    assert all(isinstance(result, Busy) or result.through for result in results)
    assert (Cycle.objects.count(), Statement.everyone.count()) == (1, 2)
    assert check_ledger(strict=True).findings == []


def test_a_closing_waits_for_a_posting_under_way_and_takes_it_along(two):
    alma, bruno = two
    post_entry(draft("quick", bruno, alma))  # so that there is something to close
    posted, may_commit, order = threading.Event(), threading.Event(), []

    def post_slowly() -> None:
        with transaction.atomic():
            post_entry(draft("slow", bruno, alma))
            posted.set()
            may_commit.wait(timeout=10)
            order.append("posted")

    def close() -> None:
        posted.wait(timeout=10)
        threading.Timer(0.3, may_commit.set).start()
        close_cycle(timezone.localdate())
        order.append("closed")

    assert together(post_slowly, close) == [None, None]
    assert order == ["posted", "closed"]
    assert Entry.objects.get(key="slow").period.cycle_id == Cycle.objects.get().pk
    assert check_ledger(strict=True).findings == []


def test_N28_posting_while_books_are_closed_loses_nothing(two):
    alma, bruno = two

    def post(seed: int) -> None:
        for number in range(20):
            post_entry(draft(f"{seed}-{number}", bruno, alma))

    def close() -> None:
        for _ in range(5):
            close_cycle(timezone.localdate())

    assert together(lambda: post(1), lambda: post(2), close) == [None, None, None]
    close_cycle(timezone.localdate())
    assert Entry.objects.filter(kind="adjustment").count() == 40
    assert Statement.everyone.filter(merchant=alma).order_by("-cycle_id")[0].closing == 40 * 100
    assert check_ledger(strict=True).findings == []


@pytest.mark.parametrize("first", [3, 100])
def test_a_balanced_pair_cannot_join_an_entry_that_is_committed(two, first):
    alma, bruno = two
    entry = post_entry(draft("k", bruno, alma)).entry_id
    (a, b) = Account.everyone.order_by("pk").values_list("pk", flat=True)
    with pytest.raises(DatabaseError, match="only be written with their entry"), connection.cursor() as cursor:
        cursor.execute(
            "insert into settlement_line (entry_id, n, account_id, currency, amount, tag) "
            "values (%s, %s, %s, 'EUR', 5, 'x'), (%s, %s, %s, 'EUR', -5, 'x')",
            [entry, first, a, entry, first + 1, b],
        )
    assert Entry.objects.get().lines.count() == 2
    assert check_ledger(strict=True).findings == []


def test_killed_backends_leave_whole_entries_only(two):
    alma, bruno = two

    def post(seed: int) -> None:
        for number in range(40):
            try:
                post_entry(draft(f"{seed}-{number}", bruno, alma))
            except Exception:  # noqa: BLE001 - the connection was shot; go on with a new one
                connection.close()

    def shoot() -> None:
        for _ in range(10):
            with connection.cursor() as cursor:
                cursor.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity "
                    "where datname = current_database() and pid <> pg_backend_pid() and usename = current_user"
                )

    together(lambda: post(1), lambda: post(2), shoot)
    connection.close()
    assert check_ledger(strict=True).findings == []
    balance = Account.everyone.get(merchant=bruno).balance.amount
    assert balance == 100 * Entry.objects.count()


def test_sweeps_at_once_take_each_unit_back_once_and_to_the_cent(own_database, settings):
    settings.NETWORK_COUNTRY = "FR"
    alma, bruno = make_shop(make_merchant("Alma")), make_shop(make_merchant("Bruno"))
    order = make_internal_order(bruno, alma, nets=(100_00,), quantities=(7,), shipping=6_00)
    post_shipped()
    line = order.lines.get().pk
    for _ in range(7):
        returned = announce_return(order, [(line, 1)], reason="other", by="bruno")
        inspect_return(returned, {line: {"as_new": 1}}, by="alma")
    results = together(*[post_returns] * 6)
    assert [one for one in results if isinstance(one, Exception)] == []
    assert Entry.objects.filter(kind="return").count() == 7
    pending = [position.pending for shop in (bruno, alma) for position in positions_of(shop.merchant)]
    assert pending == [-7_20, 7_20]
    assert check_ledger(strict=True).findings == []


def test_a_bank_file_locks_balances_in_their_order_whatever_the_banks_order_is(own_database):
    alma, bruno, cara = (make_merchant(name).pk for name in ("Alma", "Bruno", "Cara"))
    post_entry(draft("opening", alma, bruno))
    post_entry(draft("opening too", cara, bruno))
    first, last = (Account.everyone.get(merchant=merchant, kind="merchant").pk for merchant in (alma, cara))
    paid = [leaving_fee(cara, "P-000002"), leaving_fee(alma, "P-000001")]  # the bank's order is not the accounts'
    content = camt(*[(payment.number, 100, "EUR") for payment in paid])
    read: list[object] = []
    reader = threading.Thread(
        target=lambda: read.extend(together(lambda: read_bank_file(content, merchant=None, by="ina").lines))
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select 1 from settlement_balance where account_id = %s for update", [first])
        reader.start()
        wait_until_blocked()
        cursor.execute("select 1 from settlement_balance where account_id = %s for update nowait", [last])
        assert cursor.fetchone() == (1,)  # nobody has it: who holds a later one never waits for an earlier one
    reader.join()
    assert read == [2]
    assert {Payment.everyone.get(pk=payment.pk).status for payment in paid} == {"settled"}
    assert check_ledger(strict=True).findings == []


def leaving_fee(merchant: int, number: str) -> Payment:
    """A fee of 1.00 that its merchant has sent off."""
    return Payment.everyone.create(
        number=number, kind="fee", payer_id=merchant, amount=100, currency="EUR", parts=[(merchant, None, -100)],
        due_on=timezone.localdate(), status="instructed", prepared_by="ina", approved_by="ben",
    )  # fmt: skip


def wait_until_blocked() -> None:
    """Wait until another connection of this database waits for a lock."""
    with connection.cursor() as cursor:
        for _ in range(200):
            cursor.execute("select pg_stat_clear_snapshot()")
            cursor.execute(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
            )
            if cursor.fetchone() != (0,):
                return
            time.sleep(0.05)
    raise AssertionError("nobody waits")
