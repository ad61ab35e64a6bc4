"""The watch over transactions and locks sees what it is there for, and nothing else."""

import http.client
import types

import pytest
from django.core.mail import EmailMessage
from django.db import transaction

from catalog.prepared import run_prepared
from network.models import Shop
from skuu.testing import watching


@pytest.fixture(autouse=True)
def planted(monkeypatch, db):
    """Let code of this file count as the product's own."""
    watching.install()
    monkeypatch.setattr(watching, "NOT_OURS", ())


def _call():
    connection = http.client.HTTPConnection("127.0.0.1", 9)
    with pytest.raises(ConnectionRefusedError):
        connection.request("GET", "/")


def test_a_call_or_a_mail_inside_a_transaction_is_seen():
    """Case 41, the wrapper itself."""
    with watching.watching(alone=True) as watched:
        with transaction.atomic():
            _call()
            EmailMessage("s", "b", "a@example.com", ["b@example.com"]).send()
        found = watched.finish()
    assert [one.partition(": ")[2] for one in found] == [
        "a call over HTTP inside a transaction",
        "a mail inside a transaction",
    ]


def test_a_call_after_the_transaction_is_none_of_its_business():
    with watching.watching(alone=True) as watched:
        with transaction.atomic():
            list(Shop.everyone.filter(pk=1))
        _call()
    assert watched.finish() == []


def test_a_lock_that_is_never_evaluated_is_seen():
    """Case 40, the wrapper itself: the defect another system shipped for years."""
    with watching.watching(alone=True) as watched, transaction.atomic():
        Shop.everyone.select_for_update().filter(pk=1)
        Shop.everyone.select_for_update().filter(pk=1).count()
    found = watched.finish()
    assert len(found) == 2
    assert all(one.endswith("select_for_update() was never evaluated") for one in found)


def test_rows_locked_in_no_order_are_seen_and_ordered_skipped_or_single_ones_are_not():
    with watching.watching(alone=True) as watched, transaction.atomic():
        list(Shop.everyone.select_for_update().filter(pk__gt=0).order_by())
        list(Shop.everyone.select_for_update().filter(pk__gt=0).order_by("pk"))
        list(Shop.everyone.select_for_update(skip_locked=True).filter(pk__gt=0).order_by())
        Shop.everyone.select_for_update().filter(pk=1).first()
    (found,) = watched.finish()
    assert "rows are locked in no order" in found


def test_the_suite_itself_is_watched(request):
    assert isinstance(request.config.pluginmanager.getplugin("skuu.testing.environment"), types.ModuleType)
    assert watching.QuerySet._is_watched


def test_what_was_prepared_is_judged_when_it_is_executed():
    locking = "select id from network_shop where id = any($1) for update"
    with watching.watching(alone=True) as watched, transaction.atomic():
        run_prepared(locking, ["bigint[]"], [[1, 2]])
    (found,) = watched.finish()
    assert "rows are locked in no order: select id from network_shop" in found
    with watching.watching(alone=True) as watched, transaction.atomic():
        run_prepared(locking.replace("for update", "order by id for update"), ["bigint[]"], [[1, 2]])
    assert watched.finish() == []
