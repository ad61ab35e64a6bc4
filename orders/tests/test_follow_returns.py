"""Returns that the selling shop makes in its own admin become ours at the partner, whatever was heard and in which order."""

from typing import Any

import pytest
from django.utils import timezone

from network.connectors.base import connector_for
from network.connectors.returned import RemoteReturn, RemoteReturnLine
from network.models import Notice
from network.topics import Received
from orders.accept import read_due
from orders.direct import choose_rule
from orders.follow_returns import follow_returns
from orders.handlers import returns_changed
from orders.models import InternalOrder, OrderToRead, Return, ReturnLine
from orders.return_goods import announce_return, inspect_return, receive_return
from orders.returnable import units_left
from orders.tests.make import Market

RETURNABLE = """query($id: ID!) { returnableFulfillments(orderId: $id, first: 5) { nodes {
  returnableFulfillmentLineItems(first: 5) { nodes { quantity fulfillmentLineItem { id } } } } } }"""
OPEN = "mutation($i: ReturnInput!) { returnCreate(returnInput: $i) { return { id name } userErrors { message } } }"
ASK = "mutation($i: ReturnRequestInput!) { returnRequest(input: $i) { return { id } userErrors { message } } }"
APPROVE = "mutation($id: ID!) { returnApproveRequest(input: {id: $id}) { return { id } userErrors { message } } }"
CANCEL = "mutation($id: ID!) { returnCancel(id: $id) { return { id } userErrors { message } } }"
LINES = """query($id: ID!) { return(id: $id) { returnLineItems(first: 5) { nodes { id } } } }"""
REMOVE = """mutation($id: ID!, $r: [ReturnLineItemRemoveFromReturnInput!]) {
  removeFromReturn(returnId: $id, returnLineItems: $r) { return { id } userErrors { message } } }"""


@pytest.fixture
def sent(market: Market) -> InternalOrder:
    """Two units of 42 that Alma shipped for Bruno, shown in Bruno's order."""
    market.buy(market.bruno, ("42", 2))
    market.settle()
    market.ship(InternalOrder.everyone.get())
    market.sweep()
    return InternalOrder.everyone.select_related("shipper", "order__shop").get()


def ask(market: Market, query: str, field: str, **variables: Any) -> str:
    answer = market.ask(market.bruno, query, **variables)[field]
    assert answer["userErrors"] == []
    return str(answer["return"]["id"])


def lines(market: Market, sent: InternalOrder, units: int) -> dict[str, Any]:
    (parcel,) = market.ask(market.bruno, RETURNABLE, id=sent.order.remote_id)["returnableFulfillments"]["nodes"]
    (row,) = parcel["returnableFulfillmentLineItems"]["nodes"]
    one = {
        "fulfillmentLineItemId": row["fulfillmentLineItem"]["id"],
        "quantity": units,
        "returnReason": "SIZE_TOO_SMALL",
    }
    return {"orderId": sent.order.remote_id, "returnLineItems": [one]}


def opened(market: Market, sent: InternalOrder, units: int = 1) -> str:
    return ask(market, OPEN, "returnCreate", i=lines(market, sent, units))


def hear(market: Market, payload: dict[str, Any], topic: str = "returns/approve") -> None:
    now = timezone.now()
    returns_changed(market.bruno, [Received(1, topic, payload, now, now)])
    read_due()


def stands() -> list[tuple[str, str, int]]:
    rows = ReturnLine.everyone.order_by("pk").select_related("row")
    return [(line.row.status, line.row.reason, line.quantity) for line in rows]


def test_a_return_of_the_shops_own_admin_is_announced_to_the_partner(market, sent):
    remote = opened(market, sent, 2)
    hear(market, {"admin_graphql_api_id": remote, "order": {"admin_graphql_api_id": sent.order.remote_id}})
    made = Return.everyone.get()
    assert (made.remote_id, made.internal_order_id, made.destination) == (remote, sent.pk, "shipper")
    assert stands() == [("announced", "too_small", 2)]
    assert (made.why_there, made.considered["rule"]) == ("Returns go back to who shipped them.", "shipper")
    (told,) = Notice.everyone.filter(kind="return")
    assert (told.shop_id, told.subject) == (market.alma.pk, f"{made.number}: a parcel comes back to you")
    assert inspect_return(made, {made.lines.get().line_id: {"as_new": 2}}, by="alma").status == "closed"


def test_a_message_that_names_only_the_return_and_one_that_never_came_do_the_same(market, sent):
    remote = opened(market, sent)
    hear(market, {"admin_graphql_api_id": remote}, "returns/update")
    assert stands() == [("announced", "too_small", 1)]
    opened(market, sent)
    market.sweep(market.bruno)
    assert [status for status, _, _ in stands()] == ["announced", "announced"]


def test_messages_twice_and_late_change_nothing_more(market, sent):
    remote = opened(market, sent)
    began = timezone.now()
    told = connector_for(market.bruno).returns_of(sent.order.remote_id)
    named = {"id": int(remote.rpartition("/")[2]), "order_id": int(sent.order.remote_id.rpartition("/")[2])}
    for _ in range(3):
        hear(market, named)
    ask(market, CANCEL, "returnCancel", id=remote)
    hear(market, named, "returns/cancel")
    assert follow_returns(sent.order, told, began) == 0  # what was read before the cancellation comes last
    assert stands() == [("cancelled", "too_small", 1)]
    assert list(units_left(sent).values()) == [2]
    assert not OrderToRead.everyone.exists()


def test_a_cancellation_heard_before_anything_else_leaves_nothing(market, sent):
    remote = opened(market, sent)
    ask(market, CANCEL, "returnCancel", id=remote)
    hear(market, {"admin_graphql_api_id": remote, "order_id": int(sent.order.remote_id.rpartition("/")[2])})
    assert not Return.everyone.exists()
    assert list(units_left(sent).values()) == [2]


def test_what_a_customer_only_asks_for_waits_for_the_shops_yes(market, sent):
    remote = ask(market, ASK, "returnRequest", i=lines(market, sent, 1))
    market.sweep(market.bruno)
    assert not Return.everyone.exists()
    ask(market, APPROVE, "returnApproveRequest", id=remote)
    market.sweep(market.bruno)
    assert stands() == [("announced", "too_small", 1)]


def test_fewer_units_there_are_fewer_units_here_until_they_have_arrived(market, sent):
    remote = opened(market, sent, 2)
    market.sweep(market.bruno)
    (line,) = market.ask(market.bruno, LINES, id=remote)["return"]["returnLineItems"]["nodes"]
    ask(market, REMOVE, "removeFromReturn", id=remote, r=[{"returnLineItemId": line["id"], "quantity": 1}])
    market.sweep(market.bruno)
    assert (stands(), list(units_left(sent).values())) == ([("announced", "too_small", 1)], [1])
    receive_return(Return.everyone.get(), by="alma")
    ask(market, CANCEL, "returnCancel", id=remote)
    market.sweep(market.bruno)
    assert stands() == [("received", "too_small", 1)]


def test_a_return_announced_with_us_by_hand_is_recognised(market, sent):
    by_hand = announce_return(sent, [(sent.lines.get().pk, 2)], reason="not_liked", by="bruno")
    remote = opened(market, sent, 2)
    market.sweep(market.bruno)
    (only,) = Return.everyone.all()
    assert (only.pk, only.remote_id, only.status) == (by_hand.pk, remote, "announced")


def test_no_word_of_the_customers_is_read(market, sent):
    given = lines(market, sent, 1)
    given["returnLineItems"][0]["returnReasonNote"] = "Call Marie on +31612345678"
    ask(market, OPEN, "returnCreate", i=given)
    market.sweep(market.bruno)
    made = Return.everyone.get()
    assert made.words == ""
    assert "Marie" not in str(list(Return.everyone.values()))


def test_its_own_return_stays_open_for_who_refunds_the_customer(market, sent):
    remote = opened(market, sent, 2)
    hear(market, {"admin_graphql_api_id": remote, "order": {"admin_graphql_api_id": sent.order.remote_id}})
    made = Return.everyone.get()
    inspect_return(made, {made.lines.get().line_id: {"as_new": 2}}, by="alma")
    assert market.ask(market.bruno, "query($id: ID!) { return(id: $id) { status } }", id=remote)["return"] == {
        "status": "OPEN"
    }
    (told,) = Notice.everyone.filter(kind="return_closed")
    assert told.body.endswith("Refund your customer and process your own store’s return.")


def test_other_goods_in_a_takers_parcel_come_with_their_own_place_and_price_or_not_at_all(market):
    """Bruno's customer sends a 41 back to Cara, who takes it over; his staff adds the 42 to the return, then Cara stops."""
    market.buy(market.bruno, ("41", 1), ("42", 1), ("43", 1))
    market.settle()
    market.ship(InternalOrder.everyone.get())
    market.sweep()
    choose_rule(market.bruno.merchant, "nearest", by="bruno")
    choose_rule(market.cara.merchant, takes_over=True, by="cara")
    type(market.bruno).everyone.filter(pk=market.bruno.pk).update(postcode="6211 CP")
    row = InternalOrder.everyone.select_related("shipper", "order__shop__merchant").get()
    parcel = row.parcels.get()
    one, two, three = (line.order_line.remote_id for line in row.lines.order_by("pk"))

    def told(*sold: str) -> RemoteReturn:
        back = tuple(RemoteReturnLine(parcel.mirror_remote_id, line, 1, "too_small") for line in sold)
        return RemoteReturn("gid://shopify/Return/1", "#1-R1", "open", back)

    for lines in ((one,), (one, two)):
        follow_returns(row.order, [told(*lines)], timezone.now())
    made = Return.everyone.get()
    assert made.destination == "taker"
    assert [(line.restock_level_id, line.takeover_minor) for line in made.lines.order_by("pk")] == [
        (market.level(market.cara, "41").pk, 5947), (market.level(market.cara, "42").pk, 5947),
    ]  # fmt: skip
    choose_rule(market.cara.merchant, takes_over=False, by="cara")
    assert follow_returns(row.order, [told(one, two, three)], timezone.now()) == 0
    assert made.lines.count() == 2
    assert Notice.everyone.get(kind="return_not_announced").shop_id == market.bruno.pk
    assert follow_returns(row.order, [told(three)], timezone.now()) == 1
    made.refresh_from_db()
    assert (made.status, sum(units_left(row).values())) == ("cancelled", 3)
