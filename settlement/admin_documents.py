"""Documents, evidence, seals, terms and the report about sellers in the back office."""

from collections import Counter
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.timezone import localdate
from unfold.admin import ModelAdmin

from settlement.admin_base import OfficeForm, ReadOnly
from settlement.admin_pay import ask
from settlement.dac7 import seller_report, seller_report_csv
from settlement.hand_in import read_paper
from settlement.models import Document, Evidence, NumberSeries, PayTerms, Seal, SellerReport, StoredFile
from settlement.portal_money import download
from settlement.report_sellers import due_on, report_sellers
from settlement.tasks import issue_last_month
from skuu.kit.errors import SkuuError
from skuu.kit.jobs import enqueue
from skuu.kit.money import Money


@admin.register(Document)
class DocumentAdmin(ReadOnly, ModelAdmin):
    list_display = ("number", "kind", "seller", "buyer", "month", "shown_gross", "shown_trueup", "files_of", "step")
    list_filter = ("kind", "month", "currency")
    search_fields = ("number", "seller__name", "buyer__name")
    list_select_related = ("seller", "buyer")
    ordering = ("-pk",)
    exclude = ("net", "vat", "gross", "trueup", "facts")
    readonly_fields = ("shown_net", "shown_vat", "shown_gross", "shown_trueup", "files_of")

    @admin.display(description="Total", ordering="gross")
    def shown_gross(self, row: Document) -> str:
        return Money(row.gross, row.currency).format()

    @admin.display(description="Net")
    def shown_net(self, row: Document) -> str:
        return Money(row.net, row.currency).format()

    @admin.display(description="VAT")
    def shown_vat(self, row: Document) -> str:
        return Money(row.vat, row.currency).format()

    @admin.display(description="VAT trued up", ordering="trueup")
    def shown_trueup(self, row: Document) -> str:
        return Money(row.trueup, row.currency).format()

    @admin.display(description="Files")
    def files_of(self, row: Document) -> str:
        links = [reverse("admin:settlement_document_file", args=[row.pk, kind]) for kind in ("pdf", "cii", "ubl")]
        return format_html('<a href="{}">PDF</a> <a href="{}">CII</a> <a href="{}">UBL</a>', *links)

    @admin.display(description="Its supplier")
    def step(self, row: Document) -> str:
        """Lead to where staff note what its supplier objected otherwise than in the portal."""
        if row.object_until is None:
            return "–"
        address = reverse("admin:settlement_objection_note", args=[row.pk])
        return format_html('<a href="{}">note an objection</a>', address)

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/<slug:kind>.file", wrap(self.file), name="settlement_document_file"),
            path("issue/", wrap(self.issue), name="settlement_issue"),
            path("sellers/", wrap(sellers), name="settlement_sellers"),
            path("sellers/<int:pk>.xml", wrap(sellers_file), name="settlement_sellers_file"),
            *super().get_urls(),
        ]

    def file(self, request: HttpRequest, pk: int, kind: str) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = get_object_or_404(StoredFile.everyone.select_related("document"), document=pk, kind=kind)
        answer = HttpResponse(bytes(row.content), content_type="application/octet-stream")
        suffix = "pdf" if kind == "pdf" else f"{kind}.xml"
        name = row.document.number if row.document else ""
        answer["Content-Disposition"] = f'attachment; filename="{name}.{suffix}"'
        return answer

    def issue(self, request: HttpRequest) -> HttpResponse:
        """Have a worker issue the last month's documents; rules are executed there, not in a web process."""
        if request.method == "POST" and self.has_write_permission(request):
            enqueue(issue_last_month)
            messages.success(request, "The last month's documents are being written.")
        return redirect("admin:settlement_document_changelist")


@admin.register(Evidence)
class EvidenceAdmin(ReadOnly, ModelAdmin):
    """What stands behind the VAT of each sale: registrations as they were, parcels, deliveries, papers handed in."""

    list_display = ("internal_order", "kind", "issuer", "is_independent", "at", "noted_at", "paper")
    list_filter = ("kind", "is_independent", "issuer", "at")
    search_fields = ("internal_order__number", "issuer")
    list_select_related = ("internal_order",)
    ordering = ("-pk",)

    @admin.display(description="Paper")
    def paper(self, row: Evidence) -> str:
        if row.kind not in Evidence.HANDED_IN:
            return "–"
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:settlement_paper_file", args=[row.pk]), row.facts["name"]
        )

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(paper_file)
        return [path("<int:pk>/paper/", view, name="settlement_paper_file"), *super().get_urls()]


@permission_required("settlement.view_evidence", raise_exception=True)
def paper_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand out a paper that proves a transport; always as a download, never shown inside our pages."""
    row = get_object_or_404(Evidence.everyone, pk=pk, kind__in=Evidence.HANDED_IN)
    return download(read_paper(row), row.facts["name"], row.facts["type"])


@admin.register(SellerReport)
class SellerReportAdmin(ReadOnly, ModelAdmin):
    """Reports about sellers as they left; they are written on the page about sellers."""

    list_display = ("reference", "year", "kind", "records", "made_at", "made_by", "file")
    list_filter = ("year", "kind")
    search_fields = ("reference", "made_by")
    ordering = ("-pk",)
    exclude = ("content",)

    @admin.display(description="Records")
    def records(self, row: SellerReport) -> str:
        counted = Counter(one["type"] for one in row.told)
        return ", ".join(f"{number} {kind}" for kind, number in sorted(counted.items()))

    @admin.display(description="File")
    def file(self, row: SellerReport) -> str:
        return format_html('<a href="{}">XML</a>', reverse("admin:settlement_sellers_file", args=[row.pk]))


@admin.register(Seal)
class SealAdmin(ReadOnly, ModelAdmin):
    list_display = ("pk", "last_entry", "entries", "digest", "sealed_at")
    list_filter = ("sealed_at",)
    search_fields = ("digest",)
    ordering = ("-pk",)


@admin.register(NumberSeries)
class NumberSeriesAdmin(ReadOnly, ModelAdmin):
    list_display = ("prefix", "supplier", "last")
    list_filter = ("supplier",)
    search_fields = ("prefix", "supplier__name")


@admin.register(PayTerms)
class PayTermsAdmin(ModelAdmin):
    """How many days after delivery a sale is payable, by pair; what is released already is not touched."""

    list_display = ("__str__", "origin", "shipper", "release_days", "by", "set_at")
    list_filter = ("release_days",)
    search_fields = ("origin__name", "shipper__name")
    exclude = ("by", "set_at")

    def save_model(self, request: HttpRequest, obj: PayTerms, form: Any, change: bool) -> None:
        obj.by = request.user.get_username()
        super().save_model(request, obj, form, change)


class YearForm(OfficeForm):
    year = forms.IntegerField(min_value=2023, max_value=2100)


@permission_required("settlement.view_document", raise_exception=True)
def sellers(request: HttpRequest) -> HttpResponse:
    """Show, or download, what DAC7 asks of a platform about its sellers in a year; write its report, or what corrects it."""
    today = localdate()
    form = YearForm(request.GET) if request.GET.get("year") else YearForm()
    year = form.cleaned_data["year"] if form.is_bound and form.is_valid() else today.year - 1
    if "csv" in request.GET:
        answer = HttpResponse(seller_report_csv(year), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="sellers-{year}.csv"'
        return answer
    refused = None
    may_write = request.user.has_perm("settlement.add_sellerreport")
    if request.method == "POST":
        if not may_write:
            raise PermissionDenied
        try:
            written = report_sellers(year, by=request.user.get_username())
            messages.success(request, f"Written: {', '.join(row.reference for row in written)}. Take it and send it.")
            return redirect(f"{request.path}?year={year}")
        except SkuuError as error:
            refused = error.message
    rows = seller_report(year)
    reports = list(SellerReport.objects.filter(year=year).defer("content").order_by("pk"))
    facts = {
        **admin.site.each_context(request),
        "refused": refused,
        "title": f"Sellers in {year} (DAC7)",
        "rows": rows,
        "reports": reports,
        "due_on": due_on(year),
        "is_late": not reports and today > due_on(year),
        "is_over": today.year > year,
        "may_write": may_write,
        "year": year,
        "opts": Document._meta,
    }
    return render(request, "admin/settlement/sellers.html", facts, status=422 if refused else 200)


@permission_required("settlement.view_document", raise_exception=True)
def sellers_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand out a report about sellers as it was written."""
    row = get_object_or_404(SellerReport, pk=pk)
    answer = HttpResponse(bytes(row.content), content_type="application/xml")
    answer["Content-Disposition"] = f'attachment; filename="{row.reference}.xml"'
    return answer


__all__ = ["ask", "sellers"]
