"""What settlement hears of other stages: a shipment or a closed return rings the sweep that posts it."""

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from orders.models import InternalOrderChange, ReturnChange
from skuu.kit.jobs import ring


@receiver(post_save, sender=InternalOrderChange, dispatch_uid="settlement.shipped")
def shipped(instance: InternalOrderChange, created: bool, **_: Any) -> None:
    """Ring when an internal order ships; the sweep finds it by itself, rung or not."""
    if created and instance.to_status == "shipped":
        from settlement import tasks  # handlers load while Django starts; verbs need not

        ring(tasks.post_shipped)


@receiver(post_save, sender=ReturnChange, dispatch_uid="settlement.returned")
def returned(instance: ReturnChange, created: bool, **_: Any) -> None:
    """Ring when a return closes; the sweep finds it by itself, rung or not."""
    if created and instance.to_status == "closed":
        from settlement import tasks  # as above

        ring(tasks.post_returns)
