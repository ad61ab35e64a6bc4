"""The proof of the books: every promise of the ledger, asked of the rows themselves; any doubt is a finding."""

import contextlib
import datetime as dt
import functools
import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from network.scoping import as_network
from settlement import promises
from settlement.documents.statement import statement_digest
from settlement.hands import share_work
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
    hands = 1 if connection.in_atomic_block else max(1, settings.SETTLEMENT_HANDS)
    with as_network(), _looking() as snapshot:
        counted = _counted()
        today = _Share.of_day(0, 1) if everything else _Share.of_day(max(counted), timezone.localdate().toordinal())
        questions = list(_questions(today, timezone.now() if strict else timezone.now() - GRACE, hands))
        with _counting(len(questions)) as waiting:

            def answer(hand: int) -> list[tuple[int, list[Doubt]]]:
                with as_network(), contextlib.nullcontext() if hand == 0 else _looking(snapshot):
                    return [(number, questions[number]()) for (number,) in waiting]

            answers = dict(itertools.chain.from_iterable(share_work(answer, hands) if hands > 1 else [answer(0)]))
    if len(answers) < len(questions):
        raise RuntimeError("A part of the proof was killed; nothing is proved.")
    doubts: dict[str, list[str]] = {}
    for _, found in sorted(answers.items()):
        for promise, row in found:
            doubts.setdefault(promise, []).append(row)
    findings = [Finding(promise, len(rows), rows[:_SHOWN]) for promise, rows in doubts.items()]
    return Proof(*counted, findings, today.told())


Doubt = tuple[str, str]  # the promise and the row that breaks it


@contextlib.contextmanager
def _looking(snapshot: str = "") -> Iterator[str]:
    """Look at the books as they are at one moment, reading only; gives a name by which other connections see the same.

    Within a transaction of the caller there is nothing to name, and its own view is what is looked at.
    """
    outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if outermost:
            cursor.execute("set transaction isolation level repeatable read, read only")
            if snapshot:
                cursor.execute("set transaction snapshot %s", [snapshot])
        cursor.execute("set local statement_timeout = 0")
        cursor.execute("set local idle_in_transaction_session_timeout = 0")  # the first waits for the others
        cursor.execute("set local work_mem = '128MB'")  # one walk over millions of lines; this transaction only
        if outermost and not snapshot:
            cursor.execute("select pg_export_snapshot()")
            snapshot = cursor.fetchone()[0]
        yield snapshot


@contextlib.contextmanager
def _counting(count: int) -> Iterator[Iterator[bytes]]:
    """Give the numbers from zero on, a byte each, each once to one of the processes or threads that ask: out of a pipe they all hold."""
    following, numbers = os.pipe()
    os.write(numbers, bytes(range(count)))
    os.close(numbers)
    with os.fdopen(following, "rb", buffering=0) as pipe:
        yield iter(lambda: pipe.read(1), b"")


def _questions(today: "_Share", before: dt.datetime, hands: int) -> Iterator[Callable[[], list[Doubt]]]:
    """Give what is asked, each question alone, those that take longest first."""
    for query in (promises.MOVED, promises.BALANCED):
        yield functools.partial(_rows, query, {})
    for hand in range(hands):
        yield functools.partial(_changed_statements, today, hands, hand)
    for promise, query in promises.SHARED.items():
        yield functools.partial(_broken, promise, query.format(**today.conditions()), {})
    for promise, query in promises.ALONE.items():
        yield functools.partial(_broken, promise, query, {"before": before})
    yield functools.partial(_rows, promises.DATED, {})


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

        def found(number: str, column: str) -> str:
            """Have the numbers looked up in an index first: entries are wide, and few of them are read."""
            look = f"select x.{column} from settlement_entry x where {of(f'x.{column}')}"  # noqa: S608 - names from here
            return f"{number} = any(array({look}))" if self.parts > 1 else "true"

        return {
            "some_entries": found("e.id", "id"),
            "some_orders": found("e.internal_order_id", "internal_order_id"),
            "some_documents": of("d.id"),
            "some_seals": of("s.id"),
        }

    def told(self) -> str:
        return "all" if self.parts == 1 else f"share {self.rest + 1} of {self.parts}"


def _counted() -> tuple[int, int, int]:
    """Count entries, lines and statements, by the index each is quickest counted by."""
    return Entry.objects.count(), Line.objects.count(), Statement.everyone.count()


def _rows(query: str, values: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()


def _broken(promise: str, query: str, values: dict[str, Any]) -> list[Doubt]:
    return [(promise, row) for (row,) in _rows(query, values)]


def _changed_statements(share: _Share, hands: int, hand: int) -> list[Doubt]:
    """Reckon the digests of a hand's part of the statements whose turn it is."""
    stated = Statement.everyone.filter(cycle__stated_at__isnull=False)
    turns = stated.annotate(turn=F("pk") % share.parts, part=F("pk") / share.parts % hands)
    mine = turns.filter(turn=share.rest, part=hand).select_related("cycle").order_by("pk")
    return [
        ("every statement recomputes byte for byte", f"{statement.number} no longer has the digest it was sealed with")
        for statement in mine.iterator(chunk_size=200)
        if statement_digest(statement) != statement.digest
    ]
