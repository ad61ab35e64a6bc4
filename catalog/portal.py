"""The merchant's pages about its catalogue: products and stock, and the network shelf with its reasons."""

from typing import Any

from django.db.models import F, Q
from django.http import HttpResponseBase
from django.shortcuts import render

from catalog.catalogue import ProductRow, describe_variants, products_of, size_label, size_rows
from catalog.distribute import explain_absence
from catalog.keep_back import explain_kept
from catalog.matches import add_reports
from catalog.models import MatchReport, Placement, Product, StockLevel, Variant
from network.acting import Acting, MerchantRequest, merchant_page
from network.paging import page_after, searched
from network.scoping import as_network
from skuu.kit.errors import NotFound


@merchant_page()
def products(request: MerchantRequest) -> HttpResponseBase:
    """List own products with their size runs; words and states filter, HTMX swaps the list alone."""
    acting, asked = request.acting, request.GET
    shops = acting.chosen_shops(asked.get("shop"))
    rows = products_of(acting.merchant, shops, searched(request), asked.get("state", ""))
    mine = Product.objects.for_merchant(acting.merchant)
    page = page_after(rows.select_related("shop"), asked.get("after"), of=mine, by="title", size=20)
    facts = {"section": "products", "page": page, "products": size_rows(acting.merchant, page.rows)}
    facts["filtered"] = bool(asked.get("q") or asked.get("state") or asked.get("shop"))
    return render(request, _whole_or("portal/catalog/_products.html", "portal/catalog/products.html", request), facts)


@merchant_page()
def product(request: MerchantRequest, pk: int) -> HttpResponseBase:
    """Show one product: each size with stock by location, match and evidence, and its place on the shelf."""
    acting = request.acting
    row = Product.objects.for_merchant(acting.merchant).select_related("shop").filter(pk=pk, deleted_at=None).first()
    if row is None:
        raise NotFound("There is no such product.")
    shown = size_rows(acting.merchant, [row])[0]
    add_reports(acting.merchant, shown.sizes)
    with as_network():
        kept = explain_kept([level for size in shown.sizes for level in size.levels])
    for size in shown.sizes:
        size.kept = [kept[level.pk] for level in size.levels if level.pk in kept]
    facts = {"section": "products", "row": shown, "reasons": MatchReport.REASONS.items()}
    return render(request, "portal/catalog/product.html", facts)


@merchant_page()
def shelf(request: MerchantRequest) -> HttpResponseBase:
    """List what partners' stock stands on the shelf, or would stand there once a shop in shadow mode goes live, with the reasons."""
    acting, asked = request.acting, request.GET
    mine = Placement.objects.for_merchant(acting.merchant)
    rows = mine.filter(shop__in=acting.chosen_shops(asked.get("shop")))
    would = Q(shop__status="shadow", reason__would__gt=0)
    rows = rows.filter(Q(wanted__gt=0) | Q(pushed__gt=0) | would)
    for word in searched(request).split():
        named = Q(variant__product__title__icontains=word) | Q(variant__product__vendor__icontains=word)
        rows = rows.filter(named | Q(variant__sku__icontains=word) | Q(variant__barcode__icontains=word))
    if asked.get("state") == "moving":
        rows = rows.exclude(pushed=F("wanted"), pushed__isnull=False).exclude(shop__status="shadow")
    elif asked.get("state") == "trouble":
        rows = rows.exclude(error="")
    whole = rows.select_related("shop", "variant__product", "variant__shop")
    page = page_after(whole, asked.get("after"), of=mine, by="variant__product__title", size=25)
    sizes = describe_variants(acting.merchant, [row.variant for row in page])
    facts = {"section": "shelf", "page": page, "rows": list(zip(page.rows, sizes, strict=True))}
    facts["shadows"] = any(row.shop.status == "shadow" for row in page.rows)
    facts["filtered"] = bool(asked.get("q") or asked.get("state") or asked.get("shop"))
    return render(request, _whole_or("portal/catalog/_shelf.html", "portal/catalog/shelf.html", request), facts)


@merchant_page()
def why(request: MerchantRequest) -> HttpResponseBase:
    """Answer why a size is not on its shelf; first find it among one's own, then ask the one who decides."""
    acting, asked = request.acting, request.GET
    mine = Variant.objects.for_merchant(acting.merchant).filter(deleted_at=None)
    variant, sentences, kept = None, [], []
    if asked.get("variant"):
        chosen = asked["variant"] if asked["variant"].isdecimal() and len(asked["variant"]) < 19 else "0"
        variant = mine.select_related("shop", "product").filter(pk=chosen).first()
        if variant is None:
            raise NotFound("There is no such size.")
        with as_network():
            sentences = explain_absence(variant.shop, variant)
            levels = StockLevel.objects.filter(inventory_item=variant.inventory_item_id, is_active=True)
            kept = list(explain_kept(levels.select_related("location__shop")).values())
    facts: dict[str, Any] = {"section": "shelf", "variant": variant, "sentences": sentences, "kept": kept}
    if variant is not None:
        facts["label"] = size_label(variant)
        if request.htmx:
            return render(request, "portal/catalog/_why.html", facts)
    facts["products"] = _found_products(acting, searched(request))
    return render(request, _whole_or("portal/catalog/_why_sizes.html", "portal/catalog/why.html", request), facts)


def _found_products(acting: Acting, search: str) -> list[ProductRow]:
    if not search:
        return []
    found = products_of(acting.merchant, acting.shops, search).select_related("shop").order_by("title", "pk")
    return size_rows(acting.merchant, found[:8])


def _whole_or(fragment: str, whole: str, request: MerchantRequest) -> str:
    """Choose the fragment when HTMX asks for it, the whole page when a person does (or comes back through history)."""
    return fragment if request.htmx and not request.htmx.history_restore_request else whole
