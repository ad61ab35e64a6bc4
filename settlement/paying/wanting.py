"""Which payments the books call for, by the mode the network settles in."""

from dataclasses import dataclass

from settlement.paying.books import Books, Part

BILATERAL, PSP = "bilateral", "psp"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A payment, and what it settles in the books; no payer or payee is the network. Minor units."""

    kind: str
    payer: int | None
    payee: int | None
    currency: str
    amount: int
    parts: tuple[Part, ...]


def want_payments(books: Books, mode: str, least: int) -> list[Wanted]:
    """Say which payments of at least so much the books call for beside those under way.

    ``bilateral``: who owes pays the other merchant, net of both directions, and the network its fee. ``psp``: the provider
    collects from who owes; who is owed is paid what was collected from each counterparty, less its fee.
    """
    found = _psp(books) if mode == PSP else _bilateral(books)
    return [one for one in found if one.amount >= least]


def _bilateral(books: Books) -> list[Wanted]:
    """Let each debtor pay the other merchant what it owes net of both directions, and the network its fee."""
    found = []
    for place, owed in books.owed.items():
        merchant, other, currency = place
        amount = owed - books.lowered.get(place, 0)
        if amount <= 0:
            continue
        settled: tuple[Part, ...] = ((merchant, other, -amount),)
        if other is not None:
            settled += ((other, merchant, amount),)
        found.append(Wanted("fee" if other is None else "trade", merchant, other, currency, amount, settled))
    return found


def _psp(books: Books) -> list[Wanted]:
    """Collect every debt; pay each creditor what each of its debtors has paid in already, less its own fee."""
    found = []
    for merchant, currency in sorted(books.others):
        fee, ready = books.fee(merchant, currency), _ready(books, merchant, currency)
        total = sum(amount for *_, amount in ready)
        deducted = fee if total > fee else 0
        if total > deducted:
            less: tuple[Part, ...] = ((merchant, None, -deducted),) if deducted else ()
            found.append(Wanted("payout", None, merchant, currency, total - deducted, (*ready, *less)))
        # the fee of who is being paid is deducted next time
        is_paid = any((merchant, other, currency) in books.raised for other in books.others[merchant, currency])
        debts = _debts(books, merchant, currency, fee_too=not deducted and not is_paid)
        if debts:
            amount = -sum(part for *_, part in debts)
            found.append(Wanted("collect", merchant, None, currency, amount, debts))
    return found


def _ready(books: Books, merchant: int, currency: str) -> tuple[Part, ...]:
    """Tell what a merchant may be paid of what each counterparty has paid in."""
    found: list[Part] = []
    for other in books.others[merchant, currency]:
        place = merchant, other, currency
        left = books.paid_in(place) - books.raised.get(place, 0)
        if left > 0:
            found.append((merchant, other, left))
    return tuple(found)


def _debts(books: Books, merchant: int, currency: str, *, fee_too: bool) -> tuple[Part, ...]:
    found: list[Part] = []
    for other in books.others[merchant, currency]:
        place = merchant, other, currency
        left = books.debt(place) - books.lowered.get(place, 0)
        if left > 0 and (other is not None or fee_too):
            found.append((merchant, other, -left))
    return tuple(found)
