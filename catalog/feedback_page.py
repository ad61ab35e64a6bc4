"""The merchant's page about products that nothing can match, with the fix."""

from django.http import HttpResponseBase
from django.shortcuts import render

from catalog.feedback import unmatchable
from network.acting import MerchantRequest, merchant_page


@merchant_page()
def unmatched(request: MerchantRequest) -> HttpResponseBase:
    """Say of each shop what is wrong with which products and how to mend it."""
    shops = request.acting.chosen_shops(request.GET.get("shop"))
    reports = [(shop, unmatchable(shop)) for shop in shops]
    return render(request, "portal/catalog/unmatched.html", {"section": "products", "reports": reports})
