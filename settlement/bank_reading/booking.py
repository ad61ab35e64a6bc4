"""One booking of a bank statement, whatever format it came in."""

import datetime as dt
from dataclasses import dataclass


class UnreadableStatementError(ValueError):
    """This is no bank statement that we can read; the text says why."""


@dataclass(frozen=True, slots=True)
class Booking:
    """Amount in minor units of its currency, + came in; ``reference`` is the bank's own and unique in its file."""

    reference: str
    booked_on: dt.date
    amount: int
    currency: str
    end_to_end: str
    text: str
    return_code: str = ""
