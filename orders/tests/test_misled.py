"""An old return slip leads a parcel to the shop that declined it: it finds the return by its number and takes it in, or sends it on."""

import pytest

from network.models import Membership, Notice, Shop, User
from orders.decline_takeover import decline_takeover
from orders.direct import choose_rule
from orders.misled import find_misled, take_in_here
from orders.models import InternalOrder, Return
from orders.return_goods import announce_return, inspect_return, receive_return
from orders.tests.make import Market
from skuu.kit.errors import NotPossible, WrongState
from skuu.testing.calling import Program
from skuu.testing.signing_in import signed_in

PRICE = 5947  # net, what Bruno paid Alma for a pair


@pytest.fixture
def declined(market: Market) -> Return:
    """Cara was to take over two pairs that Alma shipped for Bruno, and declined: they go back to Alma."""
    market.buy(market.bruno, ("42", 2))
    market.settle()
    market.ship(InternalOrder.everyone.get())
    market.sweep()
    choose_rule(market.bruno.merchant, "nearest", by="bruno")
    choose_rule(market.cara.merchant, takes_over=True, by="cara")
    Shop.everyone.filter(pk=market.bruno.pk).update(postcode="6211 CP")
    row = InternalOrder.everyone.select_related("shipper", "order__shop__merchant").get()
    made = announce_return(row, [(row.lines.get().pk, 2)], reason="too_small", destination="rule", by="bruno")
    return decline_takeover(made, "Full.", by="cara")


def stands() -> tuple[str, str, int | None, int | None]:
    row = Return.everyone.get()
    return row.status, row.destination, row.receiver_id, row.lines.get().takeover_minor


def test_it_takes_the_goods_over_after_all_and_both_others_know(market, declined):
    misled = find_misled([market.cara], f" {declined.number.lower()} ")
    assert (misled.goods, misled.refused) == ([("Strand Sneaker", 2, "€59.47")], "")
    take_in_here(misled, by="cara")
    assert stands() == ("received", "taker", market.cara.pk, PRICE)
    row = Return.everyone.get()
    assert (row.considered["declined"], "vat" in row.considered) == ([], True)
    assert Notice.everyone.get(shop=market.alma, key=f"return:{row.number}").done_at is not None
    assert Notice.everyone.filter(shop=market.bruno, key=f"return_arrived:{row.number}").count() == 1
    take_in_here(misled, by="cara")  # again
    assert row.changes.filter(to_status="received").count() == 1
    closed = inspect_return(row, {row.lines.get().line_id: {"as_new": 2}}, by="cara")
    assert (closed.status, closed.lines.get().as_new) == ("closed", 2)


def test_nobody_else_finds_it_by_its_number(market, declined):
    for shop in (market.alma, market.bruno, market.dora):
        assert find_misled([shop], declined.number) is None
    assert find_misled([market.cara], declined.number[:-1]) is None
    for shop in (market.dora, market.bruno):
        assert Program(shop).get(f"returns/{declined.number}/arrived-here/").status_code == 404
        assert Program(shop).post(f"returns/{declined.number}/arrived-here/").status_code == 404
    assert stands() == ("announced", "shipper", None, None)


def test_what_it_cannot_have_it_is_told_to_send_on_without_a_partners_name(market, declined):
    choose_rule(market.cara.merchant, takes_over=False, by="cara")
    misled = find_misled([market.cara], declined.number)
    assert misled.refused == (
        "You take nothing over at present, or these are none of your goods. Send the parcel on to: "
        "bruno-schoenen, c/o Witte de Withstraat 20, 3012 BP Rotterdam, NL."
    )
    with pytest.raises(NotPossible) as refused:
        take_in_here(misled, by="cara")
    assert (refused.value.code, stands()) == ("send_it_on", ("announced", "shipper", None, None))


def test_what_has_arrived_elsewhere_stays_there(market, declined):
    misled = find_misled([market.cara], declined.number)
    receive_return(Return.everyone.get(), by="alma")
    with pytest.raises(WrongState, match="just been changed"):
        take_in_here(misled, by="cara")
    assert stands() == ("received", "shipper", None, None)
    assert find_misled([market.cara], declined.number).refused.endswith("ask bruno-schoenen what to do with them.")


def test_it_is_found_in_the_portals_search_and_by_api(market, declined):
    person = User.objects.create_user("cara@example.com", email="cara@example.com")
    Membership.objects.create(user=person, merchant=market.cara.merchant, role="operations")
    cara = signed_in(person)
    text = cara.get("/returns/", {"q": declined.number}).content.decode()
    assert ("we take it over" in text, "€59.47" in text, "alma" in text.lower(), "bruno" in text) == (
        True, True, False, False,
    )  # fmt: skip
    told = Program(market.cara).get(f"returns/{declined.number}/arrived-here/").json()
    assert told == {
        "number": declined.number,
        "lines": [{"title": "Strand Sneaker", "quantity": 2, "price": "€59.47"}],
        "refused": "",
    }
    answer = cara.post(f"/returns/{declined.number}/arrived-here/")
    assert (answer.status_code, answer["Location"]) == (302, f"/returns/{declined.number}/")
    assert stands() == ("received", "taker", market.cara.pk, PRICE)
    again = Program(market.cara).post(f"returns/{declined.number}/arrived-here/").json()
    assert (again["status"], again["comes_to_you"], again["internal_order"]) == ("received", True, None)
