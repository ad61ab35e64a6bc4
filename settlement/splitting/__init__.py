"""How the money of one sale is divided: whole minor units in, whole minor units out, nothing lost on the way."""

from settlement.splitting.rounding import part_of_total, share_by_weight
from settlement.splitting.shares import Shares, net_of_vat, split_line, vat_on

__all__ = ["Shares", "net_of_vat", "part_of_total", "share_by_weight", "split_line", "vat_on"]
