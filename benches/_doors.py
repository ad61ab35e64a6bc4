"""The doors a bench knocks at: the webhook door as it is, and one that does nothing, behind the middleware that pages have."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from network.webhooks import shopify_webhook


@csrf_exempt
def answer_nothing(request: HttpRequest) -> HttpResponse:
    """Read the message and answer; what any door costs."""
    return HttpResponse(str(len(request.body)))


urlpatterns = [path("webhooks/shopify/", shopify_webhook), path("nothing/", answer_nothing)]
