"""Reads orders as the pages of their two parties show them, each party no more than it may know; changes nothing."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.catalogue import size_label
from network.models import Merchant
from orders.models import InternalOrder, InternalOrderLine, Order, OrderLine, Parcel, RoutingTrace, StrayParcel
from orders.one_parcel import sent_together
from orders.punctual import closings_of, due_on
from orders.stray import may_have_left
from skuu.kit.money import Money

SEES_ADDRESS = ("placed", "accepted", "shipped")


@dataclass
class Picking:
    """One line for the stock room: what to take from which place."""

    line: InternalOrderLine
    size: str
    place: str

    @property
    def left(self) -> int:
        return self.line.quantity - self.line.shipped_quantity


@dataclass
class Task:
    """An internal order as its shipper sees it; before it is agreed only what, how many and roughly where to."""

    order: InternalOrder
    lines: list[Picking]
    together: list[str] = field(default_factory=list)  # numbers of what goes into the same parcel
    hand_over_by: dt.date | None = None  # as lateness is reckoned, not as it was planned

    @property
    def wants_answer(self) -> bool:
        return self.order.status == "planned" and self.order.asks and self.order.agreed_at is None

    @property
    def may_ship(self) -> bool:
        return self.order.status in ("placed", "accepted") and self.order.cancel_wanted_at is None

    @property
    def may_tell_sent(self) -> bool:
        """It was taken away; if its parcel has left all the same, that can be said."""
        called_back = self.order.status in ("placed", "accepted") and self.order.cancel_wanted_at is not None
        return (called_back or may_have_left(self.order)) and any(picking.left for picking in self.lines)

    @property
    def stray(self) -> StrayParcel | None:
        """What is kept of a parcel that left although the order was taken away."""
        return getattr(self.order, "stray", None)

    @property
    def may_decline(self) -> bool:
        return self.order.status in InternalOrder.OPEN and self.order.cancel_wanted_at is None

    @property
    def units(self) -> int:
        return sum(picking.line.quantity for picking in self.lines)

    @property
    def net(self) -> Money:
        """The frozen net price that is split: units at the selling shop's price, without the customer's VAT."""
        return Money(sum(picking.line.net_minor for picking in self.lines), self.order.currency)

    @property
    def address(self) -> dict[str, str] | None:
        """The customer's name and street, only while the parcel needs them."""
        if self.order.status not in SEES_ADDRESS:
            return None
        address: Any = self.order.order.address
        return address or None

    @property
    def area(self) -> tuple[str, str]:
        """Country and the first two places of the postcode: enough to say yes or no."""
        address: Any = self.order.order.address or {}
        return address.get("country") or self.order.order.country, str(address.get("zip", ""))[:2]


def tasks_of(merchant: Merchant, internal_orders: list[InternalOrder]) -> list[Task]:
    """Put internal orders together with what to pick for them; four queries more, however many they are."""
    lines = (
        InternalOrderLine.objects.for_merchant(merchant)
        .filter(internal_order__in=internal_orders)
        .select_related("variant__product", "claim__level__location")
        .order_by("pk")
    )
    by_order: dict[int, list[Picking]] = {row.pk: [] for row in internal_orders}
    for line in lines:
        place = line.claim.level.location.name
        by_order[line.internal_order_id].append(Picking(line, size_label(line.variant), place))
    together, closings = sent_together(merchant, internal_orders), closings_of(internal_orders)
    return [
        Task(row, by_order[row.pk], together.get(row.pk, []), due_on(row, closings[row.shipper_id]))
        for row in internal_orders
    ]


@dataclass
class Sale:
    """A customer's order as its selling shop sees it: its lines, who ships them, and every parcel."""

    order: Order
    lines: list[OrderLine]
    internal_orders: list[InternalOrder]
    parcels: list[Parcel]

    @property
    def total(self) -> Money:
        minor = sum(line.unit_price_minor * line.quantity for line in self.lines)
        return Money(minor, self.order.currency)

    @property
    def status(self) -> str:
        """The status that asks most of the reader."""
        ranks = ("handed_back", "held", "waiting", "routed", "shipped", "returned", "delivered", "cancelled")
        return min((line.status for line in self.lines), key=ranks.index, default="waiting")

    @property
    def partners(self) -> list[InternalOrder]:
        """The internal orders that stand, partner by partner."""
        return [row for row in self.internal_orders if row.status not in ("declined", "expired", "failed", "cancelled")]


def sales_of(merchant: Merchant, orders: list[Order]) -> list[Sale]:
    """Put a selling shop's orders together with lines, partners and parcels; three queries."""
    lines: dict[int, list[OrderLine]] = {order.pk: [] for order in orders}
    for line in (
        OrderLine.objects.for_merchant(merchant)
        .filter(order__in=orders)
        .select_related("variant__product")
        .order_by("pk")
    ):
        lines[line.order_id].append(line)
    placed: dict[int, list[InternalOrder]] = {order.pk: [] for order in orders}
    via = "order__shop__merchant"
    for row in (
        InternalOrder.objects.for_merchant(merchant, via=via)
        .filter(order__in=orders)
        .select_related("shipper")
        .order_by("pk")
    ):
        placed[row.order_id].append(row)
    parcels: dict[int, list[Parcel]] = {order.pk: [] for order in orders}
    for parcel in (
        Parcel.objects.for_merchant(merchant, via=f"internal_order__{via}")
        .filter(internal_order__order__in=orders, cancelled_at=None)
        .select_related("internal_order__shipper")
        .order_by("shipped_at", "pk")
    ):
        parcels[parcel.internal_order.order_id].append(parcel)
    return [Sale(order, lines[order.pk], placed[order.pk], parcels[order.pk]) for order in orders]


def tell_trace(trace: RoutingTrace, names: dict[int, str], currency: str) -> list[str]:
    """Tell in sentences why these partners ship: how many could, who was chosen with which numbers, what stood against others.

    ``names`` are the shops that ship in this order; nobody else is named, because a trade shows only its two parties.
    """
    facts = trace.trace
    if sentence := facts.get("said", {}).get("origin"):
        refused = {words for row in facts.get("refused", []) for words in row.get("refused", [])}
        return [sentence, *(_("Left out: %(why)s") % {"why": words} for words in sorted(refused))]
    candidates: list[dict[str, Any]] = facts.get("candidates", [])
    able = {row["shipper"] for row in candidates if not row.get("refused") and row.get("free", 0) > 0}
    said = [
        ngettext(
            "%(n)d partner had this free and could ship it.",
            "%(n)d partners had this free and could ship it.",
            len(able),
        )
        % {"n": len(able)}
    ]
    told: set[int] = set()
    for row in candidates:
        if row.get("chosen") and row["shipper"] not in told:
            told.add(row["shipper"])
            said.append(_tell_choice(row, names.get(row["shipper"], _("A partner"))))
    if len(able) > len(told) > 0:
        said.append(_("The others would have cost more, taken longer or needed more parcels."))
    refused = {sentence for row in facts.get("refused", []) for sentence in row.get("refused", [])}
    said.extend(_("Left out: %(why)s") % {"why": sentence} for sentence in sorted(refused))
    said.extend(_("Not served: %(why)s.") % {"why": why} for _line, why in facts.get("unserved", []))
    return said


def _tell_choice(row: dict[str, Any], name: str) -> str:
    postage = Money(row.get("postage_minor") or 0, "EUR").format()
    if row.get("km") is None:
        return _("%(name)s ships: %(days)s working days, %(postage)s postage.") % {
            "name": name,
            "days": row.get("days"),
            "postage": postage,
        }
    return _("%(name)s ships: %(km)d km away, %(days)s working days, %(postage)s postage.") % {
        "name": name,
        "km": round(row["km"]),
        "days": row.get("days"),
        "postage": postage,
    }
