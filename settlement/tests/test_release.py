"""Pending becomes payable so many days after delivery, once, and never while two merchants disagree."""

import datetime as dt

import pytest
import time_machine

from orders.models import InternalOrder
from settlement.balances import positions_of
from settlement.check import check_ledger
from settlement.close import close_cycle
from settlement.convert import convert_due
from settlement.models import Entry, Line, PayTerms
from settlement.penalties import compensate
from settlement.rates import NoRate
from settlement.release import release_due
from settlement.settle import post_shipped
from settlement.tests.cast import make_internal_order, make_merchant, make_shop

pytestmark = pytest.mark.django_db

FRIDAY = dt.datetime(2026, 10, 30, 10, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def clock(settings):
    settings.NETWORK_COUNTRY = "FR"
    with time_machine.travel(FRIDAY, tick=False) as clock:
        yield clock


@pytest.fixture
def alma():
    return make_shop(make_merchant("Alma"))


@pytest.fixture
def bruno():
    return make_shop(make_merchant("Bruno"))


def delivered(bruno, alma, *, days_ago: int, **also):
    order = make_internal_order(bruno, alma, shipped_at=FRIDAY - dt.timedelta(days=days_ago + 1), **also)
    InternalOrder.everyone.filter(pk=order.pk).update(
        status="delivered", delivered_at=FRIDAY - dt.timedelta(days=days_ago)
    )
    return order


def payable(shop) -> list[tuple[str, int, int]]:
    return [(p.currency, p.payable, p.pending) for p in positions_of(shop.merchant)]


def test_a_sale_is_payable_seventeen_days_after_its_delivery_and_not_a_day_before(alma, bruno):
    delivered(bruno, alma, days_ago=16)
    post_shipped()
    assert release_due() == 0
    assert payable(alma) == [("EUR", 0, 106_80)]
    assert release_due(FRIDAY.date() + dt.timedelta(days=1), effective_on=FRIDAY.date()) == 1
    assert payable(alma) == [("EUR", 106_80, 0)]
    assert payable(bruno) == [("EUR", -109_20, 0)]
    assert release_due(FRIDAY.date() + dt.timedelta(days=9), effective_on=FRIDAY.date()) == 0
    assert check_ledger(strict=True).findings == []


def test_a_pair_may_agree_on_other_days_and_the_most_specific_agreement_counts(alma, bruno):
    delivered(bruno, alma, days_ago=5)
    post_shipped()
    PayTerms.objects.create(release_days=30)
    PayTerms.objects.create(shipper=alma.merchant, release_days=6)
    assert release_due() == 0
    PayTerms.objects.create(origin=bruno.merchant, shipper=alma.merchant, release_days=5)
    assert release_due() == 1
    assert payable(alma) == [("EUR", 106_80, 0)]


def test_what_was_never_delivered_stays_pending(alma, bruno):
    make_internal_order(bruno, alma, shipped_at=FRIDAY - dt.timedelta(days=60))
    post_shipped()
    assert release_due() == 0
    assert payable(alma) == [("EUR", 0, 106_80)]


def test_closing_a_cycle_releases_first_and_says_how_many(alma, bruno):
    delivered(bruno, alma, days_ago=17)
    closing = close_cycle(FRIDAY.date())
    assert (closing.posted, closing.released, [s["closing"] for s in closing.statements]) == (1, 1, [106_80, -109_20])
    assert payable(alma) == [("EUR", 106_80, 0)]
    assert close_cycle(FRIDAY.date()).cycle is None
    assert check_ledger(strict=True).findings == []


def test_N17_a_sale_in_kronor_is_paid_in_euro_at_the_last_rate_published_before_a_day_without_one(alma, bruno):
    from network.models import Merchant

    Merchant.everyone.filter(pk=bruno.merchant_id).update(currency="SEK")
    delivered(bruno, alma, days_ago=17, currency="SEK")
    post_shipped()
    release_due()
    sunday = dt.date(2026, 10, 25)
    assert convert_due(sunday) == 2
    entry = Entry.objects.get(kind="fx", key__contains=f":{bruno.merchant_id}:{alma.merchant_id}:")
    assert (entry.facts["from"]["on"], entry.facts["from"]["minor"]) == ("2026-10-23", 109_20)
    euro = entry.facts["to"]["minor"]
    moved = dict(Line.objects.filter(entry=entry, currency="EUR").values_list("account__merchant__name", "amount"))
    assert moved == {"Bruno": euro, "Alma": -euro}
    assert [row for row in payable(alma) if row[0] == "SEK"] == [("SEK", 0, 0)]
    assert convert_due(sunday) == 0  # what is converted is not open any more
    assert check_ledger(strict=True).findings == []


def test_a_position_without_a_rate_is_named_and_all_others_are_closed(alma, bruno):
    delivered(bruno, alma, days_ago=17)
    # as it stood in the books before such a currency was refused
    one = {"payer": alma.merchant, "payee": bruno.merchant, "reason": "Late", "by": "ina"}
    compensate(amount=5_00, currency="BBD", key="b", **one)
    compensate(amount=11_00, currency="SEK", key="s", **one)
    with pytest.raises(NoRate):
        convert_due(FRIDAY.date())
    assert Entry.objects.filter(kind="fx").count() == 0
    closing = close_cycle(FRIDAY.date(), by="ina")
    assert list(closing.refused) == ["the conversion of BBD5.00 between Alma and Bruno"]
    assert "No exchange rate of BBD" in closing.refused["the conversion of BBD5.00 between Alma and Bruno"]
    assert (closing.posted, closing.released, closing.converted) == (1, 1, 1)
    assert [row for row in payable(bruno) if row[0] == "BBD"] == [("BBD", 5_00, 0)]
    assert closing.cycle is not None
    assert {s["currency"] for s in closing.statements} == {"BBD", "EUR", "SEK"}
    assert check_ledger(strict=True).findings == []
