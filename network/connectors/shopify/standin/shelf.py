"""The shelf: a fulfilment service with a place of its own, and the shipping profile that it must join."""

from typing import Any

from network.connectors.shopify.standin.loading import handle_of
from network.connectors.shopify.standin.payloads import location_payload
from network.connectors.shopify.standin.registry import Call, field_of, mutation, not_implemented, query, user_error
from network.connectors.shopify.standin.shop import has_orders
from network.connectors.shopify.standin.state import Node, Store


@mutation("fulfillmentServiceCreate")
def create_service(
    call: Call,
    name: str,
    callback_url: str | None = None,
    inventory_management: bool = False,
    tracking_support: bool = False,
    requires_shipping_method: bool = True,
    fulfillment_orders_opt_in: bool = True,
) -> Node:
    """Open a fulfilment service and its place, with the shop's address. *Again*: a taken name is refused."""
    store = call.store
    if any(one["serviceName"] == name for one in store.all("FulfillmentService")) or any(
        one["name"] == name for one in store.all("Location")
    ):
        return {"fulfillmentService": None, "userErrors": [user_error("Name has already been taken", ["name"])]}
    service = store.add(
        "FulfillmentService",
        serviceName=name, handle=handle_of(name), callbackUrl=callback_url, inventoryManagement=inventory_management,
        trackingSupport=tracking_support, requiresShippingMethod=requires_shipping_method, type="THIRD_PARTY", client=call.grant.client,
        fulfillmentOrdersOptIn=True,
    )  # fmt: skip
    place = store.add(
        "Location",
        name=name, isActive=True, isFulfillmentService=True, fulfillsOnlineOrders=True, shipsInventory=True,
        fulfillmentService=service["id"],
        address=dict(store.shop["address"]), createdAt=call.now, updatedAt=call.now,
    )  # fmt: skip
    store.change(service, location=place["id"])
    store.emit("locations/create", place["id"], lambda: location_payload(place))
    return {"fulfillmentService": service, "userErrors": []}


@mutation("fulfillmentServiceUpdate")
def update_service(
    call: Call,
    id: str,
    name: str | None = None,
    callback_url: str | None = None,
    inventory_management: bool | None = None,
    tracking_support: bool | None = None,
    requires_shipping_method: bool | None = None,
    **_: Any,
) -> Node:
    """Change a fulfilment service of the calling app; what is not given stays."""
    service = own_service(call, id)
    if service is None:
        return {
            "fulfillmentService": None,
            "userErrors": [user_error("Fulfillment service could not be found", ["id"])],
        }
    wanted = {
        "serviceName": name, "callbackUrl": callback_url, "inventoryManagement": inventory_management,
        "trackingSupport": tracking_support, "requiresShippingMethod": requires_shipping_method,
    }  # fmt: skip
    call.store.change(service, **{field: value for field, value in wanted.items() if value is not None})
    return {"fulfillmentService": service, "userErrors": []}


@mutation("fulfillmentServiceDelete")
def delete_service(
    call: Call, id: str, inventory_action: str = "TRANSFER", destination_location_id: str | None = None
) -> Node:
    """Close a fulfilment service; its stock is deleted. Transferring or keeping it is not implemented, on purpose: it never should."""
    service = own_service(call, id)
    if service is None:
        return {"deletedId": None, "userErrors": [user_error("Fulfillment service could not be found", ["id"])]}
    if inventory_action != "DELETE":
        raise not_implemented(f"fulfillmentServiceDelete(inventoryAction: {inventory_action})")
    if has_orders(call, call.store[service["location"]]):
        return {"deletedId": None, "userErrors": [user_error("The fulfillment service has unfulfilled orders", ["id"])]}
    remove_service(call.store, service)
    return {"deletedId": id, "userErrors": []}


def remove_service(store: Store, service: Node) -> None:
    """Take a service, its stock and its place away; past orders keep naming the place."""
    place = store[service["location"]]
    for level in store.where("InventoryLevel", "location", place["id"]):
        store.remove(level)
    for profile in store.all("DeliveryProfile"):
        groups = [
            {**group, "locations": [one for one in group["locations"] if one != place["id"]]}
            for group in profile["groups"]
        ]
        store.change(profile, groups=groups)
    store.change(
        place, isActive=False, fulfillsOnlineOrders=False, deactivatedAt=store.clock.iso(), fulfillmentService=None
    )
    store.remove(service)
    store.emit("locations/delete", place["id"], lambda: {"id": int(place["legacyResourceId"])})


def own_service(call: Call, global_id: str) -> Node | None:
    """Find a service of the calling app, whether its id is written with a query part or not."""
    service = call.store.get(global_id.partition("?")[0])
    return service if service and service.get("client") == call.grant.client else None


# --- delivery profiles ------------------------------------------------------------------------------------------------
@query("deliveryProfiles")
def delivery_profiles(call: Call, **_: Any) -> list[Node]:
    """List the shipping profiles: one general one."""
    return call.store.all("DeliveryProfile")


@query("deliveryProfile")
def delivery_profile(call: Call, id: str) -> Node | None:
    """Find one shipping profile."""
    return call.store.get(id)


@field_of("DeliveryProfile", "profileLocationGroups")
def location_groups(call: Call, profile: Node, location_group_id: str | None = None) -> list[Node]:
    """List the groups of places that share rates."""
    groups = [group for group in profile["groups"] if location_group_id in (None, group["id"])]
    return [
        {
            "__typename": "DeliveryProfileLocationGroup",
            "locationGroup": {"__typename": "DeliveryLocationGroup", **group},
        }
        for group in groups
    ]


@field_of("DeliveryProfile", "unassignedLocations", "unassignedLocationsPaginated")
def unassigned(call: Call, profile: Node, **_: Any) -> list[Node]:
    """List the places without rates: a new shelf is one of them (a guess, see ``guesses``)."""
    joined = {place for group in profile["groups"] for place in group["locations"]}
    return [
        one
        for one in call.store.all("Location")
        if one["isActive"] and one["fulfillsOnlineOrders"] and one["id"] not in joined
    ]


@field_of("DeliveryProfile", "locationsWithoutRatesCount")
def unassigned_count(call: Call, profile: Node) -> int:
    """Count the places without rates."""
    return len(unassigned(call, profile))


@mutation("deliveryProfileUpdate")
def update_profile(call: Call, id: str, profile: Node, **_: Any) -> Node:
    """Let places join or leave a location group."""
    found = call.store.get(id)
    if found is None:
        return {"profile": None, "userErrors": [user_error("Profile not found", ["id"])]}
    if set(profile) - {"locationGroupsToUpdate", "name"}:
        raise not_implemented(f"deliveryProfileUpdate({', '.join(sorted(set(profile) - {'locationGroupsToUpdate'}))})")
    groups = {group["id"]: group for group in found["groups"]}
    for change in profile.get("locationGroupsToUpdate") or []:
        group = groups.get(change.get("id"))
        if group is None:
            return {
                "profile": None,
                "userErrors": [user_error("Location group not found", ["profile", "locationGroupsToUpdate"])],
            }
        kept = [one for one in group["locations"] if one not in (change.get("locationsToRemove") or [])]
        groups[group["id"]] = {
            **group,
            "locations": list(dict.fromkeys([*kept, *(change.get("locationsToAdd") or [])])),
        }
    call.store.change(found, groups=list(groups.values()), version=found["version"] + 1)
    return {"profile": found, "userErrors": []}
