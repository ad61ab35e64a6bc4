"""Remember what a shop could not find: such units are not offered again until its own figure proves them."""

from django.db import transaction
from django.db.models import F

from catalog.mark import mark_inventory
from catalog.models import StockLevel
from skuu.kit.errors import NotFound, NotPossible


def record_rejection(level_id: int, units: int, reason: str, *, coming_back: int = 0) -> None:
    """Take units that a shop could not find out of the network until the shop's own figure moves.

    ``coming_back`` are the units that our own cancellation will put back there: that rise is no proof. *Locks* the level.
    Said twice it counts twice: the caller says it in the transaction of its own state change. Raises NotFound.
    """
    if units <= 0:
        raise NotPossible("A rejection is of one unit or more.", code="bad_quantity")
    with transaction.atomic():
        levels = StockLevel.objects.filter(pk=level_id)
        if not levels.update(phantom=F("phantom") + units, coming_back=F("coming_back") + coming_back):
            raise NotFound("There is no such stock level.")
        mark_inventory(levels.values_list("inventory_item_id", flat=True))
