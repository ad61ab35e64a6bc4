"""The door for stores' messages: read the raw body, store it, answer; no business here, and no way around by what pages need."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from network.receive import LARGEST, note_too_large, receive_event, store_named_in
from skuu.kit.errors import SkuuError

DOOR = "/webhooks/shopify/"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class StraightToTheDoor:
    """Leads stores' messages past sessions, languages, accounts and policies, which are for people's browsers.

    What they would have added for a machine is added here: the headers, and the refusal of unencrypted requests.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info != DOOR:
            return self.get_response(request)
        if settings.SECURE_SSL_REDIRECT and not request.is_secure():
            answer = HttpResponse("https_only", status=403)  # a redirected POST would lose its body
        else:
            answer = shopify_webhook(request)
        for name, value in HEADERS.items():
            answer.headers[name] = value
        if settings.SECURE_HSTS_SECONDS and request.is_secure():
            answer.headers["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}"
        return answer


@csrf_exempt
@require_POST
def shopify_webhook(request: HttpRequest) -> HttpResponse:
    """Answer 200 once the message is durable, so that Shopify sends again whatever is not."""
    domain = store_named_in(request.headers)
    try:
        if int(request.headers.get("Content-Length") or 0) > LARGEST:
            note_too_large(domain)
            return HttpResponse("too_large", status=413)
        _store(request, domain)
    except SkuuError as error:
        return HttpResponse(error.code, status=error.status)
    except (RequestDataTooBig, ValueError):
        note_too_large(domain)
        return HttpResponse("too_large", status=413)
    except UnreadablePostError:
        return HttpResponse("broken_off", status=400)
    except (OperationalError, InterfaceError):
        return HttpResponse("database_down", status=503, headers={"Retry-After": "30"})
    return HttpResponse("stored")


def _store(request: HttpRequest, domain: str) -> None:
    """Store the message on the connection as it is; only one that turns out dead is made anew, and the message stored then.

    Django would ask every connection whether it lives before each request. Storing twice counts a repeat and no more.
    """
    held = connection.connection is not None and not connection.in_atomic_block
    if held:
        connection.health_check_done = True  # type: ignore[attr-defined]
    try:
        receive_event(domain=domain, headers=request.headers, body=request.body)
    except (OperationalError, InterfaceError):
        if not held:
            raise
        connection.close()
        receive_event(domain=domain, headers=request.headers, body=request.body)
