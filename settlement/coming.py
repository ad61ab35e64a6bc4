"""What becomes payable on which day: a merchant's pending amounts by the day they are released."""

import datetime as dt
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from settlement.states import OPEN_ITEMS, due_values

_COMING = f"""
select case when due is not null then greatest(due, %(past)s) end as day, count(*), sum(amount)::bigint
from ({OPEN_ITEMS}) pending(number, state, due, amount)
where state = 'pending' group by 1 order by 1 nulls last limit 60
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
    """Tell a merchant's pending amounts in a currency by the day of their release, what is not delivered last; reads only.

    What was due on any day before today is told together, as of yesterday: it is released next.
    """
    past = timezone.localdate() - dt.timedelta(days=1)
    with connection.cursor() as cursor:
        cursor.execute(_COMING, due_values() | {"merchant": merchant_id, "currency": currency, "past": past})
        rows = cursor.fetchall()
    largest = max((abs(amount) for _, _, amount in rows), default=0) or 1
    return [Coming(day, sales, amount, max(1, abs(amount) * 100 // largest)) for day, sales, amount in rows]
