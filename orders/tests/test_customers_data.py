"""A customer asks what is held of them, or to have it erased: all of it is told, nobody else's; what is over goes by itself."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from network.connectors.base import RemoteAddress
from network.models import Membership, Notice, User
from orders.models import (
    AliasPeer,
    DataRequest,
    InternalOrder,
    MailAlias,
    Order,
    OrderLine,
    Parcel,
    Return,
)  # fmt: skip
from orders.redact import StillMoving, answer_data_request, erase_addresses, erase_customer, read_answer
from orders.sell import SoldLine, SoldOrder, sell_from_shelf
from orders.tests.town import AT, MARIE, Town
from skuu.testing.calling import Program
from skuu.testing.signing_in import signed_in

pytestmark = pytest.mark.django_db
OTHER = {"name": "Jan Ander", "address1": "Elders 1", "zip": "9000", "city": "Gent", "country": "BE"}


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.fixture
def whole(town: Town) -> Order:
    """An order with all that may hang on one: a parcel with events, mails, a return and what was given for it."""
    line = town.order("W-1", "returned", days=3, country="NL", locale="nl", financial_status="PAID", paid_at=AT)
    inner = town.at_partner(line, "delivered", placed_at=AT, shipped_at=AT, delivered_at=AT)
    parcel = Parcel.everyone.create(
        internal_order=inner.internal_order, carrier="PostNL", tracking_number="3S1", shipped_at=AT, delivered_at=AT
    )
    parcel.lines.create(line=inner, quantity=1)
    parcel.events.create(status="delivered", at=AT, message="At the neighbours’")
    back = Return.everyone.create(
        number="R-000001", internal_order=inner.internal_order, reason="too_small", words="She says it pinches.",
        tracking_number="3S2", status="closed", announced_at=AT, received_at=AT, closed_at=AT, verdict="Like new.",
    )  # fmt: skip
    back.lines.create(line=inner, quantity=1, as_new=1)
    OrderLine.everyone.create(
        order=line.order, remote_id="x1", variant=town.sold, title="Boot", sku="S1", quantity=1, unit_price_minor=8995,
        status="held", route_due_at=None, exchange_of=back,
    )  # fmt: skip
    alias = MailAlias.everyone.create(internal_order=inner.internal_order, token="c-1", relayed=2, made_at=AT)
    AliasPeer.everyone.create(alias=alias, token="r-1", address="joop.de.bezorger@carrier.example", fingerprint="1")
    town.order("W-2", "delivered", address=OTHER)
    return line.order


TOLD_AT = AT.isoformat()
HELD: dict[str, Any] = {
    "id": "W-1", "order": "W-1", "placed_at": TOLD_AT, "paid_at": TOLD_AT, "cancelled_at": None, "payment": "PAID",
    "refunded": None, "currency": "EUR", "held_because": "", "is_test": False, "language": "nl", "country": "NL",
    "first_seen_at": "…", "address": MARIE, "address_erased_at": None,
    "lines": [
        {"title": "Boot", "sku": "S1", "quantity": 1, "unit_price": "89.95", "status": "returned", "given_for_return": None},
        {"title": "Boot", "sku": "S1", "quantity": 1, "unit_price": "89.95", "status": "held", "given_for_return": "R-000001"},
    ],
    "sent_by": [{
        "number": "…", "shop": "Alma", "company": "Alma BE", "country": "BE", "was_given": "name and street",
        "status": "delivered", "given_at": TOLD_AT, "shipped_at": TOLD_AT, "delivered_at": TOLD_AT,
        "lines": [{"title": "Boot", "quantity": 1}],
        "parcels": [{
            "carrier": "PostNL", "tracking_number": "3S1", "tracking_url": "", "shipped_at": TOLD_AT, "delivered_at": TOLD_AT,
            "delivery_presumed": False, "cancelled_at": None, "lines": [{"title": "Boot", "quantity": 1}],
            "events": [{"at": TOLD_AT, "status": "delivered", "message": "At the neighbours’"}],
        }],
        "mail": {
            "address": "c-1@relay.localhost", "made_at": TOLD_AT, "closed_at": None, "mails_relayed": 2, "with": ["carrier.example"],
        },
    }],
    "returns": [{
        "number": "R-000001", "of": "…", "goes_to": "Alma", "reason": "too_small", "words": "She says it pinches.",
        "verdict": "Like new.", "is_lost": False, "tracking_number": "3S2", "status": "closed", "announced_at": TOLD_AT,
        "received_at": TOLD_AT, "closed_at": TOLD_AT, "lines": [{"title": "Boot", "quantity": 1, "graded": {"as_new": 1}}],
    }],
}  # fmt: skip


def test_the_file_tells_all_that_is_held_and_nothing_of_anybody_else(town: Town, whole: Order) -> None:
    told: Any = read_answer(answer_data_request(town.bruno, "1", ["W-1"]))
    (order,) = told["orders"]
    internal = whole.internal_orders.get()
    assert order["first_seen_at"] == whole.seen_at.isoformat()
    assert (order["sent_by"][0]["number"], order["returns"][0]["of"]) == (internal.number, internal.number)
    order["first_seen_at"] = order["sent_by"][0]["number"] = order["returns"][0]["of"] = "…"
    assert order == HELD
    assert sorted(told) == ["kept", "made_at", "orders", "shop"]
    text = json.dumps(told)
    assert not [word for word in ("Jan Ander", "Elders", "W-2", "joop", "bezorger") if word in text]


def test_a_partner_that_was_only_asked_was_given_no_street(town: Town) -> None:
    town.at_partner(town.order("W-1", "routed", days=0), "planned", asks=True)
    told: Any = read_answer(answer_data_request(town.bruno, "1", ["W-1"]))
    (asked,) = told["orders"][0]["sent_by"]
    assert (asked["was_given"], asked["given_at"], asked["mail"]) == (
        "country and the first two places of the postcode", None, None,
    )  # fmt: skip


def test_the_file_takes_as_many_queries_for_many_orders_as_for_one(town: Town, whole: Order) -> None:
    for number in range(5):
        town.at_partner(town.order(f"X-{number}", "shipped"), placed_at=AT)
    counts = []
    for key, names in ("1", ["W-1"]), ("2", ["W-1", *(f"X-{number}" for number in range(5))]):
        with CaptureQueriesContext(connection) as asked:
            answer_data_request(town.bruno, key, names)
        counts.append(len(asked))
    assert (counts[0], len(DataRequest.everyone.get(key="2").orders)) == (counts[1], 6)


class TestWhatIsOver:
    def test_addresses_never_paid_for_and_of_tests_go_when_their_time_is_over(self, town: Town) -> None:
        town.order("unpaid", "held")
        town.order("test", "held", is_test=True, paid_at=AT)
        town.order("called off", "cancelled")
        kept = [
            town.order("paid", "held", paid_at=AT),
            town.order("seen lately", "held", days=89),
            town.order("on its way", "routed"),
        ]
        town.at_partner(town.order("asked", "held"), "planned")
        assert (erase_addresses(), erase_addresses()) == (3, 0)
        left = set(Order.everyone.filter(address_erased_at=None).values_list("name", flat=True))
        assert left == {line.order.name for line in kept} | {"asked"}
        assert set(Order.everyone.filter(address=None).values_list("name", flat=True)) == {
            "unpaid",
            "test",
            "called off",
        }

    def test_how_long_is_the_networks_own_setting(self, town: Town, settings: Any) -> None:
        town.order("W-1", "held")
        settings.PRIVACY_ADDRESS_DAYS = 120
        assert (erase_addresses(), Order.everyone.get().address) == (0, MARIE)
        settings.PRIVACY_ADDRESS_DAYS = 60
        assert (erase_addresses(), Order.everyone.get().address) == (1, None)

    def test_what_was_erased_is_not_read_in_again_and_a_late_payment_is_handed_back(self, town: Town) -> None:
        line = town.order("W-1", "held")
        line.taxes_included = True
        line.save()
        erase_addresses()
        what = (SoldLine(town.sold.remote_id, 1, 8995),)
        order, is_new = sell_from_shelf(
            town.bruno, SoldOrder("W-1", "EUR", True, True, None, what, RemoteAddress(**MARIE))
        )
        assert (is_new, order.paid_at is not None) == (False, True)
        line.refresh_from_db()
        assert (Order.everyone.get().address, line.status, line.handed_back_units) == (None, "handed_back", 1)
        assert "after the customer’s address had been erased" in Notice.everyone.get(kind="handed_back").body
        assert not InternalOrder.everyone.exists()


class TestErasing:
    def test_it_is_refused_before_the_order_was_sent_and_nothing_changes(self, town: Town) -> None:
        order = town.order("W-1", "routed").order
        with pytest.raises(StillMoving):
            erase_customer(order, by="bruno")
        assert (Order.everyone.get().address, Order.everyone.get().address_erased_at) == (MARIE, None)

    def test_address_aliases_and_files_go_and_no_other_orders(self, town: Town, whole: Order) -> None:
        answer_data_request(town.bruno, "1", ["W-1"])
        assert (erase_customer(whole, by="bruno"), erase_customer(whole, by="bruno")) == (True, False)
        whole.refresh_from_db()
        request = DataRequest.everyone.get()
        assert (whole.address, request.contents, request.erased_at is not None) == (None, None, True)
        assert (AliasPeer.everyone.count(), MailAlias.everyone.get().closed_at is not None) == (0, True)
        assert Order.everyone.get(name="W-2").address == OTHER


class TestApi:
    def test_a_shop_asks_for_the_file_once_a_day(self, town: Town, whole: Order) -> None:
        bruno = Program(town.bruno)
        first, again = (bruno.post("orders/W-1/data-file/") for _ in range(2))
        assert (first.status_code, first["Cache-Control"], first.content == again.content) == (200, "no-store", True)
        assert first.json()["contents"]["orders"][0]["address"] == MARIE
        assert (first.json()["id"], DataRequest.everyone.count()) == (DataRequest.everyone.get().pk, 1)

    def test_a_shop_erases_a_customer(self, town: Town, whole: Order) -> None:
        bruno = Program(town.bruno)
        told = bruno.post("orders/W-1/erase/", Idempotency_Key="e-1").json()
        assert (told["id"], told["erased"], told["address_erased_at"] is not None) == ("W-1", True, True)
        assert bruno.post("orders/W-1/erase/").json()["erased"] is False
        assert Order.everyone.get(name="W-1").address is None

    def test_it_is_refused_while_a_partner_has_yet_to_send(self, town: Town) -> None:
        town.at_partner(town.order("W-1", "routed"), "placed", placed_at=AT)
        answer = Program(town.bruno).post("orders/W-1/erase/")
        assert (answer.status_code, answer.json()["code"]) == (409, "still_moving")
        assert Order.everyone.get().address == MARIE

    @pytest.mark.parametrize("door", ["data-file", "erase"])
    def test_strangers_find_no_such_order(self, town: Town, whole: Order, door: str) -> None:
        for shop in (town.cara, town.alma):
            assert Program(shop).post(f"orders/W-1/{door}/").status_code == 404
        assert (DataRequest.everyone.count(), Order.everyone.get(name="W-1").address) == (0, MARIE)


class TestPages:
    @staticmethod
    def person(town: Town, role: str) -> Any:
        user = User.objects.create_user(role, f"{role}@example.com", "x")
        Membership.everyone.create(user=user, merchant=town.bruno.merchant, role=role)
        return signed_in(user)

    def test_the_owner_has_both_buttons_and_they_do_it(self, town: Town, whole: Order) -> None:
        owner, page = self.person(town, "owner"), reverse("portal:order", args=[whole.pk])
        text = owner.get(page).content.decode()
        assert (
            reverse("portal:data_file", args=[whole.pk]) in text,
            reverse("portal:erase", args=[whole.pk]) in text,
        ) == (True, True)
        answer = owner.post(reverse("portal:data_file", args=[whole.pk]))
        assert (answer.status_code, answer.url, DataRequest.everyone.get().orders) == (302, "/privacy/", ["W-1"])
        assert owner.post(reverse("portal:erase", args=[whole.pk])).url == page
        assert Order.everyone.get(pk=whole.pk).address is None
        assert "is erased" in owner.get(page).content.decode()

    def test_others_see_no_button_and_may_not(self, town: Town, whole: Order) -> None:
        for role in ("operations", "finance", "readonly"):
            person = self.person(town, role)
            assert "/erase/" not in person.get(reverse("portal:order", args=[whole.pk])).content.decode()
            for name in ("data_file", "erase"):
                assert person.post(reverse(f"portal:{name}", args=[whole.pk])).status_code == 403
        assert (DataRequest.everyone.count(), Order.everyone.get(pk=whole.pk).address) == (0, MARIE)


class TestBackOffice:
    def test_staff_answer_and_erase_on_a_letter_and_the_shop_is_told(self, town: Town, whole: Order) -> None:
        staff = signed_in(User.objects.create_superuser("ina", "ina@example.com", "x"), second_factor=True)
        town.at_partner(moving := town.order("W-3", "routed", days=1), "placed", placed_at=AT)
        chosen = {"_selected_action": [whole.pk, moving.order_id]}
        page = reverse("admin:orders_order_changelist")
        assert staff.post(page, chosen | {"action": "data_file"}).status_code == 302
        made = DataRequest.everyone.get()
        assert (made.shop, sorted(made.orders)) == (town.bruno, ["W-1", "W-3"])
        said = staff.post(page, chosen | {"action": "erase"}, follow=True).content.decode()
        assert ("1 erased" in said, "W-3 has not been sent yet" in said) == (True, True)
        assert [row.address for row in Order.everyone.filter(name__in=["W-1", "W-3"]).order_by("name")] == [None, MARIE]
        assert Notice.everyone.get(kind="customer_erased").subject == "Order W-1: its customer’s data was erased"

    def test_staff_without_the_right_have_no_such_action(self, town: Town, whole: Order) -> None:
        from django.contrib.auth.models import Permission

        clerk = User.objects.create_user("clara", "clara@example.com", "x", is_staff=True)
        clerk.user_permissions.add(Permission.objects.get(codename="view_order"))
        browser = signed_in(clerk, second_factor=True)
        page = reverse("admin:orders_order_changelist")
        for action in ("data_file", "erase"):
            browser.post(page, {"_selected_action": [whole.pk], "action": action})
        assert (DataRequest.everyone.count(), Order.everyone.get(pk=whole.pk).address) == (0, MARIE)
