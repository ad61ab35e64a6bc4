"""The API's door to a shop's own account: who am I, where do I stand, which places do I have."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from network.api_base import ShopView
from network.models import Location


class CheckOut(serializers.Serializer):
    """One requirement of the connect checklist."""

    key = serializers.CharField()
    ok = serializers.BooleanField()
    title = serializers.CharField()
    fix = serializers.CharField()


class LocationOut(serializers.Serializer):
    """A place with real stock."""

    id = serializers.CharField(source="remote_id")
    name = serializers.CharField()
    country = serializers.CharField()
    is_active = serializers.BooleanField()
    shares = serializers.BooleanField(help_text="offers its stock to the network")


class ShopOut(serializers.Serializer):
    """A shop as its own programs see it."""

    name = serializers.CharField()
    domain = serializers.CharField()
    platform = serializers.CharField()
    status = serializers.CharField()
    merchant = serializers.CharField(source="merchant.name")
    country = serializers.CharField()
    currency = serializers.CharField()
    taxes_included = serializers.BooleanField()
    accept_mode = serializers.CharField()
    checklist = CheckOut(many=True)
    locations = LocationOut(many=True)


class ShopDoor(ShopView):
    """The shop behind the key."""

    serializer_class = ShopOut

    @extend_schema(operation_id="shop", responses=ShopOut, tags=["shop"])
    def get(self, request: Request) -> Response:
        """Tell which shop this key acts for, its status, what is still unmet, and its places."""
        shop = self.shop
        checklist = [
            {name: row.get(name, "") for name in ("key", "title", "fix")} | {"ok": bool(row.get("ok"))}
            for row in shop.checklist
        ]
        told = ShopOut(shop).fields
        body = {
            name: one.to_representation(one.get_attribute(shop))
            for name, one in told.items()
            if name not in ("checklist", "locations")
        }
        places = Location.objects.for_shop(shop).order_by("name", "pk")
        return Response(body | {"checklist": checklist, "locations": LocationOut(places, many=True).data})


class NoSuchAddress(APIView):
    """Everything under /api/ that is no endpoint."""

    permission_classes = ()
    authentication_classes = ()
    throttle_classes = ()
    schema = None

    def dispatch(self, request, *args, **kwargs):  # type: ignore[no-untyped-def]
        self.http_method_names = [request.method.lower()]
        setattr(self, request.method.lower(), self.absent)
        return super().dispatch(request, *args, **kwargs)

    def absent(self, request: Request, *args: object, **kwargs: object) -> Response:
        """Say so as a problem document."""
        raise NotFound("There is no such address. Addresses end with a slash; /api/docs/ lists them.")
