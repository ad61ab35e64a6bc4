"""Settlement's sweeps and its calendar, as jobs; each may be lost or run twice."""

import datetime as dt

import structlog
from django.utils import timezone

from settlement import settle, settle_returns
from settlement.check import check_ledger
from settlement.close import close_cycle
from skuu.kit.errors import Busy
from skuu.kit.jobs import answers_bell

log = structlog.get_logger(__name__)


@answers_bell
def post_shipped() -> int:
    """Post what is shipped; rung when an internal order ships, and by the schedule. Returns how many were posted."""
    return settle.post_shipped(seconds=20).posted


@answers_bell
def post_returns() -> int:
    """Post what came back; rung when a return closes, and by the schedule. Returns how many were posted."""
    return settle_returns.post_returns(seconds=20).posted


def close_due() -> int:
    """Close through the last Sunday or the last month's end, whichever is later; returns how many statements were written.

    Run daily: the week's cycle closes on Monday, and no cycle straddles a month, because summary invoices may not.
    *Again*, or days late, it closes what is still open. A closing under way is left alone.
    """
    try:
        return len(close_cycle(last_cycle_end(timezone.localdate()), by="schedule").statements)
    except Busy:
        return 0


def prove_books() -> int:
    """Prove the ledger, nightly; every promise that does not hold is logged as an error. Returns how many."""
    findings = check_ledger().findings
    for finding in findings:
        log.error("ledger_doubt", promise=finding.promise, count=finding.count, rows=finding.rows)
    return len(findings)


def last_cycle_end(today: dt.date) -> dt.date:
    """Name the last day of the newest finished cycle: a Sunday, or a month's last day."""
    sunday = today - dt.timedelta(days=today.isoweekday())
    month_end = today.replace(day=1) - dt.timedelta(days=1)
    return max(sunday, month_end)
