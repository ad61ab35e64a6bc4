"""The tiny world for tests: Alma supplies, Bruno sells, Cara is a stranger; every figure is written by hand."""

from ..seeds import LocationSeed, ProductSeed, StoreSeed, VariantSeed, WorldSeed
from .demo import TrueVariant
from .identifiers import gtin13

ALMA = "alma-studio.myshopify.com"
BRUNO = "bruno-schoenen.myshopify.com"
CARA = "cara-mode.myshopify.com"

_SHOES = ("41", "42", "43")
_ITEMS = {  # true items by name and size; the GTIN follows from the number
    ("strand", "41"): 11, ("strand", "42"): 12, ("strand", "43"): 13,
    ("kade", "S"): 21, ("kade", "M"): 22, ("kade", "L"): 23,
    ("pier", "40"): 31, ("pier", "41"): 32,
    ("duin", "42"): 41, ("duin blue", "42"): 42,
    ("sluis", "M"): 51, ("tas", ""): 61, ("muts", ""): 71,
    ("robe", "38"): 81, ("robe", "40"): 82, ("echarpe", ""): 91,
}  # fmt: skip


def _variant(
    options: tuple[str, ...],
    price: str,
    stock: int,
    *,
    item: tuple[str, str] | None = None,
    sku: str = "",
    tracked: bool = True,
    continue_selling: bool = False,
) -> VariantSeed:
    return VariantSeed(
        options=options,
        price=price,
        sku=sku,
        barcode=gtin13(_ITEMS[item]) if item else "",
        grams=700,
        hs_code="640411",
        origin_country="PT",
        tracked=tracked,
        continue_selling=continue_selling,
        stock=(stock,),
    )


def _run(name: str, sizes: tuple[str, ...], stocks: tuple[int, ...], price: str, sku: str) -> tuple[VariantSeed, ...]:
    return tuple(
        _variant((size,), price, units, item=(name, size), sku=f"{sku}-{size}")
        for size, units in zip(sizes, stocks, strict=True)
    )


def _alma() -> tuple[ProductSeed, ...]:
    return (
        ProductSeed("Strand Sneaker White", "Oever", ("Size",),
                    _run("strand", _SHOES, (5, 3, 1), "89.95", "OV1001-100"),
                    "Shoes", handle="strand-sneaker-white", colour_hex="#f2efe8", shape="shoe"),
        ProductSeed("Kade Shirt Blue", "Oever", ("Size",),
                    _run("kade", ("S", "M", "L"), (4, 0, 2), "59.95", "OV2002-045"),
                    "Shirts", handle="kade-shirt-blue", colour_hex="#3f6ea8", shape="shirt"),
        # No barcode here: brand, full article code and size must find Bruno's.
        ProductSeed("Pier Boot Black OV3003-001", "Oever", ("Size",), (
            _variant(("40",), "149.95", 2, sku="OV3003-001-40"), _variant(("41",), "149.95", 2, sku="OV3003-001-41")),
            "Shoes", handle="pier-boot-black", colour_hex="#23252b", shape="boot"),
        # Same title as Bruno's, style-level code, and two colours it could be: a question for a person.
        ProductSeed("Duin Sandal", "Oever", ("Colour", "Size"), (
            _variant(("Brown", "42"), "69.95", 3, sku="OV4004"), _variant(("Blue", "42"), "69.95", 3, sku="OV4004")),
            "Shoes", handle="duin-sandal", colour_hex="#6f4a32", shape="sandal"),
        ProductSeed("Sluis Sweater", "Oever", ("Size",), (
            _variant(("M",), "99.95", 4, item=("sluis", "M"), sku="OV5005-003-M"),),
            "Knitwear", handle="sluis-sweater", colour_hex="#8a8d92", shape="knit"),
        ProductSeed("Tas Tote", "Oever", ("Title",), (
            _variant(("Default Title",), "79.95", 6, item=("tas", ""), sku="OV6006-020"),),
            "Bags", handle="tas-tote", colour_hex="#6f4a32", shape="bag"),
    )  # fmt: skip


def _bruno() -> tuple[ProductSeed, ...]:
    return (
        ProductSeed("Oever Strand Sneaker Wit", "Oever", ("Maat",),
                    _run("strand", _SHOES, (2, 0, 2), "89.95", "B-STRAND"),
                    "Schoenen", handle="oever-strand-wit", colour_hex="#f2efe8", shape="shoe"),
        ProductSeed("Oever Kade Overhemd Blauw", "Oever", ("Maat",),
                    _run("kade", ("S", "M", "L"), (0, 3, 0), "57.95", "B-KADE"),
                    "Overhemden", handle="oever-kade-blauw", colour_hex="#3f6ea8", shape="shirt"),
        ProductSeed("Pier Laars Zwart", "OEVER", ("Maat",), (
            _variant(("40",), "149.95", 0, item=("pier", "40"), sku="OV3003-001-40"),
            _variant(("41",), "149.95", 1, item=("pier", "41"), sku="OV3003-001-41")),
            "Schoenen", handle="pier-laars-zwart", colour_hex="#23252b", shape="boot"),
        ProductSeed("Duin Sandal", "Oever", ("Maat",), (_variant(("42",), "69.95", 0, sku="OV4004"),),
                    "Schoenen", handle="duin-sandal", colour_hex="#6f4a32", shape="sandal"),
        # Sold below zero on purpose: a gap here is not a gap for the network.
        ProductSeed("Sluis Trui", "Oever", ("Maat",), (
            _variant(("M",), "99.95", 0, item=("sluis", "M"), sku="B-SLUIS-M", continue_selling=True),),
            "Truien", handle="sluis-trui", colour_hex="#8a8d92", shape="knit"),
        ProductSeed("Tas Shopper", "Oever", ("Title",), (
            _variant(("Default Title",), "79.95", 0, item=("tas", ""), sku="B-TAS", tracked=False),),
            "Tassen", handle="tas-shopper", colour_hex="#6f4a32", shape="bag"),
        ProductSeed("Muts Bruno", "Bruno", ("Title",), (
            _variant(("Default Title",), "24.95", 8, item=("muts", ""), sku="B-MUTS"),),
            "Mutsen", handle="muts-bruno", colour_hex="#22304f", shape="knit"),
    )  # fmt: skip


def _cara() -> tuple[ProductSeed, ...]:
    return (
        ProductSeed("Robe Garance", "Cara", ("Taille",), _run("robe", ("38", "40"), (2, 0), "129.00", "CARA-ROBE"),
                    "Robes", handle="robe-garance", colour_hex="#b5382f", shape="dress"),
        ProductSeed("Écharpe Lune", "Cara", ("Title",), (
            _variant(("Default Title",), "49.00", 5, item=("echarpe", ""), sku="CARA-ECHARPE"),),
            "Écharpes", handle="echarpe-lune", colour_hex="#d9c7a6", shape="knit"),
    )  # fmt: skip


def build_tiny() -> tuple[WorldSeed, tuple[TrueVariant, ...]]:
    """Build the three stores of the cast and the truth about them; seed and scale change nothing here."""
    stores = (
        StoreSeed(ALMA, "Alma Studio", "Alma Studio B.V.", "retailer", "NL", "EUR", ("NL900040245B01",), False,
                  "hello@alma-studio.example", "Basic",
                  (LocationSeed("Rotterdam", "Witte de Withstraat 20", "Rotterdam", "3012 BP", "NL"),), _alma()),
        StoreSeed(BRUNO, "Bruno Schoenen", "Bruno Schoenen B.V.", "retailer", "NL", "EUR", ("NL900040294B01",), False,
                  "hello@bruno-schoenen.example", "Basic",
                  (LocationSeed("Haarlem", "Grote Houtstraat 81", "Haarlem", "2011 SK", "NL"),), _bruno()),
        StoreSeed(CARA, "Cara Mode", "Cara Mode SARL", "retailer", "FR", "EUR", ("FR90990040032",), False,
                  "hello@cara-mode.example", "Basic",
                  (LocationSeed("Nantes", "Rue Crébillon 14", "Nantes", "44000", "FR"),), _cara()),
    )  # fmt: skip
    return WorldSeed("tiny", stores), tuple(_truth(stores))


# Where the barcode is silent, the writer of this world says which item it is.
_WITHOUT_BARCODE = {
    (ALMA, 2, 0): ("pier", "40"),
    (ALMA, 2, 1): ("pier", "41"),
    (ALMA, 3, 0): ("duin", "42"),
    (ALMA, 3, 1): ("duin blue", "42"),
    (BRUNO, 3, 0): ("duin", "42"),
}


def _truth(stores: tuple[StoreSeed, ...]) -> list[TrueVariant]:
    by_gtin = {gtin13(number): number for number in _ITEMS.values()}
    rows = []
    for store in stores:
        for place, product in enumerate(store.products):
            for number, variant in enumerate(product.variants):
                item = by_gtin.get(variant.barcode) or _ITEMS[_WITHOUT_BARCODE[store.domain, place, number]]
                rows.append(TrueVariant(store.domain, place, number, variant.sku, item))
    return rows
