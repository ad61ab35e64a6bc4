"""Returns in a store's admin: opened, asked for, changed, ended, and what subscribers hear of them."""

from typing import Any

import pytest

from network.connectors.shopify.standin.server import Running
from network.connectors.shopify.standin.tests.clerk import Clerk, app, receiving, shopper, staff, subscribe, until

SHIP = """mutation($f:FulfillmentInput!){fulfillmentCreate(fulfillment:$f){fulfillment{id} userErrors{message}}}"""
RETURNABLE = """query($id:ID!){returnableFulfillments(orderId:$id,first:5){nodes{fulfillment{id}
returnableFulfillmentLineItems(first:5){nodes{quantity fulfillmentLineItem{id lineItem{sku}}}}}}}"""
OPEN = """mutation($i:ReturnInput!){returnCreate(returnInput:$i){return{id name status totalQuantity} userErrors{message code}}}"""
ASK = """mutation($i:ReturnRequestInput!){returnRequest(input:$i){return{id status} userErrors{code}}}"""
APPROVE = "mutation($id:ID!){returnApproveRequest(input:{id:$id}){return{status} userErrors{code}}}"
DECLINE = "mutation($id:ID!){returnDeclineRequest(input:{id:$id,declineReason:OTHER}){return{status decline{reason}} userErrors{code}}}"
CANCEL = "mutation($id:ID!){returnCancel(id:$id){return{status} userErrors{code}}}"
CLOSE = "mutation($id:ID!){returnClose(id:$id){return{status} userErrors{code}}}"
REMOVE = """mutation($id:ID!,$r:[ReturnLineItemRemoveFromReturnInput!]){removeFromReturn(returnId:$id,returnLineItems:$r){
return{totalQuantity} userErrors{code}}}"""
PROCESS = "mutation($i:ReturnProcessInput!){returnProcess(input:$i){return{status} userErrors{code}}}"
READ = """query($id:ID!){order(id:$id){returnStatus returns(first:5){nodes{name status order{id} returnLineItems(first:5){nodes{
id quantity processableQuantity ... on ReturnLineItem{returnReasonDefinition{handle name} fulfillmentLineItem{id lineItem{sku}}}}}
reverseFulfillmentOrders(first:2){nodes{id status lineItems(first:5){nodes{id totalQuantity}}}}}}}}"""


@pytest.fixture
def sold(running: Running) -> str:
    """Two pairs that Alma sold and sent."""
    order = str(shopper(running).buy("RUN-41", 2)["order"]["id"])
    clerk = staff(running)
    for one in clerk.fulfillment_orders(order):
        part = {"lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": one["id"]}]}
        assert clerk(SHIP, f=part)["fulfillmentCreate"]["userErrors"] == []
    return order


def back(clerk: Clerk, order: str, units: int, **more: Any) -> dict[str, Any]:
    (parcel,) = clerk(RETURNABLE, id=order)["returnableFulfillments"]["nodes"]
    (row,) = parcel["returnableFulfillmentLineItems"]["nodes"]
    line = {"fulfillmentLineItemId": row["fulfillmentLineItem"]["id"], "quantity": units, **more}
    return {"orderId": order, "returnLineItems": [line]}


def test_staff_opens_a_return_and_its_units_can_come_back_once(running: Running, sold: str) -> None:
    clerk = staff(running)
    asked = back(clerk, sold, 2, returnReason="SIZE_TOO_SMALL")
    made = clerk(OPEN, i=asked)["returnCreate"]
    assert (made["userErrors"], made["return"]["status"], made["return"]["totalQuantity"]) == ([], "OPEN", 2)
    assert clerk(RETURNABLE, id=sold)["returnableFulfillments"]["nodes"] == []
    (refused,) = clerk(OPEN, i=asked)["returnCreate"]["userErrors"]
    assert refused["code"] == "INVALID"
    read = clerk(READ, id=sold)["order"]
    (one,) = read["returns"]["nodes"]
    (line,) = one["returnLineItems"]["nodes"]
    (reverse,) = one["reverseFulfillmentOrders"]["nodes"]
    assert (read["returnStatus"], one["order"]["id"], line["quantity"], line["processableQuantity"]) == (
        "IN_PROGRESS", sold, 2, 2,
    )  # fmt: skip
    assert (line["returnReasonDefinition"]["handle"], reverse["status"]) == ("size-too-small", "OPEN")
    assert [row["totalQuantity"] for row in reverse["lineItems"]["nodes"]] == [2]


def test_a_cancelled_or_declined_return_gives_its_units_free(running: Running, sold: str) -> None:
    clerk = staff(running)
    first = clerk(OPEN, i=back(clerk, sold, 2))["returnCreate"]["return"]["id"]
    assert clerk(CANCEL, id=first)["returnCancel"]["return"] == {"status": "CANCELED"}
    asked = clerk(ASK, i=back(clerk, sold, 1))["returnRequest"]["return"]
    assert asked["status"] == "REQUESTED"
    declined = clerk(DECLINE, id=asked["id"])["returnDeclineRequest"]["return"]
    assert declined == {"status": "DECLINED", "decline": {"reason": "OTHER"}}
    assert clerk(APPROVE, id=asked["id"])["returnApproveRequest"]["userErrors"] == [{"code": "INVALID_STATE"}]
    assert back(clerk, sold, 2)["returnLineItems"][0]["quantity"] == 2


def test_units_are_taken_out_of_a_return_and_what_came_is_put_back(running: Running, sold: str) -> None:
    clerk = staff(running)
    made = clerk(OPEN, i=back(clerk, sold, 2))["returnCreate"]["return"]["id"]
    (one,) = clerk(READ, id=sold)["order"]["returns"]["nodes"]
    (line,) = one["returnLineItems"]["nodes"]
    taken = clerk(REMOVE, id=made, r=[{"returnLineItemId": line["id"], "quantity": 1}])["removeFromReturn"]
    assert (taken["userErrors"], taken["return"]["totalQuantity"]) == ([], 1)
    place = next(one["id"] for one in clerk("{locations(first:5){nodes{id name}}}")["locations"]["nodes"])
    before = sum(available for available, *_ in clerk.stock("RUN-41").values())
    row = one["reverseFulfillmentOrders"]["nodes"][0]["lineItems"]["nodes"][0]["id"]
    came = {
        "reverseFulfillmentOrderLineItemId": row,
        "quantity": 1,
        "dispositionType": "RESTOCKED",
        "locationId": place,
    }
    done = clerk(
        PROCESS, i={"returnId": made, "returnLineItems": [{"id": line["id"], "quantity": 1, "dispositions": [came]}]}
    )
    assert done["returnProcess"] == {"return": {"status": "CLOSED"}, "userErrors": []}
    assert sum(available for available, *_ in clerk.stock("RUN-41").values()) == before + 1
    assert clerk(CANCEL, id=made)["returnCancel"]["userErrors"] == [{"code": "INVALID_STATE"}]


def test_subscribers_hear_of_every_step_as_shopify_words_it(running: Running, sold: str) -> None:
    clerk, listener = staff(running), app(running, scopes=["read_orders", "read_returns"])
    with receiving() as receiver:
        subscribe(listener, receiver.url, "RETURNS_REQUEST", "RETURNS_APPROVE", "RETURNS_UPDATE", "RETURNS_CLOSE")
        asked = clerk(ASK, i=back(clerk, sold, 2))["returnRequest"]["return"]["id"]
        clerk(APPROVE, id=asked)
        (one,) = clerk(READ, id=sold)["order"]["returns"]["nodes"]
        line = one["returnLineItems"]["nodes"][0]["id"]
        clerk(REMOVE, id=asked, r=[{"returnLineItemId": line, "quantity": 1}])
        clerk(CLOSE, id=asked)
        until(lambda: len(receiver.got) == 4)
    told = {one["topic"]: one["payload"] for one in receiver.got}
    assert sorted(told) == ["returns/approve", "returns/close", "returns/request", "returns/update"]
    assert told["returns/request"]["order"]["admin_graphql_api_id"] == sold
    assert (told["returns/close"]["status"], told["returns/close"]["order_id"]) == (
        "closed",
        int(sold.rpartition("/")[2]),
    )
    assert told["returns/update"]["return_line_items"]["removals"] == [{"admin_graphql_api_id": line, "delta": 1}]


def test_returns_need_their_own_scope(running: Running, sold: str) -> None:
    answer = app(running, scopes=["read_orders"]).whole(READ, id=sold)
    assert answer["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
