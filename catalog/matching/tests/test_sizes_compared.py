"""Compares sizes as two shops write them: the same, different, or for a person to say."""

import pytest

from catalog.matching.deciding import decide_pair
from catalog.matching.engine import decide_batch
from catalog.matching.size import normalise_size, same_size, sizes_conflict, split_size
from catalog.matching.tests.cast import gtin, variant


def compared(one, other, **known):
    a, b = normalise_size(one, **known), normalise_size(other, **known)
    assert sizes_conflict(a, b) == sizes_conflict(b, a)
    return "same" if same_size(a, b) else "different" if sizes_conflict(a, b) else "ask"


@pytest.mark.parametrize(
    ("one", "other", "kind", "answer"),
    [
        ("XS/S", "S/XS", "top", "same"),
        ("L/XL", "XL-L", "top", "same"),
        ("S/M", "M", "top", "ask"),
        ("S/M", "M/L", "top", "ask"),
        ("S/M", "L", "top", "different"),
        ("L/Large", "L", "top", "same"),
        ("Extra Large", "XL", "top", "same"),
        ("W32", "W32/L34", "trousers", "ask"),
        ("W32", "W33/L34", "trousers", "different"),
        ("32", "W32/L34", "trousers", "ask"),
        ("34/32", "32/34", "trousers", "different"),
        ("34/32", "32/34", "", "different"),
        ("W34 L32", "34/32", "trousers", "same"),
        ("FR 42", "FR 42", "top", "same"),
        ("FR 42", "EU 42", "top", "ask"),
        ("FR 42", "EU 42", "shoe", "same"),
        ("42 / White", "42", "shoe", "same"),
        ("White / 42", "42", "shoe", "same"),
        ("White - 42,5", "42½", "shoe", "same"),
        ("Navy Blue / XL", "XL", "top", "same"),
        ("42 / White", "43 / White", "shoe", "different"),
        ("42,5", "42½", "shoe", "same"),
        ("42 1/2", "42.50", "shoe", "same"),
        ("425", "42.5", "shoe", "ask"),
        ("425", "43", "shoe", "different"),
        ("42 2/3", "42⅔", "shoe", "same"),
        ("42.67", "42⅔", "shoe", "same"),
        ("42 1/3", "42 2/3", "shoe", "different"),
        ("42.5", "42 2/3", "shoe", "ask"),
        ("75B", "75 B", "bra", "same"),
        ("75B", "B75", "bra", "same"),
        ("75B", "75C", "bra", "different"),
        ("75DD", "75E", "bra", "ask"),
        ("90B", "90B", "bra", "ask"),
        ("EU 90B", "EU 90 B", "bra", "same"),
        ("90B / 40B", "EU 90B", "bra", "same"),
        ("85 cm", "85", "accessory", "same"),
        ("85 cm", "90 cm", "accessory", "different"),
        ("54", "54 mm", "ring", "same"),
        ("54", "56", "ring", "different"),
        ("8.5", "8½", "glove", "same"),
        ("8.5", "9", "glove", "different"),
        ("39-42", "39/42", "sock", "same"),
        ("39-42", "39–42", "sock", "same"),
        ("39-42", "39 bis 42", "sock", "same"),
        ("EU 39-42", "39 à 42", "sock", "same"),
        ("39-42", "43-46", "sock", "different"),
        ("39-42", "40-43", "sock", "ask"),
        ("39-42", "40", "sock", "ask"),
        ("104/110", "110/116", "top", "different"),
        ("7-8 years", "8 ans", "top", "ask"),
        ("One Size", "Einheitsgröße", "", "same"),
        ("rozm. 42", "stl 42", "shoe", "same"),
        ("Tg. 42", "T.42", "shoe", "same"),
    ],
)  # fmt: skip
def test_what_two_shops_write_for_a_size(one, other, kind, answer):
    assert compared(one, other, kind=kind) == answer


@pytest.mark.parametrize(
    ("one", "other", "answer"),
    [
        ("US 13.5", "US 1", "different"),
        ("13.5C", "1Y", "different"),
        ("US 1", "US 1Y", "ask"),
        ("13.5", "1", "ask"),  # UK 13.5 is US 1
    ],
)
def test_childrens_sizes_start_again_at_one(one, other, answer):
    assert compared(one, other, kind="shoe", gender="k") == answer


def test_a_half_without_its_point_is_certain_only_by_the_brands_own_chart():
    assert normalise_size("425", kind="shoe", brand="nike").key == "EU:42.5"
    assert normalise_size("425", kind="shoe", brand="nike").sure
    assert not normalise_size("425", kind="shoe", brand="adidas").sure  # counts in thirds
    assert not normalise_size("425", kind="shoe", brand="northfell").sure
    assert normalise_size("275", kind="shoe").system == "RAW"  # millimetres, somewhere


@pytest.mark.parametrize(
    "text",
    [
        *(
            "One size fits all",
            "NOSIZE",
            "Taille unique",
            "TU",
            "Taglia Unica",
            "Talla única",
            "Tamaño único",
            "Eén maat",
        ),
        *(
            "Onesize",
            "En storlek",
            "Rozmiar uniwersalny",
            "uniw.",
            "Einheitsgröße",
            "Universalgröße",
            "One Size (Unisex)",
        ),
    ],
)
def test_one_size_in_eight_languages(text):
    assert (normalise_size(text).key, normalise_size(text).sure) == ("ONE", True)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("42 / White", ("42", "White")),
        ("Black/White / 42", ("42", "Black/White")),
        ("42 White", ("42", "White")),
        ("XL, Dunkelblau", ("XL", "Dunkelblau")),
        ("One Size / Black", ("One Size", "Black")),
        ("M/L", ("M/L", "")),
        ("42,5", ("42,5", "")),
        ("Black/White", ("Black/White", "")),
        ("W32/L34", ("W32/L34", "")),
        ("M Tall", ("M Tall", "")),
        ("", ("", "")),
    ],
)
def test_a_value_may_hold_size_and_colour(text, parts):
    assert split_size(text) == parts


def test_a_barcode_does_not_join_a_double_size_to_one_of_its_halves():
    one = variant(1, 1, size="S/M", barcode=gtin(1), title="Fold Tee Shirt")
    other = variant(2, 2, size="M", barcode=gtin(1), title="Fold Tee Shirt")
    decision = decide_pair(one, other)
    assert (decision.outcome, decision.guards) == ("ask", ("size_unsure",))
    assert [link.status for link in decide_batch([one, other]).links] == ["ask", "ask"]


def test_a_barcode_does_not_join_a_waist_to_a_waist_with_its_length():
    rows = [variant(n, n, size=size, barcode=gtin(1), title="Slim Jeans") for n, size in ((1, "W32"), (2, "W32/L34"))]
    assert [link.status for link in decide_batch(rows).links] == ["ask", "ask"]


def test_rows_of_one_product_whose_sizes_overlap_are_asked_about():
    facts = {"title": "Fold Tee Shirt", "article_code": "NF1234-100"}
    rows = [variant(1, 1, size="S/M", **facts), variant(2, 2, size="M", **facts), variant(3, 2, size="XL", **facts)]
    assert [link.status for link in decide_batch(rows).links] == ["ask", "ask", "alone"]


def test_mens_clothes_are_linked_by_the_number_of_their_size():
    facts = {"title": "Moor Suit", "article_code": "NF1234-100", "gender": "men", "size": "50"}
    assert [link.status for link in decide_batch([variant(n, n, **facts) for n in (1, 2)]).links] == ["linked"] * 2


@pytest.mark.parametrize(
    ("text", "kind", "key"),
    [
        ("XS (UK 6-8)", "top", "AL:XS"),
        ("L/XL (95-105 cm)", "accessory", "AL:L/XL"),
        ("M - 38", "top", "AL:M"),
        ("EU 36-38 / Slim", "top", "RAW:eu 36-38 / slim"),
        ("36-38 EU / Slim", "top", "RAW:36-38 eu / slim"),
        ("UK 7 / 41", "shoe", "UK:7"),
        ("EU42-UK8", "shoe", "EU:42"),
        ("42 EU - 8 UK", "shoe", "EU:42"),
    ],
)
def test_a_part_of_a_label_is_never_taken_for_the_whole(text, kind, key):
    assert normalise_size(text, kind=kind).key == key
