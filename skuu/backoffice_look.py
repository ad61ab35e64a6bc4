"""How the back office looks and what its menu offers; settings take it as it is."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy

# the portal's colour, from its wash to its ink
TEAL = {
    "50": "#f0f7f6",
    "100": "#e3eeed",
    "200": "#c3dedd",
    "300": "#93d9d7",
    "400": "#6cc5c4",
    "500": "#1f8288",
    "600": "#0b5c63",
    "700": "#08474d",
    "800": "#07393e",
    "900": "#062d31",
    "950": "#041f22",
}


def _page(title: str, icon: str, name: str, permission: str) -> dict[str, Any]:
    """Make a menu entry that stands there for who may open its page."""
    return {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{name}"), "permission": _may(permission)}


def _list(title: str, icon: str, model: str) -> dict[str, Any]:
    app, _, name = model.partition("_")
    return _page(title, icon, f"{model}_changelist", f"{app}.view_{name}")


def _may(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: bool(request.user.has_perm(permission))


def _icon(_request: HttpRequest) -> str:
    return static("skuu/favicon.svg")


NETWORK = [
    _page("What waits", "inbox", "index", "network.view_shop"),
    _page("Operations", "monitoring", "operations", "network.view_shop"),
    _list("Merchants", "storefront", "network_merchant"),
    _list("Shops", "store", "network_shop"),
]
MATCHING = [
    _page("Match review", "compare", "review", "catalog.view_reviewcard"),
    _page("Matching", "query_stats", "matching", "catalog.view_reviewcard"),
    _list("Evidence classes", "verified", "catalog_evidenceclass"),
    _list("Reported matches", "flag", "catalog_matchreport"),
    _list("Words to learn", "translate", "catalog_aliasproposal"),
]
ORDERS = [
    _list("Orders", "shopping_bag", "orders_order"),
    _list("Internal orders", "local_shipping", "orders_internalorder"),
    _list("Parcels", "package_2", "orders_parcel"),
    _list("Returns", "assignment_return", "orders_return"),
    _list("Exchanges", "swap_horiz", "orders_exchange"),
    _list("Takeovers", "move_down", "orders_takeover"),
    _list("Objections to grades", "feedback", "orders_objection"),
]
MONEY = [
    _page("Settle", "event_available", "settlement_settle", "settlement.view_cycle"),
    _list("Payments", "payments", "settlement_payment"),
    _list("Bank and suspense", "account_balance", "settlement_bankline"),
    _list("Disputes", "gavel", "settlement_dispute"),
    _list("Second person", "how_to_reg", "settlement_proposal"),
    _list("Documents", "receipt_long", "settlement_document"),
    _page("Self-billing", "contract", "settlement_self_billing_missing", "settlement.view_selfbilling"),
    _list("Credit limits", "credit_score", "settlement_creditlimit"),
    _list("Ledger", "menu_book", "settlement_entry"),
    _page("Ledger, shops and bank", "balance", "settlement_three_ways", "settlement.view_entry"),
    _page("Rate cards", "percent", "settlement_rate_preview", "network.view_ratecard"),
    _page("Sellers (DAC7)", "groups", "settlement_sellers", "settlement.view_document"),
]
BACK_OFFICE: dict[str, Any] = {
    "SITE_TITLE": "SKUU",
    "SITE_HEADER": "SKUU back office",
    "SITE_URL": "/",
    "SITE_ICON": _icon,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _icon}],
    "SHOW_HISTORY": True,
    "COLORS": {"primary": TEAL},
    "DASHBOARD_CALLBACK": "skuu.waiting.add_what_waits",
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": True,
        "navigation": [
            {"title": "Network", "items": NETWORK},
            {"title": "Matching", "items": MATCHING},
            {"title": "Orders", "items": ORDERS},
            {"title": "Money", "items": MONEY},
        ],
    },
}
