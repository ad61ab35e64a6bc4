"""The door for stores' messages: read the raw body, store it, answer; no business here."""

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from network.receive import LARGEST, receive_event, store_named_in
from skuu.kit.errors import SkuuError


@csrf_exempt
@require_POST
def shopify_webhook(request: HttpRequest) -> HttpResponse:
    """Answer 200 once the message is durable, so that Shopify sends again whatever is not."""
    try:
        if int(request.headers.get("Content-Length") or 0) > LARGEST:
            return HttpResponse("too_large", status=413)
        receive_event(domain=store_named_in(request.headers), headers=request.headers, body=request.body)
    except SkuuError as error:
        return HttpResponse(error.code, status=error.status)
    except (RequestDataTooBig, ValueError):
        return HttpResponse("too_large", status=413)
    except UnreadablePostError:
        return HttpResponse("broken_off", status=400)
    except (OperationalError, InterfaceError):
        return HttpResponse("database_down", status=503, headers={"Retry-After": "30"})
    return HttpResponse("stored")
