"""The books as payments see them: asked when payments are prepared, approved, announced, and once more when their files are written."""

from collections.abc import Iterable

from network.models import Merchant
from network.scoping import as_network
from settlement.convert import open_positions
from settlement.models import Payment
from settlement.paying import Books, Standing, Wanted, open_books, stand_of
from skuu.kit.money import Money


def read_books() -> Books:
    """Read what is payable between every two, and what payments under way pay of it; two statements."""
    owed = {(row.merchant, row.counterparty, row.currency): row.amount for row in open_positions()}
    with as_network():
        rows = Payment.everyone.filter(status__in=Payment.OPEN).order_by("pk").values_list("currency", "parts")
        return open_books(owed, rows)


def owed_less(payments: Iterable[Payment]) -> dict[int, str]:
    """Find the payments under way of which the books owe less by now, or owe it otherwise; says why, by their keys.

    A dispute, a return or a debit that came back may have lowered it, with any one counterparty. Reads only.
    """
    rows = list(payments)
    if not rows:
        return {}
    books = read_books()
    stands = {row.pk: stand_of(as_wanted(row), books) for row in rows}
    with as_network():
        partners = {other for one in stands.values() for (_, other, _), _ in one.short if other is not None}
        names = dict(Merchant.everyone.filter(pk__in=partners).values_list("pk", "name"))
    return {row.pk: _in_words(row, stands[row.pk], names) for row in rows if not stands[row.pk].holds}


def as_wanted(row: Payment) -> Wanted:
    """Read a payment as the books would call for it."""
    parts = tuple((merchant, other, amount) for merchant, other, amount in row.parts)
    return Wanted(row.kind, row.payer_id, row.payee_id, row.currency, row.amount, parts)


def _in_words(row: Payment, stands: Standing, names: dict[int, str]) -> str:
    def shown(minor: int) -> str:
        return Money(minor, row.currency).format()

    found = f"The books owe {shown(stands.owed)} of its {shown(row.amount)} by now"
    if row.kind in ("payout", "collect") and stands.short:
        told = [
            f"{'fee' if other is None else names.get(other, '')} {shown(left)} of {shown(abs(amount))}"
            for (_, other, amount), left in stands.short
        ]
        found += f" ({', '.join(told)})"
    return f"{found}; cancel it and prepare it anew."
