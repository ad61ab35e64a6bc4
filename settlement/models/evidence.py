"""What stands behind the VAT of a sale: who was registered where, what was sent, handed over and delivered, and on whose word."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from network.scoping import Tenant
from orders.models import InternalOrder
from skuu.kit.crypto import EncryptedText


class Evidence(Tenant):
    """One piece of evidence about one internal order, frozen as it was known. Never changed.

    Written only by settlement.evidence, which collects, and settlement.hand_in, which takes what a shipper has on paper.
    """

    MERCHANT_PATH: ClassVar[str] = "internal_order__order__shop__merchant"
    # what the shipper hands in, by the two lists of article 45a of the implementing regulation 282/2011
    FIRST_LIST: ClassVar = {
        "consignment": "Signed consignment note (CMR)",
        "lading": "Bill of lading or airwaybill",
        "freight": "Invoice of the carrier",
    }
    SECOND_LIST: ClassVar = {
        "insurance": "Insurance of the transport",
        "paid": "Bank’s proof that the transport was paid",
        "official": "Confirmation by an authority or notary",
        "warehouse": "Receipt of a warehouse at the destination",
    }
    HANDED_IN: ClassVar = FIRST_LIST | SECOND_LIST
    KINDS: ClassVar = {
        "standing": "Registrations and one-stop shop of both",
        "parcel": "Parcel and its label",
        "delivery": "Delivery",
        **HANDED_IN,
    }

    internal_order = models.ForeignKey(InternalOrder, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=12, choices=KINDS)
    issuer = models.CharField(max_length=60)  # who says so: a carrier, the network
    is_independent = models.BooleanField(default=False)  # of both merchants, as the evidence of transport has to be
    at = models.DateTimeField()
    facts = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)  # SHA-256 of the facts as they were written
    noted_at = models.DateTimeField(default=timezone.now)

    class Meta(Tenant.Meta):
        verbose_name_plural = "evidence"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "standing",
                        "parcel",
                        "delivery",
                        "consignment",
                        "lading",
                        "freight",
                        "insurance",
                        "paid",
                        "official",
                        "warehouse",
                    ]
                ),
                name="evidence_kind_is_known",
            ),  # fmt: skip
            models.UniqueConstraint(
                fields=["internal_order", "kind", "digest"], name="a_piece_of_evidence_is_noted_once"
            ),
            models.UniqueConstraint(
                fields=["internal_order"], condition=Q(kind="standing"), name="the_standing_of_a_sale_is_noted_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.internal_order_id}"


class EvidenceFile(Tenant):
    """The paper behind a piece of evidence. Its digest stands in the facts, which never change; only the key it is written with may.

    Encrypted, because a consignment note names the customer. Written only by settlement.hand_in.
    """

    MERCHANT_PATH: ClassVar[str] = "evidence__internal_order__order__shop__merchant"

    evidence = models.OneToOneField(Evidence, on_delete=models.PROTECT, primary_key=True, related_name="file")
    content = EncryptedText()  # base64

    class Meta(Tenant.Meta):
        pass

    def __str__(self) -> str:
        return f"file of {self.evidence_id}"
