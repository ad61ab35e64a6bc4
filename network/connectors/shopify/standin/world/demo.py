"""The demo world: eight shops of six merchants in five countries, about 3,000 variants at scale 1."""

from dataclasses import dataclass

from ..seeds import ProductSeed, StoreSeed, WorldSeed
from .assortment import carriers, models
from .listing import listings
from .shops import SHOPS, Shop

VARIANTS_AT_SCALE_ONE = 3000


@dataclass(frozen=True)
class TrueVariant:
    """Which true item stands behind one variant; two variants are the same thing exactly when their items are equal."""

    store: str
    product: int  # place in the store's products
    variant: int  # place in the product's variants
    sku: str
    item: int


def build_demo(seed: int, scale: float) -> tuple[WorldSeed, tuple[TrueVariant, ...]]:
    """Build the demo world and the truth about it; models are added whole until the count of variants is reached."""
    target = round(VARIANTS_AT_SCALE_ONE * scale)
    products: dict[str, list[ProductSeed]] = {shop.key: [] for shop in SHOPS}
    truth: list[TrueVariant] = []
    shops = {shop.key: shop for shop in SHOPS}
    for model in models(seed):
        if len(truth) >= target:
            break
        for key in carriers(model, seed):
            shop = shops[key]
            for listing in listings(shop, model, seed):
                place = len(products[key])
                products[key].append(listing.product)
                truth.extend(
                    TrueVariant(shop.domain, place, number, variant.sku, item)
                    for number, (variant, item) in enumerate(zip(listing.product.variants, listing.items, strict=True))
                )
    stores = tuple(_store(shop, tuple(products[shop.key])) for shop in SHOPS)
    return WorldSeed("demo", stores), tuple(truth)


def _store(shop: Shop, products: tuple[ProductSeed, ...]) -> StoreSeed:
    return StoreSeed(
        domain=shop.domain,
        name=shop.name,
        merchant=shop.merchant.name,
        kind=shop.merchant.kind,
        country=shop.country,
        currency=shop.currency,
        vat_ids=shop.merchant.vat_ids,
        oss=shop.merchant.oss,
        email=f"hello@{shop.key}.example",
        plan=shop.plan,
        locations=shop.locations,
        products=products,
    )
