"""The merchant's pages about its own say: rules with their preview and warnings, the policy of each shop, and the book of both."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from catalog.forms import PolicyForm, RuleForm
from catalog.models import Match, Rule, RuleBook
from catalog.preview import preview_rule
from catalog.rules import (
    add_rule,
    change_policy,
    change_rule,
    idle_rules,
    move_rule,
    remove_rule,
    restore_page,
    restore_rule,
    warn_of,
)
from catalog.say_rules import names_of, say_rule
from network.acting import MerchantRequest, merchant_page
from network.models import Shop
from network.paging import page_after
from network.scoping import as_network
from skuu.kit.errors import NotFound, SkuuError


@merchant_page()
def rules(request: MerchantRequest) -> HttpResponseBase:
    """List the rules of a shop with its policy; a form adds a rule."""
    shop = _shop_of(request)
    if shop is None:
        return render(request, "portal/catalog/rules.html", {"section": "rules", "shop": None})
    if request.method == "POST":
        form = _form(request.POST, shop)
        if form.is_valid():
            try:
                with as_network():
                    add_rule(shop, form.draft(), by=request.acting.by)
            except SkuuError as error:
                _tell(form, error)
            else:
                messages.success(request, _("The rule stands; the shelves follow within seconds."))
                return _back(shop)
        return _page(request, shop, form=form, status=422)
    return _page(request, shop)


@merchant_page()
def rule(request: MerchantRequest, pk: int) -> HttpResponseBase:
    """Change a rule: what is saved is a new version in its place."""
    row = _rule_of(request, pk, standing=True)
    form = RuleForm.of(row, shop=row.shop, partners=_partners(row.shop))
    if request.method == "POST":
        form = _form(request.POST, row.shop)
        if form.is_valid():
            try:
                with as_network():
                    change_rule(row, form.draft(), by=request.acting.by)
            except SkuuError as error:
                _tell(form, error)
            else:
                messages.success(request, _("A new version of the rule stands; the shelves follow within seconds."))
                return _back(row.shop)
    with as_network():
        said = say_rule(row, names_of(row.shop, [row]))
    facts = {"section": "rules", "shop": row.shop, "rule": row, "said": said, "form": form}
    return render(request, "portal/catalog/rule.html", facts, status=422 if form.errors else 200)


@require_POST
@merchant_page()
def rule_remove(request: MerchantRequest, pk: int) -> HttpResponseBase:
    """Let a rule end; the same address with ``undo`` puts it back."""
    row, by = _rule_of(request, pk), request.acting.by
    undo = "undo" in request.POST
    with as_network():
        restore_rule(row, by=by) if undo else remove_rule(row, by=by)
    if undo:
        messages.success(request, _("The rule stands again."))
        return _back(row.shop)
    messages.success(request, _("The rule is gone; the shelves follow within seconds."))
    return redirect(f"{reverse('portal:rules')}?shop={row.shop_id}&undo={row.pk}")


@require_POST
@merchant_page()
def rule_move(request: MerchantRequest, pk: int) -> HttpResponseBase:
    """Move a rule up or down: of caps, floors and buffers the first that fits decides."""
    row = _rule_of(request, pk)
    with as_network():
        move_rule(row, up="up" in request.POST, by=request.acting.by)
    return _back(row.shop)


@require_GET
@merchant_page()
def rule_fields(request: MerchantRequest) -> HttpResponseBase:
    """Answer the fields of a rule for the effect just chosen, what it would change, and what it would make unreachable."""
    shop = _shop_of(request)
    if shop is None:
        raise NotFound("There is no such shop.")
    given = request.GET.get("rule", "")
    instead_of = _rule_of(request, int(given), standing=True) if given.isdecimal() and len(given) < 19 else None
    form = _form(request.GET, shop)
    facts: dict[str, Any] = {"shop": shop, "form": form, "preview": None, "warnings": []}
    if form.is_valid():
        try:
            with as_network():
                facts["warnings"] = warn_of(shop, form.draft(), instead_of=instead_of)
                facts["preview"] = preview_rule(shop, form.draft(), instead_of=instead_of)
        except SkuuError:  # a half-filled form is no mistake yet
            pass
    facts["form"] = RuleForm(initial=request.GET.dict(), shop=shop, partners=_partners(shop))
    return render(request, "portal/catalog/_rule_fields.html", facts)


@require_POST
@merchant_page()
def policy(request: MerchantRequest, pk: int) -> HttpResponseBase:
    """Change how a shop takes part."""
    shop = request.acting.shop(pk)
    form = PolicyForm(request.POST)
    if not form.is_valid():
        return _page(request, shop, policy=form, status=422)
    with as_network():
        change_policy(shop, form.changes(), by=request.acting.by)
    messages.success(request, _("Saved; the shelves follow within seconds. Orders already placed keep their terms."))
    return _back(shop)


@merchant_page()
def rule_book(request: MerchantRequest) -> HttpResponseBase:
    """List every state of a shop's rules and policy, with who made it and when."""
    shop = _shop_of(request)
    mine = RuleBook.objects.for_merchant(request.acting.merchant)
    page = (
        page_after(mine.filter(shop=shop), request.GET.get("after"), of=mine, by="number", newest_first=True, size=40)
        if shop
        else None
    )
    return render(request, "portal/catalog/rule_book.html", {"section": "rules", "shop": shop, "page": page})


@require_POST
@merchant_page()
def rule_book_restore(request: MerchantRequest, pk: int) -> HttpResponseBase:
    """Let the rules and the policy stand as an older page says."""
    page = RuleBook.objects.for_merchant(request.acting.merchant).select_related("shop").filter(pk=pk).first()
    if page is None:
        raise NotFound("There is no such version.")
    with as_network():
        restore_page(page, by=request.acting.by)
    messages.success(request, _("Rules and policy stand as in version %(number)s again.") % {"number": page.number})
    return _back(page.shop)


# --- parts ------------------------------------------------------------------------------------------------------------
def _back(shop: Shop) -> HttpResponseBase:
    return redirect(f"{reverse('portal:rules')}?shop={shop.pk}")


def _shop_of(request: MerchantRequest) -> Shop | None:
    chosen = request.POST.get("shop") or request.GET.get("shop")
    if chosen:
        return request.acting.shop(chosen)
    return request.acting.shops[0] if request.acting.shops else None


def _rule_of(request: MerchantRequest, pk: int, *, standing: bool = False) -> Rule:
    rows = Rule.objects.for_merchant(request.acting.merchant).select_related("shop").filter(pk=pk)
    found = rows.filter(removed_at=None).first() if standing else rows.first()
    if found is None:
        raise NotFound("There is no such rule.")
    return found


def _form(data: Any, shop: Shop) -> RuleForm:
    return RuleForm(data, shop=shop, partners=_partners(shop))


def _tell(form: RuleForm, error: SkuuError) -> None:
    """Say a verb's refusal beside the field it speaks of."""
    field = str(error.extra.get("field", "")).removesuffix("_id")
    form.add_error(field if field in form.fields else None, error.message)


def _page(
    request: MerchantRequest,
    shop: Shop,
    *,
    form: RuleForm | None = None,
    policy: PolicyForm | None = None,
    status: int = 200,
) -> HttpResponseBase:
    rows = list(Rule.objects.for_shop(shop).filter(removed_at=None).select_related("shop").order_by("position", "pk"))
    with as_network():
        names = names_of(shop, rows)
        idle = {one.rule.id: one.text for one in idle_rules(shop)}
    undo = request.GET.get("undo", "")
    undone = int(undo) if undo.isdecimal() and len(undo) < 19 else 0
    facts = {
        "section": "rules",
        "shop": shop,
        "rules": [(row, say_rule(row, names), idle.get(row.pk, "")) for row in rows],
        "form": form or RuleForm(initial={"effect": "exclude"}, shop=shop, partners=_partners(shop)),
        "policy": policy or PolicyForm.of(shop),
        "removed": Rule.objects.for_shop(shop).filter(pk=undone, removed_at__isnull=False).first(),
        "version": RuleBook.objects.for_shop(shop).order_by("-number").values_list("number", flat=True).first(),
    }
    return render(request, "portal/catalog/rules.html", facts, status=status)


def _partners(shop: Shop) -> list[tuple[str, str]]:
    """Name the other merchants' shops that have something this one sells too; of the others not even the name is told."""
    with as_network():
        mine = Match.everyone.filter(shop=shop, status="linked").values("item")
        alike = Match.everyone.filter(status="linked", item__in=mine).values("shop")
        others = Shop.everyone.filter(status="live", pk__in=alike).exclude(merchant=shop.merchant_id).order_by("name")
        return [(str(pk), name) for pk, name in others.values_list("pk", "name")]
