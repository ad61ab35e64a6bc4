"""The day on which a shipper hands a parcel over moves with its late order and its closing days; the page forgets no carrier."""

import datetime as dt

import pytest

from network.models import Shop
from network.sending import MOST_CARRIERS, Sending
from network.tariffs import Service, Tariff
from network.workdays import working_days_after, working_days_between
from orders.models import InternalOrder
from orders.punctual import due_on
from orders.shipping_forms import SendingForm

MONDAY = dt.date(2026, 3, 2)
DAY = dt.timedelta(days=1)


def noon(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(12), tzinfo=dt.UTC)


def planned(leaves_on: dt.date, placed: dt.date) -> InternalOrder:
    """Plan one on Monday that came to its Dutch shipper on another day."""
    shipper = Shop(pk=1, country="NL")
    return InternalOrder(shipper=shipper, leaves_on=leaves_on, created_at=noon(MONDAY), placed_at=noon(placed))


@pytest.mark.parametrize(
    ("leaves", "placed", "closed", "due"),
    [
        (0, 0, (), 0),
        (0, 3, (), 3),  # three days on hold
        (0, 0, (0,), 1),  # closed on the very day, said afterwards
        (1, 0, (1, 2, 3), 4),
        (0, 2, (1,), 2),  # Tuesday was no day to send anything; it came on Wednesday
        (4, 0, (4,), 7),  # Friday closed: Monday
    ],
)
def test_it_is_due_on_the_first_open_day_as_much_later_as_its_order_came(leaves, placed, closed, due):
    row = planned(MONDAY + leaves * DAY, MONDAY + placed * DAY)
    assert due_on(row, frozenset(MONDAY + n * DAY for n in closed)) == MONDAY + due * DAY


def test_a_day_on_which_a_shop_is_closed_makes_nothing_late():
    closed = {MONDAY + DAY, MONDAY + 2 * DAY}
    assert working_days_between("NL", MONDAY, MONDAY + 4 * DAY) == 4
    assert working_days_between("NL", MONDAY, MONDAY + 4 * DAY, closed) == 2
    assert working_days_after("NL", MONDAY, 1, closed) == MONDAY + 3 * DAY


def test_the_page_about_sending_keeps_every_carrier_that_rest_takes():
    services = tuple(Service(f"Carrier {n}", {"domestic": (500,) * 4}, {}) for n in range(MOST_CARRIERS))
    form = SendingForm.of(Sending("NL", 1, Tariff("1.1", services, {})))
    assert [form.initial[field.name] for field, _ in form.carriers()] == [one.carrier for one in services]
