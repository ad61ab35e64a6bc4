"""The API's door to a shop's way out of the network: what still keeps it, and what it owes or is owed."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from network.api_base import ShopView
from network.scoping import as_network
from skuu.kit.money import major
from skuu.leaving import plan_exit


class ExitStepOut(serializers.Serializer):
    """One thing that must be done before the shop may go."""

    key = serializers.CharField()
    title = serializers.CharField()
    left = serializers.IntegerField()
    how = serializers.CharField()


class ExitBalanceOut(serializers.Serializer):
    """The merchant's balance in one currency; it stays owed after leaving."""

    currency = serializers.CharField()
    pending = serializers.CharField()
    payable = serializers.CharField()


class ExitPlanOut(serializers.Serializer):
    """Where the shop stands on its way out."""

    is_leaving = serializers.BooleanField()
    is_clear = serializers.BooleanField(help_text="nothing keeps it any more")
    steps = ExitStepOut(many=True)
    balances = ExitBalanceOut(many=True)


class ExitPlanDoor(ShopView):
    """The exit plan of the key's own shop."""

    serializer_class = ExitPlanOut

    @extend_schema(operation_id="shop_exit_plan", responses=ExitPlanOut, tags=["shop"])
    def get(self, request: Request) -> Response:
        """Show what still keeps your shop from leaving; to leave, an owner asks in the portal."""
        with as_network():
            plan = plan_exit(self.shop)
        told = {
            "is_leaving": plan.leaving is not None and plan.leaving.ended_at is None,
            "is_clear": plan.is_clear,
            "steps": [{"key": one.key, "title": one.title, "left": one.left, "how": one.how} for one in plan.steps],
            "balances": [
                {
                    "currency": one.currency,
                    "pending": major(one.pending, one.currency),
                    "payable": major(one.payable, one.currency),
                }
                for one in plan.positions
            ],
        }
        return Response(told)
