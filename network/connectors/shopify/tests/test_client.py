"""Whatever a store answers becomes one kind of error that says whether to try again and whether something happened."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from network.connectors.base import AccessLost, ConnectorError
from network.connectors.shopify import client as module
from network.connectors.shopify.auth import exchange_id_token
from network.connectors.shopify.bulk import families, lines
from network.connectors.shopify.client import Client, UserErrors
from network.connectors.shopify.connector import ShopifyConnector
from network.connectors.shopify.standin.world.tiny import BRUNO

STORE = "a-store.myshopify.com"
ORDER = {"order": {}, "options": {}}


@dataclass
class Script:
    """A store that answers what it is told to, one answer after the other, the last one for ever."""

    answers: list[tuple[int, dict[str, str], Any]] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def say(self, body: Any, status: int = 200, **head: str) -> None:
        self.answers.append((status, {name.replace("_", "-"): text for name, text in head.items()}, body))


@pytest.fixture
def script(settings: Any, monkeypatch: Any) -> Iterator[Script]:
    told = Script()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            told.asked.append((body.decode(), dict(self.headers)))
            status, head, answer = told.answers.pop(0) if len(told.answers) > 1 else told.answers[0]
            text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {"content-length": str(len(text))}.items() | head.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(told.answers[0][2])

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    settings.SHOPIFY_STANDIN_URL = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setattr(module, "PATIENCE", 1.0)
    yield told
    server.shutdown()
    server.server_close()


@pytest.fixture
def client(script: Script) -> Client:
    return Client(STORE, "shpat_secret")


def error(message: str, code: str | None = None) -> dict[str, Any]:
    return {"message": message, "extensions": {"code": code} if code else {}}


def write(client: Client) -> ConnectorError:
    with pytest.raises(ConnectorError) as raised:
        client.write("PlaceInternalOrder", "orderCreate", **ORDER)
    return raised.value


@pytest.mark.parametrize(
    ("status", "body", "kind", "retryable", "unknown"),
    [
        (401, {"errors": "[API] Invalid API key"}, "access_lost", False, False),
        (403, {"errors": "Non-expiring access tokens are no longer accepted"}, "access_lost", False, False),
        (402, {"errors": "Payment required"}, "store_closed", False, False),
        (404, {"errors": "Not Found"}, "store_closed", False, False),
        (423, {"errors": "Locked"}, "store_closed", False, False),
        (400, {"errors": "Bad"}, "bad_request", False, False),
        (302, "", "bad_request", False, False),
        (500, {"errors": "x"}, "store_error", True, True),
        (503, b"<html>", "store_error", True, True),
        (200, b"<html>", "unreadable", True, True),
        (200, b"[]", "unreadable", True, True),
        (200, {"errors": "[API] Invalid token"}, "access_lost", False, False),
        (200, {"errors": [error("no", "ACCESS_DENIED")]}, "access_lost", False, False),
        (200, {"errors": [error("no", "ACCESS_DENIED")], "data": {"orderCreate": {"order": None}}}, "access_lost", False, True),
        (200, {"errors": [error("too dear", "MAX_COST_EXCEEDED")]}, "too_dear", False, False),
        (200, {"errors": [error("oops", "INTERNAL_SERVER_ERROR")]}, "store_error", True, True),
        (200, {"errors": [error("Field x doesn't exist")]}, "bad_request", False, False),
        (200, {"errors": [error("x")], "data": {"orderCreate": {"order": {"id": "1"}}}}, "partial_answer", False, True),
        (200, {"data": {"orderCreate": None}}, "empty_answer", False, True),
        (200, {"data": {}}, "empty_answer", False, True),
    ],
)  # fmt: skip
def test_an_answer_to_a_write_becomes_one_kind_of_error(client, script, status, body, kind, retryable, unknown):
    script.say(body, status, Location="http://evil.example/") if status == 302 else script.say(body, status)
    raised = write(client)
    assert (raised.code, raised.retryable, raised.unknown_outcome) == (kind, retryable, unknown)
    assert len(script.asked) == 1
    assert "shpat_secret" not in str(raised)


def test_a_throttled_call_waits_for_its_points_and_then_goes_through(client, script):
    cost = {
        "requestedQueryCost": 60,
        "actualQueryCost": None,
        "throttleStatus": {"currentlyAvailable": 50, "restoreRate": 100},
    }
    script.say({"errors": [error("Throttled", "THROTTLED")], "extensions": {"cost": cost}})
    script.say({"data": {"shop": {"name": "A"}}})
    assert client.ask("StoreFacts")["shop"]["name"] == "A"
    assert len(script.asked) == 2


def test_a_store_that_stays_busy_is_an_error_to_try_later(client, script):
    script.say({}, 429, Retry_After="30")
    with pytest.raises(ConnectorError) as raised:
        client.ask("StoreFacts")
    assert (raised.value.code, raised.value.retryable, raised.value.retry_after) == ("throttled", True, 30.0)


def test_a_read_is_repeated_and_a_write_without_key_is_not(client, script):
    script.say({}, 502)
    with pytest.raises(ConnectorError):
        client.ask("StoreFacts")
    assert len(script.asked) > 1
    script.asked.clear()
    write(client)
    assert len(script.asked) == 1


def test_what_is_too_dear_at_once_is_asked_in_halves(client, script):
    script.say({"errors": [error("too dear", "MAX_COST_EXCEEDED")]})
    script.say({"data": {"nodes": [{"id": "1"}, None]}})
    script.say({"data": {"nodes": [{"id": "3"}]}})
    assert [one["id"] for one in client.by_id("LevelsOfItems", ["1", "2", "3"], 50)] == ["1", "3"]
    assert [json.loads(body)["variables"]["ids"] for body, _ in script.asked] == [["1", "2", "3"], ["1"], ["2", "3"]]


def test_another_version_than_the_pinned_one_is_an_error(client, script):
    script.say({"data": {"shop": {}}}, X_Shopify_API_Version="2026-07")
    with pytest.raises(ConnectorError, match="2026-07"):
        client.ask("StoreFacts")


def test_refusals_are_found_in_every_list_shopify_has_for_them(client, script):
    script.say(
        {"data": {"orderCancel": {"job": None, "orderCancelUserErrors": [{"message": "too late", "code": "INVALID"}]}}}
    )
    with pytest.raises(UserErrors) as raised:
        client.write("CancelInternalOrder", "orderCancel", id="1", note="")
    assert raised.value.codes == {"INVALID"}


def test_a_store_that_cannot_be_reached_got_nothing(client, settings):
    settings.SHOPIFY_STANDIN_URL = "http://127.0.0.1:9"
    raised = write(Client(STORE, "t"))
    assert (raised.code, raised.retryable, raised.unknown_outcome) == ("unreachable", True, False)


def test_nulls_are_sent_because_they_mean_something(client, script):
    script.say({"data": {"inventorySetQuantities": {"userErrors": []}}})
    client.write("WriteShelf", "inventorySetQuantities", input={"quantities": [{"changeFromQuantity": None}]}, key="k")
    assert '"changeFromQuantity": null' in script.asked[0][0]
    assert script.asked[0][1]["Host"] == STORE


def test_a_token_is_never_sent_to_another_host(settings):
    settings.SHOPIFY_STANDIN_URL = ""
    assert Client(STORE, "t").url == f"https://{STORE}/admin/api/2026-10/graphql.json"
    for domain in ("evil.com", "a.myshopify.com.evil.com", "a.myshopify.com\n", "A.myshopify.com", ""):
        with pytest.raises(Exception, match="is not a Shopify store"):
            Client(domain, "t")


def test_an_idempotent_write_whose_first_attempt_failed_at_shopify_gets_a_new_key(client, script):
    failed = [{"field": None, "message": "x", "code": "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"}]
    script.say({"data": {"inventorySetQuantities": {"userErrors": failed}}})
    script.say({"data": {"inventorySetQuantities": {"userErrors": []}}})
    from network.connectors.base import RemoteShelf, ShelfWrite

    shop = SimpleNamespace(domain=STORE, currency="EUR")
    ShopifyConnector(shop, client).write_shelf(RemoteShelf("s", "l"), [ShelfWrite("i", 1, 0)], key="k")
    assert [json.loads(body)["variables"]["key"] for body, _ in script.asked] == ["k", "k-anew"]


class TestLargeReads:
    def test_children_find_their_parents_in_any_order(self):
        rows = [{"id": f"v{n}", "__parentId": f"p{n % 3}"} for n in range(9)] + [{"id": f"p{n}"} for n in range(4)]
        found = {parent["id"]: sorted(one["id"] for one in children) for parent, children in families(iter(rows))}
        assert found == {"p0": ["v0", "v3", "v6"], "p1": ["v1", "v4", "v7"], "p2": ["v2", "v5", "v8"], "p3": []}

    def test_an_empty_result_has_no_file(self):
        assert list(lines("")) == []

    def test_a_line_that_is_no_object_is_an_error_and_not_a_product(self, script, settings):
        script.say(b'{"id": 1}\n<html>\n')
        with pytest.raises(ConnectorError, match="no JSON object"):
            list(lines(f"{settings.SHOPIFY_STANDIN_URL}/file"))

    def test_a_result_is_fetched_over_https_only(self, settings):
        settings.SHOPIFY_STANDIN_URL = ""
        with pytest.raises(ConnectorError, match="not safe"):
            list(lines("http://169.254.169.254/"))


class TestTheEmbeddedApp:
    def test_an_id_token_is_exchanged_for_expiring_tokens(self, standin, install, db):
        install(BRUNO)
        grant = exchange_id_token(BRUNO, standin.standin.id_token(BRUNO))
        assert (grant.expires_in, bool(grant.refresh_token)) == (3600, True)

    def test_a_forged_id_token_is_refused(self, standin, install, db):
        install(BRUNO)
        with pytest.raises(AccessLost):
            exchange_id_token(BRUNO, standin.standin.id_token(BRUNO)[:-4] + "AAAA")
