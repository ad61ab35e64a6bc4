"""EN 16931 invoices as plain facts, and the two languages they are written in; no database, no clock."""

from settlement.invoicing.cii import write_cii
from settlement.invoicing.facts import Invoice, Party, Row, Tax, tax_groups, told, untold
from settlement.invoicing.ubl import write_ubl

__all__ = ["Invoice", "Party", "Row", "Tax", "tax_groups", "told", "untold", "write_cii", "write_ubl"]
