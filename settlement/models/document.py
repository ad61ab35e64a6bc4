"""Invoices, credit notes and stored files: numbered without gaps per supplier, written once, never changed."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from network.models import Merchant
from network.scoping import Tenant
from settlement.models.entry import Entry
from settlement.models.statement import Statement


class NumberSeries(models.Model):
    """The last number of a supplier's documents of one kind and year; the network's own without a supplier."""

    supplier = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="+", null=True)
    prefix = models.CharField(max_length=20)  # "SB-2026" (self-billed), "F-2026" (network fee)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "number series"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["supplier", "prefix"], nulls_distinct=False, name="a_supplier_has_one_series_of_a_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix} {self.last}"


class Document(Tenant):
    """An invoice or credit note of EN 16931 about a month between a seller and a buyer; no merchant means the network.

    Amounts in minor units, positive on credit notes too. ``facts`` are what its files are written from, frozen.
    """

    MERCHANT_PATH: ClassVar[str] = "buyer"
    PARTIES: ClassVar = ("seller", "buyer")
    KINDS: ClassVar = {
        "389": "Self-billed invoice",
        "261": "Self-billed credit note",
        "380": "Invoice for network fees",
        "381": "Credit note for network fees",
    }

    number = models.CharField(max_length=40)
    kind = models.CharField(max_length=3, choices=KINDS)
    seller = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    buyer = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="+")
    month = models.DateField()  # its first day
    issued_on = models.DateField()
    currency = models.CharField(max_length=3)
    net = models.BigIntegerField()
    vat = models.BigIntegerField()
    gross = models.BigIntegerField()
    trueup = models.BigIntegerField(default=0)  # VAT of the document − VAT of its sales in the ledger
    corrects = models.JSONField(default=list)  # numbers of the invoices that a credit note refers to
    facts = models.JSONField(default=dict)
    # by which agreement it was drawn up, and through which day its supplier may object; none before agreements were kept
    agreement = models.ForeignKey("SelfBilling", on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    object_until = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["seller", "number"], nulls_distinct=False, name="a_number_names_one_document_of_a_supplier"
            ),
            models.CheckConstraint(condition=Q(gross=models.F("net") + models.F("vat")), name="net_and_vat_make_gross"),
            models.CheckConstraint(condition=Q(net__gte=0, vat__gte=0), name="a_document_is_never_negative"),
            models.CheckConstraint(condition=Q(kind__in=["389", "261", "380", "381"]), name="document_kind_is_known"),
            models.CheckConstraint(
                condition=Q(kind__in=["389", "261"], seller__isnull=False)
                | Q(kind__in=["380", "381"], seller__isnull=True),
                name="fees_are_invoiced_by_the_network",
            ),
            # not asked of rows from before agreements were kept
            models.CheckConstraint(
                condition=~Q(kind__in=["389", "261"]) | Q(agreement__isnull=False),
                name="a_self_billed_document_names_its_agreement",
            ),
        ]
        indexes: ClassVar = [
            # read by the portal's and the API's list of a merchant's documents
            models.Index(fields=["buyer", "month"], name="document_of_buyer"),
            models.Index(fields=["seller", "month"], name="document_of_seller"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_credit(self) -> bool:
        return self.kind in {"261", "381"}


class DocumentEntry(models.Model):
    """Which entries of the ledger a document states; an entry stands on one supply document and on one about fees."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="entries", db_index=False)
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="+", db_index=False)
    about = models.CharField(max_length=6)  # supply, fee

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entry", "about"], name="an_entry_is_invoiced_once"),
            models.UniqueConstraint(fields=["document", "entry"], name="a_document_names_an_entry_once"),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} on {self.document_id}"


class StoredFile(Tenant):
    """The bytes of a document or a statement in one format, written once; its digest proves it is the same."""

    MERCHANT_PATH: ClassVar[str] = "statement__merchant"
    KINDS: ClassVar = {"cii": "CII XML", "ubl": "UBL XML", "pdf": "PDF", "xlsx": "XLSX"}

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="files", null=True, blank=True)
    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="files", null=True, blank=True)
    kind = models.CharField(max_length=4, choices=KINDS)
    content = models.BinaryField()
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["document", "kind"], condition=Q(document__isnull=False), name="a_document_has_one_file_a_kind"
            ),
            models.UniqueConstraint(
                fields=["statement", "kind"],
                condition=Q(statement__isnull=False),
                name="a_statement_has_one_file_a_kind",
            ),
            models.CheckConstraint(
                condition=Q(document__isnull=False, statement=None) | Q(document=None, statement__isnull=False),
                name="a_file_belongs_to_a_document_or_a_statement",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.document_id or self.statement_id}"
