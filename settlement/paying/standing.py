"""What of a payment the books still owe: part by part, because what one counterparty paid in pays nobody else's debt."""

from dataclasses import dataclass

from settlement.paying.books import Books, Part
from settlement.paying.wanting import Wanted


@dataclass(frozen=True, slots=True)
class Standing:
    """How much of a payment is owed by now, minor units, and its parts that are short with what is left of each."""

    owed: int
    short: tuple[tuple[Part, int], ...]
    holds: bool  # the payment may leave as it is


def stand_of(one: Wanted, books: Books) -> Standing:
    """Say what of a payment under way, which the books count as such, is owed by now.

    A part moves at most what the books call for between these two, less what other payments under way move there; a payout, in
    sum, at most what was paid in for its merchant, less the fee.
    """
    left = [(part, _left(one.kind, part, one.currency, books)) for part in one.parts]
    short = tuple((part, rest) for part, rest in left if rest < abs(part[2]))
    covered = [min(abs(part[2]), rest) for part, rest in left]
    if one.kind == "payout":
        owed = _owed_of_payout(one, covered, books)
    elif one.kind == "collect":
        owed = sum(covered)
    else:
        owed = min(covered, default=0)
    owed = max(0, min(one.amount, owed))
    return Standing(owed, short, owed == one.amount and not short)


def _left(kind: str, part: Part, currency: str, books: Books) -> int:
    """Tell what may be moved by a part: what is open between the two, less what other payments move."""
    merchant, other, amount = part
    place = merchant, other, currency
    if amount < 0:
        return max(0, books.debt(place) - (books.lowered.get(place, 0) + amount))
    is_open = books.paid_in(place) if kind == "payout" else books.credit(place)
    return max(0, is_open - (books.raised.get(place, 0) - amount))


def _owed_of_payout(one: Wanted, covered: list[int], books: Books) -> int:
    merchant, currency = one.parts[0][0], one.currency
    own = {other: amount for _, other, amount in one.parts}
    paid = sum(rest for (*_, amount), rest in zip(one.parts, covered, strict=True) if amount > 0)
    kept = sum(-amount for amount in own.values() if amount < 0)
    there = 0
    for other in books.others.get((merchant, currency), ()):
        place = merchant, other, currency
        elsewhere = books.raised.get(place, 0) - max(0, own.get(other, 0))
        there += max(0, books.paid_in(place) - elsewhere)
    fee_elsewhere = books.lowered.get((merchant, None, currency), 0) - kept
    fee = max(0, books.debt((merchant, None, currency)) - fee_elsewhere)
    return min(paid - kept, there - fee)
