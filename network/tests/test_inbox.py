"""The sweep hands messages on, a batch a handler; what fails stays visible, and what kills or stalls is put aside."""

import datetime as dt
import json
from typing import Any

import pytest
from django.utils import timezone

from network import inbox, receive, topics
from network.models import InboundEvent, Shop
from network.tests.knocking import note_handled, open_bruno
from skuu.kit.errors import NotPossible

pytestmark = pytest.mark.django_db


@pytest.fixture
def bruno() -> Shop:
    return open_bruno()


@pytest.fixture
def handled(monkeypatch: Any) -> list[list[str]]:
    return note_handled(monkeypatch)


class TestTheSweep:
    def give(self, shop: Shop, *payloads: dict[str, Any], topic: str = "orders/updated") -> list[InboundEvent]:
        start = InboundEvent.everyone.count()
        rows = [
            InboundEvent(
                shop=shop, topic=topic, webhook_id=f"w{start + place}", body=json.dumps(payload), body_sha256=""
            )
            for place, payload in enumerate(payloads)
        ]
        return list(InboundEvent.everyone.bulk_create(rows))

    def statuses(self) -> list[str]:
        return list(InboundEvent.everyone.order_by("pk").values_list("status", flat=True))

    def test_messages_of_one_kind_come_to_their_handler_as_a_batch(self, bruno, handled):
        self.give(bruno, {"n": 1}, {"n": 2})
        self.give(bruno, {"n": 3}, topic="refunds/create")
        self.give(bruno, {"n": 4}, topic="inventory_levels/update")
        assert receive.handle_due() == 4
        assert sorted(handled) == [["1", "2", "3"], ["4"]]
        assert self.statuses() == ["done"] * 4
        assert receive.handle_due() == 0

    def test_a_topic_nobody_handles_is_ignored_and_kept(self, bruno, handled):
        self.give(bruno, {"n": 1}, topic="customers/redact")
        self.give(bruno, {"n": 2}, topic="themes/publish")
        assert receive.handle_due() == 2
        assert (self.statuses(), handled) == (["ignored", "ignored"], [])

    def test_one_poisonous_message_stops_no_other(self, bruno, handled):
        """Case 18: its neighbours in the same batch are done."""
        self.give(bruno, {"n": 1}, {"n": 2, "poison": "marie@example.com"}, {"n": 3})
        receive.handle_due()
        assert self.statuses() == ["done", "failed", "done"]
        failed = InboundEvent.everyone.get(status="failed")
        assert (failed.tries, failed.error.split(":")[0]) == (1, "ValueError in network.tests.knocking")
        assert "marie" not in failed.error
        assert 10 < (failed.next_attempt_at - timezone.now()).total_seconds() < 20

    def fail(self, event: InboundEvent, times: int) -> list[float]:
        """Take the message up so many times; returns the pauses it was given."""
        pauses = []
        for _ in range(times):
            InboundEvent.everyone.update(next_attempt_at=timezone.now())
            receive.handle_due()
            event.refresh_from_db()
            pauses.append((event.next_attempt_at - timezone.now()).total_seconds())
        return pauses

    def test_what_fails_by_itself_waits_longer_each_time_and_is_dead_after_three_tries(self, bruno, handled):
        """Case 18: quarantined with its reason, and taken up no more."""
        (event,) = self.give(bruno, {"n": 1, "poison": "x"})
        pauses = self.fail(event, 3)
        assert (event.status, event.tries, event.faults) == ("dead", 3, 3)
        assert event.error.startswith("ValueError in network.tests.knocking")
        assert pauses[1] > 1.2 * pauses[0]
        assert (receive.handle_due(), len(handled)) == (0, 3)

    def test_a_message_whose_store_is_away_is_tried_for_a_day_and_never_counts_as_poison(self, bruno, handled):
        (event,) = self.give(bruno, {"n": 1, "down": True})
        pauses = self.fail(event, 23)
        assert (event.status, event.tries, event.faults, max(pauses) <= 3600 * 1.2) == ("failed", 23, 0, True)
        assert 14 * 3600 < sum(pauses) < 30 * 3600
        self.fail(event, 1)
        assert event.status == "dead"

    def test_a_message_that_ends_its_worker_is_buried_after_three_and_its_neighbours_are_handled(
        self, bruno, handled, monkeypatch
    ):
        """Case 22: only the one that kills is counted against; the others are taken up one by one beside it."""
        killed: list[int] = []

        def kill(shop: Shop, events: list[topics.Received]) -> None:
            for event in events:
                if event.payload["n"] == 2:
                    killed.append(len(events))
                    raise KeyboardInterrupt  # as a worker that is gone: nothing is written after it

        monkeypatch.setattr(topics, "_handlers", {"order.changed": kill})
        self.give(bruno, {"n": 1}, {"n": 2}, {"n": 3})
        for _ in range(12):
            InboundEvent.everyone.update(next_attempt_at=timezone.now())
            try:
                receive.handle_due()
            except KeyboardInterrupt:
                continue
        rows = {json.loads(row.body)["n"]: row for row in InboundEvent.everyone.all()}
        assert {n: row.status for n, row in rows.items()} == {1: "done", 2: "dead", 3: "done"}
        assert rows[2].error == "Its handling ended the worker 3 times."
        assert killed == [3, 1, 1]

    def test_a_store_that_is_down_puts_its_batch_off_without_trying_each_alone(self, bruno, handled):
        self.give(bruno, {"n": 1, "down": True}, {"n": 2})
        receive.handle_due()
        assert (handled, self.statuses()) == ([["1", "2"]], ["failed", "failed"])

    def test_an_unreadable_row_is_buried_and_its_neighbour_handled(self, bruno, handled):
        good, bad = self.give(bruno, {"n": 1}, {"n": 2})
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("update network_inboundevent set body = 'not a token' where id = %s", [bad.pk])
        receive.handle_due()
        assert dict(InboundEvent.everyone.defer("body").values_list("pk", "status")) == {
            good.pk: "done",
            bad.pk: "dead",
        }

    def test_a_batch_is_leased_so_that_a_killed_worker_gives_it_back(self, bruno, handled, monkeypatch):
        """Case 23."""
        self.give(bruno, {"n": 1})

        def killed(*_: Any) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(topics, "_handlers", {"order.changed": killed})
            with pytest.raises(KeyboardInterrupt):
                receive.handle_due()
        assert (receive.handle_due(), self.statuses()) == (0, ["waiting"])
        InboundEvent.everyone.update(next_attempt_at=timezone.now())
        assert (receive.handle_due(), handled, self.statuses()) == (1, [["1"]], ["done"])

    def test_a_batch_whose_store_is_slow_gives_back_what_it_has_not_begun(self, bruno, handled, monkeypatch):
        """Others take it up at once; nobody takes it for a message that ended its worker."""
        self.give(bruno, {"n": 1}, {"n": 2})
        self.give(bruno, {"n": 3}, topic="inventory_levels/update")
        with monkeypatch.context() as patch:
            patch.setattr(inbox, "PATIENCE", -1.0)
            assert inbox.take_messages() == 3
        assert handled == [["1", "2"]]
        left = InboundEvent.everyone.get(status="waiting")
        assert left.unanswered == 0
        assert inbox.take_messages() == 1
        assert self.statuses() == ["done"] * 3
        assert len(handled) == 2

    def test_a_flood_of_one_shop_leaves_every_other_shop_its_turn(self, bruno, handled):
        """Case 84: each shop has its share of every batch."""
        merchant = bruno.merchant
        for place in range(4):
            other = Shop.everyone.create(
                merchant=merchant,
                domain=f"s{place}.myshopify.com",
                name="s",
                country="NL",
                currency="EUR",
                status="live",
            )
            self.give(other, {"n": f"s{place}"})
        self.give(bruno, *({"n": place} for place in range(300)))
        receive.handle_due()
        assert {batch[0] for batch in handled if batch[0].startswith("s")} == {"s0", "s1", "s2", "s3"}

    def test_a_dead_message_is_handled_again_when_staff_say_so(self, bruno, handled):
        (event,) = self.give(bruno, {"n": 1})
        InboundEvent.everyone.update(status="dead", tries=8, error="ValueError")
        receive.replay_event(event, by="staff")
        receive.handle_due()
        event.refresh_from_db()
        assert (event.status, event.tries, event.error, handled) == ("done", 0, "", [["1"]])

    def test_texts_are_erased_after_thirty_days_and_cannot_be_replayed(self, bruno):
        old, young, unsettled = self.give(bruno, {"n": 1}, {"n": 2}, {"n": 3})
        long_ago = timezone.now() - dt.timedelta(days=31)
        InboundEvent.everyone.filter(pk=old.pk).update(status="done", received_at=long_ago)
        InboundEvent.everyone.filter(pk=young.pk).update(status="done")
        InboundEvent.everyone.filter(pk=unsettled.pk).update(received_at=long_ago)
        assert (receive.forget_old_bodies(), receive.forget_old_bodies()) == (1, 0)
        assert [bool(row.body) for row in InboundEvent.everyone.order_by("pk")] == [False, True, True]
        old.refresh_from_db()
        with pytest.raises(NotPossible):
            receive.replay_event(old, by="staff")

    def test_settled_messages_are_dropped_figures_soon_and_others_late(self, bruno):
        for days, figures, status in (
            (9, True, "done"), (7, True, "done"), (9, False, "done"), (91, False, "ignored"), (91, False, "dead"),
            (91, False, "waiting"),
        ):  # fmt: skip
            (row,) = self.give(bruno, {"n": days})
            received_at = timezone.now() - dt.timedelta(days=days)
            InboundEvent.everyone.filter(pk=row.pk).update(status=status, figures=figures, received_at=received_at)
        first, *_, fourth = InboundEvent.everyone.order_by("pk").values_list("pk", flat=True)[:4]
        assert (receive.drop_old_messages(), receive.drop_old_messages()) == (2, 0)
        assert not InboundEvent.everyone.filter(pk__in=[first, fourth]).exists()
        assert self.statuses() == ["done", "done", "dead", "waiting"]


class TestTopics:
    def test_a_topic_has_one_handler(self, monkeypatch):
        monkeypatch.setattr(topics, "_handlers", {})

        @topics.handles("stock.changed")
        def first(shop: Shop, events: list[topics.Received]) -> None: ...

        def second(shop: Shop, events: list[topics.Received]) -> None: ...

        with pytest.raises(topics.ClaimedTwice):
            topics.handles("stock.changed")(second)
        assert topics.handler_of("inventory_levels/update") is first

    def test_a_topic_must_be_a_word_of_the_network(self):
        with pytest.raises(ValueError, match="no topic"):
            topics.handles("inventory_levels/update")
