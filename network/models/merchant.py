"""Merchants, the people who act for them, and the keys their programs use."""

import hashlib
import secrets
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone

from network.scoping import Tenant


class User(AbstractUser):
    """A person who signs in: network staff, or somebody who acts for a merchant."""


class Merchant(Tenant):
    """A legal entity in the network. Written by onboarding and by staff."""

    MERCHANT_PATH: ClassVar[str] = "pk"
    KINDS: ClassVar = {"retailer": "Retailer", "brand": "Brand", "supplier": "Supplier"}

    name = models.CharField(max_length=120)
    legal_name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=KINDS, default="retailer")
    country = models.CharField(max_length=2)
    currency = models.CharField(max_length=3, default="EUR")
    email = models.EmailField(blank=True)
    address1 = models.CharField(max_length=200, blank=True)
    postcode = models.CharField(max_length=12, blank=True)
    city = models.CharField(max_length=100, blank=True)
    tax_number = models.CharField("tax number, as its authority writes it", max_length=30, blank=True)
    registration_number = models.CharField("number in the companies’ register", max_length=40, blank=True)
    oss = models.BooleanField("uses the One Stop Shop", default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["retailer", "brand", "supplier"]), name="merchant_kind_is_known"
            ),
            models.UniqueConstraint(fields=["legal_name"], name="merchant_legal_name_is_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(Tenant):
    """Which user acts for which merchant, and in which role. Written by owners and by staff."""

    MERCHANT_PATH: ClassVar[str] = "merchant"
    ROLES: ClassVar = {"owner": "Owner", "operations": "Operations", "finance": "Finance", "readonly": "Read only"}

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=ROLES, default="owner")

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "merchant"], name="one_membership_per_user_and_merchant"),
            models.CheckConstraint(
                condition=models.Q(role__in=["owner", "operations", "finance", "readonly"]),
                name="membership_role_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} for {self.merchant} ({self.role})"


class ApiKey(Tenant):
    """A program's key for one shop; only its hash is kept, the key itself is shown once."""

    shop = models.ForeignKey("network.Shop", on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=60)
    prefix = models.CharField(max_length=12, db_index=True)  # read by the API's authentication
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta(Tenant.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @classmethod
    def issue(cls, shop: Any, name: str) -> "tuple[ApiKey, str]":
        """Make a key; returns the row and the secret text, which is not stored and cannot be shown again."""
        text = f"skuu_{secrets.token_urlsafe(32)}"
        return cls.everyone.create(shop=shop, name=name, prefix=text[:12], digest=cls.digest_of(text)), text

    @staticmethod
    def digest_of(text: str) -> str:
        """Hash a key as it is stored; the keys are random and long, so one round is enough."""
        return hashlib.sha256(text.encode()).hexdigest()
