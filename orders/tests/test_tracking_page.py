"""The page on which a customer follows a parcel: in the selling shop's look, in the customer's language, without a style inside."""

import base64

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from network.connectors.base import EVENTS as TOLD_EVENTS
from orders.look import change_look, ink_on
from orders.models import InternalOrder, Order, Parcel
from orders.slip_words import LANGUAGES
from orders.tracking_page import tracking_path
from orders.tracking_words import EVENTS, TRACKING, event_words

DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def parcel(market) -> Parcel:
    market.buy(market.bruno, ("42", 1))
    market.settle()
    market.ship(InternalOrder.everyone.get())
    market.sweep()
    return Parcel.everyone.select_related("internal_order__order__shop").get()


def look(shop, **said):
    kept = {"is_plain": False, "colour": "#204060", "shows_address": False, "closing_words": "", "logo": None}
    change_look(shop, **{**kept, **said}, by="bruno")


def test_it_speaks_the_customers_language(market, parcel):
    Order.everyone.update(locale="fr-BE")
    parcel.events.create(status="OUT_FOR_DELIVERY", at=timezone.now())
    text = Client().get(tracking_path(parcel)).content.decode()
    assert '<html lang="fr">' in text
    order = parcel.internal_order.order.name
    for words in (f"Votre commande {order} chez bruno-schoenen", "En route depuis le", "En cours de livraison"):
        assert words in text
    Order.everyone.update(locale="")
    assert '<html lang="nl">' in Client().get(tracking_path(parcel)).content.decode()


def test_colour_and_logo_are_the_selling_shops_and_come_from_addresses_of_their_own(market, parcel):
    path = tracking_path(parcel)
    assert Client().get(f"{path}logo").status_code == 404
    look(market.bruno, logo=DOT, closing_words="bruno.example")
    look(market.alma, colour="#ff0000", closing_words="alma.example")
    page = Client().get(path)
    text = page.content.decode()
    assert ("bruno.example" in text, "alma" in text, "style=" in text, "<style" in text) == (True, False, False, False)
    assert f'href="{path}look.css?' in text
    assert f'src="{path}logo?' in text
    sheet, logo = Client().get(f"{path}look.css"), Client().get(f"{path}logo")
    assert (sheet.content, sheet["Content-Type"]) == (
        b":root { --look: #204060; --look-ink: #ffffff; }\n", "text/css; charset=utf-8",
    )  # fmt: skip
    assert (logo.content, logo["Content-Type"], logo["X-Content-Type-Options"]) == (DOT, "image/png", "nosniff")


def test_a_plain_look_is_the_name_alone(market, parcel):
    look(market.bruno, is_plain=True, logo=DOT, closing_words="bruno.example")
    path = tracking_path(parcel)
    text = Client().get(path).content.decode()
    assert ("look.css" in text, "<img" in text, "bruno.example" in text) == (False, False, False)
    assert "<header><p>bruno-schoenen</p></header>" in text
    assert Client().get(f"{path}logo").status_code == 404


def test_a_guessed_address_has_no_look_either(market, parcel):
    for end in ("look.css", "logo"):
        assert Client().get(f"/track/{parcel.pk}/{end}").status_code == 404


def test_every_language_of_the_slip_says_everything():
    assert TRACKING.keys() == LANGUAGES.keys()
    for words in TRACKING.values():
        assert all(words.events)
        assert ("{day}" in words.delivered, "{day}" in words.on_its_way, "{seller}" in words.questions) == (True,) * 3
        assert ("{order}" in words.title, "{seller}" in words.title, "{order}" in words.heading) == (True,) * 3
    assert set(TOLD_EVENTS) <= set(EVENTS)
    assert event_words(TRACKING["en"], "Sorted_by_hand") == "Sorted by hand"


@given(st.integers(0, 0xFFFFFF))
def test_the_name_can_be_read_on_any_colour(number):
    colour = f"#{number:06x}"

    def light(value: str) -> float:
        parts = [int(value[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True)) + 0.05

    dark, bright = sorted((light(colour), light(ink_on(colour))))
    assert bright / dark >= 4.5
