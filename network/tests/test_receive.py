"""The door stores what is signed, once, and nothing else."""

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

from network import receive
from network.models import InboundEvent, Shop
from network.tests.knocking import DOMAIN, DOOR, note_handled, open_bruno

pytestmark = [pytest.mark.django_db, pytest.mark.urls("network.urls")]


@pytest.fixture
def bruno() -> Shop:
    return open_bruno()


@pytest.fixture
def handled(monkeypatch: Any) -> list[list[str]]:
    return note_handled(monkeypatch)


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
        assert post(client, packed, head(settings, packed) | {"Content-Encoding": "gzip"}) == 200
        kept = InboundEvent.everyone.get()
        assert (kept.status, kept.error) == ("dead", "The message is not text in UTF-8.")

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
