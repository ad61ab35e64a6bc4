"""MT940: the statement lines of field 61 with the words of field 86 that follow each."""

import datetime as dt
import re
from calendar import isleap
from dataclasses import replace

from settlement.bank_reading.booking import Booking, UnreadableStatementError, plain_account, plain_reference
from skuu.kit.errors import NotPossible
from skuu.kit.money import parse_minor

_LINE = re.compile(
    r"^(?P<value>\d{6})(?P<booked>\d{4})?(?P<mark>R?[CD])(?P<funds>[A-Z])?(?P<amount>\d+,\d*)"
    r"(?P<kind>[A-Z][A-Z0-9]{3})(?P<reference>[^/\n]*)(?://(?P<bank>[^\n]*))?"
)
_OURS = re.compile(r"\bP-\d{6,}\b")
_RETURN = re.compile(r"\b(A[CGM]\d\d|MD\d\d|MS\d\d|R[RC]\d\d)\b")


def read_mt940(content: bytes) -> list[Booking]:
    """Read the bookings of an MT940 message. Raises UnreadableStatementError."""
    text = content.decode("latin-1").replace("\r\n", "\n")
    fields = re.findall(r"^:(\d\d[A-Z]?):(.*?)(?=^:\d\d[A-Z]?:|^-\}?$|\Z)", text, re.MULTILINE | re.DOTALL)
    if not any(tag == "61" for tag, _ in fields) and not any(tag in ("60F", "60M") for tag, _ in fields):
        raise UnreadableStatementError("This is neither a camt.053 nor an MT940 statement.")
    currency, own, account = "", "", ""
    found: list[Booking] = []
    for at, (tag, value) in enumerate(fields):
        if tag == "20":
            own = value.strip()
        elif tag == "25":
            account = value
        elif tag in ("60F", "60M"):
            currency = value.strip()[7:10]
        elif tag == "61":
            words = fields[at + 1][1] if at + 1 < len(fields) and fields[at + 1][0] == "86" else ""
            booking = _booking(value.strip(), " ".join(words.split()), currency, f"{own}/{len(found)}")
            found.append(replace(booking, account=plain_account(account, currency)))
    return found


def _booking(line: str, words: str, currency: str, place: str) -> Booking:
    read = _LINE.match(line)
    if read is None or not currency:
        raise UnreadableStatementError(f"Line {place} cannot be read.")
    sign = {"C": 1, "D": -1, "RC": -1, "RD": 1}[read["mark"]]  # a reversed credit goes out again
    try:
        on = _booked_on(read["value"], read["booked"])
        amount = parse_minor(read["amount"].rstrip(",").replace(",", "."), currency)
    except (ValueError, NotPossible) as error:
        raise UnreadableStatementError(f"Line {place}: {error}") from error
    ours = _OURS.search(f"{read['reference']} {words}")
    is_return = read["mark"].startswith("R") or read["kind"][1:] in ("RTI", "RTN")
    code = _RETURN.search(words)
    return Booking(
        reference=f"{read['bank'] or place}/{place}"[:100],
        booked_on=on,
        amount=sign * amount,
        currency=currency,
        end_to_end=ours[0] if ours else "",
        text=words[:500],
        return_code=(code[0] if code else "RETN") if is_return else "",
        bank_reference=plain_reference(read["bank"] or ""),
        whole=sign * amount,
    )


def _booked_on(value: str, booked: str | None) -> dt.date:
    """Read the day of the booking; it is told without its year, which is the one nearest to the day of value."""
    valued = dt.datetime.strptime(value, "%y%m%d").replace(tzinfo=dt.UTC).date()
    if booked is None:
        return valued
    years = (valued.year - 1, valued.year, valued.year + 1)
    days = [dt.date(year, int(booked[:2]), int(booked[2:])) for year in years if booked != "0229" or isleap(year)]
    return min(days, key=lambda day: abs(day - valued), default=valued)
