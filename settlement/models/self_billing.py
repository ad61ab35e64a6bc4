"""A supplier's agreement that the network draws up its invoices, what waits for one, and what it objects to."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from network.models import Merchant
from network.scoping import Tenant
from settlement.models.document import Document


class SelfBilling(Tenant):
    """A supplier's prior agreement to self-billing (VAT Directive, Art. 224). Written only by settlement.self_billing.

    ``words`` is the text that was agreed to, with its names filled in, frozen like everything but the end; ``digest`` is the
    SHA-256 of its UTF-8. It stands until the day before ``ends_on``.
    """

    MERCHANT_PATH: ClassVar[str] = "merchant"

    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="+")  # the supplier
    version = models.CharField(max_length=20)
    words = models.TextField()
    digest = models.CharField(max_length=64)
    days_to_object = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)  # who agrees for the merchant
    agreed_by = models.CharField(max_length=120)
    agreed_at = models.DateTimeField(default=timezone.now)
    agreed_on = models.DateField()  # by the network's clock; the first day on which it stands
    ends_on = models.DateField(null=True, blank=True)  # the first day on which it stands no more
    ended_by = models.CharField(max_length=120, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_reason = models.CharField(max_length=500, blank=True)  # said where staff revoked it for the merchant

    class Meta(Tenant.Meta):
        verbose_name = "agreement on self-billing"
        verbose_name_plural = "agreements on self-billing"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["merchant"], condition=Q(ends_on=None), name="a_supplier_has_one_agreement_without_end"
            ),
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(agreed_by="") & ~Q(words=""), name="an_agreement_names_who_and_what"
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=models.F("agreed_on")),
                name="an_agreement_ends_after_it_began",
            ),
            models.CheckConstraint(
                condition=Q(ended_reason="") | Q(ends_on__isnull=False), name="only_an_end_of_an_agreement_has_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.merchant_id} · {self.version}"


class Unbilled(Tenant):
    """Sales of a closed month that are on no document because their supplier has not agreed; as of the last run.

    Amounts in minor units, positive for credits too. Written only by settlement.unbilled; a row goes when nothing waits.
    """

    MERCHANT_PATH: ClassVar[str] = "supplier"
    PARTIES: ClassVar = ("supplier", "buyer")

    supplier = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="+")
    buyer = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="+")
    month = models.DateField()  # its first day
    currency = models.CharField(max_length=3)
    is_credit = models.BooleanField()
    sales = models.PositiveIntegerField()
    net = models.BigIntegerField()
    vat = models.BigIntegerField()
    since = models.DateTimeField(default=timezone.now)
    noted_at = models.DateTimeField(default=timezone.now)

    class Meta(Tenant.Meta):
        verbose_name = "waiting for an agreement"
        verbose_name_plural = "waiting for an agreement"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["supplier", "buyer", "month", "currency", "is_credit"], name="what_waits_is_told_once_a_pair"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.supplier_id}→{self.buyer_id} {self.month:%Y-%m}"

    @property
    def gross(self) -> int:
        return self.net + self.vat


class DocumentObjection(Tenant):
    """What a supplier says is wrong with a self-billed document; without one in time the document counts as accepted.

    Written only by settlement.accept_documents; its words never change, and the network answers once.
    """

    MERCHANT_PATH: ClassVar[str] = "merchant"

    document = models.OneToOneField(Document, on_delete=models.PROTECT, related_name="objection")
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="+")  # the supplier
    reason = models.TextField()
    made_by = models.CharField(max_length=120)
    made_at = models.DateTimeField(default=timezone.now)
    # where staff noted it for the supplier: the day on which it had reached the network, and how
    received_on = models.DateField(null=True, blank=True)
    received_how = models.CharField(max_length=500, blank=True)
    answer = models.TextField(blank=True)
    answered_by = models.CharField(max_length=120, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta(Tenant.Meta):
        verbose_name = "objection to a document"
        verbose_name_plural = "objections to documents"
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(reason=""), name="an_objection_to_a_document_says_why"),
            models.CheckConstraint(
                condition=Q(received_on=None, received_how="") | Q(received_on__isnull=False) & ~Q(received_how=""),
                name="what_staff_note_of_an_objection_says_when_and_how_it_came",
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None, answer="", answered_by="")
                | Q(answered_at__isnull=False) & ~Q(answer="") & ~Q(answered_by=""),
                name="an_answer_to_an_objection_has_words",
            ),
        ]
        indexes: ClassVar = [
            # read by the back office's first page: what no answer was given to
            models.Index(fields=["made_at"], condition=Q(answered_at=None), name="document_objection_open"),
        ]

    def __str__(self) -> str:
        return f"objection to {self.document_id}"
