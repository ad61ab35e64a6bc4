"""The orders stage as a Django app."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "orders"
