"""The ledger (account, entry, line, balance), its cycles and periods, and the statements cut from them."""

from settlement.models.account import Account, Balance
from settlement.models.entry import Entry, Line
from settlement.models.period import Cycle, Period
from settlement.models.statement import Statement, StatementLine

__all__ = ["Account", "Balance", "Cycle", "Entry", "Line", "Period", "Statement", "StatementLine"]
