"""What staff have halted: a shop, a kind of message, or what one partner offers; each with who, when and why, kept for ever."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from network.models.shop import Shop


class Stop(models.Model):
    """One halt, from its beginning to its end. Written only by network.stops; a row that has ended is the record of it."""

    KINDS: ClassVar = {
        "shop": "A shop: its messages wait, nothing is written to its store",
        "topic": "A kind of message: it waits, of one shop or of all",
        "partner": "A partner: its stock stands on nobody's shelf",
    }

    kind = models.CharField(max_length=8, choices=KINDS)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="stops", null=True, blank=True)
    topic = models.CharField(max_length=40, blank=True)  # in the network's words: stock.changed
    reason = models.TextField()
    by = models.CharField(max_length=120)
    began_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=["shop", "topic", "partner"]), name="stop_kind_is_known"),
            models.UniqueConstraint(
                fields=["kind", "shop", "topic"],
                condition=Q(ended_at=None),
                nulls_distinct=False,
                name="one_thing_is_stopped_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(kind="topic", topic__gt="") | Q(kind__in=["shop", "partner"], shop__isnull=False, topic=""),
                name="a_stop_names_what_it_stops",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("began_at")), name="a_stop_ends_after_it_began"
            ),
        ]

    def __str__(self) -> str:
        what: Any = self.topic if self.kind == "topic" else self.kind
        return f"{what} of {self.shop}" if self.shop_id else f"{what} of all shops"
