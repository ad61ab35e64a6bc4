"""Rules and policy through the REST API: written, previewed, changed as versions, restored; a stranger finds nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from catalog.models import Rule, RuleBook
from catalog.tests.cast import make_item, open_shop, stock
from network.models import ApiKey, Shop

pytestmark = pytest.mark.django_db
Call = Callable[..., Any]


@pytest.fixture
def bruno() -> Shop:
    shop = open_shop("Bruno")
    shop.boot = stock(shop, make_item(), 0)
    return shop


def caller(shop: Shop) -> Call:
    key = ApiKey.issue(shop, "ERP")[1]

    def call(method: str, path: str, body: Any = None) -> Any:
        send = getattr(Client(headers={"Authorization": f"Bearer {key}"}), method)
        return (
            send(f"/api/v1/{path}", body, content_type="application/json")
            if body is not None
            else send(f"/api/v1/{path}")
        )

    return call


@pytest.fixture
def call(bruno: Shop) -> Call:
    return caller(bruno)


def test_a_rule_is_written_changed_as_a_new_version_and_removed(call: Call, bruno: Shop) -> None:
    made = call("post", "rules/", {"brand": "Nordwand", "price_from": "99.50", "ends_on": "2099-01-31"})
    body = made.json()
    assert (made.status_code, body["brand"], body["price_from"], body["version"]) == (201, "nordwand", "99.50", 1)
    assert body["says"] == (
        "Keep brand “Nordwand”, priced 99.50 EUR or more off my shelf until 31 Jan 2099".replace("Nordwand", "nordwand")
    )
    changed = call("put", f"rules/{body['id']}/", {"effect": "cap", "amount": 2, "brand": "nordwand"}).json()
    assert (changed["version"], changed["replaces"], changed["amount"]) == (2, body["id"], 2)
    assert call("get", "rules/?standing=true").json()["results"] == [changed]
    assert call("put", f"rules/{body['id']}/", {"tag": "x"}).status_code == 404
    assert call("delete", f"rules/{changed['id']}/").status_code == 204
    assert call("get", f"rules/{changed['id']}/").json()["removed_at"] is not None


def test_the_preview_saves_nothing_and_warns(call: Call, bruno: Shop) -> None:
    alma = open_shop("Alma")
    stock(alma, bruno.boot.matches.get().item, 3)
    call("post", "rules/", {"effect": "cap", "amount": 2, "brand": "nordwand"})
    found = call("post", "rules/preview/", {"effect": "cap", "amount": 1}).json()
    assert (found["lowered"], found["sentence"]) == (1, "lowers 1 size.")
    assert found["warnings"] == [
        "This rule would make another one unreachable: Show at most 2 per size of brand “nordwand” on my shelf."
    ]
    assert Rule.objects.count() == 1


def test_the_policy_and_its_versions(call: Call, bruno: Shop) -> None:
    assert call("get", "policy/").json()["placement_cap"] == 5
    assert call("patch", "policy/", {"placement_cap": 3, "placing": "deepen"}).json()["placing"] == "deepen"
    assert call("patch", "policy/", {"status": "live"}).status_code in (400, 422)
    pages = call("get", "rules/versions/").json()["results"]
    assert [page["number"] for page in pages] == [2, 1]
    assert pages[0]["what"] == "Policy: placing: gaps → deepen; placement cap: 5 → 3"
    assert call("post", "rules/versions/1/restore/").json()["policy"]["placement_cap"] == 5
    assert call("post", "rules/versions/9/restore/").status_code == 404


@pytest.mark.parametrize(
    "body", [{}, {"brand": "x", "colour": "red"}, {"product": "nobody's"}, {"partner": "Nobody"}, {"effect": "cap"}]
)
def test_what_can_mean_nothing_is_refused(call: Call, body: dict[str, Any]) -> None:
    assert call("post", "rules/", body).status_code in (400, 404, 422)
    assert not Rule.objects.exists()


def test_a_stranger_finds_nothing(call: Call, bruno: Shop) -> None:
    rule = call("post", "rules/", {"brand": "nordwand"}).json()["id"]
    cara = caller(open_shop("Cara"))
    assert cara("get", "rules/").json()["results"] == []
    assert cara("get", "rules/versions/").json()["results"] == []
    for method, body in (("get", None), ("put", {"tag": "x"}), ("delete", None)):
        assert cara(method, f"rules/{rule}/", body).status_code == 404
    assert Rule.objects.get().removed_at is None
    assert not RuleBook.objects.exclude(shop=bruno).exists()
