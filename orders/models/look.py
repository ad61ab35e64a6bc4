"""How a selling shop looks on paper: what its customers find in a parcel that a partner packed."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from network.models import Shop
from network.scoping import Tenant


class ShopLook(Tenant):
    """A shop's logo and colour on packing slips and tracking pages. Written only by orders.look."""

    LOGOS: ClassVar = ("png", "jpg")

    shop = models.OneToOneField(Shop, on_delete=models.CASCADE, related_name="+")
    is_plain = models.BooleanField(default=False)  # no look at all: black on white, the name alone
    colour = models.CharField(max_length=7, default="#1a1a1a")
    logo = models.BinaryField(null=True, blank=True)
    logo_kind = models.CharField(max_length=3, blank=True)
    shows_address = models.BooleanField(default=False)  # the shop's own address, beside the sender line
    closing_words = models.CharField(max_length=200, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.CharField(max_length=150)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(colour__regex=r"^#[0-9a-f]{6}$"), name="a_look_has_one_colour"),
            models.CheckConstraint(condition=Q(logo_kind__in=["", "png", "jpg"]), name="a_logo_is_png_or_jpeg"),
        ]

    def __str__(self) -> str:
        return f"look of {self.shop_id}"
