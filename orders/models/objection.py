"""A selling shop's objection to what an inspection found, which the network's staff decides."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from network.scoping import Tenant
from orders.models.return_ import Return
from skuu.kit.states import StateChange, Stateful, states_check


class Objection(Stateful, Tenant):
    """Units of a closed return that were graded wrongly, the selling shop says. Written only by orders.object_grade.

    Two parties see it: the origin, which objects, and who inspected the goods.
    """

    SHOP_PATH: ClassVar[str] = "returned__internal_order__order__shop"
    MERCHANT_PATH: ClassVar[str] = "returned__internal_order__order__shop__merchant"
    PARTIES: ClassVar = tuple(f"returned__{path}" for path in Return.PARTIES)
    STEPS: ClassVar = {"open": {"upheld", "rejected", "withdrawn"}}
    STATUSES: ClassVar = {
        "open": "Waits for a decision",
        "upheld": "Upheld",
        "rejected": "Rejected",
        "withdrawn": "Withdrawn",
    }

    returned = models.ForeignKey(Return, on_delete=models.PROTECT, related_name="objections")
    status = models.CharField(max_length=10, choices=STATUSES, default="open")
    # what it should have been: [{"line": internal line id, "from": grade, "to": grade, "units": n}]
    asked = models.JSONField()
    words = models.CharField(max_length=1000)
    raised_at = models.DateTimeField(default=timezone.now)
    raised_by = models.CharField(max_length=150)
    answer = models.CharField(max_length=1000, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    # what settlement holds of the sale meanwhile, gross in minor units of the internal order; null: nothing is held (any more)
    held_minor = models.BigIntegerField(null=True, blank=True)
    # the return that gives effect to it
    correction = models.OneToOneField(Return, on_delete=models.PROTECT, related_name="+", null=True, blank=True)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            states_check("open", "upheld", "rejected", "withdrawn", name="objection_status_is_known"),
            models.UniqueConstraint(
                fields=["returned"], condition=Q(status="open"), name="a_return_has_one_open_objection"
            ),
            models.CheckConstraint(
                condition=Q(status="upheld", correction__isnull=False)
                | (~Q(status="upheld") & Q(correction__isnull=True)),
                name="an_upheld_objection_names_its_correction",
            ),
            models.CheckConstraint(
                condition=Q(held_minor=None) | Q(held_minor__gte=0), name="an_objection_holds_no_less_than_nothing"
            ),
        ]
        indexes: ClassVar = [
            # read by the back office's list of what waits for a decision
            models.Index(fields=["raised_at"], condition=Q(status="open"), name="objection_open"),
            # read by settlement.hold_objected
            models.Index(
                fields=["status"],
                condition=Q(status="open") | Q(held_minor__isnull=False),
                name="objection_held_or_to_be",
            ),
        ]

    def __str__(self) -> str:
        return f"objection to {self.returned_id}"


class ObjectionChange(StateChange):
    """One step of an objection."""

    row = models.ForeignKey(Objection, on_delete=models.CASCADE, related_name="changes")
