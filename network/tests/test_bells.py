"""A bell rung in a transaction sounds when it commits, and never when it is undone; ringing twice is one call."""

import pytest
from django.db import connection, transaction
from django_q.models import OrmQ

from network.tasks import handle_figures
from skuu.kit.jobs import ring
from skuu.kit.models import Bell
from skuu.testing.cloned import cloned_database


@pytest.fixture(scope="module")
def own_database(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), cloned_database():
        yield


@pytest.fixture(autouse=True)
def silence(own_database):
    OrmQ.objects.all().delete()
    Bell.objects.all().delete()


def test_a_bell_rung_in_a_transaction_that_is_undone_never_sounds():
    """Case 29: nothing is queued for what never was; a committed one is, at once."""
    with transaction.atomic():
        ring(handle_figures)
        transaction.set_rollback(True)
    assert (OrmQ.objects.count(), Bell.objects.count()) == (0, 0)
    with transaction.atomic():
        ring(handle_figures)
        assert OrmQ.objects.count() == 0
    assert OrmQ.objects.count() == 1


def test_a_thousand_who_ring_make_one_call_and_a_lost_call_is_made_again():
    for _ in range(20):
        ring(handle_figures)
    assert OrmQ.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute("update kit_bell set pressed_at = pressed_at - interval '11 seconds'")
    ring(handle_figures)
    assert OrmQ.objects.count() == 2


def test_taking_up_work_silences_the_bell_so_that_later_events_ring_anew():
    ring(handle_figures)
    handle_figures()
    ring(handle_figures)
    assert OrmQ.objects.count() == 2
    assert Bell.objects.get().answered_at is not None
