"""A shop's look on packing slips, and the language of the customer who finds one in the parcel."""

import struct
import zlib

import pytest

from orders.look import MOST_BYTES, Look, change_look, forget_look, look_of
from orders.models import InternalOrder, Order, ShopLook
from orders.slip import _contents, packing_slip, sample_slip
from orders.slip_words import LANGUAGES, NAMES, SPOKEN, Words, language_of
from skuu.kit.errors import NotPossible


def picture(width: int = 20, height: int = 10) -> bytes:
    """A red PNG."""
    rows = b"".join(b"\0" + b"\xff\0\0" * width for _ in range(height))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def change(shop, **more):
    said = {
        "is_plain": False,
        "colour": "#aa3300",
        "shows_address": True,
        "closing_words": "bruno.example",
        "logo": None,
    }
    return change_look(shop, **(said | more), by="bruno")


class TestLanguages:
    """Pure."""

    @pytest.mark.parametrize(
        ("locale", "country", "language"),
        [("de", "NL", "de"), ("fr-BE", "BE", "fr"), ("pt_BR", "PT", "pt"), ("", "SE", "sv"), ("", "pl", "pl"),
         ("", "BG", "en"), ("", "", "en"), ("ja", "DE", "en")],
    )  # fmt: skip
    def test_the_orders_own_word_goes_before_the_country(self, locale, country, language):
        assert language_of(locale, country) == language

    def test_every_language_says_everything_and_names_the_seller(self):
        assert (
            {"en", "de", "fr", "it", "es", "nl", "sv", "pl"} <= LANGUAGES.keys() == NAMES.keys() >= set(SPOKEN.values())
        )
        for words in LANGUAGES.values():
            said = [getattr(words, name) for name in Words.__slots__]
            assert all(said)
            assert "{seller}" in words.questions

    @pytest.mark.parametrize("language", sorted(LANGUAGES))
    def test_each_can_be_printed(self, language):
        assert sample_slip("Bruno", Look(), language).startswith(b"%PDF-")


@pytest.fixture
def internal(market):
    market.buy(market.bruno, ("42", 1))
    market.settle()
    return InternalOrder.everyone.get()


def test_a_look_is_printed_and_the_shipper_is_not(market, internal):
    change(market.bruno, logo=picture())
    look = look_of(market.bruno)
    assert look.told("bruno")["logo"] == "logo.png"
    assert look.address == ("Grote Houtstraat 81", "2011 SK Haarlem", "NL")
    assert packing_slip(internal).startswith(b"%PDF-")
    assert "alma" not in str(look.told("bruno")).lower()


def test_a_plain_slip_says_the_name_alone(market):
    change(market.bruno, is_plain=True, logo=picture())
    assert look_of(market.bruno).told("bruno") == {
        "colour": "#000000", "logo": "", "address": [], "closing": "", "name": "bruno",
    }  # fmt: skip


def test_the_slip_speaks_the_customers_language(market, internal):
    said = _contents(internal, internal.order.destination)
    assert (said["language"], said["words"]["deliver_to"]) == ("nl", "Bezorgen bij")
    assert said["words"]["questions"] == "Vragen? Neem contact op met bruno-schoenen."
    Order.everyone.update(locale="de-AT")
    internal = InternalOrder.everyone.get()
    said = _contents(internal, internal.order.destination)
    assert (said["language"], said["words"]["order"]) == ("de", "Bestellung")


@pytest.mark.parametrize(
    ("more", "code"),
    [({"colour": "red"}, "bad_colour"), ({"colour": '#12345"'}, "bad_colour"), ({"logo": b"GIF89a"}, "bad_logo"),
     ({"logo": picture()[:60]}, "bad_logo"), ({"logo": b"\xff\xd8\xff" + b"0" * MOST_BYTES}, "logo_too_large"),
     ({"logo": b"<svg onload=alert(1)>"}, "bad_logo")],
)  # fmt: skip
def test_what_cannot_be_printed_is_not_kept(market, more, code):
    with pytest.raises(NotPossible) as refused:
        change(market.bruno, **more)
    assert (refused.value.code, ShopLook.everyone.count()) == (code, 0)


def test_a_logo_stays_until_it_is_taken_away_and_a_look_can_be_forgotten(market):
    change(market.bruno, logo=picture())
    change(market.bruno, colour="#001122")
    assert (look_of(market.bruno).logo, look_of(market.bruno).colour) == (picture(), "#001122")
    change(market.bruno, logo=b"")
    assert look_of(market.bruno).logo == b""
    forget_look(market.bruno)
    assert look_of(market.bruno) == Look()
