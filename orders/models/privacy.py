"""What is kept about customers beside addresses: answers to their requests, and mail aliases that stand for them."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from network.models import Shop
from network.scoping import Tenant
from orders.models.internal_order import InternalOrder
from skuu.kit.crypto import EncryptedJSON, EncryptedText


class DataRequest(Tenant):
    """A customer asked their shop for their data; this is what the network holds of them. Written only by orders.redact."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=120)  # the platform's number of the request
    orders = models.JSONField(default=list)  # names of the orders it is about, as the shop's people know them
    contents = EncryptedJSON(null=True, blank=True)  # the answer; erased when its time is over
    created_at = models.DateTimeField(default=timezone.now)
    fetched_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["shop", "key"], name="a_data_request_is_answered_once"),
        ]
        indexes: ClassVar = [
            # read by orders.redact.erase_answers
            models.Index(fields=["created_at"], condition=Q(erased_at=None), name="data_request_kept"),
        ]

    def __str__(self) -> str:
        return f"data request {self.key}"


class MailAlias(Tenant):
    """An address that stands for a customer towards carriers, for as long as the parcel needs it. Written only by orders.relay."""

    SHOP_PATH: ClassVar[str] = "internal_order__shipper"
    MERCHANT_PATH: ClassVar[str] = "internal_order__shipper__merchant"

    internal_order = models.OneToOneField(InternalOrder, on_delete=models.PROTECT, related_name="alias")
    token = models.CharField(max_length=40, unique=True)
    made_at = models.DateTimeField(default=timezone.now)
    relayed = models.PositiveIntegerField(default=0)  # mails in either direction
    closed_at = models.DateTimeField(null=True, blank=True)  # by redaction; otherwise the order's dates end it

    class Meta(Tenant.Meta):
        verbose_name_plural = "mail aliases"

    def __str__(self) -> str:
        return self.token


class AliasPeer(Tenant):
    """Somebody who wrote to an alias, and the address under which the customer's answer finds them."""

    SHOP_PATH: ClassVar[str] = "alias__internal_order__shipper"
    MERCHANT_PATH: ClassVar[str] = "alias__internal_order__shipper__merchant"

    alias = models.ForeignKey(MailAlias, on_delete=models.CASCADE, related_name="peers")
    token = models.CharField(max_length=40, unique=True)
    address = EncryptedText()
    fingerprint = models.CharField(max_length=64)  # keyed hash of the address, to know it again

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["alias", "fingerprint"], name="a_correspondent_of_an_alias_is_known_once"),
        ]

    def __str__(self) -> str:
        return self.token
