"""Webhooks: signed, in order, retried; late, twice or never when asked; one dead receiver delays nobody."""

from network.connectors.shopify.standin.server import Running, running_standin
from network.connectors.shopify.standin.tests.clerk import (
    ALMA,
    STORES,
    Receiver,
    app,
    receiving,
    shopper,
    staff,
    subscribe,
    until,
)


def test_an_order_is_announced_signed_in_the_documented_shape(running: Running) -> None:
    with receiving() as receiver:
        subscribe(
            app(running),
            receiver.url,
            "ORDERS_CREATE",
            "ORDERS_PAID",
            "INVENTORY_LEVELS_UPDATE",
            "FULFILLMENT_ORDERS_ORDER_ROUTING_COMPLETE",
        )
        order = shopper(running).buy("RUN-43", email="eva@example.com")["order"]
        until(lambda: len(receiver.got) == 4)
        assert sorted(receiver.topics()) == [
            "fulfillment_orders/order_routing_complete", "inventory_levels/update", "orders/create", "orders/paid",
        ]  # fmt: skip
        assert all(one["signed"] and one["shop"] == ALMA and one["version"] == "2026-10" for one in receiver.got)
        told = next(one for one in receiver.got if one["topic"] == "orders/create")["payload"]
        assert (told["admin_graphql_api_id"], told["email"], told["financial_status"]) == (
            order["id"],
            "eva@example.com",
            "paid",
        )
        assert (told["id"], told["line_items"][0]["sku"]) == (int(order["id"].rpartition("/")[2]), "RUN-43")
        level = next(one for one in receiver.got if one["topic"] == "inventory_levels/update")["payload"]
        assert level["available"] == 0


def test_events_of_one_store_arrive_in_their_order(running: Running) -> None:
    with receiving() as receiver:
        subscribe(app(running), receiver.url, "INVENTORY_LEVELS_UPDATE")
        for available in range(20):
            running.standin.till_sale(ALMA, "RUN-41", available=available)
        until(lambda: len(receiver.got) == 20)
        assert [one["payload"]["available"] for one in receiver.got] == list(range(20))


def test_what_is_lost_never_arrives_and_what_is_doubled_arrives_twice_under_one_id(running: Running) -> None:
    with receiving() as receiver:
        subscribe(app(running), receiver.url, "INVENTORY_LEVELS_UPDATE")
        running.disturb(ALMA, lose=100.0)
        running.standin.till_sale(ALMA, "RUN-41", available=7)
        running.disturb(ALMA, duplicate=100.0)
        running.standin.till_sale(ALMA, "RUN-41", available=6)
        until(lambda: len(receiver.got) == 2)
        assert [one["payload"]["available"] for one in receiver.got] == [6, 6]
        assert receiver.got[0]["webhook"] == receiver.got[1]["webhook"]


def test_shuffled_events_all_arrive(running: Running) -> None:
    with receiving() as receiver:
        subscribe(app(running), receiver.url, "INVENTORY_LEVELS_UPDATE")
        running.disturb(shuffle_ms=300)
        for available in range(12):
            running.standin.till_sale(ALMA, "RUN-41", available=available)
        until(lambda: len(receiver.got) == 12)
        assert sorted(one["payload"]["available"] for one in receiver.got) == list(range(12))


def test_a_refused_delivery_is_tried_again_with_the_same_body_and_id(running: Running) -> None:
    with receiving() as receiver:
        receiver.status = 500
        subscribe(app(running), receiver.url, "INVENTORY_LEVELS_UPDATE")
        running.standin.till_sale(ALMA, "RUN-41", available=7)
        until(lambda: len(receiver.got) >= 2)
        receiver.status = 200
        until(lambda: running.standin.deliveries.pending() == 0)
        assert len({one["webhook"] for one in receiver.got}) == 1
        assert all(one["payload"] == receiver.got[0]["payload"] for one in receiver.got)


def test_a_receiver_that_never_answers_well_loses_its_subscription() -> None:
    with running_standin(STORES, retry_seconds=0.001) as running, receiving() as receiver:
        receiver.status = 410
        subscribe(app(running), receiver.url, "INVENTORY_LEVELS_UPDATE")
        running.standin.till_sale(ALMA, "RUN-41", available=7)
        until(lambda: running.standin.deliveries.pending() == 0)
        assert len(receiver.got) == 9
        assert running.standin.stores[ALMA].all("WebhookSubscription") == []


def test_a_dead_receiver_delays_no_other(running: Running) -> None:
    with receiving() as receiver:
        subscribe(app(running), "http://127.0.0.1:9/nobody", "INVENTORY_LEVELS_UPDATE")
        subscribe(app(running), receiver.url, "INVENTORY_LEVELS_UPDATE")
        running.standin.till_sale(ALMA, "RUN-41", available=7)
        until(lambda: len(receiver.got) == 1)
        assert running.standin.deliveries.pending() == 1


def test_staff_edits_are_announced(running: Running) -> None:
    with receiving() as receiver:
        subscribe(app(running), receiver.url, "PRODUCTS_UPDATE", "PRODUCTS_DELETE", "INVENTORY_ITEMS_UPDATE")
        owner = staff(running)
        variant = owner.variant("RUN-42")
        product = variant["product"]["id"]
        rows = [{"id": variant["id"], "price": "39.00", "barcode": "952000042", "inventoryItem": {"sku": "RUN-NEW"}}]
        owner(
            "mutation($i:ID!,$v:[ProductVariantsBulkInput!]!){productVariantsBulkUpdate(productId:$i,variants:$v){userErrors{message}}}",
            i=product,
            v=rows,
        )
        owner(
            "mutation($p:ProductUpdateInput!){productUpdate(product:$p){userErrors{message}}}",
            p={"id": product, "title": "Walker"},
        )
        until(lambda: len(receiver.got) == 3)
        last = [one["payload"] for one in receiver.got if one["topic"] == "products/update"][-1]
        assert (last["title"], last["variants"][1]["sku"], last["variants"][1]["price"]) == (
            "Walker",
            "RUN-NEW",
            "39.00",
        )
        owner(
            "mutation($i:ProductDeleteInput!){productDelete(input:$i){deletedProductId userErrors{message}}}",
            i={"id": product},
        )
        until(lambda: receiver.topics()[-1] == "products/delete")
        assert owner("{productVariantsCount{count}}") == {"productVariantsCount": {"count": 0}}


def test_the_last_words_of_an_uninstalled_app_arrive(running: Running) -> None:
    receiver: Receiver
    with receiving() as receiver:
        clerk = app(running)
        subscribe(clerk, receiver.url, "APP_UNINSTALLED")
        clerk("mutation{appUninstall{userErrors{message}}}")
        until(lambda: receiver.topics() == ["app/uninstalled"])
        assert receiver.got[0]["payload"]["myshopify_domain"] == ALMA


def test_an_edit_takes_units_out_and_says_which(running: Running) -> None:
    with receiving() as receiver:
        clerk, owner = app(running), staff(running)
        subscribe(clerk, receiver.url, "ORDERS_EDITED")
        order = shopper(running).buy("RUN-41", 2)["order"]["id"]
        edit = owner(
            "mutation($id:ID!){orderEditBegin(id:$id){calculatedOrder{id lineItems(first:5){nodes{id quantity sku}}}}}",
            id=order,
        )
        edit = edit["orderEditBegin"]["calculatedOrder"]
        line = edit["lineItems"]["nodes"][0]
        assert (line["quantity"], line["sku"]) == (2, "RUN-41")
        owner(
            """mutation($id:ID!,$l:ID!){orderEditSetQuantity(id:$id,lineItemId:$l,quantity:1,restock:true){
            calculatedOrder{subtotalLineItemsQuantity} userErrors{message}}}""",
            id=edit["id"], l=line["id"],
        )  # fmt: skip
        assert clerk.stock("RUN-41")["Depot"] == (0, 2, 2)
        done = owner("mutation($id:ID!){orderEditCommit(id:$id){order{edited} userErrors{message}}}", id=edit["id"])
        assert done["orderEditCommit"] == {"order": {"edited": True}, "userErrors": []}
        assert clerk.stock("RUN-41")["Depot"] == (1, 1, 2)
        assert clerk.fulfillment_orders(order)[0]["lineItems"]["nodes"][0]["remainingQuantity"] == 1
        until(lambda: receiver.got)
        assert receiver.got[0]["payload"]["order_edit"]["line_items"]["removals"][0]["delta"] == 1
