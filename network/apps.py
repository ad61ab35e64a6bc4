"""The network stage as a Django app."""

from django.apps import AppConfig


class NetworkConfig(AppConfig):
    name = "network"

    def ready(self) -> None:
        """Find every stage's handlers, as Django finds every admin."""
        from django.utils.module_loading import autodiscover_modules

        autodiscover_modules("handlers")
