"""An internal order is placed once, whatever is lost, killed or out of stock on the way."""

import datetime as dt
import json

import pytest
from django.utils import timezone

from catalog.claim import check_claims
from catalog.models import Claim
from orders.accept import read_due
from orders.failpoint import Killed, armed
from orders.models import InternalOrder, Order
from orders.place import expire_unanswered, place_due, ready_to_place
from orders.route import route_due
from orders.tests.make import hurry, live_units

POINTS = ("order_read", "order_entered", "before_create", "order_created", "remote_noted", "levels_read")


def the_end_state(market, order_id):
    """One order at Alma, one internal order, claims used, stock one less, the request accepted."""
    internal = InternalOrder.everyone.get()
    assert (internal.status, internal.shipper_id) == ("accepted", market.alma.pk)
    (placed,) = market.orders_at(market.alma, alive=False)
    assert (placed["id"], placed["sourceIdentifier"]) == (internal.remote_id, internal.number)
    assert market.orders_at(market.dora, alive=False) == []
    assert market.available(market.alma, "42") == 2
    assert [claim.status for claim in Claim.everyone.all()] == ["used"]
    assert (market.level(market.alma, "42").available, market.level(market.alma, "42").claimed) == (2, 0)
    (answer,) = market.order(market.bruno, order_id)["fulfillmentOrders"]["nodes"]
    assert (answer["requestStatus"], answer["status"]) == ("ACCEPTED", "IN_PROGRESS")
    assert check_claims() == []


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_between_two_steps_changes_nothing_at_the_end(market, point):
    order_id = market.buy(market.bruno, ("42", 1))
    with armed(point), pytest.raises(Killed):
        market.settle()
    for _ in range(2):
        hurry()
        market.settle()
    the_end_state(market, order_id)


@pytest.mark.parametrize("mode", ["drop_after", "http_502_after"])
def test_a_lost_answer_to_the_creation_leaves_one_order(market, mode):
    """Case 42, at the shipper."""
    order_id = market.buy(market.bruno, ("42", 1))
    market.standin.spoil(mode, "orderCreate", store=market.alma.domain)
    read_due()
    assert place_due() == 1  # once: settling goes on after a second, and may find what was made
    internal = InternalOrder.everyone.get()
    assert (internal.status, internal.remote_id, internal.attempted_at is None) == ("planned", "", False)
    hurry()
    market.settle()
    the_end_state(market, order_id)


def test_a_creation_that_never_arrived_is_made_again_after_the_look(market):
    order_id = market.buy(market.bruno, ("42", 1))
    market.standin.spoil("drop_before", "orderCreate", store=market.alma.domain)
    for _ in range(2):
        market.settle()
        hurry()
    market.settle()
    the_end_state(market, order_id)


def test_our_own_order_coming_back_is_recognised_and_never_sold_again(market):
    market.buy(market.bruno, ("42", 1))
    market.settle()
    market.sweep()
    assert [order.shop_id for order in Order.everyone.all()] == [market.bruno.pk]
    assert InternalOrder.everyone.count() == 1


def test_nothing_we_send_carries_e_mail_phone_or_customer(market):
    market.buy(market.bruno, ("42", 1))
    market.settle()
    sent = [row for shop in (market.alma, market.bruno) for row in market.calls(shop) if row["by"] == "app"]
    assert {"PlaceInternalOrder", "Destination"} <= {row["operation"] for row in sent}
    words = json.dumps([row["variables"] for row in sent])
    assert "marie@example.com" not in words
    assert "+31612345678" not in words
    assert "customer" not in words.lower()
    assert Order.everyone.get().address == {
        "name": "Marie Peeters",
        "company": "",
        "address1": "Kerkstraat 12",
        "address2": "",
        "city": "Amsterdam",
        "zip": "1017 GA",
        "province": "",
        "country": "NL",
    }


def test_an_unpaid_order_holds_its_unit_and_is_placed_once_paid(market):
    order_id = market.buy(market.bruno, ("42", 1), paid=False)
    market.settle()
    assert InternalOrder.everyone.get().status == "planned"
    assert live_units(market.level(market.alma, "42")) == 1
    assert market.orders_at(market.alma) == []
    market.ask(
        market.bruno, "mutation($id: ID!) { orderMarkAsPaid(input: {id: $id}) { userErrors { message } } }", id=order_id
    )
    market.sweep(market.bruno)
    the_end_state(market, order_id)


def test_a_test_order_claims_nothing_and_is_never_placed(market):
    order_id = market.buy(market.bruno, ("42", 1), test=True)
    market.settle()
    line = market.known(market.bruno, order_id).lines.get()
    assert (line.status, line.status_reason) == ("held", "A test order: nothing is claimed and nothing is placed.")
    assert (Claim.everyone.count(), InternalOrder.everyone.count()) == (0, 0)


def test_a_shipper_that_sold_its_unit_at_the_till_is_passed_over(market):
    market.standin.standin.till_sale(market.alma.domain, "alma-studio-42", available=0)
    order_id = market.buy(market.bruno, ("42", 1))
    market.settle()
    first, second = InternalOrder.everyone.order_by("pk")
    assert (first.status, first.shipper_id, first.remote_id) == ("declined", market.alma.pk, "")
    assert (second.status, second.shipper_id) == ("accepted", market.dora.pk)
    assert market.known(market.bruno, order_id).lines.get().status == "routed"
    level = market.level(market.alma, "42")
    assert level.claimed == 0
    assert max(level.available - level.phantom, 0) < 3
    assert check_claims() == []


def test_an_order_assigned_to_the_shippers_own_shelf_goes_to_the_next_partner(market):
    market.standin.spoil("route_wrong", store=market.alma.domain, location="shelf")
    market.buy(market.bruno, ("42", 1))
    market.settle()
    first, second = InternalOrder.everyone.order_by("pk")
    assert (first.status, first.status_reason) == ("failed", "The shipper's store assigned the order to its own shelf.")
    assert (second.status, second.shipper_id) == ("accepted", market.dora.pk)
    assert market.orders_at(market.alma) == []
    assert [claim.status for claim in Claim.everyone.order_by("pk")] == ["released", "used"]


def test_a_shipper_that_wants_to_be_asked_sees_nothing_placed_until_it_agrees(market):
    from orders.fulfil import accept_internal_order

    market.alma.accept_mode = "ask"
    market.alma.save()
    market.buy(market.bruno, ("42", 1))
    market.settle()
    internal = InternalOrder.everyone.get()
    assert (internal.status, internal.asks, market.orders_at(market.alma)) == ("planned", True, [])
    accept_internal_order(internal, by="alma")
    market.settle()
    internal.refresh_from_db()
    assert (internal.status, len(market.orders_at(market.alma))) == ("accepted", 1)


def test_a_shipper_that_does_not_answer_within_a_day_loses_the_order(market):
    import datetime as dt

    market.alma.accept_mode = "ask"
    market.alma.save()
    market.buy(market.bruno, ("42", 1))
    market.settle()
    assert expire_unanswered() == 0
    long_ago = InternalOrder.everyone.get().created_at - dt.timedelta(hours=25)
    InternalOrder.everyone.update(created_at=long_ago)
    Order.everyone.update(paid_at=long_ago)
    assert expire_unanswered() == 1
    market.settle()
    first, second = InternalOrder.everyone.order_by("pk")
    assert (first.status, second.status, second.shipper_id) == ("expired", "accepted", market.dora.pk)


def test_an_order_that_needs_two_partners_becomes_two_parcels_and_no_more(market):
    order_id = market.buy(market.bruno, ("42", 4))
    market.settle()
    assert sorted(InternalOrder.everyone.values_list("shipper__name", "lines__quantity")) == [
        ("alma-studio", 3),
        ("dora-laden", 1),
    ] or sorted(InternalOrder.everyone.values_list("shipper__name", "lines__quantity")) == [
        ("alma-studio", 2),
        ("dora-laden", 2),
    ]
    assert market.known(market.bruno, order_id).lines.get().status == "routed"


def test_a_second_order_with_our_number_is_cancelled_and_the_first_one_stays(market):
    market.buy(market.bruno, ("42", 1))
    market.settle()
    internal = InternalOrder.everyone.get()
    order = {
        "lineItems": [{"variantId": market.variant(market.alma, "42").remote_id, "quantity": 1}],
        "sourceIdentifier": internal.number,
    }
    from orders.tests.make import BUY

    made = market.ask(market.alma, BUY, token=market.standin.shopper_token(market.alma.domain), order=order)[
        "orderCreate"
    ]
    assert made["userErrors"] == []
    market.sweep(market.alma)
    assert [one["id"] for one in market.orders_at(market.alma)] == [internal.remote_id]


def test_an_order_that_turns_up_after_it_was_given_up_is_cancelled(market):
    market.buy(market.bruno, ("42", 1))
    with armed("order_created"), pytest.raises(Killed):
        market.settle()
    internal = InternalOrder.everyone.get()
    InternalOrder.everyone.update(status="failed", cancel_done_at=internal.created_at)
    market.sweep(market.alma)
    assert market.orders_at(market.alma) == []
    assert InternalOrder.everyone.get(status="failed").cancel_done_at is not None


def test_a_partner_that_sells_beyond_its_stock_ships_no_pair_it_does_not_have(market):
    """Alma's store takes any order; her last pair went to a customer of her own before ours came."""
    store = market.standin.standin.stores[market.alma.domain]
    with store.writing():
        for variant in store.all("ProductVariant"):
            variant["inventoryPolicy"] = "CONTINUE"
    order_id = market.buy(market.bruno, ("42", 1))
    read_due()
    market.standin.standin.till_sale(market.alma.domain, "alma-studio-42", available=0)
    market.settle()
    market.let_jobs_end(market.alma)
    market.settle()
    declined, sent = InternalOrder.everyone.order_by("pk")
    assert (declined.shipper_id, declined.status) == (market.alma.pk, "declined")
    assert (sent.shipper_id, sent.status) == (market.dora.pk, "accepted")
    assert market.orders_at(market.alma) == []
    assert market.available(market.alma, "42") == 0
    assert market.known(market.bruno, order_id).lines.get().status == "routed"
    assert check_claims() == []


def test_what_goes_into_one_parcel_says_so_in_the_shippers_own_store(market):
    market.buy(market.bruno, ("42", 1), ("43", 1))
    read_due()
    first = InternalOrder.everyone.get()
    second = InternalOrder.everyone.get()
    second.pk, second.number, second.vat = None, "N-900001", first.vat | {"supply_rate_bp": 900}
    second.save(force_insert=True)
    first.lines.filter(pk=first.lines.order_by("-pk").first().pk).update(internal_order=second)
    market.settle()
    query = "{ orders(first: 9) { nodes { sourceIdentifier note } } }"
    notes = {one["sourceIdentifier"]: one["note"] for one in market.ask(market.alma, query)["orders"]["nodes"]}
    assert notes[first.number].endswith("portal. Put it into one parcel with N-900001: one customer, one postage.")
    assert notes["N-900001"].endswith(f"portal. Put it into one parcel with {first.number}: one customer, one postage.")
    market.buy(market.cara, ("43", 1))
    market.settle()
    alone = InternalOrder.everyone.order_by("-created_at").first()
    (note,) = [
        one["note"]
        for one in market.ask(alone.shipper, query)["orders"]["nodes"]
        if one["sourceIdentifier"] == alone.number
    ]
    assert note.endswith("with the packing slip from the portal.")


def test_an_order_whose_address_was_erased_is_placed_with_nobody(market):
    market.buy(market.bruno, ("42", 1))
    for sweep in (read_due, route_due):
        sweep()
    assert list(InternalOrder.everyone.values_list("status", flat=True)) == ["planned"]
    Order.everyone.update(
        address=None, address_erased_at=timezone.now(), paid_at=timezone.now() - dt.timedelta(hours=1)
    )
    assert (ready_to_place().count(), place_due(), market.orders_at(market.alma)) == (0, 0, [])
