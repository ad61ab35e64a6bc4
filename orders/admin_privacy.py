"""What staff do with one customer's orders when the shop or the customer writes: make the file that answers, or erase."""

from collections import defaultdict
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import action

from network.models import Shop
from network.notify import give_notice
from network.scoping import as_network
from orders.models import Order
from orders.redact import answer_data_request, erase_customer
from skuu.kit.errors import SkuuError

MOST = 100


@action(description="Make the file with what is held of this customer", permissions=["privacy"])
def data_file(page: "admin.ModelAdmin[Any]", request: HttpRequest, rows: "QuerySet[Order]") -> None:
    """Answer a customer: one file for each shop, for its people to pass on, kept under “Data requests”."""
    chosen: dict[Shop, list[Order]] = defaultdict(list)
    for row in rows.select_related("shop").order_by("pk")[:MOST]:
        chosen[row.shop].append(row)
    for shop, orders in chosen.items():
        named = "-".join(str(order.pk) for order in orders)
        with as_network():
            made = answer_data_request(
                shop, f"letter {timezone.localdate():%Y-%m-%d} {named}", [order.remote_id for order in orders]
            )
        told = f"{shop}: a file on {len(made.orders)} orders, under “Data requests”; the shop is told."
        page.message_user(request, told, messages.SUCCESS)


@action(description="Erase what is held of this customer", permissions=["privacy"])
def erase(page: "admin.ModelAdmin[Any]", request: HttpRequest, rows: "QuerySet[Order]") -> None:
    """Erase a customer's address, aliases and files, order by order; their shops are told."""
    done = 0
    for row in rows.select_related("shop").order_by("pk")[:MOST]:
        try:
            with as_network():
                done += _erase(row, by=str(request.user))
        except SkuuError as error:
            page.message_user(request, error.message, messages.WARNING)
    page.message_user(request, f"{done} erased.", messages.SUCCESS)


def _erase(order: Order, *, by: str) -> bool:
    erased = erase_customer(order, by=by)
    if erased:
        give_notice(
            order.shop,
            kind="customer_erased",
            key=f"customer_erased:{order.pk}",
            subject=f"Order {order.name}: its customer’s data was erased",
            body="The network’s staff erased what the network held of this customer, on a letter of theirs or yours. "
            "What stands in your own shop is yours to erase.",
            link=f"/my-orders/{order.pk}/",
        )
    return erased
