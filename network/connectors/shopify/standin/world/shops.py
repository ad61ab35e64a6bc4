"""The merchants and shops of the demo world, how each writes its catalogue, and which VAT routes are open between them.

The rule, for goods in country S sold by shop A to a customer in D: open when S is D and A is registered there;
open when S and D differ, A holds a VAT number of S and is in the one-stop shop; closed otherwise.
Here D is always A's own country.
"""

from dataclasses import dataclass

from ..seeds import LocationSeed, StoreSeed


@dataclass(frozen=True)
class Merchant:
    """One legal entity; all names and numbers are invented, the check digits are right."""

    name: str
    kind: str
    vat_ids: tuple[str, ...]
    oss: bool


@dataclass(frozen=True)
class Habits:
    """How one shop writes its catalogue."""

    language: str
    title: str  # a format of {brand} {name} {noun} {colour} {code}
    colours_on_one_page: bool = False
    upper: bool = False
    sku: str = "own"  # own, code_size, brand_code_colour_size, style
    barcode: tuple[str, ...] = ("clean",)  # ways of writing, chosen by product
    no_barcode_for: tuple[str, ...] = ()  # brands
    shoes: str = "{}"
    uk: bool = False
    jeans: str = "one"  # one W32/L34, two options, slash 32/34
    dresses: str = "{}"
    double_x: str = "XXL"
    vendor_upper: bool = False
    code_in_tags: bool = False
    rounding: int = 95  # cents at the end of a price; 0: whole units ending in 9


@dataclass(frozen=True)
class Shop:
    """One store: its merchant, place, currency, habits, and how much of a run it keeps."""

    key: str
    name: str
    merchant: Merchant
    country: str
    currency: str
    units_per_euro: float
    locations: tuple[LocationSeed, ...]
    habits: Habits
    gaps: float  # share of sizes that are sold out
    depth: int  # most units of one size
    plan: str = "Basic"

    @property
    def domain(self) -> str:
        """Give the store's address at Shopify."""
        return f"{self.key}.myshopify.com"


NORDVIK = Merchant("Nordvik Skor AB", "brand", ("SE559900400801",), False)
ATELIER = Merchant("Atelier Nord Mode AB", "retailer", ("SE559900401601", "DE990040182"), True)
LOWLAND = Merchant("Lowland Denim B.V.", "brand", ("NL900040014B01", "DE990040455", "FR18990040008"), True)
GRACHTEN = Merchant("Grachtengoed B.V.", "retailer", ("NL900040063B01", "DE990040650", "PL9990040002"), True)
LAVIGNE = Merchant("Maison Lavigne SARL", "retailer", ("FR42990040016", "NL900040105B01"), True)
WISLA = Merchant("Moda Wisła Sp. z o.o.", "retailer", ("PL9990040019", "DE990040676"), True)

SHOPS = (
    Shop(
        "nordvik", "Nordvik", NORDVIK, "SE", "SEK", 11.2,
        (LocationSeed("Borås lager", "Lagergatan 8", "Borås", "503 30", "SE"),),
        Habits("en", "{name} {noun} {colour}", sku="code_size", jeans="slash", rounding=0), 0.10, 14, "Advanced",
    ),
    Shop(
        "atelier-nord", "Atelier Nord", ATELIER, "SE", "SEK", 11.2,
        (LocationSeed("Stockholm", "Nytorget 12", "Stockholm", "116 40", "SE"),
         LocationSeed("Göteborg", "Magasinsgatan 5", "Göteborg", "411 18", "SE")),
        Habits("en", "{brand} {name} {noun} – {colour}", sku="code_size", no_barcode_for=("Marwick Row", "Kaldera"),
               shoes="UK {}", uk=True, rounding=0), 0.42, 5,
    ),
    Shop(
        "lowland-denim", "Lowland Denim", LOWLAND, "NL", "EUR", 1.0,
        (LocationSeed("Magazijn Eindhoven", "Strijpsestraat 40", "Eindhoven", "5616 GP", "NL"),
         LocationSeed("Winkel Amsterdam", "Haarlemmerdijk 70", "Amsterdam", "1013 JE", "NL")),
        Habits("nl", "{name} {noun}", colours_on_one_page=True, sku="code_size", jeans="two"), 0.10, 12, "Advanced",
    ),
    Shop(
        "lowland-werk", "Lowland Werk", LOWLAND, "DE", "EUR", 1.0,
        (LocationSeed("Lager Köln", "Venloer Straße 210", "Köln", "50823", "DE"),),
        Habits("de", "{brand} {name} {noun} {colour}", sku="brand_code_colour_size", barcode=("gtin14", "clean")),
        0.18, 9,
    ),
    Shop(
        "grachtengoed", "Grachtengoed", GRACHTEN, "NL", "EUR", 1.0,
        (LocationSeed("Amsterdam", "Prinsengracht 310", "Amsterdam", "1016 HX", "NL"),
         LocationSeed("Utrecht", "Oudegracht 155", "Utrecht", "3511 AL", "NL")),
        Habits("nl", "{name} {noun}", colours_on_one_page=True, barcode=("clean", "clean", "apostrophe"),
               code_in_tags=True, jeans="slash"), 0.45, 5, "Plus",
    ),
    Shop(
        "grachtengoed-de", "Grachtengoed Deutschland", GRACHTEN, "DE", "EUR", 1.0,
        (LocationSeed("Berlin", "Torstraße 99", "Berlin", "10119", "DE"),),
        Habits("de", "{brand} {name} {colour} ({code})", upper=True, barcode=("clean", "spaced", "hyphens"),
               shoes="EU {}", double_x="2XL"), 0.45, 5,
    ),
    Shop(
        "maison-lavigne", "Maison Lavigne", LAVIGNE, "FR", "EUR", 1.0,
        (LocationSeed("Lyon", "Rue de la République 21", "Lyon", "69002", "FR"),),
        Habits("fr", "{noun} {name}", sku="brand_code_colour_size", dresses="FR {}", rounding=0), 0.42, 4,
    ),
    Shop(
        "moda-wisla", "Moda Wisła", WISLA, "PL", "PLN", 4.3,
        (LocationSeed("Kraków", "Grodzka 24", "Kraków", "31-044", "PL"),),
        Habits("pl", "{brand} {name} – {noun}", sku="style", vendor_upper=True, double_x="2XL", rounding=99), 0.45, 5,
    ),
)  # fmt: skip

# origin <- shipper. Each list is checked against the rule by a test.
SAME_COUNTRY_ROUTES = (
    ("nordvik", "atelier-nord"),
    ("atelier-nord", "nordvik"),
    ("lowland-denim", "grachtengoed"),
    ("grachtengoed", "lowland-denim"),
    ("lowland-werk", "grachtengoed-de"),
    ("grachtengoed-de", "lowland-werk"),
)
SOME_OPEN_CROSS_BORDER = (
    ("atelier-nord", "grachtengoed-de"),  # Swedish customer, German stock: Atelier Nord has a German number and OSS
    ("atelier-nord", "lowland-werk"),
    ("maison-lavigne", "grachtengoed"),  # French customer, Dutch stock: Maison Lavigne has a Dutch number and OSS
    ("maison-lavigne", "lowland-denim"),
    ("moda-wisla", "grachtengoed-de"),  # Polish customer, German stock
    ("grachtengoed", "moda-wisla"),  # Dutch customer, Polish stock: Grachtengoed has a Polish number and OSS
    ("grachtengoed-de", "moda-wisla"),
    ("lowland-denim", "maison-lavigne"),
)
SOME_BLOCKED_CROSS_BORDER = (
    ("nordvik", "grachtengoed"),  # Nordvik is registered in Sweden only and not in OSS
    ("nordvik", "moda-wisla"),
    ("maison-lavigne", "moda-wisla"),  # no Polish number
    ("maison-lavigne", "nordvik"),  # nobody but the two Swedish merchants has a Swedish number
    ("grachtengoed", "nordvik"),
    ("moda-wisla", "maison-lavigne"),
    ("atelier-nord", "grachtengoed"),
)


def vat_route_open(origin: StoreSeed | Shop, shipper: StoreSeed | Shop) -> bool:
    """Tell whether ``origin`` may sell ``shipper``'s goods to a customer in its own country."""
    numbers, oss = _registration(origin)
    registered = any(number.startswith(shipper.country) for number in numbers)
    return registered and (shipper.country == origin.country or oss)


def _registration(shop: StoreSeed | Shop) -> tuple[tuple[str, ...], bool]:
    merchant = shop.merchant if isinstance(shop, Shop) else shop
    assert not isinstance(merchant, str)
    return merchant.vat_ids, merchant.oss
