"""What a store was not told of stands on the operations page, with the button that tries again; also what was given up."""

import datetime as dt
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from network.models import User
from orders.models import InternalOrder, OrderLine, OrderToRead, Return, ReturnLine
from orders.tests.town import AT, Town
from skuu.testing.signing_in import signed_in

pytestmark = pytest.mark.django_db
LATER = dt.timedelta(minutes=5)


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.fixture
def staff() -> Any:
    return signed_in(User.objects.create_superuser("ina", "ina@example.com", "x"), second_factor=True)


def listed(browser: Any, section: str, words: str = "") -> list[int]:
    answer = browser.get("/admin/operations/", {"section": section, "q": words})
    assert answer.status_code == 200
    return [row.pk for row in answer.context["page"]]


def retry(browser: Any, kind: str, *rows: Any) -> str:
    answer = browser.post(f"/admin/operations/retry/{kind}/", {"row": [row.pk for row in rows]}, follow=True)
    return " ".join(answer.content.decode().split())


def failed(line: OrderLine, **columns: Any) -> OrderLine:
    OrderLine.everyone.filter(pk=line.pk).update(push_error="Fulfilment order closed.", push_tries=9, **columns)
    return line


def test_lines_a_shop_was_not_told_of_are_listed_and_tried_again(town: Town, staff: Any) -> None:
    put_off = failed(town.order("W-1", "handed_back"), hand_back_due_at=timezone.now() + LATER)
    given_up = failed(town.order("W-2", "handed_back"))
    request = failed(town.order("W-3", "routed"))
    town.at_partner(request, "placed", placed_at=AT)
    over = failed(town.order("W-4", "cancelled"))
    fine = town.order("W-5", "routed")
    assert listed(staff, "lines") == [request.pk, given_up.pk, put_off.pk]
    assert listed(staff, "lines", "W-2") == [given_up.pk]
    before = OrderLine.everyone.filter(pk__in=[over.pk, fine.pk]).order_by("pk")
    unmoved = list(before.values())
    said = retry(staff, "line", put_off, given_up, request, over, fine)
    assert "3 will be tried again now; 2 are due within a minute anyway." in said
    due = {row.pk: (row.hand_back_due_at, row.accept_due_at) for row in OrderLine.everyone.all()}
    now = timezone.now()
    assert [due[row.pk][0] <= now and due[row.pk][1] is None for row in (put_off, given_up)] == [True, True]
    assert (due[request.pk][0], due[request.pk][1] <= now) == (None, True)
    assert set(OrderLine.everyone.exclude(pk__in=[over.pk, fine.pk]).values_list("push_tries", flat=True)) == {0}
    assert list(before.values()) == unmoved
    assert "0 will be tried again now" in retry(staff, "line", given_up)


def test_returned_units_a_store_did_not_take_are_listed_and_tried_again(town: Town, staff: Any) -> None:
    inner = town.at_partner(town.order("W-1", "returned"), "delivered", placed_at=AT)
    back = Return.everyone.create(
        number="R-000001", internal_order=inner.internal_order, reason="other", status="closed", closed_at=AT
    )
    line = ReturnLine.everyone.create(row=back, line=inner, quantity=1, as_new=1, tries=5, error="Not stocked there.")
    page = " ".join(staff.get("/admin/operations/?section=returns").content.decode().split())
    assert ("R-000001: 1 × Boot" in page, "given up" in page, "Not stocked there." in page) == (True, True, True)
    assert "1 will be tried again now" in retry(staff, "return-line", line)
    line.refresh_from_db()
    assert (line.restock_due_at <= timezone.now(), line.tries) == (True, 0)
    ReturnLine.everyone.update(restock_due_at=None, restocked_at=AT)
    assert (listed(staff, "returns"), "0 will be tried again" in retry(staff, "return-line", line)) == ([], True)


def test_orders_that_could_not_be_read_are_listed_and_tried_again(town: Town, staff: Any) -> None:
    row = OrderToRead.everyone.create(
        shop=town.bruno, remote_id="gid://1", due_at=timezone.now() + LATER, tries=7, error="KeyError: 'x'"
    )
    OrderToRead.everyone.create(shop=town.bruno, remote_id="gid://2")
    assert (listed(staff, "orders"), listed(staff, "orders", "gid://2")) == ([row.pk], [])
    assert "1 will be tried again now" in retry(staff, "order", row)
    row.refresh_from_db()
    assert (row.due_at <= timezone.now(), row.tries) == (True, 0)
    row.delete()
    row.pk = 1
    assert "has been read meanwhile" in retry(staff, "order", row)


@pytest.mark.parametrize("section", ["orders", "lines", "returns"])
def test_who_may_only_look_has_no_button_and_tries_nothing(town: Town, section: str) -> None:
    row = OrderToRead.everyone.create(shop=town.bruno, remote_id="1", due_at=timezone.now() + LATER, error="x")
    failed(town.order("W-1", "handed_back"))
    clerk = User.objects.create_user("clara", "clara@example.com", "x", is_staff=True)
    model = {"orders": "ordertoread", "lines": "orderline", "returns": "returnline"}[section]
    clerk.user_permissions.add(Permission.objects.get(codename=f"view_{model}"))
    browser = signed_in(clerk, second_factor=True)
    page = browser.get("/admin/operations/", {"section": section})
    assert (page.status_code, "Try again now" in page.content.decode()) == (200, False)
    kind = {"orders": "order", "lines": "line", "returns": "return-line"}[section]
    assert browser.post(f"/admin/operations/retry/{kind}/", {"row": row.pk}).status_code == 403
    row.refresh_from_db()
    assert (row.due_at > timezone.now(), InternalOrder.everyone.count()) == (True, 0)
