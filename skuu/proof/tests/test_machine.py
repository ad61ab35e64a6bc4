"""The whole network against the stores' own figures: any order of sales, parcels, returns, faults and clocks."""

import os
import secrets
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from skuu.proof.machine import Network
from skuu.proof.town import Town, opened_town
from skuu.testing.cloned import cloned_database

PHASES = [Phase.generate, Phase.shrink] if "SKUU_SHRINK" in os.environ else [Phase.generate]


def _run(town: Town, examples: int, steps: int, machine: type[Network] = Network, **more: Any) -> int:
    machine.town, machine.steps = town, 0
    few = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        **more,
    )
    run_state_machine_as_test(machine, settings=few)
    return machine.steps


def test_whatever_happens_units_are_conserved_and_every_order_ends(django_db_setup, django_db_blocker):
    """Case 39, and 38 with it: the short run, the same examples every time."""
    with django_db_blocker.unblock(), cloned_database(), opened_town() as town:
        assert _run(town, 1, 30, derandomize=True, phases=[Phase.generate]) >= 25


@pytest.mark.deep
@pytest.mark.parametrize("part", range(10))
def test_twenty_five_thousand_steps_break_nothing(part, django_db_setup, django_db_blocker):
    """Case 39: other examples in every run, in ten parts of 2,500 steps that fail each by itself.

    Nearly all time goes into the rest after an example, so that examples of 250 steps stand beside shorter ones. What fails
    names its seed; ``SKUU_SEED`` runs it again and ``SKUU_SHRINK`` makes it small, which takes many times as long.
    """
    number = int(os.environ.get("SKUU_SEED") or secrets.randbelow(10**6)) + part
    length = 100 if part % 5 == 0 else 250
    steps, runs = 0, 0
    with django_db_blocker.unblock(), cloned_database(), opened_town() as town:
        while steps < 2_500:  # some of what is drawn finds nothing to do it to
            machine = seed(number + 1_000_000 * runs)(type("Network", (Network,), {}))
            examples = max((2_500 - steps) // length, 1)
            try:
                done = _run(town, examples, length, machine, phases=PHASES)
            except BaseException as error:
                error.add_note(f"SKUU_SEED={number - part} breaks part {part}")
                raise
            assert done
            steps, runs = steps + done, runs + 1
    print(f"part {part} of seed {number - part}: {steps} steps")  # noqa: T201 - what ran, for who asked with -s
