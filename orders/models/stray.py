"""Parcels that left although their orders had been taken away, with what that means in money."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from network.scoping import Tenant
from orders.models.internal_order import InternalOrder


class StrayParcel(Tenant):
    """What left of an internal order after it was called back, declined or given to somebody else. Written by orders.stray.

    Both shops were told; staff look at each once, for a customer may hold the goods twice, or for nothing.
    """

    SHOP_PATH: ClassVar[str] = "internal_order__shipper"
    MERCHANT_PATH: ClassVar[str] = "internal_order__shipper__merchant"

    internal_order = models.OneToOneField(InternalOrder, on_delete=models.PROTECT, related_name="stray")
    was = models.CharField(
        max_length=10, choices=InternalOrder.STATUSES
    )  # how the order stood when the parcel was told of
    is_paid = models.BooleanField()  # it counts as sent; else another partner has sent the goods as well
    net_minor = models.BigIntegerField()  # of the goods that left, in the internal order's currency
    told_by = models.CharField(max_length=150)
    at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(null=True, blank=True)
    seen_by = models.CharField(max_length=150, blank=True)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(net_minor__gte=0), name="what_left_is_not_worth_less_than_nothing"),
        ]
        indexes: ClassVar = [
            # read by the back office's first page
            models.Index(fields=["at"], condition=Q(seen_at=None), name="stray_parcel_unseen"),
        ]

    def __str__(self) -> str:
        return f"stray parcel of {self.internal_order}"
