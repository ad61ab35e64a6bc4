"""Settlement's sweeps and its calendar, as jobs; each may be lost or run twice."""

import datetime as dt

import structlog
from django.db.models import Max
from django.utils import timezone

from settlement import credit, debtors, settle, settle_returns
from settlement.check import check_ledger
from settlement.close import close_cycle
from settlement.cycles import kind_ending, missed_ends
from settlement.invoice import issue_documents
from settlement.models import Cycle
from settlement.release import release_due
from settlement.seal import seal_entries
from skuu.kit.errors import Busy, NotPossible
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
    """Close through every cycle end that is over, each for whom it concerns; returns how many statements were written.

    The week's cycle closes on Monday, a month's on its first day, and none straddles a month, because summary invoices may not.
    *Again*, or days late, it closes what is still open, end after end. A closing under way is left alone.
    """
    last = Cycle.objects.aggregate(last=Max("through"))["last"]
    written = 0
    try:
        for end in missed_ends(last, timezone.localdate()):
            written += len(close_cycle(end, kind=kind_ending(end), by="schedule").statements)
    except Busy:
        log.info("closing_is_under_way")
    return written


def prove_books() -> int:
    """Prove the ledger, nightly; every promise that does not hold is logged as an error. Returns how many."""
    findings = check_ledger().findings
    for finding in findings:
        log.error("ledger_doubt", promise=finding.promise, count=finding.count, rows=finding.rows)
    return len(findings)


def release_pending() -> int:
    """Release what has become payable; run hourly. Returns how many entries."""
    return release_due()


def seal_ledger() -> int:
    """Seal what can be sealed; run every minute. Returns how many blocks."""
    return seal_entries()


def pause_debtors() -> int:
    """Pause the shops of merchants who are long overdue; run daily. Returns how many."""
    return debtors.pause_debtors()


def pause_over_limit() -> int:
    """Pause the shops of merchants who owe their credit limit; run every ten minutes. Returns how many."""
    return credit.pause_over_limit()


def issue_last_month() -> int:
    """Issue the documents of the last month once its books are closed; run daily. Returns how many; what is stuck is logged."""
    month = timezone.localdate().replace(day=1) - dt.timedelta(days=1)
    try:
        issued = issue_documents(month, by="schedule")
    except NotPossible:
        return 0  # its books are open still
    for name, reason in issued.stuck.items():
        log.error("document_not_issued", document=name, reason=reason)
    if issued.waiting:
        log.warning("sales_wait_for_an_agreement", documents=len(issued.waiting))
    return len(issued.documents)
