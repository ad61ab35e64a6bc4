"""The settlement stage as a Django app."""

from django.apps import AppConfig


class SettlementConfig(AppConfig):
    name = "settlement"
