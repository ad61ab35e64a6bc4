"""What a selling shop's customer may be told: the days of arrival kept on the order, and said anew when they cannot be kept."""

from network.notify import give_notice
from orders.decide import Decided, day_in_words
from orders.models import Order


def note_promise(order: Order, decided: Decided) -> None:
    """Keep the days a plan promises. Call it with the order locked.

    A later plan that still arrives by the last day promised changes nothing; one that cannot keep it moves the promise and
    tells the selling shop, so that it can tell its customer. *Again*: no change.
    """
    promise = decided.promise()
    if promise is None:
        return
    first, last = promise
    before = order.promised_on
    if before is not None and last <= before:
        return
    Order.everyone.filter(pk=order.pk).update(promised_from=first, promised_on=last)
    order.promised_from, order.promised_on = first, last
    if before is not None:
        give_notice(
            order.shop,
            kind="promise_changed",
            key=f"promise:{order.pk}:{last.isoformat()}",
            subject=f"Order {order.name} arrives later: by {day_in_words(last)}",
            body=(
                f"It was promised by {day_in_words(before)}. The partner that had it could not ship, and another one now sends it: "
                f"it arrives between {day_in_words(first)} and {day_in_words(last)}.\n\nPlease tell your customer."
            ),
            link=f"/my-orders/{order.pk}/",
        )
