"""What only the whole network knows: names, size charts and code levels learnt from it, how common a word is, how far a new reading got."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from network.models import Shop


class LearntSize(models.Model):
    """A brand's UK or US size in EU terms, as shared barcodes taught it. Written only by catalog.match_audit."""

    brand = models.CharField(max_length=120)
    system = models.CharField(max_length=12)  # "UK-m", "US-w"
    value = models.CharField(max_length=20)
    european = models.CharField(max_length=20)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["brand", "system", "value"], name="a_size_is_learnt_once_per_brand"),
        ]

    def __str__(self) -> str:
        return f"{self.brand}: {self.system} {self.value} is EU {self.european}"


class CodeLevel(models.Model):
    """A code whose level the brand's other codes and colours have shown: "style" decides nothing. Written only by catalog.match_audit."""

    brand = models.CharField(max_length=120)
    code = models.CharField(max_length=80)
    level = models.CharField(max_length=6)  # full, style

    class Meta:
        constraints: ClassVar = [
            # read by catalog.neighbours beside every row with a code
            models.UniqueConstraint(fields=["brand", "code"], name="a_code_has_one_level_per_brand"),
        ]

    def __str__(self) -> str:
        return f"{self.brand} {self.code}: {self.level}"


class LearntName(models.Model):
    """What the network has shown of names: a vendor that is its shop's own, a brand that titles name, the brand of a code.

    Written only by catalog.names. The greatest id is the version that a matcher remembers; the row "lesson" keeps it rising.
    """

    kind = models.CharField(max_length=6)  # shop, title, code; lesson: how many products the last one was drawn from
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=400)  # vendor, brand or code
    brand = models.CharField(max_length=120, blank=True)  # a code's
    words = ArrayField(models.CharField(max_length=60), default=list, blank=True)  # of the titles that carry the code

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "shop", "name"], name="a_name_is_learnt_once", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}"


class WordCount(models.Model):
    """On how many products a brand's word stands: the rare ones find candidates. Written only by catalog.cards; about right."""

    word = models.CharField(max_length=200, primary_key=True)  # "brand|word"
    products = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.word}: {self.products}"


class NormRun(models.Model):
    """One pass over all variants to read them with newer normalisers. Written only by catalog.reread."""

    version = models.PositiveIntegerField(unique=True)
    last_variant = models.BigIntegerField(default=0)
    done = models.PositiveBigIntegerField(default=0)
    changed = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"reading with version {self.version}: {self.done} of {self.total}"
