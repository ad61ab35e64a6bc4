"""What every API endpoint shares: JSON read with care, cursor pages, a throttle that counts right, errors as RFC 9457 problem details."""

import json
import logging
import time
from typing import Any

from django.conf import settings
from django.core.signals import got_request_exception
from django.db import DataError, OperationalError, connection
from rest_framework import exceptions
from rest_framework.pagination import CursorPagination
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.throttling import SimpleRateThrottle

from skuu.kit.errors import SkuuError

log = logging.getLogger(__name__)
PROBLEM = "application/problem+json"
LARGEST_BODY = 5 * 1024 * 1024
LARGEST_KEY = 2**63 - 1


class TooLarge(exceptions.APIException):
    """The body is larger than any sensible request."""

    status_code = 413
    default_detail = f"A request body may hold {LARGEST_BODY // 1024 // 1024} MB; send fewer records at a time."
    default_code = "too_large"


class Json(BaseParser):
    """Reads a body as JSON: UTF-8 only, within the size limit, without NUL or lone surrogates in any text."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        raw = stream.read(LARGEST_BODY + 1)
        if len(raw) > LARGEST_BODY:
            raise TooLarge
        try:
            data = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
            _refuse_unstorable(data)
        except RecursionError:
            raise exceptions.ParseError("The body is nested too deeply.") from None
        except ValueError as error:
            said = str(error).encode("ascii", "backslashreplace").decode()
            raise exceptions.ParseError(f"The body is not JSON as we read it: {said[:200]}.") from None
        return data


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number in JSON")


def _refuse_unstorable(data: Any) -> None:
    """Refuse texts that no database column can hold. Raises ValueError."""
    left = [data]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            left.extend(value)
            left.extend(value.values())
        elif isinstance(value, list):
            left.extend(value)
        elif isinstance(value, str) and ("\0" in value or any("\ud800" <= sign <= "\udfff" for sign in value)):
            raise ValueError("a text holds NUL or half a surrogate pair")


class Cursor(CursorPagination):
    """Pages by key, stable while rows come and go."""

    ordering = "pk"
    page_size_query_param = "page_size"
    max_page_size = 250

    def decode_cursor(self, request: Request) -> Any:
        wrong = exceptions.ValidationError({"cursor": ["Take a cursor from “next” or “previous” as it is."]})
        try:
            cursor: Any = super().decode_cursor(request)
        except exceptions.NotFound:
            raise wrong from None
        if cursor is not None and cursor.position is not None and not _is_key(cursor.position):
            raise wrong
        return cursor


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= LARGEST_KEY


_COUNT = """
insert into kit_requestcount (name, span, count) values (%s, %s, 1)
on conflict (name) do update set span = excluded.span,
  count = case when kit_requestcount.span = excluded.span then kit_requestcount.count + 1 else 1 end
returning count
"""
_FORGET = """
delete from kit_requestcount where name in
  (select name from kit_requestcount where span < %s order by span limit 50 for update skip locked)
"""


class KeyThrottle(SimpleRateThrottle):
    """So many requests a minute per API key; strangers count by address. Counted in the database, so by all processes together."""

    scope = "key"
    num_requests: int
    duration: int

    def get_rate(self) -> Any:
        return api_settings.DEFAULT_THROTTLE_RATES[self.scope]

    def get_cache_key(self, request: Request, view: Any) -> str:
        key = getattr(request, "auth", None)
        return f"key:{key.pk}" if key is not None else f"address:{request.META.get('REMOTE_ADDR', '')}"

    def allow_request(self, request: Request, view: Any) -> bool:
        now = int(time.time())
        span, self.reset = now // self.duration, self.duration - now % self.duration
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, [self.get_cache_key(request, view)[:200], span])
            (count,) = cursor.fetchone()
            if count == 1:
                cursor.execute(_FORGET, [span - 60])
        left = max(self.num_requests - count, 0)
        view.rate_limit = {
            "RateLimit-Policy": f'"{self.scope}";q={self.num_requests};w={self.duration}',
            "RateLimit": f'"{self.scope}";r={left};t={self.reset}',
        }
        return bool(count <= self.num_requests)

    def wait(self) -> float:
        return float(self.reset)


def problem(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Answer every error as application/problem+json with a code a program can act on."""
    from rest_framework.views import exception_handler

    if isinstance(exc, SkuuError) and exc.status != 500:
        return problem_response(exc.status, exc.code, exc.message, **exc.extra)
    if isinstance(exc, DataError):
        return problem_response(400, "bad_value", "A value is outside of what can be stored.")
    if isinstance(exc, OperationalError):
        log.warning("the database was too busy for a request", exc_info=exc)
        answer = problem_response(503, "busy", "The network is busy; the same request may succeed in a moment.")
        answer["Retry-After"] = "5"
        return answer
    response = exception_handler(exc, context)
    if response is None:
        return _unexpected(exc, context)
    detail = response.data.get("detail") if isinstance(response.data, dict) else None
    headers = {name: value for name, value in response.headers.items() if name != "Content-Type"}
    if isinstance(exc, exceptions.ValidationError):
        answer = problem_response(
            400, "invalid", "This request is not valid.", errors=flat_errors(exc.get_full_details())
        )
    else:
        code = getattr(detail, "code", None) or getattr(exc, "default_code", "error")
        answer = problem_response(response.status_code, str(code), str(detail or "This request is not valid."))
    for name, value in headers.items():
        answer[name] = value
    return answer


def _unexpected(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Tell a caller no more than that it was us; the log has the rest."""
    if settings.DEBUG:
        return None
    request = getattr(context.get("request"), "_request", None)
    log.error("an API request failed", exc_info=exc)
    got_request_exception.send(sender=type(context.get("view")), request=request)
    return problem_response(500, "server_error", "Something went wrong on our side; it has been noted.")


def problem_response(status: int, code: str, title: str, **extra: Any) -> Response:
    """Build a problem document."""
    body = {"type": "about:blank", "title": title, "status": status, "code": code, **extra}
    return Response(body, status=status, content_type=PROBLEM)


def flat_errors(details: Any, path: str = "") -> list[dict[str, str]]:
    """Turn nested validation errors into rows a program can walk: field ("variants[0].price"), code, message."""
    if isinstance(details, dict) and set(details) == {"message", "code"}:
        return [{"field": path, "code": str(details["code"]), "message": str(details["message"])}]
    found: list[dict[str, str]] = []
    if isinstance(details, dict):
        for name, inner in details.items():
            step = f"[{name}]" if isinstance(name, int) else str(name)
            dot = "." if path and not step.startswith("[") else ""
            found += flat_errors(inner, path if name == "non_field_errors" else f"{path}{dot}{step}")
    elif isinstance(details, list):
        leaves = all(isinstance(inner, dict) and set(inner) == {"message", "code"} for inner in details)
        for n, inner in enumerate(details):
            found += flat_errors(inner, path if leaves else f"{path}[{n}]")
    return found
