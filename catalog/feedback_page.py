"""The merchant's pages about products that nothing can match: the causes with their fixes, which products, and a table to take away."""

import csv
from collections.abc import Iterator

from django.http import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render

from catalog.feedback import CAUSES, faulty_products, find_faults, list_faults, name_sizes
from catalog.models import Product
from network.acting import MerchantRequest, merchant_page
from network.models import Shop
from network.paging import page_after, searched
from skuu.kit.errors import NotFound

COLUMNS = ("shop", "cause", "product", "size", "sku", "barcode", "fix", "product_id", "variant_id", "address")
PAGE = 25
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@merchant_page()
def unmatched(request: MerchantRequest) -> HttpResponseBase:
    """Say of each shop what is wrong, how to mend it and what it may bring; with a cause, list the products it is found on."""
    asked, acting = request.GET, request.acting
    if asked.get("cause"):
        return _one_cause(request, asked["cause"])
    reports = [(shop, find_faults(shop)) for shop in acting.chosen_shops(asked.get("shop"))]
    return render(request, "portal/catalog/unmatched.html", {"section": "products", "reports": reports})


def _one_cause(request: MerchantRequest, name: str) -> HttpResponseBase:
    shop = request.acting.shop(request.GET.get("shop"))
    if name not in CAUSES:
        raise NotFound("There is no such cause.")
    rows = faulty_products(shop, name)
    for word in searched(request).split():
        rows = rows.filter(title__icontains=word)
    page = page_after(rows, request.GET.get("after"), of=Product.objects.for_shop(shop), by="title", size=PAGE)
    facts = {
        "section": "products",
        "shop": shop,
        "cause": CAUSES[name],
        "page": page,
        "products": name_sizes(shop, name, page.rows),
        "filtered": bool(searched(request)),
    }
    return render(request, "portal/catalog/unmatched_cause.html", facts)


@merchant_page()
def unmatched_csv(request: MerchantRequest) -> HttpResponseBase:
    """Hand out every fault of the chosen shops as a table for a spreadsheet."""
    shops = request.acting.chosen_shops(request.GET.get("shop"))
    answer = StreamingHttpResponse(_table(shops), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="products-to-mend.csv"'
    return answer


class _Line:
    """What the csv module writes to: hands each line on."""

    def write(self, text: str) -> str:
        return text


def _table(shops: list[Shop]) -> Iterator[str]:
    writer = csv.DictWriter(_Line(), COLUMNS)
    yield "\ufeff" + str(writer.writerow(dict(zip(COLUMNS, COLUMNS, strict=True))))
    for shop in shops:
        for row in list_faults(shop):
            yield str(writer.writerow({name: _harmless(str(value)) for name, value in row.items()}))


def _harmless(text: str) -> str:
    """Keep a spreadsheet from running a shop's own text as a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
