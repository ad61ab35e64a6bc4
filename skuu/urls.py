"""The map of doors: portal, admin, API, webhooks, health."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import TemplateView
from drf_spectacular.views import SpectacularAPIView

from network.api import NoSuchAddress
from orders.tracking_page import tracking, tracking_logo, tracking_look, tracking_return
from skuu import health

portal = [
    path("", include("network.portal_urls")),
    path("", include("catalog.portal_urls")),
    path("", include("orders.portal_urls")),
    path("", include("settlement.portal_urls")),
    path("", include("skuu.portal_urls")),
]
urlpatterns = [
    path("", include("network.urls")),
    path("", include((portal, "portal"))),
    path("track/<str:token>/", tracking, name="tracking"),
    path("track/<str:token>/look.css", tracking_look, name="tracking_look"),
    path("track/<str:token>/<slug:number>.pdf", tracking_return, name="tracking_return"),
    path("track/<str:token>/logo", tracking_logo, name="tracking_logo"),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path("api/docs/", TemplateView.as_view(template_name="api/docs.html"), name="api_docs"),
    path("api/v1/", include("skuu.api_urls")),
    re_path("^api/", NoSuchAddress.as_view(), name="api_absent"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
]
