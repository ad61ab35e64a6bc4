"""The product's main job on a running network, seen only from outside: through the stores' own GraphQL and the commands."""

import datetime as dt
import json
import threading
import time

import pytest
import requests

from skuu.demo.shopfront import wait_until
from skuu.tests.running.conftest import only_on_shelf

HOLDERS = """query { orders(first: 30, reverse: true, sortKey: CREATED_AT) { nodes {
  id name email phone customer { id } sourceIdentifier cancelledAt displayFulfillmentStatus
  shippingAddress { name address1 zip }
  lineItems(first: 5) { nodes { sku quantity } }
  fulfillmentOrders(first: 5) { nodes { id status assignedLocation { location { isFulfillmentService } } } } } } }"""


def held_orders(stores, since=()):
    """All orders of the network in all stores, by identifier: (store, order)."""
    found = {}
    for store in stores.values():
        for order in store.ask(HOLDERS)["orders"]["nodes"]:
            if order["sourceIdentifier"] and order["id"] not in since and not order["cancelledAt"]:
                found.setdefault(order["sourceIdentifier"], []).append((store, order))
    return found


def sellable(network, *, at_least=1):
    """Find a store and a variant that only its shelf can serve."""
    for store in network.stores.values():
        stands = only_on_shelf(store, at_least=at_least)
        if stands:
            return store, stands
    pytest.fail("no shelf holds anything")


def sell_and_follow(network, store, stand):
    """Sell one unit from the shelf and wait for the one order at the one partner."""
    known = {order["id"] for pairs in held_orders(network.stores).values() for _, order in pairs}
    order_id = store.sell(stand.variant_id)
    held = wait_until("one partner holds the order", lambda: held_orders(network.stores, known), seconds=30)
    return order_id, held


def test_an_order_on_the_shelf_reaches_one_partner_and_its_tracking_comes_back(network):
    store, stands = sellable(network)
    order_id, held = sell_and_follow(network, store, stands[0])
    assert len(held) == 1
    ((number, pairs),) = held.items()
    assert len(pairs) == 1
    partner, order = pairs[0]
    assert partner.domain != store.domain
    assert (order["email"], order["phone"], order["customer"]) == (None, None, None)
    assert order["shippingAddress"]["address1"]
    partner.ship(order, "PostNL", "3STEST0001")
    wait_until("tracking at the origin", lambda: "3STEST0001" in store.tracking_numbers(order_id), seconds=30)
    after = {stand.variant_id: stand for stand in store.variants()}[stands[0].variant_id]
    assert after.own == 0
    time.sleep(2)
    assert [len(pairs) for pairs in held_orders(network.stores).values()].count(2) == 0

    today = dt.datetime.now(dt.UTC).date().isoformat()
    network.manage("settle", "--through", today, "--json")
    network.manage("check_ledger")
    rows = network.query(
        "select distinct s.merchant_id from settlement_statementline l "
        "join settlement_statement s on s.id = l.statement_id join settlement_entry e on e.id = l.entry_id "
        "join orders_internalorder i on i.id = e.internal_order_id where i.number = %s",
        number,
    )
    parties = network.query(
        "select distinct shop.merchant_id from network_shop shop where shop.domain in (%s, %s)",
        store.domain,
        partner.domain,
    )
    assert sorted(rows) == sorted(parties)  # one, where a merchant's own other shop shipped
    assert rows


def test_two_shoppers_at_two_shops_never_get_the_same_last_unit(network):
    """One unit at one shipper on two shelves: one internal order, the other line served elsewhere or handed back."""
    found = network.query(
        """
        select p1.shop_id, v1.remote_id, p2.shop_id, v2.remote_id, s1.domain, s2.domain, p1.item_id
        from catalog_placement p1 join catalog_placement p2 on p1.item_id = p2.item_id and p1.shop_id < p2.shop_id
        join catalog_variant v1 on v1.id = p1.variant_id join catalog_variant v2 on v2.id = p2.variant_id
        join network_shop s1 on s1.id = p1.shop_id join network_shop s2 on s2.id = p2.shop_id
        where p1.pushed > 0 and p2.pushed > 0 and p1.pushed = p1.wanted and p2.pushed = p2.wanted
        order by p1.pushed + p2.pushed, p1.id limit 1
        """
    )
    assert found, "no item stands on two shelves"
    _, variant_a, _, variant_b, domain_a, domain_b, item = found[0]
    before = network.query(UNITS, item)[0][0]
    stores = network.stores
    bought, refused = [], []

    def buy(store, variant):
        try:
            bought.append(store.sell(variant))
        except RuntimeError as error:
            refused.append(str(error))

    for _ in range(before):
        shoppers = [
            threading.Thread(target=buy, args=(stores[domain_a], variant_a)),
            threading.Thread(target=buy, args=(stores[domain_b], variant_b)),
        ]
        for shopper in shoppers:
            shopper.start()
        for shopper in shoppers:
            shopper.join()
    assert len(bought) + len(refused) == 2 * before

    def quiet():
        rows = network.query(
            "select count(*) filter (where l.status = 'waiting'), count(*) from orders_orderline l join orders_order o "
            "on o.id = l.order_id where o.remote_id = any(%s)",
            bought,
        )
        return rows[0] == (0, len(bought))

    wait_until("every line is decided", quiet, seconds=45)
    promised = network.query(PROMISED, item)[0][0]
    assert promised <= before
    wait_until("the shelves agree", lambda: network.query(OUT_OF_STEP, item)[0][0] == 0, seconds=30)
    # a store may tell of its new figure a moment before the claim that made it is used
    wait_until("no unit is promised twice", lambda: network.query(PROMISED_TWICE) == [(0,)], seconds=30)


PROMISED_TWICE = "select count(*) from catalog_stocklevel where claimed > greatest(available, 0)"
UNITS = """select coalesce(sum(greatest(l.available - l.claimed - l.phantom, 0)), 0) from catalog_stocklevel l
  join catalog_variant v on v.inventory_item_id = l.inventory_item_id
  join catalog_match m on m.variant_id = v.id and m.status = 'linked' where m.item_id = %s"""
PROMISED = """select coalesce(sum(i.quantity), 0) from orders_internalorderline i
  join orders_internalorder o on o.id = i.internal_order_id join catalog_match m on m.variant_id = i.variant_id
  where m.status = 'linked' and m.item_id = %s and o.status in ('planned', 'placed', 'accepted')"""
OUT_OF_STEP = """select count(*) from catalog_placement where item_id = %s and pushed is distinct from wanted
  and wanted + coalesce(pushed, 0) > 0"""


@pytest.mark.parametrize("victim", ["worker", "web", "standin"])
def test_killing_a_process_in_the_middle_changes_nothing_in_the_end(network, victim):
    store, stands = sellable(network)
    stand = stands[0]
    before = network.file["processes"][victim]
    known = {order["id"] for pairs in held_orders(network.stores).values() for _, order in pairs}
    order_id = store.sell(stand.variant_id)
    network.kill(victim)
    wait_until("the process is back", lambda: network.file["processes"][victim] != before, seconds=30)

    def held():
        try:
            return held_orders(network.stores, known)
        except requests.RequestException:
            return None

    found = wait_until("one partner holds the order", held, seconds=120, every=1)
    ((_, pairs),) = found.items()
    assert len(pairs) == 1
    partner, order = pairs[0]
    number = f"3SKILL-{victim}"
    partner.ship(order, "PostNL", number)
    network.kill(victim)
    time.sleep(1)

    def back():
        try:
            return store.tracking_numbers(order_id) == [number]
        except requests.RequestException:
            return False

    wait_until("tracking at the origin, once", back, seconds=120, every=1)
    assert len(held_orders(network.stores, known)) == 1


def test_bad_input_at_every_door_is_answered_and_the_rest_goes_on(network):
    told = network.file
    store, stands = sellable(network)
    hook = f"{told['web']}/webhooks/shopify/"
    headers = {"X-Shopify-Topic": "orders/create", "X-Shopify-Shop-Domain": store.domain, "X-Shopify-Webhook-Id": "w1"}
    forged = requests.post(hook, data=b"{}", headers=headers | {"X-Shopify-Hmac-SHA256": "Zm9yZ2Vk"}, timeout=10)
    assert forged.status_code == 401
    pieces = requests.post(
        hook, data=iter([b'{"id"', b": 1}"]), headers=headers | {"X-Shopify-Hmac-SHA256": "Zm9yZ2Vk"}, timeout=10
    )
    assert pieces.status_code == 401  # in pieces, without a length: read whole, and not signed
    stranger = requests.post(
        hook, data=b"{}", headers=headers | {"X-Shopify-Shop-Domain": "nobody.myshopify.com"}, timeout=10
    )
    assert stranger.status_code in (401, 404)
    huge = requests.post(hook, data=b"x" * (12 * 1024 * 1024), headers=headers, timeout=30)
    assert huge.status_code == 413
    for path in ("/api/v1/shop/", "/api/v1/products/"):
        nobody = requests.get(f"{told['web']}{path}", headers={"Authorization": "Bearer nonsense"}, timeout=10)
        assert nobody.status_code == 401
        assert nobody.json()["code"]
    assert requests.get(f"{told['web']}/livez", timeout=5).text == "ok\n"
    _, held = sell_and_follow(network, store, stands[0])
    assert len(held) == 1


def test_the_file_tells_programs_all_they_need(network):
    told = network.file
    assert set(told) >= {"web", "standin", "staff", "merchants", "stores", "processes"}
    assert len(told["stores"]) == len(told["merchants"]) == 8
    assert set(told["stores"][0]) == {"domain", "country", "currency", "shopper_token", "merchant_token"}
    assert set(told["merchants"][0]) == {"username", "password", "shop", "store"}
    session = requests.Session()
    page = session.get(f"{told['web']}/accounts/login/", timeout=10)
    token = page.text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    form = {
        "csrfmiddlewaretoken": token,
        "login": told["merchants"][0]["username"],
        "password": told["merchants"][0]["password"],
    }
    answer = session.post(f"{told['web']}/accounts/login/", data=form, headers={"Referer": page.url}, timeout=10)
    assert answer.status_code == 200
    assert "/accounts/login" not in answer.url
    ready = requests.get(f"{told['web']}/readyz", timeout=10)
    assert (ready.status_code, ready.json()["problems"]) == (200, [])


def test_doctor_finds_a_running_network_well(network):
    found = json.loads(network.manage("doctor", "--json").stdout)
    assert {row["what"]: row["state"] for row in found if row["state"] == "bad"} == {}
