"""By API a shipper sees exactly what it may, accepts, declines and ships; the origin sees who ships and the tracking."""

import json

import pytest

from network.models import Shop
from orders.models import InternalOrder, Parcel
from orders.tests.make import Market
from skuu.kit.models import IdempotencyKey
from skuu.testing.calling import Program, codes

KEYS = {
    "number", "status", "status_reason", "wants_answer", "may_ship", "created_at", "promised_on", "hand_over_by",
    "own_order", "together_with", "may_tell_sent",
    "destination", "lines", "trade", "address", "parcels", "stray",
}  # fmt: skip
LINE_KEYS = {"id", "variant", "title", "size", "sku", "location", "quantity", "shipped_quantity", "net"}
SECRETS = ("marie@example.com", "+31612345678", "31612345678")
PERSON = ("Marie", "Peeters", "Kerkstraat")


def sell_one(market: Market, *, ask: bool) -> InternalOrder:
    """Let Bruno's customer buy the size that only Alma has."""
    if ask:
        Shop.everyone.update(accept_mode="ask")
    market.buy(market.bruno, ("41", 1))
    market.settle()
    return InternalOrder.everyone.select_related("shipper").get()


@pytest.fixture
def alma(market):
    return Program(market.alma)


@pytest.fixture
def asked(market):
    return sell_one(market, ask=True)


@pytest.fixture
def placed(market):
    row = sell_one(market, ask=False)
    assert row.status == "accepted"
    return row


def test_before_it_agrees_the_shipper_sees_what_how_many_and_roughly_where_to(asked, alma):
    answer = alma.get(f"internal-orders/{asked.number}/")
    told = answer.json()
    assert set(told) == KEYS
    assert (told["status"], told["wants_answer"], told["may_ship"]) == ("planned", True, False)
    assert (told["destination"], told["trade"], told["address"]) == (
        {"country": "NL", "postcode_area": "10"},
        None,
        None,
    )
    (line,) = told["lines"]
    assert set(line) == LINE_KEYS
    assert (line["title"], line["size"], line["quantity"], line["net"]) == ("Strand Sneaker", "41", 1, None)
    text = answer.content.decode()
    for hidden in (*SECRETS, *PERSON, "1017", "bruno", "89.95", "74.34"):
        assert hidden not in text


def test_once_placed_it_sees_what_the_label_needs_and_its_net_amounts_and_never_mail_or_phone(placed, alma):
    answer = alma.get(f"internal-orders/{placed.number}/")
    told = answer.json()
    assert set(told) == KEYS
    assert told["address"] == {
        "name": "Marie Peeters", "company": "", "address1": "Kerkstraat 12", "address2": "", "zip": "1017 GA",
        "city": "Amsterdam", "province": "", "country": "NL",
    }  # fmt: skip
    assert told["trade"] == {
        "origin": "bruno-schoenen",
        "currency": "EUR",
        "net": "74.34",
        "shipping": told["trade"]["shipping"],
    }
    assert told["lines"][0]["net"] == "74.34"
    for hidden in (*SECRETS, "89.95"):
        assert hidden not in answer.content.decode()


def test_the_address_goes_when_the_parcel_has_arrived(placed, alma):
    InternalOrder.everyone.filter(pk=placed.pk).update(status="delivered")
    told = alma.get(f"internal-orders/{placed.number}/").json()
    assert told["address"] is None
    assert told["trade"]["net"] == "74.34"


def test_accepting_places_the_order_and_again_changes_nothing(market, asked, alma):
    assert alma.post(f"internal-orders/{asked.number}/accept/").status_code == 200
    first = InternalOrder.everyone.get().agreed_at
    assert first is not None
    assert alma.post(f"internal-orders/{asked.number}/accept/").status_code == 200
    assert InternalOrder.everyone.get().agreed_at == first
    market.settle()
    told = alma.get(f"internal-orders/{asked.number}/").json()
    assert (told["status"], told["address"]["name"]) == ("accepted", "Marie Peeters")
    assert len(market.orders_at(market.alma)) == 1


def test_declining_needs_a_reason_and_hands_it_on(asked, alma):
    refused = alma.post(f"internal-orders/{asked.number}/decline/", {})
    assert (refused.status_code, codes(refused)) == (400, [("reason", "required")])
    assert InternalOrder.everyone.get().status == "planned"
    told = alma.post(f"internal-orders/{asked.number}/decline/", {"reason": "not_found"}).json()
    assert (told["status"], told["address"], told["trade"]) == ("declined", None, None)


def test_shipping_enters_one_parcel_however_often_it_is_told(market, placed, alma):
    parcel = {"carrier": "PostNL", "tracking_number": "3SAPI1", "tracking_url": "https://track.example/3SAPI1"}
    told = alma.post(f"internal-orders/{placed.number}/ship/", parcel).json()
    assert told["parcels"][0]["tracking_number"] == "3SAPI1"
    assert alma.post(f"internal-orders/{placed.number}/ship/", parcel).status_code == 200
    market.settle()
    assert Parcel.everyone.count() == 1
    seen = market.order(market.bruno, Program(market.bruno).get("orders/").json()["results"][0]["id"])
    assert [one["trackingInfo"][0]["number"] for one in seen["fulfillments"]] == ["3SAPI1"]


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"carrier": ""}, "carrier", "blank"),
        ({"tracking_url": "javascript:alert(1)"}, "tracking_url", "invalid"),
        ({"lines": [{"id": 10**40, "quantity": 1}]}, "lines[0].id", "max_value"),
        ({"weight": 3}, "weight", "unknown_field"),
    ],
)
def test_a_parcel_that_is_none_is_refused(placed, alma, change, field, code):
    parcel = {"carrier": "PostNL", "tracking_number": "3SAPI1"} | change
    answer = alma.post(f"internal-orders/{placed.number}/ship/", parcel)
    assert (answer.status_code, codes(answer)) == (400, [(field, code)])
    assert Parcel.everyone.count() == 0


def test_units_that_were_not_ordered_cannot_be_shipped(placed, alma):
    line = placed.lines.get()
    for lines in ([{"id": line.pk, "quantity": 2}], [{"id": line.pk + 1, "quantity": 1}]):
        body = {"carrier": "PostNL", "tracking_number": "3SAPI1", "lines": lines}
        answer = alma.post(f"internal-orders/{placed.number}/ship/", body)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_parcel")
    assert Parcel.everyone.count() == 0


def test_what_is_not_placed_cannot_be_shipped(asked, alma):
    answer = alma.post(f"internal-orders/{asked.number}/ship/", {"carrier": "PostNL", "tracking_number": "3SAPI1"})
    assert (answer.status_code, answer.json()["code"], answer["Content-Type"]) == (
        409,
        "wrong_state",
        "application/problem+json",
    )
    assert Parcel.everyone.count() == 0


def test_a_strangers_internal_order_looks_like_one_that_is_not_there(market, asked):
    for shop in (market.cara, market.bruno):
        program = Program(shop)
        absent = program.get("internal-orders/N-999999/")
        foreign = program.get(f"internal-orders/{asked.number}/")
        assert (foreign.status_code, foreign.json()) == (404, absent.json())
        for verb, body in (
            ("accept", {}),
            ("decline", {"reason": "other"}),
            ("ship", {"carrier": "x", "tracking_number": "y"}),
        ):
            assert program.post(f"internal-orders/{asked.number}/{verb}/", body).status_code == 404
        assert program.get("internal-orders/").json()["results"] == []
    row = InternalOrder.everyone.get()
    assert (row.status, row.agreed_at) == ("planned", None)


def test_the_origin_sees_its_order_with_partner_and_tracking(market, placed, alma):
    alma.post(f"internal-orders/{placed.number}/ship/", {"carrier": "PostNL", "tracking_number": "3SAPI1"})
    (told,) = Program(market.bruno).get("orders/").json()["results"]
    assert set(told) == {
        "id", "name", "status", "currency", "placed_at", "paid_at", "cancelled_at", "is_held", "held_reason", "lines", "partners",
        "promised_from", "promised_on",
    }  # fmt: skip
    (line,) = told["lines"]
    assert (told["status"], line["unit_price"], line["status"]) == ("shipped", "89.95", "shipped")
    (partner,) = told["partners"]
    assert set(partner) == {"number", "partner", "status", "promised_from", "promised_on", "parcels"}
    assert (partner["partner"], partner["parcels"][0]["tracking_number"]) == ("alma-studio", "3SAPI1")
    one = Program(market.bruno).get(f"orders/{told['id']}/")
    assert one.json() == told


def test_the_shipper_and_strangers_do_not_see_the_customers_order(market, placed):
    (told,) = Program(market.bruno).get("orders/").json()["results"]
    for shop in (market.alma, market.cara):
        program = Program(shop)
        assert program.get("orders/").json()["results"] == []
        assert program.get(f"orders/{told['id']}/").status_code == 404
        assert program.get("orders/", status="routed").json()["results"] == []


def test_a_repeat_with_the_same_key_gets_the_same_answer_and_no_second_effect(placed, alma):
    address, parcel = f"internal-orders/{placed.number}/ship/", {"carrier": "PostNL", "tracking_number": "3SAPI1"}
    first = alma.post(address, parcel, Idempotency_Key="a-1")
    Parcel.everyone.update(carrier="Another")
    again = alma.post(address, parcel, Idempotency_Key='"a-1"')
    assert (again.status_code, again.content, again["Idempotency-Replayed"]) == (200, first.content, "true")
    other = alma.post(address, parcel | {"tracking_number": "3SAPI2"}, Idempotency_Key="a-1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert Parcel.everyone.count() == 1


@pytest.mark.parametrize("key", ["", " ", "a" * 201, "é", 'a"b', "a\tb"])
def test_a_key_that_is_none_is_refused(placed, alma, key):
    parcel = {"carrier": "PostNL", "tracking_number": "3SAPI1"}
    answer = alma.post(f"internal-orders/{placed.number}/ship/", parcel, Idempotency_Key=key)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_idempotency_key")
    assert Parcel.everyone.count() == 0


def test_an_error_keeps_no_answer_so_the_key_may_be_sent_again(placed, alma):
    address = f"internal-orders/{placed.number}/ship/"
    assert alma.post(address, {"carrier": "PostNL"}, Idempotency_Key="a-1").status_code == 400
    assert IdempotencyKey.objects.count() == 0
    good = {"carrier": "PostNL", "tracking_number": "3SAPI1"}
    assert alma.post(address, good, Idempotency_Key="a-1").status_code == 200


def test_an_answer_kept_for_repeats_is_encrypted(placed, alma):
    alma.post(
        f"internal-orders/{placed.number}/ship/",
        {"carrier": "PostNL", "tracking_number": "3SAPI1"},
        Idempotency_Key="a-1",
    )
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select body from kit_idempotencykey")
        ((raw,),) = cursor.fetchall()
    assert "Kerkstraat" not in raw
    assert json.loads(IdempotencyKey.objects.get().body)["address"]["address1"] == "Kerkstraat 12"
