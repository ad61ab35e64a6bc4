"""What shops tell us about orders, parcels and privacy: translated into verbs; the reads that follow are the truth."""

from network.connectors.base import connector_for
from network.models import Shop
from network.rotate import rotates
from network.topics import Received, fulfilment_of, fulfilment_orders_of, handles, order_id_of, return_of


@handles("order.changed")
def orders_changed(shop: Shop, events: list[Received]) -> None:
    """Note the orders to read; messages that name only fulfilment orders are asked back for theirs."""
    from orders.accept import note_orders_changed

    note_orders_changed(shop, {order_id_of(event) for event in events})
    nameless = [one for event in events if not order_id_of(event) for one in fulfilment_orders_of(event)]
    if nameless:
        connector = connector_for(shop)
        note_orders_changed(shop, connector.orders_of(list(dict.fromkeys(nameless))).values())


@handles("fulfilment.changed")
def fulfilments_changed(shop: Shop, events: list[Received]) -> None:
    """Note the internal orders whose parcels must be read, and the customers' orders somebody shipped by hand."""
    from orders.accept import note_orders_changed
    from orders.fulfil import note_parcels_changed
    from orders.models import Order

    others = [
        order_id
        for order_id in sorted({fulfilment_of(event)[1] for event in events} - {""})
        if not note_parcels_changed(shop.pk, order_id)
    ]
    known = Order.everyone.filter(shop=shop, remote_id__in=others).values_list("remote_id", flat=True)
    note_orders_changed(shop, list(known))


@handles("return.changed")
def returns_changed(shop: Shop, events: list[Received]) -> None:
    """Note the orders of which something comes back; messages that name no order are asked back for theirs."""
    from orders.accept import note_orders_changed

    named = [return_of(event) for event in events]
    note_orders_changed(shop, {order_id for _, order_id in named})
    if nameless := [return_id for return_id, order_id in named if return_id and not order_id]:
        note_orders_changed(shop, connector_for(shop).orders_of_returns(list(dict.fromkeys(nameless))).values())


@handles("privacy.customer_redact")
def customer_redact(shop: Shop, events: list[Received]) -> None:
    """Erase what we hold of a customer's orders."""
    from orders.redact import redact_orders

    redact_orders(shop, [one for event in events for one in event.payload.get("orders_to_redact") or ()])


@handles("privacy.data_request")
def data_request(shop: Shop, events: list[Received]) -> None:
    """Give the shop a file of what we hold about a customer's orders."""
    from orders.redact import answer_data_request

    for event in events:
        request = event.payload.get("data_request") or {}
        answer_data_request(shop, str(request.get("id") or event.id), event.payload.get("orders_requested") or ())


@handles("privacy.shop_redact")
def shop_redact(shop: Shop, events: list[Received]) -> None:
    """Erase what we hold of the customers of a shop that left."""
    from orders.redact import redact_shop

    redact_shop(shop)


@rotates("mail addresses that stand for customers")
def keys_rotated() -> int:
    """Keep the mail addresses that were given out under the key before."""
    from orders.relay import keep_aliases

    return keep_aliases()
