"""What a taker pays for goods it takes over: units at the price agreed, and their VAT reckoned once on the sum."""

from collections.abc import Sequence

from settlement.splitting.rounding import share_by_weight
from settlement.splitting.shares import vat_on
from settlement.splitting.shipment import GOODS, Item


def take_over(lines: Sequence[tuple[int, int]], vat_bp: int) -> list[Item]:
    """Reckon the items of a takeover from (units, net price of a unit) by line; nobody's fee is on them, minor units."""
    nets = [units * price for units, price in lines]
    vats = share_by_weight(vat_on(sum(nets), vat_bp), nets) if nets else []
    return [Item(GOODS, net, 0, 0, net, vat, 0) for net, vat in zip(nets, vats, strict=True)]
