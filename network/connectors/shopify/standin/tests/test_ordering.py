"""Orders: routing, stock, shoppers, apps, cancelling, refunding."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from network.connectors.shopify.standin.server import Running
from network.connectors.shopify.standin.tests.clerk import BRUNO, app, shelve, shopper, staff, until

SHIP = """mutation($f:FulfillmentInput!){fulfillmentCreate(fulfillment:$f){fulfillment{id name trackingInfo{company number url}}
userErrors{message}}}"""
OBEY = {"inventoryBehaviour": "DECREMENT_OBEYING_POLICY"}
HOME = {
    "firstName": "Eva",
    "lastName": "Jansen",
    "address1": "Kade 1",
    "city": "Utrecht",
    "zip": "3511AA",
    "countryCode": "NL",
}


def test_a_shopper_gets_own_stock_first_and_the_shelf_only_when_that_is_gone(running: Running) -> None:
    clerk, customer = app(running), shopper(running)
    shelve(clerk, "RUN-43", 4)
    first = customer.buy("RUN-43")["order"]["id"]
    assert clerk.fulfillment_orders(first)[0]["assignedLocation"]["name"] == "Depot"
    assert clerk.stock("RUN-43") == {"Depot": (0, 1, 1), "Shop": (0, 0, 0), "Shelf": (4, 0, 4)}
    second = customer.buy("RUN-43")["order"]["id"]
    one = clerk.fulfillment_orders(second)[0]
    assert (one["assignedLocation"]["name"], one["requestStatus"], one["status"]) == ("Shelf", "UNSUBMITTED", "OPEN")
    assert clerk.stock("RUN-43")["Shelf"] == (3, 1, 4)


def test_one_place_for_the_whole_order_is_preferred_and_units_are_split_only_when_they_must_be(
    running: Running,
) -> None:
    clerk, customer = app(running), shopper(running)
    shelve(clerk, "RUN-41", 2)
    order = customer.buy("RUN-41", 4)["order"]["id"]
    shares = {
        one["assignedLocation"]["name"]: one["lineItems"]["nodes"][0]["remainingQuantity"]
        for one in clerk.fulfillment_orders(order)
    }
    assert shares == {"Depot": 2, "Shop": 1, "Shelf": 1}


def test_a_shoppers_order_takes_stock_whatever_its_options_say(running: Running) -> None:
    customer = shopper(running)
    assert customer.buy("RUN-43", options={"inventoryBehaviour": "BYPASS"})["userErrors"] == []
    refused = customer.buy("RUN-43", options={"inventoryBehaviour": "BYPASS"})
    assert (refused["order"], refused["userErrors"][0]["code"]) == (None, "INVENTORY_CLAIM_FAILED")
    assert app(running).stock("RUN-43")["Depot"] == (0, 1, 1)


def test_two_shoppers_and_one_unit_make_one_order(running: Running) -> None:
    customers = [shopper(running), shopper(running)]
    with ThreadPoolExecutor(2) as both:
        results = list(both.map(lambda one: one.buy("RUN-43")["userErrors"], customers))
    assert sorted(len(errors) for errors in results) == [0, 1]
    assert app(running).stock("RUN-43")["Depot"] == (0, 1, 1)


def test_two_lines_of_the_same_last_unit_are_refused(running: Running) -> None:
    customer = shopper(running)
    variant = customer.variant("RUN-43")["id"]
    lines = [{"variantId": variant, "quantity": 1}, {"variantId": variant, "quantity": 1}]
    done = customer(
        "mutation($o:OrderCreateOrderInput!){orderCreate(order:$o){order{id} userErrors{code}}}", o={"lineItems": lines}
    )
    assert done["orderCreate"] == {"order": None, "userErrors": [{"code": "INVENTORY_CLAIM_FAILED"}]}


def test_an_apps_order_claims_nothing_by_default_and_everything_when_told(running: Running) -> None:
    clerk = app(running)
    assert clerk.buy("RUN-43", 9)["userErrors"] == []
    assert clerk.stock("RUN-43")["Depot"] == (1, 0, 1)
    assert clerk.buy("RUN-43", options=OBEY)["userErrors"] == []
    assert clerk.stock("RUN-43")["Depot"] == (0, 1, 1)
    assert clerk.buy("RUN-43", options=OBEY)["userErrors"][0]["code"] == "INVENTORY_CLAIM_FAILED"


def test_a_customers_order_carries_the_customer_and_an_apps_order_carries_nobody(running: Running) -> None:
    read = """query($id:ID!){order(id:$id){email phone displayFinancialStatus customer{email displayName} canNotifyCustomer
    shippingAddress{name address1} sourceIdentifier tags}}"""
    order = shopper(running).buy("RUN-41", email="eva@example.com", phone="+31600000000", shippingAddress=HOME)[
        "order"
    ]["id"]
    assert staff(running)(read, id=order)["order"] == {
        "email": "eva@example.com", "phone": "+31600000000", "displayFinancialStatus": "PAID", "canNotifyCustomer": True,
        "customer": {"email": "eva@example.com", "displayName": "Eva Jansen"}, "sourceIdentifier": None, "tags": [],
        "shippingAddress": {"name": "Eva Jansen", "address1": "Kade 1"},
    }  # fmt: skip
    order = app(running).buy(
        "RUN-41", sourceIdentifier="net-1", tags=["net"], shippingAddress=HOME, financialStatus="PAID"
    )["order"]["id"]
    mine = staff(running)(read, id=order)["order"]
    assert (mine["email"], mine["phone"], mine["customer"], mine["canNotifyCustomer"]) == (None, None, None, False)
    found = app(running)("{orders(first:5,query:\"source_identifier:'net-1'\"){nodes{id}}}")["orders"]["nodes"]
    assert found == [{"id": order}]


def test_shipping_from_the_shelf_is_for_its_own_app_only_and_takes_committed_stock(running: Running) -> None:
    clerk, owner = app(running), staff(running)
    shelve(clerk, "RUN-42", 2)
    order = shopper(running).buy("RUN-42")["order"]["id"]
    one = clerk.fulfillment_orders(order)[0]
    parcel = {
        "lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": one["id"]}],
        "trackingInfo": {"company": "DHL", "number": "1", "url": "https://t/1"},
    }
    assert "Only the app" in owner(SHIP, f=parcel)["fulfillmentCreate"]["userErrors"][0]["message"]
    assert clerk.stock("RUN-42")["Shelf"] == (1, 1, 2)
    done = clerk(SHIP, f=parcel)["fulfillmentCreate"]
    assert done["fulfillment"]["trackingInfo"] == [{"company": "DHL", "number": "1", "url": "https://t/1"}]
    assert clerk.stock("RUN-42")["Shelf"] == (1, 0, 1)
    assert clerk.fulfillment_orders(order)[0]["status"] == "CLOSED"
    assert (
        owner("query($id:ID!){order(id:$id){displayFulfillmentStatus}}", id=order)["order"]["displayFulfillmentStatus"]
        == "FULFILLED"
    )
    assert clerk(SHIP, f=parcel)["fulfillmentCreate"]["fulfillment"] is None


def test_a_request_goes_from_submitted_to_accepted_and_cannot_be_moved_meanwhile(running: Running) -> None:
    clerk = app(running)
    shelve(clerk, "RUN-42", 2)
    one = clerk.fulfillment_orders(shopper(running).buy("RUN-42")["order"]["id"])[0]["id"]
    depot = next(
        place["id"]
        for place in clerk("{locations(first:9){nodes{id name}}}")["locations"]["nodes"]
        if place["name"] == "Depot"
    )
    answers = []
    for name, field in (("Submit", "submittedFulfillmentOrder"), ("Accept", "fulfillmentOrder")):
        mutation = f"fulfillmentOrder{name}FulfillmentRequest"
        head = f"mutation($id:ID!){{{mutation}(id:$id){{{field}"
        done = clerk(head + "{status requestStatus} userErrors{message}}}", id=one)[mutation]
        answers.append(tuple(done[field].values()))
        move = "mutation($id:ID!,$l:ID!){fulfillmentOrderMove(id:$id,newLocationId:$l){movedFulfillmentOrder{id} userErrors{message}}}"
        assert clerk(move, id=one, l=depot)["fulfillmentOrderMove"]["movedFulfillmentOrder"] is None
    assert answers == [("OPEN", "SUBMITTED"), ("IN_PROGRESS", "ACCEPTED")]
    done = clerk(
        "mutation($id:ID!){fulfillmentOrderClose(id:$id){fulfillmentOrder{status requestStatus} userErrors{message}}}",
        id=one,
    )
    assert done["fulfillmentOrderClose"]["fulfillmentOrder"] == {"status": "INCOMPLETE", "requestStatus": "CLOSED"}


def test_moving_takes_the_committed_stock_along(running: Running) -> None:
    clerk = app(running)
    shelve(clerk, "RUN-41", 3)
    running.spoil("route_wrong", location="shelf")
    order = shopper(running).buy("RUN-41")["order"]["id"]
    one = clerk.fulfillment_orders(order)[0]
    assert one["assignedLocation"]["name"] == "Shelf"
    depot = next(
        place["id"]
        for place in clerk("{locations(first:9){nodes{id name}}}")["locations"]["nodes"]
        if place["name"] == "Depot"
    )
    move = "mutation($id:ID!,$l:ID!){fulfillmentOrderMove(id:$id,newLocationId:$l){movedFulfillmentOrder{id} userErrors{message}}}"
    assert clerk(move, id=one["id"], l=depot)["fulfillmentOrderMove"] == {
        "movedFulfillmentOrder": {"id": one["id"]},
        "userErrors": [],
    }
    assert clerk.stock("RUN-41") == {"Depot": (1, 1, 2), "Shop": (1, 0, 1), "Shelf": (3, 0, 3)}


def test_cancelling_is_a_job_that_puts_stock_back_and_is_refused_after_shipping(running: Running) -> None:
    clerk = app(running)
    order = clerk.buy("RUN-43", options=OBEY)["order"]["id"]
    cancel = """mutation($id:ID!){orderCancel(orderId:$id,reason:OTHER,restock:true,notifyCustomer:false,
    refundMethod:{originalPaymentMethodsRefund:false}){job{id done} orderCancelUserErrors{message code}}}"""
    job = clerk(cancel, id=order)["orderCancel"]["job"]
    assert job["done"] is False
    until(lambda: clerk("query($id:ID!){job(id:$id){done}}", id=job["id"])["job"]["done"])
    assert clerk.stock("RUN-43")["Depot"] == (1, 0, 1)
    assert clerk("query($id:ID!){order(id:$id){cancelReason}}", id=order)["order"]["cancelReason"] == "OTHER"
    shipped = clerk.buy("RUN-43", options=OBEY)["order"]["id"]
    clerk(SHIP, f={"lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": clerk.fulfillment_orders(shipped)[0]["id"]}]})
    assert clerk(cancel, id=shipped)["orderCancel"]["orderCancelUserErrors"][0]["code"] == "INVALID"


def test_a_refund_puts_units_back_only_when_told(running: Running) -> None:
    clerk = app(running, BRUNO)
    refund = """mutation($i:RefundInput!,$k:String!){refundCreate(input:$i) @idempotent(key:$k){
    refund{totalRefundedSet{shopMoney{amount}}} userErrors{message}}}"""
    after = []
    for kind in ("CANCEL", "NO_RESTOCK"):
        order = shopper(running, BRUNO).buy("RUN-43")["order"]["id"]
        line = clerk("query($id:ID!){order(id:$id){lineItems(first:1){nodes{id}}}}", id=order)["order"]["lineItems"][
            "nodes"
        ][0]["id"]
        given = {"orderId": order, "refundLineItems": [{"lineItemId": line, "quantity": 1, "restockType": kind}]}
        done = clerk(refund, i=given, k=str(uuid4()))["refundCreate"]
        assert done == {"refund": {"totalRefundedSet": {"shopMoney": {"amount": "49.95"}}}, "userErrors": []}
        after.append(clerk.stock("RUN-43")["Gent"])
        assert clerk.fulfillment_orders(order)[0]["status"] == "CLOSED"
    assert after == [(5, 0, 5), (4, 0, 4)]


def test_a_return_that_is_refunded_comes_back_where_it_is_said(running: Running) -> None:
    clerk = app(running, BRUNO)
    order = shopper(running, BRUNO).buy("RUN-43")["order"]["id"]
    clerk(SHIP, f={"lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": clerk.fulfillment_orders(order)[0]["id"]}]})
    assert clerk.stock("RUN-43")["Gent"] == (4, 0, 4)
    line = clerk("query($id:ID!){order(id:$id){lineItems(first:1){nodes{id}}}}", id=order)["order"]["lineItems"][
        "nodes"
    ][0]["id"]
    gent = clerk("{locations(first:1){nodes{id}}}")["locations"]["nodes"][0]["id"]
    rows = [{"lineItemId": line, "quantity": 1, "restockType": "RETURN", "locationId": gent}]
    clerk(
        'mutation($i:RefundInput!){refundCreate(input:$i) @idempotent(key:"r"){userErrors{message}}}',
        i={"orderId": order, "refundLineItems": rows},
    )
    assert clerk.stock("RUN-43")["Gent"] == (5, 0, 5)


def test_a_shopper_who_gives_no_address_has_one_in_the_shops_town(running: Running) -> None:
    order = shopper(running).buy("RUN-43")["order"]["id"]
    read = "query($id:ID!){order(id:$id){shippingAddress{name address1 city zip countryCodeV2}}}"
    place = staff(running)(read, id=order)["order"]["shippingAddress"]
    assert place == {
        "name": "Sam Shopper",
        "address1": "Parkweg 4",
        "city": "Utrecht",
        "zip": "3511AA",
        "countryCodeV2": "NL",
    }
