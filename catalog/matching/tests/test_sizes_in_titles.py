import pytest

from catalog.matching.columns import listing_of_parts, read_part
from catalog.matching.normalising import VariantIn, normalise


@pytest.mark.parametrize(
    ("title", "size"),
    [
        ("Strand Sneaker White 42", "EU:42"),
        ("Strand Sneaker White - 42", "EU:42"),
        ("Strand Sneaker White - EU 42", "EU:42"),
        ("Strand Sneaker White, 42,5", "EU:42.5"),
        ("Strand Sneaker White 42 2/3", "EU:42.67"),
        ("Strand Sneaker White 42½", "EU:42.5"),
        ("Strand Sneaker White (42)", "EU:42"),
        ("Strand Sneaker White 42 EU", "EU:42"),
        ("Strand Sneaker White 42EU", "EU:42"),
        ("Strand Sneaker Weiß Gr. 42", "EU:42"),
        ("Strand Sneaker Weiß Größe: 42", "EU:42"),
        ("Strand Sneaker Bianco Taglia 42", "EU:42"),
        ("Strand Sneaker Bianco Tg. 42", "EU:42"),
        ("Strand Zapatillas Blanco talla 42", "EU:42"),
        ("Strand Baskets Blanc Pointure 42", "EU:42"),
        ("Strand Sneaker Wit maat 42", "EU:42"),
        ("Strand Sneaker Wit mt 42", "EU:42"),
        ("Strand Sneaker Vit stl 42", "EU:42"),
        ("Strand Sneaker Vit strl. 42", "EU:42"),
        ("Strand Buty Biały rozm. 42", "EU:42"),
        ("Strand Sneaker Damen 39", "EU:39"),
        ("Strand Sneaker UK 8", "UK:8"),
        ("Strand Sneaker 8 UK", "UK:8"),
        ("Fold T-Shirt Black XL", "AL:XL"),
        ("Fold T-Shirt Black - M", "AL:M"),
        ("Fold Jeans Blue W32 L34", "WL:32/34"),
        # Numbers that name the model.
        ("Strand Pegasus 41 Shoes", ""),
        ("Strand Running Shoe Pegasus 41", ""),
        ("Strand Gel Nimbus Women 25", ""),
        ("Strand Sneaker Air 90", ""),
        ("Strand Sneaker 13", ""),
        ("Strand Old Skool 36", ""),
    ],
)
def test_a_size_is_found_where_titles_put_it(title, size):
    assert normalise(VariantIn(1, 1, "p", title)).size.key == size


def test_the_size_at_the_end_is_no_version_number():
    facts = normalise(VariantIn(1, 1, "p", "Strand Sneaker 3 White 42"))
    assert (facts.tokens, facts.numbers, facts.colour.bases) == (("strand",), ("3",), ("white",))


def test_a_size_field_outweighs_the_title():
    assert normalise(VariantIn(1, 1, "p", "Strand Sneaker White 42", size="43")).size.key == "EU:43"


def test_a_value_of_size_and_colour_gives_both():
    for facts in (
        normalise(VariantIn(1, 1, "p", "Strand Sneaker", options=(("Size", "42 / White"),))),
        normalise(VariantIn(1, 1, "p", "Strand Sneaker", options=(("Title", "White / 42"),))),
        normalise(VariantIn(1, 1, "p", "Strand Sneaker", size="42 / White")),
    ):
        assert (facts.size.key, facts.colour.bases, facts.size.label) == ("EU:42", ("white",), "42")


def test_a_file_gives_the_colour_of_a_value_of_both():
    rows = [("1", "a", "p", "Strand Sneaker", "Northfell", "", "42 / White", "", "", "")]
    rows += [("2", "a", "p", "Strand Sneaker", "Northfell", "", "43 / Black", "", "", "")]
    listing, _ = listing_of_parts([read_part(rows)])
    assert sorted(unit.colour.key for unit in listing.units) == ["black", "white"]
    assert sorted(listing.labels) == ["42", "43"]
