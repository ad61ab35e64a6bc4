"""An exchange: the customer sends a size back and gets another of the same model, from whoever has it."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from catalog.models import Match, Variant
from orders.accept import route_at_once
from orders.direct import direct_return
from orders.locking import lock_order
from orders.models import InternalOrderLine, Order, OrderLine, Return
from orders.return_goods import announce_return, cancel_return
from skuu.kit.errors import NotPossible, WrongState
from skuu.kit.states import move

NOT_GIVEN = ("handed_back", "waiting")


class NothingToGive(NotPossible):
    """Nobody can ship the other size now; nothing was announced."""

    code = "nothing_to_give"


class AnotherModel(NotPossible):
    """What the customer wants instead is no other size of the same model."""

    code = "another_model"


@dataclass(frozen=True)
class Exchanged:
    """The return that was announced, and the line that is given instead."""

    returned: Return
    line: OrderLine


def exchange_units(
    line: InternalOrderLine, units: int, wanted: Variant, *, reason: str, words: str = "", by: str
) -> Exchanged:
    """Announce units of a shipped line as a return and have the same number of another size shipped at once.

    The new units are claimed like a sale, at the price of the ones that come back: the customer pays nothing, and each partner
    is paid for what it ships and pays back what it takes back. *Locks* the order, then what routing locks. *Again* it is
    another exchange, as long as units are left. *Raises* AnotherModel, NothingToGive (nothing is left announced then),
    WrongState, BadUnits.
    """
    row = line.internal_order
    order = row.order
    _refuse_another_model(line.order_line.variant, wanted)
    if order.cancelled_at or not order.destination:
        raise WrongState(f"{order.name} is cancelled, or its address is erased; sell the other size as a new order.")
    chosen = direct_return(row, [line.pk], reason=reason)
    with transaction.atomic():
        locked = lock_order(order.pk)
        if locked.cancelled_at:
            raise WrongState(f"{order.name} was cancelled meanwhile; sell the other size as a new order.")
        returned = announce_return(row, [(line.pk, units)], reason=reason, words=words, chosen=chosen, by=by)
        given = _write_line(locked, line.order_line, wanted, units, returned, by)
    route_at_once(order)
    given.refresh_from_db()
    if given.status in NOT_GIVEN and _undo(given, returned, by):
        raise NothingToGive(
            f"Nobody can ship {wanted.title} of {line.order_line.title} now: {given.status_reason}".rstrip(": ")
        )
    given.refresh_from_db()
    return Exchanged(returned, given)


def sizes_to_give(line: InternalOrderLine) -> list[Variant]:
    """List the other sizes of the same model that its selling shop could give instead, as its own product page orders them."""
    old = line.order_line.variant
    rows = Variant.everyone.filter(shop=old.shop_id, deleted_at=None).exclude(pk=old.pk).select_related("product")
    style = _style(old)
    same = rows.filter(matches__item__style=style, matches__status="linked") if style else rows.none()
    return list(same.order_by("product_id", "position", "pk").distinct())


def _style(variant: Variant) -> int | None:
    linked = Match.everyone.filter(variant=variant, status="linked")
    found: int | None = linked.values_list("item__style_id", flat=True).first()
    return found


def _refuse_another_model(old: Variant, wanted: Variant) -> None:
    style = _style(old)
    same = wanted.shop_id == old.shop_id and wanted.pk != old.pk and wanted.deleted_at is None
    if not same or style is None or _style(wanted) != style:
        raise AnotherModel("Choose another size of the same model.")


def _write_line(order: Order, old: OrderLine, wanted: Variant, units: int, returned: Return, by: str) -> OrderLine:
    made = OrderLine.everyone.create(
        order=order,
        remote_id=f"exchange:{returned.number}",
        variant=wanted,
        title=f"{wanted.product.title} - {wanted.title}"[:400],
        sku=wanted.sku,
        quantity=units,
        told_units=units,  # no unit was sold from the shelf at the shop, so its keeper is told nothing
        unit_price_minor=old.unit_price_minor,
        taxes_included=old.taxes_included,
        exchange_of=returned,
        route_due_at=timezone.now(),
    )
    made.changes.create(from_status="", to_status="waiting", by=by, reason=f"Given for {returned.number}.")
    return made


def _undo(given: OrderLine, returned: Return, by: str) -> bool:
    """Take back what nobody gives, line and return; False, and nothing is changed, when a sweep has found somebody meanwhile."""
    reason = "Nobody could ship what the customer wanted instead."
    with transaction.atomic():
        lock_order(given.order_id)
        row = OrderLine.everyone.select_for_update().get(pk=given.pk)
        if row.status not in NOT_GIVEN:
            return False
        move(row, "cancelled", by=by, reason=reason, route_due_at=None, hand_back_due_at=None)
        cancel_return(returned, by=by, reason=reason)
    return True
