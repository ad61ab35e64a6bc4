"""A short soak of a network of its own: people trade, processes die, answers and messages are lost, and nothing differs in the end."""

import pytest

from skuu.proof.soak import soak


@pytest.mark.deep
def test_after_three_minutes_of_harm_the_network_equals_its_stores():
    """Cases 14, 19 to 21, 27 and 42 together, from outside; `make soak` runs it for longer."""
    verdict = soak(minutes=3, seed=11, scale=0.05)
    assert verdict["broken"] == []
    happened = {what for what, count in verdict["nemesis"].items() if count}
    assert happened >= {
        "kill worker",
        "kill web",
        "kill standin",
        "end database connections",
        "shift the stores' clock",
    }
    assert happened >= {"spoiled: drop_after", "messages lost", "disturb messages", "kill a child of the worker"}
    assert verdict["people"]["buy"] >= 10
