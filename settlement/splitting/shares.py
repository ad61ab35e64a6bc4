"""The split of one order line: the selling shop's fee, the network's fee, and the residual for the shop that ships."""

from typing import NamedTuple

from settlement.splitting.rounding import divide_half_away

_WHOLE_BP = 10_000


class Shares(NamedTuple):
    """One line's net amount divided, in minor units: origin + network + shipper is the net, always.

    ``supply`` is what the shipper invoices the origin for the goods, before the network charges the shipper its fee.
    """

    origin: int
    network: int
    shipper: int

    @property
    def net(self) -> int:
        """Return the amount that was divided."""
        return self.origin + self.network + self.shipper

    @property
    def supply(self) -> int:
        """Return the net price of the goods between shipper and origin."""
        return self.shipper + self.network


def split_line(net_minor: int, origin_bp: int, network_bp: int) -> Shares:
    """Divide a line's net amount by the rate card; the shipper is the residual and never computed.

    When both fees round up on a tiny amount the network's gives way, so that nobody's share turns against the sale.
    Raises ValueError when the rates are negative or take more than everything.
    """
    if min(origin_bp, network_bp) < 0 or origin_bp + network_bp > _WHOLE_BP:
        raise ValueError(f"rates of {origin_bp} and {network_bp} basis points do not divide a sale")
    sign, net = (-1 if net_minor < 0 else 1), abs(net_minor)
    origin = divide_half_away(net * origin_bp, _WHOLE_BP)
    network = min(divide_half_away(net * network_bp, _WHOLE_BP), net - origin)
    return Shares(sign * origin, sign * network, sign * (net - origin - network))


def net_of_vat(gross_minor: int, vat_bp: int) -> int:
    """Take the VAT out of a consumer price: 12000 at 2000 bp is 10000."""
    return divide_half_away(gross_minor * _WHOLE_BP, _WHOLE_BP + vat_bp)


def vat_on(net_minor: int, vat_bp: int) -> int:
    """Reckon the VAT on a net amount: 9100 at 2000 bp is 1820."""
    return divide_half_away(net_minor * vat_bp, _WHOLE_BP)
