"""What one shipped internal order moves: its items divided, and the ledger lines that add up to zero."""

from collections.abc import Sequence
from typing import NamedTuple

from settlement.splitting.rounding import share_by_weight
from settlement.splitting.shares import split_line, vat_on

GOODS = "goods"
SHIPPING = "shipping"


class Terms(NamedTuple):
    """The frozen terms of one internal order: rates in basis points, shipping tariff net in minor units.

    The network's fee on the whole order is its rate and ``network_fixed``, at least ``network_min``, at most ``network_max``.
    """

    origin_bp: int
    network_bp: int
    supply_vat_bp: int
    fee_vat_bp: int
    shipping: int
    own_goods: bool = False
    network_fixed: int = 0
    network_min: int = 0
    network_max: int | None = None


class Item(NamedTuple):
    """One line of the order, or the shipping, with every amount it is divided into (minor units).

    ``supply`` + ``vat`` is what the origin owes the shipper; ``network_fee`` + ``fee_vat`` what the shipper owes the network.
    """

    kind: str
    net: int
    origin_fee: int
    network_fee: int
    supply: int
    vat: int
    fee_vat: int


class Posting(NamedTuple):
    """One ledger line to be: which account of whom, how much (+ owes the network), what for, with whom, about which item.

    Without a ``currency`` of its own it is in its entry's.
    """

    merchant: int | None
    account: str
    amount: int
    tag: str
    counterparty: int | None = None
    item: int | None = None
    currency: str = ""


def divide_shipment(nets: Sequence[int], terms: Terms) -> list[Item]:
    """Divide the net amounts of an order's lines and its shipping by the terms.

    VAT is reckoned once on the sum, as the invoice will, and shared over the items by largest remainder. Two shops of one
    merchant supply each other nothing; the network's fee is all that remains.
    """
    shares = [split_line(net, terms.origin_bp, terms.network_bp) for net in nets]
    supplies = [0 if terms.own_goods else share.supply for share in shares]
    kinds, bases, origin_fees = [GOODS] * len(nets), list(nets), [0 if terms.own_goods else s.origin for s in shares]
    fees = _network_fees([share.network for share in shares], [share.net - share.origin for share in shares], terms)
    if terms.shipping and not terms.own_goods:
        kinds, bases, supplies = [*kinds, SHIPPING], [*bases, 0], [*supplies, terms.shipping]
        origin_fees, fees = [*origin_fees, 0], [*fees, 0]
    vats = _vat_shared(supplies, terms.supply_vat_bp)
    fee_vats = _vat_shared(fees, terms.fee_vat_bp)
    return [Item(*parts) for parts in zip(kinds, bases, origin_fees, fees, supplies, vats, fee_vats, strict=True)]


def post_shipment(items: Sequence[Item], origin: int, shipper: int) -> list[Posting]:
    """Write the ledger lines of a shipment: the origin owes the shipper, the shipper owes the network; the sum is zero."""
    lines: list[Posting] = []
    for index, item in enumerate(items):
        gross, fee = item.supply + item.vat, item.network_fee + item.fee_vat
        tag = "shipping" if item.kind == SHIPPING else "supply"
        lines.append(Posting(origin, "merchant_pending", gross, tag, shipper, index))
        lines.append(Posting(shipper, "merchant_pending", -gross, tag, origin, index))
        lines.append(Posting(shipper, "merchant_pending", fee, "network_fee", None, index))
    lines.append(Posting(None, "fee_income", -sum(item.network_fee for item in items), "network_fee", shipper))
    lines.append(Posting(None, "vat_out", -sum(item.fee_vat for item in items), "vat", shipper))
    return [line for line in lines if line.amount]


def _vat_shared(bases: Sequence[int], rate_bp: int) -> list[int]:
    return share_by_weight(vat_on(sum(bases), rate_bp), bases) if bases else []


def _network_fees(by_rate: list[int], left: list[int], terms: Terms) -> list[int]:
    """Bring the network's fee between its bounds, and share it over the lines by what each leaves to the shipper.

    It never takes more than is left, so that no sale costs the shipper money.
    """
    total = max(sum(by_rate) + terms.network_fixed, terms.network_min)
    if terms.network_max is not None:
        total = min(total, terms.network_max)
    total = min(total, sum(left))
    if total == sum(by_rate) or not left:
        return by_rate
    return share_by_weight(total, left)
