"""A key opens its own shop and nothing else; every answer that is no success is a problem document."""

import datetime as dt

import pytest
import time_machine
from rest_framework.settings import api_settings

from network import keys
from network.models import ApiKey, Location, Merchant, Shop
from skuu.testing.calling import Program

pytestmark = pytest.mark.django_db
MORNING = dt.datetime(2026, 11, 2, 9, 0, 15, tzinfo=dt.UTC)


@pytest.fixture
def alma():
    merchant = Merchant.everyone.create(name="Alma", legal_name="Alma BV", country="BE")
    checklist = [{"key": "rates", "ok": False, "title": "Shipping rates", "fix": "Add one.", "secret": "x"}]
    shop = Shop.everyone.create(
        merchant=merchant, platform="api", domain="alma.example", name="Alma", status="live", country="BE",
        currency="EUR", checklist=checklist,
    )  # fmt: skip
    Location.everyone.create(shop=shop, remote_id="attic", name="Attic", country="BE")
    return shop


def test_a_key_tells_whose_it_is(alma):
    answer = Program(alma).get("shop/")
    assert answer.status_code == 200
    assert answer.json() == {
        "name": "Alma",
        "domain": "alma.example",
        "platform": "api",
        "status": "live",
        "merchant": "Alma",
        "country": "BE",
        "currency": "EUR",
        "taxes_included": True,
        "accept_mode": "automatic",
        "checklist": [{"key": "rates", "ok": False, "title": "Shipping rates", "fix": "Add one."}],
        "locations": [{"id": "attic", "name": "Attic", "country": "BE", "is_active": True, "shares": True}],
    }
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("key", ["", "skuu_wrong", "é", "skuu_ wrong"])
def test_without_a_known_key_there_is_a_401(alma, key):
    answer = Program(key=key).get("shop/")
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert answer["WWW-Authenticate"] == 'Bearer realm="skuu"'


def test_a_revoked_key_is_refused_at_once(alma):
    program = Program(alma)
    keys.revoke_key(ApiKey.everyone.get())
    answer = program.get("shop/")
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_key")


def test_the_key_of_a_shop_that_left_is_refused(alma):
    program = Program(alma)
    Shop.everyone.update(status="left")
    assert program.get("shop/").status_code == 401


def test_only_the_hash_of_a_key_is_kept(alma):
    program = Program(alma)
    row = ApiKey.everyone.get()
    assert program.key not in {str(getattr(row, field.name)) for field in ApiKey._meta.fields}
    assert len(row.digest) == 64


def test_one_request_too_many_waits_for_the_next_minute(alma, monkeypatch):
    monkeypatch.setitem(api_settings.DEFAULT_THROTTLE_RATES, "key", "2/min")
    program = Program(alma)
    with time_machine.travel(MORNING, tick=False) as clock:
        answers = [program.get("shop/") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert [answer["RateLimit"] for answer in answers] == ['"key";r=1;t=45', '"key";r=0;t=45', '"key";r=0;t=45']
        assert {answer["RateLimit-Policy"] for answer in answers} == {'"key";q=2;w=60'}
        assert (answers[2].json()["code"], answers[2]["Retry-After"]) == ("throttled", "45")
        clock.shift(45)
        assert program.get("shop/").status_code == 200


def test_a_strangers_many_requests_do_not_cost_another_shop_its_own(alma, monkeypatch):
    monkeypatch.setitem(api_settings.DEFAULT_THROTTLE_RATES, "key", "1/min")
    merchant = Merchant.everyone.create(name="Bruno", legal_name="Bruno BV", country="BE")
    bruno = Shop.everyone.create(merchant=merchant, domain="bruno.example", name="Bruno", country="BE", currency="EUR")
    noisy = Program(bruno)
    for _ in range(3):
        noisy.get("shop/")
    assert Program(alma).get("shop/").status_code == 200


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
@pytest.mark.parametrize("path", ["/api/", "/api/v1/", "/api/v1/nothing/", "/api/v1/products", "/api/v2/shop/"])
def test_an_address_that_is_none_is_a_problem_too(client, method, path):
    answer = getattr(client, method)(path)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_a_method_that_is_none_and_a_body_that_is_no_json(alma):
    program = Program(alma)
    assert program.post("shop/").status_code == 405
    answer = program.client.put(
        "/api/v1/products/", "a=1", content_type="application/x-www-form-urlencoded", headers=program._headers()
    )
    assert (answer.status_code, answer["Content-Type"]) == (415, "application/problem+json")


def test_what_breaks_on_our_side_tells_the_caller_nothing(alma, monkeypatch):
    program = Program(alma)
    program.client.raise_request_exception = False
    monkeypatch.setattr("network.api.ShopDoor.get", lambda *args, **kwargs: 1 / 0)
    answer = program.get("shop/")
    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
    assert "division" not in answer.content.decode()
