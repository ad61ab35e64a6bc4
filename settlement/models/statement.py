"""What a merchant is told at the end of a cycle, in one currency; recomputed later it is the same byte for byte."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from network.models import Merchant
from network.scoping import Tenant
from settlement.models.entry import Entry
from settlement.models.period import WEEKLY, AgreedCycle, Cycle


class Statement(Tenant):
    """A merchant's account in one currency over one cycle. Written only by settlement.close; never changed once sealed.

    Amounts are minor units seen from the merchant: + is owed to the merchant, − the merchant owes.
    """

    MERCHANT_PATH: ClassVar[str] = "merchant"

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="statements")
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="+", db_index=False)
    merchant_name = models.CharField(max_length=200)  # as it was when the statement was written
    cycle_kind = models.CharField("settled", max_length=7, choices=AgreedCycle.KINDS, default=WEEKLY, db_default=WEEKLY)
    currency = models.CharField(max_length=3)
    number = models.CharField(max_length=60, unique=True)  # S-000012-7-EUR
    opening = models.BigIntegerField()
    activity = models.BigIntegerField()
    closing = models.BigIntegerField()
    line_count = models.PositiveIntegerField()
    layout = models.PositiveSmallIntegerField(default=1, db_default=1)  # which columns its CSV has; see statement_csv
    digest = models.CharField(max_length=64, blank=True)  # SHA-256 of its CSV; writing it seals the statement
    # the ledger's newest seal when this was written: what was posted until then cannot change without this reader knowing
    seal = models.CharField(max_length=64, blank=True, default="", db_default="")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["merchant", "currency", "cycle"], name="one_statement_per_merchant_currency_and_cycle"
            ),
            models.CheckConstraint(
                condition=Q(closing=F("opening") + F("activity")), name="opening_and_activity_make_the_closing"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class StatementLine(Tenant):
    """One item of one entry on a statement; what it says comes from the entry's frozen facts."""

    MERCHANT_PATH: ClassVar[str] = "statement__merchant"

    # the database asks for statement and entry once a statement (migration state_in_bulk)
    statement = models.ForeignKey(
        Statement, on_delete=models.PROTECT, related_name="lines", db_constraint=False, db_index=False
    )
    n = models.PositiveIntegerField()
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    item = models.PositiveSmallIntegerField(null=True)
    amount = models.BigIntegerField()  # + is owed to the merchant

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["statement", "n"], name="lines_of_a_statement_are_numbered"),
            models.UniqueConstraint(
                fields=["entry", "item", "statement"], nulls_distinct=False, name="an_item_stands_once_on_a_statement"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.statement_id} line {self.n}"
