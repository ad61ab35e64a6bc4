"""Seals: a chain of hashes over blocks of the ledger, so that even who may switch triggers off cannot change it unseen."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Seal(models.Model):
    """The entries after the seal before it, up to ``last_entry``; its digest takes the one before into itself.

    First a horizon is noted; when every transaction of that moment is over, no entry up to ``last_entry`` can appear any more
    and the digest is written. Written only by settlement.seal.
    """

    last_entry = models.BigIntegerField(unique=True)
    horizon = models.BigIntegerField()  # the first transaction that had not begun when this was noted
    noted_at = models.DateTimeField(default=timezone.now)
    entries = models.PositiveIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)
    sealed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(digest="", sealed_at=None) | (~Q(digest="") & Q(sealed_at__isnull=False)),
                name="a_sealed_block_has_its_digest",
            ),
            models.UniqueConstraint(fields=["digest"], condition=Q(digest=""), name="one_block_waits_to_be_sealed"),
        ]

    def __str__(self) -> str:
        return f"seal {self.pk} up to entry {self.last_entry}"
