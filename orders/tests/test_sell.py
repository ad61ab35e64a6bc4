"""A shop without a platform sells from its shelf through our API: claimed, placed, shipped and called off like any other sale."""

from typing import Any

import pytest

from catalog.claim import check_claims
from catalog.models import Claim
from network.models import Shop
from orders.models import InternalOrder, InternalOrderLine, Order, OrderLine, Parcel
from orders.redact import redact_shop
from orders.tests.make import hurry
from skuu.testing.calling import Program, codes

SHIP_TO = {
    "name": "Marie Peeters", "address1": "Kerkstraat 12", "zip": "1017 GA", "city": "Amsterdam", "country": "NL",
}  # fmt: skip


@pytest.fixture
def rest(market):
    """Bruno takes part by REST: nothing of his is at any platform."""
    Shop.everyone.filter(pk=market.bruno.pk).update(platform="api", shelf_service_id="", shelf_location_id="")
    market.bruno.refresh_from_db()
    return market


@pytest.fixture
def bruno(rest):
    return Program(rest.bruno)


def sale(size: str = "42", units: int = 1, **change: Any) -> dict[str, Any]:
    line = {"variant": f"bruno-schoenen-{size}", "quantity": units, "unit_price": "89.95"}
    return {"reference": "W-1", "paid": True, "lines": [line], "ship_to": SHIP_TO} | change


def nothing_happened() -> bool:
    return not (Order.everyone.exists() or Claim.everyone.exists() or InternalOrder.everyone.exists())


def test_a_sale_is_claimed_at_once_and_placed_in_the_partners_store_with_the_label_alone(rest, bruno):
    answer = bruno.post("orders/", sale())
    told = answer.json()
    assert answer.status_code == 201
    assert (told["id"], told["name"], told["status"], told["currency"]) == ("W-1", "W-1", "routed", "EUR")
    (line,) = told["lines"]
    assert (line["id"], line["sku"], line["quantity"], line["unit_price"]) == ("1", "bruno-schoenen-42", 1, "89.95")
    assert told["paid_at"] is not None
    assert Claim.everyone.get().status == "live"
    before = len(rest.calls(rest.bruno))
    rest.settle()
    internal = InternalOrder.everyone.select_related("shipper").get()
    assert (internal.status, internal.shipper_id) == ("accepted", rest.alma.pk)
    assert InternalOrderLine.everyone.get().net_minor == 7434
    seen = rest.order(rest.alma, internal.remote_id)
    assert seen["shippingAddress"] == {
        "name": "Marie Peeters",
        "address1": "Kerkstraat 12",
        "zip": "1017 GA",
        "phone": None,
    }
    assert (seen["email"], seen["phone"], seen["customer"]) == (None, None, None)
    assert len(rest.calls(rest.bruno)) == before


def test_slip_and_tracking_page_speak_the_language_it_was_bought_in(rest, bruno):
    assert bruno.post("orders/", sale(locale="french, please")).status_code == 400
    assert nothing_happened()
    assert bruno.post("orders/", sale(locale="fr-BE")).status_code == 201
    bruno.post("orders/", sale(reference="W-2", paid=False))
    assert list(Order.everyone.order_by("pk").values_list("locale", flat=True)) == ["fr-BE", ""]
    bruno.post("orders/", sale(locale="fr-BE"))
    assert Order.everyone.get(remote_id="W-1").locale == "fr-BE"


def test_the_tracking_is_read_here_and_nothing_is_left_to_do(rest, bruno):
    bruno.post("orders/", sale())
    rest.settle()
    rest.ship(InternalOrder.everyone.select_related("shipper").get(), "3SSELL")
    rest.sweep(rest.alma)
    hurry()
    rest.settle()
    told = bruno.get("orders/W-1/").json()
    (partner,) = told["partners"]
    assert (told["status"], partner["partner"]) == ("shipped", "alma-studio")
    assert partner["parcels"][0]["tracking_number"] == "3SSELL"
    parcel, line = Parcel.everyone.get(), OrderLine.everyone.get()
    assert (parcel.mirrored, parcel.error) == (parcel.mirror_wanted, "")
    assert (line.accept_due_at, line.hand_back_due_at, line.push_error) == (None, None, "")
    late = bruno.post("orders/W-1/cancel/")
    assert (late.status_code, late.json()["code"]) == (409, "already_shipped")
    assert Order.everyone.get().cancelled_at is None
    assert check_claims() == []


def test_a_sale_is_partly_handed_back_with_the_reason_when_nobody_can_ship_all_of_it(rest, bruno):
    lines = [*sale("41")["lines"], *sale("43", 40)["lines"]]
    assert bruno.post("orders/", sale(lines=lines)).status_code == 201
    rest.settle()
    told = bruno.get("orders/W-1/").json()
    served, returned = told["lines"]
    assert (served["status"], returned["status"], told["status"]) == ("routed", "handed_back", "handed_back")
    assert returned["status_reason"].startswith("Nobody can ship it:")
    row = OrderLine.everyone.get(remote_id="2")
    assert (row.hand_back_due_at, row.push_tries, row.push_error) == (None, 1, "")
    assert row.hand_back_pushed_at is not None


def test_cancelled_before_it_ships_it_is_called_back_and_the_unit_is_free_again(rest, bruno):
    before = rest.available(rest.alma, "42")
    bruno.post("orders/", sale())
    rest.settle()
    assert rest.available(rest.alma, "42") == before - 1
    for _ in range(2):
        answer = bruno.post("orders/W-1/cancel/")
        assert answer.status_code == 200
        assert answer.json()["cancelled_at"] is not None
        rest.settle()
    assert (InternalOrder.everyone.get().status, OrderLine.everyone.get().status) == ("cancelled", "cancelled")
    assert (rest.available(rest.alma, "42"), rest.orders_at(rest.alma)) == (before, [])
    assert check_claims() == []
    again = bruno.post("orders/", sale())
    assert (again.status_code, again.json()["status"]) == (200, "cancelled")
    rest.settle()
    assert InternalOrder.everyone.count() == 1


def test_cancelled_before_it_is_paid_it_never_reaches_a_partner(rest, bruno):
    bruno.post("orders/", sale(paid=False))
    rest.settle()
    assert (InternalOrder.everyone.get().status, rest.orders_at(rest.alma)) == ("planned", [])
    assert bruno.post("orders/W-1/cancel/").json()["status"] == "cancelled"
    assert (InternalOrder.everyone.get().status, rest.level(rest.alma, "42").claimed) == ("cancelled", 0)


def test_the_same_reference_is_one_sale_and_is_paid_once_it_says_so(rest, bruno):
    first = bruno.post("orders/", sale(paid=False))
    again = bruno.post("orders/", sale(paid=False))
    assert (first.status_code, again.status_code, again.json()) == (201, 200, first.json())
    assert first.json()["paid_at"] is None
    paid = bruno.post("orders/", sale()).json()
    assert paid["paid_at"] is not None
    rest.settle()
    assert bruno.post("orders/", sale(paid=False)).json()["paid_at"] == paid["paid_at"]
    rest.settle()
    assert InternalOrder.everyone.get().status == "accepted"
    assert (Order.everyone.count(), Claim.everyone.count(), OrderLine.everyone.get().quantity) == (1, 1, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"lines": sale("42", 2)["lines"]},
        {"lines": sale("43")["lines"]},
        {"lines": [sale()["lines"][0] | {"unit_price": "79.95"}]},
        {"lines": sale()["lines"] * 2},
        {"taxes_included": False},
        {"ship_to": SHIP_TO | {"zip": "1018 GA"}},
        {"placed_at": "2026-01-05T10:00:00Z"},
    ],
    ids=["units", "size", "price", "lines", "taxes", "address", "time"],
)
def test_the_same_reference_for_another_sale_is_refused(rest, bruno, change):
    bruno.post("orders/", sale(paid=False))
    before = bruno.get("orders/W-1/").json()
    answer = bruno.post("orders/", sale(**change))
    assert (answer.status_code, answer.json()["code"]) == (409, "reference_taken")
    assert bruno.get("orders/W-1/").json() == before
    assert (Claim.everyone.count(), InternalOrder.everyone.count()) == (1, 1)


def test_an_erased_address_stays_erased_when_the_sale_is_told_again(rest, bruno):
    bruno.post("orders/", sale(paid=False))
    redact_shop(rest.bruno)
    assert bruno.post("orders/", sale()).status_code == 200
    assert Order.everyone.get().address is None


def test_a_variant_may_be_named_by_its_id_and_the_key_answers_once(rest, bruno):
    body = sale(lines=[sale()["lines"][0] | {"variant": rest.variant(rest.bruno, "42").remote_id}])
    first = bruno.post("orders/", body, Idempotency_Key="w-1")
    again = bruno.post("orders/", body, Idempotency_Key="w-1")
    assert (first.status_code, again.status_code, again["Idempotency-Replayed"]) == (201, 201, "true")
    assert (again.content, Order.everyone.count()) == (first.content, 1)


def test_a_shop_whose_platform_is_read_cannot_write_past_it(market):
    program = Program(market.bruno)
    answer = program.post("orders/", sale())
    assert (answer.status_code, answer.json()["code"]) == (409, "not_pushed_here")
    assert answer.json()["title"].startswith("Orders of bruno-schoenen are read from Shopify")
    assert nothing_happened()
    order_id = market.buy(market.bruno, ("42", 1))
    market.settle()
    refused = program.post(f"orders/{order_id}/cancel/")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_pushed_here")
    assert Order.everyone.get().cancelled_at is None


def test_a_stranger_neither_sees_nor_cancels_it_and_its_own_reference_is_its_own(rest, bruno):
    bruno.post("orders/", sale(paid=False))
    Shop.everyone.filter(pk=rest.cara.pk).update(platform="api")
    cara = Program(rest.cara)
    absent = cara.post("orders/W-2/cancel/")
    foreign = cara.post("orders/W-1/cancel/")
    assert (foreign.status_code, foreign.json()) == (404, absent.json())
    assert cara.get("orders/W-1/").status_code == 404
    assert Order.everyone.get().cancelled_at is None
    taken = cara.post("orders/", sale())
    assert (taken.status_code, taken.json()["code"]) == (422, "unknown_variant")
    own = cara.post("orders/", sale(lines=[sale()["lines"][0] | {"variant": "cara-mode-42"}]))
    assert (own.status_code, Order.everyone.filter(remote_id="W-1").count()) == (201, 2)
    assert Program().post("orders/", sale()).status_code == 401


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"email": "marie@example.com"}, "email", "unknown_field"),
        ({"ship_to": SHIP_TO | {"phone": "+31612345678"}}, "ship_to.phone", "unknown_field"),
        ({"ship_to": SHIP_TO | {"country": "Netherlands"}}, "ship_to.country", "unknown_country"),
        ({"ship_to": SHIP_TO | {"name": " "}}, "ship_to.name", "blank"),
        ({"ship_to": None}, "ship_to", "null"),
        ({"reference": "W/1"}, "reference", "invalid"),
        ({"reference": "W" * 61}, "reference", "max_length"),
        ({"currency": "euro"}, "currency", "invalid"),
        ({"paid": None}, "paid", "null"),
        ({"placed_at": "2999-01-01T00:00:00Z"}, "placed_at", "future_time"),
        ({"lines": []}, "lines", "min_length"),
        ({"lines": sale("42", 0)["lines"]}, "lines[0].quantity", "min_value"),
        ({"lines": sale("42", 10**6)["lines"]}, "lines[0].quantity", "max_value"),
        ({"lines": [sale()["lines"][0] | {"unit_price": "-1"}]}, "lines[0].unit_price", "negative"),
        ({"lines": [sale()["lines"][0] | {"unit_price": "1.234"}]}, "lines[0].unit_price", "bad_amount"),
        ({"lines": [sale()["lines"][0] | {"discount": "1"}]}, "lines[0].discount", "unknown_field"),
    ],
)
def test_what_is_no_sale_is_refused_and_nothing_is_entered(bruno, change, field, code):
    answer = bruno.post("orders/", sale(**change))
    assert (answer.status_code, codes(answer)) == (400, [(field, code)])
    assert nothing_happened()


def test_a_sale_that_cannot_be_is_refused_by_a_code(rest, bruno):
    unknown = bruno.post("orders/", sale("99"))
    assert (unknown.status_code, unknown.json()["code"], unknown.json()["variants"]) == (
        422, "unknown_variant", ["bruno-schoenen-99"],
    )  # fmt: skip
    dollars = bruno.post("orders/", sale(currency="USD"))
    assert (dollars.status_code, dollars.json()["code"]) == (422, "other_currency")
    twin = rest.variant(rest.bruno, "43")
    type(twin).everyone.filter(pk=twin.pk).update(sku="bruno-schoenen-42")
    twins = bruno.post("orders/", sale())
    assert (twins.status_code, twins.json()["code"]) == (422, "ambiguous_sku")
    Shop.everyone.filter(pk=rest.bruno.pk).update(status="installing")
    early = bruno.post("orders/", sale("42"))
    assert (early.status_code, early.json()["code"]) == (409, "not_taking_part")
    assert nothing_happened()
