"""The merchant's page about the VAT of its goods: which products are taxed less by its own word, said for many at once or by rule."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from catalog.catalogue import products_of
from catalog.goods import MOST, add_goods_rule, classed, end_goods_rule, goods_history, of_class, rules_of, say_goods
from catalog.models import GoodsRule, GoodsWord, Product
from network.acting import BOOKKEEPERS, EVERYBODY, OPERATORS, MerchantRequest, merchant_page
from network.models import Shop
from network.paging import page_after, searched
from network.scoping import as_network
from network.taxing import CLASSES, LIMITS, country_name, standard_rate_bp
from network.taxing.reduced import REDUCED_RATES, rate_bp
from skuu.kit.errors import NotFound, SkuuError

CHANGE = tuple(dict.fromkeys((*OPERATORS, *BOOKKEEPERS)))
PAGE = 50


@require_GET
@merchant_page(see=EVERYBODY, change=CHANGE)
def goods(request: MerchantRequest) -> HttpResponseBase:
    """List a shop's products with their class for VAT and whose word that is; with its rules and its history."""
    shop = _shop_of(request)
    if shop is None:
        return render(request, "portal/catalog/goods.html", {"section": "products", "shop": None})
    mine = Product.objects.for_merchant(request.acting.merchant)
    page = page_after(_chosen(request, shop, request.GET), request.GET.get("after"), of=mine, by="title", size=PAGE)
    with as_network():
        words = {one.product_id: one for one in GoodsWord.everyone.filter(product__in=page.rows, ended_at=None)}
        fits = rules_of(page.rows)
        history = goods_history(shop)
        rules = list(GoodsRule.everyone.filter(shop=shop, ended_at=None).order_by("-pk"))
    facts = {
        "section": "products",
        "shop": shop,
        "page": page,
        "rows": [(one, CLASSES[one.goods_class], words.get(one.pk), fits.get(one.pk)) for one in page.rows],
        "classes": CLASSES.items(),
        "rules": rules,
        "history": history,
        "countries": _countries(request),
        "may_change": request.acting.role in CHANGE,
        "filtered": bool(request.GET.get("q") or request.GET.get("state")),
    }
    return render(request, "portal/catalog/goods.html", facts)


@require_POST
@merchant_page(see=EVERYBODY, change=CHANGE)
def goods_say(request: MerchantRequest) -> HttpResponseBase:
    """Take the merchant's word about the products ticked, or about all that fit the search."""
    shop = _shop_of(request)
    if shop is None:
        raise NotFound("There is no such shop.")
    if "all" in request.POST and (request.POST.get("q") or request.POST.get("state")):
        ids = list(_chosen(request, shop, request.POST).values_list("pk", flat=True)[: MOST + 1])
    else:
        ids = [int(pk) for pk in request.POST.getlist("product") if pk.isdecimal() and len(pk) < 19]
    try:
        with as_network():
            count = say_goods(shop, ids, request.POST.get("goods_class", ""), by=request.acting.by)
        told = ngettext("Noted for %(n)s product.", "Noted for %(n)s products.", count) % {"n": count}
        messages.success(request, told + " " + _("It holds for what is sold from now on."))
    except SkuuError as error:
        messages.error(request, error.message)
    return _back(request, shop)


@require_POST
@merchant_page(see=EVERYBODY, change=CHANGE)
def goods_rule(request: MerchantRequest) -> HttpResponseBase:
    """Let a rule on product type and tag say the class."""
    shop = _shop_of(request)
    if shop is None:
        raise NotFound("There is no such shop.")
    said = {name: request.POST.get(name, "") for name in ("category", "tag")}
    try:
        with as_network():
            add_goods_rule(shop, **said, goods=request.POST.get("goods_class", ""), by=request.acting.by)
        messages.success(request, _("The rule holds for what is sold from now on."))
    except SkuuError as error:
        messages.error(request, error.message)
    return _back(request, shop)


@require_POST
@merchant_page(see=EVERYBODY, change=CHANGE)
def goods_rule_end(request: MerchantRequest, pk: int) -> HttpResponseBase:
    """Let a rule end."""
    rows = GoodsRule.objects.for_merchant(request.acting.merchant).select_related("shop")
    rule = rows.filter(pk=pk).first()
    if rule is None:
        raise NotFound("There is no such rule.")
    with as_network():
        end_goods_rule(rule, by=request.acting.by)
    messages.success(request, _("The rule has ended."))
    return _back(request, rule.shop)


def _shop_of(request: MerchantRequest) -> Shop | None:
    asked = (request.POST if request.method == "POST" else request.GET).get("shop")
    return request.acting.shop(asked) if asked else next(iter(request.acting.shops), None)


def _chosen(request: MerchantRequest, shop: Shop, asked: Any) -> QuerySet[Product]:
    """Select the products that fit the search and the class asked for."""
    words = searched(request) if asked is request.GET else asked.get("q", "").replace("\x00", "").strip()[:200]
    rows = classed(products_of(request.acting.merchant, [shop], words))
    state = asked.get("state", "")
    return of_class(rows, state) if state in CLASSES else rows


def _countries(request: MerchantRequest) -> list[tuple[str, str, str, str]]:
    """Tell where such goods are taxed less, at which rate instead of which, within which limits."""
    today, found = localdate(), []
    for country in dict.fromkeys(country for country, _class in REDUCED_RATES):
        lower = min(rate_bp(country, today, goods=goods) for goods in CLASSES)
        usual = standard_rate_bp(country, today)
        found.append((country_name(country), f"{lower / 100:g} %", f"{usual / 100:g} %", LIMITS[country]))
    return found


def _back(request: MerchantRequest, shop: Shop) -> HttpResponseBase:
    kept: dict[str, Any] = {name: request.POST[name] for name in ("q", "state") if request.POST.get(name)}
    return redirect(f"{reverse('portal:goods')}?{urlencode({'shop': shop.pk} | kept)}")
