"""From Shopify's words to the network's: GraphQL nodes into remote values. Pure; webhooks are in payloads.py."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from network.connectors.base import (
    PlacedOrder,
    RemoteAddress,
    RemoteFulfilment,
    RemoteFulfilmentLine,
    RemoteFulfilmentOrder,
    RemoteLevel,
    RemoteLocation,
    RemoteOrder,
    RemoteOrderLine,
    RemoteProduct,
    RemoteShop,
    RemoteVariant,
)
from network.connectors.returned import RemoteReturn, RemoteReturnLine
from skuu.kit.errors import NotPossible
from skuu.kit.money import parse_minor

Node = dict[str, Any]
GRAMS = {"GRAMS": 1.0, "KILOGRAMS": 1000.0, "OUNCES": 28.349523125, "POUNDS": 453.59237}
RETURN_STATUSES = {"REQUESTED": "requested", "OPEN": "open", "CLOSED": "closed", "DECLINED": "declined"}
# handles of Shopify's own list of reasons, dashes as underscores; stores may add others, which are “other”
REASONS = {
    "size_too_small": "too_small",
    "size_too_large": "too_large",
    "unwanted": "not_liked",
    "style": "not_liked",
    "color": "not_liked",
    "not_as_described": "not_liked",
    "defective": "faulty",
    "wrong_item": "wrong_item",
}
STATUSES = {"ACTIVE": "active", "DRAFT": "draft", "ARCHIVED": "archived", "UNLISTED": "draft"}


def moment(text: Any) -> dt.datetime | None:
    """Read a time of Shopify's as aware UTC; None when it is none."""
    try:
        read = dt.datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return read.astimezone(dt.UTC) if read.tzinfo else read.replace(tzinfo=dt.UTC)


def shop(data: Node) -> RemoteShop:
    """Read the store's facts and what it granted."""
    found, installed = data["shop"], data.get("currentAppInstallation") or {}
    place = found.get("shopAddress") or {}
    return RemoteShop(
        name=found["name"],
        domain=found["myshopifyDomain"],
        country=place.get("countryCodeV2") or "",
        currency=found["currencyCode"],
        address1=place.get("address1") or "",
        postcode=place.get("zip") or "",
        city=place.get("city") or "",
        taxes_included=bool(found.get("taxesIncluded")),
        scopes=tuple(sorted(one["handle"] for one in installed.get("accessScopes") or ())),
    )


def location(node: Node) -> RemoteLocation:
    """Read a location."""
    place = node.get("address") or {}
    return RemoteLocation(
        id=node["id"],
        name=node["name"],
        is_service=bool(node["isFulfillmentService"]),
        is_active=bool(node["isActive"]),
        country=place.get("countryCode") or "",
        postcode=place.get("zip") or "",
        city=place.get("city") or "",
        address1=place.get("address1") or "",
    )


def product(node: Node, variants: Iterable[Node], currency: str) -> RemoteProduct:
    """Read a product with all its variants; a variant whose price cannot be read is left out, never sold for nothing."""
    image = (((node.get("featuredMedia") or {}).get("preview") or {}).get("image") or {}).get("url")
    options = sorted(node.get("options") or (), key=lambda one: one.get("position") or 0)
    given = list(variants)
    read = [one for one in (_variant(one, currency) for one in given) if one is not None]
    missing = len(given) - len(read)
    return RemoteProduct(
        id=node["id"],
        title=node.get("title") or "",
        handle=node.get("handle") or "",
        vendor=node.get("vendor") or "",
        product_type=node.get("productType") or "",
        tags=tuple(node.get("tags") or ()),
        status=STATUSES.get(node.get("status") or "", "draft"),
        image_url=image or "",
        option_names=tuple(one["name"] for one in options),
        updated_at=moment(node.get("updatedAt")),
        variants=tuple(sorted(read, key=lambda one: (one.position, one.id))),
        problem=f"{missing} variants have a price that cannot be read and are left out." if missing else "",
    )


def _variant(node: Node, currency: str) -> RemoteVariant | None:
    item = node["inventoryItem"]
    try:
        price = parse_minor(node["price"], currency)
        before = node.get("compareAtPrice")
        compare_at = parse_minor(before, currency) if before else None
    except NotPossible:
        return None
    return RemoteVariant(
        id=node["id"],
        inventory_item_id=item["id"],
        title=node.get("title") or "",
        options=tuple((one["name"], one["value"]) for one in node.get("selectedOptions") or ()),
        sku=node.get("sku") or "",
        barcode=node.get("barcode") or "",
        price_minor=price,
        compare_at_minor=compare_at,
        position=node.get("position") or 0,
        sells_without_stock=node.get("inventoryPolicy") == "CONTINUE",
        taxable=bool(node.get("taxable")),
        tracked=bool(item.get("tracked")),
        requires_shipping=bool(item.get("requiresShipping")),
        grams=_grams(item),
        hs_code=item.get("harmonizedSystemCode") or "",
        origin_country=item.get("countryCodeOfOrigin") or "",
        updated_at=moment(node.get("updatedAt")),
    )


def _grams(item: Node) -> int:
    weight = (item.get("measurement") or {}).get("weight") or {}
    return max(0, round(float(weight.get("value") or 0) * GRAMS.get(weight.get("unit") or "", 0.0)))


def level(node: Node, read_at: dt.datetime) -> RemoteLevel:
    """Read the available units of an item at a location."""
    available = next((one["quantity"] for one in node["quantities"] if one["name"] == "available"), 0)
    return RemoteLevel(
        id=node["id"],
        inventory_item_id=node["item"]["id"],
        location_id=node["location"]["id"],
        available=int(available),
        is_active=bool(node["isActive"]),
        updated_at=moment(node.get("updatedAt")),
        read_at=read_at,
    )


def order(node: Node, lines: Sequence[Node], fulfilment_orders: Sequence[RemoteFulfilmentOrder]) -> RemoteOrder:
    """Read a customer's order; prices are as sold, in the store's currency, before order discounts."""
    risk = node.get("risk") or {}
    high = any(one.get("riskLevel") == "HIGH" for one in risk.get("assessments") or ())
    return RemoteOrder(
        id=node["id"],
        name=node["name"],
        currency=node["currencyCode"],
        taxes_included=bool(node["taxesIncluded"]),
        financial_status=node.get("displayFinancialStatus") or "",
        fully_paid=bool(node.get("fullyPaid")),
        test=bool(node.get("test")),
        created_at=moment(node["createdAt"]) or dt.datetime.min.replace(tzinfo=dt.UTC),
        updated_at=moment(node.get("updatedAt")),
        cancelled_at=moment(node.get("cancelledAt")),
        source_identifier=node.get("sourceIdentifier") or "",
        tags=tuple(node.get("tags") or ()),
        high_risk=high or risk.get("recommendation") == "CANCEL",
        on_hold=any(one.status == "ON_HOLD" for one in fulfilment_orders),
        locale=node.get("customerLocale") or "",
        refunded_minor=_refunded(node),
        lines=tuple(_order_line(one) for one in lines),
        fulfilment_orders=tuple(fulfilment_orders),
    )


def _refunded(node: Node) -> int | None:
    money = (node.get("totalRefundedSet") or {}).get("shopMoney")
    return parse_minor(money["amount"], money["currencyCode"]) if money else None


def _order_line(node: Node) -> RemoteOrderLine:
    money = node["originalUnitPriceSet"]["shopMoney"]
    return RemoteOrderLine(
        id=node["id"],
        variant_id=(node.get("variant") or {}).get("id") or "",
        title=node.get("name") or "",
        sku=node.get("sku") or "",
        quantity=int(node["currentQuantity"]),
        unit_price_minor=parse_minor(money["amount"], money["currencyCode"]),
        requires_shipping=bool(node.get("requiresShipping")),
    )


def fulfilment_order(node: Node, lines: Sequence[Node]) -> RemoteFulfilmentOrder:
    """Read which location must ship which units; one held by anybody counts as on hold."""
    place = (node.get("assignedLocation") or {}).get("location") or {}
    held = node.get("fulfillmentHolds") and node["status"] in ("OPEN", "SCHEDULED")
    return RemoteFulfilmentOrder(
        id=node["id"],
        status="ON_HOLD" if held else node["status"],
        request_status=node["requestStatus"],
        location_id=place.get("id") or "",
        at_service=bool(place.get("isFulfillmentService")),
        lines=tuple(
            RemoteFulfilmentLine(
                id=one["id"],
                line_id=one["lineItem"]["id"],
                remaining=int(one["remainingQuantity"]),
                total=int(one["totalQuantity"]),
            )
            for one in lines
        ),
    )


def destination(node: Node) -> RemoteAddress:
    """Read what a parcel label needs."""
    name = " ".join(part for part in (node.get("firstName"), node.get("lastName")) if part)
    return RemoteAddress(
        name=name,
        company=node.get("company") or "",
        address1=node.get("address1") or "",
        address2=node.get("address2") or "",
        city=node.get("city") or "",
        zip=node.get("zip") or "",
        province=node.get("province") or "",
        country=node.get("countryCode") or "",
    )


def mailing_address(address: RemoteAddress) -> Node:
    """Write an address as Shopify takes it; a province only where it is a code, because names are no longer accepted."""
    first, _, last = address.name.strip().rpartition(" ")
    wanted = {
        "firstName": first,
        "lastName": last,
        "company": address.company,
        "address1": address.address1,
        "address2": address.address2,
        "city": address.city,
        "zip": address.zip,
        "provinceCode": address.province if 1 <= len(address.province) <= 3 and address.province.isupper() else "",
        "countryCode": address.country,
    }
    return {name: value for name, value in wanted.items() if value}


def placed_order(node: Node, fulfilment_orders: Sequence[RemoteFulfilmentOrder] = ()) -> PlacedOrder:
    """Read an internal order at the shipper."""
    lines = [((one.get("variant") or {}).get("id") or "", one["id"]) for one in node["lineItems"]["nodes"]]
    return PlacedOrder(
        id=node["id"],
        name=node["name"],
        lines=tuple(lines),
        cancelled=bool(node.get("cancelledAt")),
        fulfilment_orders=tuple(fulfilment_orders),
    )


def fulfilment(node: Node, order_id: str) -> RemoteFulfilment:
    """Read a parcel; the first tracking number counts when there are several."""
    tracking: Node = next(iter(node.get("trackingInfo") or ()), {})
    events = [
        (one["status"], moment(one["happenedAt"]), one.get("message") or "")
        for one in (node.get("events") or {}).get("nodes", ())
    ]
    return RemoteFulfilment(
        id=node["id"],
        order_id=order_id,
        status=node["status"],
        carrier=tracking.get("company") or "",
        tracking_number=tracking.get("number") or "",
        tracking_url=tracking.get("url") or "",
        created_at=moment(node.get("createdAt")),
        updated_at=moment(node.get("updatedAt")),
        delivered_at=moment(node["deliveredAt"]) if node.get("deliveredAt") else None,
        lines=tuple(
            (one["lineItem"]["id"], int(one["quantity"]))
            for one in (node.get("fulfillmentLineItems") or {}).get("nodes", ())
        ),
        events=tuple(sorted(((status, at, message) for status, at, message in events if at), key=lambda one: one[1])),
    )


def returned(node: Node, lines: Sequence[Node], parcel_of: dict[str, str]) -> RemoteReturn:
    """Read a return; what customers and staff wrote about it stays at the store. A line without a parcel names nothing of ours.

    ``parcel_of`` tells the fulfilment of each of the order's fulfilment lines, which do not say it themselves.
    """
    sent = [(one, one["fulfillmentLineItem"]) for one in lines if one.get("fulfillmentLineItem")]
    return RemoteReturn(
        id=node["id"],
        name=node.get("name") or "",
        status=RETURN_STATUSES.get(node["status"], "cancelled"),
        lines=tuple(
            RemoteReturnLine(
                fulfilment_id=parcel_of.get(of["id"], ""),
                line_id=of["lineItem"]["id"],
                quantity=int(one["quantity"]),
                reason=_reason(one),
            )
            for one, of in sent
        ),
    )


def _reason(node: Node) -> str:
    handle = (node.get("returnReasonDefinition") or {}).get("handle") or ""
    return REASONS.get(handle.lower().replace("-", "_"), "other")
