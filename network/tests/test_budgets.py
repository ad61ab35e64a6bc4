"""A store's points are set aside before a call and shared by all; a store that does not answer is left alone for a while."""

import time

import pytest
from django.utils import timezone

from network import budgets
from network.budgets import Budget
from network.connectors.base import ConnectorError
from network.models import Merchant, OperationCost, Shop, StoreBudget

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_learnt(monkeypatch):
    monkeypatch.setattr(budgets, "_costs", {})


@pytest.fixture
def shop() -> Shop:
    merchant = Merchant.everyone.create(name="Bruno", legal_name="Bruno BV", country="NL")
    return Shop.everyone.create(merchant=merchant, domain="bruno.myshopify.com", name="Bruno", country="NL")


def told(asked=100, actual=None, current=900, maximum=1000, rate=50):
    status = {"maximumAvailable": maximum, "currentlyAvailable": current, "restoreRate": rate}
    return {"cost": {"requestedQueryCost": asked, "actualQueryCost": actual, "throttleStatus": status}}


def budget_of(shop, available, *, cost=100.0, rate=0.001, **columns):
    OperationCost.objects.create(operation="WriteShelf", asked=cost, at=timezone.now())
    StoreBudget.objects.create(shop=shop, maximum=1000, rate=rate, available=available, at=timezone.now(), **columns)
    return Budget(shop.pk, shop.domain)


def soon() -> float:
    return time.monotonic() + 0.05


def left(shop) -> int:
    return round(StoreBudget.objects.get(shop=shop).available)


def test_a_store_nobody_asked_yet_is_asked_and_its_bucket_learnt(shop):
    budget = Budget(shop.pk, shop.domain)
    budget.set_aside("WriteShelf", writes=True, until=soon())
    budget.learn("WriteShelf", told(asked=40, actual=38, current=962))
    row = StoreBudget.objects.get()
    assert (row.shop, row.maximum, row.rate, round(row.available)) == (shop, 1000, 50, 962)
    assert OperationCost.objects.get().asked == 40


def test_points_are_taken_before_the_call_and_given_back_as_far_as_it_cost_less(shop):
    budget = budget_of(shop, 500)
    budget.set_aside("WriteShelf", writes=True, until=soon())
    assert left(shop) == 400
    budget.learn("WriteShelf", told(asked=100, actual=30, current=900, rate=0.001))
    assert left(shop) == 470


def test_what_the_store_says_counts_when_it_is_less_than_we_believed(shop):
    budget = budget_of(shop, 800)
    budget.set_aside("WriteShelf", writes=True, until=soon())
    budget.learn("WriteShelf", told(asked=100, actual=100, current=120, rate=0.001))
    assert left(shop) == 120


def test_two_jobs_share_the_points_and_the_second_is_told_how_long_to_wait(shop):
    first, second = budget_of(shop, 150, rate=10), Budget(shop.pk, shop.domain)
    first.set_aside("WriteShelf", writes=True, until=soon())
    with pytest.raises(ConnectorError) as refused:
        second.set_aside("WriteShelf", writes=True, until=soon())
    assert (refused.value.code, refused.value.retryable) == ("throttled", True)
    assert 4.5 < refused.value.retry_after < 6
    assert left(shop) == 50


def test_a_short_wait_is_waited_out(shop):
    budget = budget_of(shop, 95, rate=100)
    budget.set_aside("WriteShelf", writes=True, until=time.monotonic() + 5)
    assert left(shop) <= 5


def test_reads_leave_a_tenth_of_the_bucket_to_writes(shop):
    budget = budget_of(shop, 190)
    with pytest.raises(ConnectorError):
        budget.set_aside("WriteShelf", writes=False, until=soon())
    budget.set_aside("WriteShelf", writes=True, until=soon())
    assert left(shop) == 90


def test_a_store_that_asks_us_to_wait_is_waited_for_by_everybody(shop):
    budget_of(shop, 1000).note_throttled(5.0)
    with pytest.raises(ConnectorError) as refused:
        Budget(shop.pk, shop.domain).set_aside("WriteShelf", writes=True, until=soon())
    assert (refused.value.code, 4 < refused.value.retry_after < 6) == ("throttled", True)
    row = StoreBudget.objects.get()
    assert (row.throttled, row.throttled_at is not None) == (1, True)


def test_a_store_that_fails_three_calls_in_a_row_is_left_alone_longer_each_time(shop):
    """Case 43: the breaker opens for this store, for all processes, and closes with the first answer."""
    budget = budget_of(shop, 1000)
    for _ in range(2):
        budget.note_failure("store_error")
        budget.set_aside("WriteShelf", writes=True, until=soon())
    for pause in (8, 16, 32):
        budget.note_failure("store_error")
        with pytest.raises(ConnectorError) as refused:
            Budget(shop.pk, shop.domain).set_aside("WriteShelf", writes=True, until=soon())
        assert refused.value.code == "resting"
        assert refused.value.retry_after == pytest.approx(pause, rel=0.2)
    StoreBudget.objects.update(blocked_until=timezone.now())
    budget.set_aside("WriteShelf", writes=True, until=soon())
    budget.learn("WriteShelf", told())
    budget.note_failure("store_error")
    budget.set_aside("WriteShelf", writes=True, until=soon())
    assert StoreBudget.objects.get().failures == 1


def test_a_refusal_is_no_failure(shop):
    budget = budget_of(shop, 1000)
    for code in ("refused", "throttled", "bad_request", "access_lost"):
        budget.note_failure(code)
    assert StoreBudget.objects.get().failures == 0
