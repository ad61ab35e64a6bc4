"""One booking of a bank statement, whatever format it came in."""

import datetime as dt
import re
from dataclasses import dataclass


class UnreadableStatementError(ValueError):
    """This is no bank statement that we can read; the text says why."""


@dataclass(frozen=True, slots=True)
class Booking:
    """Amount in minor units of its currency, + came in; ``reference`` is the bank's own and unique in its file.

    ``account``, ``bank_reference`` (empty: the bank gave none) and ``whole`` say which entry on the account it is, or is the
    ``part``-th part of, the same in every file and format that tells of it.
    """

    reference: str
    booked_on: dt.date
    amount: int
    currency: str
    end_to_end: str
    text: str
    return_code: str = ""
    account: str = ""
    bank_reference: str = ""
    whole: int = 0
    part: int = 0


def plain_account(written: str, currency: str) -> str:
    """Write an account as every format would: what follows the check digits of an IBAN, or German bank code and number."""
    plain = "".join(written.split()).upper().removesuffix(currency)
    if re.fullmatch(r"\d{8}/\d{1,10}", plain):
        code, number = plain.split("/")
        return code + number.zfill(10)
    return plain[4:] if re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{8,30}", plain) else plain


def plain_reference(written: str) -> str:
    """Give the bank's own reference of an entry; empty when it says that there is none."""
    return "" if written.strip() in ("", "NONREF", "NOTPROVIDED") else written.strip()
