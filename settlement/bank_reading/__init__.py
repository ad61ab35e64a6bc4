"""Bank statements as bookings: camt.053 and MT940 in, the same plain rows out; no database, no clock."""

from settlement.bank_reading.booking import Booking, UnreadableStatementError
from settlement.bank_reading.camt import read_camt
from settlement.bank_reading.mt940 import read_mt940

__all__ = ["Booking", "UnreadableStatementError", "read_bank_statement", "read_camt", "read_mt940"]


def read_bank_statement(content: bytes) -> tuple[str, list[Booking]]:
    """Tell what kind of statement this is and its bookings in their order. Raises UnreadableStatementError."""
    if content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        return "camt.053", read_camt(content)
    return "mt940", read_mt940(content)
