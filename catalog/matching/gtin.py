"""Reads a barcode field into one 14-digit GTIN with a status that says whether it may decide anything."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from catalog.matching.folding import fold

CLEAN, RESTRICTED, COUPON, PLACEHOLDER = "clean", "restricted", "coupon", "placeholder"
BAD_CHECK, CASE, NOT_A_GTIN, EMPTY = "bad_check", "case", "not_a_gtin", "empty"
# What the numbers of `gtins_of` stand for: status 0 is clean.
STATUSES = (CLEAN, RESTRICTED, COUPON, PLACEHOLDER, BAD_CHECK, CASE, NOT_A_GTIN, EMPTY)

_DROPPED = re.compile(r"[\s'\"’‘`´′\-‐‑–—­​‌‍⁠﻿‎‏]+")
_LABEL = re.compile(r"^(?:gtin|ean|upc|barcode|\(01\))[\s\-]*(?:8|12|13|14)?[\s:#]*(?=\d)", re.IGNORECASE)
_DECIMAL = re.compile(r"^(\d+)[.,]0*$")
_SCIENTIFIC = re.compile(r"^(\d)[.,]?(\d*)e\+?(\d{1,2})$", re.IGNORECASE)
_COUNTING = "12345678901234567890"
_WORDS_FOR_NONE = {
    *(
        "na",
        "n/a",
        "n.a.",
        "none",
        "null",
        "nan",
        "nil",
        "-",
        "--",
        "tbd",
        "x",
        "xxx",
        "unknown",
        "no barcode",
        "keine",
    ),
    *("does not apply", "doesnotapply", "not applicable", "not available", "nicht zutreffend", "non applicable"),
    *("sin codigo", "ohne", "kein", "brak", "saknas", "geen"),
}
# Numbers printed in textbooks and standards; shops paste them to satisfy a form.
_SAMPLES = {"01234567890128", "00012345678905", "05901234123457", "00036000291452", "09780201379624", "04012345678901"}


class Gtin(NamedTuple):
    """A barcode as read: `value` is 14 digits whenever the number itself is sound, whatever its status."""

    value: str
    status: str
    raw: str

    @property
    def key(self) -> str:
        """The number if it may identify an item across shops, else an empty string."""
        return self.value if self.status == CLEAN else ""


def normalise_gtin(text: str | None) -> Gtin:
    """Read a barcode field.

    UPC-A, UPC-E, EAN-8, EAN-13 and zero-padded GTIN-14 forms of one number give one value. Only status `clean`
    may link; a wrong check digit, an in-store number or a case of goods is kept, flagged and never a key.
    """
    if text and text.isdigit() and text.isascii():
        return _of_digits(text, text) if len(text) not in _USUAL else _usual(text, text)
    raw = (text or "").strip()
    if not raw:
        return Gtin("", EMPTY, raw)
    bare = raw.replace("'", "").replace(" ", "")
    if len(bare) in _USUAL and bare.isdigit() and bare.isascii():
        return _usual(bare, raw)
    if fold(raw).strip() in _WORDS_FOR_NONE:
        return Gtin("", PLACEHOLDER, raw)
    digits = _digits_of(raw)
    if not digits:
        return Gtin("", NOT_A_GTIN if re.search(r"\w", raw) else EMPTY, raw)
    return _of_digits(digits, raw)


def gtins_of(raw: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """Read a column of barcode fields at once, each exactly as `normalise_gtin` reads it.

    Gives the numbers (0 where there is none) and their statuses as places in `STATUSES`; an array is a key only
    where the status is 0.
    """
    total = len(raw)
    values, statuses = np.zeros(total, np.int64), np.zeros(total, np.int8)
    bare = [text if text.isdigit() else text.strip().replace("'", "").replace(" ", "") for text in raw]
    usual = np.fromiter([len(text) in _USUAL and text.isdigit() and text.isascii() for text in bare], bool, total)
    places = np.flatnonzero(usual)
    numbers = np.array([int(bare[place]) for place in places.tolist()], np.int64)
    good, read = _judge(numbers)
    values[places[good]], statuses[places[good]] = numbers[good], read[good]
    usual[places[~good]] = False
    for place in np.flatnonzero(~usual).tolist():
        found = normalise_gtin(raw[place])
        values[place], statuses[place] = int(found.value or 0), _STATUS_NUMBER[found.status]
    return values, statuses


def _usual(digits: str, raw: str) -> Gtin:
    """Read twelve to fourteen digits by tables; whatever is odd about them is looked at again by the rules."""
    number = int(digits)
    high, low = divmod(number, 100_000_000)
    status = _STATUS_OF_HEAD[high // 100]
    # Four digits at a time, weighed: the sum is a multiple of ten when the check digit is right.
    weight = _WEIGHED[low % 10_000] + _WEIGHED[low // 10_000] + _WEIGHED[high % 10_000] + _WEIGHED[high // 10_000]
    if status and not weight % 10 and number // 10 not in _REPEATED and number not in _SAMPLE_NUMBERS:
        return _new(Gtin, (digits.zfill(14), status, raw))
    return _of_digits(digits, raw)


def _judge(numbers: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Which numbers are sound beyond a second look, and the statuses of all."""
    statuses = _STATUS_NUMBER_OF_HEAD[numbers // 10_000_000_000]
    rest, sums = numbers, np.zeros(len(numbers), np.int64)
    for _ in range(4):
        rest, chunk = np.divmod(rest, 10_000)
        sums += _WEIGHED_ARRAY[chunk]
    doubtful = _stands_in(numbers // 10, _REPEATED_ARRAY) | _stands_in(numbers, _SAMPLE_ARRAY)
    return (statuses >= 0) & (sums % 10 == 0) & ~doubtful, statuses


def check_digit(body: str) -> str:
    """Compute the GS1 check digit of the digits before it."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return str(-total % 10)


def _digits_of(raw: str) -> str:
    """The digits a field stands for, or an empty string when it is something else, such as a part number."""
    text = unicodedata.normalize("NFKC", raw)
    text = _DROPPED.sub("", _LABEL.sub("", text.strip(" '’‘")))
    if decimal := _DECIMAL.match(text):
        return decimal[1]
    if scientific := _SCIENTIFIC.match(text):
        whole, fraction, exponent = scientific[1], scientific[2], int(scientific[3])
        # A spreadsheet that kept all digits can be undone; one that rounded them cannot.
        return whole + fraction if len(fraction) == exponent and exponent >= 11 else ""
    return text if text.isascii() and text.isdigit() else ""


def _of_digits(digits: str, raw: str) -> Gtin:
    significant = digits.lstrip("0")
    if _is_placeholder(significant):
        return Gtin("", PLACEHOLDER, raw)
    if len(digits) == 8:
        return _of_eight(digits, raw)
    value = _fourteen(digits, significant)
    if not value:
        return Gtin("", NOT_A_GTIN, raw)
    if not _checks(value):
        return Gtin("", BAD_CHECK, raw)
    if value in _SAMPLES:
        return Gtin("", PLACEHOLDER, raw)
    if len(digits) < 14 and value.startswith("000000"):
        return Gtin(value, RESTRICTED, raw)  # GS1 keeps these empty, lest a UPC be taken for a GTIN-8
    return Gtin(value, _status_of(value), raw)


def _fourteen(digits: str, significant: str) -> str:
    if len(digits) > 14:
        return significant.zfill(14) if 12 <= len(significant) <= 13 else ""
    if len(digits) >= 12:
        return digits.zfill(14)
    # Ten or eleven digits: a spreadsheet ate the leading zeros of a UPC. A counter such as 1000000007 is none.
    if len(digits) in (10, 11) and "00000" not in significant:
        return digits.zfill(14)
    return ""


def _of_eight(digits: str, raw: str) -> Gtin:
    upc = _upc_a_of(digits) if digits[0] in "01" else ""
    padded = digits.zfill(14)
    if digits[0] == "0":
        if upc:
            return Gtin(upc, _status_of(upc), raw)
        return Gtin(padded, RESTRICTED, raw) if _checks(padded) else Gtin("", BAD_CHECK, raw)
    if _checks(padded):
        return Gtin(padded, RESTRICTED if digits[0] == "2" else CLEAN, raw)
    return Gtin(upc, _status_of(upc), raw) if upc else Gtin("", BAD_CHECK, raw)


def _upc_a_of(digits: str) -> str:
    """Expand an eight-digit UPC-E, or give an empty string when its check digit does not fit."""
    system, body, check = digits[0], digits[1:7], digits[7]
    last = body[5]
    if last in "012":
        number = body[:2] + last + "0000" + body[2:5]
    elif last == "3":
        number = body[:3] + "00000" + body[3:5]
    elif last == "4":
        number = body[:4] + "00000" + body[4]
    else:
        number = body[:5] + "0000" + last
    value = (system + number + check).zfill(14)
    return value if _checks(value) else ""


def _checks(value: str) -> bool:
    code = value.encode()
    return (3 * sum(code[0::2]) + sum(code[1::2]) - 1344) % 10 == 0


def _is_placeholder(significant: str) -> bool:
    if len(significant) < 2 or len(set(significant[:-1])) == 1:
        return True
    return len(significant) >= 5 and _COUNTING.startswith(significant[:-1])


def _status_of(value: str) -> str:
    if value[0] != "0":
        return CASE
    if value.startswith("000000"):
        return RESTRICTED if value[6] in "02" else CLEAN  # a GTIN-8 in its long form
    prefix = value[1:]
    if prefix[0] == "2" or prefix[:2] in ("02", "04"):
        return RESTRICTED
    if prefix[:2] in ("05", "99") or prefix[:3] in ("977", "980", "981", "982", "983", "984"):
        return COUPON
    return CLEAN


def _stands_in(numbers: NDArray[np.int64], listed: NDArray[np.int64]) -> NDArray[Any]:
    places = np.minimum(np.searchsorted(listed, numbers), len(listed) - 1)
    return np.asarray(listed[places] == numbers)


def _head_status(head: int) -> str:
    """The status that the first four of fourteen digits decide; empty where more must be looked at."""
    return "" if head < 10 else _status_of(f"{head:04d}0000000000")


_new = tuple.__new__
_USUAL = frozenset((12, 13, 14))
_WEIGHED = bytes((3 * (n // 1000 + n // 10 % 10) + n // 100 % 10 + n % 10) % 10 for n in range(10_000))
_STATUS_OF_HEAD = tuple(_head_status(head) for head in range(10_000))
_REPEATED = frozenset(
    number
    for number in (
        *(int(digit * length) for digit in "0123456789" for length in range(1, 14)),
        *(int(_COUNTING[:length]) for length in range(4, 14)),
    )
)
_SAMPLE_NUMBERS = frozenset(map(int, _SAMPLES))
_STATUS_NUMBER = {status: place for place, status in enumerate(STATUSES)}
_STATUS_NUMBER_OF_HEAD = np.array([_STATUS_NUMBER.get(status, -1) for status in _STATUS_OF_HEAD], np.int8)
_WEIGHED_ARRAY = np.frombuffer(_WEIGHED, np.uint8).astype(np.int64)
_REPEATED_ARRAY = np.array(sorted(_REPEATED), np.int64)
_SAMPLE_ARRAY = np.array(sorted(_SAMPLE_NUMBERS), np.int64)
