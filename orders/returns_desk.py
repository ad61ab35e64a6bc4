"""Reads returns as their two parties see them: the selling shop its own order, the shipper its internal order, nobody a customer."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from catalog.catalogue import size_label
from network.models import Merchant
from orders.models import InternalOrder, InternalOrderLine, Objection, OrderLine, Return, ReturnLine
from orders.returnable import units_left
from skuu.kit.errors import NotFound


@dataclass
class Back:
    """One line of a return, with what to look for."""

    line: ReturnLine
    title: str
    size: str
    sku: str
    image_url: str
    place: str  # where it was taken from; empty for the selling shop

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

    @property
    def inspects(self) -> bool:
        """Whether this party gets the goods, and so says in which state they came."""
        return self.row.status in Return.OPEN and (
            self.is_shipper if self.row.destination == "shipper" else self.is_origin
        )

    @property
    def goes_to(self) -> str:
        """Say where the goods go, in this party's words."""
        if self.row.destination == "shipper":
            return _("To us, who shipped it") if self.is_shipper else _("To the partner who shipped it")
        if self.row.receiver:
            return _("To our shop %(name)s") % {"name": self.row.receiver.name}
        return _("To us; we keep the goods")

    @property
    def weighed(self) -> list[dict[str, Any]]:
        """The places the rule weighed, for the selling merchant alone: a partner's distance and stock are shown to nobody else."""
        if not self.is_origin:
            return []
        chosen = self.row.receiver_id or (
            self.row.internal_order.shipper_id
            if self.row.destination == "shipper"
            else self.row.internal_order.order.shop_id
        )
        return [place | {"chosen": place["shop"] == chosen} for place in self.row.considered.get("places", [])]

    @property
    def may_cancel(self) -> bool:
        return self.is_origin and self.row.status == "announced"

    @property
    def objections(self) -> list[Objection]:
        """What the selling shop objected to, the newest first; who shipped reads it too."""
        return list(self.row.objections.order_by("-pk"))

    @property
    def may_object(self) -> bool:
        """Whether this party may object to what another found."""
        row = self.row
        found = any(back.line.worn or back.line.missing for back in self.lines)
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
        """Where the parcel goes: the selling shop's name, care of the shipper's street; never the shipper's name."""
        order = self.row.internal_order
        origin, shipper = order.order.shop, order.shipper
        if self.row.receiver:
            there = self.row.receiver
            return [there.name, there.address1, f"{there.postcode} {there.city}", there.country]
        if self.row.destination == "origin":
            return [origin.name, origin.address1, f"{origin.postcode} {origin.city}", origin.country]
        return [
            origin.name,
            f"c/o {shipper.address1}",
            f"{shipper.postcode} {shipper.city}",
            shipper.country,
        ]


def returns_of(merchant: Merchant) -> QuerySet[Return]:
    """Select the returns a merchant is a party of; what the selling shop keeps is no business of the shipper's."""
    rows = Return.objects.for_merchant(merchant, via=Return.PARTIES)
    rows = rows.filter(Q(**{Return.MERCHANT_PATH: merchant}) | Q(destination="shipper"))
    return rows.select_related("internal_order__order__shop", "internal_order__shipper", "receiver")


def cases_of(merchant: Merchant, returns: list[Return]) -> list[Case]:
    """Put returns together with their lines, as this merchant may see them; one query more, however many they are."""
    by_return: dict[int, list[ReturnLine]] = {row.pk: [] for row in returns}
    for line in (
        ReturnLine.objects.for_merchant(merchant, via=tuple(f"row__{path}" for path in Return.PARTIES))
        .filter(row__in=returns)
        .select_related("line__order_line__variant", "line__variant__product", "line__claim__level__location")
        .order_by("pk")
    ):
        by_return[line.row_id].append(line)
    return [_case(merchant, row, by_return[row.pk]) for row in returns]


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


def _case(merchant: Merchant, row: Return, lines: list[ReturnLine]) -> Case:
    is_shipper = row.internal_order.shipper.merchant_id == merchant.pk
    is_origin = row.internal_order.order.shop.merchant_id == merchant.pk
    told = []
    for line in lines:
        sold, sent = line.line.order_line, line.line.variant
        own = sent if is_shipper and not is_origin else sold.variant
        told.append(
            Back(
                line=line,
                title=sent.product.title if is_shipper and not is_origin else sold.title,
                size=size_label(own),
                sku=own.sku,
                image_url=sent.product.image_url,
                place=line.line.claim.level.location.name if is_shipper else "",
            )
        )
    return Case(row, told, is_shipper, is_origin)
