"""Faults on demand, the control door, and state that outlives the process."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from network.connectors.shopify.standin.server import Running, running_standin
from network.connectors.shopify.standin.tests.clerk import (
    ALMA,
    STORES,
    Clerk,
    app,
    receiving,
    shopper,
    staff,
    subscribe,
    until,
)

ROOT = Path(__file__).resolve().parents[5]


def test_a_lost_answer_leaves_the_order_made(running: Running) -> None:
    clerk = app(running)
    running.spoil("drop_after", "orderCreate")
    with pytest.raises(requests.ConnectionError):
        clerk.buy("RUN-41", sourceIdentifier="net-7")
    assert len(clerk('{orders(first:5,query:"source_identifier:net-7"){nodes{id}}}')["orders"]["nodes"]) == 1


def test_a_call_that_never_arrived_leaves_nothing(running: Running) -> None:
    clerk = app(running)
    running.spoil("drop_before", "orderCreate")
    with pytest.raises(requests.ConnectionError):
        clerk.buy("RUN-41", sourceIdentifier="net-7")
    assert clerk('{orders(first:5,query:"source_identifier:net-7"){nodes{id}}}')["orders"]["nodes"] == []


@pytest.mark.parametrize(("mode", "status"), [("http_429", 429), ("http_500", 500), ("http_502_after", 502)])
def test_http_fails_as_often_as_asked_and_then_works(running: Running, mode: str, status: int) -> None:
    clerk = app(running)
    running.spoil(mode, "shop", times=2)
    answers = [clerk.post("{shop{name}}") for _ in range(3)]
    assert [one.status_code for one in answers] == [status, status, 200]
    assert ("retry-after" in answers[0].headers) == (mode == "http_429")


def test_the_control_door_needs_its_token(running: Running) -> None:
    url = f"{running.base_url}/__standin/faults"
    assert requests.post(url, json={"mode": "http_500"}, timeout=5).status_code == 404
    head = {"X-Standin-Control": running.standin.control_token}
    assert requests.post(url, json={"mode": "nonsense"}, headers=head, timeout=5).status_code == 400
    assert (
        requests.post(url, json={"mode": "http_500", "match": "shop"}, headers=head, timeout=5).json()["waiting"][0][
            "mode"
        ]
        == "http_500"
    )
    assert app(running).post("{shop{name}}").status_code == 500
    sold = requests.post(
        f"{running.base_url}/__standin/stock",
        json={"store": ALMA, "sku": "RUN-41", "delta": -1},
        headers=head,
        timeout=5,
    )
    assert sold.json() == {"available": 1}
    calls = requests.get(f"{running.base_url}/__standin/log", headers=head, timeout=5).json()["calls"]
    assert (calls[-1]["fault"], calls[-1]["status"]) == ("http_500", 500)


def test_a_mutation_that_breaks_is_taken_back_whole(running: Running) -> None:
    clerk = app(running)
    before = clerk.stock("RUN-41")
    variant = clerk.variant("RUN-41")["id"]
    order = {
        "lineItems": [{"variantId": variant, "quantity": 1}],
        "shippingLines": [{"title": "X", "priceSet": {"shopMoney": {"amount": "x", "currencyCode": "EUR"}}}],
    }
    answer = clerk.whole(
        """mutation($o:OrderCreateOrderInput!){orderCreate(order:$o,options:{inventoryBehaviour:DECREMENT_OBEYING_POLICY}){order{id}}}""",
        o=order,
    )
    assert answer["errors"]
    assert clerk.stock("RUN-41") == before
    assert clerk("{ordersCount{count}}") == {"ordersCount": {"count": 0}}


def test_state_outlives_the_process_with_the_same_ids_and_tokens(tmp_path: Path) -> None:
    file = tmp_path / "state.sqlite3"
    with receiving() as receiver:
        receiver.status = 500
        with running_standin(STORES, state=file, retry_seconds=60) as running:
            clerk = app(running)
            subscribe(clerk, receiver.url, "ORDERS_CREATE")
            order = shopper(running).buy("RUN-43")["order"]["id"]
            tokens = running.shopper_token(ALMA), running.merchant_token(ALMA), clerk.token
            until(lambda: receiver.got)
        receiver.status = 200
        with running_standin(STORES, state=file) as running:
            assert (running.shopper_token(ALMA), running.merchant_token(ALMA)) == tokens[:2]
            running.standin.clock.ahead += 61
            running.standin.deliveries.resume(running.standin.stores[ALMA])
            assert staff(running)("{orders(first:5){nodes{id}}}")["orders"]["nodes"] == [{"id": order}]
            again = Clerk(running.base_url, ALMA, tokens[2])
            assert again.stock("RUN-43")["Depot"] == (0, 1, 1)
            assert shopper(running).buy("RUN-43")["userErrors"][0]["code"] == "INVENTORY_CLAIM_FAILED"
            until(lambda: running.standin.deliveries.pending() == 0)
            assert {one["payload"]["admin_graphql_api_id"] for one in receiver.got} == {order}


def test_the_stores_clocks_are_not_set_back_when_the_process_dies(tmp_path: Path) -> None:
    with running_standin(STORES, state=tmp_path / "state.sqlite3") as running:
        running.standin.shift_clock(60)
        running.standin.shift_clock(30)
    with running_standin(STORES, state=tmp_path / "state.sqlite3") as running:
        assert running.standin.clock.ahead == 90


def start(tmp_path: Path, *more: str) -> tuple[subprocess.Popen[str], dict]:
    command = [
        sys.executable,
        "manage.py",
        "shopify_standin",
        "--port",
        "0",
        "--json",
        "--state",
        str(tmp_path / "s.sqlite3"),
        *more,
    ]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ.copy()
    )
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())


def test_the_command_survives_kill_and_ends_when_told(tmp_path: Path) -> None:
    export = tmp_path / "export.csv"
    export.write_text("Handle,Title,Vendor,Option1 Name,Option1 Value,Variant SKU,"
                      "Variant Inventory Tracker,Variant Inventory Qty,Variant Price\n"
                      "boot,Boot,Oever,Size,41,B-41,shopify,2,99.00\nboot,,,,42,B-42,shopify,1,abc\n")  # fmt: skip
    process, facts = start(tmp_path, "--world", "tiny", "--import", f"real={export}")
    try:
        assert {row["domain"] for row in facts["stores"]} > {"real.myshopify.com"}
        assert (facts["imports"][0]["products"], len(facts["imports"][0]["problems"])) == (1, 1)
        store = next(row for row in facts["stores"] if row["domain"] == "real.myshopify.com")
        order = Clerk(facts["url"], store["domain"], store["shopper_token"]).buy("B-41")["order"]["id"]
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    process, again = start(tmp_path, "--world", "tiny", "--import", f"real={export}")
    try:
        assert again["stores"] == facts["stores"]
        owner = Clerk(again["url"], store["domain"], store["merchant_token"])
        assert owner("{orders(first:5){nodes{id}}}")["orders"]["nodes"] == [{"id": order}]
        assert owner.stock("B-41") == {"Real 1": (1, 1, 2)}
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert process.returncode == 0


def test_a_taken_port_gives_way_to_the_next(running: Running) -> None:
    from network.connectors.shopify.standin.core import StandIn
    from network.connectors.shopify.standin.server import listen

    server = listen(StandIn(), "127.0.0.1", running.port)
    try:
        assert server.server_address[1] > running.port
    finally:
        server.server_close()
