"""The proof of the books: every promise of the ledger, asked of the rows themselves; any doubt is a finding."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from network.scoping import as_network
from settlement import promises
from settlement.documents.statement import statement_digest
from settlement.models import Entry, Line, Statement

GRACE = dt.timedelta(minutes=5)

_AT_ONCE = 60_000  # lines hashed again in one proof, or about as much work
_SHOWN = 20  # rows named per finding; the count says how many there are


@dataclass(frozen=True, slots=True)
class Finding:
    """One promise that does not hold: which, on how many rows, and the first of them."""

    promise: str
    count: int
    rows: list[str]


@dataclass(frozen=True, slots=True)
class Proof:
    """What was looked at, and every doubt."""

    entries: int
    lines: int
    statements: int
    findings: list[Finding]
    share: str = "all"  # of what is hashed again and read out of frozen facts

    @property
    def clean(self) -> bool:
        """Say whether every promise holds."""
        return not self.findings


def check_ledger(*, strict: bool = False, everything: bool = False) -> Proof:
    """Prove the books on one snapshot; reads only.

    A shipped order, or a cycle's statements, may be missing for five minutes, because sweeps follow facts; ``strict`` gives
    them no grace. Figures are proved over all rows, always. What has to be hashed again or read out of frozen facts is proved
    for a share of a big ledger, another every day, so that each row's turn comes; ``everything`` proves it for all.
    *Raises* nothing about the books: every doubt is a finding.
    """
    before = timezone.now() if strict else timezone.now() - GRACE
    outermost = not connection.in_atomic_block
    with as_network(), transaction.atomic():
        with connection.cursor() as cursor:
            if outermost:
                cursor.execute("set transaction isolation level repeatable read, read only")
            cursor.execute("set local statement_timeout = 0")
            cursor.execute("set local work_mem = '128MB'")  # one walk over millions of lines; this transaction only
        counted = _counted()
        today = _Share.of_day(0, 1) if everything else _Share.of_day(max(counted), timezone.localdate().toordinal())
        doubts: dict[str, list[str]] = {}
        for query in (promises.BALANCED, promises.MOVED, promises.DATED):
            for promise, row in _rows(query, {}):
                doubts.setdefault(promise, []).append(row)
        for promise, query in promises.ALONE.items():
            doubts[promise] = [row for (row,) in _rows(query, {"before": before})]
        for promise, query in promises.SHARED.items():
            doubts[promise] = [row for (row,) in _rows(query.format(**today.conditions()), {})]
        doubts["every statement recomputes byte for byte"] = list(_changed_statements(today))
        findings = [Finding(promise, len(rows), rows[:_SHOWN]) for promise, rows in doubts.items() if rows]
        return Proof(*counted, findings, today.told())


@dataclass(frozen=True, slots=True)
class _Share:
    """Which part of the rows is hashed and read today: those whose number leaves ``rest`` when divided by ``parts``."""

    parts: int
    rest: int

    @classmethod
    def of_day(cls, rows: int, day: int) -> "_Share":
        parts = max(1, -(-rows // _AT_ONCE))
        return cls(parts, day % parts)

    def conditions(self) -> dict[str, str]:
        def of(number: str) -> str:
            return f"({number}) %% {self.parts} = {self.rest}" if self.parts > 1 else "true"

        return {
            "some_entries": of("e.id"),
            "some_orders": of("e.internal_order_id"),
            "some_documents": of("d.id"),
            "some_seals": of("s.id"),
        }

    def told(self) -> str:
        return "all" if self.parts == 1 else f"share {self.rest + 1} of {self.parts}"


def _counted() -> tuple[int, int, int]:
    """Count entries, lines and statements, by the index each is quickest counted by."""
    return Entry.objects.count(), Line.objects.count(), Statement.everyone.count()


def _rows(query: str, values: dict[str, Any]) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()


def _changed_statements(share: _Share) -> Iterator[str]:
    stated = Statement.everyone.filter(cycle__stated_at__isnull=False)
    statements = stated.annotate(turn=F("pk") % share.parts).filter(turn=share.rest)
    for statement in statements.select_related("cycle").order_by("pk").iterator(chunk_size=200):
        if statement_digest(statement) != statement.digest:
            yield f"{statement.number} no longer has the digest it was sealed with"
