"""How far two people who judged the same cards agree: in percent, and beyond what chance alone would give (Cohen's kappa)."""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agreement:
    """Cards judged twice, how many of them alike, and kappa: 1 perfect, 0 no better than chance, None when it says nothing."""

    judged: int
    alike: int
    kappa: float | None

    @property
    def percent(self) -> float:
        """The share judged alike, in percent; 0 when nothing was judged twice."""
        return 100 * self.alike / self.judged if self.judged else 0.0


def measure_agreement(pairs: Sequence[tuple[Hashable, Hashable]]) -> Agreement:
    """Compare what a first and a second person said of each card.

    Kappa is undefined where both always said one and the same thing: chance explains all of it.
    """
    judged = len(pairs)
    if not judged:
        return Agreement(0, 0, None)
    alike = sum(first == second for first, second in pairs)
    firsts, seconds = Counter(first for first, _ in pairs), Counter(second for _, second in pairs)
    by_chance = sum(count * seconds[said] for said, count in firsts.items()) / judged**2
    kappa = None if by_chance == 1 else (alike / judged - by_chance) / (1 - by_chance)
    return Agreement(judged, alike, kappa)
