"""The return slip: address, number, goods in the customer's language; nothing of the customer's and no partner's name."""

import pytest
from django.test import Client

from network.models import Membership, Shop, User
from orders.direct import choose_rule
from orders.models import InternalOrder, Order, Parcel, Return
from orders.return_goods import announce_return, receive_return, report_lost
from orders.return_slip import return_slip, slip_contents
from orders.return_words import RETURNING
from orders.slip_words import LANGUAGES
from orders.tests.make import Market
from orders.tracking_page import tracking_path
from skuu.kit.errors import NotPossible, WrongState
from skuu.testing.calling import Program
from skuu.testing.signing_in import signed_in


@pytest.fixture
def sent(market: Market) -> InternalOrder:
    market.buy(market.bruno, ("42", 2))
    market.settle()
    market.ship(InternalOrder.everyone.get())
    market.sweep()
    return InternalOrder.everyone.select_related("shipper", "order__shop__merchant").get()


def back(sent: InternalOrder, destination: str = "shipper") -> Return:
    return announce_return(sent, [(sent.lines.get().pk, 1)], reason="too_small", destination=destination, by="bruno")


def test_it_says_where_to_what_and_which_number_in_the_customers_language(sent):
    returned = back(sent)
    said = slip_contents(returned)
    assert (said["language"], said["words"]["title"], said["order"]) == ("nl", "Retour", sent.order.name)
    assert said["to"] == ["bruno-schoenen", f"c/o {sent.shipper.address1}", "3012 BP Rotterdam", "NL"]
    assert (said["number"], said["lines"]) == (returned.number, [{"units": 1, "title": "Strand Sneaker - 42"}])
    said = str(said).lower()
    assert [word for word in ("alma", "marie", "kerkstraat", "89", sent.number.lower()) if word in said] == []
    assert return_slip(returned).startswith(b"%PDF-")
    Order.everyone.update(locale="pl-PL", address=None)
    assert slip_contents(Return.everyone.get())["words"]["title"] == "Zwrot"


def test_the_code_is_a_square_that_holds_the_number(sent):
    rows = slip_contents(back(sent))["code"]
    assert (len(rows), {len(row) for row in rows}) == (21, {21})
    corner = ["1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111"]
    assert [row[:7] for row in rows[:7]] == [row[-7:] for row in rows[:7]] == [row[:7] for row in rows[-7:]] == corner


def test_who_takes_it_over_reads_nothing_of_the_order(market, sent):
    choose_rule(market.bruno.merchant, "nearest", by="bruno")
    choose_rule(market.cara.merchant, takes_over=True, by="cara")
    Shop.everyone.filter(pk=market.bruno.pk).update(postcode="6211 CP")
    returned = back(InternalOrder.everyone.get(pk=sent.pk), "rule")
    said = slip_contents(returned)
    assert (returned.destination, said["order"], said["to"][:2]) == (
        "taker",
        "",
        ["bruno-schoenen", "c/o Oudegracht 7"],
    )
    assert "cara" not in str(said).lower()
    assert Program(market.cara).get(f"returns/{returned.number}/slip.pdf").status_code == 403


def test_what_the_selling_shop_keeps_goes_to_its_own_street_and_without_a_street_nowhere(market, sent):
    returned = back(sent, "origin")
    assert slip_contents(returned)["to"][:2] == ["bruno-schoenen", market.bruno.address1]
    Shop.everyone.filter(pk=market.bruno.pk).update(address1="")
    with pytest.raises(NotPossible):
        return_slip(Return.everyone.get())


def test_there_is_none_once_it_arrived_or_for_what_was_lost(sent):
    returned = back(sent)
    receive_return(returned, by="alma")
    returned.refresh_from_db()
    InternalOrder.everyone.update(promised_on="2020-01-01")
    for row in (returned, report_lost(sent, by="bruno")):
        with pytest.raises(WrongState):
            return_slip(row)


def test_markup_in_a_title_is_printed_not_run(sent):
    line = sent.lines.get().order_line
    line.title = '#read("/etc/passwd") *x* $1/0$ <a> \\ "'
    line.save(update_fields=["title"])
    assert return_slip(back(sent)).startswith(b"%PDF-")


def test_the_customer_finds_it_on_the_tracking_page_until_the_parcel_has_arrived(sent):
    path = tracking_path(Parcel.everyone.get())
    assert "Retourbon" not in Client().get(path).content.decode()
    returned = back(sent)
    link = f"{path}{returned.number}.pdf"
    assert f'href="{link}">Retourbon afdrukken ({returned.number})' in Client().get(path).content.decode()
    answer = Client().get(link)
    assert (answer.status_code, answer["Content-Type"], answer.content[:5]) == (200, "application/pdf", b"%PDF-")
    assert Client().get(f"{path}R-999999.pdf").status_code == 404
    receive_return(returned, by="alma")
    assert Client().get(link).status_code == 404
    assert "Retourbon" not in Client().get(path).content.decode()


def test_the_selling_shop_prints_it_by_api_and_in_the_portal_and_nobody_else(market, sent):
    number = back(sent).number
    codes = [
        Program(shop).get(f"returns/{number}/slip.pdf").status_code for shop in (market.bruno, market.alma, market.cara)
    ]
    assert codes == [200, 403, 404]
    person = User.objects.create_user("bruno@example.com", email="bruno@example.com")
    Membership.objects.create(user=person, merchant=market.bruno.merchant, role="readonly")
    answer = signed_in(person).get(f"/returns/{number}/slip.pdf")
    assert (answer["Content-Type"], answer.content[:5]) == ("application/pdf", b"%PDF-")
    assert f'href="/returns/{number}/slip.pdf"' in signed_in(person).get(f"/returns/{number}/").content.decode()


def test_every_language_of_the_packing_slip_has_one():
    assert RETURNING.keys() == LANGUAGES.keys()
