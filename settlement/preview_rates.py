"""What other rates would have paid to whom, reckoned anew on the sales in the ledger; nothing is changed."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from network.rate_cards import Rates, check_rates
from network.rates import convert_minor
from network.scoping import as_network
from settlement.models import Entry
from settlement.splitting import GOODS, Terms, divide_shipment

MOST = 20_000


@dataclass(slots=True)
class Effect:
    """What sales in one currency paid to each side, and what they would have paid (minor units, net of VAT, without shipping)."""

    currency: str
    sales: int = 0
    bounded: int = 0  # sales whose fee would stand at a bound
    origin: int = 0
    origin_then: int = 0
    network: int = 0
    network_then: int = 0
    shipper: int = 0
    shipper_then: int = 0
    by_shipper: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))

    @property
    def rows(self) -> list[tuple[str, int, int, int]]:
        """Name each side with before, after and difference."""
        told = (
            ("Selling shops", self.origin, self.origin_then),
            ("Network", self.network, self.network_then),
            ("Shipping shops", self.shipper, self.shipper_then),
        )
        return [(name, now, then, then - now) for name, now, then in told]

    @property
    def bars(self) -> list[tuple[str, list[tuple[str, int, int]]]]:
        """Draw both divisions: per bar the sides with where they begin and how wide they are, of a thousand."""
        return [
            ("As it was", _bar([now for _, now, _, _ in self.rows])),
            ("With these rates", _bar([then for _, _, then, _ in self.rows])),
        ]

    @property
    def most_changed(self) -> list[tuple[str, int, int, int]]:
        """Name the ten shipping shops whose share would change most."""
        rows = [(name, now, then, then - now) for name, (now, then) in self.by_shipper.items()]
        return sorted(rows, key=lambda row: (-abs(row[3]), row[0]))[:10]


def _bar(amounts: list[int]) -> list[tuple[str, int, int]]:
    total, at, found = max(sum(amounts), 1), 0, []
    for name, amount in zip(("origin", "network", "shipper"), amounts, strict=True):
        width = max(0, amount) * 1000 // total
        found.append((name, at, width))
        at += width
    return found


def preview_card(rates: Rates, *, since: dt.date) -> list[Effect]:
    """Reckon the sales of a route since a day under other rates, per currency; the newest 20,000. Raises BadRates."""
    check_rates(rates)
    effects: dict[str, Effect] = {}
    with as_network():
        rows = Entry.objects.filter(
            kind="ship",
            effective_on__gte=since,
            internal_order__rate_card__origin_kind=rates.origin_kind,
            internal_order__rate_card__shipper_kind=rates.shipper_kind,
        )
        for facts, currency in rows.order_by("-pk").values_list("facts", "internal_order__currency")[:MOST].iterator():
            goods = [item for item in facts["items"] if item["kind"] == GOODS and item["supply"]]
            _add(effects.setdefault(currency, Effect(currency)), facts, goods, _terms(rates, currency))
    return [effect for _, effect in sorted(effects.items())]


def _terms(rates: Rates, currency: str) -> Terms:
    def bound(minor: int) -> int:
        return minor if currency == rates.currency else convert_minor(minor, rates.currency, currency)

    most = rates.network_max_minor
    return Terms(
        rates.origin_bp,
        rates.network_bp,
        supply_vat_bp=0,
        fee_vat_bp=0,
        shipping=0,
        network_fixed=bound(rates.network_fixed_minor),
        network_min=bound(rates.network_min_minor),
        network_max=None if most is None else bound(most),
    )


def _add(effect: Effect, facts: dict[str, Any], goods: list[dict[str, int]], terms: Terms) -> None:
    effect.sales += 1
    nets = [item["net"] for item in goods]
    then = divide_shipment(nets, terms)
    plain = divide_shipment(nets, Terms(terms.origin_bp, terms.network_bp, 0, 0, 0))
    fee_then = sum(item.network_fee for item in then)
    effect.bounded += fee_then != sum(item.network_fee for item in plain)
    net, origin, fee = sum(nets), sum(item["origin_fee"] for item in goods), sum(item["network_fee"] for item in goods)
    origin_then = sum(item.origin_fee for item in then)
    effect.origin += origin
    effect.origin_then += origin_then
    effect.network += fee
    effect.network_then += fee_then
    effect.shipper += net - origin - fee
    effect.shipper_then += net - origin_then - fee_then
    mine = effect.by_shipper[facts["shipper"]["shop"]]
    mine[0] += net - origin - fee
    mine[1] += net - origin_then - fee_then
