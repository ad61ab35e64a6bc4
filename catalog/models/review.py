"""Questions for people: one card per shop product, with its candidates and aligned sizes, and what one person decides at once."""

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone

from catalog.models.product import Product
from network.scoping import Tenant
from skuu.kit.states import StateChange, Stateful, states_check

KINDS = ("question", "audit", "report", "double", "dispute")


class ReviewCard(Stateful, Tenant):
    """Is this shop's product one of these? Questions are written only by catalog.match, the other kinds by their verbs.

    Kinds: ``question`` (the machine is unsure; at most one open per product) · ``audit`` (are these linked variants really
    the same? drawn by catalog.gates) · ``report`` (a merchant says they are not; catalog.gates) · ``double`` (a decided
    question, shown again to another person) · ``dispute`` (two people differ; a lead settles it).
    """

    MERCHANT_PATH: ClassVar[str] = "product__shop__merchant"
    SHOP_PATH: ClassVar[str] = "product__shop"
    STEPS: ClassVar = {
        "open": {"approved", "rejected", "skipped", "moot"},
        "skipped": {"open", "approved", "rejected", "moot"},
        "approved": {"open"},
        "rejected": {"open"},
        "moot": {"open"},
    }

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="cards")
    kind = models.CharField(max_length=10, default="question")
    status = models.CharField(max_length=10, default="open")
    reason = models.CharField(max_length=200)  # why a person is asked
    evidence_class = models.CharField(max_length=20)
    # [{"product": id, "score": 0.93, "why": [...], "sizes": [{"mine": variant, "theirs": variant|null, "label", "theirs_label"}]}],
    # of a question also "read", a mark of what the product said then; of an audit or report "read_on", the evidence's day
    candidates = models.JSONField(default=list)
    money_minor = models.BigIntegerField(default=0)  # EUR: what a "same" could sell, for the order of the queue
    chosen_product = models.BigIntegerField(null=True, blank=True)
    decided_by = models.CharField(max_length=120, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    # what a kind knows beside its candidates: a report's {"words", "shop", "by"}, an audit's {"match"}, a second look's words
    about = models.JSONField(default=dict, blank=True)
    # the decided card that a double or dispute is about, and whether the second person said the same
    first = models.ForeignKey("self", on_delete=models.CASCADE, related_name="seconds", null=True, blank=True)
    agrees = models.BooleanField(null=True, blank=True)
    weighed_at = models.DateTimeField(null=True, blank=True)  # null: money_minor is a rough guess, see catalog.stakes
    # the reviewer who looks at it now; nobody else is given the card until then. Both written only by catalog.review
    taken_by = models.CharField(max_length=120, blank=True)
    taken_until = models.DateTimeField(null=True, blank=True)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            states_check("open", "approved", "rejected", "skipped", "moot", name="review_card_status_is_known"),
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="review_card_kind_is_known"),
            models.UniqueConstraint(
                fields=["product"], condition=Q(status="open", kind="question"), name="one_open_question_per_product"
            ),
            models.UniqueConstraint(
                fields=["first", "kind"], condition=~Q(status="moot"), name="a_decision_is_doubted_once_a_kind"
            ),
        ]
        indexes: ClassVar = [
            # read by the review queue
            models.Index(fields=["-money_minor", "id"], condition=Q(status="open"), name="card_queue"),
            # read by catalog.review.take_next: merchants' reports come before everything
            models.Index(fields=["id"], condition=Q(status="open", kind="report"), name="card_reports"),
            # read by the desk's pile of skipped cards
            models.Index(fields=["-money_minor", "id"], condition=Q(status="skipped"), name="card_skipped"),
            # read by catalog.cards: whose question shows a product that has changed
            GinIndex(
                fields=["candidates"],
                opclasses=["jsonb_path_ops"],
                condition=Q(status="open", kind="question"),
                name="card_candidates",
            ),
            # read by catalog.stakes.weigh_due
            models.Index(fields=["weighed_at"], condition=Q(status="open"), name="card_weigh_due"),
            # read by the desk's dashboard and catalog.second_look
            models.Index(fields=["decided_at"], condition=Q(decided_at__isnull=False), name="card_decided"),
            # read by catalog.review.take_next: what this reviewer holds
            models.Index(fields=["taken_by"], condition=~Q(taken_by=""), name="card_taken"),
        ]

    def __str__(self) -> str:
        return f"card {self.pk}: {self.reason}"


class ReviewCardChange(StateChange):
    """One step of a card."""

    row = models.ForeignKey(ReviewCard, on_delete=models.CASCADE, related_name="changes")
    # what the person was shown when they decided: candidate's number → words; null for steps nobody looked at
    seen = models.JSONField(null=True, blank=True)

    class Meta(StateChange.Meta):
        abstract = False
        indexes: ClassVar = [
            # read by catalog.review.undo_last and the review desk's count of a reviewer's own decisions
            models.Index(fields=["by", "-id"], name="card_changes_of_a_person"),
        ]


class CardSight(models.Model):
    """What one reviewer's screen shows of a card now, so that deciding need not draw it again. Written only by catalog.review.

    It goes when the card is decided; what was seen stays with the decision.
    """

    card = models.ForeignKey(ReviewCard, on_delete=models.CASCADE, related_name="sights")
    by = models.CharField(max_length=120)
    digest = models.CharField(max_length=64)  # of the words
    basis = models.CharField(max_length=64)  # of the rows they were made from; another basis: look again
    words = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["card", "by"], name="a_card_is_on_a_persons_screen_once"),
        ]

    def __str__(self) -> str:
        return f"card {self.card_id} before {self.by}"


class BulkDecision(Stateful):
    """Many cards of one pattern approved or rejected by one person at once: previewed and frozen first. Written only by catalog.bulk."""

    STEPS: ClassVar = {
        "preview": {"deciding", "dropped"},
        "deciding": {"decided", "undoing"},
        "decided": {"undoing"},
        "undoing": {"undone"},
    }

    status = models.CharField(max_length=10, default="preview")
    pattern = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)  # of the frozen cards, their candidates and what each shows
    counts = models.JSONField(default=dict)  # cards, sizes, shops, money and how many were left out why, as previewed
    by = models.CharField(max_length=120)
    created_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            states_check(
                "preview", "deciding", "decided", "undoing", "undone", "dropped", name="bulk_decision_status_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"bulk decision {self.pk}"

    @property
    def rejects(self) -> bool:
        """Whether it says no to its cards; one from before that could be said is a yes."""
        return bool(self.pattern.get("rejects"))


class BulkDecisionChange(StateChange):
    """One step of a bulk decision."""

    row = models.ForeignKey(BulkDecision, on_delete=models.CASCADE, related_name="changes")


class BulkCard(models.Model):
    """One card frozen into a bulk decision, with what it showed then and what became of it. Written only by catalog.bulk."""

    bulk = models.ForeignKey(BulkDecision, on_delete=models.CASCADE, related_name="cards")
    card = models.ForeignKey(ReviewCard, on_delete=models.CASCADE, related_name="+")
    candidate = models.PositiveSmallIntegerField(default=0)
    sight = models.CharField(max_length=64)
    status = models.CharField(max_length=10, default="waiting")
    sizes = models.PositiveIntegerField(default=0)  # previewed; linked once decided
    reason = models.TextField(blank=True)  # why it was left alone after all
    decided_at = models.DateTimeField(null=True, blank=True)  # the card's own: another one was decided anew since

    class Meta:
        constraints: ClassVar = [
            states_check("waiting", "decided", "left", "undone", name="bulk_card_status_is_known"),
            models.UniqueConstraint(fields=["bulk", "card"], name="a_card_stands_once_in_a_bulk_decision"),
        ]

    def __str__(self) -> str:
        return f"{self.card_id} in {self.bulk_id}"
