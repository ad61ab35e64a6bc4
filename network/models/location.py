"""Places with real stock; a shelf is not one, and the database says so."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from network.models.shop import Shop
from network.scoping import Tenant


class Location(Tenant):
    """A real place of a shop. Written by sync; a fulfilment service's location is refused by constraint and trigger."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="locations")
    remote_id = models.CharField(max_length=120)
    name = models.CharField(max_length=120)
    country = models.CharField(max_length=2, blank=True)
    postcode = models.CharField(max_length=12, blank=True)
    city = models.CharField(max_length=100, blank=True)
    address1 = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)
    shares = models.BooleanField("offers its stock to the network", default=True)
    is_fulfilment_service = models.BooleanField(default=False)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["shop", "remote_id"], name="location_is_known_once_per_shop"),
            models.CheckConstraint(condition=Q(is_fulfilment_service=False), name="a_shelf_is_not_a_location"),
        ]

    def __str__(self) -> str:
        return self.name
