"""The merchant's pages about what the network brings and could bring: stock-outs, weeks of demand, partner countries."""

from django.http import HttpResponseBase
from django.shortcuts import render

from catalog.catalogue import size_label
from catalog.insights_shelf import BLOCKERS, WEEKS, demand_by_week, most_lost, rescued_at_todays_prices, stock_outs
from catalog.openings import DAYS, openings_of
from catalog.reviewing import plotting
from network.acting import MerchantRequest, merchant_page
from network.scoping import as_network

PARTS = ("shipped by a partner", "nobody could ship")


@merchant_page()
def insights(request: MerchantRequest) -> HttpResponseBase:
    """Show weeks of demand on the shelf, and the stock-outs of today by what the network does about them."""
    acting = request.acting
    shops = acting.chosen_shops(request.GET.get("shop"))
    weeks = demand_by_week(acting.merchant, shops)
    with as_network():
        now = stock_outs(shops)
    bars = [(f"{week.starts:%-d %b}", [week.served, week.lost]) for week in weeks]
    facts = {
        "section": "insights",
        "weeks": weeks,
        "span": WEEKS,
        "traded": any(week.served or week.lost for week in weeks),
        "served": sum(week.served for week in weeks),
        "lost_units": sum(week.lost for week in weeks),
        "rescued": rescued_at_todays_prices(acting.merchant, shops),
        "by_week": plotting.stack_bars(bars, PARTS),
        "now": now,
        "by_state": _draw(now.filled, now.blocked, now.nobody, now.unfit),
        "blocked": [(BLOCKERS[code], count) for code, count in now.blocked.items()],
        "most_lost": [(row.variant, size_label(row.variant), row.units) for row in most_lost(acting.merchant, shops)],
    }
    return render(request, "portal/catalog/insights.html", facts)


def _draw(filled: int, blocked: dict[str, int], nobody: int, unfit: int) -> plotting.Picture:
    rows = [("On your shelf", filled), *((BLOCKERS[code], count) for code, count in blocked.items())]
    rows += [("No partner has a free unit", nobody), ("Not fit for a shelf", unfit)]
    whole = max(1, sum(count for _, count in rows))
    return plotting.draw_shares([(name, count / whole, f"{count:,}") for name, count in rows])


@merchant_page()
def partner_countries(request: MerchantRequest) -> HttpResponseBase:
    """Show which partner countries are open to the merchant, and which registration would open more."""
    acting = request.acting
    shops = acting.chosen_shops(request.GET.get("shop"))
    with as_network():
        found = openings_of(acting.merchant, shops)
    facts = {"section": "partner_countries", "found": found, "days": DAYS}
    return render(request, "portal/catalog/partner_countries.html", facts)
