"""What a stand-in store is made of before it opens: plain values that worlds and imports produce and the stand-in loads."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class LocationSeed:
    """A real place with stock."""

    name: str
    address1: str
    city: str
    zip: str
    country: str  # ISO 3166 alpha-2
    online: bool = True


@dataclass(frozen=True)
class VariantSeed:
    """One sellable size of a product; ``stock`` holds available units per location, in the store's order of locations."""

    options: tuple[str, ...]
    price: str  # major units, "49.95", in the store's currency, tax included
    sku: str = ""
    barcode: str = ""
    compare_at: str | None = None
    grams: int = 0
    hs_code: str | None = None
    origin_country: str | None = None
    tracked: bool = True
    continue_selling: bool = False
    requires_shipping: bool = True
    stock: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class ProductSeed:
    """One product page; ``option_names`` are in the order of each variant's ``options``."""

    title: str
    vendor: str
    option_names: tuple[str, ...]
    variants: tuple[VariantSeed, ...]
    product_type: str = ""
    tags: tuple[str, ...] = ()
    handle: str = ""
    body_html: str = ""
    status: str = "ACTIVE"  # ACTIVE, DRAFT, ARCHIVED
    image_url: str = ""  # empty: the stand-in draws one
    colour_hex: str = ""  # for the drawing
    shape: str = ""  # shoe, boot, shirt, dress, trousers, jacket, bag: for the drawing


@dataclass(frozen=True)
class StoreSeed:
    """One Shopify store of one merchant."""

    domain: str  # "atelier-nord.myshopify.com"
    name: str
    merchant: str  # legal name
    kind: str  # retailer, brand, supplier
    country: str
    currency: str
    vat_ids: tuple[str, ...] = ()  # one for each country the merchant is registered in, "NL123456789B01"
    oss: bool = False
    email: str = ""
    plan: str = "Basic"  # Basic, Advanced, Plus: never a development store
    locations: tuple[LocationSeed, ...] = ()
    products: tuple[ProductSeed, ...] = ()


@dataclass(frozen=True)
class WorldSeed:
    """All stores of one world; the same name, seed and scale give the same world byte for byte."""

    name: str
    stores: tuple[StoreSeed, ...] = field(default=())
