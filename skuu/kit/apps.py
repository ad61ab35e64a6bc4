"""The kit as a Django app, for its two tables."""

from django.apps import AppConfig


class KitConfig(AppConfig):
    name = "skuu.kit"
    label = "kit"
