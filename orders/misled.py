"""An old return slip leads goods to a shop that declined them: it finds the return by the slip's number, and may take them in."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from catalog.models import Variant
from network.models import Shop
from network.notify import give_notice, settle_notice
from orders.decline_takeover import shops_that_declined
from orders.direct import items_of
from orders.locking import lock_internal_order
from orders.models import Return, ReturnLine
from orders.restock import keep_terms
from orders.return_slip import address_of, is_printable
from orders.takers import Taker, find_takers
from skuu.kit.errors import NotFound, NotPossible, WrongState
from skuu.kit.money import Money
from skuu.kit.states import move


class NotTakenIn(NotPossible):
    """The shop cannot have these goods; the sentence says where to send the parcel on to."""

    code = "send_it_on"


@dataclass(frozen=True)
class Misled:
    """A parcel that an old slip leads to ``shop``: its units by the shop's own products, and why it cannot have them, or nothing.

    It tells nothing of the order, nor of who is to get the goods instead.
    """

    row: Return
    shop: Shop
    taker: Taker | None
    goods: list[tuple[str, int, str]]  # title, units, what one costs as new, net
    refused: str

    @property
    def number(self) -> str:
        return str(self.row.number)


def find_misled(shops: list[Shop], number: str) -> Misled | None:
    """Find by its exact number a return that one of these shops declined to take over; None for everybody else. Reads only."""
    rows = Return.everyone.select_related(
        "internal_order__shipper", "internal_order__order__shop__merchant", "receiver"
    )
    row = rows.filter(number=number.strip().upper()).first()
    if row is None or row.destination == "taker" and row.receiver_id in {shop.pk for shop in shops}:
        return None
    declined = set(shops_that_declined(row))
    shop = next((one for one in shops if one.pk in declined), None)
    return _look(row, shop) if shop else None


def _look(row: Return, shop: Shop) -> Misled:
    items = items_of(row.lines.values_list("line_id", flat=True))
    whole = len(items) == row.lines.count()
    taker = next(iter(find_takers(row.internal_order, items, [shop.pk])), None) if whole else None
    refused = _refused(row, taker)
    own = dict(
        Variant.everyone.filter(
            shop=shop, matches__item__in=set(items.values()), matches__status="linked", deleted_at=None
        )
        .order_by("-pk")
        .values_list("matches__item", "product__title")
    )
    goods = []
    for line in row.lines.order_by("pk"):
        minor = taker.prices.get(line.line_id) if taker else None
        price = "" if minor is None else Money(minor, row.internal_order.currency).format()
        goods.append((own.get(items.get(line.line_id, 0), ""), line.quantity, price))
    return Misled(row, shop, taker, goods, refused)


def _refused(row: Return, taker: Taker | None) -> str:
    if row.status != "announced" or not is_printable(row):
        seller = row.internal_order.order.shop.name
        return f"{row.number} is {row.get_status_display().lower()} already. Keep the goods apart and ask {seller} what to do with them."
    if taker is None:
        why = "You take nothing over at present, or these are none of your goods."
    elif taker.refused:
        why = taker.refused.replace("It ", "Your shop ", 1)
    else:
        return ""
    return f"{why} Send the parcel on to: {', '.join(address_of(row))}."


def take_in_here(misled: Misled, *, by: str) -> Return:
    """Have goods received where their old slip led them: that shop takes them over after all, at today's price for what is as new.

    Whoever was to get them is asked no more, and the selling shop is told. *Locks* the order, then the internal order. *Again*: no
    change. *Raises* NotTakenIn when the shop cannot have them, WrongState when they have arrived elsewhere or go another way now.
    """
    shop, taker = misled.shop, misled.taker
    with transaction.atomic():
        lock_internal_order(misled.row.internal_order_id)
        rows = Return.everyone.select_for_update(of=("self",)).select_related("receiver", "internal_order__shipper")
        row = rows.filter(pk=misled.row.pk).first()
        if row is None:
            raise NotFound("There is no such return.")
        if row.destination == "taker" and row.receiver_id == shop.pk and row.status == "received":
            return row
        if (row.status, row.destination, row.receiver_id) != _way(misled.row):
            raise WrongState(f"{row.number} has just been changed; look again.")
        if misled.refused or taker is None:
            raise NotTakenIn(misled.refused)
        before = row.receiver or row.internal_order.shipper
        _move_here(row, shop, taker, by)
        settle_notice(before, f"return:{row.number}")
        _tell(row, shop)
    return row


def _way(row: Return) -> tuple[Any, ...]:
    return row.status, row.destination, row.receiver_id


def _move_here(row: Return, shop: Shop, taker: Taker, by: str) -> None:
    declined = [one for one in row.considered.get("declined", []) if one["shop"] != shop.pk]
    row.destination, row.receiver = "taker", shop
    row.considered = row.considered | {"vat": taker.vat, "declined": declined}
    row.why_there = f"It arrived at {shop.name}, where an old slip had led it."[:300]
    row.save(update_fields=["destination", "receiver", "considered", "why_there"])
    ReturnLine.everyone.filter(row=row).update(restock_level=None, takeover_minor=None)
    keep_terms(row, taker.levels, taker.prices)
    move(row, "received", by=by, reason="It arrived with an old slip.", received_at=timezone.now())


def _tell(row: Return, shop: Shop) -> None:
    give_notice(
        row.internal_order.order.shop,
        "return_redirected",
        key=f"return_arrived:{row.number}",
        subject=f"{row.number} arrived at another place",
        body=f"An old slip led it to {shop.name}, which takes the goods over after all and says in which state they came.",
        link=f"/returns/{row.number}/",
    )
