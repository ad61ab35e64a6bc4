"""The merchant's page about its own say: exclusions with their preview, and the policy of each shop."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from catalog.forms import KINDS, SIDES, PolicyForm, RuleForm, say_value
from catalog.models import Product, Rule, Variant
from catalog.rules import add_rule, change_policy, preview_rule, remove_rule, restore_rule
from network.acting import MerchantRequest, merchant_page
from network.models import Shop
from network.scoping import as_network
from skuu.kit.errors import NotFound, SkuuError


@merchant_page()
def rules(request: MerchantRequest) -> HttpResponseBase:
    """List the rules of a shop with its policy; a form adds an exclusion."""
    shop = _shop_of(request)
    if shop is None:
        return render(request, "portal/catalog/rules.html", {"section": "rules", "shop": None})
    if request.method == "POST":
        form = RuleForm(request.POST, shop=shop, partners=_partners(shop))
        if form.is_valid():
            try:
                with as_network():
                    rule = add_rule(shop, **form.cleaned_data, by=request.acting.by)
            except SkuuError as error:
                form.add_error(None, error.message)
            else:
                messages.success(request, _("The rule stands; the shelves follow within seconds."))
                return redirect(f"{reverse('portal:rules')}?shop={rule.shop_id}")
        return _page(request, shop, form=form, status=422)
    return _page(request, shop)


@require_POST
@merchant_page()
def policy(request: MerchantRequest, pk: int) -> HttpResponseBase:
    """Change how a shop takes part."""
    shop = request.acting.shop(pk)
    form = PolicyForm(request.POST)
    if not form.is_valid():
        return _page(request, shop, policy=form, status=422)
    with as_network():
        change_policy(shop, form.changes())
    messages.success(request, _("Saved; the shelves follow within seconds. Orders already placed keep their terms."))
    return redirect(f"{reverse('portal:rules')}?shop={shop.pk}")


@require_POST
@merchant_page()
def rule_remove(request: MerchantRequest, pk: int) -> HttpResponseBase:
    """Let a rule end; the same address with ``undo`` puts it back."""
    rule = Rule.objects.for_merchant(request.acting.merchant).select_related("shop").filter(pk=pk).first()
    if rule is None:
        raise NotFound("There is no such rule.")
    undo = "undo" in request.POST
    with as_network():
        restore_rule(rule) if undo else remove_rule(rule)
    if undo:
        messages.success(request, _("The rule stands again."))
        return redirect(f"{reverse('portal:rules')}?shop={rule.shop_id}")
    messages.success(request, _("The rule is gone; the shelves follow within seconds."))
    return redirect(f"{reverse('portal:rules')}?shop={rule.shop_id}&undo={rule.pk}")


@require_GET
@merchant_page()
def rule_fields(request: MerchantRequest) -> HttpResponseBase:
    """Answer the fields of the new rule for the kind just chosen, and what it would change as it stands."""
    shop = _shop_of(request)
    if shop is None:
        raise NotFound("There is no such shop.")
    form = RuleForm(request.GET, shop=shop, partners=_partners(shop))
    facts: dict[str, Any] = {"shop": shop, "form": form, "preview": None}
    if request.GET.get("value") and form.is_valid():
        data = form.cleaned_data
        with as_network():
            facts["preview"] = preview_rule(shop, data["side"], data["kind"], data["value"])
    else:  # a half-filled form is no mistake yet
        initial = {name: request.GET.get(name, "") for name in ("side", "kind", "note")}
        facts["form"] = RuleForm(initial=initial, shop=shop, partners=_partners(shop))
    return render(request, "portal/catalog/_rule_fields.html", facts)


def _shop_of(request: MerchantRequest) -> Shop | None:
    chosen = request.POST.get("shop") or request.GET.get("shop")
    if chosen:
        return request.acting.shop(chosen)
    return request.acting.shops[0] if request.acting.shops else None


def _page(
    request: MerchantRequest,
    shop: Shop,
    *,
    form: RuleForm | None = None,
    policy: PolicyForm | None = None,
    status: int = 200,
) -> HttpResponseBase:
    rows = list(Rule.objects.for_shop(shop).filter(removed_at=None).select_related("shop").order_by("kind", "value"))
    names = _names(shop, rows)
    undo = request.GET.get("undo", "")
    removed = Rule.objects.for_shop(shop).filter(pk=undo if undo.isdecimal() else 0, removed_at__isnull=False).first()
    facts = {
        "section": "rules",
        "shop": shop,
        "rules": [(rule, SIDES[rule.side], _kind(rule), say_value(rule, names)) for rule in rows],
        "form": form or RuleForm(initial={"kind": "brand"}, shop=shop, partners=_partners(shop)),
        "policy": policy or PolicyForm.of(shop),
        "removed": removed,
    }
    return render(request, "portal/catalog/rules.html", facts, status=status)


def _kind(rule: Rule) -> Any:
    return KINDS.get(rule.kind, _("A product"))


def _partners(shop: Shop) -> list[tuple[str, str]]:
    """Name the other merchants' shops in the network; that they take part is all that is told."""
    with as_network():
        others = Shop.everyone.filter(status="live").exclude(merchant=shop.merchant_id).order_by("name")
        return [(str(pk), name) for pk, name in others.values_list("pk", "name")]


def _names(shop: Shop, rows: list[Rule]) -> dict[str, str]:
    """Find the readable names of brands, products and partners that rules name by key."""
    named = {f"partner:{pk}": name for pk, name in _partners(shop)} if any(r.kind == "partner" for r in rows) else {}
    products = [rule.value for rule in rows if rule.kind == "product"]
    for pk, title in Product.objects.for_shop(shop).filter(pk__in=products).values_list("pk", "title"):
        named[f"product:{pk}"] = title
    brands = [rule.value for rule in rows if rule.kind == "brand"]
    found = Variant.objects.for_shop(shop).filter(brand_key__in=brands).values_list("brand_key", "product__vendor")
    named.update({f"brand:{key}": vendor for key, vendor in found.distinct() if vendor})
    return named
