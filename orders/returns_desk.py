"""Reads returns as their two parties see them: the selling shop its own order, the shipper its internal order, a taker its own
product; nobody a customer.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog.catalogue import size_label
from catalog.models import Variant
from network.models import Merchant
from orders.models import InternalOrder, InternalOrderLine, Objection, OrderLine, Return, ReturnLine
from orders.return_slip import address_of, is_printable
from orders.returnable import units_left
from orders.returning.choosing import ORIGIN
from skuu.kit.errors import NotFound
from skuu.kit.money import Money


@dataclass
class Back:
    """One line of a return, with what to look for."""

    line: ReturnLine
    title: str
    size: str
    sku: str
    image_url: str
    place: str  # where it was taken from, or where a taker has it in stock; empty for the selling shop
    currency: str = ""

    @property
    def price(self) -> str:
        """What a taker pays for a unit as new, without VAT; empty when nobody takes it over."""
        minor = self.line.takeover_minor
        return "" if minor is None else Money(minor, self.currency).format(get_language() or "en")

    @property
    def found(self) -> list[tuple[str, int]]:
        """What came, in words with units."""
        counts = [(words.lower(), getattr(self.line, grade)) for grade, (words, *_) in ReturnLine.GRADES.items()]
        return [one for one in counts if one[1]]


@dataclass
class Case:
    """A return as one of its parties sees it."""

    row: Return
    lines: list[Back]
    is_shipper: bool
    is_origin: bool
    is_taker: bool = False

    @property
    def gets_goods(self) -> bool:
        """Whether the goods come to this party."""
        by = {"shipper": self.is_shipper, "taker": self.is_taker}
        return by.get(self.row.destination, self.is_origin)

    @property
    def inspects(self) -> bool:
        """Whether this party is to say in which state the goods came."""
        return self.row.status in Return.OPEN and self.gets_goods

    @property
    def goes_to(self) -> str:
        """Say where the goods go, in this party's words."""
        if self.row.destination == "shipper":
            return _("To us, who shipped it") if self.is_shipper else _("To the partner who shipped it")
        if self.is_taker:
            return _("To us, who take it over")
        if self.row.destination == "taker" and self.row.receiver:
            return _("To %(name)s, who takes it over") % {"name": self.row.receiver.name}
        if self.row.receiver:
            return _("To our shop %(name)s") % {"name": self.row.receiver.name}
        return _("To us; we keep the goods")

    @property
    def weighed(self) -> list[dict[str, Any]]:
        """The places the rule weighed, for the selling merchant alone: figures of its own shops, and of partners the way to the
        one that was chosen or shipped; what others have and sell, and who else takes goods over, is shown to nobody.
        """
        if not self.is_origin:
            return []
        order = self.row.internal_order
        chosen = self.row.receiver_id or (
            order.shipper_id if self.row.destination == "shipper" else order.order.shop_id
        )
        told = []
        for place in self.row.considered.get("places", []):
            if place["role"] == ORIGIN:
                told.append(place | {"chosen": place["shop"] == chosen})
            elif place["shop"] in (chosen, order.shipper_id):
                own = {name: place[name] for name in ("name", "km", "refused") if name in place}
                told.append(own | {"chosen": place["shop"] == chosen})
        return told

    @property
    def may_decline(self) -> bool:
        """Whether this party may still say that it does not take this parcel's goods over."""
        row = self.row
        return self.is_taker and row.status == "announced" and not (row.tracking_number or row.corrects_id)

    @property
    def may_cancel(self) -> bool:
        return self.is_origin and self.row.status == "announced"

    @property
    def objections(self) -> list[Objection]:
        """What the selling shop objected to, the newest first; who inspected it reads it too."""
        return list(self.row.objections.order_by("-pk"))

    @property
    def held(self) -> str:
        """What is paid to nobody until the open objection is decided; empty when nothing is held."""
        minor = next((one.held_minor for one in self.objections if one.status == "open"), None)
        return Money(minor, self.row.internal_order.currency).format(get_language() or "en") if minor else ""

    @property
    def may_object(self) -> bool:
        """Whether this party may object to what another found."""
        row = self.row
        taken_over = row.destination == "taker"
        found = any(back.line.worn or back.line.missing or (taken_over and back.line.faulty) for back in self.lines)
        mine = self.is_origin and not self.is_shipper and row.status == "closed" and row.destination != "origin"
        return (
            mine
            and found
            and not (row.is_lost or row.corrects_id)
            and not row.objections.filter(status="open").exists()
        )

    @property
    def corrections(self) -> list[Return]:
        """The returns by which staff decided grades of this one anew."""
        return list(self.row.corrections.order_by("pk"))

    @property
    def given(self) -> list[OrderLine]:
        """What the customer got instead, for the selling shop alone."""
        return list(self.row.exchanges.order_by("pk")) if self.is_origin else []

    @property
    def grades(self) -> list[tuple[str, str]]:
        """The states to choose from: (grade, in words)."""
        names = ("lost", "missing") if self.row.is_lost else ("as_new", "faulty", "worn", "missing")
        told = {name: ReturnLine.GRADES[name][0] for name in names}
        if self.row.is_lost:
            told["missing"] = "It was delivered"
        return list(told.items())

    @property
    def address(self) -> list[str]:
        """Where the parcel goes: the selling shop's name, care of a partner's street; never a partner's name."""
        return address_of(self.row)

    @property
    def may_print(self) -> bool:
        """Whether this party gives the customer the return slip."""
        return self.is_origin and is_printable(self.row)


def returns_of(merchant: Merchant) -> QuerySet[Return]:
    """Select the returns a merchant is a party of; what the selling shop keeps or a third shop takes over is no business of the
    shipper's.
    """
    rows = Return.objects.for_merchant(merchant, via=Return.PARTIES)
    taken = Q(destination="taker", **{Return.VIA_TAKER: merchant})
    rows = rows.filter(Q(**{Return.MERCHANT_PATH: merchant}) | Q(destination="shipper") | taken)
    return rows.select_related("internal_order__order__shop", "internal_order__shipper", "receiver")


def cases_of(merchant: Merchant, returns: list[Return]) -> list[Case]:
    """Put returns together with their lines, as this merchant may see them; one query more, however many they are."""
    by_return: dict[int, list[ReturnLine]] = {row.pk: [] for row in returns}
    lines = ReturnLine.objects.for_merchant(merchant, via=tuple(f"row__{path}" for path in Return.PARTIES))
    sold = ("line__order_line__variant", "line__variant__product", "line__claim__level__location")
    for line in lines.filter(row__in=returns).select_related(*sold, "restock_level__location").order_by("pk"):
        by_return[line.row_id].append(line)
    own = _taken_over(merchant, [row for row in returns if row.destination == "taker"], by_return)
    return [_case(merchant, row, by_return[row.pk], own) for row in returns]


def _taken_over(
    merchant: Merchant, returns: list[Return], by_return: dict[int, list[ReturnLine]]
) -> dict[int, Variant]:
    """Find by stock level the taker's own variant of what it takes over; no query when it takes nothing over."""
    own = (line for row in returns for line in by_return[row.pk])
    levels = {line.restock_level.inventory_item_id: line.restock_level.pk for line in own if line.restock_level}
    if not levels:
        return {}
    rows = Variant.objects.for_merchant(merchant).filter(inventory_item__in=levels, deleted_at=None)
    return {levels[row.inventory_item_id]: row for row in rows.select_related("product").order_by("-pk")}


def find_case(merchant: Merchant, number: str) -> Case:
    """Find a return of which the merchant is a party. Raises NotFound for anybody else's."""
    row = returns_of(merchant).filter(number=number).first()
    if row is None:
        raise NotFound("There is no such return.")
    return cases_of(merchant, [row])[0]


def returnable(
    merchant: Merchant, order_pk: int
) -> list[tuple[InternalOrder, list[tuple[InternalOrderLine, int, str]]]]:
    """List what of a selling shop's order can come back: the internal orders with (line, units left, size)."""
    rows = InternalOrder.objects.for_merchant(merchant, via="order__shop__merchant").filter(
        order=order_pk, status__in=("shipped", "delivered")
    )
    found = []
    for row in rows.select_related("shipper", "order__shop").order_by("pk"):
        left = units_left(row)
        lines = row.lines.select_related("order_line__variant__product").order_by("pk")
        own = [(line, left[line.pk], size_label(line.order_line.variant)) for line in lines if left[line.pk]]
        if own:
            found.append((row, own))
    return found


def _case(merchant: Merchant, row: Return, lines: list[ReturnLine], taken: dict[int, Variant]) -> Case:
    is_shipper = row.internal_order.shipper.merchant_id == merchant.pk
    is_origin = row.internal_order.order.shop.merchant_id == merchant.pk
    receiver = row.receiver if row.destination == "taker" else None
    is_taker = receiver is not None and receiver.merchant_id == merchant.pk
    told = [_back(line, row, taken, is_shipper=is_shipper, is_origin=is_origin, is_taker=is_taker) for line in lines]
    return Case(row, told, is_shipper, is_origin, is_taker)


def _back(
    line: ReturnLine, row: Return, taken: dict[int, Variant], *, is_shipper: bool, is_origin: bool, is_taker: bool
) -> Back:
    """Tell a line by the product its reader knows: its own."""
    sold, place = line.line.order_line, ""
    own = sold.variant
    if is_taker:
        own = taken.get(line.restock_level_id or 0, own)
        place = line.restock_level.location.name if line.restock_level else ""
    elif is_shipper:
        own = own if is_origin else line.line.variant
        place = line.line.claim.level.location.name
    theirs = (is_taker and own is not sold.variant) or (is_shipper and not is_origin)
    return Back(
        line=line,
        title=own.product.title if theirs else sold.title,
        size=size_label(own),
        sku="" if is_taker and not theirs else own.sku,
        image_url=(own if theirs else line.line.variant).product.image_url,
        place=place,
        currency=row.internal_order.currency,
    )
