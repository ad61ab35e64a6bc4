"""What every API endpoint shares: cursor pages, throttling per key, and errors as RFC 9457 problem details."""

from typing import Any

from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle

from skuu.kit.errors import SkuuError


class Cursor(CursorPagination):
    """Pages by key, stable while rows come and go."""

    ordering = "pk"
    page_size_query_param = "page_size"
    max_page_size = 250


class KeyThrottle(SimpleRateThrottle):
    """So many requests a minute per API key; strangers count by address."""

    scope = "key"

    def get_cache_key(self, request: Request, view: Any) -> str:
        key = getattr(request, "auth", None)
        return f"throttle:{key.pk if key is not None else self.get_ident(request)}"


def problem(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Answer every error as application/problem+json with a code a program can act on."""
    from rest_framework.views import exception_handler

    if isinstance(exc, SkuuError):
        body = {"type": "about:blank", "title": exc.message, "status": exc.status, "code": exc.code, **exc.extra}
        return Response(body, status=exc.status, content_type="application/problem+json")
    response = exception_handler(exc, context)
    if response is None:
        return None
    detail = response.data.get("detail") if isinstance(response.data, dict) else None
    code = getattr(detail, "code", None) or getattr(exc, "default_code", "error")
    body = {
        "type": "about:blank",
        "title": str(detail or "This request is not valid."),
        "status": response.status_code,
        "code": code,
    }
    if detail is None:
        body["errors"] = response.data
    return Response(
        body, status=response.status_code, content_type="application/problem+json", headers=dict(response.headers)
    )
