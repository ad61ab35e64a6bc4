"""The stores that the bench of the whole chain pushes to: real HTTP, true costs, a bucket of points each."""

import contextlib
import time

import pytest
import requests

from benches import _sink
from benches._sink import Sink, Stores

STORE, ITEM = "live-1.myshopify.com", "gid://shopify/InventoryItem/1"


def written(units):
    quantities = [{"inventoryItemId": ITEM, "quantity": units, "changeFromQuantity": None, "locationId": "shelf"}]
    return {"operationName": "WriteShelf", "variables": {"input": {"quantities": quantities}, "key": "k"}}


@pytest.fixture
def sink():
    with contextlib.closing(Sink(version="2026-10")) as sink:
        yield sink


def ask(sink, body):
    answer = requests.post(f"{sink.url}/graphql.json", json=body, headers={"Host": STORE}, timeout=10)
    assert answer.headers["X-Shopify-API-Version"] == "2026-10"
    return answer.json()


def test_a_figure_that_is_written_is_seen_with_the_moment_it_came(sink):
    before = time.monotonic()
    assert ask(sink, written(7))["data"]["inventorySetQuantities"]["userErrors"] == []
    [(when, units)] = sink.look().shelf[ITEM]
    assert (units, before < when < time.monotonic()) == (7, True)


def test_a_read_answers_with_the_figure_told_last(sink):
    sink.tell([(ITEM, "place", 5, "2026-11-22T10:00:00+00:00")])
    sink.tell([(ITEM, "place", 4, "2026-11-22T10:00:01+00:00")])
    [item] = ask(sink, {"operationName": "LevelsOfItems", "variables": {"ids": [ITEM, "unknown"]}})["data"]["nodes"]
    [level] = item["inventoryLevels"]["nodes"]
    assert (level["location"]["id"], level["quantities"][0]["quantity"]) == ("place", 4)


def test_a_store_without_points_refuses_and_the_refusal_is_counted(monkeypatch):
    monkeypatch.setattr(_sink, "RATE", 0.0)
    stores = Stores()
    answers = [stores.answer(STORE, written(1)) for _ in range(201)]
    assert [one["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] for one in answers[:2]] == [1990, 1980]
    assert answers[-1]["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert (stores.seen.throttled, stores.seen.calls["WriteShelf"], len(stores.seen.shelf[ITEM])) == (1, 201, 200)
    assert "data" in stores.answer("another.myshopify.com", written(1))


def test_what_these_stores_do_not_know_is_refused_loudly():
    assert (
        "ActivateOnShelf"
        in Stores().answer(STORE, {"operationName": "ActivateOnShelf", "variables": {}})["errors"][0]["message"]
    )
