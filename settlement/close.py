"""Close the books through a date: what is shipped is posted, what is pending is released, every merchant gets a statement."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import Max
from django.db.models.functions import Now
from django.utils import timezone

from network.scoping import as_network
from settlement.agree import is_concerned, settled_monthly
from settlement.convert import convert_due
from settlement.documents.statement import LAYOUT, statement_digest
from settlement.models import Carried, Cycle, Period, Statement
from settlement.models.period import ALL
from settlement.pay import prepare_payments
from settlement.release import release_due
from settlement.settle import post_shipped
from settlement.settle_returns import post_returns
from settlement.sweeps import Sweep, post_in_batches
from skuu.kit.errors import Busy, NotPossible

_LOCK = 7_700_451  # advisory: one closing at a time in this database


@dataclass
class Closing:
    """What a closing did; ``cycle`` is None when there was nothing new to close."""

    through: dt.date
    dry_run: bool
    kind: str = ALL
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
    kind: str = ALL,
    dry_run: bool = False,
    only: Only = EVERYBODY,
    tell: Callable[[str], None] | None = None,
) -> Closing:
    """Post what is shipped, release and convert what is due, close every open day through a date, write statements, prepare payments.

    Closing through today takes what was posted until this moment; what is posted later today stands in the next cycle with
    its own day. Books close for everybody at once; statements and payments are those of merchants settled as ``kind`` says
    (weekly, monthly, or everybody's), what moved for the others is carried to their own. ``only`` narrows what is told of and
    which payments are prepared.
    ``dry_run`` does all of it and takes it back; ``tell`` hears how far it is.
    *Locks* one closing at a time, then the open periods, so that it waits for postings under way. *Again* through the same
    date it closes only what came since: nothing, most of the time. Killed half-way, the next call writes what is missing.
    *Raises* NotPossible ``future_date``; Busy when another closing or a long posting is under way.
    """
    if through > timezone.localdate():
        raise NotPossible(f"{through} lies in the future; the books close through today at most.", code="future_date")
    closing = Closing(through, dry_run, kind)
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
    # a sale that another sweep is posting belongs to this closing
    sweep: Sweep = post_shipped(tell=tell, wait=True, hands=settings.SETTLEMENT_HANDS)
    returns = post_returns(tell=tell, wait=True)
    closing.posted, closing.refused = sweep.posted + returns.posted, sweep.refused | returns.refused
    closing.released = release_due(closing.through, hands=settings.SETTLEMENT_HANDS)
    closing.converted = convert_due(closing.through, closing.kind, refused=closing.refused)
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
    prepared = prepare_payments(
        by=by or "settle", cycle=cycle, merchant=only.merchant, currency=only.currency, kind=closing.kind
    )
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
    # days before the last are closed already; what came later for them stands in an open period
    is_open = last is None or closing.through >= last
    waiting = Period.objects.filter(closed_at=None, day__lte=closing.through, entries__isnull=False)
    if not (is_open and waiting.exists()):
        if _carried(closing.through, closing.kind):
            return Cycle.objects.create(through=closing.through, kind=closing.kind, by=by, closed_at=Now()).pk
        return None
    with connection.cursor() as cursor:
        cursor.execute("select settlement_open_period(%s)", [closing.through])
    periods = Period.objects.filter(closed_at=None, day__lte=closing.through).order_by("day")
    locked = [period.pk for period in periods.select_for_update()]  # waits for postings under way
    # the database dates postings, so it dates closings too: clocks of other machines do not matter
    cycle = Cycle.objects.create(through=closing.through, kind=closing.kind, by=by, closed_at=Now())
    closing.periods = Period.objects.filter(pk__in=locked).update(closed_at=Now(), cycle=cycle)
    return cycle.pk


def write_missing_statements(*, tell: Callable[[str], None] | None = None) -> int:
    """Write the statements of every closed cycle that has none yet, oldest first; returns how many cycles.

    *Locks* one closing at a time while lines are written, then statements one by one while they are sealed. *Again*: lines
    are written once, in one transaction; each statement is sealed once, and the last one ends the cycle.
    """
    written = 0
    while (cycle := _lines_written()) is not None:
        _sealed(cycle, tell)
        Cycle.objects.filter(pk=cycle.pk, stated_at=None).update(stated_at=timezone.now())
        written += 1
    return written


@transaction.atomic
def _lines_written() -> Cycle | None:
    """Name the oldest cycle that is not stated, its lines written; None when all are stated."""
    _one_at_a_time()
    with connection.cursor() as cursor:
        cursor.execute("set local work_mem = '128MB'")  # millions of lines are sorted; this transaction only
    cycle = Cycle.objects.filter(stated_at=None).order_by("pk").first()
    if cycle is not None and not Statement.everyone.filter(cycle=cycle).exists():
        _write_lines(cycle)
        if not Statement.everyone.filter(cycle=cycle).exists():  # nothing is left that would say that it was done
            Cycle.objects.filter(pk=cycle.pk).update(stated_at=timezone.now())
    return cycle


def _sealed(cycle: Cycle, tell: Callable[[str], None] | None) -> None:
    """Seal every statement of a cycle with its digest, with several hands; what another process seals is waited for."""
    for wait in (False, True):

        def seal_next(sweep: Sweep, after: int, wait: bool = wait) -> int | None:
            rows = Statement.everyone.select_for_update(of=("self",), skip_locked=not wait).select_related("cycle")
            row = rows.filter(cycle=cycle, digest="", pk__gt=after).order_by("pk").first()
            if row is None:
                return None
            Statement.everyone.filter(pk=row.pk).update(digest=statement_digest(row))
            sweep.posted += 1
            return int(row.pk)

        post_in_batches(seal_next, "statements sealed", tell=tell, hands=1 if wait else settings.SETTLEMENT_HANDS)


def _carried(through: dt.date, kind: str) -> list[int]:
    """Name the closings through a day of which something is carried for merchants that a closing of a kind is about."""
    rows = Carried.objects.filter(stated_in=None, cycle__through__lte=through)
    monthly = settled_monthly()
    pairs = rows.values_list("merchant_id", "cycle_id")
    return sorted({cycle for merchant, cycle in pairs if is_concerned(merchant, kind, monthly)})


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("set local statement_timeout = 0")
        cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])


# Whom a closing of a kind is about.
_CONCERNED = """
    (%(kind)s = 'all' or (merchant_id in (select merchant_id from settlement_agreedcycle where kind = 'monthly')) = (%(kind)s = 'monthly'))
"""
# What the cycle moved, worked out once for heads and lines.
_MOVED = """
    create temporary table settlement_stating on commit drop as
    select merchant_id, currency, effective_on, entry_id, item, amount from settlement_moved where cycle_id = %(cycle)s
"""
# What it moved for merchants whose own cycle goes on is carried, and what was carried for the others until now is told.
_CARRY = f"""
    with carried as (delete from settlement_stating where not {_CONCERNED} returning merchant_id)
    insert into settlement_carried (merchant_id, cycle_id) select distinct merchant_id, %(cycle)s::bigint from carried
"""  # noqa: S608 - the text above
_CARRIED_UNTIL_NOW = f"""
    insert into settlement_stating select merchant_id, currency, effective_on, entry_id, item, amount from settlement_moved
    where cycle_id = any(%(earlier)s::bigint[]) and {_CONCERNED} and (merchant_id, cycle_id) in (
      select merchant_id, cycle_id from settlement_carried where stated_in_id is null)
"""  # noqa: S608 - the text above
_TOLD = f"""
    update settlement_carried set stated_in_id = %(cycle)s
    where stated_in_id is null and cycle_id = any(%(earlier)s::bigint[]) and {_CONCERNED}
"""  # noqa: S608 - the text above

_HEADS = """
    insert into settlement_statement
      (cycle_id, merchant_id, merchant_name, cycle_kind, currency, number, opening, activity, closing, line_count, layout,
       digest, seal, created_at)
    select %(cycle)s, m.merchant_id, n.name,
           coalesce((select g.kind from settlement_agreedcycle g where g.merchant_id = m.merchant_id), 'weekly'), m.currency,
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


def _write_lines(cycle: Cycle) -> None:
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"cycle": cycle.pk, "kind": cycle.kind, "layout": LAYOUT}
        values["earlier"] = _carried(cycle.through, cycle.kind)
        steps = [_MOVED]
        if cycle.kind != ALL:
            steps.append(_CARRY)
        if values["earlier"]:
            steps += [_CARRIED_UNTIL_NOW, _TOLD]
        for step in (*steps, "analyze settlement_stating", _HEADS, _LINES, "drop table settlement_stating"):
            cursor.execute(step, values)
