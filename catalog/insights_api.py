"""The API's door to what the network does for a shop and could do: stock-outs, weeks of demand, partner countries, its record."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.insights_shelf import (
    BLOCKERS,
    WEEKS,
    demand_by_week,
    most_lost,
    rescued_at_todays_prices,
    stock_outs,
)
from catalog.openings import DAYS, Openings, openings_of
from catalog.trust import WINDOW, trust_of
from network.api_base import ShopView
from network.scoping import as_network
from skuu.kit.money import major


# --- insights ---------------------------------------------------------------------------------------------------------
class WeekOut(serializers.Serializer):
    """Units shoppers wanted from the shelf in one week."""

    starts = serializers.DateField(help_text="a Monday")
    served = serializers.IntegerField(help_text="shipped by partners")
    lost = serializers.IntegerField(help_text="nobody could ship them")


class AmountOut(serializers.Serializer):
    """An amount."""

    amount = serializers.CharField()
    currency = serializers.CharField()


class BlockerOut(serializers.Serializer):
    """Sizes that a partner has and that one reason keeps off the shelf."""

    code = serializers.CharField()
    reason = serializers.CharField()
    sizes = serializers.IntegerField()


class StockOutsOut(serializers.Serializer):
    """Sizes the shop is out of that others carry too, as they stand now."""

    filled = serializers.IntegerField(help_text="sizes on the shelf")
    units = serializers.IntegerField(help_text="units on the shelf")
    blocked = BlockerOut(many=True)
    nobody = serializers.IntegerField(help_text="sizes of which no partner has a free unit")
    unfit = serializers.IntegerField(help_text="sizes that are not fit for a shelf")
    complete = serializers.BooleanField(help_text="false: there are more sizes than were counted")


class LostOut(serializers.Serializer):
    """A size that shoppers wanted and nobody shipped."""

    variant = serializers.CharField(source="variant.remote_id")
    title = serializers.CharField(source="variant.product.title")
    sku = serializers.CharField(source="variant.sku")
    units = serializers.IntegerField()


class InsightsOut(serializers.Serializer):
    """What the shelf brings."""

    weeks = WeekOut(many=True, help_text=f"the last {WEEKS} weeks, the oldest first")
    rescued = AmountOut(many=True, help_text="what partners shipped, at the shop's prices of today")
    stock_outs = StockOutsOut()
    most_lost = LostOut(many=True)


class Insights(ShopView):
    """What the shelf brings and misses."""

    serializer_class = InsightsOut

    @extend_schema(operation_id="insights", responses=InsightsOut, tags=["insights"])
    def get(self, request: Request) -> Response:
        """Sum demand on the shelf by week, and the stock-outs of today by what the network does about them."""
        shops = [self.shop]
        with as_network():
            now = stock_outs(shops)
        rescued = rescued_at_todays_prices(self.merchant, shops)
        return Response(
            {
                "weeks": WeekOut(demand_by_week(self.merchant, shops), many=True).data,
                "rescued": [{"amount": major(one.minor, one.currency), "currency": one.currency} for one in rescued],
                "stock_outs": {
                    "filled": now.filled,
                    "units": now.units,
                    "blocked": [
                        {"code": code, "reason": BLOCKERS[code], "sizes": sizes} for code, sizes in now.blocked.items()
                    ],
                    "nobody": now.nobody,
                    "unfit": now.unfit,
                    "complete": now.complete,
                },
                "most_lost": LostOut(most_lost(self.merchant, shops), many=True).data,
            }
        )


# --- partner countries ------------------------------------------------------------------------------------------------
class OpeningOut(serializers.Serializer):
    """One country that partners' goods would leave."""

    country = serializers.CharField(help_text="ISO 3166")
    name = serializers.CharField()
    is_open = serializers.BooleanField()
    lacking = serializers.ListField(
        child=serializers.CharField(), help_text="registrations that would open it; empty and not open: none would"
    )
    sizes = serializers.IntegerField(help_text="own stock-outs that partners there could fill now")
    lost = serializers.IntegerField(help_text=f"orders of the last {DAYS} days for them that nobody shipped")


class AdviceOut(serializers.Serializer):
    """Registrations to obtain together, and what they would bring."""

    registrations = serializers.ListField(child=serializers.CharField())
    countries = serializers.ListField(child=serializers.CharField())
    sizes = serializers.IntegerField()
    lost = serializers.IntegerField()


class DoubtOut(serializers.Serializer):
    """A VAT id of which its register said no."""

    vat_id = serializers.CharField()
    country = serializers.CharField()
    closes_on = serializers.DateField(help_text="from this day on it counts no more: routes that need it are closed")


class OpeningsOut(serializers.Serializer):
    """Every country in which a partner takes part."""

    held = serializers.ListField(child=serializers.CharField(), help_text="countries with a VAT id of the merchant")
    oss = serializers.BooleanField(help_text="registered for the one-stop shop")
    countries = OpeningOut(many=True)
    advice = AdviceOut(many=True)
    uncovered = serializers.ListField(
        child=serializers.CharField(), help_text="own places that no VAT id covers: nothing may leave them"
    )
    refused = DoubtOut(many=True, help_text="VAT ids that their register does not know as valid")


class PartnerCountries(ShopView):
    """Which partner countries are open."""

    serializer_class = OpeningsOut

    @extend_schema(operation_id="partner_countries", responses=OpeningsOut, tags=["insights"])
    def get(self, request: Request) -> Response:
        """Tell which partner countries are open to the shop, and which registration would open more."""
        with as_network():
            found = openings_of(self.merchant, [self.shop])
        return Response(_openings(found))


def _openings(found: Openings) -> dict[str, object]:
    countries = [
        {
            "country": one.country,
            "name": one.name,
            "is_open": one.is_open,
            "lacking": [lacking.name for lacking in one.lacking],
            "sizes": one.sizes,
            "lost": one.lost,
        }
        for one in found.countries
    ]
    advice = [
        {
            "registrations": [lacking.name for lacking in one.registrations],
            "countries": list(one.countries),
            "sizes": one.sizes,
            "lost": one.lost,
        }
        for one in found.advice
    ]
    return {
        "held": list(found.held),
        "oss": found.oss,
        "countries": countries,
        "advice": advice,
        "uncovered": found.uncovered,
        "refused": [{"vat_id": one.vat_id, "country": one.country, "closes_on": one.closes_on} for one in found.doubts],
    }


# --- the own record ---------------------------------------------------------------------------------------------------
class TrustOut(serializers.Serializer):
    """The shop's own record as a shipper."""

    score = serializers.IntegerField(help_text="0 to 100; whoever keeps its word is asked first")
    risk_bp = serializers.IntegerField(
        help_text="how often an order goes wrong, in basis points, as the router weighs it"
    )
    orders = serializers.IntegerField(help_text=f"that ended within {WINDOW.days} days")
    says_little = serializers.BooleanField(help_text="too few orders yet: the usual trust stands in")
    kept_back = serializers.IntegerField(help_text="units of each size kept off partners' shelves because of it")
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="orders and units by what came of them")


class OwnTrust(ShopView):
    """The shop's own record."""

    serializer_class = TrustOut

    @extend_schema(operation_id="trust", responses=TrustOut, tags=["insights"])
    def get(self, request: Request) -> Response:
        """Show how the shop kept its word as a shipper; nobody else sees it."""
        with as_network():
            trust = trust_of([self.shop.pk])[self.shop.pk]
        return Response(TrustOut(trust).data)
