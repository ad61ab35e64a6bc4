"""What of an internal order can still come back, and until when its shipper takes it."""

import datetime as dt

from django.conf import settings
from django.utils import timezone

from orders.models import InternalOrder, InternalOrderLine

SENT = ("shipped", "delivered")


def return_until(internal_order: InternalOrder) -> dt.datetime:
    """Until when the shipper takes goods back: so many days after delivery, or as long after the promised day or shipping."""
    since = internal_order.delivered_at
    if since is None and internal_order.promised_on:
        since = timezone.make_aware(dt.datetime.combine(internal_order.promised_on, dt.time.max))
    since = since or internal_order.shipped_at or timezone.now()
    return since + dt.timedelta(days=settings.RETURN_DAYS)


def too_late(internal_order: InternalOrder, at: dt.datetime | None = None) -> str:
    """Say that the shipper takes nothing back any more, now or as of the moment named; empty while it does."""
    until = return_until(internal_order)
    if (at or timezone.now()) <= until:
        return ""
    return f"{internal_order.shipper.name} takes nothing of {internal_order.number} back after {until:%Y-%m-%d}."


def units_left(internal_order: InternalOrder) -> dict[int, int]:
    """Count, by internal line id, the units that were shipped and are not on their way back."""
    return {line.pk: left_of(line, internal_order) for line in internal_order.lines.order_by("pk")}


def left_of(line: InternalOrderLine, row: InternalOrder) -> int:
    """Count the units of a line that can come back."""
    return line.shipped_quantity - line.returned_quantity if row.status in SENT else 0
