"""What shops told us: every message once, kept as it came, and the record of each larger read."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from network.models.shop import Shop
from network.scoping import Tenant
from skuu.kit.crypto import EncryptedText
from skuu.kit.states import states_check


class InboundEvent(Tenant):
    """A message from a shop. Written by receive; the body is encrypted because orders carry customers' data."""

    STATUSES: ClassVar = {
        "waiting": "Waiting",
        "done": "Done",
        "failed": "Failed, will be tried again",
        "dead": "Dead: needs a person",
        "ignored": "Ignored",
    }

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="inbound")
    topic = models.CharField(max_length=80)  # as the platform names it: orders/create
    webhook_id = models.CharField(max_length=120)
    event_id = models.CharField(max_length=120, blank=True)
    triggered_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    body = EncryptedText()
    body_sha256 = models.CharField(max_length=64)
    repeats = models.PositiveIntegerField(default=0)  # deliveries of this webhook id after the first
    seen_before = models.BooleanField(default=False)  # same topic and body under another id
    status = models.CharField(max_length=8, choices=STATUSES, default="waiting")
    figures = models.BooleanField(
        default=False, db_default=False
    )  # a stock figure: taken over many at once, in a lane of its own
    tries = models.PositiveIntegerField(default=0)
    faults = models.PositiveSmallIntegerField(
        default=0, db_default=0
    )  # tries that failed by the message, not by its store
    unanswered = models.PositiveSmallIntegerField(
        default=0, db_default=0
    )  # taken up and neither done nor put off: its worker died
    next_attempt_at = models.DateTimeField(default=timezone.now)
    error = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["shop", "webhook_id"], name="a_webhook_is_stored_once_per_shop"),
            states_check("waiting", "done", "failed", "dead", "ignored", name="inbound_status_is_known"),
        ]
        indexes: ClassVar = [
            # read by network.inbox to take up each lane, shop by shop
            models.Index(
                fields=["figures", "shop", "next_attempt_at"],
                condition=Q(status__in=["waiting", "failed"]),
                name="inbound_due_per_lane_and_shop",
            ),
            # read by network.inbox: messages whose worker died are taken up one by one
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(status__in=["waiting", "failed"], unanswered__gt=0),
                name="inbound_unanswered",
            ),
            # read by network.receive.receive_event to flag replays under a new id
            models.Index(fields=["shop", "topic", "body_sha256"], name="inbound_same_body"),
            # read by network.receive.drop_old_messages
            models.Index(
                fields=["figures", "received_at"],
                condition=Q(status__in=["done", "ignored"]),
                name="inbound_settled",
            ),
            # read by the operations page
            models.Index(fields=["received_at"], condition=Q(status="dead"), name="inbound_dead"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} of {self.shop_id} ({self.status})"


class SyncRun(Tenant):
    """One larger read of a shop: the first, a sweep of changes, a reconcile. Written by catalog.sync."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="sync_runs")
    kind = models.CharField(max_length=12)  # first, changes, reconcile
    status = models.CharField(max_length=10, default="waiting")
    remote_products_job = models.CharField(max_length=120, blank=True)
    remote_levels_job = models.CharField(max_length=120, blank=True)
    counts = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    tries = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            states_check("waiting", "reading", "done", "failed", name="sync_run_status_is_known"),
            models.UniqueConstraint(
                fields=["shop"],
                condition=Q(status__in=["waiting", "reading"]),
                name="one_larger_read_per_shop_at_a_time",
            ),
        ]
        indexes: ClassVar = [
            # read by catalog.sync.continue_reads
            models.Index(
                fields=["next_attempt_at"], condition=Q(status__in=["waiting", "reading"]), name="sync_run_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} read of {self.shop_id} ({self.status})"
