"""Staff settle a cycle after seeing what it would do."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate
from unfold.admin import ModelAdmin

from settlement.admin_base import OfficeForm, ReadOnly
from settlement.agree import agree_cycle
from settlement.close import close_cycle
from settlement.cycles import kind_ending, last_cycle_end
from settlement.models import AgreedCycle, Cycle
from settlement.models.period import ALL
from settlement.unbilled import noted_waiting
from skuu.kit.errors import SkuuError
from skuu.kit.jobs import enqueue


class ThroughForm(OfficeForm):
    through = forms.DateField(label="Close the books through", widget=forms.DateInput({"type": "date"}))
    kind = forms.ChoiceField(label="Statements of", choices=[*Cycle.KINDS.items()], required=False)


@permission_required("settlement.add_cycle", raise_exception=True)
def settle_now(request: HttpRequest) -> HttpResponse:
    """Show what closing through a day would do; on a second word have a worker do it."""
    end = last_cycle_end(localdate())
    form = ThroughForm(request.POST or {"through": end, "kind": kind_ending(end)})
    closing = refused = None
    if form.is_valid():
        through: dt.date = form.cleaned_data["through"]
        kind = form.cleaned_data["kind"] or ALL
        if request.method == "POST" and "go" in request.POST:
            enqueue(close_by_staff, through.isoformat(), request.user.get_username(), kind)
            messages.success(request, f"The books are being closed through {through}.")
            return redirect("admin:settlement_cycle_changelist")
        try:
            closing = close_cycle(through, by=request.user.get_username(), kind=kind, dry_run=True)
        except SkuuError as error:
            refused = error.message
    facts: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Settle",
        "form": form,
        "closing": closing,
        "waiting": noted_waiting() if closing is not None else [],
        "refused": refused,
        "opts": Cycle._meta,
    }
    return render(request, "admin/settlement/settle.html", facts)


def close_by_staff(through: str, by: str, kind: str = ALL) -> int:
    """Close the books for somebody of the staff; returns how many statements were written. *Again* it closes what is open."""
    return len(close_cycle(dt.date.fromisoformat(through), kind=kind, by=by).statements)


@admin.register(AgreedCycle)
class AgreedCycleAdmin(ReadOnly, ModelAdmin):
    """Who is settled how often; who does not stand here is settled weekly. It counts from the next closing on."""

    list_display = ("merchant", "kind", "by", "agreed_at")
    list_filter = ("kind",)
    search_fields = ("merchant__name", "merchant__legal_name")
    list_select_related = ("merchant",)
    fields = ("merchant", "kind")
    autocomplete_fields = ("merchant",)
    ordering = ("merchant__name",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("settlement.add_agreedcycle"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("settlement.change_agreedcycle"))

    def get_readonly_fields(self, request: HttpRequest, obj: AgreedCycle | None = None) -> tuple[str, ...]:
        return ("merchant",) if obj is not None else ()

    def save_model(self, request: HttpRequest, obj: AgreedCycle, form: Any, change: bool) -> None:
        agree_cycle(obj.merchant, obj.kind, by=request.user.get_username())
