"""Which payments the books call for, and what of a payment they still owe: whole minor units, no database, no clock."""

from settlement.paying.books import Books, Part, Place, open_books
from settlement.paying.standing import Standing, stand_of
from settlement.paying.wanting import BILATERAL, PSP, Wanted, want_payments

__all__ = [
    "BILATERAL",
    "PSP",
    "Books",
    "Part",
    "Place",
    "Standing",
    "Wanted",
    "open_books",
    "stand_of",
    "want_payments",
]
