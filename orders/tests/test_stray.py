"""Parcels that left although their orders had been taken away: they count or are flagged."""

import datetime as dt

import pytest
from django.utils import timezone

from catalog.claim import check_claims
from network.models import Membership, Notice, User
from orders.cancel import cancel_due
from orders.fulfil import BeingCalledBack, decline_internal_order, ship_internal_order
from orders.models import InternalOrder, OrderLine, Parcel, StrayParcel
from orders.place import place_due
from orders.route import route_due
from orders.stray import note_seen
from orders.tests.make import hurry
from skuu.kit.errors import WrongState
from skuu.testing.calling import Program
from skuu.testing.signing_in import signed_in

NET = 7434  # of a pair at 89.95 with 21 % VAT


def enter(row: InternalOrder, number: str = "3SAFTER1", **more) -> Parcel:
    return ship_internal_order(row, carrier="PostNL", number=number, already_left=True, by="alma", **more)


def told(kind: str) -> dict[str, str]:
    return dict(Notice.everyone.filter(kind=kind).values_list("shop__name", "body"))


@pytest.fixture
def sold(market) -> InternalOrder:
    market.order_id = market.buy(market.bruno, ("42", 1))
    market.settle()
    return InternalOrder.everyone.get()


@pytest.fixture
def given_away(market, sold) -> InternalOrder:
    """Alma's store has cancelled it, and Dora has been asked."""
    decline_internal_order(sold, "Not handed over in time.", by="network")
    market.settle()
    hurry()
    market.settle()
    sold.refresh_from_db()
    assert (sold.status, sold.cancel_done_at is not None, market.orders_at(market.alma)) == ("declined", True, [])
    return sold


def test_what_had_left_before_it_was_given_away_counts_and_the_next_partner_is_called_back(market, given_away):
    parcel = enter(given_away)
    market.settle()
    hurry()
    market.settle()
    first, second = InternalOrder.everyone.order_by("pk")
    assert [(row.shipper, row.status) for row in (first, second)] == [
        (market.alma, "shipped"),
        (market.dora, "cancelled"),
    ]
    assert OrderLine.everyone.get().status == "shipped"
    (shown,) = market.order(market.bruno, market.order_id)["fulfillments"]
    assert shown["trackingInfo"][0]["number"] == "3SAFTER1"
    stray = StrayParcel.everyone.get()
    assert (stray.internal_order, stray.was, stray.is_paid, stray.net_minor, stray.told_by, stray.seen_at) == (
        first, "declined", True, NET, "alma", None,
    )  # fmt: skip
    both = told("shipped_after_cancel")
    assert sorted(both) == ["alma-studio", "bruno-schoenen"]
    assert all("74.34" in body for body in both.values())
    assert ("You are paid for it." in both["alma-studio"], "alma" in both["bruno-schoenen"].lower()) == (True, False)
    parcel.refresh_from_db()
    assert (parcel.push_due_at, parcel.error) == (None, "")  # there is no order left in that store to enter it in


def test_units_that_the_store_put_back_are_offered_to_nobody_until_its_figure_moves(market, given_away):
    level = market.level(market.alma, "42")
    assert (level.available, level.claimed, level.phantom) == (3, 0, 0)
    enter(given_away)
    level.refresh_from_db()
    assert (level.available, level.claimed, level.phantom) == (3, 0, 1)
    assert "take them out again" in told("figure_too_high")["alma-studio"].lower()
    assert check_claims() == []


def test_told_again_it_is_one_parcel_and_one_doubt(market, given_away):
    assert enter(given_away) == enter(given_away)
    assert (market.level(market.alma, "42").phantom, Parcel.everyone.count(), StrayParcel.everyone.count()) == (1, 1, 1)


def test_what_another_partner_has_sent_as_well_is_kept_and_not_paid(market, given_away):
    second = InternalOrder.everyone.get(shipper=market.dora)
    ship_internal_order(second, carrier="PostNL", number="3SFIRST", by="dora")
    market.settle()
    enter(given_away)
    market.settle()
    given_away.refresh_from_db()
    second.refresh_from_db()
    stray = StrayParcel.everyone.get()
    assert (given_away.status, given_away.shipped_at, second.status) == ("declined", None, "shipped")
    assert (stray.is_paid, stray.net_minor) == (False, NET)
    both = told("shipped_after_cancel")
    assert ("It is not paid for" in both["alma-studio"], "which you do not pay" in both["bruno-schoenen"]) == (
        True,
        True,
    )


def test_what_the_customer_had_cancelled_is_paid_until_it_comes_back(market, sold):
    market.cancel(market.bruno, market.order_id)
    market.sweep(market.bruno)
    hurry()
    market.settle()
    sold.refresh_from_db()
    assert (sold.status, OrderLine.everyone.get().status) == ("cancelled", "cancelled")
    enter(sold)
    market.settle()
    sold.refresh_from_db()
    line = OrderLine.everyone.get()
    assert (sold.status, line.status, line.quantity) == ("shipped", "shipped", 0)
    stray = StrayParcel.everyone.get()
    assert (stray.was, stray.is_paid) == ("cancelled", True)
    assert "which you pay until they come back" in told("shipped_after_cancel")["bruno-schoenen"]


def test_of_two_units_the_one_that_left_is_paid(market):
    market.buy(market.bruno, ("42", 2))
    market.settle()
    row = InternalOrder.everyone.get()
    decline_internal_order(row, "Not handed over in time.", by="network")
    market.settle()
    enter(row, lines=[(row.lines.get().pk, 1)])
    for _ in range(3):
        hurry()
        market.settle()
    row.refresh_from_db()
    assert (row.status, row.lines.get().shipped_quantity, StrayParcel.everyone.get().net_minor) == ("shipped", 1, NET)
    rest = InternalOrder.everyone.exclude(pk=row.pk).exclude(status="cancelled").get()
    assert (rest.shipper, rest.lines.get().quantity, OrderLine.everyone.get().status) == (market.dora, 1, "routed")


def test_where_figures_come_by_rest_the_figure_is_lowered(market):
    market.alma.platform = "api"
    market.alma.save()
    market.buy(market.bruno, ("42", 1))
    market.settle()
    row = InternalOrder.everyone.get()
    decline_internal_order(row, "Not handed over in time.", by="network")
    enter(row)
    level = market.level(market.alma, "42")
    assert (level.available, level.claimed, level.phantom) == (2, 0, 0)
    assert (check_claims(), Notice.everyone.filter(kind="figure_too_high").exists()) == ([], False)


def test_before_the_store_was_asked_to_cancel_it_takes_the_parcel(market, sold):
    decline_internal_order(sold, "Not handed over in time.", by="network")
    enter(sold)
    for _ in range(2):
        hurry()
        market.settle()
    sold.refresh_from_db()
    assert (sold.status, len(market.orders_at(market.alma)), market.available(market.alma, "42")) == ("shipped", 1, 2)
    assert Parcel.everyone.exclude(remote_id="").count() == 1


def test_a_store_that_does_not_answer_keeps_nobody_from_telling_for_long(market, sold):
    decline_internal_order(sold, "Not handed over in time.", by="network")
    now = timezone.now()
    InternalOrder.everyone.filter(pk=sold.pk).update(cancel_begun_at=now)
    with pytest.raises(BeingCalledBack, match="in a few minutes"):
        enter(sold)
    assert (Parcel.everyone.count(), StrayParcel.everyone.count()) == (0, 0)
    InternalOrder.everyone.filter(pk=sold.pk).update(cancel_begun_at=now - dt.timedelta(minutes=11))
    enter(sold)
    assert StrayParcel.everyone.get().is_paid is True
    assert cancel_due() == 0  # the parcel ended the cancellation


@pytest.mark.parametrize(
    "facts",
    [
        {"status": "cancelled", "placed_at": None, "cancel_done_at": timezone.now()},
        {"status": "declined", "cancel_wanted_at": timezone.now() - dt.timedelta(days=61)},
    ],
    ids=["never placed", "too long ago"],
)
def test_what_its_shipper_never_had_or_tells_too_late_is_refused(market, sold, facts):
    InternalOrder.everyone.filter(pk=sold.pk).update(**facts)
    before = market.level(market.alma, "42").phantom
    with pytest.raises(WrongState, match="cannot be shipped"):
        enter(sold)
    sold.refresh_from_db()
    assert (sold.status, Parcel.everyone.count(), StrayParcel.everyone.count()) == (facts["status"], 0, 0)
    assert (market.level(market.alma, "42").phantom, Notice.everyone.filter(kind="shipped_after_cancel").count()) == (
        before,
        0,
    )


def test_a_parcel_from_the_store_itself_is_kept_the_same_way_and_staff_look_once(market, sold):
    market.ship(sold, "3SFAST")
    decline_internal_order(sold, "no_capacity", by="alma")
    route_due()
    place_due()
    market.settle()
    stray = StrayParcel.everyone.get()
    assert (stray.is_paid, stray.net_minor, stray.told_by) == (True, NET, "shipper's store")
    assert (note_seen(stray, by="sam"), note_seen(stray, by="kim")) == (True, False)
    stray.refresh_from_db()
    assert (stray.seen_by, stray.seen_at is not None) == ("sam", True)


def test_by_api_it_is_shipped_with_one_word_more_and_says_what_was_kept(market, given_away):
    alma = Program(market.alma)
    door = f"internal-orders/{given_away.number}/"
    before = alma.get(door).json()
    assert (before["may_ship"], before["may_tell_sent"], before["stray"]) == (False, True, None)
    parcel = {"carrier": "PostNL", "tracking_number": "3SAPI1"}
    refused = alma.post(f"{door}ship/", parcel)
    assert (refused.status_code, refused.json()["code"], Parcel.everyone.count()) == (409, "taken_away", 0)
    answer = alma.post(f"{door}ship/", parcel | {"already_left": True})
    told = answer.json()
    assert (answer.status_code, told["status"], told["may_tell_sent"]) == (200, "shipped", False)
    assert {key: told["stray"][key] for key in ("was", "paid", "net")} == {
        "was": "declined",
        "paid": True,
        "net": "74.34",
    }


def test_the_portal_asks_whether_it_has_left_and_staff_find_it_in_a_list(market, given_away, admin_user):
    person = User.objects.create_user("alma@example.com", email="alma@example.com")
    Membership.objects.create(user=person, merchant=market.alma.merchant, role="operations")
    alma, page = signed_in(person), f"/to-ship/{given_away.number}/"
    assert "Has the parcel left already?" in alma.get(page).content.decode()
    parcel = {"carrier": "PostNL", "number": "3SDOOR12345"}
    refused = alma.post(f"{page}ship/", parcel)  # from a page of before
    assert (refused.status_code, Parcel.everyone.count()) == (409, 0)
    answer = alma.post(f"{page}ship/", parcel | {"left": "1"})
    assert (answer.status_code, answer["Location"]) == (302, page)
    text = alma.get(page).content.decode()
    assert ("you are paid for goods of" in text, "Has the parcel left already?" in text) == (True, False)
    staff, rows = signed_in(admin_user, second_factor=True), "/admin/orders/strayparcel/"
    assert given_away.number in staff.get(rows, {"seen": "no"}).content.decode()
    stray = StrayParcel.everyone.get()
    assert staff.post(rows, {"action": "looked_at", "_selected_action": [stray.pk]}).status_code == 302
    stray.refresh_from_db()
    assert stray.seen_by == admin_user.get_username()
    assert given_away.number not in staff.get(rows, {"seen": "no"}).content.decode()
