"""camt.053: booked entries, split into their transactions when a booking is aggregated; any version of the message."""

import datetime as dt
from dataclasses import replace
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from settlement.bank_reading.booking import Booking, UnreadableStatementError, plain_account, plain_reference
from skuu.kit.errors import NotPossible
from skuu.kit.money import parse_minor


def read_camt(content: bytes) -> list[Booking]:
    """Read the booked entries of a camt.053 message. Raises UnreadableStatementError."""
    try:
        root = ElementTree.fromstring(content)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise UnreadableStatementError(f"This is no XML: {error}") from error
    if ":camt.053." not in root.tag and not root.tag.startswith("{"):
        raise UnreadableStatementError("This is no camt.053 statement.")
    statements = root.findall(".//{*}BkToCstmrStmt/{*}Stmt")
    if not statements:
        raise UnreadableStatementError("This is no camt.053 statement.")
    found: list[Booking] = []
    for at, statement in enumerate(statements):
        own = _text(statement, "{*}Id") or str(at)
        for number, entry in enumerate(statement.findall("{*}Ntry")):
            account = _text(statement, "{*}Acct/{*}Id/{*}IBAN") or _text(statement, "{*}Acct/{*}Id/{*}Othr/{*}Id")
            found += _entry(entry, f"{own}/{number}", account)
    return found


def _entry(entry: Element, place: str, account: str) -> list[Booking]:
    status = _text(entry, "{*}Sts/{*}Cd") or _text(entry, "{*}Sts")
    if status and status != "BOOK":
        return []
    booked = _text(entry, "{*}BookgDt/{*}Dt") or _text(entry, "{*}BookgDt/{*}DtTm")[:10]
    try:
        on = dt.date.fromisoformat(booked)
    except ValueError:
        raise UnreadableStatementError(f"Entry {place} has no booking date.") from None
    bank = _text(entry, "{*}AcctSvcrRef")
    details = entry.findall("{*}NtryDtls/{*}TxDtls")
    # an aggregated booking is only split when its parts carry amounts of their own
    if len(details) > 1 and all(_amount_of(one) is not None for one in details):
        parts = [_booking(one, entry, on, f"{bank or place}/{at}") for at, one in enumerate(details)]
    else:
        parts = [_booking(details[0] if len(details) == 1 else entry, entry, on, bank or place)]
    whole = _booking(entry, entry, on, bank or place)
    return [
        replace(
            one,
            account=plain_account(account, whole.currency),
            bank_reference=plain_reference(bank),
            whole=whole.amount,
            part=at,
        )
        for at, one in enumerate(parts)
    ]


def _booking(part: Element, entry: Element, on: dt.date, reference: str) -> Booking:
    node = _amount_of(part) if part is not entry else None
    if node is None:
        node = entry.find("{*}Amt")
    if node is None or not node.text:
        raise UnreadableStatementError(f"Booking {reference} has no amount.")
    currency = node.get("Ccy", "")
    try:
        amount = parse_minor(node.text, currency)
    except (NotPossible, ValueError) as error:
        raise UnreadableStatementError(f"Booking {reference}: {error}") from error
    direction = _text(part, "{*}CdtDbtInd") or _text(entry, "{*}CdtDbtInd")
    sign = -1 if direction == "DBIT" else 1
    end_to_end = _text(part, ".//{*}EndToEndId")
    words = [node.text or "" for node in part.findall(".//{*}Ustrd")] + [_text(part, ".//{*}RltdPties//{*}Nm")]
    return Booking(
        reference=reference[:100],
        booked_on=on,
        amount=sign * amount,
        currency=currency,
        end_to_end="" if end_to_end == "NOTPROVIDED" else end_to_end[:35],
        text=" ".join(word for word in words if word)[:500],
        return_code=_text(part, ".//{*}RtrInf/{*}Rsn/{*}Cd")[:8],
    )


def _amount_of(part: Element) -> Element | None:
    for path in ("{*}Amt", "{*}AmtDtls/{*}TxAmt/{*}Amt"):
        node = part.find(path)
        if node is not None:
            return node
    return None


def _text(node: Element, path: str) -> str:
    return (node.findtext(path) or "").strip()
