"""Many at once: one row for one message, one refresh for one token."""

import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from network import receive, tokens, topics
from network.conftest import consent, merchant_of
from network.connectors.base import AccessLost, ConnectorError, connector_for
from network.connectors.shopify import auth
from network.connectors.shopify.standin.world.tiny import BRUNO
from network.models import InboundEvent, Notice, Shop, ShopCredential
from network.tests.test_receive import head
from skuu.testing.cloned import cloned_database

pytestmark = pytest.mark.urls("network.urls")


@pytest.fixture
def database(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """A database of our own in which every thread commits."""
    with django_db_blocker.unblock(), cloned_database():
        yield


@pytest.fixture
def bruno(database: None, standin: Any) -> Shop:
    from network import connect

    merchant = merchant_of(BRUNO)
    url, state = connect.begin_install(merchant, BRUNO, by="test")
    return connect.complete_install(merchant, consent(standin, url, BRUNO), state=state, by="test")


def at_once(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Run the same work in so many threads that start together; an error is a result."""
    start, results = threading.Barrier(count), [None] * count

    def run(place: int) -> None:
        try:
            start.wait()
            results[place] = work(place)
        except Exception as error:  # noqa: BLE001 - an error is a result here
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def test_a_message_delivered_sixteen_times_at_once_is_one_row(bruno, settings):
    """Case 6."""
    body = json.dumps({"n": 1}).encode()
    headers = head(settings, body)

    def deliver(_: int) -> int:
        answer = Client().post("/webhooks/shopify/", data=body, content_type="application/json", headers=headers)
        return answer.status_code

    assert at_once(16, deliver) == [200] * 16
    assert InboundEvent.everyone.get().repeats == 15


def test_four_workers_hand_each_message_on_once(bruno, monkeypatch):
    seen: list[int] = []
    monkeypatch.setattr(
        topics, "_handlers", {"order.changed": lambda shop, events: seen.extend(one.id for one in events)}
    )
    rows = [
        InboundEvent(shop=bruno, topic="orders/updated", webhook_id=f"w{n}", body='{"n": 1}', body_sha256="")
        for n in range(900)
    ]
    ids = [row.pk for row in InboundEvent.everyone.bulk_create(rows)]

    def drain(_: int) -> int:
        total = 0
        while done := receive.handle_due():
            total += done
        return total

    at_once(4, drain)
    while receive.handle_due():  # what a worker skipped because another had just let go of it
        pass
    assert sorted(seen) == ids


def test_a_token_that_ends_is_refreshed_once_however_many_jobs_want_it(bruno, monkeypatch):
    ShopCredential.objects.update(expires_at=timezone.now() + dt.timedelta(seconds=5))
    old = ShopCredential.objects.get().access_token
    asked: list[str] = []
    real = auth.refresh

    def counted(domain: str, refresh_token: str) -> auth.Grant:
        asked.append(domain)
        return real(domain, refresh_token)

    monkeypatch.setattr(auth, "refresh", counted)
    given = at_once(8, lambda _: tokens.token_for(Shop.everyone.get(pk=bruno.pk)))
    assert len(asked) == 1
    assert set(given) == {ShopCredential.objects.get().access_token}
    assert given[0] != old
    assert connector_for(bruno).read_shop().domain == bruno.domain


def test_a_token_the_store_refuses_is_refreshed_once_and_the_call_goes_through(bruno, standin):
    standin.standin.clock.ahead += 4000  # the store thinks the hour is over, we do not yet
    names = at_once(6, lambda _: connector_for(Shop.everyone.get(pk=bruno.pk)).read_shop().name)
    assert names == ["Bruno Schoenen"] * 6
    assert ShopCredential.objects.get().broken_at is None


def test_a_refresh_that_died_half_way_is_taken_over(bruno):
    now = timezone.now()
    ShopCredential.objects.update(expires_at=now, refreshing_until=now + dt.timedelta(seconds=1))
    assert tokens.token_for(bruno) == ShopCredential.objects.get().access_token
    assert ShopCredential.objects.get().expires_at > now + dt.timedelta(minutes=30)


def test_a_store_that_takes_everything_back_is_marked_once_and_told_once(bruno, standin):
    with_store = standin.standin.stores[bruno.domain]
    standin.standin.uninstall(with_store, standin.standin.client_id)
    results = at_once(6, lambda _: connector_for(Shop.everyone.get(pk=bruno.pk)).read_shop())
    assert {type(one) for one in results} <= {AccessLost, ConnectorError}
    assert ShopCredential.objects.get().broken_at is not None
    assert Notice.everyone.filter(kind="token_broken").count() == 1
    assert not Shop.everyone.filter(tokens.reachable()).exists()


@pytest.mark.django_db
def test_only_tokens_that_nobody_used_for_long_are_refreshed_by_the_daily_run(standin):
    from network import connect

    merchant = merchant_of(BRUNO)
    url, state = connect.begin_install(merchant, BRUNO, by="test")
    connect.complete_install(merchant, consent(standin, url, BRUNO), state=state, by="test")
    fresh = ShopCredential.objects.get().access_token
    assert (tokens.refresh_quiet_tokens(), ShopCredential.objects.get().access_token) == (0, fresh)
    ShopCredential.objects.update(refresh_expires_at=timezone.now() + dt.timedelta(days=29))
    assert tokens.refresh_quiet_tokens() == 1
    assert ShopCredential.objects.get().access_token != fresh
    assert tokens.refresh_quiet_tokens() == 0
