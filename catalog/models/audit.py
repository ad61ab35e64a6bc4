"""Doubts about links: those drawn at random to measure their class, and those a merchant reports."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from catalog.models.match import EvidenceClass, Match
from catalog.models.review import ReviewCard
from network.models import Shop
from network.scoping import Tenant
from skuu.kit.states import StateChange, Stateful, states_check


class Audit(models.Model):
    """One link of a class, drawn at random for a person to check; never twice the same. Written only by catalog.gates."""

    match = models.ForeignKey(Match, on_delete=models.PROTECT, related_name="audits")
    evidence_class = models.ForeignKey(EvidenceClass, on_delete=models.PROTECT, related_name="audits")
    card = models.OneToOneField(ReviewCard, on_delete=models.SET_NULL, null=True, related_name="audit")
    seed = models.CharField(max_length=60)  # the same links and the same seed draw the same sample
    drawn_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True, blank=True)
    right = models.BooleanField(null=True, blank=True)
    by = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["match"], name="a_link_is_audited_once"),
            models.CheckConstraint(
                condition=Q(answered_at=None, right=None) | Q(answered_at__isnull=False, right__isnull=False),
                name="an_answered_audit_says_right_or_wrong",
            ),
        ]
        indexes: ClassVar = [
            # read by catalog.gates: the answers of a class within the window
            models.Index(
                fields=["evidence_class", "answered_at"], condition=Q(answered_at__isnull=False), name="audit_answers"
            ),
        ]

    def __str__(self) -> str:
        return f"audit of {self.match_id}"


class MatchReport(Stateful, Tenant):
    """A merchant says that a link of its own is wrong; nothing moves through it until decided. Written only by catalog.reports."""

    REASONS: ClassVar = {
        "other_product": "It is another product",
        "other_colour": "It is another colour",
        "other_size": "It is another size",
        "other_version": "It is another edition, pack or condition",
        "other": "Something else",
    }
    OUTCOMES: ClassVar = {
        "open": "A person compares both products; until then nothing is offered or filled through this match.",
        "upheld": "You were right: they are not the same, and will not be linked again.",
        "refused": "A person compared both products and found them to be the same; the match stands again.",
        "moot": "The match ended before anybody had to decide.",
        "withdrawn": "You took this report back before anybody decided.",
    }
    STEPS: ClassVar = {
        "open": {"upheld", "refused", "moot", "withdrawn"},
        "upheld": {"open"},
        "refused": {"open"},
        "moot": {"open"},
    }

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+")
    match = models.ForeignKey(Match, on_delete=models.PROTECT, related_name="reports")
    card = models.ForeignKey(ReviewCard, on_delete=models.SET_NULL, null=True, related_name="reports")
    # open, upheld (not the same), refused (the same), moot, withdrawn (by the merchant itself)
    status = models.CharField(max_length=10, default="open")
    reason = models.CharField(max_length=20)
    # who said what, oldest first: [{"by", "at", "reason", "note"}]
    words = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=120, blank=True)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            states_check("open", "upheld", "refused", "moot", "withdrawn", name="match_report_status_is_known"),
            models.UniqueConstraint(fields=["match"], condition=Q(status="open"), name="one_open_report_per_match"),
        ]
        indexes: ClassVar = [
            # read by catalog.reports: how many a merchant made lately
            models.Index(fields=["shop", "created_at"], name="match_report_rate"),
        ]

    def __str__(self) -> str:
        return f"report of {self.match_id} ({self.status})"

    @property
    def reason_words(self) -> str:
        """The reason as the merchant chose it."""
        return self.REASONS.get(self.reason, self.reason)

    @property
    def outcome(self) -> str:
        """The status in a sentence a merchant reads."""
        return self.OUTCOMES[self.status]


class MatchReportChange(StateChange):
    """One step of a report."""

    row = models.ForeignKey(MatchReport, on_delete=models.CASCADE, related_name="changes")
