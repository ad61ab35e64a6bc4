"""Orders: an app's or a customer's, created in one step with routing and stock; changed, paid, tagged, cancelled."""

from decimal import Decimal
from typing import Any

from network.connectors.shopify.standin.assigning import Share, Want, assign
from network.connectors.shopify.standin.fulfilment import close_for_cancel, open_fulfillment_order, tell
from network.connectors.shopify.standin.identifiers import gid
from network.connectors.shopify.standin.inventory import shift
from network.connectors.shopify.standin.loading import add_level
from network.connectors.shopify.standin.metafields import keep_metafield
from network.connectors.shopify.standin.payloads import order_payload
from network.connectors.shopify.standin.registry import Call, mutation, refuse_unknown, user_error
from network.connectors.shopify.standin.state import Node, Store

OBEY, IGNORE, BYPASS = "DECREMENT_OBEYING_POLICY", "DECREMENT_IGNORING_POLICY", "BYPASS"
KNOWN = {
    "billingAddress", "buyerAcceptsMarketing", "closedAt", "currency", "customAttributes", "customer", "customerId", "email",
    "financialStatus",
    "lineItems", "metafields", "name", "note", "phone", "poNumber", "presentmentCurrency", "processedAt", "referringSite",
    "shippingAddress",
    "shippingLines", "sourceIdentifier", "sourceName", "sourceUrl", "tags", "taxesIncluded", "test",
}  # fmt: skip


@mutation("orderCreate")
def create_order(call: Call, order: Node, options: Node | None = None) -> Node:
    """Create an order, route it and take its stock.

    An app's order does with stock what its options say (nothing, by default). A shopper's is a checkout: it obeys the policy,
    is paid unless it says otherwise, and gets a customer.
    """
    behaviour = (options or {}).get("inventoryBehaviour", BYPASS)
    shopper = call.grant.kind == "shopper"
    if shopper:
        behaviour = OBEY
    problems = _problems(call, order)
    if problems:
        return {"order": None, "userErrors": problems}
    lines = [_line(call, row, order, shopper) for row in order["lineItems"]]
    shares, short = _routed(call, lines)
    if short and behaviour == OBEY:
        return {
            "order": None,
            "userErrors": [user_error("Unable to reserve inventory", ["order", "lineItems"], "INVENTORY_CLAIM_FAILED")],
        }
    made = _order(call, order, lines, shopper)
    store = call.store
    by_place: dict[str, list[Share]] = {}
    for share in shares:
        by_place.setdefault(share.location, []).append(share)
    ids = []
    for place, mine in by_place.items():
        parts = [(store[lines[share.line]["id"]], share.quantity) for share in mine]
        ids.append(open_fulfillment_order(store, made, place, parts, claimed=behaviour != BYPASS)["id"])
        if behaviour != BYPASS:
            _take(store, place, parts)
    store.change(made, fulfillmentOrders=ids)
    for row in order.get("metafields") or []:
        keep_metafield(call, made, row)
    announce_order(store, made, "orders/create")
    if made["displayFinancialStatus"] == "PAID":
        announce_order(store, made, "orders/paid")
    for one in ids:
        tell(store, store[one], "order_routing_complete", {"fulfillment_order": {"id": one, "status": "open"}})
    return {"order": made, "userErrors": []}


def announce_order(store: Store, order: Node, topic: str = "orders/updated") -> None:
    """Tell subscribers about an order as it stands when the change commits."""
    store.emit(topic, order["id"], lambda: order_payload(store, order))


def touch_order(store: Store, order: Node, **fields: Any) -> None:
    """Change an order, work out how far it is fulfilled, and announce it."""
    store.change(order, **fields, updatedAt=store.clock.iso())
    lines = [store[one] for one in order["lineItems"]]
    wanted, left = sum(one["currentQuantity"] for one in lines), sum(one["unfulfilledQuantity"] for one in lines)
    done = any(store[one]["status"] == "SUCCESS" for one in order["fulfillments"])
    status = "UNFULFILLED"
    if done and (left == 0 or not wanted):
        status = "FULFILLED"
    elif done:
        status = "PARTIALLY_FULFILLED"
    elif any(store[one]["status"] == "ON_HOLD" for one in order["fulfillmentOrders"]):
        status = "ON_HOLD"
    elif any(store[one]["status"] == "IN_PROGRESS" for one in order["fulfillmentOrders"]):
        status = "IN_PROGRESS"
    store.change(order, displayFulfillmentStatus=status)
    announce_order(store, order)


def _problems(call: Call, order: Node) -> list[Node]:
    refuse_unknown("orderCreate", order, KNOWN)
    if order.get("customer") and order.get("customerId"):
        return [user_error("Only one of customer and customerId may be given", ["order"], "REDUNDANT_CUSTOMER_FIELDS")]
    rows = order.get("lineItems") or []
    if not rows:
        return [user_error("Line items must have at least one line item", ["order", "lineItems"], "INVALID")]
    problems = []
    for place, row in enumerate(rows):
        where = ["order", "lineItems", str(place)]
        if row["quantity"] < 1:
            problems.append(user_error("Quantity must be greater than 0", [*where, "quantity"], "INVALID"))
        if row.get("variantId") and call.store.get(row["variantId"]) is None:
            problems.append(user_error("Variant is invalid", [*where, "variantId"], "INVALID"))
        if not row.get("variantId") and not row.get("title"):
            problems.append(user_error("Title can't be blank", [*where, "title"], "INVALID"))
    return problems


def _line(call: Call, row: Node, order: Node, shopper: bool) -> Node:
    store, variant = call.store, call.store.get(row.get("variantId"))
    product = store[variant["product"]] if variant else None
    item = store[variant["inventoryItem"]] if variant else None
    title = row.get("title") or (product or {}).get("title") or ""
    form = row.get("variantTitle") or (None if not variant or variant["title"] == "Default Title" else variant["title"])
    price = ((row.get("priceSet") or {}).get("shopMoney") or {}).get("amount")
    return {
        "variant": variant and variant["id"], "product": product and product["id"], "title": title,
        "name": f"{title} - {form}" if form else title, "variantTitle": form, "vendor": row.get("vendor") or (product or {}).get("vendor"),
        "sku": row.get("sku") or (variant or {}).get("sku"), "quantity": row["quantity"], "currentQuantity": row["quantity"],
        "unfulfilledQuantity": row["quantity"], "refundableQuantity": row["quantity"], "fulfillableQuantity": row["quantity"],
        "requiresShipping": item["requiresShipping"] if shopper and item else bool(row.get("requiresShipping")),
        "taxable": bool(row.get("taxable", True)),
        "price": f"{Decimal(str(price if price is not None else (variant or {}).get('price', '0'))):.2f}",
        "currency": order.get("currency") or store.shop["currencyCode"], "grams": (item or {}).get("grams", 0), "isGiftCard": False,
        "customAttributes": [{"key": one["name"], "value": one["value"]} for one in row.get("properties") or []],
        "item": item and item["id"], "counted": bool(item and item["tracked"]),
        "oversold": bool(variant and variant["inventoryPolicy"] == "CONTINUE"),
    }  # fmt: skip


def _routed(call: Call, lines: list[Node]) -> tuple[list[Share], bool]:
    wants = [
        Want(place, one["item"], one["quantity"], one["counted"], one["oversold"]) for place, one in enumerate(lines)
    ]
    wants = _merged(wants)
    only = call.standin.faults.wrong_place(call.store)
    if only:
        shares = [Share(want.line, only, want.quantity, covered=True) for want in wants]
    else:
        shares = assign(call.store, wants)
    return _unmerged(shares, lines), any(not share.covered for share in shares)


def _merged(wants: list[Want]) -> list[Want]:
    """Count lines of the same item together, or two of them would be promised the same last unit."""
    merged: dict[Any, Want] = {}
    for want in wants:
        key = want.item if want.item and want.counted else (want.line,)
        if key in merged:
            first = merged[key]
            want = Want(first.line, first.item, first.quantity + want.quantity, first.counted, first.oversold)
        merged[key] = want
    return list(merged.values())


def _unmerged(shares: list[Share], lines: list[Node]) -> list[Share]:
    left = {place: one["quantity"] for place, one in enumerate(lines)}
    result = []
    for share in shares:
        open_units = share.quantity
        twins = [
            place
            for place, one in enumerate(lines)
            if place == share.line or (one["counted"] and one["item"] == lines[share.line]["item"])
        ]
        for place in twins:
            taken = min(open_units, left[place])
            if taken:
                result.append(Share(place, share.location, taken, share.covered))
                left[place] -= taken
                open_units -= taken
    return result


def _order(call: Call, order: Node, lines: list[Node], shopper: bool) -> Node:
    store, code = call.store, order.get("currency") or call.store.shop["currencyCode"]
    count = store.records["meta"].get("orders", 0) + 1
    store.record("meta", "orders", count)
    customer = _customer(call, order, shopper)
    made = store.add(
        "Order",
        number=count, name=order.get("name") or f"#{1000 + count}", createdAt=call.now, updatedAt=call.now,
        processedAt=order.get("processedAt") or call.now, cancelledAt=None, cancelReason=None, closedAt=order.get("closedAt"), closed=False,
        email=order.get("email") or (customer or {}).get("email"), phone=order.get("phone"), note=order.get("note"),
        tags=list(dict.fromkeys(order.get("tags") or [])), test=bool(order.get("test")), currencyCode=code,
        presentmentCurrencyCode=order.get("presentmentCurrency") or code,
        taxesIncluded=True if shopper else bool(order.get("taxesIncluded")),
        displayFinancialStatus=order.get("financialStatus") or ("PAID" if shopper else "PENDING"), displayFulfillmentStatus="UNFULFILLED",
        confirmed=True, edited=False, sourceName=order.get("sourceName") or ("web" if shopper else call.grant.client),
        sourceIdentifier=order.get("sourceIdentifier"), registeredSourceUrl=order.get("sourceUrl"), poNumber=order.get("poNumber"),
        customAttributes=[dict(one) for one in order.get("customAttributes") or []], client=call.grant.client,
        shippingAddress=address(store, order.get("shippingAddress") or (on_file(store) if shopper else None)),
        billingAddress=address(store, order.get("billingAddress")),
        customer=customer and customer["id"], lineItems=[], fulfillmentOrders=[], fulfillments=[], refunds=[], returns=[], transactions=[],
        shippingLines=[_shipping_line(store, row) for row in order.get("shippingLines") or []], refunded="0.00",
    )  # fmt: skip
    for line in lines:
        kept = {name: value for name, value in line.items() if name not in {"counted", "oversold"}}
        line["id"] = store.add("LineItem", order=made["id"], **kept)["id"]
    return store.change(made, lineItems=[line["id"] for line in lines])


def _customer(call: Call, order: Node, shopper: bool) -> Node | None:
    store, given = call.store, order.get("customer") or {}
    if order.get("customerId") or given.get("toAssociate"):
        return store.get(order.get("customerId") or given["toAssociate"].get("id"))
    wanted = dict(given.get("toUpsert") or {})
    place = order.get("shippingAddress") or {}
    if shopper and order.get("email"):
        wanted = {
            "email": order["email"],
            "phone": order.get("phone"),
            "firstName": place.get("firstName"),
            "lastName": place.get("lastName"),
        } | wanted
    if not wanted:
        return None
    known = next(iter(store.where("Customer", "email", wanted["email"])), None) if wanted.get("email") else None
    return known or store.add(
        "Customer",
        email=wanted.get("email"), phone=wanted.get("phone"), firstName=wanted.get("firstName"), lastName=wanted.get("lastName"),
        note=wanted.get("note"), tags=list(wanted.get("tags") or []), createdAt=call.now, updatedAt=call.now, state="DISABLED",
    )  # fmt: skip


def on_file(store: Store) -> Node | None:
    """The address a checkout knows of a shopper who gave none: in the shop's own town."""
    place = next((one["address"] for one in store.all("Location") if one.get("address")), None)
    if place is None:
        return None
    kept = {name: place.get(name) for name in ("city", "zip", "countryCode")}
    return {"firstName": "Sam", "lastName": "Shopper", "address1": "Parkweg 4", **kept}


def address(store: Store, given: Node | None) -> Node | None:
    """Keep a postal address."""
    if not given:
        return None
    full = " ".join(part for part in (given.get("firstName"), given.get("lastName")) if part) or None
    names = (
        "firstName",
        "lastName",
        "company",
        "address1",
        "address2",
        "city",
        "zip",
        "province",
        "provinceCode",
        "phone",
    )
    code = given.get("countryCode")
    return {
        "__typename": "MailingAddress", "id": gid("MailingAddress", store.number()), **{name: given.get(name) for name in names},
        "name": full,
        "country": given.get("country") or code, "countryCode": code, "countryCodeV2": code,
        "formattedArea": ", ".join(part for part in (given.get("city"), code) if part) or None,
    }  # fmt: skip


def _shipping_line(store: Store, row: Node) -> Node:
    amount = f"{Decimal(str(row['priceSet']['shopMoney']['amount'])):.2f}"
    return {
        "__typename": "ShippingLine", "id": gid("ShippingLine", store.number()), "title": row["title"],
        "code": row.get("code") or row["title"],
        "source": row.get("source"), "price": amount, "custom": True, "isRemoved": False,
    }  # fmt: skip


def _take(store: Store, place: str, parts: list[tuple[Node, int]]) -> None:
    for line, units in parts:
        item = store.get(line["item"])
        if item is not None and item["tracked"]:
            level = store.level(item["id"], place) or add_level(store, item["id"], place, 0, active=False)
            shift(store, level, available=-units, committed=units)


# --- later ------------------------------------------------------------------------------------------------------------
@mutation("orderUpdate")
def update_order(call: Call, input: Node) -> Node:
    """Change notes, tags, contact or address of an order."""
    order = call.store.get(input["id"])
    if order is None:
        return {"order": None, "userErrors": [user_error("Order does not exist", ["id"])]}
    refuse_unknown(
        "orderUpdate",
        input,
        {"id", "note", "tags", "email", "phone", "poNumber", "customAttributes", "shippingAddress"},
    )
    fields = {name: value for name, value in input.items() if name not in {"id", "shippingAddress"}}
    if "shippingAddress" in input:
        fields["shippingAddress"] = address(call.store, input["shippingAddress"])
    touch_order(call.store, order, **fields)
    return {"order": order, "userErrors": []}


@mutation("tagsAdd")
def add_tags(call: Call, id: str, tags: list[str]) -> Node:
    """Add tags to an order, a product or a customer."""
    return _tag(call, id, lambda have: list(dict.fromkeys([*have, *tags])))


@mutation("tagsRemove")
def remove_tags(call: Call, id: str, tags: list[str]) -> Node:
    """Take tags off an order, a product or a customer."""
    return _tag(call, id, lambda have: [one for one in have if one not in tags])


def _tag(call: Call, global_id: str, change: Any) -> Node:
    node = call.store.get(global_id)
    if node is None or "tags" not in node:
        return {"node": None, "userErrors": [user_error("The resource does not exist or cannot be tagged", ["id"])]}
    if not call.grant.holds(
        {"Order": "write_orders", "Product": "write_products"}.get(node["__typename"], "write_customers")
    ):
        return {"node": None, "userErrors": [user_error("Access denied", ["id"])]}
    if node["__typename"] == "Order":
        touch_order(call.store, node, tags=change(node["tags"]))
    else:
        call.store.change(node, tags=change(node["tags"]), updatedAt=call.now)
    return {"node": node, "userErrors": []}


@mutation("orderMarkAsPaid")
def mark_paid(call: Call, input: Node) -> Node:
    """Mark an order as paid."""
    order = call.store.get(input["id"])
    if order is None:
        return {"order": None, "userErrors": [user_error("Order does not exist", ["id"])]}
    if order["displayFinancialStatus"] == "PAID" or order["cancelledAt"]:
        return {"order": order, "userErrors": [user_error("Order cannot be marked as paid", ["id"])]}
    touch_order(call.store, order, displayFinancialStatus="PAID")
    announce_order(call.store, order, "orders/paid")
    return {"order": order, "userErrors": []}


@mutation("orderCustomerRemove")
def remove_customer(call: Call, order_id: str) -> Node:
    """Take the customer off an order."""
    order = call.store.get(order_id)
    if order is None:
        return {"order": None, "userErrors": [user_error("Order does not exist", ["orderId"], "INVALID")]}
    touch_order(call.store, order, customer=None)
    return {"order": order, "userErrors": []}


@mutation("orderCancel")
def cancel_order(call: Call, order_id: str, reason: str, restock: bool, **more: Any) -> Node:
    """Cancel an order by a job that ends a moment later; refused once anything was shipped."""
    order, problem = call.store.get(order_id), None
    if order is None:
        problem = user_error("Order does not exist", ["orderId"], "NOT_FOUND")
    elif order["cancelledAt"]:
        problem = user_error("Order has already been cancelled", ["orderId"], "INVALID")
    elif any(call.store[one]["status"] == "SUCCESS" for one in order["fulfillments"]):
        problem = user_error("Cannot cancel an order that has fulfillments", ["orderId"], "INVALID")
    if problem:
        return {"job": None, "orderCancelUserErrors": [problem], "userErrors": [problem]}
    refund = bool(more.get("refund") or (more.get("refund_method") or {}).get("originalPaymentMethodsRefund"))
    job = call.store.add(
        "Job", done=False, work={"order": order_id, "reason": reason, "restock": restock, "refund": refund}
    )
    call.store.afterwards(lambda: call.standin.later(lambda: finish_cancel(call.store, job["id"])))
    return {"job": job, "orderCancelUserErrors": [], "userErrors": []}


def finish_cancel(store: Store, job_id: str) -> None:
    """Do what a cancelling job was asked to. *Again*: a finished job does nothing."""
    with store.writing():
        job = store[job_id]
        if job["done"]:
            return
        work, order = job["work"], store[job["work"]["order"]]
        store.change(job, done=True)
        if order["cancelledAt"] or any(store[one]["status"] == "SUCCESS" for one in order["fulfillments"]):
            return
        close_for_cancel(store, order, restock=work["restock"])
        for one in order["lineItems"]:
            store.change(store[one], currentQuantity=0, unfulfilledQuantity=0, fulfillableQuantity=0)
        paid = order["displayFinancialStatus"] == "PAID"
        status = {True: "REFUNDED" if work["refund"] else "PAID", False: "VOIDED"}[paid]
        touch_order(
            store, order, cancelledAt=store.clock.iso(), cancelReason=work["reason"], displayFinancialStatus=status
        )
        announce_order(store, order, "orders/cancelled")
