"""Webhook bodies in the documented REST shapes: integer ids beside the global one, snake case, lower-case states."""

from decimal import Decimal
from typing import Any

from network.connectors.shopify.standin.identifiers import number
from network.connectors.shopify.standin.state import Node, Store

FULL_VARIANTS = 100


def level_payload(level: Node, available: int) -> Node:
    """inventory_levels/update and connect."""
    return {
        "inventory_item_id": number(level["item"]), "location_id": number(level["location"]), "available": available,
        "updated_at": level["updatedAt"], "admin_graphql_api_id": level["id"],
    }  # fmt: skip


def item_payload(item: Node) -> Node:
    """inventory_items/*."""
    return {
        "id": number(item["id"]), "sku": item["sku"], "created_at": item["createdAt"], "updated_at": item["updatedAt"],
        "requires_shipping": item["requiresShipping"], "cost": (item["unitCost"] or {}).get("amount"),
        "country_code_of_origin": item["countryCodeOfOrigin"], "province_code_of_origin": None,
        "harmonized_system_code": item["harmonizedSystemCode"], "tracked": item["tracked"], "country_harmonized_system_codes": [],
        "weight_value": item["grams"] / 1000, "weight_unit": "kg", "admin_graphql_api_id": item["id"],
    }  # fmt: skip


def location_payload(place: Node) -> Node:
    """locations/*."""
    address = place["address"]
    return {
        "id": number(place["id"]), "name": place["name"], "address1": address.get("address1"), "address2": address.get("address2"),
        "city": address.get("city"), "zip": address.get("zip"), "province": address.get("province"), "country": address.get("countryCode"),
        "phone": address.get("phone"), "created_at": place["createdAt"], "updated_at": place["updatedAt"],
        "country_code": address.get("countryCode"), "country_name": address.get("countryCode"),
        "province_code": address.get("provinceCode"),
        "legacy": place["isFulfillmentService"], "active": place["isActive"], "admin_graphql_api_id": place["id"],
    }  # fmt: skip


def shop_payload(shop: Node) -> Node:
    """shop/update and app/uninstalled."""
    address = shop["address"]
    return {
        "id": number(shop["id"]), "name": shop["name"], "email": shop["email"], "domain": shop["myshopifyDomain"],
        "country": address.get("countryCode"), "address1": address.get("address1"), "zip": address.get("zip"), "city": address.get("city"),
        "country_code": address.get("countryCode"), "currency": shop["currencyCode"], "iana_timezone": shop["ianaTimezone"],
        "shop_owner": shop["shopOwnerName"], "plan_display_name": shop["planName"], "plan_name": shop["planName"].lower(),
        "taxes_included": shop["taxesIncluded"], "weight_unit": "kg", "myshopify_domain": shop["myshopifyDomain"],
        "created_at": shop["createdAt"], "updated_at": shop["updatedAt"],
        "enabled_presentment_currencies": shop["enabledPresentmentCurrencies"],
    }  # fmt: skip


def product_payload(store: Store, product: Node, picture: str | None) -> Node:
    """products/create and update: the first hundred variants in full, all by id."""
    variants = [store[one] for one in product["variants"]]
    image = {
        "id": number(product["id"]),
        "src": picture,
        "position": 1,
        "product_id": number(product["id"]),
        "alt": product["title"],
    }
    return {
        "admin_graphql_api_id": product["id"], "id": number(product["id"]), "title": product["title"],
        "body_html": product["descriptionHtml"],
        "vendor": product["vendor"], "product_type": product["productType"], "handle": product["handle"],
        "status": product["status"].lower(),
        "tags": ", ".join(product["tags"]), "created_at": product["createdAt"], "updated_at": product["updatedAt"],
        "published_at": product["publishedAt"], "template_suffix": None, "published_scope": "web", "category": None,
        "options": [
            {
                "id": number(one["id"]), "product_id": number(product["id"]), "name": one["name"], "position": one["position"],
                "values": one["values"],
            }
            for one in product["options"]
        ],
        "variants": [_variant(store, one) for one in variants[:FULL_VARIANTS]],
        "variant_gids": [{"admin_graphql_api_id": one["id"], "updated_at": one["updatedAt"]} for one in variants],
        "images": [image] if picture else [], "image": image if picture else None, "media": [],
        "has_variants_that_requires_components": False,
    }  # fmt: skip


def _variant(store: Store, variant: Node) -> Node:
    levels = [one for one in store.where("InventoryLevel", "item", variant["inventoryItem"]) if one["isActive"]]
    stock = sum(one["q"]["available"] for one in levels)
    options = [one["value"] for one in variant["selectedOptions"]] + [None] * 3
    return {
        "admin_graphql_api_id": variant["id"], "id": number(variant["id"]), "product_id": number(variant["product"]),
        "title": variant["title"],
        "sku": variant["sku"], "barcode": variant["barcode"], "price": variant["price"], "compare_at_price": variant["compareAtPrice"],
        "position": variant["position"], "inventory_policy": variant["inventoryPolicy"].lower(), "taxable": variant["taxable"],
        "option1": options[0], "option2": options[1], "option3": options[2], "image_id": None,
        "inventory_item_id": number(variant["inventoryItem"]), "inventory_quantity": stock, "old_inventory_quantity": stock,
        "created_at": variant["createdAt"], "updated_at": variant["updatedAt"],
    }  # fmt: skip


# --- orders -----------------------------------------------------------------------------------------------------------
def order_payload(store: Store, order: Node) -> Node:
    """orders/create, paid, updated, cancelled."""
    lines = [store[one] for one in order["lineItems"]]
    code = order["currencyCode"]
    goods = sum((Decimal(one["price"]) * one["quantity"] for one in lines), Decimal(0))
    shipping = sum((Decimal(one["price"]) for one in order["shippingLines"]), Decimal(0))
    current = sum((Decimal(one["price"]) * one["currentQuantity"] for one in lines), Decimal(0))
    statuses = {"FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial"}
    prices = {
        "total_line_items_price": goods, "subtotal_price": goods, "total_price": goods + shipping, "current_subtotal_price": current,
        "current_total_price": current + shipping, "total_tax": Decimal(0), "total_discounts": Decimal(0),
        "total_outstanding": Decimal(0) if order["displayFinancialStatus"] == "PAID" else goods + shipping,
    }  # fmt: skip
    return {
        "id": number(order["id"]), "admin_graphql_api_id": order["id"], "app_id": None, "name": order["name"],
        "number": order["number"], "order_number": order["number"] + 1000, "created_at": order["createdAt"],
        "updated_at": order["updatedAt"],
        "processed_at": order["processedAt"], "cancelled_at": order["cancelledAt"],
        "cancel_reason": (order["cancelReason"] or "").lower() or None, "closed_at": order["closedAt"], "confirmed": order["confirmed"],
        "currency": code, "presentment_currency": order["presentmentCurrencyCode"], "email": order["email"] or "",
        "contact_email": order["email"],
        "phone": order["phone"], "financial_status": (order["displayFinancialStatus"] or "").lower(),
        "fulfillment_status": statuses.get(order["displayFulfillmentStatus"]), "note": order["note"],
        "note_attributes": [{"name": one["key"], "value": one["value"]} for one in order["customAttributes"]],
        "po_number": order["poNumber"], "source_identifier": order["sourceIdentifier"], "source_name": order["sourceName"],
        "source_url": None,
        "tags": ", ".join(order["tags"]), "taxes_included": order["taxesIncluded"], "test": order["test"], "tax_lines": [],
        "discount_codes": [],
        **{name: f"{amount:.2f}" for name, amount in prices.items()},
        **{f"{name}_set": money_set(amount, code) for name, amount in prices.items() if name not in ("total_outstanding",)},
        "shipping_address": address_payload(order["shippingAddress"]), "billing_address": address_payload(order["billingAddress"]),
        "customer": customer_payload(store.get(order["customer"])),
        "line_items": [line_payload(one) for one in lines],
        "shipping_lines": [
            {"id": number(one["id"]), "title": one["title"], "code": one["code"], "source": one["source"], "price": one["price"]}
            for one in order["shippingLines"]
        ],
        "fulfillments": [fulfillment_payload(store, store[one]) for one in order["fulfillments"]],
        "refunds": [refund_payload(store, store[one]) for one in order["refunds"]],
    }  # fmt: skip


def line_payload(line: Node) -> Node:
    """One line of an order."""
    code = line["currency"]
    fulfilled = line["quantity"] - line["unfulfilledQuantity"]
    return {
        "id": number(line["id"]), "admin_graphql_api_id": line["id"], "title": line["title"], "name": line["name"], "sku": line["sku"],
        "quantity": line["quantity"], "current_quantity": line["currentQuantity"], "fulfillable_quantity": line["unfulfilledQuantity"],
        "fulfillment_service": "manual",
        "fulfillment_status": None if fulfilled == 0 else ("partial" if line["unfulfilledQuantity"] else "fulfilled"),
        "gift_card": False, "grams": line["grams"], "price": line["price"], "price_set": money_set(Decimal(line["price"]), code),
        "product_exists": line["product"] is not None, "product_id": line["product"] and number(line["product"]),
        "variant_id": line["variant"] and number(line["variant"]), "variant_title": line["variantTitle"], "vendor": line["vendor"],
        "variant_inventory_management": "shopify", "requires_shipping": line["requiresShipping"], "taxable": line["taxable"],
        "properties": [{"name": one["key"], "value": one["value"]} for one in line["customAttributes"]],
        "total_discount": "0.00", "total_discount_set": money_set(Decimal(0), code), "tax_lines": [], "duties": [],
        "discount_allocations": [],
    }  # fmt: skip


def fulfillment_payload(store: Store, fulfillment: Node) -> Node:
    """fulfillments/create and update."""
    order, tracking = store[fulfillment["order"]], fulfillment["trackingInfo"]
    lines = [store[one] for one in fulfillment["fulfillmentLineItems"]]
    events = [store[one] for one in fulfillment["events"]]
    return {
        "id": number(fulfillment["id"]), "admin_graphql_api_id": fulfillment["id"], "order_id": number(order["id"]),
        "name": fulfillment["name"], "status": fulfillment["status"].lower(), "created_at": fulfillment["createdAt"],
        "updated_at": fulfillment["updatedAt"], "service": "manual", "shipment_status": events[-1]["status"].lower() if events else None,
        "location_id": number(fulfillment["location"]), "origin_address": None, "email": order["email"],
        "tracking_company": tracking[0]["company"] if tracking else None, "tracking_number": tracking[0]["number"] if tracking else None,
        "tracking_numbers": [one["number"] for one in tracking if one["number"]],
        "tracking_url": tracking[0]["url"] if tracking else None, "tracking_urls": [one["url"] for one in tracking if one["url"]],
        "destination": address_payload(order["shippingAddress"]), "receipt": {},
        "line_items": [line_payload(store[one["lineItem"]]) | {"quantity": one["quantity"]} for one in lines],
    }  # fmt: skip


def event_payload(store: Store, event: Node) -> Node:
    """fulfillment_events/create."""
    fulfillment = store[event["fulfillment"]]
    return {
        "id": number(event["id"]), "admin_graphql_api_id": event["id"], "fulfillment_id": number(fulfillment["id"]),
        "order_id": number(fulfillment["order"]), "status": event["status"].lower(), "message": event["message"],
        "happened_at": event["happenedAt"], "created_at": event["createdAt"], "updated_at": event["createdAt"],
        "estimated_delivery_at": event.get("estimatedDeliveryAt"), "city": event.get("city"), "country": event.get("country"),
        "zip": event.get("zip"), "shop_id": number(store.shop["id"]),
    }  # fmt: skip


def refund_payload(store: Store, refund: Node) -> Node:
    """refunds/create."""
    order = store[refund["order"]]
    rows = []
    for one in refund["refundLineItems"]:
        line = store[one["lineItem"]]
        subtotal = Decimal(line["price"]) * one["quantity"]
        rows.append(
            {
                "id": number(one["id"]), "quantity": one["quantity"], "line_item_id": number(line["id"]),
                "location_id": one["location"] and number(one["location"]), "restock_type": one["restockType"].lower(),
                "subtotal": float(subtotal), "total_tax": 0, "subtotal_set": money_set(subtotal, order["currencyCode"]),
                "line_item": line_payload(line),
            }
        )  # fmt: skip
    return {
        "id": number(refund["id"]), "admin_graphql_api_id": refund["id"], "order_id": number(order["id"]),
        "created_at": refund["createdAt"],
        "processed_at": refund["createdAt"], "note": refund["note"], "user_id": None, "duties": [], "return": None,
        "refund_shipping_lines": [], "order_adjustments": [], "restock": any(one["restocked"] for one in refund["refundLineItems"]),
        "refund_line_items": rows, "transactions": [],
    }  # fmt: skip


def return_payload(store: Store, one: Node) -> Node:
    """returns/request, approve and decline."""
    rows = [store[each] for each in one["returnLineItems"]]
    written = {
        "id": number(one["id"]), "admin_graphql_api_id": one["id"], "status": one["status"].lower(), "name": one["name"],
        "order": {"id": number(one["order"]), "admin_graphql_api_id": one["order"]},
        "total_return_line_items": sum(row["quantity"] for row in rows),
        "return_line_items": [
            {
                "id": number(row["id"]), "admin_graphql_api_id": row["id"], "quantity": row["quantity"],
                "return_reason": row["reason"].replace("-", "_"), "return_reason_note": row["returnReasonNote"],
                "customer_note": row["customerNote"],
                "fulfillment_line_item": {
                    "id": number(row["fulfillmentLineItem"]), "admin_graphql_api_id": row["fulfillmentLineItem"],
                },
            }
            for row in rows
        ],
        "return_shipping_fees": [], "exchange_line_items": [], "total_exchange_line_items": 0,
    }  # fmt: skip
    if one["decline"]:
        written["decline"] = {"reason": one["decline"]["reason"].lower(), "note": one["decline"]["note"]}
    return written


def return_change_payload(store: Store, one: Node) -> Node:
    """returns/cancel, close and reopen."""
    return {
        "id": number(one["id"]), "admin_graphql_api_id": one["id"], "order_id": number(one["order"]), "status": one["status"].lower(),
    }  # fmt: skip


def return_update_payload(one: Node, removed: list[tuple[str, int]]) -> Node:
    """returns/update: it names the return and what was taken out of it, and no order."""
    nothing: Node = {"updates": [], "removals": []}
    return {
        "admin_graphql_api_id": one["id"],
        "return_line_items": {"removals": [{"admin_graphql_api_id": line, "delta": units} for line, units in removed]},
        "restocking_fees": nothing, "return_shipping_fees": nothing,
    }  # fmt: skip


def customer_payload(customer: Node | None) -> Node | None:
    """The customer inside an order."""
    if customer is None:
        return None
    return {
        "id": number(customer["id"]), "admin_graphql_api_id": customer["id"], "email": customer["email"], "phone": customer["phone"],
        "first_name": customer["firstName"], "last_name": customer["lastName"], "state": "disabled", "created_at": customer["createdAt"],
        "updated_at": customer["updatedAt"], "tags": ", ".join(customer["tags"]), "verified_email": True,
    }  # fmt: skip


def address_payload(address: Node | None) -> Node | None:
    """A postal address."""
    if address is None:
        return None
    return {
        "first_name": address["firstName"], "last_name": address["lastName"], "name": address["name"], "company": address["company"],
        "address1": address["address1"], "address2": address["address2"], "city": address["city"], "zip": address["zip"],
        "province": address["province"], "province_code": address["provinceCode"], "country": address["country"],
        "country_code": address["countryCodeV2"], "phone": address["phone"], "latitude": None, "longitude": None,
    }  # fmt: skip


def order_of_fulfillment(fulfillment_order: Node, **more: Any) -> Node:
    """The fulfilment order inside fulfillment_orders/*."""
    return {
        "id": fulfillment_order["id"], "status": fulfillment_order["status"].lower(),
        "request_status": fulfillment_order["requestStatus"].lower(), "assigned_location_id": fulfillment_order["location"], **more,
    }  # fmt: skip


def money_set(amount: Decimal, code: str) -> Node:
    """An amount in both currencies, which are one here."""
    money = {"amount": f"{amount:.2f}", "currency_code": code}
    return {"shop_money": money, "presentment_money": dict(money)}
