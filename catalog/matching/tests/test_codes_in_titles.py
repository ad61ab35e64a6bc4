"""Article codes that stand in titles alone, with their colour behind them: such products link or are asked about."""

import pytest

from catalog.matching.article import code_in_text
from catalog.matching.deciding import decide_pair
from catalog.matching.engine import decide_batch
from catalog.matching.normalising import VariantIn, normalise


def rows(one, other, vendor="Northfell", size="42"):
    return [
        normalise(VariantIn(place, place, str(place), title, vendor=vendor, size=size))
        for place, title in ((1, one), (2, other))
    ]


@pytest.mark.parametrize(
    ("text", "value", "pattern"),
    [
        ("Strand Sneaker AB1234_WHITE", "AB1234WHITE", "colour-name"),
        ("Strand Sneaker AB1234-BLANC", "AB1234BLANC", "colour-name"),
        ("Strand Sneaker 352634_Black-Gold", "352634BLACKGOLD", "colour-name"),
        ("Strand Sneaker AB1234-100", "AB1234100", "style-colour"),
        ("Strand Sneaker AB1234/001", "AB1234001", "style-colour"),
        ("Strand Sneaker AB1234 100", "AB1234100", "style-colour"),
        ("Strand Sneaker AB1234_SNEAKER", "", ""),
    ],
)
def test_a_colour_behind_a_code_makes_it_full(text, value, pattern):
    found = code_in_text(text)
    assert (found.value, found.pattern) == (value, pattern)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Strand Sneaker AB1234_WHITE", "AB1234_WHITE Strand"),
        ("Strand Sneaker AB1234-100", "Strand Sneaker AB1234/100"),
        ("Strand Sneaker AB1234 100", "Strand AB1234-100 Sneaker"),
    ],
)
@pytest.mark.parametrize(("vendor", "status"), [("Northfell", "linked"), ("", "ask")])
def test_equal_codes_link_under_a_brand_and_ask_without_one(one, other, vendor, status):
    assert [link.status for link in decide_batch(rows(one, other, vendor)).links] == [status, status]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Strand Sneaker AB1234_WHITE", "Strand Sneaker AB1234_BLANC"),
        ("Strand Sneaker AB1234_WHITE", "Strand Sneaker AB1234-100"),
        ("Strand Sneaker AB1234_WHITE", "Strand Sneaker White AB1234-100"),
    ],
)
@pytest.mark.parametrize("vendor", ["Northfell", ""])
def test_one_style_whose_colour_shops_say_otherwise_is_asked_about(one, other, vendor):
    both = rows(one, other, vendor)
    assert decide_pair(*both).outcome == "ask"
    assert [link.status for link in decide_batch(both).links] == ["ask", "ask"]


def test_two_colours_of_a_style_stay_apart():
    for vendor in ("Northfell", ""):
        both = rows("Strand Sneaker AB1234_WHITE", "Strand Sneaker AB1234_BLACK", vendor)
        assert [link.status for link in decide_batch(both).links] == ["alone", "alone"]
    assert decide_pair(*rows("Strand Sneaker AB1234_WHITE", "Strand Sneaker AB1234_BLACK")).outcome == "different"
