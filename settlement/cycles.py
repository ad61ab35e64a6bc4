"""When cycles end: on Sundays, and never across a month's end, because summary invoices may not."""

import datetime as dt


def last_cycle_end(today: dt.date, cycle: str = "weekly") -> dt.date:
    """Name the last day of the newest finished cycle: a Sunday or a month's last day, or (monthly) a month's last day only."""
    sunday = today - dt.timedelta(days=today.isoweekday())
    month_end = today.replace(day=1) - dt.timedelta(days=1)
    return month_end if cycle == "monthly" else max(sunday, month_end)


def kind_ending(day: dt.date) -> str:
    """Say whose cycle ends on a day on which one ends: everybody's at a month's end, else that of who is settled weekly."""
    return "all" if (day + dt.timedelta(days=1)).day == 1 else "weekly"


def missed_ends(last: dt.date | None, today: dt.date) -> list[dt.date]:
    """Name the cycle ends to close on a day when the books are closed through ``last``: the newest, and before it those missed."""
    ends = [last_cycle_end(today)]
    while last is not None and (before := last_cycle_end(ends[0])) > last:
        ends.insert(0, before)
    return ends


def next_cycle_end(today: dt.date, cycle: str = "weekly") -> dt.date:
    """Name the last day of the cycle that is running: the next Sunday or the month's last day, or (monthly) the latter only."""
    sunday = today + dt.timedelta(days=7 - today.isoweekday())
    month_end = (today.replace(day=1) + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)
    return month_end if cycle == "monthly" else min(sunday, month_end)
