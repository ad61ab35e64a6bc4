"""Nothing scheduled is an alarm, not silence: what has not run, what is missing, what waits too long; told once by mail."""

import datetime as dt
import threading
from decimal import Decimal

import pytest
from django.core import mail
from django.db import connection, connections
from django.utils import timezone
from django_q.models import OrmQ, Schedule
from django_q.scheduler import scheduler

from network.models import InboundEvent, Merchant, Shop, StoreBudget, User
from network.rates import keep_rates, newest_day
from network.receive import note_too_large
from orders.models import InternalOrder, Order
from settlement.models import Entry, Line
from settlement.tasks import post_shipped
from settlement.tests.cast import make_internal_order, make_merchant, make_shop
from skuu.alarms import alarms, tell_alarms
from skuu.books import doubts_about_books, prove_books
from skuu.kit.models import Bell, Heartbeat
from skuu.pulse import ran, sing
from skuu.schedule import TIMETABLE
from skuu.testing.cloned import cloned_database
from skuu.timetable import name_of, write_timetable

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def at_work(db):
    """Everything is well: the timetable is written, a worker lives, the canary sang."""
    write_timetable()
    Heartbeat.beat("worker")
    sing()


def keys():
    return [alarm.key for alarm in alarms()]


class TestAlarms:
    def test_a_network_at_work_has_none(self, at_work):
        assert keys() == []

    def test_nothing_scheduled_is_an_alarm_for_every_job(self, at_work):
        """Case T17: an empty timetable is not silence."""
        Schedule.objects.all().delete()
        assert keys() == [f"row {name_of(row)}" for row in TIMETABLE]
        write_timetable()
        assert keys() == []

    def test_a_job_that_was_due_and_not_begun_is_named(self, at_work):
        """Case T17: due a quarter of an hour ago, and nobody began it."""
        row = TIMETABLE[0]
        Schedule.objects.filter(name=name_of(row)).update(next_run=timezone.now() - dt.timedelta(minutes=15))
        assert keys() == [f"row {name_of(row)}"]

    def test_a_job_that_is_begun_and_never_ends_well_is_named(self, at_work):
        row = TIMETABLE[0]
        Heartbeat.objects.create(name=ran(row.job), at=timezone.now() - HOUR)
        assert keys() == [f"row {name_of(row)}"]
        Heartbeat.beat(ran(row.job))
        assert keys() == []

    def test_a_silent_worker_and_a_canary_that_stopped_singing_are_told_apart(self, at_work):
        Heartbeat.objects.filter(name="canary").update(at=timezone.now() - 3 * dt.timedelta(minutes=1))
        assert keys() == ["canary"]
        Heartbeat.objects.filter(name="worker").update(at=timezone.now() - 3 * dt.timedelta(minutes=1))
        assert keys() == ["worker"]

    def test_a_sweep_nobody_answers_is_named(self, at_work):
        Bell.objects.create(name="network.tasks.handle_inbound", answered_at=timezone.now() - HOUR)
        assert keys() == ["bell network.tasks.handle_inbound"]

    def test_a_message_too_large_to_take_and_a_store_that_throttles_are_named(self, at_work):
        """Case 10: 11 MB are refused, and somebody hears of it."""
        merchant = Merchant.everyone.create(name="Bruno", legal_name="Bruno BV", country="NL")
        shop = Shop.everyone.create(merchant=merchant, domain="bruno.myshopify.com", name="Bruno", country="NL")
        note_too_large("nobody.myshopify.com")
        assert keys() == []
        note_too_large(shop.domain)
        now = timezone.now()
        StoreBudget.objects.create(
            shop=shop, maximum=2000, rate=100, available=0, at=now, throttled=30, throttled_at=now
        )
        assert keys() == ["too large: bruno.myshopify.com", f"throttled {shop.pk}"]

    def test_rates_that_stopped_coming_are_an_alarm_once_somebody_trades_in_another_currency(self, at_work):
        merchant = Merchant.everyone.create(name="Bruno", legal_name="Bruno BV", country="NL")
        shop = Shop.everyone.create(
            merchant=merchant, domain="bruno.myshopify.com", name="Bruno", currency="EUR", status="live"
        )
        today = timezone.localdate()
        keep_rates(iter([("SEK", today - dt.timedelta(days=8), Decimal("11.0"))]))
        assert (newest_day() < today - dt.timedelta(days=7), keys()) == (True, [])
        Shop.everyone.filter(pk=shop.pk).update(currency="SEK")
        assert keys() == ["rates"]
        keep_rates(iter([("SEK", today, Decimal("11.0"))]))
        assert keys() == []

    def test_an_entry_that_does_not_sum_to_zero_is_an_alarm_at_once(self, at_work, client):
        """Case 80: a ledger that is not zero is red as soon as somebody looks."""
        assert doubts_about_books() == []
        order = make_internal_order(make_shop(make_merchant("Bruno")), make_shop(make_merchant("Alma")))
        assert (post_shipped(), keys()) == (1, [])
        change = "update settlement_line set amount = amount + %s where id = (select min(id) from settlement_line)"
        with connection.cursor() as cursor:
            cursor.execute("alter table settlement_line disable trigger user")
            cursor.execute(change, [1])
        [doubt] = doubts_about_books()
        entry = Entry.objects.get(internal_order_id=order.pk)
        assert doubt == f"The ledger does not sum to zero: entry {entry.pk} by 1 EUR."
        assert keys() == [f"books {doubt}"]
        red = client.get("/readyz")
        assert (red.status_code, red.json()["problems"]) == (503, [doubt])
        with connection.cursor() as cursor:
            cursor.execute(change, [-1])
        assert (keys(), client.get("/readyz").status_code) == ([], 200)

    def test_what_the_night_finds_in_the_books_stays_an_alarm_until_a_proof_finds_nothing(self, at_work):
        make_internal_order(make_shop(make_merchant("Bruno")), make_shop(make_merchant("Alma")))
        post_shipped()
        balance = Line.objects.order_by("pk")[0].account.balance
        balance.amount += 1
        balance.save()
        assert (prove_books() > 0, len(keys())) == (True, 1)
        balance.amount -= 1
        balance.save()
        assert (prove_books(), keys()) == (0, [])

    def test_staff_are_mailed_once_and_again_when_it_comes_back(self, at_work):
        User.objects.create_user("ina", "ina@example.com", "x", is_staff=True)
        Schedule.objects.filter(name__contains="prove_books").delete()
        assert (tell_alarms(), tell_alarms(), len(mail.outbox)) == (1, 0, 1)
        assert "skuu.books.prove_books is not scheduled" in mail.outbox[0].body
        write_timetable()
        assert tell_alarms() == 0
        Schedule.objects.filter(name__contains="prove_books").delete()
        assert (tell_alarms(), len(mail.outbox)) == (1, 2)


class TestReady:
    def test_ready_is_red_on_a_silent_worker_a_stale_canary_and_a_late_backlog(self, at_work, client):
        """Case 80: red within two minutes, with the ages of everything that waits."""
        good = client.get("/readyz")
        assert (good.status_code, good.json()["problems"]) == (200, [])
        assert good.json()["backlogs"]["webhooks to handle"] == {"count": 0, "seconds": 0.0}
        Heartbeat.objects.filter(name="canary").update(at=timezone.now() - dt.timedelta(seconds=121))
        red = client.get("/readyz")
        assert (red.status_code, "cluster hangs" in red.json()["problems"][0]) == (503, True)
        assert red.json()["canary_seconds"] >= 121
        Heartbeat.objects.filter(name="worker").update(at=timezone.now() - dt.timedelta(seconds=121))
        assert "sign of life" in client.get("/readyz").json()["problems"][0]

    def test_one_store_that_is_away_is_an_alarm_and_no_reason_to_take_hosts_from_the_others(self, at_work, client):
        """Case 80: its messages are put off for a day, its shelf is not shown; everybody else is served meanwhile."""
        now = timezone.now()
        bruno = make_shop(make_merchant("Bruno"))
        Shop.everyone.filter(pk=bruno.pk).update(status="live")
        message = InboundEvent.everyone.create(
            shop=bruno, topic="order.changed", webhook_id="w-1", body="{}", body_sha256="0" * 64, status="failed",
            tries=4, next_attempt_at=now + HOUR / 4,
        )  # fmt: skip
        InboundEvent.everyone.filter(pk=message.pk).update(received_at=now - 2 * HOUR)
        assert (client.get("/readyz").status_code, keys()) == (200, [f"store {bruno.pk}"])
        [alarm] = alarms()
        assert alarm.text == f"{bruno} keeps work waiting since {now - 2 * HOUR:%Y-%m-%d %H:%M} UTC (messages: 1)."
        InboundEvent.everyone.filter(pk=message.pk).update(next_attempt_at=now - HOUR / 6)
        red = client.get("/readyz")
        [problem] = red.json()["problems"]
        assert (red.status_code, problem.partition(".")[0]) == (503, "webhooks to handle: due for 0:10:00")

    def test_an_order_that_is_held_waits_without_being_late_and_is_late_once_nobody_places_it(self, at_work, client):
        order = make_internal_order(make_shop(make_merchant("Bruno")), make_shop(make_merchant("Alma")))
        now = timezone.now()
        row = InternalOrder.everyone.filter(pk=order.pk)
        row.update(status="planned", shipped_at=None, next_attempt_at=now - 50 * HOUR, created_at=now - 50 * HOUR)
        whole = Order.everyone.filter(pk=order.order_id)
        whole.update(is_held=True, paid_at=now - 50 * HOUR, read_at=now - 50 * HOUR)
        assert (client.get("/readyz").status_code, keys()) == (200, [])
        whole.update(is_held=False, read_at=now)  # the read that saw the hold end
        assert (client.get("/readyz").status_code, keys()) == (200, [])
        whole.update(read_at=now - HOUR)
        assert (client.get("/readyz").status_code, keys()) == (503, ["late internal orders to place"])
        row.update(next_attempt_at=now + HOUR, tries=3)
        assert (client.get("/readyz").status_code, keys()) == (200, [f"store {order.shipper_id}"])

    def test_live_touches_no_database(self, client):
        assert client.get("/livez").content == b"ok\n"  # without the mark, any query would fail this test


@pytest.fixture
def own_clock(django_db_setup, django_db_blocker):
    """A database whose commits are real: the queue's scheduler opens and closes connections as it likes."""
    with django_db_blocker.unblock(), cloned_database():
        write_timetable()
        yield


class TestTimetable:
    def test_a_row_the_queue_cannot_read_is_mended_and_stops_no_other(self, own_clock):
        """Case 25: whatever somebody wrote into a row, the next look puts it right."""
        first, second = TIMETABLE[0], TIMETABLE[1]
        Schedule.objects.filter(name=name_of(first)).update(args="foo(", next_run=timezone.now() - HOUR)
        Schedule.objects.filter(name=name_of(second)).update(next_run=timezone.now() - HOUR, func="os.system")
        Schedule.objects.create(name="stray", func="os.system", args="'true'", next_run=timezone.now() - HOUR)
        assert write_timetable() == (2, 1)
        assert write_timetable() == (0, 0)
        scheduler()
        assert sorted(_queued()) == sorted([name_of(first), name_of(second)])

    def test_three_hours_away_are_made_up_by_one_run(self, own_clock):
        """Case 26: what was due a hundred times is begun once."""
        row = next(row for row in TIMETABLE if row.minutes == 1)
        Schedule.objects.filter(name=name_of(row)).update(next_run=timezone.now() - 3 * HOUR)
        scheduler()
        scheduler()
        assert _queued() == [name_of(row)]
        assert Schedule.objects.get(name=name_of(row)).next_run > timezone.now()

    def test_three_clusters_begin_each_due_job_once(self, own_clock):
        """Case 24: however many clusters look at once."""
        Schedule.objects.update(next_run=timezone.now() - dt.timedelta(minutes=1))
        gate = threading.Barrier(3)

        def look():
            gate.wait()
            scheduler()
            connections.close_all()

        threads = [threading.Thread(target=look) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(_queued()) == sorted(name_of(row) for row in TIMETABLE)


def _queued() -> list[str]:
    return [str(task.func()) for task in OrmQ.objects.all()]
