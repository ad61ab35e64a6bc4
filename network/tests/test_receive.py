"""The door stores what is signed, once, and nothing else; the sweep hands it on, and what fails stays visible."""

import base64
import datetime as dt
import gzip
import hashlib
import hmac
import json
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from network import inbox, receive, topics
from network.connectors.base import ConnectorError
from network.models import InboundEvent, Merchant, Shop
from skuu.kit.errors import NotPossible

DOMAIN = "bruno-schoenen.myshopify.com"
DOOR = "/webhooks/shopify/"
pytestmark = [pytest.mark.django_db, pytest.mark.urls("network.urls")]


@pytest.fixture
def bruno() -> Shop:
    merchant = Merchant.everyone.create(name="Bruno", legal_name="Bruno BV", country="NL")
    return Shop.everyone.create(
        merchant=merchant, domain=DOMAIN, name="Bruno", country="NL", currency="EUR", status="live"
    )


@pytest.fixture
def handled(monkeypatch: Any) -> list[list[str]]:
    """Handlers for two topics that note what they got; a payload can ask to fail."""
    batches: list[list[str]] = []

    def note(shop: Shop, events: list[topics.Received]) -> None:
        batches.append([str(event.payload.get("n")) for event in events])
        for event in events:
            if event.payload.get("poison"):
                raise ValueError(event.payload["poison"])
            if event.payload.get("down"):
                raise ConnectorError("The store does not answer.", retryable=True)

    monkeypatch.setattr(topics, "_handlers", {"stock.changed": note, "order.changed": note})
    monkeypatch.setattr(topics, "_together", {})
    return batches


def signature(body: bytes, secret: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def head(
    settings: Any, body: bytes, webhook_id: str = "w1", topic: str = "orders/updated", **more: str
) -> dict[str, str]:
    return {
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": DOMAIN,
        "X-Shopify-Hmac-Sha256": signature(body, settings.SHOPIFY_CLIENT_SECRET),
        "X-Shopify-Webhook-Id": webhook_id,
        "X-Shopify-Event-Id": f"e-{webhook_id}",
        "X-Shopify-Triggered-At": timezone.now().isoformat(),
        **more,
    }


def post(client: Any, body: bytes, headers: dict[str, str]) -> int:
    answer = client.post(DOOR, data=body, content_type="application/json", headers=headers)
    return int(answer.status_code)


def send(client: Any, settings: Any, payload: Any, webhook_id: str = "w1", **more: str) -> int:
    body = json.dumps(payload).encode()
    return post(client, body, head(settings, body, webhook_id, **more))


class TestTheDoor:
    def test_a_signed_message_is_stored_with_all_it_says_and_unreadable_in_the_database(self, bruno, client, settings):
        assert send(client, settings, {"id": 7, "email": "marie@example.com"}) == 200
        event = InboundEvent.everyone.get()
        assert (event.shop, event.topic, event.webhook_id, event.event_id) == (bruno, "orders/updated", "w1", "e-w1")
        assert (event.status, event.repeats, event.seen_before) == ("waiting", 0, False)
        assert json.loads(event.body)["email"] == "marie@example.com"
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("select body from network_inboundevent")
            assert "marie" not in cursor.fetchone()[0]

    @pytest.mark.parametrize(
        "forged",
        ["", "x", "aGVsbG8=", "ÄÖÜ", "=" * 44, "0" * 64, signature(b"{}", "another secret"), "a" * 5000],
    )
    def test_a_bad_signature_is_refused_and_leaves_no_row(self, bruno, client, settings, forged):
        """Case 1: empty, short, non-ASCII, hexadecimal, or another secret's: 401, no row, no 500."""
        headers = head(settings, b'{"id": 7}') | {"X-Shopify-Hmac-Sha256": forged}
        assert post(client, b'{"id": 7}', headers) == 401
        assert InboundEvent.everyone.count() == 0

    def test_a_missing_signature_is_refused(self, bruno, client, settings):
        """Case 1: no signature at all."""
        headers = head(settings, b"{}")
        del headers["X-Shopify-Hmac-Sha256"]
        assert post(client, b"{}", headers) == 401
        assert InboundEvent.everyone.count() == 0

    @pytest.mark.parametrize("altered", [b'{"id": 8}', b'{"id":7}', b' {"id": 7}', b'\xef\xbb\xbf{"id": 7}', b""])
    def test_a_body_altered_by_a_byte_is_refused(self, bruno, client, settings, altered):
        """Case 2: also re-serialised, with a byte order mark, or empty."""
        assert post(client, altered, head(settings, b'{"id": 7}')) == 401
        assert InboundEvent.everyone.count() == 0

    def test_a_store_nobody_knows_is_not_found_and_leaves_no_row(self, bruno, client, settings):
        """Case 17: nothing is created for a store we do not know."""
        headers = head(settings, b"{}") | {"X-Shopify-Shop-Domain": "evil.myshopify.com"}
        assert post(client, b"{}", headers) == 404
        assert InboundEvent.everyone.count() == 0

    @pytest.mark.parametrize(
        ("garbage", "said"),
        [
            (b"not json", "JSON"),
            (b"\xff\xfe\x00", "UTF-8"),
            (b"[1, 2]", "object"),
            (b"{" + b'"a":{' * 5000, "JSON"),
            (b"[" * 100_000, "JSON"),
            (b'{"n": ' + b"9" * 5000 + b"}", "JSON"),
        ],
    )
    def test_signed_garbage_is_answered_and_kept_as_a_dead_event_that_staff_see(
        self, bruno, client, settings, garbage, said
    ):
        """Case 18: what cannot be read is answered, so that its store does not give up, and kept for people."""
        assert post(client, garbage, head(settings, garbage)) == 200
        event = InboundEvent.everyone.get()
        assert event.status == "dead"
        assert said in event.error

    def test_a_nul_in_a_text_is_stored_like_any_other(self, bruno, client, settings, handled):
        """Case 18: the NUL is the sender's business, and stops nobody."""
        assert send(client, settings, {"n": 1, "note": "a\x00b"}) == 200
        receive.handle_due()
        assert handled == [["1"]]

    @pytest.mark.parametrize(("megabytes", "status"), [(3, 200), (9.99, 200), (10.5, 413), (11, 413)])
    def test_a_body_above_ten_megabytes_is_refused_and_one_below_is_not(
        self, bruno, client, settings, megabytes, status
    ):
        """Case 10: 3 MB and all but ten are stored, more is refused."""
        body = json.dumps({"n": "x" * int(megabytes * 1024 * 1024)}).encode()
        assert post(client, body, head(settings, body)) == status
        assert InboundEvent.everyone.count() == (status == 200)

    def test_an_order_with_two_thousand_lines_is_stored_whole(self, bruno, client, settings):
        """Case 10: long orders are messages like others."""
        lines = [{"id": n, "title": "Boot – größe 42", "quantity": 1} for n in range(2000)]
        assert send(client, settings, {"id": 1, "line_items": lines}) == 200
        assert len(json.loads(InboundEvent.everyone.get().body)["line_items"]) == 2000

    def test_a_compressed_body_is_signed_as_it_travels(self, bruno, client, settings):
        """Case 2: the bytes are what is signed; packed ones match their own signature, or are refused."""
        plain = b'{"n": 1}'
        packed = gzip.compress(plain)
        assert post(client, packed, head(settings, plain) | {"Content-Encoding": "gzip"}) == 401
        assert InboundEvent.everyone.count() == 0

    def test_what_another_app_signed_is_refused_whatever_shop_it_names(self, bruno, client, settings):
        """Case 3: one app has one secret for all its shops, so no other secret opens any shop's door."""
        other = {"X-Shopify-Hmac-Sha256": signature(b"{}", "the secret of another app")}
        assert post(client, b"{}", head(settings, b"{}") | other) == 401
        assert InboundEvent.everyone.count() == 0

    def test_the_door_is_passed_by_no_session_and_carries_headers_of_its_own(self, bruno, client, settings):
        client.cookies["sessionid"] = "made-up"
        body = b"{}"
        answer = client.post(DOOR, data=body, content_type="application/json", headers=head(settings, body))
        assert (answer.status_code, answer.content, answer.cookies) == (200, b"stored", {})
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"].startswith("default-src 'none'")
        assert "Vary" not in answer.headers

    def test_where_https_is_demanded_an_open_message_is_refused_and_not_sent_elsewhere(self, bruno, client, settings):
        settings.SECURE_SSL_REDIRECT = True
        assert send(client, settings, {"n": 1}) == 403
        assert InboundEvent.everyone.count() == 0
        body = b"{}"
        answer = client.post(
            DOOR, data=body, content_type="application/json", headers=head(settings, body), secure=True
        )
        assert answer.status_code == 200

    def test_due_times_are_the_databases_whatever_this_machines_clock_says(
        self, bruno, client, settings, handled, monkeypatch
    ):
        """Case 28: a web host and a worker ninety seconds off neither hide a message nor take another's lease."""
        real = timezone.now
        for ahead in (90, -90):
            monkeypatch.setattr(timezone, "now", lambda ahead=ahead: real() + dt.timedelta(seconds=ahead))
            send(client, settings, {"n": ahead}, f"w{ahead}")
            assert receive.handle_due() == 1
            assert receive.handle_due() == 0
        assert handled == [["90"], ["-90"]]

    def test_only_a_post_is_answered(self, client):
        assert client.get(DOOR).status_code == 405

    def test_headers_without_the_x_are_read_too(self, bruno, client, settings):
        headers = {name.removeprefix("X-"): value for name, value in head(settings, b"{}").items()}
        assert post(client, b"{}", headers) == 200
        assert InboundEvent.everyone.get().webhook_id == "w1"

    def test_the_old_secret_is_good_while_it_is_being_replaced_and_refused_after(self, bruno, client, settings):
        """Case 16: both secrets for as long as the old one is configured, none after."""
        body = b"{}"
        headers = head(settings, body) | {"X-Shopify-Hmac-Sha256": signature(body, "the old secret")}
        assert post(client, body, headers) == 401
        settings.SHOPIFY_OLD_CLIENT_SECRET = "the old secret"
        assert post(client, body, headers) == 200

    def test_a_repeat_is_counted_and_never_a_second_row(self, bruno, client, settings):
        assert [send(client, settings, {"n": 1}) for _ in range(3)] == [200, 200, 200]
        assert InboundEvent.everyone.get().repeats == 2

    def test_the_same_words_under_another_id_are_kept_and_flagged(self, bruno, client, settings):
        """Case 4: the second is seen to be the first again; what it leads to is the same read."""
        send(client, settings, {"n": 1}, "w1")
        send(client, settings, {"n": 1}, "w2")
        rows = InboundEvent.everyone.order_by("pk").values_list("webhook_id", "seen_before")
        assert list(rows) == [("w1", False), ("w2", True)]

    def test_the_same_id_with_other_words_is_kept_beside_the_first(self, bruno, client, settings):
        """Case 5: stored beside it, dropped never."""
        for _ in range(2):
            assert send(client, settings, {"n": 1}, "w1") == 200
            assert send(client, settings, {"n": 2}, "w1") == 200
        rows = list(InboundEvent.everyone.order_by("pk"))
        assert [(row.webhook_id[:2], row.repeats, json.loads(row.body)["n"]) for row in rows] == [
            ("w1", 1, 1),
            ("w1", 1, 2),
        ]

    def test_a_message_without_an_id_is_known_by_its_words(self, bruno, client, settings):
        headers = head(settings, b"{}")
        del headers["X-Shopify-Webhook-Id"]
        assert [post(client, b"{}", headers) for _ in range(2)] == [200, 200]
        assert InboundEvent.everyone.get().repeats == 1

    def test_headers_that_are_nonsense_are_stored_as_far_as_they_go(self, bruno, client, settings):
        strange = {"X-Shopify-Topic": "t" * 500, "X-Shopify-Webhook-Id": "w" * 500, "X-Shopify-Triggered-At": "soon"}
        assert post(client, b"{}", head(settings, b"{}") | strange) == 200
        event = InboundEvent.everyone.get()
        assert (len(event.topic), len(event.webhook_id), event.triggered_at) == (80, 120, None)

    def test_news_of_more_than_a_day_ago_says_so(self, bruno, client, settings, handled):
        late = (timezone.now() - dt.timedelta(hours=30)).isoformat()
        send(client, settings, {"n": 1}, **{"X-Shopify-Triggered-At": late})
        receive.handle_due()
        event = InboundEvent.everyone.get()
        assert (event.status, event.error[:5]) == ("done", "Late:")

    def test_a_database_that_is_down_makes_shopify_send_again(self, client, settings, monkeypatch):
        """Case 12: 503 and when to come back."""

        def down(**_: Any) -> None:
            raise OperationalError("connection refused")

        monkeypatch.setattr("network.webhooks.receive_event", down)
        assert post(client, b"{}", head(settings, b"{}")) == 503


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
        assert (failed.tries, failed.error.split(":")[0]) == (1, "ValueError in network.tests.test_receive")
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
        assert event.error.startswith("ValueError in network.tests.test_receive")
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
