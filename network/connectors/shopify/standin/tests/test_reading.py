"""Reading: every scalar of the named types, pages that stay right, searches, bulk results, pictures, loud refusals."""

import json

import pytest
import requests
from graphql import get_named_type, is_leaf_type, is_required_argument

from network.connectors.shopify.standin.schema import load_schema
from network.connectors.shopify.standin.server import Running
from network.connectors.shopify.standin.tests.clerk import (
    ALMA,
    Clerk,
    app,
    receiving,
    shelve,
    shopper,
    staff,
    subscribe,
    until,
)

WAYS = {
    "Shop": "{shop{%s}}",
    "Location": "{location{%s}}",
    "Product": "{products(first:1){nodes{%s}}}",
    "ProductVariant": "{productVariants(first:1){nodes{%s}}}",
    "InventoryItem": "{inventoryItems(first:1){nodes{%s}}}",
    "InventoryLevel": "{inventoryItems(first:1){nodes{inventoryLevels(first:1){nodes{%s}}}}}",
    "Order": "{orders(first:1){nodes{%s}}}",
    "LineItem": "{orders(first:1){nodes{lineItems(first:1){nodes{%s}}}}}",
    "MailingAddress": "{orders(first:1){nodes{shippingAddress{%s}}}}",
    "Customer": "{customers(first:1){nodes{%s}}}",
    "Fulfillment": "{orders(first:1){nodes{fulfillments{%s}}}}",
    "FulfillmentOrder": "{orders(first:1){nodes{fulfillmentOrders(first:1){nodes{%s}}}}}",
    "Refund": "{orders(first:1){nodes{refunds{%s}}}}",
}
HOME = {
    "firstName": "Eva",
    "lastName": "Jansen",
    "address1": "Kade 1",
    "city": "Utrecht",
    "zip": "3511AA",
    "countryCode": "NL",
}


def furnish(running: Running) -> Clerk:
    """Make one order with a fulfilment and a refund."""
    clerk, owner = app(running), staff(running)
    order = shopper(running).buy("RUN-41", 2, email="eva@example.com", shippingAddress=HOME)["order"]["id"]
    one = clerk.fulfillment_orders(order)[0]
    units = [{"id": one["lineItems"]["nodes"][0]["id"], "quantity": 1}]
    parcel = {"lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": one["id"], "fulfillmentOrderLineItems": units}]}
    clerk("mutation($f:FulfillmentInput!){fulfillmentCreate(fulfillment:$f){userErrors{message}}}", f=parcel)
    line = owner("query($id:ID!){order(id:$id){lineItems(first:1){nodes{id}}}}", id=order)["order"]["lineItems"][
        "nodes"
    ][0]["id"]
    rows = {"orderId": order, "refundLineItems": [{"lineItemId": line, "quantity": 1, "restockType": "NO_RESTOCK"}]}
    clerk('mutation($i:RefundInput!){refundCreate(input:$i) @idempotent(key:"k"){userErrors{message}}}', i=rows)
    return owner


def test_every_scalar_of_the_named_types_can_be_read(running: Running) -> None:
    owner, (schema, _) = furnish(running), load_schema()
    for kind, way in WAYS.items():
        leaves = [
            name
            for name, field in schema.type_map[kind].fields.items()
            if is_leaf_type(get_named_type(field.type))
            and not any(is_required_argument(one) for one in field.args.values())
        ]
        assert "errors" not in owner.whole(way % " ".join(leaves)), kind


def test_an_outside_testers_big_question_is_answered(running: Running) -> None:
    owner = furnish(running)
    answer = owner(
        """{orders(first:50,sortKey:CREATED_AT,reverse:true){nodes{id name email phone customer{id} sourceIdentifier tags
        lineItems(first:20){nodes{id sku quantity variant{id sku inventoryItem{id}}}}
        fulfillmentOrders(first:10){nodes{id status assignedLocation{location{id name isFulfillmentService}}
        lineItems(first:20){nodes{remainingQuantity}}}}
        fulfillments{trackingInfo{number company url}} shippingAddress{name address1} refunds{id} returns(first:5){nodes{id}}}}}"""
    )
    assert [one["name"] for one in answer["orders"]["nodes"]] == ["#1001"]


@pytest.mark.parametrize(
    "question",
    [
        "{metaobjectDefinitions(first:1){nodes{id}}}",
        "{products(first:1){nodes{compareAtPriceRange{minVariantCompareAtPrice{amount}}}}}",
    ],
)
def test_what_is_not_implemented_fails_aloud(running: Running, question: str) -> None:
    answer = staff(running).whole(question)
    assert answer["errors"][0]["extensions"]["code"] == "STANDIN_NOT_IMPLEMENTED"


def test_a_search_by_an_unknown_key_fails_aloud(running: Running) -> None:
    answer = staff(running).whole('{products(first:1,query:"colour:red"){nodes{id}}}')
    assert answer["errors"][0]["extensions"]["code"] == "STANDIN_NOT_IMPLEMENTED"


def test_a_document_that_breaks_the_schema_is_refused(running: Running) -> None:
    assert "Cannot query field 'colour'" in staff(running).whole("{shop{colour}}")["errors"][0]["message"]


@pytest.mark.parametrize(
    ("query", "skus"),
    [
        ("sku:RUN-41", ["RUN-41"]),
        ("sku:run-41 OR barcode:952000042", ["RUN-41", "RUN-42"]),
        ("sku:RUN-4*", ["RUN-41", "RUN-42", "RUN-43"]),
        ("-sku:RUN-41 AND updated_at:>='2020-01-01T00:00:00Z'", ["RUN-42", "RUN-43"]),
        ("(sku:RUN-41 OR sku:RUN-43) AND NOT barcode:952000043", ["RUN-41"]),
        ("updated_at:<2020-01-01", []),
    ],
)
def test_variants_are_found(running: Running, query: str, skus: list[str]) -> None:
    found = staff(running)("query($q:String){productVariants(first:9,query:$q){nodes{sku}}}", q=query)
    assert [one["sku"] for one in found["productVariants"]["nodes"]] == skus


def test_pages_follow_one_another_in_both_directions(running: Running) -> None:
    owner = staff(running)
    for backwards, expected in ((False, ["RUN-41", "RUN-42", "RUN-43"]), (True, ["RUN-43", "RUN-42", "RUN-41"])):
        seen, after = [], None
        while True:
            page = owner(
                "query($a:String,$r:Boolean){productVariants(first:1,after:$a,reverse:$r){nodes{sku} pageInfo{hasNextPage endCursor}}}",
                a=after,
                r=backwards,
            )["productVariants"]
            seen += [one["sku"] for one in page["nodes"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert seen == expected


def test_a_places_stock_is_paged_whole_while_figures_change(running: Running) -> None:
    owner, seen, after = staff(running), [], None
    depot = next(
        one["id"]
        for one in owner("{locations(first:9){nodes{id name}}}")["locations"]["nodes"]
        if one["name"] == "Depot"
    )
    read = """query($id:ID!,$a:String){location(id:$id){inventoryLevels(first:1,after:$a){nodes{item{sku}}
    pageInfo{hasNextPage endCursor}}}}"""
    while True:
        page = owner(read, id=depot, a=after)["location"]["inventoryLevels"]
        seen += [one["item"]["sku"] for one in page["nodes"]]
        running.standin.till_sale(ALMA, "RUN-41", available=len(seen))
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == ["RUN-41", "RUN-42", "RUN-43"]


def test_the_shelf_is_listed_only_when_asked_for(running: Running) -> None:
    clerk = app(running)
    shelve(clerk, "RUN-42", 1)
    assert [one["name"] for one in clerk("{locations(first:9){nodes{name}}}")["locations"]["nodes"]] == [
        "Depot",
        "Shop",
    ]
    every = clerk("{locations(first:9,includeLegacy:true){nodes{name isFulfillmentService}}}")["locations"]["nodes"]
    assert every[1] == {"name": "Shelf", "isFulfillmentService": True}


BULK = """{products{edges{node{id title vendor variants{edges{node{id sku inventoryItem{id inventoryLevels{edges{node{id location{id}
quantities(names:["available"]){quantity}}}}}}}}}}}}"""


def test_bulk_results_are_ungrouped_lines_with_escaped_slashes(running: Running) -> None:
    clerk = app(running)
    with receiving() as receiver:
        subscribe(clerk, receiver.url, "BULK_OPERATIONS_FINISH")
        done = clerk(
            "mutation($q:String!){bulkOperationRunQuery(query:$q,groupObjects:false){bulkOperation{id} userErrors{message}}}",
            q=BULK,
        )
        one = done["bulkOperationRunQuery"]["bulkOperation"]["id"]
        until(lambda: receiver.got)
        assert receiver.got[0]["payload"]["admin_graphql_api_id"] == one
    state = clerk("query($id:ID!){bulkOperation(id:$id){status objectCount rootObjectCount url fileSize}}", id=one)[
        "bulkOperation"
    ]
    assert (state["status"], state["objectCount"], state["rootObjectCount"]) == ("COMPLETED", "10", "1")
    text = requests.get(state["url"], timeout=5).content.decode()
    assert len(text.encode()) == int(state["fileSize"])
    assert r"gid:\/\/shopify\/Product" in text
    assert "Nike\\/Co" in text
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["id"].split("/")[3] for line in lines] == ["Product"] + ["ProductVariant"] * 3 + ["InventoryLevel"] * 6
    assert lines[1]["__parentId"] == lines[0]["id"]
    assert {line["__parentId"] for line in lines[4:]} == {line["id"] for line in lines[1:4]}


def test_an_empty_bulk_result_has_no_address(running: Running) -> None:
    clerk = app(running)
    done = clerk(
        "mutation($q:String!){bulkOperationRunQuery(query:$q){bulkOperation{id} userErrors{message}}}",
        q="{orders{edges{node{id}}}}",
    )
    one = done["bulkOperationRunQuery"]["bulkOperation"]["id"]
    read = "query($id:ID!){bulkOperation(id:$id){status url}}"
    state = until(lambda: (now := clerk(read, id=one)["bulkOperation"])["status"] == "COMPLETED" and now)
    assert state["url"] is None


def test_a_bulk_query_without_the_scope_fails_and_says_so(running: Running) -> None:
    clerk = app(running, scopes=["read_products"])
    done = clerk(
        "mutation($q:String!){bulkOperationRunQuery(query:$q){bulkOperation{id} userErrors{message}}}",
        q="{orders{edges{node{id}}}}",
    )
    one = done["bulkOperationRunQuery"]["bulkOperation"]["id"]
    read = "query($id:ID!){bulkOperation(id:$id){status errorCode}}"
    state = until(lambda: (now := clerk(read, id=one)["bulkOperation"])["status"] == "FAILED" and now)
    assert state["errorCode"] == "ACCESS_DENIED"


def test_pictures_are_drawn(running: Running) -> None:
    product = staff(running)("{products(first:1){nodes{featuredMedia{preview{image{url}}}}}}")["products"]["nodes"][0]
    url = product["featuredMedia"]["preview"]["image"]["url"]
    assert url.startswith(f"{running.base_url}/__pictures/{ALMA}/")
    answer = requests.get(url, timeout=5)
    assert (answer.status_code, answer.headers["content-type"], answer.content[:4]) == (200, "image/svg+xml", b"<svg")


def test_metafields_are_kept_and_compared(running: Running) -> None:
    owner = staff(running)
    variant = owner.variant("RUN-41")["id"]
    row = {"ownerId": variant, "namespace": "$app:net", "key": "stock", "value": "3", "type": "number_integer"}
    put = "mutation($m:[MetafieldsSetInput!]!){metafieldsSet(metafields:$m){metafields{value compareDigest} userErrors{code}}}"
    first = owner(put, m=[row])["metafieldsSet"]["metafields"][0]
    assert first["value"] == "3"
    stale = owner(put, m=[{**row, "value": "4", "compareDigest": "other"}])["metafieldsSet"]
    assert stale["userErrors"] == [{"code": "STALE_OBJECT"}]
    read = owner(
        'query($id:ID!){productVariant(id:$id){metafield(namespace:"$app:net",key:"stock"){value}}}', id=variant
    )
    assert read["productVariant"]["metafield"] == {"value": "3"}
