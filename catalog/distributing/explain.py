"""Say in a merchant's words why so many units stand on a shelf, or why none do."""

from collections.abc import Sequence

from catalog.distributing.eligibility import Refusal

GONE = "It is no longer known to be the same as a partner's product, or it has left your shop."
NOBODY = "No partner has a free unit of it."


def _units(count: int) -> str:
    return "1 unit" if count == 1 else f"{count} units"


def say_placement(wanted: int, supply: int, cap: int, partners: int, own: int, threshold: int) -> list[str]:
    """Explain a figure above zero: what is missing, who can help, what limits it."""
    gap = "You are out of it" if own <= 0 else f"You have {_units(own)} left (your threshold is {threshold})"
    if own > threshold:
        gap = f"You have {_units(own)} and deepen your range"
    who = "one partner" if partners == 1 else f"{partners} partners"
    text = [f"{gap}; {who} can ship {_units(supply)}."]
    if wanted < supply:
        text.append(f"You show {cap} at most.")
    return text


def say_own_stock(own: int, threshold: int) -> str:
    """Explain that the shop can serve itself."""
    return f"Your own stock suffices: {_units(own)}, and you fill gaps at {threshold} or fewer."


def say_not_live(status: str, would: int) -> str:
    """Explain a shelf that is empty because of the shop's own status."""
    if status == "shadow":
        return f"Shadow mode: {_units(would)} would stand here." if would else "Shadow mode: nothing would stand here."
    return f"Your shop is {status}; its shelf is empty."


def say_absence(refused: Sequence[Sequence[Refusal]], out_of_stock: int) -> list[str]:
    """Explain that no partner can ship: each reason once, the most frequent first."""
    if not refused and not out_of_stock:
        return ["No partner has this item."]
    told: dict[str, int] = {}
    for reasons in refused:
        for reason in reasons:
            told[reason.text] = told.get(reason.text, 0) + 1
    text = sorted(told, key=lambda sentence: (-told[sentence], sentence))
    if out_of_stock:
        text.append("Partners that could ship it have no free unit.")
    return text
