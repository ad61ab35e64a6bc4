"""The yearly report about sellers is written and kept; what changed since is told in a correction that names what it corrects."""

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from network.scoping import as_network
from settlement.dac7 import Seller, seller_report
from settlement.dac7_xml import (
    CORRECTED,
    CORRECTIONS,
    DELETED,
    NEW,
    NEW_DATA,
    RESENT,
    Record,
    Reported,
    check_year,
    operator_facts,
    reported_sellers,
    write_report,
)
from settlement.models import SellerReport
from skuu.kit.errors import NotPossible

OPERATOR = 0  # whom the record about the network itself is about; merchants count from 1
_LOCK = 7_700_455  # advisory: one report at a time in this database


class NothingToReport(NotPossible):
    """What was reported of the year is what would be reported now."""

    code = "nothing_to_report"


def due_on(year: int) -> dt.date:
    """Name the day by which a year's report is due, and by which its sellers are told what it says: 31 January after it."""
    return dt.date(year + 1, 1, 31)


def report_sellers(year: int, *, by: str) -> list[SellerReport]:
    """Write the report of a year, or, when there is one, what corrects it; returns the new messages, none is sent.

    The first tells every seller as new (OECD1). Later ones tell only what changed: other figures take the place of a record
    (OECD2), who is not reported any more is deleted (OECD3), each naming the record it corrects; sellers who were not in it
    are new, in a message of their own, because the schema does not let one carry both. *Locks* one report at a time.
    *Again* nothing new is written: raises NothingToReport. Raises NotPossible while the year is not over.
    """
    at = timezone.now()
    check_year(year, at)
    with as_network(), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        standing = standing_records(year)
        changed, new = _compare(reported_sellers(seller_report(year), year), standing)
        operator = operator_facts()
        if standing and standing[OPERATOR]["facts"] != operator:
            changed.insert(0, (OPERATOR, CORRECTED, operator))
        if standing and not changed and not new:
            raise NothingToReport(f"What was reported of {year} is what would be reported now.")
        rows = []
        if changed:
            rows.append(_write(year, CORRECTIONS, changed, standing, at, by))
        if new or not standing:
            rows.append(_write(year, NEW_DATA, new, standing_records(year), at, by))
        return rows


def standing_records(year: int) -> dict[int, dict[str, Any]]:
    """Tell what each one's newest record of a year is, by merchant (0: the network); deleted ones are not in it."""
    standing: dict[int, dict[str, Any]] = {}
    for told in SellerReport.objects.filter(year=year).order_by("pk").values_list("told", flat=True):
        for record in told:
            if record["type"] == DELETED:
                standing.pop(record["about"], None)
            elif record["type"] != RESENT:
                standing[record["about"]] = record
    return standing


Change = tuple[int, str, dict[str, Any]]  # about whom, type of record, what it says


def _compare(now: Iterable[Reported], standing: dict[int, dict[str, Any]]) -> tuple[list[Change], list[Change]]:
    changed: list[Change] = []
    new: list[Change] = []
    facts = {row.seller.merchant: _plain(row) for row in now}
    for about, said in sorted(facts.items()):
        before = standing.get(about)
        if before is None:
            new.append((about, NEW, said))
        elif before["facts"] != said:
            changed.append((about, CORRECTED, said))
    gone = sorted(standing.keys() - facts.keys() - {OPERATOR})
    changed += [(about, DELETED, standing[about]["facts"]) for about in gone]
    return changed, new


def _write(
    year: int, kind: str, changes: list[Change], standing: dict[int, dict[str, Any]], at: dt.datetime, by: str
) -> SellerReport:
    number = SellerReport.objects.count() + 1
    stem = f"{settings.NETWORK_COUNTRY}{year}"
    told: list[dict[str, Any]] = []
    if not any(about == OPERATOR for about, *_ in changes):
        before = standing.get(OPERATOR)
        kept = before["reference"] if before else f"{stem}-operator-{number}"
        told.append(
            {"about": OPERATOR, "type": RESENT if before else NEW, "reference": kept, "corrects": "", "facts": operator_facts()}
        )  # fmt: skip
    for about, type_, facts in changes:
        before = standing.get(about) if type_ != NEW else None
        whom = "operator" if about == OPERATOR else f"seller-{about}"
        told.append(
            {
                "about": about,
                "type": type_,
                "reference": f"{stem}-{whom}-{number}",
                "corrects": before["reference"] if before else "",
                "facts": facts,
            }
        )
    reference = f"{stem}{settings.NETWORK_COUNTRY}-{settings.NETWORK_VAT_ID}-{number}"
    records = [Record(one["type"], one["reference"], one["corrects"], _read(one)) for one in told]
    content = write_report(records, year, at=at, kind=kind, reference=reference)
    return SellerReport.objects.create(
        year=year,
        kind=kind,
        reference=reference,
        told=told,
        content=content,
        digest=hashlib.sha256(content).hexdigest(),
        made_at=at,
        made_by=by,
    )


def _plain(row: Reported) -> dict[str, Any]:
    """Write a record's facts the way they are kept; what the XML does not tell is left out, so it corrects nothing."""
    facts = asdict(row)
    for name in ("sales", "consideration", "fees", "address"):
        facts["seller"].pop(name)
    facts["seller"]["currency"] = row.currency
    return {name: list(value) if isinstance(value, tuple) else value for name, value in facts.items()}


def _read(record: dict[str, Any]) -> Reported | None:
    """Read a record's facts back; None: it is about the network itself."""
    if record["about"] == OPERATOR:
        return None
    facts = dict(record["facts"])
    four: dict[str, Any] = {name: tuple(facts[name]) for name in ("sales", "consideration", "fees")}
    seller = Seller(**facts["seller"], address="", **four)
    return Reported(seller, facts["currency"], **four)
