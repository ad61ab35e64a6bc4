"""The network stage's routes for stores and their owners' browsers; the portal's are in portal_urls.py."""

from django.urls import path

from network import install, webhooks

urlpatterns = [
    path("webhooks/shopify/", webhooks.shopify_webhook, name="shopify_webhook"),
    path("connect/shopify/start/", install.start, name="connect_shopify_start"),
    path("connect/shopify/callback/", install.callback, name="connect_shopify_callback"),
]
