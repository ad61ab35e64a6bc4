"""What other rates would have paid to whom, reckoned anew on the sales in the ledger; nothing is changed."""

import datetime as dt
from dataclasses import dataclass

from network.scoping import as_network
from settlement.models import Entry
from settlement.splitting import GOODS, split_line
from skuu.kit.errors import NotPossible

MOST = 20_000


@dataclass(frozen=True, slots=True)
class Card:
    """Rates to try, in basis points."""

    origin_bp: int
    network_bp: int


@dataclass(frozen=True, slots=True)
class Effect:
    """What sales in one currency paid to each side, and what they would have paid (minor units, net)."""

    currency: str
    sales: int
    origin: int
    origin_then: int
    network: int
    network_then: int
    shipper: int
    shipper_then: int

    @property
    def rows(self) -> list[tuple[str, int, int, int]]:
        """Name each side with before, after and difference."""
        told = (
            ("Selling shops", self.origin, self.origin_then),
            ("Network", self.network, self.network_then),
            ("Shipping shops", self.shipper, self.shipper_then),
        )
        return [(name, now, then, then - now) for name, now, then in told]


def preview_card(origin_kind: str, shipper_kind: str, card: Card, *, since: dt.date) -> list[Effect]:
    """Reckon the sales of a route since a day under other rates, per currency; the newest 20,000. Raises NotPossible."""
    if card.origin_bp + card.network_bp > 10_000:
        raise NotPossible("These rates take more than everything.", code="bad_rates")
    sums: dict[str, list[int]] = {}
    with as_network():
        rows = Entry.objects.filter(
            kind="ship",
            effective_on__gte=since,
            internal_order__rate_card__origin_kind=origin_kind,
            internal_order__rate_card__shipper_kind=shipper_kind,
        )
        for facts, currency in rows.order_by("-pk").values_list("facts", "internal_order__currency")[:MOST].iterator():
            total = sums.setdefault(currency, [0] * 7)
            total[0] += 1
            for item in facts["items"]:
                if item["kind"] == GOODS and item["supply"]:
                    _add(total, item, card)
    return [Effect(currency, *total) for currency, total in sorted(sums.items())]


def _add(total: list[int], item: dict[str, int], card: Card) -> None:
    then = split_line(item["net"], card.origin_bp, card.network_bp)
    kept = item["net"] - item["origin_fee"] - item["network_fee"]
    moved = (item["origin_fee"], then.origin, item["network_fee"], then.network, kept, then.shipper)
    for at, amount in enumerate(moved, start=1):
        total[at] += amount
