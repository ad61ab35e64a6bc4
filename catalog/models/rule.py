"""A shop's own say over its shelf and its stock: rules, and the book of every state in which they stood."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from catalog.distributing.ruling import RuleFacts
from catalog.models.product import Product
from network.models import Shop
from network.scoping import Tenant

CONDITIONS = ("brand", "category", "tag", "product_id", "partner_id", "country", "price_from", "price_to")


class Rule(Tenant):
    """One rule of one shop, as origin (its shelf) or as shipper (its stock). Written by catalog.rules; its content never changes.

    A change is a new row that names the one it ``replaces``; which rows stand is said by ``removed_at`` and the shop's book.
    """

    SIDES: ClassVar = {"origin": "On my shelf", "shipper": "From my stock", "both": "Both"}
    EFFECTS: ClassVar = {
        "exclude": "Keep off",
        "only": "Let in only",
        "floor": "Price floor",
        "cap": "At most",
        "buffer": "Keep back",
    }

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+")
    side = models.CharField(max_length=8, choices=SIDES, default="origin")
    effect = models.CharField(max_length=8, choices=EFFECTS, default="exclude")
    amount = models.PositiveIntegerField(null=True, blank=True)  # floor: basis points below the own price; else units
    # conditions, all of which must be met; an empty one asks nothing. Texts in lower case, prices inclusive in minor units
    brand = models.CharField(max_length=200, blank=True)
    category = models.CharField(max_length=200, blank=True)
    tag = models.CharField(max_length=255, blank=True)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    partner = models.ForeignKey(Shop, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    country = models.CharField(max_length=2, blank=True)
    price_from = models.BigIntegerField(null=True, blank=True)
    price_to = models.BigIntegerField(null=True, blank=True)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    position = models.IntegerField(default=0)  # of caps, floors and buffers the first that fits decides
    note = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)
    replaces = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.CharField(max_length=120, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.CharField(max_length=120, blank=True)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(side__in=["origin", "shipper", "both"]), name="rule_side_is_known"),
            models.CheckConstraint(
                condition=Q(effect__in=["exclude", "only", "floor", "cap", "buffer"]), name="rule_effect_is_known"
            ),
            models.CheckConstraint(
                condition=Q(effect__in=["exclude", "only"], amount=None)
                | Q(effect__in=["floor", "cap", "buffer"], amount__isnull=False),
                name="floors_caps_and_buffers_say_how_much",
            ),
            models.CheckConstraint(
                condition=~Q(effect="floor") | Q(amount__lte=10000), name="a_rules_floor_is_at_most_the_whole_price"
            ),
            models.CheckConstraint(
                condition=Q(price_from=None) | Q(price_to=None) | Q(price_from__lte=F("price_to")),
                name="a_price_range_is_not_empty",
            ),
            models.CheckConstraint(
                condition=Q(starts_on=None) | Q(ends_on=None) | Q(starts_on__lte=F("ends_on")),
                name="a_season_is_not_empty",
            ),
            models.UniqueConstraint(
                fields=[
                    *("shop", "side", "effect", "brand", "category", "tag", "product", "partner", "country"),
                    *("price_from", "price_to", "starts_on", "ends_on"),
                ],
                condition=Q(removed_at=None),
                nulls_distinct=False,
                name="the_same_rule_stands_once",
            ),
        ]
        indexes: ClassVar = [
            # read by every decision about shelves
            models.Index(fields=["shop", "position", "id"], condition=Q(removed_at=None), name="rule_standing"),
        ]

    def __str__(self) -> str:
        named = [str(value) for name in CONDITIONS if (value := getattr(self, name)) not in ("", None)]
        return f"{self.get_side_display()}: {self.get_effect_display().lower()} {', '.join(named) or 'everything'}"

    @property
    def facts(self) -> RuleFacts:
        """Read it as the thinking does."""
        conditions: dict[str, Any] = {name: getattr(self, name) for name in CONDITIONS}
        return RuleFacts(
            id=self.pk or 0,
            side=self.side,
            effect=self.effect,
            amount=self.amount,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            **conditions,
        )


class RuleBook(Tenant):
    """One state of a shop's rules and policy, with who made it and when. Written by catalog.rules, one row a change; never changed."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveIntegerField()
    rules = models.JSONField(default=list)  # ids of the rules that stand, in the shop's order
    policy = models.JSONField(default=dict)
    what = models.CharField(max_length=400)  # what was changed, in words
    at = models.DateTimeField(default=timezone.now)
    by = models.CharField(max_length=120, blank=True)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["shop", "number"], name="the_pages_of_a_rule_book_are_numbered"),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.what}"
