"""Finds, among things that share a key, those that agree with each other; the rest is a question, not a link."""

from collections.abc import Callable, Mapping
from typing import TypeVar

MOST_COMPARED = 60
Thing = TypeVar("Thing")


def leave(weights: Mapping[Thing, int], contradict: Callable[[Thing, Thing], bool]) -> dict[Thing, tuple[Thing, ...]]:
    """Name the things that must leave so that nobody who stays contradicts another, each with those it contradicts.

    Whoever contradicts most weight leaves first, those that tie leave together: three shops outvote one, two that
    differ both go to a person. Among more than sixty different descriptions nobody is believed.
    """
    things = list(weights)
    if len(things) > MOST_COMPARED:
        return dict.fromkeys(things, ())
    against = _conflicts(things, contradict)
    left: dict[Thing, tuple[Thing, ...]] = {}
    while heavy := {thing: sum(weights[other] for other in others) for thing, others in against.items() if others}:
        most = max(heavy.values())
        leaving = [thing for thing in things if heavy.get(thing) == most]
        left |= {thing: tuple(other for other in things if other in against[thing]) for thing in leaving}
        gone = set(leaving)
        against = {thing: others - gone for thing, others in against.items() if thing not in gone}
    return left


def _conflicts(things: list[Thing], contradict: Callable[[Thing, Thing], bool]) -> dict[Thing, set[Thing]]:
    against: dict[Thing, set[Thing]] = {thing: set() for thing in things}
    for place, one in enumerate(things):
        for other in things[:place]:
            if contradict(one, other):
                against[one].add(other)
                against[other].add(one)
    return against
