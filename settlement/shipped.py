"""What shipped internal orders move: read a batch at a time, drafted from the terms that were frozen on each."""

import datetime as dt
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson
from django.conf import settings
from django.db import connection
from django.utils import timezone

from network.models import TaxRegistration
from network.taxing import OWN_GOODS, network_fee_vat
from network.taxing.fees import FeeVat
from network.taxing.territories import vat_country
from settlement.post import Draft
from settlement.rates import convert, rate_on
from settlement.splitting import GOODS, Item, Terms, divide_shipment, part_of_total, post_shipment

SHIPPED = ("shipped", "delivered")

_SALES = """
select i.id, i.number, i.currency, i.shipped_at, i.vat, i.origin_bp, i.network_bp, i.shipping_minor, i.remote_name, o.name,
  os.merchant_id, om.name, om.legal_name, os.name, ss.merchant_id, sm.name, sm.legal_name, ss.name, sm.country, i.rate_card_id
from orders_internalorder i
join orders_order o on o.id = i.order_id join network_shop os on os.id = o.shop_id
join network_merchant om on om.id = os.merchant_id join network_shop ss on ss.id = i.shipper_id
join network_merchant sm on sm.id = ss.merchant_id
where i.shipped_at is not null and i.posted_at is null and i.status = any(%(shipped)s) and i.id > %(after)s
order by i.id limit %(limit)s for update of i
"""
_LINES = """
select n.internal_order_id, n.net_minor, n.quantity, n.shipped_quantity, n.order_line_id, l.title, l.sku, v.sku
from orders_internalorderline n join orders_orderline l on l.id = n.order_line_id join catalog_variant v on v.id = n.variant_id
where n.internal_order_id = any(%s) order by n.internal_order_id, n.id
"""
_CARDS = """
select id, origin_kind || '-' || shipper_kind || ' v' || version, currency, network_fixed_minor, network_min_minor,
  network_max_minor from network_ratecard where id = any(%s)
"""


class SaleLine(NamedTuple):
    """One line of a shipped internal order; ``net`` is for all that was ordered, minor units."""

    internal_order: int
    net: int
    quantity: int
    shipped: int
    order_line: int
    title: str
    origin_sku: str
    shipper_sku: str


class Sale(NamedTuple):
    """A shipped internal order and its two parties, as posting needs them."""

    pk: int
    number: str
    currency: str
    shipped_at: dt.datetime
    vat: str  # JSON
    origin_bp: int
    network_bp: int
    shipping: int
    shipper_order: str
    origin_order: str
    origin: int
    origin_name: str
    origin_legal_name: str
    origin_shop: str
    shipper: int
    shipper_name: str
    shipper_legal_name: str
    shipper_shop: str
    shipper_country: str
    card: int


class Card(NamedTuple):
    """The part of a frozen rate card that is not in basis points, in minor units of its own currency."""

    name: str
    currency: str
    fixed: int
    least: int
    most: int | None


@dataclass
class Batch:
    """Shipped internal orders with everything that is said about them; read once, asked for each."""

    sales: list[Sale]
    lines: dict[int, list[SaleLine]] = field(default_factory=dict)
    cards: dict[int, Card] = field(default_factory=dict)
    registrations: dict[int, list[tuple[dt.date, dt.date | None]]] = field(default_factory=dict)
    fee_vat: Callable[[int, str, dt.date], FeeVat] = field(init=False)
    rate_on: Callable[..., Any] = field(init=False)
    read: Callable[[str], dict[str, Any]] = field(init=False)
    home: str = field(init=False)
    zone: dt.tzinfo = field(init=False)

    def __post_init__(self) -> None:
        """Remember answers for the length of a batch: merchants, days and rates repeat in it."""
        self.fee_vat = functools.cache(self._fee_vat)
        self.rate_on = functools.cache(rate_on)
        self.read = functools.cache(orjson.loads)  # decisions about VAT, which are written down and not changed
        self.home, self.zone = vat_country(settings.NETWORK_COUNTRY), timezone.get_current_timezone()

    def _fee_vat(self, merchant: int, country: str, day: dt.date) -> FeeVat:
        known = any(
            begins <= day and (ends is None or ends >= day) for begins, ends in self.registrations.get(merchant, ())
        )
        return network_fee_vat(country, known, settings.NETWORK_COUNTRY, day)


def read_shipped(after: int, limit: int, *, wait: bool) -> Batch:
    """Read the next internal orders that left a shop and are in no book, by their key.

    *Locks* them, skipping those another transaction holds, unless told to ``wait``.
    """
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"shipped": list(SHIPPED), "after": after, "limit": limit}
        cursor.execute(_SALES if wait else f"{_SALES} skip locked", values)
        batch = Batch([Sale(*row) for row in cursor.fetchall()])
        keys = [sale.pk for sale in batch.sales]
        cursor.execute(_LINES, [keys])
        for row in cursor.fetchall():
            batch.lines.setdefault(row[0], []).append(SaleLine(*row))
        cursor.execute(_CARDS, [list({sale.card for sale in batch.sales})])
        batch.cards.update((pk, Card(*rest)) for pk, *rest in cursor.fetchall())
    shippers = {sale.shipper: sale.shipper_country for sale in batch.sales}
    for row in TaxRegistration.everyone.filter(merchant__in=shippers):
        if shippers[row.merchant_id] == row.country:
            batch.registrations.setdefault(row.merchant_id, []).append((row.valid_from, row.counts_until))
    return batch


def draft_shipment(sale: Sale, batch: Batch) -> Draft | None:
    """Draft the entry of a shipped internal order from its frozen terms; None when no money moves.

    What was ordered and never left the shop is not paid: a line's net counts for the units that were shipped. The network's
    fee bears the VAT of the day the goods left. *Raises* KeyError, ValueError, TypeError or UnknownRateError when the terms
    are incomplete, NoRate when a currency of its card has no rate.
    """
    vat, lines = batch.read(sale.vat), batch.lines.get(sale.pk, [])
    if not vat:
        raise KeyError("vat")
    day = sale.shipped_at.astimezone(batch.zone).date()
    fee_vat = batch.fee_vat(sale.shipper, sale.shipper_country, day)
    counted = any(line.shipped for line in lines)  # an order shipped as a whole may carry no counts per line
    units = [line.shipped if counted else line.quantity for line in lines]
    nets = [
        line.net if sent == line.quantity else part_of_total(line.net, 0, sent, line.quantity)
        for line, sent in zip(lines, units, strict=True)
    ]
    bounds = _fee_bounds(sale, batch, day)
    own_goods = vat["treatment"] == OWN_GOODS or sale.shipper == sale.origin
    rates = sale.origin_bp, sale.network_bp, vat["supply_rate_bp"], fee_vat.rate_bp
    terms = Terms(*rates, sale.shipping, own_goods, **bounds)
    items = divide_shipment(nets, terms)
    postings = post_shipment(items, sale.origin, sale.shipper)
    if not postings:
        return None
    return Draft(
        key=f"ship:internal_order:{sale.pk}",
        kind="ship",
        ref=f"internal_order:{sale.pk}",
        effective_on=day,
        currency=sale.currency,
        postings=tuple(postings),
        internal_order=sale.pk,
        facts=_facts(sale, batch, vat, fee_vat, bounds, list(_described(items, lines, units))),
    )


def _fee_bounds(sale: Sale, batch: Batch, day: dt.date) -> dict[str, Any]:
    """Read the fixed part and the bounds of the network's fee off the frozen card, in the order's currency."""
    card = batch.cards[sale.card]
    if not (card.fixed or card.least or card.most is not None):
        return {}
    before, after = batch.rate_on(card.currency, day), batch.rate_on(sale.currency, day)

    def converted(minor: int) -> int:
        return minor if card.currency == sale.currency else convert(minor, before, after)

    return {
        "network_fixed": converted(card.fixed),
        "network_min": converted(card.least),
        "network_max": None if card.most is None else converted(card.most),
    }


def _described(items: list[Item], lines: list[SaleLine], units: list[int]) -> Iterator[dict[str, Any]]:
    for place, item in enumerate(items):
        told: dict[str, Any] = item._asdict()
        if item.kind != GOODS:
            told |= {"title": "Shipping", "quantity": 1, "origin_sku": "", "shipper_sku": ""}
        else:
            line = lines[place]
            told |= {
                "title": line.title,
                "quantity": units[place],
                "origin_sku": line.origin_sku,
                "shipper_sku": line.shipper_sku,
                "order_line": line.order_line,
            }
        yield told


def _facts(
    sale: Sale, batch: Batch, vat: dict[str, Any], fee_vat: FeeVat, bounds: dict[str, Any], items: list[dict[str, Any]]
) -> dict[str, Any]:
    facts = {
        "number": sale.number,
        "origin": {
            "merchant": sale.origin,
            "merchant_name": sale.origin_name,
            "legal_name": sale.origin_legal_name,
            "shop": sale.origin_shop,
            "order": sale.origin_order,
        },
        "shipper": {
            "merchant": sale.shipper,
            "merchant_name": sale.shipper_name,
            "legal_name": sale.shipper_legal_name,
            "shop": sale.shipper_shop,
            "order": sale.shipper_order,
        },
        "rate_card": batch.cards[sale.card].name,
        "origin_bp": sale.origin_bp,
        "network_bp": sale.network_bp,
        "vat": vat,
        "fee_vat": {
            "treatment": fee_vat.treatment,
            "rate_bp": fee_vat.rate_bp,
            "reason": fee_vat.reason,
            "network_country": batch.home,
        },
        "items": items,
    }
    if bounds:
        facts["fee_bounds"] = bounds
    return facts
