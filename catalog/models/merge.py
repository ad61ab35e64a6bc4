"""What became of items over time: merges and splits as they happened, and how far the links are from a full rebuild."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from catalog.models.item import Item


class MergeEvent(models.Model):
    """Variants of one item went to another together: all of them (merged) or some (split). Written only by catalog.relink."""

    kind = models.CharField(max_length=6)  # merged, split
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")  # the one they left
    other = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")  # the one they went to
    variants = ArrayField(models.BigIntegerField())
    by = models.CharField(max_length=120)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=["merged", "split"]), name="merge_event_kind_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.kind}: {len(self.variants)} to {self.other_id}"


class HeldChange(models.Model):
    """An edit in another shop would bring variants of one item to another, or part them (`other` is the item itself).

    It waits until staff have them matched afresh. Written only by catalog.held.
    """

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+")
    variants = ArrayField(models.BigIntegerField())
    by = models.CharField(max_length=120)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["item", "other"], name="a_change_of_items_is_held_once"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} held: {len(self.variants)} to {self.other_id}"


class MatchingDrift(models.Model):
    """A full rebuild beside the standing links: what only one of the two has. Written only by catalog.match_audit."""

    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    waiting = models.JSONField(default=list)  # brands still to be compared, a list for each step
    told_at = models.DateTimeField(null=True, blank=True)  # when staff were mailed of an alarm
    seconds = models.FloatField(default=0)
    variants = models.PositiveBigIntegerField(default=0)
    pairs = models.PositiveBigIntegerField(default=0)  # pairs of variants that stand for one item, by machine
    missing = models.PositiveBigIntegerField(default=0)  # pairs the rebuild links and that do not stand
    extra = models.PositiveBigIntegerField(default=0)  # pairs that stand and that the rebuild does not link
    held = models.PositiveBigIntegerField(default=0)  # pairs that differ because an edit may not move others' rows
    split_items = models.PositiveIntegerField(default=0)  # items whose variants the rebuild puts into several
    merged_items = models.PositiveIntegerField(default=0)  # items of the rebuild that several standing ones share
    by_class = models.JSONField(default=dict)  # {"gtin": {"missing": 3, "extra": 1}}
    examples = models.JSONField(default=list)  # [{"kind", "class", "left", "right", "why"}]
    is_alarm = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "matching drift"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["finished_at"],
                condition=Q(finished_at=None),
                nulls_distinct=False,
                name="one_matching_audit_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.missing} missing, {self.extra} extra of {self.pairs}"

    @property
    def share(self) -> float:
        """The part of all pairs on which links and rebuild differ."""
        return (self.missing + self.extra) / max(self.pairs + self.missing, 1)
