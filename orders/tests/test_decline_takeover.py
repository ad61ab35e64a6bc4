"""A taker declines one parcel: its goods go elsewhere, the selling shop is told why, the next receiver nothing of the one before."""

import pytest
from django.utils import timezone

from network.models import Membership, Notice, Shop, User
from orders.decline_takeover import decline_takeover
from orders.direct import choose_rule
from orders.models import InternalOrder, Return
from orders.restock import restock_due
from orders.return_goods import announce_return, cancel_return, inspect_return, receive_return
from orders.returns_desk import cases_of, find_case, returns_of
from orders.tests.make import Market
from skuu.kit.errors import NotFound, NotPossible, WrongState
from skuu.testing.calling import Program
from skuu.testing.signing_in import signed_in


@pytest.fixture
def announced(market: Market) -> Return:
    """Cara takes over two pairs that Alma shipped for Bruno."""
    market.buy(market.bruno, ("42", 2))
    market.settle()
    market.ship(InternalOrder.everyone.get())
    market.sweep()
    choose_rule(market.bruno.merchant, "nearest", by="bruno")
    choose_rule(market.cara.merchant, takes_over=True, by="cara")
    Shop.everyone.filter(pk=market.bruno.pk).update(postcode="6211 CP")
    row = InternalOrder.everyone.select_related("shipper", "order__shop__merchant").get()
    return announce_return(row, [(row.lines.get().pk, 2)], reason="too_small", destination="rule", by="bruno")


def as_it_stands() -> Return:
    return Return.everyone.select_related("internal_order__shipper", "internal_order__order__shop__merchant").get()


def test_the_goods_go_where_the_rule_sends_them_without_that_taker(market, announced):
    decline_takeover(announced, "Our stock room is  full.", by="cara")
    row = as_it_stands()
    (line,) = row.lines.all()
    assert (row.status, row.destination, row.receiver_id) == ("announced", "shipper", None)
    assert (line.restock_level_id, line.takeover_minor, line.quantity) == (None, None, 2)
    assert row.why_there == (
        "cara-mode declined: Our stock room is full. alma-studio is nearest to the customer: 58 km."
    )
    (declined,) = row.considered["declined"]
    assert (declined["shop"], declined["why"]) == (market.cara.pk, "Our stock room is full.")
    assert market.cara.pk not in [place["shop"] for place in row.considered["places"]]
    assert "vat" not in row.considered


def test_each_is_told_its_own_part_and_the_taker_sees_it_no_more(market, announced):
    decline_takeover(announced, "Full.", by="cara")
    told = {(one.shop_id, one.kind): one for one in Notice.everyone.filter(key__contains=announced.number)}
    assert set(told) == {
        (market.cara.pk, "return"), (market.alma.pk, "return"), (market.bruno.pk, "return_redirected"),
    }  # fmt: skip
    assert (told[market.cara.pk, "return"].done_at is None, told[market.alma.pk, "return"].done_at) == (False, None)
    assert "cara-mode declined: Full." in told[market.bruno.pk, "return_redirected"].body
    with pytest.raises(NotFound):
        find_case(market.cara.merchant, announced.number)
    theirs = find_case(market.alma.merchant, announced.number)
    steps = " ".join(theirs.row.changes.values_list("reason", flat=True))
    said = f"{steps} {theirs.address} {told[market.alma.pk, 'return'].body} {told[market.alma.pk, 'return'].subject}"
    assert (theirs.inspects, theirs.weighed, "cara" in said.lower()) == (True, [], False)


def test_what_comes_then_is_the_shippers_and_nobody_buys_it(market, announced):
    before = [market.available(shop, "42") for shop in (market.alma, market.cara)]
    decline_takeover(announced, "Full.", by="cara")
    closed = inspect_return(as_it_stands(), {announced.lines.get().line_id: {"as_new": 2}}, by="alma")
    assert restock_due() == 1
    after = [market.available(shop, "42") for shop in (market.alma, market.cara)]
    assert [now - then for now, then in zip(after, before, strict=True)] == [2, 0]
    assert (closed.destination, closed.lines.get().takeover_minor) == ("shipper", None)


def test_declining_twice_is_declining_once(market, announced):
    for _ in range(2):
        decline_takeover(announced, "Full.", by="cara")
    assert as_it_stands().changes.count() == 2
    assert len(as_it_stands().considered["declined"]) == 1
    with pytest.raises(NotPossible):
        decline_takeover(as_it_stands(), "Full.", by="cara")


def test_goods_announced_in_time_go_back_to_their_shipper_however_late_a_taker_declines(market, announced, settings):
    settings.RETURN_DAYS = 0
    Return.everyone.update(announced_at=timezone.now() - timezone.timedelta(days=40))
    InternalOrder.everyone.update(delivered_at=timezone.now() - timezone.timedelta(days=30))
    decline_takeover(as_it_stands(), "Full.", by="cara")
    assert as_it_stands().destination == "shipper"


@pytest.mark.parametrize("happened", ["on its way", "received", "cancelled", "without a reason"])
def test_what_cannot_be_declined_stays_as_it_was(market, announced, happened):
    if happened == "on its way":
        Return.everyone.update(tracking_number="3SBACK1")
    elif happened == "received":
        receive_return(announced, by="cara")
    elif happened == "cancelled":
        cancel_return(announced, by="bruno")
    with pytest.raises(NotPossible if happened == "without a reason" else WrongState):
        decline_takeover(as_it_stands(), " " if happened == "without a reason" else "Full.", by="cara")
    row = as_it_stands()
    assert (row.destination, row.receiver_id, row.lines.get().takeover_minor) == ("taker", market.cara.pk, 5947)
    assert not Notice.everyone.filter(kind="return_redirected").exists()


def test_only_the_taker_can_by_api_and_it_answers_the_same_again(market, announced):
    path, body = f"returns/{announced.number}/decline/", {"reason": "Full."}
    codes = [Program(shop).post(path, body).status_code for shop in (market.alma, market.dora, market.bruno)]
    assert (codes, as_it_stands().destination) == ([404, 404, 403], "taker")
    cara = Program(market.cara)
    assert cara.post(path, {}).status_code == 400
    answers = [cara.post(path, body, Idempotency_Key="once") for _ in range(2)]
    assert [(one.status_code, one.json()) for one in answers] == [
        (200, {"number": announced.number, "declined": True})
    ] * 2
    assert cara.get(f"returns/{announced.number}/").status_code == 404


def test_in_the_portal_its_people_say_why(market, announced):
    person = User.objects.create_user("cara@example.com", email="cara@example.com")
    Membership.objects.create(user=person, merchant=market.cara.merchant, role="operations")
    client = signed_in(person)
    page = f"/returns/{announced.number}/"
    assert b"Cannot take it?" in client.get(page).content
    assert client.post(f"{page}decline/", {"reason": ""}).status_code == 422
    answer = client.post(f"{page}decline/", {"reason": "Closed for a week."})
    assert (answer.status_code, answer["Location"]) == (302, "/returns/")
    assert as_it_stands().destination == "shipper"
    assert client.get(page).status_code == 404
    assert list(returns_of(market.cara.merchant)) == []
    (case,) = cases_of(market.bruno.merchant, list(returns_of(market.bruno.merchant)))
    assert case.row.why_there.startswith("cara-mode declined: Closed for a week.")
