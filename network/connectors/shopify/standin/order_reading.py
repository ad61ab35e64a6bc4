"""Reading orders: lists, amounts, customers, and everything that is worked out from the lines."""

from decimal import Decimal
from typing import Any

from network.connectors.shopify.standin.catalogue import ordered
from network.connectors.shopify.standin.registry import Call, Rows, field_of, query
from network.connectors.shopify.standin.searching import search
from network.connectors.shopify.standin.state import Node


def bag(code: str, amount: Decimal | str | int) -> Node:
    """Write an amount in both of an order's currencies, which are one here."""
    money = {"__typename": "MoneyV2", "amount": f"{Decimal(amount):.2f}", "currencyCode": code}
    return {"__typename": "MoneyBag", "shopMoney": money, "presentmentMoney": dict(money)}


@query("orders")
def orders(call: Call, query: str | None = None, sort_key: str | None = "PROCESSED_AT", **_: Any) -> Rows:
    """List orders."""
    rows = search(call.store, "Order", query)
    if sort_key == "PROCESSED_AT":
        return Rows(
            sorted(rows, key=lambda one: (one["processedAt"], int(one["legacyResourceId"]))),
            lambda one: one["processedAt"],
        )
    return ordered(rows, sort_key)


@query("ordersCount")
def orders_count(call: Call, query: str | None = None, **_: Any) -> Node:
    """Count orders."""
    return {"count": len(search(call.store, "Order", query)), "precision": "EXACT"}


@query("order", "refund", "job", "customer", "return", "fulfillment")
def one_of_orders(call: Call, id: str) -> Node | None:
    """Find an order, a refund, a job, a customer, a return or a fulfilment."""
    return call.store.get(id)


@query("customers")
def customers(call: Call, query: str | None = None, sort_key: str | None = None, **_: Any) -> Rows:
    """List customers."""
    return ordered(search(call.store, "Customer", query), sort_key)


# --- amounts ----------------------------------------------------------------------------------------------------------
def _lines(call: Call, order: Node) -> list[Node]:
    return [call.store[one] for one in order["lineItems"]]


def _goods(call: Call, order: Node, count: str) -> Decimal:
    return sum((Decimal(one["price"]) * one[count] for one in _lines(call, order)), Decimal(0))


def _shipping(order: Node) -> Decimal:
    return sum((Decimal(one["price"]) for one in order["shippingLines"]), Decimal(0))


def _total(call: Call, order: Node) -> Decimal:
    return _goods(call, order, "quantity") + _shipping(order)


def _current(call: Call, order: Node) -> Decimal:
    kept = any(one["currentQuantity"] for one in _lines(call, order))
    return _goods(call, order, "currentQuantity") + (_shipping(order) if kept else Decimal(0))


AMOUNTS = {
    "totalPrice": _total,
    "originalTotalPrice": _total,
    "currentTotalPrice": _current,
    "subtotalPrice": lambda call, order: _goods(call, order, "quantity"),
    "currentSubtotalPrice": lambda call, order: _goods(call, order, "currentQuantity"),
    "totalShippingPrice": lambda call, order: _shipping(order),
    "currentShippingPrice": lambda call, order: _shipping(order),
    "totalReceived": lambda call, order: (
        _total(call, order) if order["displayFinancialStatus"] in {"PAID", "REFUNDED"} else Decimal(0)
    ),
    "netPayment": lambda call, order: _total(call, order) if order["displayFinancialStatus"] == "PAID" else Decimal(0),
    "totalOutstanding": lambda call, order: (
        Decimal(0) if order["displayFinancialStatus"] != "PENDING" else _current(call, order)
    ),
    "totalRefunded": lambda call, order: Decimal(order["refunded"]),
}
for _name, _amount in AMOUNTS.items():
    field_of("Order", f"{_name}Set")(
        lambda call, order, amount=_amount: bag(order["currencyCode"], amount(call, order))
    )
    field_of("Order", _name)(lambda call, order, amount=_amount: f"{amount(call, order):.2f}")


def _unit(line: Node) -> Decimal:
    return Decimal(line["price"])


LINE_AMOUNTS = {
    "originalUnitPrice": _unit,
    "discountedUnitPrice": _unit,
    "discountedUnitPriceAfterAllDiscounts": _unit,
    "originalTotal": lambda line: _unit(line) * line["quantity"],
    "discountedTotal": lambda line: _unit(line) * line["quantity"],
    "priceAfterAllDiscountsBeforeTaxes": lambda line: _unit(line) * line["quantity"],
    "unfulfilledOriginalTotal": lambda line: _unit(line) * line["unfulfilledQuantity"],
    "unfulfilledDiscountedTotal": lambda line: _unit(line) * line["unfulfilledQuantity"],
    "totalDiscount": lambda line: Decimal(0),
}
for _name, _of in LINE_AMOUNTS.items():
    field_of("LineItem", f"{_name}Set")(lambda call, line, amount=_of, **_: bag(line["currency"], amount(line)))
    field_of("LineItem", _name)(lambda call, line, amount=_of, **_: f"{amount(line):.2f}")
for _name in ("originalPriceSet", "discountedPriceSet", "currentDiscountedPriceSet"):
    field_of("ShippingLine", _name)(lambda call, line: bag(call.store.shop["currencyCode"], line["price"]))
for _name in ("originalPrice", "discountedPrice"):
    field_of("ShippingLine", _name)(lambda call, line: bag(call.store.shop["currencyCode"], line["price"])["shopMoney"])


@field_of("Order", "totalTipReceived")
def tip(call: Call, order: Node) -> Node:
    """Nobody tips."""
    return bag(order["currencyCode"], 0)["shopMoney"]


@field_of("Order", "paymentCollectionDetails")
def payment_details(call: Call, order: Node) -> Node:
    """No payment is collected later."""
    return {
        "__typename": "OrderPaymentCollectionDetails",
        "additionalPaymentCollectionUrl": None,
        "vaultedPaymentMethods": [],
    }


# --- facts ------------------------------------------------------------------------------------------------------------
@field_of("Order", "fullyPaid")
def fully_paid(call: Call, order: Node) -> bool:
    """Tell whether nothing is owed."""
    return order["displayFinancialStatus"] in {"PAID", "REFUNDED", "PARTIALLY_REFUNDED"}


@field_of("Order", "unpaid", "canMarkAsPaid")
def unpaid(call: Call, order: Node) -> bool:
    """Tell whether payment is awaited."""
    return order["displayFinancialStatus"] in {"PENDING", "AUTHORIZED", "PARTIALLY_PAID"} and not order["cancelledAt"]


@field_of("Order", "canNotifyCustomer")
def can_notify(call: Call, order: Node) -> bool:
    """Tell whether anybody could be mailed."""
    return bool(order["email"] or order["phone"])


@field_of("Order", "app")
def order_app(call: Call, order: Node) -> Node:
    """Name the app that created the order."""
    client = order["client"]
    return {"__typename": "OrderApp", "id": f"gid://shopify/App/{sum(client.encode())}", "name": client, "icon": None}


@field_of("Order", "risk")
def risk(call: Call, order: Node) -> Node:
    """No risk was found."""
    return {"recommendation": "NONE", "assessments": []}


@field_of("Order", "shippingLine")
def shipping_line(call: Call, order: Node) -> Node | None:
    """Name the first shipping line."""
    return next(iter(order["shippingLines"]), None)


@field_of("Order", "displayAddress")
def display_address(call: Call, order: Node) -> Node | None:
    """Show where it goes."""
    return order["shippingAddress"] or order["billingAddress"]


@field_of("Order", "fulfillable")
def fulfillable(call: Call, order: Node) -> bool:
    """Tell whether anything is still to ship."""
    return not order["cancelledAt"] and any(one["unfulfilledQuantity"] for one in _lines(call, order))


@field_of("Order", "refundable")
def refundable(call: Call, order: Node) -> bool:
    """Tell whether anything can be refunded."""
    return any(one["refundableQuantity"] for one in _lines(call, order))


@field_of("Order", "requiresShipping")
def requires_shipping(call: Call, order: Node) -> bool:
    """Tell whether any line needs a parcel."""
    return any(one["requiresShipping"] for one in _lines(call, order))


@field_of("Order", "subtotalLineItemsQuantity")
def units(call: Call, order: Node) -> int:
    """Count the units ordered."""
    return sum(one["quantity"] for one in _lines(call, order))


@field_of("Order", "currentSubtotalLineItemsQuantity")
def current_units(call: Call, order: Node) -> int:
    """Count the units still wanted."""
    return sum(one["currentQuantity"] for one in _lines(call, order))


@field_of("Order", "currentTotalWeight", "totalWeight")
def weight(call: Call, order: Node) -> str:
    """Weigh the order in grams."""
    return str(sum(one["grams"] * one["currentQuantity"] for one in _lines(call, order)))


def _listing(name: str) -> Any:
    return lambda call, order, first=None, **_: order[name][:first]


for _name in ("fulfillments", "refunds", "transactions"):
    field_of("Order", _name)(_listing(_name))


@field_of("Order", "fulfillmentsCount")
def fulfillments_count(call: Call, order: Node) -> Node:
    """Count the fulfilments."""
    return {"count": len(order["fulfillments"]), "precision": "EXACT"}


@field_of("Order", "statusPageUrl")
def status_page(call: Call, order: Node, **_: Any) -> str:
    """Say where the customer would look."""
    return f"https://{call.store.domain}/orders/{order['legacyResourceId']}"


@field_of("Order", "suggestedRefund")
def suggested_refund(call: Call, order: Node, refund_line_items: list[Node] | None = None, **_: Any) -> Node:
    """Work out what a refund of lines would pay back."""
    amount = sum(
        (Decimal(call.store[row["lineItemId"]]["price"]) * row["quantity"] for row in refund_line_items or []),
        Decimal(0),
    )
    code = order["currencyCode"]
    return {
        "__typename": "SuggestedRefund", "amountSet": bag(code, amount), "maximumRefundableSet": bag(code, _current(call, order)),
        "suggestedTransactions": [], "subtotalSet": bag(code, amount),
    }  # fmt: skip


# --- lines and customers ----------------------------------------------------------------------------------------------
@field_of("LineItem", "image")
def line_image(call: Call, line: Node, **_: Any) -> None:
    """Lines show no picture."""


@field_of("LineItem", "weight")
def line_weight(call: Call, line: Node) -> Node:
    """Weigh one unit."""
    return {"__typename": "Weight", "value": line["grams"] / 1000, "unit": "KILOGRAMS"}


@field_of("LineItem", "fulfillmentStatus")
def line_status(call: Call, line: Node) -> str:
    """Say how far a line is shipped, the old way."""
    return "unfulfilled" if line["unfulfilledQuantity"] else "fulfilled"


@field_of("LineItem", "fulfillmentService")
def line_service(call: Call, line: Node) -> None:
    """Lines belong to no service; their fulfilment orders do."""


@field_of("Customer", "displayName")
def customer_name(call: Call, customer: Node) -> str:
    """Name a customer."""
    return " ".join(part for part in (customer["firstName"], customer["lastName"]) if part) or customer["email"] or ""


@field_of("Customer", "orders")
def customer_orders(call: Call, customer: Node, **_: Any) -> Rows:
    """List a customer's orders."""
    return ordered(call.store.where("Order", "customer", customer["id"]), None)


@field_of("Customer", "lastOrder")
def last_order(call: Call, customer: Node) -> Node | None:
    """Find a customer's newest order."""
    return next(iter(reversed(call.store.where("Order", "customer", customer["id"]))), None)


@field_of("Customer", "numberOfOrders")
def order_count(call: Call, customer: Node) -> str:
    """Count a customer's orders."""
    return str(len(call.store.where("Order", "customer", customer["id"])))


@field_of("Customer", "amountSpent")
def spent(call: Call, customer: Node) -> Node:
    """Add up a customer's orders."""
    total = sum((_total(call, one) for one in call.store.where("Order", "customer", customer["id"])), Decimal(0))
    return bag(call.store.shop["currencyCode"], total)["shopMoney"]


@field_of("Customer", "defaultEmailAddress")
def email_address(call: Call, customer: Node) -> Node | None:
    """Give the customer's e-mail."""
    if not customer["email"]:
        return None
    return {"__typename": "CustomerEmailAddress", "emailAddress": customer["email"], "marketingState": "NOT_SUBSCRIBED",
            "openTrackingLevel": "UNKNOWN", "validFormat": True}  # fmt: skip


@field_of("Customer", "defaultPhoneNumber")
def phone_number(call: Call, customer: Node) -> Node | None:
    """Give the customer's phone number."""
    return (
        {"__typename": "CustomerPhoneNumber", "phoneNumber": customer["phone"], "marketingState": "NOT_SUBSCRIBED"}
        if customer["phone"]
        else None
    )


@field_of("Customer", "defaultAddress")
def customer_address(call: Call, customer: Node) -> Node | None:
    """Give the address of the customer's last order."""
    order = last_order(call, customer)
    return order["shippingAddress"] if order else None


@field_of("Customer", "addresses", "addressesV2")
def customer_addresses(call: Call, customer: Node, **_: Any) -> list[Node]:
    """List the customer's addresses: the last one used."""
    found = customer_address(call, customer)
    return [found] if found else []


@field_of("MailingAddress", "formatted")
def formatted(call: Call, place: Node, **_: Any) -> list[str]:
    """Write an address in lines."""
    return [
        part for part in (place["address1"], place["address2"], place["zip"], place["city"], place["country"]) if part
    ]
