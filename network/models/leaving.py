"""A shop on its way out of the network, from the day it asked until it left or thought better of it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from network.models.shop import Shop
from network.scoping import Tenant


class Leaving(Tenant):
    """That a shop wants to leave; what is still open is counted when asked, never stored.

    Written by skuu.leaving, and ended by network.connect when the shop resumes.
    """

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.CharField(max_length=120)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=120, blank=True)
    left = models.BooleanField(default=False)  # how it ended: the shop left, or it stayed

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["shop"], condition=Q(ended_at=None), name="a_shop_leaves_once_at_a_time"),
            models.CheckConstraint(
                condition=Q(left=False) | Q(ended_at__isnull=False), name="who_left_has_ended_leaving"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.shop_id} {'left' if self.left else 'stayed' if self.ended_at else 'is leaving'}"
