"""The back office's pages on merchants, shops and what they told us."""

import json
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action

from network import connect, receive, stops, vat_ids
from network.give_away import set_usual_limit
from network.models import (
    ApiKey,
    DailyRate,
    GiveAwayLimit,
    InboundEvent,
    Location,
    Membership,
    Merchant,
    Notice,
    OperationCost,
    RateCard,
    SendingTerms,
    Shop,
    ShopChange,
    Stop,
    StoreBudget,
    SyncRun,
    TaxRegistration,
    User,
    VatCheck,
)
from skuu.kit.admin import ChangesInline, ReadOnlyAdmin, ReadOnlyInline
from skuu.kit.crypto import Unreadable
from skuu.kit.errors import SkuuError

PERSONAL = {
    "email", "phone", "first_name", "last_name", "name", "address1", "address2", "zip", "city", "company", "customer",
    "latitude", "longitude", "browser_ip", "client_details", "contact_email", "note",
}  # fmt: skip


class MembershipInline(TabularInline):
    model = Membership
    extra = 0


class TaxRegistrationInline(TabularInline):
    model = TaxRegistration
    extra = 0


class ShopInline(ReadOnlyInline):
    model = Shop
    fields = readonly_fields = ("name", "domain", "status", "country", "currency")


@admin.register(User)
class UserAdmin(ModelAdmin):
    list_display = ("username", "email", "is_staff", "is_active", "last_login")
    list_filter = ("is_staff", "is_active")
    search_fields = ("username", "email")
    fields = ("username", "email", "first_name", "last_name", "is_active", "is_staff", "is_superuser", "groups")
    readonly_fields = ("last_login",)


@admin.register(Merchant)
class MerchantAdmin(ModelAdmin):
    list_display = ("name", "legal_name", "kind", "country", "currency", "oss", "created_at")
    list_filter = ("kind", "country", "oss")
    search_fields = ("name", "legal_name", "email")
    inlines = (ShopInline, MembershipInline, TaxRegistrationInline)


@admin.register(Membership)
class MembershipAdmin(ModelAdmin):
    list_display = ("user", "merchant", "role")
    list_filter = ("role",)
    search_fields = ("user__username", "merchant__name")
    autocomplete_fields = ("user", "merchant")


@admin.register(TaxRegistration)
class TaxRegistrationAdmin(ModelAdmin):
    list_display = ("vat_id", "merchant", "country", "valid_from", "valid_to", "last_answer")
    list_filter = ("country",)
    search_fields = ("vat_id", "merchant__name")
    autocomplete_fields = ("merchant",)
    list_select_related = ("merchant",)
    actions = ("ask_register",)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[TaxRegistration]":
        return super().get_queryset(request).prefetch_related("checks")

    @admin.display(description="what its register said last")
    def last_answer(self, row: TaxRegistration) -> str:
        checks = sorted(row.checks.all(), key=lambda one: (one.asked_at, one.pk))
        return f"{checks[-1].get_answer_display()}, {checks[-1].asked_at:%d.%m.%Y}" if checks else "Never asked"

    @action(description="Ask the register about these numbers", permissions=["change"])
    def ask_register(self, request: HttpRequest, rows: "QuerySet[TaxRegistration]") -> None:
        if rows.count() > 10:
            self.message_user(request, "Ten at a time; the others are asked about by the daily run.", messages.WARNING)
        for row in rows[:10]:
            found = vat_ids.check_registration(row, by=str(request.user))
            level = messages.SUCCESS if found.answer == vat_ids.VALID else messages.WARNING
            self.message_user(request, f"{row.vat_id}: {found.get_answer_display()}. {found.reason}".strip(), level)


@admin.register(VatCheck)
class VatCheckAdmin(ReadOnlyAdmin):
    list_display = ("vat_id", "registration", "answer", "consultation", "source", "reason", "asked_at", "asked_by")
    list_filter = ("answer", "source", "asked_at")
    search_fields = ("vat_id", "registration__merchant__name", "consultation")
    list_select_related = ("registration",)
    ordering = ("-pk",)


class ShopChangeInline(ChangesInline):
    model = ShopChange


@admin.register(Shop)
class ShopAdmin(ReadOnlyAdmin):
    list_display = ("name", "merchant", "domain", "platform", "status", "country", "currency", "unmet", "installed_at")
    list_filter = ("status", "platform", "country")
    search_fields = ("name", "domain", "merchant__name")
    list_select_related = ("merchant",)
    inlines = (ShopChangeInline,)
    actions = ("check_again", "pause", "resume", "halt_shop", "halt_offer")

    @admin.display(description="unmet")
    def unmet(self, shop: Shop) -> str:
        return ", ".join(row.get("title", row.get("key", "")) for row in shop.checklist if not row.get("ok")) or "–"

    @action(description="Check the requirements again")
    def check_again(self, request: HttpRequest, rows: "QuerySet[Shop]") -> None:
        self._each(request, rows, lambda shop: connect.check_shop(shop), "checked")

    @action(description="Pause: shelf to zero, open orders go on")
    def pause(self, request: HttpRequest, rows: "QuerySet[Shop]") -> None:
        self._each(request, rows, lambda shop: connect.pause_shop(shop, by=str(request.user)), "paused")

    @action(description="Resume")
    def resume(self, request: HttpRequest, rows: "QuerySet[Shop]") -> None:
        self._each(request, rows, lambda shop: connect.resume_shop(shop, by=str(request.user)), "resumed")

    @action(description="Halt: messages wait, nothing is written to the store", permissions=["halt"])
    def halt_shop(self, request: HttpRequest, rows: "QuerySet[Shop]") -> None:
        why = "Halted from the list of shops; say more on the operations page."
        self._each(
            request, rows, lambda shop: stops.halt("shop", shop=shop, by=str(request.user), reason=why), "halted"
        )

    @action(description="Halt the offer: its stock stands on nobody’s shelf", permissions=["halt"])
    def halt_offer(self, request: HttpRequest, rows: "QuerySet[Shop]") -> None:
        why = "Halted from the list of shops; say more on the operations page."
        halt = partial(stops.halt, "partner", by=str(request.user), reason=why)
        self._each(request, rows, lambda shop: halt(shop=shop), "is offered no more")

    def has_halt_permission(self, request: HttpRequest) -> bool:
        """Say who may halt: who may enter a stop."""
        return bool(request.user.has_perm("network.add_stop"))

    def _each(self, request: HttpRequest, rows: "QuerySet[Shop]", verb: Any, done: str) -> None:
        for shop in rows:
            try:
                verb(shop)
            except SkuuError as error:
                self.message_user(request, f"{shop}: {error.message}", messages.ERROR)
            else:
                self.message_user(request, f"{shop} {done}.", messages.SUCCESS)


@admin.register(Location)
class LocationAdmin(ReadOnlyAdmin):
    list_display = ("name", "shop", "city", "country", "is_active", "shares")
    list_filter = ("is_active", "shares", "country")
    search_fields = ("name", "shop__name", "city")
    list_select_related = ("shop",)


@admin.register(RateCard)
class RateCardAdmin(ModelAdmin):
    """A change of terms is a new version; what was agreed before stays as it was.

    New ones come from the desk that reckons them on past sales, and from a second person who agrees; nobody writes one here.
    """

    list_display = (
        "origin_kind", "shipper_kind", "version", "origin_bp", "network_bp", "network_fixed_minor", "network_min_minor",
        "network_max_minor", "currency", "starts_on", "ends_on",
    )  # fmt: skip
    list_filter = ("origin_kind", "shipper_kind")
    search_fields = ("origin_kind", "shipper_kind")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(InboundEvent)
class InboundEventAdmin(ReadOnlyAdmin):
    list_display = ("received_at", "shop", "topic", "status", "tries", "repeats", "seen_before", "short_error")
    list_filter = ("status", "topic", "seen_before", "shop")
    search_fields = ("webhook_id", "event_id", "topic", "shop__domain", "error")
    list_select_related = ("shop",)
    ordering = ("-pk",)
    exclude = ("body",)
    readonly_fields = ("payload",)
    actions = ("replay",)

    @admin.display(description="error")
    def short_error(self, event: InboundEvent) -> str:
        return event.error[:80]

    @admin.display(description="what it said (personal data masked)")
    def payload(self, event: InboundEvent) -> str:
        try:
            return json.dumps(mask(json.loads(event.body)), indent=2, ensure_ascii=False)[:20_000]
        except (ValueError, RecursionError):
            return event.body[:500]
        except Unreadable as error:
            return error.message

    @action(description="Handle again")
    def replay(self, request: HttpRequest, rows: "QuerySet[InboundEvent]") -> None:
        ids = list(rows.values_list("pk", flat=True))
        count = receive.replay_events(ids, by=str(request.user))
        self.message_user(request, f"{count} events will be handled again.", messages.SUCCESS)
        if erased := len(ids) - count:
            self.message_user(request, f"The text of {erased} was erased; read their shops again.", messages.WARNING)


def mask(value: Any) -> Any:
    """Copy a payload with personal values replaced, so that staff see its shape and not the customer."""
    if isinstance(value, dict):
        return {key: "•••" if key in PERSONAL and inner else mask(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [mask(inner) for inner in value]
    return value


@admin.register(SyncRun)
class SyncRunAdmin(ReadOnlyAdmin):
    list_display = ("started_at", "shop", "kind", "status", "counts", "finished_at", "error")
    list_filter = ("status", "kind", "shop")
    search_fields = ("shop__name", "error")
    list_select_related = ("shop",)
    ordering = ("-pk",)


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "shop", "kind", "subject", "mailed_at", "done_at")
    list_filter = ("kind", "shop")
    search_fields = ("subject", "body", "key")
    list_select_related = ("shop",)
    ordering = ("-pk",)


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    list_display = ("name", "prefix", "shop", "created_at", "last_used_at", "revoked_at")
    list_filter = ("shop",)
    search_fields = ("name", "prefix", "shop__name")
    list_select_related = ("shop",)
    exclude = ("digest",)


@admin.register(Stop)
class StopAdmin(ReadOnlyAdmin):
    list_display = ("began_at", "kind", "shop", "topic", "reason", "by", "ended_at", "ended_by")
    list_filter = ("kind", ("ended_at", admin.EmptyFieldListFilter))
    search_fields = ("shop__name", "topic", "reason", "by")
    list_select_related = ("shop",)
    ordering = ("-pk",)
    actions = ("lift",)

    @action(description="Lift: go on where it stopped", permissions=["lift"])
    def lift(self, request: HttpRequest, rows: "QuerySet[Stop]") -> None:
        for stop in rows:
            stops.lift(stop, by=str(request.user))
        self.message_user(request, f"{len(rows)} lifted.", messages.SUCCESS)

    def has_lift_permission(self, request: HttpRequest) -> bool:
        """Say who may lift: who may change a stop."""
        return bool(request.user.has_perm("network.change_stop"))


@admin.register(StoreBudget)
class StoreBudgetAdmin(ReadOnlyAdmin):
    list_display = ("shop", "available", "maximum", "rate", "at", "blocked_until", "throttled", "throttled_at")
    search_fields = ("shop__name",)
    list_select_related = ("shop",)
    ordering = ("-throttled", "pk")


@admin.register(OperationCost)
class OperationCostAdmin(ReadOnlyAdmin):
    list_display = ("operation", "asked", "actual", "at")
    search_fields = ("operation",)
    ordering = ("operation",)


@admin.register(SendingTerms)
class SendingTermsAdmin(ReadOnlyAdmin):
    """How shops send, version by version; a shop's people write them in the portal."""

    list_display = ("shop", "version", "cutoff_hour", "handling_days", "capacity", "made_at", "made_by")
    list_filter = ("shop",)
    search_fields = ("shop__name", "made_by")
    list_select_related = ("shop",)
    ordering = ("-pk",)


@admin.register(GiveAwayLimit)
class GiveAwayLimitAdmin(ReadOnlyAdmin):
    """After how many working days late parcels go to somebody else, for shops that say nothing; a new word is a new row."""

    list_display = ("days", "made_at", "made_by")
    fields = ("days",)
    ordering = ("-pk",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("network.add_giveawaylimit"))

    def save_model(self, request: HttpRequest, obj: GiveAwayLimit, form: Any, change: bool) -> None:
        obj.pk = set_usual_limit(obj.days, by=request.user.get_username()).pk


@admin.register(DailyRate)
class DailyRateAdmin(ReadOnlyAdmin):
    """Reference rates by day; the newest holds until the next."""

    list_display = ("on", "currency", "rate")
    list_filter = ("currency",)
    ordering = ("-on", "currency")
