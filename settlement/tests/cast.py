"""The people of the ledger's tests: Alma ships, Bruno sells, Cara is a stranger; and shipped orders between them."""

import datetime as dt
import itertools
from typing import Any

from django.utils import timezone

from catalog.models import Claim, InventoryItem, Product, StockLevel, Variant
from network.models import Location, Merchant, RateCard, Shop, TaxRegistration
from orders.models import InternalOrder, InternalOrderLine, Order, OrderLine
from settlement.self_billing import agree_self_billing, digest_of, words_for

_count = itertools.count(1)
DOMESTIC = {
    "treatment": "domestic",
    "supply_rate_bp": 2000,
    "consumer_rate_bp": 2000,
    "reason": "Sold and shipped inside France.",
    "rule_version": "2026-11",
    "transport": "origin",
}


def make_merchant(name: str, *, country: str = "FR", registered: bool = True, agreed: bool = True) -> Merchant:
    merchant = Merchant.everyone.create(name=name, legal_name=f"{name} SARL {next(_count)}", country=country)
    if registered:
        TaxRegistration.everyone.create(
            merchant=merchant, country=country, vat_id=f"{country}{merchant.pk:09d}", valid_from=dt.date(2024, 1, 1)
        )
    if agreed:
        agree(merchant)
    return merchant


def agree(merchant: Merchant) -> None:
    """Agree to self-billing as a merchant's owner does in the portal."""
    agree_self_billing(merchant, by="owner", name="Ada Owner", digest=digest_of(words_for(merchant)))


def make_shop(merchant: Merchant, *, currency: str = "EUR") -> Shop:
    return Shop.everyone.create(
        merchant=merchant,
        domain=f"shop-{next(_count)}.myshopify.com",
        name=f"{merchant.name}’s shop",
        status="live",
        country=merchant.country,
        currency=currency,
    )


def make_card(origin_bp: int = 1500, network_bp: int = 200) -> RateCard:
    return RateCard.objects.create(
        origin_kind="retailer",
        shipper_kind="retailer",
        version=next(_count),
        origin_bp=origin_bp,
        network_bp=network_bp,
        starts_on=dt.date(2026, 1, 1),
    )


def make_internal_order(
    origin: Shop,
    shipper: Shop,
    *,
    nets: tuple[int, ...] = (100_00,),
    quantities: tuple[int, ...] | None = None,
    shipping: int = 6_00,
    currency: str = "EUR",
    status: str = "shipped",
    shipped_at: dt.datetime | None = None,
    card: RateCard | None = None,
    vat: dict[str, Any] | None = None,
    title: str = "Trail shoe, 42",
) -> InternalOrder:
    number = next(_count)
    card = card or make_card()
    order = Order.everyone.create(
        shop=origin, remote_id=f"order-{number}", name=f"#{1000 + number}", currency=currency, placed_at=timezone.now()
    )
    gone = status in {"shipped", "delivered"}
    internal = InternalOrder.everyone.create(
        number=f"N-{number:06d}",
        order=order,
        shipper=shipper,
        status=status,
        remote_id=f"remote-{number}",
        remote_name=f"#A{number}",
        currency=currency,
        rate_card=card,
        origin_bp=card.origin_bp,
        network_bp=card.network_bp,
        vat=DOMESTIC if vat is None else vat,
        shipping_minor=shipping,
        shipped_at=(shipped_at or timezone.now()) if gone else None,
    )
    for net, quantity in zip(nets, quantities or (1,) * len(nets), strict=True):
        _line(internal, origin, net, quantity, title=title, gone=gone)
    return internal


def _line(internal: InternalOrder, origin: Shop, net: int, quantity: int, *, title: str, gone: bool) -> None:
    number = next(_count)
    sold, sent = (_variant(shop, number) for shop in (origin, internal.shipper))
    line = OrderLine.everyone.create(
        order=internal.order,
        remote_id=f"line-{number}",
        variant=sold,
        title=title,
        sku=sold.sku,
        quantity=quantity,
        unit_price_minor=net * 12 // 10 // quantity,
        status="shipped" if gone else "routed",
    )
    location = Location.everyone.get_or_create(shop=internal.shipper, remote_id="here", defaults={"name": "Here"})[0]
    level = StockLevel.everyone.create(inventory_item=sent.inventory_item, location=location, available=quantity)
    claim = Claim.everyone.create(
        level=level, quantity=quantity, purpose=f"order_line:{line.pk}", status="used" if gone else "live"
    )
    InternalOrderLine.everyone.create(
        internal_order=internal,
        order_line=line,
        claim=claim,
        variant=sent,
        quantity=quantity,
        shipped_quantity=quantity if gone else 0,
        net_minor=net,
    )


def _variant(shop: Shop, number: int) -> Variant:
    item = InventoryItem.everyone.create(shop=shop, remote_id=f"item-{shop.pk}-{number}")
    product = Product.everyone.create(shop=shop, remote_id=f"product-{shop.pk}-{number}", title="Trail shoe")
    return Variant.everyone.create(
        shop=shop,
        product=product,
        inventory_item=item,
        remote_id=f"variant-{shop.pk}-{number}",
        sku=f"S{shop.pk}-{number}",
    )
