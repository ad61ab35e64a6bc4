"""Other names of brands and colours in the back office: proposals to confirm or reject, and a name added by hand after a preview."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from catalog import aliases
from catalog.models import AliasProposal, AliasProposalChange, BrandAlias, ColourAlias
from skuu.kit.admin import ChangesInline, ReadOnlyAdmin
from skuu.kit.errors import SkuuError

MAY_DECIDE = "catalog.change_aliasproposal"


class Deciding:
    """Whoever may change proposals may decide them and add or remove aliases."""

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_DECIDE)


class AliasProposalChangeInline(ChangesInline):
    model = AliasProposalChange


@admin.register(AliasProposal)
class AliasProposalAdmin(Deciding, ReadOnlyAdmin):
    """What verdicts suggest; most evidence first."""

    list_display = ("word", "meaning", "kind", "status", "verdicts", "shops", "example", "seen_at", "decided_by")
    list_filter = ("status", "kind")
    search_fields = ("word", "meaning", "decided_by")
    ordering = ("-verdicts", "pk")
    exclude = ("examples",)
    readonly_fields = ("seen_together",)
    inlines = (AliasProposalChangeInline,)
    actions = ("confirm", "reject")

    @admin.action(description=_("Confirm: read the word as that from now on"), permissions=["decide"])
    def confirm(self, request: HttpRequest, rows: "models.QuerySet[AliasProposal]") -> None:
        _decide_all(
            request,
            rows,
            aliases.confirm_proposal,
            _("Confirmed: %(count)d. Variants that will be read and matched anew: %(changed)d."),
        )

    @admin.action(description=_("Reject: they are not the same"), permissions=["decide"])
    def reject(self, request: HttpRequest, rows: "models.QuerySet[AliasProposal]") -> None:
        _decide_all(
            request,
            rows,
            aliases.reject_proposal,
            _("Rejected: %(count)d. Variants that will be read and matched anew: %(changed)d."),
        )

    @admin.display(description=_("for example"))
    def example(self, row: AliasProposal) -> str:
        return " = ".join(row.examples[0].values()) if row.examples else "–"

    @admin.display(description=_("seen together"))
    def seen_together(self, row: AliasProposal) -> str:
        return "\n".join(f"{one['word']} = {one['meaning']}" for one in row.examples)

    def get_urls(self) -> list[URLPattern]:
        return [path("add-alias/", self.admin_site.admin_view(add_alias), name="alias_add"), *super().get_urls()]


def _decide_all(request: HttpRequest, rows: Any, verb: Any, done: Any) -> None:
    changed = count = 0
    for pk in rows.order_by("pk").values_list("pk", flat=True):
        try:
            changed += verb(pk, by=request.user.get_username())
            count += 1
        except SkuuError as error:
            messages.error(request, error.message)
    messages.success(request, done % {"count": count, "changed": changed})


class AliasAdmin(Deciding, ReadOnlyAdmin):
    """Names in force; removed by an action, added on a page with a preview."""

    kind = ""
    change_list_template = "admin/aliases/change_list.html"
    actions = ("forget",)

    @admin.action(description=_("Remove: the word means itself again"), permissions=["decide"])
    def forget(self, request: HttpRequest, rows: "models.QuerySet[Any]") -> None:
        column = "alias" if self.kind == aliases.BRAND else "word"
        words = list(rows.values_list(column, flat=True))
        changed = sum(aliases.remove_alias(self.kind, word, by=request.user.get_username()) for word in words)
        said = _("Removed: %(count)d. Variants that will be read and matched anew: %(changed)d.")
        messages.success(request, said % {"count": len(words), "changed": changed})

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        facts = {"kind": self.kind, "may_decide": self.has_decide_permission(request)}
        return super().changelist_view(request, {**(extra_context or {}), **facts})


@admin.register(BrandAlias)
class BrandAliasAdmin(AliasAdmin):
    kind = aliases.BRAND
    list_display = ("alias", "brand_key", "by", "at")
    search_fields = ("alias", "brand_key")
    ordering = ("alias",)


@admin.register(ColourAlias)
class ColourAliasAdmin(AliasAdmin):
    kind = aliases.COLOUR
    list_display = ("word", "bases", "by", "at")
    search_fields = ("word",)
    ordering = ("word",)


def add_alias(request: HttpRequest) -> HttpResponse:
    """Add another name by hand: first show what it changes, then, on a second yes, let it hold."""
    if not request.user.has_perm(MAY_DECIDE):
        raise PermissionDenied
    said = {name: request.POST.get(name, request.GET.get(name, "")).strip() for name in ("kind", "word", "meaning")}
    said["kind"] = said["kind"] or aliases.BRAND
    facts: dict[str, Any] = {**admin.site.each_context(request), "title": _("Add another name"), **said}
    facts["bases"] = sorted(aliases.BASES)
    if request.method == "POST":
        try:
            if "confirm" in request.POST:
                changed = aliases.add_alias(**said, by=request.user.get_username())
                done = _(
                    "“%(word)s” is read as “%(meaning)s” from now on. Variants read and matched anew: %(changed)d."
                )
                messages.success(request, done % {**said, "changed": changed})
                model = "brandalias" if said["kind"] == aliases.BRAND else "colouralias"
                return redirect(reverse(f"admin:catalog_{model}_changelist"))
            facts["consequence"] = aliases.preview_alias(**said)
        except SkuuError as error:
            facts["error"] = error.message
    return render(request, "admin/aliases/add.html", facts)
