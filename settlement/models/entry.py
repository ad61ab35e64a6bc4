"""The ledger itself: entries that sum to zero in every currency, and their lines. Nothing here is ever changed.

The database keeps these promises, whoever writes (migration 0002): an entry balances at commit; lines come only with their
entry; no update, delete or truncate; nothing posts into a closed period; one entry per key.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from network.models import Merchant
from orders.models import InternalOrder
from settlement.models.account import Account
from settlement.models.period import Period


class Entry(models.Model):
    """One fact in the books. Written only by settlement.post, through the database function ``settlement_post``."""

    KINDS: ClassVar = {
        "ship": "Shipped",
        "return": "Returned",
        "takeover": "Taken over",
        "release": "Released",
        "reversal": "Reversal",
        "adjustment": "Adjustment",
        "penalty": "Penalty or compensation",
        "hold": "Held in a dispute",
        "resolve": "Dispute ended",
        "fx": "Converted",
        "trueup": "VAT of the invoice",
        "payment": "Paid",
        "bounce": "Payment came back",
        "suspense": "Unknown booking",
        "write_off": "Written off",
    }

    key = models.CharField(max_length=200, unique=True)  # ship:internal_order:123
    payload_hash = models.BinaryField()
    kind = models.CharField(max_length=20, choices=KINDS)
    ref = models.CharField(max_length=120)
    internal_order = models.ForeignKey(
        InternalOrder, on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, related_name="reversed_by", null=True, blank=True)
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="entries")
    effective_on = models.DateField()
    posted_at = models.DateTimeField()
    line_count = models.PositiveSmallIntegerField()
    facts = models.JSONField(default=dict)  # what a statement says about it, frozen: names, numbers, terms, items

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(line_count__gte=2, line_count__lte=5000), name="an_entry_has_two_to_5000_lines"
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "ship",
                        "return",
                        "takeover",
                        "release",
                        "reversal",
                        "adjustment",
                        "penalty",
                        "hold",
                        "resolve",
                        "fx",
                        "trueup",
                        "payment",
                        "bounce",
                        "suspense",
                        "write_off",
                    ]
                ),
                name="entry_kind_is_known",
            ),
            models.CheckConstraint(condition=~Q(reverses=F("id")), name="an_entry_does_not_reverse_itself"),
            models.CheckConstraint(
                condition=~Q(kind="ship") | Q(internal_order__isnull=False),
                name="a_shipment_entry_names_its_internal_order",
            ),
            models.CheckConstraint(
                condition=~Q(kind="reversal") | Q(reverses__isnull=False), name="a_reversal_names_what_it_reverses"
            ),
            models.UniqueConstraint(
                fields=["internal_order"], condition=Q(kind="ship"), name="an_internal_order_is_posted_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["ref"], name="entry_by_ref"),  # read by the back office's search
            # read by settlement.release, settlement.dispute and settlement.explain
            models.Index(
                fields=["internal_order"], condition=Q(internal_order__isnull=False), name="entry_by_internal_order"
            ),
            # read by check_ledger, which walks over all entries: without their facts they are a thirtieth as long
            models.Index(
                fields=["id"],
                include=["period", "kind", "line_count", "effective_on", "posted_at"],
                name="entry_without_its_facts",
            ),
        ]
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        return self.key


class Line(models.Model):
    """One amount of an entry on one account, in minor units: + owes the network, − is owed."""

    # the database asks for entry, account with its currency, and counterparty once a statement (migration post_in_bulk)
    entry = models.ForeignKey(
        Entry, on_delete=models.PROTECT, related_name="lines", db_constraint=False, db_index=False
    )
    n = models.PositiveSmallIntegerField()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="lines", db_constraint=False, db_index=False
    )
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()
    tag = models.CharField(max_length=20)  # supply, shipping, network_fee, vat, release
    counterparty = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="+", null=True, db_constraint=False, db_index=False
    )
    item = models.PositiveSmallIntegerField(null=True)  # which of the entry's items it is about

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entry", "n"], name="lines_of_an_entry_are_numbered"),
            models.CheckConstraint(condition=Q(n__gte=1), name="line_numbers_start_at_one"),
            models.CheckConstraint(
                condition=~Q(amount=0) & Q(amount__gt=-1_000_000_000_000, amount__lt=1_000_000_000_000),
                name="a_line_moves_a_believable_amount",
            ),
        ]
        indexes: ClassVar = [
            # read by settlement.close and the proofs of check_ledger
            models.Index(fields=["account", "entry"], name="line_by_account"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} on {self.account_id}"
