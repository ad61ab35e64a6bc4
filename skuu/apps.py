"""The project package and its back office as Django apps."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class SkuuConfig(AppConfig):
    name = "skuu"


class BackOfficeConfig(AdminConfig):
    """Django's admin with our own site as the default one."""

    default_site = "skuu.backoffice.BackOffice"
