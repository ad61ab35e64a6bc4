"""What units that come back move: each item's share of the sale, negated, unit after unit, so that all of them are the sale."""

from collections.abc import Mapping, Sequence

from settlement.splitting.price_lowered import Left
from settlement.splitting.rounding import divide_half_away, part_of_total
from settlement.splitting.shipment import Item


def take_back(
    items: Sequence[Item],
    sent: Sequence[int],
    back: Mapping[int, tuple[int, int]],
    lowered: Mapping[int, Left] | None = None,
) -> list[tuple[int, Item]]:
    """Negate the share of the units that come back; gives each with the place of its item.

    ``sent`` are the units of each item that the sale was reckoned on, ``back`` the (units before, units now) by place; a shipping
    item is one unit. In whatever portions units come back, the shares of all of them add up to exactly the sale. ``lowered`` says
    by place what items are left of whose price something was taken off: a unit is worth its part of that, and all of them all of it.
    Raises ValueError when more come back than were sent.
    """
    found = []
    for place, (before, now) in sorted(back.items()):
        item = items[place]
        if now:
            share = _share(item, before, now, sent[place])
            if lowered and place in lowered:
                share = _worth_less(share, lowered[place], now)
            found.append((place, share))
    return found


def _worth_less(share: Item, left: Left, now: int) -> Item:
    supply, vat = (-divide_half_away(total * now, left.units) for total in (left.supply, left.vat))
    return share._replace(supply=supply, vat=vat)


def _share(item: Item, before: int, now: int, of: int) -> Item:
    def part(total: int) -> int:
        return -part_of_total(total, before, now, of)

    net, origin_fee, network_fee = part(item.net), part(item.origin_fee), part(item.network_fee)
    vat, fee_vat, supply = part(item.vat), part(item.fee_vat), part(item.supply)
    return Item(item.kind, net, origin_fee, network_fee, supply, vat, fee_vat)
