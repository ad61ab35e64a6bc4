"""Words that mean the same: colours a person explained, and the proposals learnt from verdicts."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from skuu.kit.states import StateChange, Stateful, states_check


class ColourAlias(models.Model):
    """What a colour word means in base colours, confirmed by a person. Written only by catalog.aliases."""

    word = models.CharField(max_length=80, unique=True)  # folded: lower case, no accents
    bases = ArrayField(models.CharField(max_length=20))  # in order; black/white is not white/black
    by = models.CharField(max_length=120)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "colour aliases"

    def __str__(self) -> str:
        return f"{self.word} = {'/'.join(self.bases)}"


class AliasProposal(Stateful):
    """Verdicts suggest that a word means a brand or a colour; a person confirms or rejects it. Written only by catalog.aliases."""

    STEPS: ClassVar = {"open": {"confirmed", "rejected"}, "confirmed": {"rejected"}, "rejected": {"confirmed"}}

    kind = models.CharField(max_length=8)  # brand, colour
    word = models.CharField(max_length=120)
    meaning = models.CharField(max_length=120)  # a brand's key, or base colours joined by "/"
    status = models.CharField(max_length=10, default="open")
    verdicts = models.PositiveIntegerField(default=0)  # products confirmed as the same that speak for it
    shops = models.PositiveIntegerField(default=0)
    examples = models.JSONField(default=list)  # up to five: [{"word": title, "meaning": title}]
    seen_at = models.DateTimeField(default=timezone.now)
    decided_by = models.CharField(max_length=120, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            states_check("open", "confirmed", "rejected", name="alias_proposal_status_is_known"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["brand", "colour"]), name="alias_proposal_kind_is_known"
            ),
            models.UniqueConstraint(fields=["kind", "word", "meaning"], name="an_alias_is_proposed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.word} = {self.meaning}?"


class AliasProposalChange(StateChange):
    """One step of a proposal."""

    row = models.ForeignKey(AliasProposal, on_delete=models.CASCADE, related_name="changes")
