"""A product read at once says what its variants say one by one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.matching.normalising import NORM_VERSION, Normalised, VariantIn, normalise
from catalog.matching.product_facts import ProductFacts, read_product
from network.connectors.shopify.standin.seeds import ProductSeed
from network.connectors.shopify.standin.world.demo import build_demo

SHARED = ("brand", "kind", "tokens", "numbers", "pack", "condition")


def test_every_product_of_the_demo_world_reads_the_same_both_ways():
    world, _ = build_demo(7, 0.3)
    seen = 0
    for store in world.stores:
        for place, product in enumerate(store.products):
            facts = read_product(product.title, product.vendor, product.product_type, product.tags, (store.name,))
            for row in variants(product, str(place), store.name):
                assert [getattr(row, name) for name in SHARED] == [getattr(facts, name) for name in SHARED]
                assert row.gender == facts.gender
                seen += 1
    assert seen > 500


def variants(product: ProductSeed, ref: str, shop: str) -> list[Normalised]:
    """The product's variants as matching receives them."""
    return [
        normalise(
            VariantIn(
                place,
                1,
                ref,
                product.title,
                product.vendor,
                sku=variant.sku,
                tags=tuple(product.tags),
                barcode=variant.barcode,
                product_type=product.product_type,
                shop_names=(shop,),
            )  # fmt: skip
        )
        for place, variant in enumerate(product.variants)
    ]


def test_what_the_title_states_serves_variants_whose_fields_are_silent():
    facts = read_product("Nike Pegasus 32 GTX Herren Schuhe Schwarz/Weiß EU 42,5 DD1391-100", "", "", (), ())
    assert (facts.brand, facts.gender, facts.kind, facts.size) == ("nike", "m", "shoe", "eu 42,5")
    assert (facts.colours, facts.code.value, facts.code.level) == (("black", "white"), "DD1391100", "full")
    assert (facts.tokens, facts.numbers, facts.pack, facts.condition) == (("gtx", "pegasus"), ("32",), 1, "")
    row = normalise(VariantIn(1, 1, "p", "Nike Pegasus 32 GTX Herren Schuhe Schwarz/Weiß EU 42,5 DD1391-100"))
    assert (row.size.key, row.colour.bases, row.code) == ("EU:42.5", facts.colours, facts.code)
    assert row.version == NORM_VERSION


def test_type_and_tags_speak_where_the_title_does_not():
    facts = read_product("Racer", "Northfell", "Women's Shoes", ("sale", "Herren"))
    assert (facts.gender, facts.kind) == ("w", "shoe")
    assert read_product("Racer", "Northfell", "", ("sale", "Herren")).gender == "m"


def test_reviewers_aliases_name_the_brand_and_its_words():
    facts = read_product("Northfell Outdoor Racer", "Northfell Outdoor", aliases={"northfell outdoor": "Northfell"})
    assert facts.brand == "northfell"
    assert isinstance(facts, ProductFacts)


def test_a_title_that_begins_with_a_brand_of_the_network_is_of_that_brand():
    known = frozenset({"sunvale", "north fell"})
    for vendor, title, brand in (
        ("Maison Querios", "Sunvale Runner", "sunvale"),
        ("", "North Fell Runner", "north fell"),
        ("Maison Querios", "Runner Sunvale", "maison querios"),
        ("North Fell", "Sunvale Runner", "north fell"),
        ("Maison Querios", "Nike Runner", "nike"),
    ):
        assert read_product(title, vendor, known_brands=known).brand == brand
    assert read_product("Sunvale Runner", "Maison Querios").brand == "maison querios"


SHREDS = st.sampled_from(
    [
        "Nike",
        "Sage",
        "Black",
        "/",
        " - ",
        "EU 42",
        "2er-Pack",
        "DD1391-100",
        "SS26-2033",
        "Men's",
        "GTX",
        "&",
        "<b>",
        "\x00",
        "Stone",
        "II",
        "½",
    ]
)


@given(
    st.one_of(st.text(max_size=80), st.lists(SHREDS, max_size=8).map(" ".join)),
    st.sampled_from(["", "Nike", "Kicks Store", "Northfell"]),
)
def test_any_title_is_read_and_its_variants_say_the_same(title, vendor):
    facts = read_product(title, vendor)
    row = normalise(VariantIn(1, 1, "p", title, vendor))
    assert [getattr(row, name) for name in SHARED] == [getattr(facts, name) for name in SHARED]
    assert (row.code, row.gender, row.colour.bases) == (facts.code, facts.gender, facts.colours)
    assert facts == read_product(title, vendor)


@pytest.mark.parametrize(
    "title", ["Levi's 501 W32/L34", "Levis 501 W32 L34 black", "Levi's 501 w 32 l 34", "Levis 501 W32L34"]
)
def test_waist_and_length_in_a_title_are_its_size(title):
    facts = read_product(title, "")
    assert (facts.brand, facts.size, facts.tokens, facts.numbers) == ("levis", "W32/L34", (), ("501",))
