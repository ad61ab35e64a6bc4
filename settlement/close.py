"""Close the books through a date: what is shipped is posted, what is pending is released, every merchant gets a statement."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import Max
from django.db.models.functions import Now
from django.utils import timezone

from network.scoping import as_network
from settlement.convert import convert_due
from settlement.documents.statement import LAYOUT, statement_digest
from settlement.models import Cycle, Period, Statement
from settlement.pay import prepare_payments
from settlement.release import release_due
from settlement.settle import post_shipped
from settlement.settle_returns import post_returns
from settlement.sweeps import Sweep
from skuu.kit.errors import Busy, NotPossible

_LOCK = 7_700_451  # advisory: one closing at a time in this database


@dataclass
class Closing:
    """What a closing did; ``cycle`` is None when there was nothing new to close."""

    through: dt.date
    dry_run: bool
    posted: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    released: int = 0
    converted: int = 0
    periods: int = 0
    cycle: int | None = None
    payments: list[dict[str, Any]] = field(default_factory=list)
    statements: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Only:
    """Which merchant and currency a run is about; empty means all."""

    merchant: int | None = None
    currency: str = ""


EVERYBODY = Only()


def close_cycle(
    through: dt.date,
    *,
    by: str = "",
    dry_run: bool = False,
    only: Only = EVERYBODY,
    tell: Callable[[str], None] | None = None,
) -> Closing:
    """Post what is shipped, release and convert what is due, close every open day through a date, write statements, prepare payments.

    Closing through today takes what was posted until this moment; what is posted later today stands in the next cycle with
    its own day. Books close for everybody at once; ``only`` narrows what is told of and which payments are prepared.
    ``dry_run`` does all of it and takes it back; ``tell`` hears how far it is.
    *Locks* one closing at a time, then the open periods, so that it waits for postings under way. *Again* through the same
    date it closes only what came since: nothing, most of the time. Killed half-way, the next call writes what is missing.
    *Raises* NotPossible ``future_date``; Busy when another closing or a long posting is under way.
    """
    if through > timezone.localdate():
        raise NotPossible(f"{through} lies in the future; the books close through today at most.", code="future_date")
    closing = Closing(through, dry_run)
    with as_network():
        try:
            if dry_run:
                with transaction.atomic():
                    _close(closing, by, only, tell)
                    transaction.set_rollback(True)
            else:
                _close(closing, by, only, tell)
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") not in {"55P03", "40P01"}:
                raise
            raise Busy("Another closing, or a long posting, is under way; try again in a moment.") from error
    return closing


def _close(closing: Closing, by: str, only: Only, tell: Callable[[str], None] | None) -> None:
    write_missing_statements(tell=tell)  # of a closing that was killed
    sweep: Sweep = post_shipped(tell=tell, wait=True)  # a sale that another sweep is posting belongs to this closing
    returns = post_returns(tell=tell, wait=True)
    closing.posted, closing.refused = sweep.posted + returns.posted, sweep.refused | returns.refused
    closing.released = release_due(closing.through)
    closing.converted = convert_due(closing.through)
    closing.cycle = _cut(closing, by)
    write_missing_statements(tell=tell)
    closing.statements = _statements_told(closing.cycle, only)
    closing.payments = _payments_prepared(closing, by, only)


def _statements_told(cycle: int | None, only: Only) -> list[dict[str, Any]]:
    rows = Statement.everyone.filter(cycle=cycle) if cycle is not None else Statement.everyone.none()
    if only.merchant is not None:
        rows = rows.filter(merchant=only.merchant)
    if only.currency:
        rows = rows.filter(currency=only.currency)
    return [
        {
            "number": each.number,
            "merchant": each.merchant_name,
            "merchant_id": each.merchant_id,
            "currency": each.currency,
            "opening": each.opening,
            "activity": each.activity,
            "closing": each.closing,
            "lines": each.line_count,
        }
        for each in rows.order_by("merchant_name", "currency")
    ]


def _payments_prepared(closing: Closing, by: str, only: Only) -> list[dict[str, Any]]:
    cycle = Cycle.objects.filter(pk=closing.cycle).first() if closing.cycle is not None else None
    prepared = prepare_payments(by=by or "settle", cycle=cycle, merchant=only.merchant, currency=only.currency)
    return [
        {
            "number": each.number,
            "kind": each.kind,
            "payer": each.payer.name if each.payer else None,
            "payee": each.payee.name if each.payee else None,
            "amount": each.amount,
            "currency": each.currency,
            "due_on": each.due_on.isoformat(),
        }
        for each in prepared
    ]


@transaction.atomic
def _cut(closing: Closing, by: str) -> int | None:
    """Close in one transaction; returns the new cycle, or None when no entry waits."""
    _one_at_a_time()
    last = Cycle.objects.aggregate(last=Max("through"))["last"]
    if last is not None and closing.through < last:
        return None  # these days are closed already; what came later for them stands in an open period
    waiting = Period.objects.filter(closed_at=None, day__lte=closing.through, entries__isnull=False)
    if not waiting.exists():
        return None
    with connection.cursor() as cursor:
        cursor.execute("select settlement_open_period(%s)", [closing.through])
    periods = Period.objects.filter(closed_at=None, day__lte=closing.through).order_by("day")
    locked = [period.pk for period in periods.select_for_update()]  # waits for postings under way
    # the database dates postings, so it dates closings too: clocks of other machines do not matter
    cycle = Cycle.objects.create(through=closing.through, by=by, closed_at=Now())
    closing.periods = Period.objects.filter(pk__in=locked).update(closed_at=Now(), cycle=cycle)
    return cycle.pk


def write_missing_statements(*, tell: Callable[[str], None] | None = None) -> int:
    """Write the statements of every closed cycle that has none yet, oldest first; returns how many cycles.

    *Locks* one closing at a time. *Again*: a cycle is stated once, in one transaction.
    """
    written = 0
    while True:
        with transaction.atomic():
            _one_at_a_time()
            cycle = Cycle.objects.filter(stated_at=None).order_by("pk").first()
            if cycle is None:
                return written
            _state(cycle, tell)
            Cycle.objects.filter(pk=cycle.pk).update(stated_at=timezone.now())
            written += 1


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("set local statement_timeout = 0")
        cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])


# What the cycle moved, worked out once for heads and lines.
_MOVED = """
    create temporary table settlement_stating on commit drop as
    select merchant_id, currency, effective_on, entry_id, item, amount from settlement_moved where cycle_id = %(cycle)s
"""

_HEADS = """
    insert into settlement_statement
      (cycle_id, merchant_id, merchant_name, currency, number, opening, activity, closing, line_count, layout, digest,
       seal, created_at)
    select %(cycle)s, m.merchant_id, n.name, m.currency,
           'S-' || lpad(%(cycle)s::text, 6, '0') || '-' || m.merchant_id || '-' || m.currency,
           coalesce(b.closing, 0), m.activity, coalesce(b.closing, 0) + m.activity, m.lines, %(layout)s, '',
           coalesce((select digest from settlement_seal where digest <> '' order by last_entry desc limit 1), ''),
           clock_timestamp()
    from (select merchant_id, currency, sum(amount)::bigint as activity, count(*) as lines
          from settlement_stating group by merchant_id, currency) m
    join network_merchant n on n.id = m.merchant_id
    left join lateral (select s.closing from settlement_statement s
      where s.merchant_id = m.merchant_id and s.currency = m.currency order by s.cycle_id desc limit 1) b on true
    order by m.merchant_id, m.currency
"""

_LINES = """
    insert into settlement_statementline (statement_id, n, entry_id, item, amount)
    select s.id, row_number() over (partition by s.id order by m.effective_on, m.entry_id, m.item nulls last),
           m.entry_id, m.item, m.amount
    from settlement_stating m join settlement_statement s
      on s.cycle_id = %(cycle)s and s.merchant_id = m.merchant_id and s.currency = m.currency
"""


def _state(cycle: Cycle, tell: Callable[[str], None] | None) -> None:
    with connection.cursor() as cursor:
        values = {"cycle": cycle.pk, "layout": LAYOUT}
        for step in (_MOVED, "analyze settlement_stating", _HEADS, _LINES, "drop table settlement_stating"):
            cursor.execute(step, values)
    sealed = []
    for statement in (
        Statement.everyone.filter(cycle=cycle).select_related("cycle").order_by("pk").iterator(chunk_size=100)
    ):
        statement.digest = statement_digest(statement)
        sealed.append(statement)
        if tell is not None and len(sealed) % 50 == 0:
            tell(f"sealed {len(sealed)} statements of cycle {cycle.pk}")
    Statement.everyone.bulk_update(sealed, ["digest"], batch_size=500)
