"""What a merchant must hear of: notices with what to do."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from network.models.shop import Shop
from network.scoping import Tenant


class Notice(Tenant):
    """Something a shop's people must know or do, shown in the portal and mailed. Written by the verbs that cause it."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=40)  # handed_back, order_to_ship, token_broken, …
    key = models.CharField(max_length=120)  # the same key is said once
    subject = models.CharField(max_length=200)
    body = models.TextField()
    link = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    mailed_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["shop", "key"], name="a_notice_is_given_once"),
        ]
        indexes: ClassVar = [
            # read by the portal's task list
            models.Index(fields=["shop", "created_at"], condition=Q(done_at=None), name="notice_open"),
            # read by the mail sweep
            models.Index(fields=["created_at"], condition=Q(mailed_at=None), name="notice_unmailed"),
        ]

    def __str__(self) -> str:
        return self.subject
