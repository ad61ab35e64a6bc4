"""What left the shipper's door, and whether the origin's order says so yet."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from network.scoping import Tenant
from orders.models.internal_order import InternalOrder, InternalOrderLine


class Parcel(Tenant):
    """One parcel of an internal order. Written only by orders.fulfil; ``mirrored_at`` says the origin's order carries it."""

    SHOP_PATH: ClassVar[str] = "internal_order__shipper"
    MERCHANT_PATH: ClassVar[str] = "internal_order__shipper__merchant"

    internal_order = models.ForeignKey(InternalOrder, on_delete=models.PROTECT, related_name="parcels")
    remote_id = models.CharField(
        max_length=120, blank=True
    )  # the fulfilment at the shipper's platform; empty: entered by hand or API
    carrier = models.CharField(max_length=60, blank=True)
    tracking_number = models.CharField(max_length=120, blank=True)
    tracking_url = models.URLField(max_length=500, blank=True)
    shipped_at = models.DateTimeField(default=timezone.now)
    delivered_at = models.DateTimeField(null=True, blank=True)
    delivery_presumed = models.BooleanField(default=False)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    # towards the shipper's platform, for parcels entered in the portal or by API
    push_due_at = models.DateTimeField(null=True, blank=True)  # the shipper's shop must show it too; also a lease
    push_tries = models.PositiveIntegerField(default=0)
    # towards the origin
    mirror_wanted = models.CharField(max_length=64, blank=True)  # fingerprint of what the origin should show
    mirrored = models.CharField(max_length=64, blank=True)  # fingerprint of what it shows
    mirror_remote_id = models.CharField(max_length=120, blank=True)
    mirrored_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    events_due_at = models.DateTimeField(null=True, blank=True)  # the carrier said something; also a lease
    events_tries = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["internal_order", "remote_id"], condition=~Q(remote_id=""), name="a_fulfilment_is_one_parcel"
            ),
            models.UniqueConstraint(
                fields=["internal_order", "tracking_number"],
                condition=~Q(tracking_number="") & Q(remote_id=""),
                name="a_tracking_number_entered_by_hand_is_one_parcel",
            ),
        ]
        indexes: ClassVar = [
            # read by orders.find: somebody asks for the number on a label
            models.Index(fields=["tracking_number"], name="parcel_tracking_number"),
            # read by orders.fulfil.mirror_due
            models.Index(
                fields=["next_attempt_at"], condition=~Q(mirror_wanted=models.F("mirrored")), name="parcel_mirror_due"
            ),
            # read by orders.events.tell_events_due
            models.Index(fields=["events_due_at"], condition=Q(events_due_at__isnull=False), name="parcel_events_due"),
            # read by orders.fulfil.push_parcels_due
            models.Index(fields=["push_due_at"], condition=Q(push_due_at__isnull=False), name="parcel_push_due"),
        ]

    def __str__(self) -> str:
        return f"{self.carrier} {self.tracking_number}".strip() or f"parcel {self.pk}"


class ParcelLine(models.Model):
    """How many units of an internal line are in the parcel."""

    parcel = models.ForeignKey(Parcel, on_delete=models.CASCADE, related_name="lines")
    line = models.ForeignKey(InternalOrderLine, on_delete=models.PROTECT, related_name="parcel_lines")
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["parcel", "line"], name="a_line_stands_once_in_a_parcel"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="a_parcel_line_holds_at_least_one_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.line_id}"


class TrackingEvent(models.Model):
    """Something the carrier said about a parcel."""

    parcel = models.ForeignKey(Parcel, on_delete=models.CASCADE, related_name="events")
    remote_id = models.CharField(max_length=120, blank=True)
    status = models.CharField(max_length=40)
    at = models.DateTimeField()
    message = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["parcel", "status", "at"], name="a_tracking_event_is_told_once"),
        ]

    def __str__(self) -> str:
        return f"{self.status} at {self.at:%Y-%m-%d %H:%M}"
