"""What becomes payable on which day: a merchant's pending amounts by the day they are released."""

import datetime as dt
from dataclasses import dataclass

from django.db import connection

from settlement.states import OPEN_ITEMS, due_values

_COMING = f"""
select due, count(*), sum(amount)::bigint from ({OPEN_ITEMS}) pending(number, state, due, amount)
where state = 'pending' group by due order by due nulls last limit 60
"""  # noqa: S608 - texts of this project


@dataclass(frozen=True, slots=True)
class Coming:
    """What becomes payable on a day (None: of sales not delivered yet); minor units, + is owed to the merchant.

    ``width`` is how long its bar is beside the largest of the list, of a hundred.
    """

    on: dt.date | None
    sales: int
    amount: int
    width: int


def coming_of(merchant_id: int, currency: str) -> list[Coming]:
    """Tell a merchant's pending amounts in a currency by the day of their release, what is not delivered last; reads only."""
    with connection.cursor() as cursor:
        cursor.execute(_COMING, due_values() | {"merchant": merchant_id, "currency": currency})
        rows = cursor.fetchall()
    largest = max((abs(amount) for _, _, amount in rows), default=0) or 1
    return [Coming(day, sales, amount, max(1, abs(amount) * 100 // largest)) for day, sales, amount in rows]
