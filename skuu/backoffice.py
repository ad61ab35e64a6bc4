"""The admin site: staff only, second factor unless the demo turned it off, and a content policy of its own."""

import functools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from unfold.sites import UnfoldAdminSite


def second_factor_passed(request: HttpRequest) -> bool:
    """Say whether this very session showed a second factor, not merely whether the user owns one."""
    if not settings.STAFF_SECOND_FACTOR:
        return True
    return any(record["method"] == "mfa" for record in get_authentication_records(request, request.user))


class BackOffice(UnfoldAdminSite):
    """Where network staff work; its own password form is never served, so there is one way in."""

    index_title = "What waits"

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and second_factor_passed(request)

    def admin_view(self, view: Callable[..., HttpResponseBase], cacheable: bool = False) -> Callable[..., Any]:
        """Answer questions that no database can be asked as the caller's mistake (400), on every page behind this door."""
        inner = super().admin_view(view, cacheable)

        @functools.wraps(inner)
        def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            asked = (request.path_info, *request.GET, *(one for _, each in request.GET.lists() for one in each))
            if any("\0" in words for words in asked):
                raise BadRequest("A question holds a sign that stands for nothing.")
            try:
                return inner(request, *args, **kwargs)
            except DataError as error:
                raise BadRequest("A question holds a value that nothing can have.") from error

        return opened

    def get_urls(self) -> list[Any]:
        from skuu.operations import operation_urls

        return [*operation_urls(self), *super().get_urls()]

    def extra_urls(self) -> list[Any]:
        from catalog.bulk_desk import bulk_urls
        from catalog.matching_page import matching_urls
        from catalog.review_desk import desk_urls

        return [*desk_urls(self), *bulk_urls(self), *matching_urls(self)]

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: object = None) -> HttpResponse:
        after = request.GET.get("next") or "/admin/"
        if not request.user.is_authenticated:
            return redirect(f"/accounts/login/?{urlencode({'next': after})}")
        if not (request.user.is_active and request.user.is_staff):
            raise PermissionDenied
        if second_factor_passed(request):
            return redirect("admin:index")
        if not is_mfa_enabled(request.user):
            return redirect("mfa_index")
        return redirect(f"/accounts/2fa/reauthenticate/?{urlencode({'next': after})}")


class PolicyMiddleware:
    """Loosens the content policy for the admin alone, whose widgets evaluate expressions; stands below CSPMiddleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        match = request.resolver_match
        if match and match.app_names[:1] == ["admin"]:
            response._csp_update = {"script-src": ["'unsafe-eval'"]}  # type: ignore[attr-defined]
            response._csp_replace = {"style-src": ["'self'", "'unsafe-inline'"]}  # type: ignore[attr-defined]
        return response
