"""Which variant is which item: the decision, its evidence, and what people said, which no machine overrules."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from catalog.models.item import Item
from catalog.models.product import Variant
from network.models import Shop
from network.scoping import Tenant
from skuu.kit.states import StateChange, Stateful, states_check


class Match(Stateful, Tenant):
    """A variant stands for an item: linked, asked, rejected or withdrawn. Written only by catalog.match."""

    STEPS: ClassVar = {
        "ask": {"linked", "rejected", "withdrawn"},
        "linked": {"ask", "rejected", "withdrawn"},
        "rejected": {"linked", "ask"},
        "withdrawn": {"linked", "ask", "rejected"},
    }

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="matches")
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="matches")
    status = models.CharField(max_length=10, default="linked")
    method = models.CharField(max_length=12)  # gtin, code, person, own (the variant an item was made from)
    evidence = models.JSONField(default=list)  # sentences a merchant reads
    probability = models.FloatField(null=True, blank=True)
    decided_by = models.CharField(max_length=120)  # "engine 1" or a user name
    decided_at = models.DateTimeField(default=timezone.now)

    class Meta(Tenant.Meta):
        verbose_name_plural = "matches"
        constraints: ClassVar = [
            states_check("linked", "ask", "rejected", "withdrawn", name="match_status_is_known"),
            models.UniqueConstraint(fields=["variant", "item"], name="one_match_per_variant_and_item"),
            models.UniqueConstraint(
                fields=["variant"], condition=Q(status="linked"), name="a_variant_is_one_item_only"
            ),
            models.UniqueConstraint(
                fields=["item", "shop"], condition=Q(status="linked"), name="one_active_variant_per_shop_and_item"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant_id} = {self.item_id} ({self.status})"

    @property
    def decider(self) -> str:
        """Who decided, as merchants are told: the engine by its version, of people no name."""
        return self.decided_by if self.decided_by.startswith("engine") else gettext("a person of the network")


class MatchChange(StateChange):
    """One step of a match."""

    row = models.ForeignKey(Match, on_delete=models.CASCADE, related_name="changes")


class Verdict(models.Model):
    """A person's "same" or "not the same" about a variant and an item; kept for ever, survives re-sync. Written only by catalog.match."""

    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="verdicts")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="verdicts")
    same = models.BooleanField()
    by = models.CharField(max_length=120)
    at = models.DateTimeField(default=timezone.now)
    seen = models.JSONField(default=dict)  # what the person was shown
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["variant", "item"],
                condition=Q(undone_at=None),
                name="one_standing_verdict_per_variant_and_item",
            ),
        ]

    def __str__(self) -> str:
        return f"{'same' if self.same else 'not the same'}: {self.variant_id}, {self.item_id}"


class EvidenceClass(Stateful):
    """A kind of evidence that may link by itself, and how far audits have proved it. Written only by catalog.gates."""

    STEPS: ClassVar = {
        "provisional": {"proven", "stopped"},
        "proven": {"provisional", "stopped"},
        "stopped": {"provisional"},
    }

    name = models.CharField(max_length=20, primary_key=True)  # gtin, code
    status = models.CharField(max_length=12, default="provisional")  # provisional, proven, stopped
    audited = models.PositiveIntegerField(default=0)  # within the window that counts now
    audited_right = models.PositiveIntegerField(default=0)
    checks_a_month = models.PositiveIntegerField(default=300)  # links drawn for audit
    counted_from = models.DateTimeField(
        null=True, blank=True
    )  # answers before a person re-opened the class are history
    drawn_on = models.DateField(null=True, blank=True)  # the day up to which audits were drawn
    announce_due_at = models.DateTimeField(null=True, blank=True)  # it moved and staff were not told yet
    withdrawing_by = models.CharField(
        max_length=120, blank=True
    )  # who had its unproven links taken back; empty: nobody

    class Meta:
        verbose_name_plural = "evidence classes"
        constraints: ClassVar = [
            states_check("provisional", "proven", "stopped", name="evidence_class_status_is_known"),
            models.CheckConstraint(
                condition=Q(audited_right__lte=models.F("audited")), name="no_more_right_than_audited"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.status})"


class EvidenceClassChange(StateChange):
    """One step of an evidence class."""

    row = models.ForeignKey(EvidenceClass, on_delete=models.CASCADE, related_name="changes")
