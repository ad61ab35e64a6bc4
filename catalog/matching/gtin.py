"""Reads a barcode field into one 14-digit GTIN with a status that says whether it may decide anything."""

import re
import unicodedata
from dataclasses import dataclass

from catalog.matching.folding import fold

CLEAN, RESTRICTED, COUPON, PLACEHOLDER = "clean", "restricted", "coupon", "placeholder"
BAD_CHECK, CASE, NOT_A_GTIN, EMPTY = "bad_check", "case", "not_a_gtin", "empty"

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


@dataclass(frozen=True, slots=True)
class Gtin:
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
    raw = (text or "").strip()
    if not raw:
        return Gtin("", EMPTY, raw)
    if raw.isascii() and raw.isdigit():
        return _of_digits(raw, raw)
    if fold(raw).strip() in _WORDS_FOR_NONE:
        return Gtin("", PLACEHOLDER, raw)
    digits = _digits_of(raw)
    if not digits:
        return Gtin("", NOT_A_GTIN if re.search(r"\w", raw) else EMPTY, raw)
    return _of_digits(digits, raw)


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
