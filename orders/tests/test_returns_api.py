"""By API the selling shop announces a return, the shipper inspects it, and a stranger sees none of it."""

import pytest

from orders.models import InternalOrder, Return
from orders.tests.make import Market
from skuu.testing.calling import Program


@pytest.fixture
def sent(market: Market) -> InternalOrder:
    market.buy(market.bruno, ("42", 2))
    market.settle()
    market.ship(InternalOrder.everyone.get())
    market.sweep()
    return InternalOrder.everyone.get()


@pytest.fixture
def alma(market):
    return Program(market.alma)


@pytest.fixture
def bruno(market):
    return Program(market.bruno)


@pytest.fixture
def announced(sent, bruno):
    body = {"internal_order": sent.number, "reason": "too_small", "lines": [{"id": sent.lines.get().pk, "quantity": 2}]}
    answer = bruno.post("returns/", body)
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_a_return_goes_its_way(market, sent, alma, bruno, announced):
    line = sent.lines.get()
    assert (announced["order"], announced["status"], announced["comes_to_you"]) == (
        sent.order.name,
        "announced",
        False,
    )
    assert announced["address"][:2] == [market.bruno.name, f"c/o {market.alma.address1}"]
    number = announced["number"]
    (told,) = alma.get("returns/").json()["results"]
    assert (told["number"], told["order"], told["comes_to_you"]) == (number, None, True)
    assert alma.post(f"returns/{number}/receive/", {}).json()["status"] == "received"
    counts = {"lines": [{"id": line.pk, "as_new": 1, "worn": 1}], "verdict": "One was worn outside."}
    done = alma.post(f"returns/{number}/inspect/", counts).json()
    assert (done["status"], done["lines"][0]["as_new"], done["lines"][0]["worn"]) == ("closed", 1, 1)
    assert alma.post(f"returns/{number}/inspect/", counts).status_code == 200
    assert bruno.get(f"returns/{number}/").json()["verdict"] == "One was worn outside."


def test_each_party_does_its_own_part_only(sent, alma, bruno, announced):
    number, line = announced["number"], sent.lines.get().pk
    before = list(Return.everyone.values())
    for answer in (
        bruno.post(f"returns/{number}/receive/", {}),
        bruno.post(f"returns/{number}/inspect/", {"lines": [{"id": line, "as_new": 2}]}),
        alma.post(f"returns/{number}/cancel/", {}),
    ):
        assert answer.status_code == 403
    body = {"internal_order": sent.number, "reason": "other", "lines": [{"id": line, "quantity": 1}]}
    assert alma.post("returns/", body).status_code == 404
    assert list(Return.everyone.values()) == before
    assert bruno.post(f"returns/{number}/cancel/", {}).json()["status"] == "cancelled"


def test_what_the_selling_shop_keeps_is_no_business_of_the_shippers(sent, alma, bruno):
    body = {
        "internal_order": sent.number,
        "reason": "not_liked",
        "destination": "origin",
        "lines": [{"id": sent.lines.get().pk, "quantity": 1}],
    }
    number = bruno.post("returns/", body).json()["number"]
    assert alma.get("returns/").json()["results"] == []
    assert alma.get(f"returns/{number}/").status_code == 404
    assert bruno.get(f"returns/{number}/").json()["comes_to_you"] is True


def test_strangers_see_nothing_and_bad_input_is_refused_whole(market, sent, bruno, announced):
    cara = Program(market.cara)
    assert cara.get("returns/").json()["results"] == []
    for path in ("", "cancel/", "receive/", "inspect/"):
        address = f"returns/{announced['number']}/{path}"
        answer = cara.post(address, {"lines": [{"id": 1}]}) if path else cara.get(address)
        assert answer.status_code == 404
    line = sent.lines.get().pk
    for body in (
        {"internal_order": sent.number, "reason": "because", "lines": [{"id": line, "quantity": 1}]},
        {"internal_order": sent.number, "reason": "other", "lines": [{"id": line, "quantity": 0}]},
        {"internal_order": sent.number, "reason": "other", "lines": []},
        {
            "internal_order": sent.number,
            "reason": "other",
            "lines": [{"id": line, "quantity": 1}],
            "destination": "moon",
        },
    ):
        assert bruno.post("returns/", body).status_code == 400
    too_many = {"internal_order": sent.number, "reason": "other", "lines": [{"id": line, "quantity": 1}]}
    refused = bruno.post("returns/", too_many)
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_return_units")
    assert Return.everyone.count() == 1


def test_a_parcel_that_is_not_late_yet_cannot_be_reported_lost(sent, bruno):
    answer = bruno.post("returns/", {"internal_order": sent.number, "reason": "lost"})
    assert (answer.status_code, answer.json()["code"]) == (409, "too_early")
    assert not Return.everyone.exists()
