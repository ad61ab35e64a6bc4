"""What every endpoint of the REST API stands on: the shop behind the key, its rows and nobody else's."""

import contextlib
import datetime as dt
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from network.models import Merchant, Shop
from network.scoping import acting_for
from network.taxing.territories import countries
from skuu.kit.api import Cursor, Json
from skuu.kit.errors import WrongState


class NotPushedHere(WrongState):
    """The shop's platform is read by the network, so nothing may be written past it."""

    code = "not_pushed_here"


@extend_schema_field({"type": "string", "enum": sorted(countries()), "description": "ISO 3166"})
class CountryIn(serializers.CharField):
    """A country where a parcel may go, by its code in capitals."""

    default_error_messages = {"unknown_country": "Write the country as its two letters of ISO 3166, like NL."}

    def to_internal_value(self, data: Any) -> str:
        code: str = super().to_internal_value(data)
        if code not in countries():
            self.fail("unknown_country")
        return code


class KeyScheme(OpenApiAuthenticationExtension):
    """Tells the schema how a key is shown."""

    target_class = "network.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A key of one shop: `Authorization: Bearer skuu_…`"}


class ShopView(GenericAPIView):
    """An endpoint that acts for the shop behind the API key; inside, a query that does not say whose rows it wants is an error."""

    parser_classes = [Json]
    rate_limit: dict[str, str] | None = None

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with contextlib.ExitStack() as self._acting:
            self._acting.enter_context(acting_for(None))
            self._acting.enter_context(timezone.override(dt.UTC))
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self._acting.enter_context(acting_for(self.merchant))

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in (self.rate_limit or {}).items():
            response[name] = value
        response["Cache-Control"] = "no-store"
        return response

    @property
    def shop(self) -> Shop:
        """The shop behind the key."""
        shop: Shop = self.request.auth.shop  # type: ignore[union-attr]
        return shop

    @property
    def merchant(self) -> Merchant:
        """Whose shop it is."""
        return self.shop.merchant

    @property
    def by(self) -> str:
        """The name written beside what this program decides."""
        return f"API key {self.request.auth.prefix}"  # type: ignore[union-attr]

    def refuse_unless_pushed(self, what: str = "Products and stock") -> None:
        """Raises NotPushedHere when the network reads this shop's platform itself."""
        if self.shop.platform != "api":
            raise NotPushedHere(
                f"{what} of {self.shop.name} are read from {self.shop.platform.title()}; "
                "change them there. Only shops without such a platform write them here.",
                platform=self.shop.platform,
            )


class ShopList(ShopView):
    """A list of the shop's own rows: filtered, cut into pages by cursor; a misspelt filter is an error."""

    filter_backends = [filters.DjangoFilterBackend]

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):
            return self.model.everyone.none()  # type: ignore[attr-defined]
        return self.rows()

    def rows(self) -> QuerySet[Any]:
        """Select the shop's rows."""
        raise NotImplementedError

    def describe(self, rows: list[Any]) -> list[dict[str, Any]]:
        """Write rows the way callers read them."""
        raise NotImplementedError

    def listing(self, request: Request) -> Response:
        """Answer one page."""
        self._refuse_unknown(request)
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.describe(list(page or [])))

    def _refuse_unknown(self, request: Request) -> None:
        known = {"cursor", "page_size", *self.filterset_class.base_filters}  # type: ignore[attr-defined]
        strange = {name for name in request.query_params if name not in known}
        if strange:
            said = ErrorDetail(f"There is no such filter; there are {', '.join(sorted(known))}.", code="unknown_filter")
            raise ValidationError({name[:60]: [said] for name in strange})
        size = request.query_params.get("page_size")
        if size is not None and not (
            size.isascii() and size.isdecimal() and 1 <= int(size[:9]) <= Cursor.max_page_size
        ):
            raise ValidationError({"page_size": [f"A page holds 1 to {Cursor.max_page_size} rows."]})


class NewestFirst(Cursor):
    """Pages that begin with the newest row."""

    ordering = "-pk"
