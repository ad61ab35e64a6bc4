"""Says between which bounds a class's true precision lies, from so many checks of which so many were right."""

import math
from collections.abc import Callable

CONFIDENCE = 0.95
_STEPS = 60  # halvings: far below what a float of this size tells apart


def lower_bound(right: int, checked: int, *, confidence: float = CONFIDENCE) -> float:
    """Give the one-sided Clopper-Pearson lower bound: with this confidence the true share of right ones is not below it."""
    _refuse_senseless(right, checked, confidence)
    if right == 0:
        return 0.0
    return _where(lambda share: _at_least(right, checked, share) < 1 - confidence)


def upper_bound(right: int, checked: int, *, confidence: float = CONFIDENCE) -> float:
    """Give the one-sided Clopper-Pearson upper bound: with this confidence the true share of right ones is not above it."""
    _refuse_senseless(right, checked, confidence)
    return 1.0 - lower_bound(checked - right, checked, confidence=confidence) if checked else 1.0


def clean_checks_needed(right: int, checked: int, aim: float, *, confidence: float = CONFIDENCE) -> int:
    """Count how many more checks, all right, lift the lower bound to the aim; 0 when it stands there."""

    def short(more: int) -> bool:
        # the closed condition of lower_bound(...) >= aim, without searching for the bound
        return _at_least(right + more, checked + more, aim) > 1 - confidence

    if not 0 < aim < 1:
        raise ValueError("an aim lies between 0 and 1")
    if checked and not short(0):
        return 0
    most = 1
    while short(most):
        most *= 2
    least = most // 2
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (middle, most) if short(middle) else (least, middle)
    return most


def _where(below: Callable[[float], bool]) -> float:
    """Find by halving the share at which a condition that holds for small shares stops to hold."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) else (low, middle)
    return low


def _at_least(right: int, checked: int, share: float) -> float:
    """The binomial chance of so many right ones or more, summed over the shorter tail."""
    if share <= 0.0:
        return 1.0 if right <= 0 else 0.0
    if share >= 1.0:
        return 1.0 if right <= checked else 0.0
    if right > checked * share:
        return math.fsum(_exactly(count, checked, share) for count in range(right, checked + 1))
    return 1.0 - math.fsum(_exactly(count, checked, share) for count in range(right))


def _exactly(right: int, checked: int, share: float) -> float:
    ways = math.lgamma(checked + 1) - math.lgamma(right + 1) - math.lgamma(checked - right + 1)
    return math.exp(ways + right * math.log(share) + (checked - right) * math.log1p(-share))


def _refuse_senseless(right: int, checked: int, confidence: float) -> None:
    if not 0 <= right <= checked or not 0 < confidence < 1:
        raise ValueError(f"{right} right of {checked} checked at confidence {confidence} is no measurement")
