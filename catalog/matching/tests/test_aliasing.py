"""Colour words that people explained are read in the order they stand; what can be read anyway is left alone."""

import pytest

from catalog.matching.aliasing import aliased_colour
from catalog.matching.colour import NO_COLOUR, normalise_colour

SAID = {"gletscher": ("white", "grey"), "gletscher nacht": ("navy",), "kohlrabe": ("black",)}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Gletscher", "white/grey"),
        ("GLETSCHER-Nacht", "navy"),
        ("Kohlrabe / Gletscher", "black/white/grey"),
        ("Gletscherspalte", "raw:gletscherspalte"),
        ("Schwarz", "black"),
    ],
)
def test_a_colour_is_read_by_what_people_said(text, key):
    assert aliased_colour(normalise_colour(text), SAID).key == key


def test_without_a_colour_or_without_aliases_nothing_changes():
    raw = normalise_colour("Gletscher")
    assert aliased_colour(NO_COLOUR, SAID) is NO_COLOUR
    assert aliased_colour(raw, {}) is raw
