"""Who has a unit of an item to give now, and every reason why one that has it may not: the one reading of stock for all stages."""

import datetime as dt
from collections import namedtuple
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, F, Value, When
from django.db.models.functions import Coalesce, NullIf
from django.utils import timezone

from catalog.distributing import Candidate, Refusal, refusals
from catalog.goods import classes_of
from catalog.market import Market, Place, Trader, net_price, open_market
from catalog.models import Match, StockLevel
from network.taxing import STANDARD, Point, lower_rates


@dataclass(frozen=True, slots=True)
class Level:
    """Units of one inventory item at one real, active place of its shop."""

    id: int
    place: Place
    available: int
    claimed: int
    phantom: int
    moved_at: dt.datetime | None = None  # when its figure last changed at the shop
    kept_back: int = 0  # kept off the shelves, as measured for this size

    def free(self, buffer: int) -> int:
        """Count what may be given away: never below 0, whatever the shop itself oversold."""
        return max(self.available - self.claimed - self.phantom - buffer, 0)


@dataclass(slots=True)
class Seller:
    """The variant by which one shop takes part in an item, with its stock at all real places."""

    item_id: int
    variant_id: int
    variant_remote_id: str
    shop_id: int
    inventory_item_id: int
    inventory_item_remote_id: str
    goods: Candidate
    grams: int
    levels: list[Level] = field(default_factory=list)

    @property
    def own_stock(self) -> int:
        """Count what the shop can still sell by itself: all real places, less what is claimed for others."""
        return sum(level.available - level.claimed for level in self.levels)


@dataclass(frozen=True, slots=True)
class Offer:
    """Free units of one level that could serve an origin's item, or the reasons why they may not.

    Amounts are minor units of the origin's currency: ``price_minor`` is the shipper's own price as it shows it,
    ``floor_minor`` the lowest net price it accepts. Days are working days to the destination.
    """

    item_id: int
    shop_id: int
    merchant_id: int
    location_id: int
    level_id: int
    variant_id: int
    variant_remote_id: str
    inventory_item_id: int
    inventory_item_remote_id: str
    free: int
    price_minor: int
    net_minor: int
    floor_minor: int
    grams: int
    country: str
    postcode: str
    distance_km: float | None
    days_max: int
    moved_at: dt.datetime | None = None
    refusals: tuple[Refusal, ...] = ()


def offers_for(
    origin: Any, item_ids: Collection[int], *, destination: Point | None = None, explain: bool = False
) -> dict[int, list[Offer]]:
    """Offer what other shops could ship of these items for an origin, every item a key, best supplied first.

    Without a destination the origin's typical customer is meant (and every country its VAT policy names). The origin's own
    status is not asked: an order taken before a pause is served. With ``explain`` also the refused offers, with reasons.
    Six queries for any number of items.
    """
    sellers = read_sellers(item_ids)
    market = open_market({origin.pk} | {one.shop_id for them in sellers.values() for one in them})
    found: dict[int, list[Offer]] = {item_id: [] for item_id in item_ids}
    for item_id, them in sellers.items():
        mine = next((one for one in them if one.shop_id == origin.pk), None)
        if mine is None:
            continue
        offers = compare(market, mine, them, destination)
        found[item_id] = [offer for offer in offers if explain or (offer.free and not offer.refusals)]
        found[item_id].sort(key=lambda offer: (bool(offer.refusals), -offer.free, offer.level_id))
    return found


def compare(
    market: Market,
    origin: Seller,
    sellers: Sequence[Seller],
    destination: Point | None = None,
    *,
    free_only: bool = False,
) -> Iterator[Offer]:
    """Hold one shop's variant against everybody else's of the same item, level by level; an own shelf is no level."""
    for shipper in sellers:
        if shipper.shop_id == origin.shop_id:
            continue
        trader = market.traders[shipper.shop_id]
        kept = trader.off_shelves(shipper.goods, origin.shop_id, market.traders[origin.shop_id].shop.country)
        for level in shipper.levels:
            if not free_only or level.free(max(kept, level.kept_back)):
                yield _offer(market, origin, shipper, trader, level, destination)


def _offer(
    market: Market, origin: Seller, shipper: Seller, trader: Trader, level: Level, destination: Point | None
) -> Offer:
    seller = market.traders[origin.shop_id]
    pair = market.pair(origin.shop_id, shipper.shop_id, level.place, destination)
    currencies = trader.shop.currency, seller.shop.currency
    partner = origin.shop_id, seller.shop.country
    floor_bp = trader.floor_bp(shipper.goods, *partner)
    kept = trader.kept(shipper.goods, *partner)
    if destination is None:  # what was sold from a shelf may take what is only kept off the shelves
        kept = max(trader.off_shelves(shipper.goods, *partner), level.kept_back)
    net = market.convert(shipper.goods.net_minor, *currencies)
    if net is None:
        reasons = [Refusal("currency", "There is no reference rate between your currency and the partner's.")]
    else:
        reasons = refusals(
            origin.goods, shipper.goods, net, pair, seller.on_shelf, trader.from_stock, seller.shop.country
        )
    return Offer(
        item_id=shipper.item_id,
        shop_id=shipper.shop_id,
        merchant_id=trader.party.merchant_id,
        location_id=level.place.location_id,
        level_id=level.id,
        variant_id=shipper.variant_id,
        variant_remote_id=shipper.variant_remote_id,
        inventory_item_id=shipper.inventory_item_id,
        inventory_item_remote_id=shipper.inventory_item_remote_id,
        free=level.free(kept),
        price_minor=market.convert(shipper.goods.price_minor, *currencies) or 0,
        net_minor=net or 0,
        floor_minor=-(-(net or 0) * (10_000 - floor_bp) // 10_000),
        grams=shipper.grams,
        country=level.place.country,
        postcode=level.place.postcode,
        distance_km=pair.distance_km,
        days_max=pair.days_max,
        moved_at=level.moved_at,
        refusals=tuple(reasons),
    )


_COLUMNS = {
    "item_id": "item_id",
    "variant_id": "variant_id",
    "variant_remote_id": "variant__remote_id",
    "product_id": "variant__product_id",
    "shop_id": "shop_id",
    "inventory_item_id": "variant__inventory_item_id",
    "inventory_item_remote_id": "variant__inventory_item__remote_id",
    "sku": "variant__sku",
    "brand": "variant__brand_key",
    "vendor": "variant__product__vendor",
    "category": "variant__product__product_type",
    "tags": "variant__product__tags",
    "price": "variant__price_minor",
    "status": "variant__product__status",
    "tracked": "variant__inventory_item__tracked",
    "sells_without_stock": "variant__sells_without_stock",
    "requires_shipping": "variant__inventory_item__requires_shipping",
    "grams": "variant__inventory_item__grams",
    "country": "shop__country",
    "taxes_included": "shop__taxes_included",
}
_Row: Any = namedtuple("_Row", tuple(_COLUMNS))  # type: ignore[misc]


def read_sellers(item_ids: Collection[int]) -> dict[int, list[Seller]]:
    """Read who takes part in these items: linked matches of variants that still exist, with their real levels.

    Two queries; one more where a price may bear a lower VAT by its seller's word.
    """
    linked = Match.objects.filter(
        item_id__in=item_ids,
        status="linked",
        shop__status__in=["shadow", "live", "paused"],
        variant__deleted_at=None,
        variant__product__deleted_at=None,
    ).order_by("item_id", "variant_id")
    on = timezone.localdate()
    sellers: dict[int, list[Seller]] = {}
    by_stock: dict[int, list[Seller]] = {}
    rows: list[Any] = [_Row(*values) for values in linked.values_list(*_COLUMNS.values())]
    taxed_less = {country for country, _ in lower_rates(on)}
    classes = classes_of([row.product_id for row in rows if row.country in taxed_less and row.taxes_included])
    for row in rows:
        seller = _seller(row, classes.get(row.product_id, STANDARD), on)
        sellers.setdefault(seller.item_id, []).append(seller)
        by_stock.setdefault(seller.inventory_item_id, []).append(seller)
    for inventory_item_id, level in _levels(by_stock.keys()):
        for seller in by_stock[inventory_item_id]:
            seller.levels.append(level)
    return sellers


def _seller(row: Any, goods_class: str, on: dt.date) -> Seller:
    goods = Candidate(
        shop_id=row.shop_id,
        variant_id=row.variant_id,
        product_id=row.product_id,
        sku=row.sku,
        brand=(row.brand or row.vendor).lower(),
        category=row.category.lower(),
        tags=frozenset(tag.lower() for tag in row.tags),
        price_minor=row.price,
        net_minor=net_price(row.price, row.country, row.taxes_included, on, goods_class),
        active=row.status == "active",
        tracked=row.tracked,
        sells_without_stock=row.sells_without_stock,
        requires_shipping=row.requires_shipping,
    )
    return Seller(
        item_id=row.item_id,
        variant_id=row.variant_id,
        variant_remote_id=row.variant_remote_id,
        shop_id=row.shop_id,
        inventory_item_id=row.inventory_item_id,
        inventory_item_remote_id=row.inventory_item_remote_id,
        goods=goods,
        grams=row.grams,
    )


def _levels(inventory_item_ids: Collection[int]) -> Iterator[tuple[int, Level]]:
    rows = StockLevel.objects.filter(inventory_item_id__in=inventory_item_ids, is_active=True, location__is_active=True)
    for stock_id, level_id, available, claimed, phantom, moved_at, kept_back, *place in rows.order_by("id").values_list(
        "inventory_item_id",
        "id",
        "available",
        "claimed",
        "phantom",
        "remote_updated_at",
        "kept_back",
        "location_id",
        "location__remote_id",
        Coalesce(NullIf("location__country", Value("")), "location__shop__country"),
        # a postcode without a country of its own would be read in the wrong one
        Case(When(location__country="", then=F("location__shop__postcode")), default=F("location__postcode")),
        "location__shares",
    ):
        yield stock_id, Level(level_id, Place(*place), available, claimed, phantom, moved_at, kept_back)
