"""Staff settle a cycle after seeing what it would do."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate

from settlement.admin_base import OfficeForm
from settlement.close import close_cycle
from settlement.cycles import last_cycle_end
from settlement.models import Cycle
from skuu.kit.errors import SkuuError
from skuu.kit.jobs import enqueue


class ThroughForm(OfficeForm):
    through = forms.DateField(label="Close the books through", widget=forms.DateInput({"type": "date"}))


@permission_required("settlement.add_cycle", raise_exception=True)
def settle_now(request: HttpRequest) -> HttpResponse:
    """Show what closing through a day would do; on a second word have a worker do it."""
    form = ThroughForm(request.POST or {"through": last_cycle_end(localdate())})
    closing = refused = None
    if form.is_valid():
        through: dt.date = form.cleaned_data["through"]
        if request.method == "POST" and "go" in request.POST:
            enqueue(close_by_staff, through.isoformat(), request.user.get_username())
            messages.success(request, f"The books are being closed through {through}.")
            return redirect("admin:settlement_cycle_changelist")
        try:
            closing = close_cycle(through, by=request.user.get_username(), dry_run=True)
        except SkuuError as error:
            refused = error.message
    facts: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Settle",
        "form": form,
        "closing": closing,
        "refused": refused,
        "opts": Cycle._meta,
    }
    return render(request, "admin/settlement/settle.html", facts)


def close_by_staff(through: str, by: str) -> int:
    """Close the books for somebody of the staff; returns how many statements were written. *Again* it closes what is open."""
    return len(close_cycle(dt.date.fromisoformat(through), by=by).statements)
