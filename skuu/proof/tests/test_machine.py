"""The whole network against the stores' own figures: any order of sales, parcels, returns, faults and clocks."""

from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from skuu.proof.machine import Network
from skuu.proof.town import Town, opened_town
from skuu.testing.cloned import cloned_database


def _run(town: Town, examples: int, steps: int, **more: Any) -> int:
    Network.town, Network.steps = town, 0
    few = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        **more,
    )
    run_state_machine_as_test(Network, settings=few)
    return Network.steps


def test_whatever_happens_units_are_conserved_and_every_order_ends(django_db_setup, django_db_blocker):
    """Case 39, and 38 with it: the short run, the same examples every time."""
    with django_db_blocker.unblock(), cloned_database(), opened_town() as town:
        assert _run(town, 1, 30, derandomize=True, phases=[Phase.generate]) >= 25


@pytest.mark.deep
def test_twenty_five_thousand_steps_break_nothing(django_db_setup, django_db_blocker):
    """Case 39: other examples in every run; what fails is made small and printed."""
    steps = 0
    with django_db_blocker.unblock(), cloned_database():
        while steps < 25_000:
            with opened_town() as town:
                steps += _run(town, 40, 100)
            with connection.cursor() as cursor:
                cursor.execute("vacuum analyze")
