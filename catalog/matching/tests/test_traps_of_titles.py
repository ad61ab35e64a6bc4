"""The traps of colours, genders and titles, numbered as in `test_traps`."""

import pytest

from catalog.matching.colour import colours_conflict, normalise_colour
from catalog.matching.gender import gender_of, genders_conflict
from catalog.matching.options import read_options
from catalog.matching.product_facts import read_product
from catalog.matching.tests.test_traps import read


class TestColoursAndTitles:
    def test_trap_20_a_colour_number_is_no_colour_and_the_title_may_say_it(self):
        assert normalise_colour("001").bases == ()
        assert read("Runner Black/White", colour="001").colour.bases == ("black", "white")
        assert read("Runner", colour="001").colour.bases == ()
        one, other = (read("Racer Thea Shoes", colour=said) for said in ("Black", "Rot"))
        assert one.tokens == other.tokens
        assert colours_conflict(one.colour.bases, other.colour.bases)

    @pytest.mark.parametrize(
        "text",
        [
            "Black",
            "Schwarz",
            "Nero",
            "Noir",
            "Negro",
            "Zwart",
            "Svart",
            "Czarny",
            "Core Black",
            "BLK",
            "noire",
            "Triple Black",
        ],
    )
    def test_trap_21_black_in_eight_languages(self, text):
        assert normalise_colour(text).bases == ("black",)

    @pytest.mark.parametrize(
        ("text", "bases"),
        [
            ("Collegiate Navy", ("navy",)), ("Cloud White", ("white",)), ("University Red", ("red",)), ("Off-White", ("cream",)),
            ("Dunkelblau", ("navy",)), ("bleu marine", ("navy",)), ("Rose Gold", ("gold",)), ("saddlebrown", ("brown",)),
            ("darkgray", ("grey",)),
            ("Weiß/Schwarz", ("white", "black")), ("Negro/Grafito", ("black", "grey")), ("Drizzle/Black", ()),
            ("Black/Drizzle", ("black",)),
        ],
    )  # fmt: skip
    def test_trap_21_shops_names_of_colours(self, text, bases):
        assert normalise_colour(text).bases == bases

    def test_trap_21_the_main_colour_comes_first_and_second_ones_may_be_left_out(self):
        assert colours_conflict(("black", "white"), ("white", "black"))
        assert colours_conflict(("white",), ("black", "white"))
        assert colours_conflict(("black", "red"), ("black", "white"))
        assert not colours_conflict(("black",), ("black", "white"))
        assert not colours_conflict(("black", "red"), ("black", "white", "red"))
        assert not colours_conflict(("navy",), ("blue", "white"))

    @pytest.mark.parametrize(
        "names",
        [("Größe", "Farbe"), ("Taille", "COLOR"), ("Groesse", "Colour"), ("Talla", "Couleur"), ("Maat", "Kleur")],
    )
    def test_trap_21_option_names_and_their_order(self, names):
        size, colour = names
        for options in ([(size, "42"), (colour, "Nero")], [(colour, "Nero"), (size, "42")]):
            assert (read_options(options).size, read_options(options).colour) == ("42", "Nero")

    def test_trap_22_men_women_and_children_of_one_model(self):
        for text, gender in (
            ("WMNS Racer", "w"),
            ("Racer GS", "k"),
            ("Racer Herren", "m"),
            ("Racer damskie", "w"),
            ("Racer uomo", "m"),
            ("Racer", ""),
        ):
            assert gender_of(text) == gender
        assert genders_conflict("w", "m")
        assert genders_conflict("m", "k")
        assert not genders_conflict("u", "w")
        assert gender_of("Men's Boots | Boot Barn") == "m"
        assert read_product("Once Upon a Child Racer Men's", "Once Upon a Child").gender == "m"

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Pegasus 32", "Pegasus 33"), ("Power 2.2", "Power 3.2"), ("Metcon", "Metcon II"), ("Racer v1", "Racer v2"),
            ("Gel Nimbus 19", "Gel Cumulus 19"),
            ("Magista Obra", "Magista Ola"), ("Force Low", "Force Mid"), ("Force Mid", "Force High"), ("Trail", "Trail GTX"),
            ("Runner", "Runner Wide"),
            ("ZX8000", "ZX9000"), ("P-6000", "P-5000"), ("Sage Runner", "Moss Runner"), ("Stone Boot", "Ruby Boot"),
        ],
    )  # fmt: skip
    def test_trap_23_versions_and_twins_stay_apart(self, one, other):
        left, right = read_product(one, "Northfell"), read_product(other, "Northfell")
        assert (left.tokens, left.numbers) != (right.tokens, right.numbers)

    def test_trap_23_spellings_of_one_version_are_equal(self):
        assert {
            read_product(title, "Northfell").numbers for title in ("Metcon II", "Metcon 2", "Metcon v2", "METCON V.2")
        } == {("2",)}

    @pytest.mark.parametrize(
        "title",
        [
            "NORTHFELL TRAIL RACER", "Racer Trail by Northfell", "<b>Trail Racer</b> &amp; 🙂", "Trail\u00a0Racer – Schwarz",
            "Tr\u200bail Ra\x00cer",
            "\u202eTrail Racer\u202c", "Ｔｒａｉｌ Ｒａｃｅｒ", "Trail Racer DD1391-100", "Trail Racer DD1391 100",
            "Trail Racer Herren Sneaker EU 42",
        ],
    )  # fmt: skip
    def test_trap_24_dress_of_a_title_does_not_matter(self, title):
        assert read_product(title, "Northfell").tokens == ("racer", "trail")
        assert read_product(title, "Northfell").numbers == ()

    def test_trap_24_packs_replicas_and_used_goods_are_told(self):
        for title, pack in (
            ("Socken 2er-Pack", 2), ("Tee 3 Pack", 3), ("Set of 2 Tees", 2), ("Lot de 3 tee", 3), ("2x Socks", 2),
            ("3er Set Socken", 3),
            ("Caja de 12 Runner", 12), ("Runner 2-pak", 2), ("Box Jacket", 1), ("Case 77 Tee", 1), ("Doppelpack Tee", 2),
            ("Tee Bundle", 0), ("Backpack 20", 1), ("Jersey Set", 1), ("Lyte 50 Pack", 1), ("Runner", 1),
        ):  # fmt: skip
            assert read_product(title, "Northfell").pack == pack, title
        for title, condition in (
            ("Second Hand Boots", "used"), ("Stiefel gebraucht", "used"), ("Pre-owned Boots", "used"), ("Boots usate", "used"),
            ("Boots tweedehands", "used"),
            ("Replica Jersey", "replica"), ("Runner 1:1 quality", "replica"), ("Runner 1", ""), ("Vintage Boots", ""), ("Boots", ""),
        ):  # fmt: skip
            assert read_product(title, "Northfell").condition == condition, title

    def test_trap_24_ten_kilobytes_of_title_are_bounded(self):
        for title in (
            "word " * 2500,
            "1/" * 5000,
            "<" * 10_000,
            "&" * 10_000,
            "black/" * 2000,
            "a" * 10_000,
            "\u0301" * 10_000,
            "- " * 5000,
        ):
            facts = read_product(title, "Northfell")
            assert len(facts.tokens) <= 2
            assert len(facts.colours) <= 1

    @pytest.mark.parametrize(
        ("title", "colours"),
        [
            ("Sage Runner", ()), ("Moss Sneaker Black", ("black",)), ("Rose Runner Low", ()), ("Stone Jacket", ()),
            ("Slim Jeans", ()), ("Ruby Boots Red", ("red",)),
            ("Black Watch Boots Brown", ("brown",)), ("Men's Shoes Stone", ("beige",)), ("Runner - Sage", ("green",)),
            ("Runner (Moss)", ("green",)),
            ("Runner in Olive", ("olive",)), ("Runner Black/White", ("black", "white")), ("Runner Low / Black / White", ("black",
            "white")),
            ("Runner - Summit White/Racer Blue", ("white", "blue")), ("Runner - Drizzle/Black", ()), ("Runner Core Black", ("black",)),
            ("Schuhe Herren Schwarz-Weiß", ("black", "white")), ("Scarpe Uomo Nero/Bianco", ("black", "white")),
            ("Runner Off White/Black", ("cream", "black")),
        ],
    )  # fmt: skip
    def test_trap_24_names_that_are_colours_count_only_where_titles_put_the_colour(self, title, colours):
        assert read_product(title, "Northfell").colours == colours


@pytest.mark.parametrize(
    ("title", "condition"),
    [
        ("Dunk Low getragen", "used"),
        ("Dunk Low Mängelexemplar", "used"),
        ("Dunk Low B-Ware", "used"),
        ("Dunk Low 2nd hand", "used"),
        ("Dunk Low Vorführmodell", "used"),
        ("Dunk Low Musterschuh", "used"),
        ("Dunk Low reconditionné", "used"),
        ("Dunk Low ricondizionato", "used"),
        ("Dunk Low Fälschung", "replica"),
        ("Dunk Low inspired by somebody", "replica"),
        ("Leerkarton Dunk Low (Box only)", "part"),
        ("Schnürsenkel für Dunk Low", "part"),
        ("Dunk Low nur linker Schuh", "part"),
        ("Dunk Low signed", "part"),
        ("Dunk Low neu", ""),
        ("B-Line Low", ""),
        ("New Era Cap", ""),
    ],
)
def test_trap_24_what_is_not_the_new_whole_thing_is_told_apart(title, condition):
    assert read_product(title, "Nike").condition == condition
