"""Evidence classes, their audits and merchants' reports in the back office: figures to read, and the button that re-opens a class."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from catalog import gates
from catalog.matching.bounds import clean_checks_needed, lower_bound, upper_bound
from catalog.models import Audit, EvidenceClass, EvidenceClassChange, MatchReport, MatchReportChange
from catalog.withdrawing import unproven_links, withdraw_class
from skuu.kit.admin import ChangesInline, ReadOnlyAdmin
from skuu.kit.errors import SkuuError

MAY_REOPEN = "catalog.change_evidenceclass"


class EvidenceClassChangeInline(ChangesInline):
    model = EvidenceClassChange


@admin.register(EvidenceClass)
class EvidenceClassAdmin(ReadOnlyAdmin):
    """What each kind of evidence is worth, as audits measured it."""

    list_display = ("name", "status", "audited", "wrong", "precision", "lower", "upper", "missing", "drawn_on")
    list_filter = ("status",)
    search_fields = ("name",)
    ordering = ("name",)
    fields = readonly_fields = (
        "name", "status", "audited", "wrong", "precision", "lower", "upper", "missing", "checks_a_month", "drawn_on",
        "counted_from",
    )  # fmt: skip
    inlines = (EvidenceClassChangeInline,)
    change_form_template = "admin/gates/evidence_class.html"

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        found = next((one for one in gates.class_figures() if one.name == object_id), None)
        facts: dict[str, Any] = {
            "figures": found,
            "may_reopen": request.user.has_perm(MAY_REOPEN),
            "aim": _percent(gates.AIM),
        }
        if found is not None and found.status == "stopped":
            facts["unproven"] = unproven_links(found.name).count()
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **facts})

    def get_urls(self) -> list[URLPattern]:
        reopen = self.admin_site.admin_view(require_POST(reopen_class))
        withdraw = self.admin_site.admin_view(require_POST(withdraw_links))
        return [
            path("<str:name>/reopen/", reopen, name="evidence_class_reopen"),
            path("<str:name>/withdraw/", withdraw, name="evidence_class_withdraw"),
            *super().get_urls(),
        ]

    @admin.display(description=_("wrong"))
    def wrong(self, row: EvidenceClass) -> int:
        return row.audited - row.audited_right

    @admin.display(description=_("precision"))
    def precision(self, row: EvidenceClass) -> str:
        return _percent(row.audited_right / row.audited) if row.audited else "–"

    @admin.display(description=_("lower 95 % bound"))
    def lower(self, row: EvidenceClass) -> str:
        return _percent(lower_bound(row.audited_right, row.audited)) if row.audited else "–"

    @admin.display(description=_("upper 95 % bound"))
    def upper(self, row: EvidenceClass) -> str:
        return _percent(upper_bound(row.audited_right, row.audited)) if row.audited else "–"

    @admin.display(description=_("clean checks missing"))
    def missing(self, row: EvidenceClass) -> int:
        return clean_checks_needed(row.audited_right, row.audited, gates.AIM)


def reopen_class(request: HttpRequest, name: str) -> HttpResponse:
    """Let a stopped class link by itself again, with the reason that was given."""
    if not request.user.has_perm(MAY_REOPEN):
        raise PermissionDenied
    try:
        gates.reopen_class(name, reason=request.POST.get("reason", ""), by=request.user.get_username())
    except SkuuError as error:
        messages.error(request, error.message)
    else:
        said = _("“%(name)s” links by itself again, on probation; its checks are counted from now.")
        messages.success(request, said % {"name": name})
    return redirect(reverse("admin:catalog_evidenceclass_changelist"))


def withdraw_links(request: HttpRequest, name: str) -> HttpResponse:
    """Have a stopped class's unproven links taken back."""
    if not request.user.has_perm(MAY_REOPEN):
        raise PermissionDenied
    try:
        count = withdraw_class(name, by=request.user.get_username())
    except SkuuError as error:
        messages.error(request, error.message)
    else:
        said = ngettext(
            "%(count)d link of “%(name)s” will be taken back; it becomes a question for a person.",
            "%(count)d links of “%(name)s” will be taken back; each becomes a question for a person.",
            count,
        )
        messages.success(request, said % {"count": count, "name": name})
    return redirect(reverse("admin:catalog_evidenceclass_changelist"))


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


@admin.register(Audit)
class AuditAdmin(ReadOnlyAdmin):
    list_display = ("match", "evidence_class", "drawn_at", "answered_at", "right", "by", "desk")
    list_filter = ("evidence_class", "right")
    search_fields = ("match__variant__sku", "match__variant__product__title", "by", "seed")
    list_select_related = ("match", "evidence_class", "card")
    ordering = ("-pk",)

    @admin.display(description=_("card"))
    def desk(self, audit: Audit) -> SafeString | str:
        return _to_desk(audit.card_id)


class MatchReportChangeInline(ChangesInline):
    model = MatchReportChange


@admin.register(MatchReport)
class MatchReportAdmin(ReadOnlyAdmin):
    list_display = ("match", "shop", "status", "reason_words", "created_at", "decided_at", "decided_by", "desk")
    list_filter = ("status", "reason", "shop")
    search_fields = ("match__variant__sku", "match__variant__product__title", "shop__name", "decided_by")
    list_select_related = ("match", "shop")
    ordering = ("-pk",)
    exclude = ("words",)
    readonly_fields = ("said",)
    inlines = (MatchReportChangeInline,)

    @admin.display(description=_("card"))
    def desk(self, report: MatchReport) -> SafeString | str:
        return _to_desk(report.card_id)

    @admin.display(description=_("said"))
    def said(self, report: MatchReport) -> str:
        return "\n".join(f"{one['at'][:16]} {one['by']}: {one['reason']}. {one['note']}" for one in report.words)


def _to_desk(card_id: int | None) -> SafeString | str:
    if card_id is None:
        return "–"
    return format_html('<a href="{}">{}</a>', reverse("admin:review_card", args=[card_id]), _("Open at the desk"))
