import pytest

from catalog.matching.deciding import decide_pair
from catalog.matching.engine import decide_batch
from catalog.matching.normalising import VariantIn, normalise
from catalog.matching.tests.cast import gtin, variant


def pack(title):
    return normalise(VariantIn(1, 1, "p", title)).pack


@pytest.mark.parametrize(
    ("title", "pieces"),
    [
        ("Calzini sportivi confezione da 3", 3),
        ("Calzini conf. da 3", 3),
        ("Calze confezione da tre paia", 3),
        ("2x Crew Socks", 2),
        ("Crew Socks 2x", 2),
        ("Crew Socks (x3)", 3),
        ("Crew Socks x3", 3),
        ("Crew Socks 3-pack", 3),
        ("Crew Socks 3pk", 3),
        ("Crew Socks 3P", 3),
        ("Sneakersocken Doppelpack", 2),
        ("Sneakersocken im Doppel-Pack", 2),
        ("Sneakersocken Dreierpack", 3),
        ("Sneakersocken 6er-Pack", 6),
        ("Sneakersocken 3 Paar", 3),
        ("Chaussettes lot de 2", 2),
        ("Chaussettes lot de deux paires", 2),
        ("Chaussettes pack de 3", 3),
        ("Calcetines pack de 3", 3),
        ("Calcetines paquete de tres", 3),
        ("Calcetines 3 pares", 3),
        ("Sokken set van 3", 3),
        ("Sokken 3 stuks", 3),
        ("Strumpor 3 par", 3),
        ("Strumpor 5-pack", 5),
        ("Skarpety 3 pary", 3),
        ("Skarpety zestaw 3 szt.", 3),
        ("Skarpety trójpak", 3),
        ("Boxer Briefs Twin Pack", 2),
        ("Boxer Briefs Triple Pack", 3),
        ("Boxer Briefs Pack of Three", 3),
        ("Socks Multipack", 0),
        ("Crew Socks", 1),
        ("Chuck Runner 70", 1),
        ("Hip Pack", 1),
        ("Backpack 20 L", 1),
        ("Cloud 5 Runner", 1),
        ("Bikini Set", 1),
        ("3-in-1 Jacket", 1),
        ("Three Stripe Tee", 1),
        ("Parka Pack Jacket", 1),
        ("Jeans W32 L34", 1),
    ],
)
def test_pieces_are_counted_in_eight_languages(title, pieces):
    assert pack(title) == pieces


@pytest.mark.parametrize(
    "title", ["Crew Sock confezione da 3", "2x Crew Sock", "Crew Sock lot de 2", "Crew Sock 3-pack"]
)
def test_a_pack_never_is_the_single_product(title):
    facts = {"vendor": "Northfell", "article_code": "NF1234-100", "barcode": gtin(1), "size": "39-42"}
    single, several = variant(1, 1, title="Crew Sock", **facts), variant(2, 2, title=title, **facts)
    assert decide_pair(single, several).outcome == "ask"
    assert "pack" in decide_pair(single, several).guards
    assert not any(link.item for link in decide_batch([single, several]).links)
