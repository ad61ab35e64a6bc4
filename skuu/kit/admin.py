"""What every stage's back-office pages share: tables staff may search and read, which only verbs may write."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django_q.models import Failure, OrmQ, Schedule, Success
from unfold.admin import ModelAdmin, TabularInline

from skuu.kit.models import Bell, Heartbeat, IdempotencyKey, RequestCount


class ReadOnly:
    """No adding, changing or deleting by hand: the verbs of the stage write these rows."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(ReadOnly, ModelAdmin):
    """A table to search and read; tenant rows of every merchant, because staff act for the network."""

    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> "models.QuerySet[Any]":
        rows: models.QuerySet[Any] = getattr(self.model, "everyone", self.model._default_manager).get_queryset()
        ordering = self.get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows


class ReadOnlyInline(ReadOnly, TabularInline):
    """Rows of a row, to read."""

    extra = 0
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> "models.QuerySet[Any]":
        rows: models.QuerySet[Any] = getattr(self.model, "everyone", self.model._default_manager).get_queryset()
        return rows


class ChangesInline(ReadOnlyInline):
    """The steps a status took; a subclass names the model."""

    fields = ("at", "from_status", "to_status", "by", "reason")
    readonly_fields = fields
    ordering = ("-at",)
    verbose_name_plural = "history"


# The queue's own pages would run any dotted path as code; the timetable lives in skuu/schedule.py instead.
for _model in (Schedule, Success, Failure, OrmQ):
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)


@admin.register(Bell)
class BellAdmin(ReadOnlyAdmin):
    list_display = ("name", "pressed_at", "answered_at")
    search_fields = ("name",)
    ordering = ("name",)


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    list_display = ("name", "at")
    search_fields = ("name",)


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(ReadOnlyAdmin):
    """Answers kept for repeats; what they say is the caller's alone."""

    list_display = ("scope", "key", "status", "created_at")
    list_filter = ("status",)
    search_fields = ("scope", "key")
    ordering = ("-pk",)
    exclude = ("body", "digest")


@admin.register(RequestCount)
class RequestCountAdmin(ReadOnlyAdmin):
    list_display = ("name", "count", "span")
    search_fields = ("name",)
    ordering = ("name",)
