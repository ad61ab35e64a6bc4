"""By API a selling shop exchanges, objects and chooses its rule; the shipper corrects tracking and sees the alias."""

import pytest

from orders.models import InternalOrder, Objection, Parcel, Return
from orders.object_grade import decide_objection
from orders.return_goods import announce_return, inspect_return
from skuu.testing.calling import Program


@pytest.fixture
def sent(market):
    market.buy(market.bruno, ("42", 1))
    market.settle()
    market.ship(InternalOrder.everyone.get())
    market.sweep()
    return InternalOrder.everyone.select_related("shipper", "order__shop").get()


def test_exchange_tracking_and_alias(market, sent):
    alma, bruno, cara = (Program(shop) for shop in (market.alma, market.bruno, market.cara))
    body = {"internal_order": sent.number, "line": sent.lines.get().pk, "quantity": 1, "reason": "too_small"}
    body["variant"] = market.variant(market.bruno, "43").remote_id
    assert [who.post("exchanges/", body).status_code for who in (alma, cara)] == [404, 404]
    done = bruno.post("exchanges/", body)
    assert (done.status_code, done.json()["status"]) == (201, "routed")
    assert Return.everyone.get().number == done.json()["returned"]
    assert bruno.post("exchanges/", body).json()["code"] == "bad_return_units"
    parcel = Parcel.everyone.get()
    path = f"internal-orders/{sent.number}/parcels/{parcel.pk}/"
    right = {"carrier": "PostNL", "tracking_number": "3SRIGHT"}
    assert [who.post(path, right).status_code for who in (bruno, cara)] == [404, 404]
    told = alma.post(path, right).json()["parcels"]
    assert [(one["id"], one["tracking_number"]) for one in told] == [(parcel.pk, "3SRIGHT")]
    alias = alma.get(f"internal-orders/{sent.number}/alias/").json()
    assert (alias["address"].startswith(f"c-{sent.number.lower()}-"), alias["relayed"]) == (True, 0)
    assert bruno.get(f"internal-orders/{sent.number}/alias/").status_code == 404


def test_objection_and_rule(market, sent):
    alma, bruno, cara = (Program(shop) for shop in (market.alma, market.bruno, market.cara))
    line = sent.lines.get().pk
    made = announce_return(sent, [(line, 1)], reason="too_small", by="bruno")
    inspect_return(made, {line: {"worn": 1}}, by="alma")
    path = f"returns/{made.number}/objections/"
    body = {"words": "Sealed.", "lines": [{"id": line, "found": "worn", "should_be": "as_new", "quantity": 1}]}
    assert [who.post(path, body).status_code for who in (alma, cara)] == [404, 404]
    assert bruno.post(path, body).json()["status"] == "open"
    decide_objection(Objection.everyone.get(), upheld=True, answer="Agreed.", by="staff")
    (told,) = alma.get(path).json()
    correction = Return.everyone.get(corrects=made)
    assert (told["status"], told["answer"], told["correction"]) == ("upheld", "Agreed.", correction.number)
    assert bruno.post(f"{path}withdraw/", {}).status_code == 404
    told = bruno.get("return-rule/").json()
    assert (told["rule"], told["version"]) == ("shipper", 0)
    assert bruno.get("shop/exit-plan/").json()["is_leaving"] is False
