"""How the money of one sale is divided: whole minor units in, whole minor units out, nothing lost on the way."""

from settlement.splitting.goods_back import take_back
from settlement.splitting.goods_over import take_over
from settlement.splitting.holding import Hold, take_out
from settlement.splitting.price_lowered import Left, lower_price, what_is_left
from settlement.splitting.rounding import divide_half_away, part_of_total, share_by_weight
from settlement.splitting.shares import Shares, net_of_vat, split_line, vat_on
from settlement.splitting.shipment import GOODS, SHIPPING, Item, Posting, Terms, divide_shipment, post_shipment

__all__ = [
    "GOODS",
    "SHIPPING",
    "Hold",
    "Item",
    "Left",
    "Posting",
    "Shares",
    "Terms",
    "divide_half_away",
    "divide_shipment",
    "lower_price",
    "net_of_vat",
    "part_of_total",
    "post_shipment",
    "share_by_weight",
    "split_line",
    "take_back",
    "take_out",
    "take_over",
    "vat_on",
    "what_is_left",
]
