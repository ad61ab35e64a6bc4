"""Stock: compare-and-set, idempotency keys, and what activation does."""

from typing import Any
from uuid import uuid4

from network.connectors.shopify.standin.server import Running
from network.connectors.shopify.standin.tests.clerk import ALMA, Clerk, app, shelve

SET = """mutation($input:InventorySetQuantitiesInput!,$key:String!){inventorySetQuantities(input:$input) @idempotent(key:$key){
inventoryAdjustmentGroup{id changes{delta quantityAfterChange}} userErrors{field message code}}}"""


def put(clerk: Clerk, place: str, sku: str, quantity: int, was: int | None, key: str | None = None) -> dict[str, Any]:
    item = clerk.variant(sku)["inventoryItem"]["id"]
    row = {"inventoryItemId": item, "locationId": place, "quantity": quantity, "changeFromQuantity": was}
    given = {"name": "available", "reason": "correction", "quantities": [row]}
    return clerk(SET, input=given, key=key or str(uuid4()))["inventorySetQuantities"]


def test_a_figure_is_set_only_while_it_is_what_the_caller_says(running: Running) -> None:
    clerk = app(running)
    place = shelve(clerk, "RUN-42", 3)
    done = put(clerk, place, "RUN-42", 5, 3)
    assert done["inventoryAdjustmentGroup"]["changes"] == [{"delta": 2, "quantityAfterChange": 5}]
    stale = put(clerk, place, "RUN-42", 9, 3)
    assert stale["userErrors"][0]["code"] == "CHANGE_FROM_QUANTITY_STALE"
    assert clerk.stock("RUN-42")["Shelf"] == (5, 0, 5)
    assert put(clerk, place, "RUN-42", 1, None)["userErrors"] == []
    assert clerk.stock("RUN-42")["Shelf"] == (1, 0, 1)


def test_the_same_key_replays_the_first_answer_and_refuses_other_arguments(running: Running) -> None:
    clerk = app(running)
    place = shelve(clerk, "RUN-42", 3)
    first = put(clerk, place, "RUN-42", 5, 3, "k1")
    assert put(clerk, place, "RUN-42", 5, 3, "k1") == first
    other = put(clerk, place, "RUN-42", 6, 5, "k1")
    assert other["userErrors"][0]["code"] == "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
    assert clerk.stock("RUN-42")["Shelf"] == (5, 0, 5)


def test_a_write_without_a_key_or_without_comparison_is_refused_and_changes_nothing(running: Running) -> None:
    clerk = app(running)
    place = shelve(clerk, "RUN-42", 3)
    row = {"inventoryItemId": clerk.variant("RUN-42")["inventoryItem"]["id"], "locationId": place, "quantity": 7}
    given = {"name": "available", "reason": "correction", "quantities": [row]}
    keyless = SET.replace(" @idempotent(key:$key)", "").replace(",$key:String!", "")
    assert "@idempotent" in clerk.whole(keyless, input=given)["errors"][0]["message"]
    assert "changeFromQuantity" in clerk.whole(SET, input=given, key="k")["errors"][0]["message"]
    assert clerk.stock("RUN-42")["Shelf"] == (3, 0, 3)


def test_a_batch_is_written_whole_or_not_at_all(running: Running) -> None:
    clerk = app(running)
    place = shelve(clerk, "RUN-42", 3)
    shelve(clerk, "RUN-43", 4)
    rows = [
        {
            "inventoryItemId": clerk.variant(sku)["inventoryItem"]["id"],
            "locationId": place,
            "quantity": 9,
            "changeFromQuantity": was,
        }
        for sku, was in (("RUN-42", 3), ("RUN-43", 99))
    ]
    done = clerk(SET, input={"name": "available", "reason": "correction", "quantities": rows}, key="k")[
        "inventorySetQuantities"
    ]
    assert [(one["code"], one["field"][2]) for one in done["userErrors"]] == [("CHANGE_FROM_QUANTITY_STALE", "1")]
    assert (clerk.stock("RUN-42")["Shelf"], clerk.stock("RUN-43")["Shelf"]) == ((3, 0, 3), (4, 0, 4))


def test_a_figure_at_a_place_that_was_never_activated_sells_nothing(running: Running) -> None:
    clerk = app(running)
    place = shelve(clerk, "RUN-41", 1)
    put(clerk, place, "RUN-42", 5, None)
    assert clerk.variant("RUN-42")["sellableOnlineQuantity"] == 0
    shelve(clerk, "RUN-42", 5)
    assert clerk.variant("RUN-42")["sellableOnlineQuantity"] == 5


def test_the_till_takes_stock_without_any_app(running: Running) -> None:
    assert running.standin.till_sale(ALMA, "RUN-41", location="Shop", delta=-1) == 0
    assert app(running).stock("RUN-41") == {"Depot": (2, 0, 2), "Shop": (0, 0, 0)}
