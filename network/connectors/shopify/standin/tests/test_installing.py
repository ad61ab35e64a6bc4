"""Getting in: consent, signed callback, expiring tokens, refresh, scopes, and what is refused."""

from urllib.parse import parse_qsl, urlsplit

import requests

from network.connectors.shopify.standin.oauth import EXCHANGE, sign
from network.connectors.shopify.standin.server import Running
from network.connectors.shopify.standin.tests.clerk import ALMA, SECRET, Clerk, app

ASKED = {
    "client_id": "standin-app",
    "scope": "read_products,write_orders",
    "redirect_uri": "https://net.example/back",
    "state": "n0nce",
}


def consent(running: Running, **more: str) -> requests.Response:
    url = f"{running.base_url}/admin/oauth/authorize"
    return requests.get(url, {**ASKED, **more}, headers={"Host": ALMA}, allow_redirects=False, timeout=5)


def exchange(running: Running, **form: str) -> requests.Response:
    form = {"client_id": "standin-app", "client_secret": SECRET, **form}
    return requests.post(f"{running.base_url}/admin/oauth/access_token", form, headers={"Host": ALMA}, timeout=5)


def code(running: Running) -> str:
    return dict(parse_qsl(urlsplit(consent(running, approve="1").headers["location"]).query))["code"]


def test_the_owner_sees_a_page_first_and_comes_back_with_a_signed_callback(running: Running) -> None:
    page = consent(running)
    assert page.status_code == 200
    assert "Install</button>" in page.text
    answer = consent(running, approve="1")
    assert answer.status_code == 302
    back = dict(parse_qsl(urlsplit(answer.headers["location"]).query))
    assert (back["shop"], back["state"]) == (ALMA, "n0nce")
    assert back["hmac"] == sign(SECRET, back)
    assert int(back["timestamp"]) > 0


def test_a_browser_that_cannot_choose_its_host_names_the_shop(running: Running) -> None:
    url = f"{running.base_url}/admin/oauth/authorize"
    answer = requests.get(url, {**ASKED, "shop": ALMA, "approve": "1"}, allow_redirects=False, timeout=5)
    assert dict(parse_qsl(urlsplit(answer.headers["location"]).query))["shop"] == ALMA


def test_a_code_is_worth_one_expiring_token_with_the_scopes_asked(running: Running) -> None:
    one = code(running)
    answer = exchange(running, code=one, expiring="1").json()
    assert (answer["expires_in"], answer["scope"]) == (3600, "read_products,write_orders")
    assert Clerk(running.base_url, ALMA, answer["access_token"])("{shop{myshopifyDomain}}") == {
        "shop": {"myshopifyDomain": ALMA}
    }
    assert exchange(running, code=one, expiring="1").status_code == 400


def test_a_token_that_never_expires_is_refused(running: Running) -> None:
    token = exchange(running, code=code(running)).json()["access_token"]
    answer = Clerk(running.base_url, ALMA, token).post("{shop{name}}")
    assert answer.status_code == 403
    assert "Non-expiring access tokens" in answer.json()["errors"]


def test_an_expired_token_is_refused_and_refreshed(running: Running) -> None:
    first = exchange(running, code=code(running), expiring="1").json()
    running.standin.clock.ahead += 3601
    assert Clerk(running.base_url, ALMA, first["access_token"]).post("{shop{name}}").status_code == 401
    second = exchange(running, grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    assert Clerk(running.base_url, ALMA, second["access_token"]).post("{shop{name}}").status_code == 200


def test_a_refresh_token_may_be_retried_until_its_replacement_is_used(running: Running) -> None:
    first = exchange(running, code=code(running), expiring="1").json()["refresh_token"]
    lost = exchange(running, grant_type="refresh_token", refresh_token=first)
    retried = exchange(running, grant_type="refresh_token", refresh_token=first)
    assert lost.status_code == retried.status_code == 200
    used = exchange(running, grant_type="refresh_token", refresh_token=retried.json()["refresh_token"])
    assert used.status_code == 200
    assert exchange(running, grant_type="refresh_token", refresh_token=first).json()["error"] == "invalid_grant"


def test_an_id_token_is_exchanged_only_when_the_secret_signed_it(running: Running) -> None:
    exchange(running, code=code(running), expiring="1")
    token = running.standin.id_token(ALMA)
    good = exchange(running, grant_type=EXCHANGE, subject_token=token, expiring="1")
    assert good.json()["scope"] == "read_products,write_orders"
    assert exchange(running, grant_type=EXCHANGE, subject_token=token[:-3] + "abc", expiring="1").status_code == 400


def test_a_wrong_secret_gets_nothing(running: Running) -> None:
    assert exchange(running, code=code(running), client_secret="guess").status_code == 401


def test_a_missing_scope_is_named(running: Running) -> None:
    clerk = app(running, scopes=["read_products"])
    answer = clerk.whole("{orders(first:1){nodes{id}}}")
    assert answer["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    assert "read_orders" in answer["errors"][0]["extensions"]["requiredAccess"]


def test_a_revoked_scope_and_a_revoked_token_work_no_more(running: Running) -> None:
    clerk, store = app(running), running.standin.stores[ALMA]
    running.standin.revoke_scopes(store, "standin-app", ["write_orders"])
    assert clerk.whole("{orders(first:1){nodes{id}}}")["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    running.standin.revoke_token(store, clerk.token)
    assert clerk.post("{shop{name}}").status_code == 401


def test_an_unknown_store_is_not_found(running: Running) -> None:
    assert Clerk(running.base_url, "cara.myshopify.com", "x").post("{shop{name}}").status_code == 404


def test_the_rate_is_limited_and_every_answer_tells_the_cost(running: Running) -> None:
    clerk = app(running, "bruno.myshopify.com")
    query = "{products(first:250){nodes{variants(first:250){nodes{inventoryItem{inventoryLevels(first:50){nodes{location{id}}}}}}}}}"
    answers = [clerk.whole(query) for _ in range(12)]
    cost = answers[0]["extensions"]["cost"]
    assert cost["throttleStatus"]["maximumAvailable"] == 2000.0
    assert cost["requestedQueryCost"] > 100
    running.spoil("throttle")
    throttled = clerk.whole("{shop{name}}")
    assert throttled["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert throttled["extensions"]["cost"]["actualQueryCost"] is None
    assert "data" not in throttled


def test_a_query_that_is_too_dear_is_refused(running: Running) -> None:
    deep = "variants(first:250){nodes{product{INSIDE}}}"
    query = "id"
    for _ in range(5):
        query = deep.replace("INSIDE", query)
    answer = app(running).whole("{products(first:250){nodes{INSIDE}}}".replace("INSIDE", query))
    assert answer["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"


def test_uninstalling_ends_tokens_and_takes_the_shelf_away(running: Running) -> None:
    clerk = app(running)
    clerk('mutation{fulfillmentServiceCreate(name:"Shelf"){userErrors{message}}}')
    assert clerk("mutation{appUninstall{userErrors{message}}}") == {"appUninstall": {"userErrors": []}}
    assert clerk.post("{shop{name}}").status_code == 401
    assert running.standin.stores[ALMA].all("FulfillmentService") == []
