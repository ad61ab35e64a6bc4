"""The shop itself: its facts, places, the shelf as a fulfilment service, delivery profiles, and the app's own installation."""

from typing import Any

from network.connectors.shopify.standin.identifiers import gid
from network.connectors.shopify.standin.loading import STATES, handle_of
from network.connectors.shopify.standin.payloads import location_payload, shop_payload
from network.connectors.shopify.standin.registry import (
    FIELDS,
    Call,
    Rows,
    field_of,
    mutation,
    query,
    user_error,
)
from network.connectors.shopify.standin.searching import search
from network.connectors.shopify.standin.state import Node, Store

SUPPORTED = ("2026-01", "2026-04", "2026-07", "2026-10")


@query("shop")
def the_shop(call: Call) -> Node:
    """Answer with the store's shop."""
    return call.store.shop


@field_of("Shop", "plan")
def plan(call: Call, shop: Node) -> Node:
    """Name the plan: a paid one, never a development store."""
    name = shop["planName"]
    return {"displayName": name, "publicDisplayName": name, "partnerDevelopment": False, "shopifyPlus": name == "Plus"}


@field_of("Shop", "primaryDomain")
def primary_domain(call: Call, shop: Node) -> Node:
    """Name the domain customers see."""
    domain = shop["myshopifyDomain"]
    return {
        "id": gid("Domain", 1),
        "host": domain,
        "url": f"https://{domain}",
        "sslEnabled": True,
        "localization": None,
        "marketWebPresence": None,
    }


@field_of("Shop", "domains")
def domains(call: Call, shop: Node) -> list[Node]:
    """List the domains: one."""
    return [primary_domain(call, shop)]


@field_of("Shop", "resourceLimits")
def limits(call: Call, shop: Node) -> Node:
    """Say how many locations and variants fit."""
    return {
        "locationLimit": 200 if shop["planName"] == "Plus" else 10,
        "maxProductOptions": 3,
        "maxProductVariants": 2048,
    }


@field_of("Shop", "shopAddress", "billingAddress")
def shop_address(call: Call, shop: Node) -> Node:
    """Give the shop's address."""
    address = shop["address"]
    return {
        **address, "__typename": "ShopAddress", "id": gid("ShopAddress", 1), "company": shop["merchant"],
        "countryCodeV2": address["countryCode"],
        "formatted": [part for part in (address.get("address1"), address.get("zip"), address.get("city")) if part],
    }  # fmt: skip


@field_of("Shop", "currencyFormats")
def currency_formats(call: Call, shop: Node) -> Node:
    """Say how amounts are written."""
    code = shop["currencyCode"]
    plain, full = "{{amount}}", f"{{{{amount}}}} {code}"
    return {
        "moneyFormat": plain,
        "moneyInEmailsFormat": plain,
        "moneyWithCurrencyFormat": full,
        "moneyWithCurrencyInEmailsFormat": full,
    }


@field_of("Shop", "shipsToCountries")
def ships_to(call: Call, shop: Node) -> list[str]:
    """Name the countries served."""
    return [shop["country"]]


@field_of("Shop", "fulfillmentServices")
def services(call: Call, shop: Node) -> list[Node]:
    """List the fulfilment services of all apps."""
    return call.store.all("FulfillmentService")


@query("fulfillmentService")
def fulfillment_service(call: Call, id: str) -> Node | None:
    """Find one fulfilment service."""
    return call.store.get(id)


@query("currentAppInstallation")
def installation(call: Call) -> Node:
    """Say which app calls and what it may do."""
    scopes = [
        {"__typename": "AccessScope", "handle": scope, "description": scope} for scope in sorted(call.grant.scopes)
    ]
    return {"__typename": "AppInstallation", "id": gid("AppInstallation", 1), "app": app(call), "accessScopes": scopes}


@query("app")
def the_app(call: Call, id: str | None = None) -> Node:
    """Answer with the calling app."""
    return app(call)


def app(call: Call, client: str | None = None) -> Node:
    """Describe an app by its client id."""
    client = client or call.grant.client
    return {
        "__typename": "App", "id": gid("App", sum(client.encode())), "handle": handle_of(client), "apiKey": client, "title": client,
        "name": client, "webhookApiVersion": call.standin.version,
    }  # fmt: skip


@query("publicApiVersions")
def versions(call: Call) -> list[Node]:
    """List the versions that exist."""
    return [{"handle": one, "displayName": one, "supported": True} for one in SUPPORTED]


@query("inventoryProperties")
def inventory_properties(call: Call) -> Node:
    """Name the states of stock and which make up which."""
    parts = [state for state in STATES if state != "incoming"]
    rows = [
        {
            "name": state,
            "displayName": state.replace("_", " ").title(),
            "isInUse": True,
            "comprises": [],
            "belongsTo": ["on_hand"] if state in parts else [],
        }
        for state in STATES
    ]
    return {
        "quantityNames": [
            *rows,
            {"name": "on_hand", "displayName": "On hand", "isInUse": True, "comprises": parts, "belongsTo": []},
        ]
    }


# --- places -----------------------------------------------------------------------------------------------------------
@query("locations")
def locations(
    call: Call,
    query: str | None = None,
    include_inactive: bool = False,
    include_legacy: bool = False,
    sort_key: str = "NAME",
    **_: Any,
) -> Rows:
    """List the places; the shelf of an app only when legacy ones are asked for (a guess, see ``guesses``)."""
    rows = [
        place
        for place in search(call.store, "Location", query)
        if (include_inactive or place["isActive"]) and (include_legacy or not place["isFulfillmentService"])
    ]
    key = (lambda one: one["name"]) if sort_key == "NAME" else (lambda one: "")
    return Rows(sorted(rows, key=lambda one: (key(one), int(one["legacyResourceId"]))), key)


@field_of("Shop", "locations")
def shop_locations(call: Call, shop: Node, **arguments: Any) -> Rows:
    """List the places by the old way."""
    return locations(call, **arguments)


for _name in (
    "orders",
    "products",
    "productVariants",
    "inventoryItems",
    "customers",
    "fulfillmentOrders",
    "assignedFulfillmentOrders",
):
    field_of("Shop", _name)(lambda call, shop, root=_name, **arguments: FIELDS["QueryRoot", root](call, **arguments))


@query("location")
def location(call: Call, id: str | None = None, **_: Any) -> Node | None:
    """Find one place, or the first of the merchant's own."""
    return (
        call.store.get(id)
        if id
        else next((one for one in call.store.all("Location") if not one["isFulfillmentService"]), None)
    )


@query("locationsCount")
def locations_count(call: Call, **_: Any) -> Node:
    """Count the places."""
    return {"count": len(call.store.kinds["Location"]), "precision": "EXACT"}


@field_of("Location", "hasActiveInventory")
def has_stock(call: Call, place: Node) -> bool:
    """Tell whether anything is stocked here."""
    return any(level["isActive"] for level in call.store.where("InventoryLevel", "location", place["id"]))


@field_of("Location", "hasUnfulfilledOrders")
def has_orders(call: Call, place: Node) -> bool:
    """Tell whether open fulfilment orders are assigned here."""
    return any(
        one["status"] in {"OPEN", "IN_PROGRESS"}
        for one in call.store.where("FulfillmentOrder", "location", place["id"])
    )


@field_of("Location", "activatable", "deactivatable")
def switchable(call: Call, place: Node) -> bool:
    """Tell whether staff may switch the place on and off."""
    return not place["isFulfillmentService"]


@field_of("LocationAddress", "formatted")
def formatted_address(call: Call, address: Node) -> list[str]:
    """Write an address in lines."""
    return [
        part
        for part in (address.get("address1"), address.get("zip"), address.get("city"), address.get("country"))
        if part
    ]


@mutation("locationEdit")
def edit_location(call: Call, id: str, input: Node) -> Node:
    """Change a place's name or address; only its own app may touch a fulfilment service's place."""
    place = call.store.get(id)
    if place is None:
        return {"location": None, "userErrors": [user_error("Location not found.", ["id"], "NOT_FOUND")]}
    if place["isFulfillmentService"]:
        service = call.store[place["fulfillmentService"]]
        if service["client"] != call.grant.client:
            return {
                "location": None,
                "userErrors": [
                    user_error("Only the app that created the fulfillment service can edit it", ["id"], "NOT_FOUND")
                ],
            }
        if input.get("fulfillsOnlineOrders") is False:
            words = "You can't disable online order fulfillment for a fulfillment service location"
            code = "CANNOT_MODIFY_ONLINE_ORDER_FULFILLMENT_FOR_FS_LOCATION"
            return {"location": None, "userErrors": [user_error(words, ["input", "fulfillsOnlineOrders"], code)]}
    address = {**place["address"], **(input.get("address") or {})}
    address["country"] = address.get("countryCode")
    fields = {name: input[name] for name in ("name", "fulfillsOnlineOrders") if input.get(name) is not None}
    call.store.change(place, **fields, address=address, updatedAt=call.now)
    call.store.emit("locations/update", id, lambda: location_payload(place))
    return {"location": place, "userErrors": []}


# --- the installation -------------------------------------------------------------------------------------------------
@mutation("appUninstall")
def uninstall_app(call: Call, **_: Any) -> Node:
    """Remove the calling app: tokens, subscriptions, its fulfilment service (a guess, see ``guesses``)."""
    answer = app(call)
    call.standin.uninstall(call.store, call.grant.client)
    return {"app": answer, "userErrors": []}


@mutation("appRevokeAccessScopes")
def revoke_scopes(call: Call, scopes: list[str]) -> Node:
    """Give scopes back."""
    call.standin.revoke_scopes(call.store, call.grant.client, scopes)
    return {
        "revoked": [{"__typename": "AccessScope", "handle": scope, "description": scope} for scope in scopes],
        "userErrors": [],
    }


def announce_shop(store: Store) -> None:
    """Tell subscribers that the shop's own facts changed."""
    store.emit("shop/update", store.shop["id"], lambda: shop_payload(store.shop))
