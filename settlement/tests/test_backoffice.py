"""The books are readable in the back office and changeable nowhere."""

import pytest
from django.urls import reverse
from django.utils import timezone

from network.models import User
from settlement.close import close_cycle
from settlement.models import Account, Cycle, Entry, Period, Statement
from settlement.tests.cast import make_internal_order, make_merchant, make_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client, settings):
    settings.STAFF_SECOND_FACTOR = False
    client.force_login(User.objects.create_superuser("staff", "staff@example.com", "a long password"))
    return client


@pytest.fixture
def books():
    order = make_internal_order(make_shop(make_merchant("Bruno")), make_shop(make_merchant("Alma")))
    close_cycle(timezone.localdate())
    return order


@pytest.mark.parametrize("model", [Account, Entry, Cycle, Period, Statement])
def test_every_table_of_the_books_is_listed_searched_and_opened(staff, books, model):
    name = model._meta.model_name
    listing = reverse(f"admin:settlement_{name}_changelist")
    assert staff.get(listing).status_code == 200
    assert staff.get(listing, {"q": "2026-01-01" if model is Period else "Alma"}).status_code == 200
    row = model._base_manager.order_by("pk").first()
    assert staff.get(reverse(f"admin:settlement_{name}_change", args=[row.pk])).status_code == 200


@pytest.mark.parametrize("model", [Account, Entry, Cycle, Period, Statement])
def test_nothing_in_the_books_can_be_added_changed_or_deleted_by_a_form(staff, books, model):
    name = model._meta.model_name
    row = model._base_manager.order_by("pk").first()
    before = list(model._base_manager.values())
    assert staff.post(reverse(f"admin:settlement_{name}_add"), {}).status_code == 403
    assert staff.post(reverse(f"admin:settlement_{name}_change", args=[row.pk]), {"currency": "SEK"}).status_code == 403
    assert staff.post(reverse(f"admin:settlement_{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    assert list(model._base_manager.values()) == before


def test_an_entry_is_found_by_its_internal_order_and_shows_its_lines(staff, books):
    page = staff.get(reverse("admin:settlement_entry_changelist"), {"q": books.number})
    assert f"ship:internal_order:{books.pk}" in page.content.decode()
    entry = Entry.objects.get(kind="ship")
    shown = staff.get(reverse("admin:settlement_entry_change", args=[entry.pk])).content.decode()
    assert "€102.00" in shown
    assert "-€102.00" in shown
