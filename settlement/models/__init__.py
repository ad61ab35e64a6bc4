"""The ledger (account, entry, line, balance), its cycles and periods, the statements cut from them, and what gets them paid."""

from settlement.models.account import Account, Balance
from settlement.models.credit import CreditLimit
from settlement.models.dispute import Dispute, DisputeChange, DisputeMessage
from settlement.models.document import Document, DocumentEntry, NumberSeries, StoredFile
from settlement.models.entry import Entry, Line
from settlement.models.evidence import Evidence, EvidenceFile
from settlement.models.mandate import Mandate, MandateChange
from settlement.models.payment import (
    BankAccount,
    BankFile,
    BankLine,
    BankLineChange,
    Payment,
    PaymentChange,
    PaymentFile,
)
from settlement.models.period import AgreedCycle, Carried, Cycle, Period
from settlement.models.proposal import Proposal, ProposalChange
from settlement.models.release import PayTerms, Released
from settlement.models.report import SellerReport
from settlement.models.seal import Seal
from settlement.models.self_billing import DocumentObjection, SelfBilling, Unbilled
from settlement.models.statement import Statement, StatementLine

__all__ = [
    "Account",
    "AgreedCycle",
    "Balance",
    "BankAccount",
    "BankFile",
    "BankLine",
    "BankLineChange",
    "Carried",
    "CreditLimit",
    "Cycle",
    "Dispute",
    "DisputeChange",
    "DisputeMessage",
    "Document",
    "DocumentEntry",
    "DocumentObjection",
    "Entry",
    "Evidence",
    "EvidenceFile",
    "Line",
    "Mandate",
    "MandateChange",
    "NumberSeries",
    "PayTerms",
    "Payment",
    "PaymentChange",
    "PaymentFile",
    "Period",
    "Proposal",
    "ProposalChange",
    "Released",
    "Seal",
    "SelfBilling",
    "SellerReport",
    "Statement",
    "StatementLine",
    "StoredFile",
    "Unbilled",
]
