"""A booking is itself in every file that tells of it: overlapping statements, another download, another format."""

import hashlib
from collections import Counter
from collections.abc import Sequence

from django.db import connection

from settlement.bank_reading import Booking
from settlement.models import BankLine

_LOCK = 7_700_457  # advisory: one bank statement is read at a time


def lock_reading() -> None:
    """Let nobody else read a bank statement until the end of the transaction, so that what is known stays so."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])


def unknown_bookings(bookings: Sequence[Booking], merchant: int | None) -> list[tuple[Booking, str]]:
    """Leave out what an earlier file of the same owner told already; gives each of the others with its fingerprint.

    An entry is known by account, the bank's own reference, day and amount; the second one of all that in one file is another
    entry. A part of an aggregated entry is known when the whole is, and the whole when its first part is. What the bank gave
    no reference is never taken for known: better seen twice in suspense than never. One statement, however long the file.
    """
    marked = fingerprints(bookings, merchant)
    wanted = {mark for own, first in marked for mark in (own, first) if mark}
    known = set(BankLine.everyone.filter(fingerprint__in=wanted).values_list("fingerprint", flat=True))
    pairs = zip(bookings, marked, strict=True)
    return [(booking, own) for booking, (own, first) in pairs if not {own, first} & known]


def fingerprints(bookings: Sequence[Booking], merchant: int | None) -> list[tuple[str, str]]:
    """Give each booking's own fingerprint and that of the first part of its entry; both empty without a bank's reference."""
    seen: Counter[tuple[str, ...]] = Counter()
    marks = []
    for one in bookings:
        if not one.bank_reference:
            marks.append(("", ""))
            continue
        entry = (
            "network" if merchant is None else str(merchant),
            one.account,
            one.bank_reference,
            one.booked_on.isoformat(),
            str(one.whole),
            one.currency,
        )
        nth = (*entry, str(one.part))
        seen[nth] += 1
        marks.append((_digest(*entry, seen[nth], one.part), _digest(*entry, seen[nth], 0)))
    return marks


def _digest(*facts: str | int) -> str:
    return hashlib.sha256("\x1f".join(map(str, facts)).encode()).hexdigest()
