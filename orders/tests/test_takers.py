"""A third merchant takes goods over: it sees its own product and price, nobody else of it, and its stock rises once."""

import pytest

from catalog.models import Rule, Variant
from network.models import Merchant, Notice, Shop, TaxRegistration
from orders.direct import choose_rule, direct_return
from orders.models import InternalOrder, Return
from orders.object_grade import BadObjection, decide_objection, object_grade
from orders.restock import restock_due
from orders.return_goods import announce_return, inspect_return
from orders.returns_desk import cases_of, find_case, returns_of
from orders.tests.make import Market
from skuu.kit.errors import NotFound, NotPossible
from skuu.testing.calling import Program

UNIT = 5947  # 89.95 with 21 % VAT is 74.34 net; the card leaves 80 % to who ships: 59.47


@pytest.fixture
def sent(market: Market) -> InternalOrder:
    """Alma shipped two pairs for Bruno, whose returns go to the nearest shop; Cara takes goods over and lives next door."""
    market.buy(market.bruno, ("42", 2))
    market.settle()
    market.ship(InternalOrder.everyone.get())
    market.sweep()
    choose_rule(market.bruno.merchant, "nearest", by="bruno")
    choose_rule(market.cara.merchant, takes_over=True, by="cara")
    Shop.everyone.filter(pk=market.bruno.pk).update(postcode="6211 CP")
    return fresh()


def fresh() -> InternalOrder:
    return InternalOrder.everyone.select_related("shipper", "order__shop__merchant").get()


def directed():
    row = fresh()
    return direct_return(row, [row.lines.get().pk], reason="too_small")


@pytest.fixture
def announced(sent) -> Return:
    return announce_return(sent, [(sent.lines.get().pk, 2)], reason="too_small", destination="rule", by="bruno")


def test_the_nearest_taker_gets_it_for_what_the_selling_shop_paid(market, announced):
    line = announced.lines.get()
    assert (announced.destination, announced.receiver_id) == ("taker", market.cara.pk)
    assert announced.why_there == "cara-mode is nearest to the customer: 34 km. It buys from you what comes as new."
    assert (line.takeover_minor, line.restock_level_id) == (UNIT, market.level(market.cara, "42").pk)
    vat = announced.considered["vat"]
    assert (vat["treatment"], vat["supply_rate_bp"], vat["country"]) == ("domestic", 2100, "NL")
    (told,) = Notice.everyone.filter(kind="return")
    assert (told.shop_id, told.link) == (market.cara.pk, f"/returns/{announced.number}/")
    assert "alma" not in f"{told.subject} {told.body}".lower()


def test_each_party_sees_its_own_side_and_the_shipper_none(market, announced):
    own = find_case(market.cara.merchant, announced.number)
    assert (own.inspects, own.is_taker, own.is_shipper, own.is_origin) == (True, True, False, False)
    (back,) = own.lines
    assert (back.sku, back.place, back.price) == ("cara-mode-42", "Utrecht", "€59.47")
    assert own.address[:2] == ["bruno-schoenen", "c/o Oudegracht 7"]
    theirs = find_case(market.bruno.merchant, announced.number)
    assert (theirs.inspects, theirs.goes_to) == (False, "To cara-mode, who takes it over")
    assert {tuple(sorted(place)) for place in theirs.weighed if place["name"] != "bruno-schoenen"} == {
        ("chosen", "km", "name")
    }
    for merchant in (market.alma.merchant, market.dora.merchant):
        assert list(returns_of(merchant)) == []
        with pytest.raises(NotFound):
            find_case(merchant, announced.number)


def test_what_is_as_new_comes_into_its_stock_once_and_into_no_others(market, announced):
    shops = (market.alma, market.bruno, market.cara, market.dora)
    before = [market.available(shop, "42") for shop in shops]
    line = announced.lines.get().line_id
    for _ in range(2):
        inspect_return(announced, {line: {"as_new": 1, "worn": 1}}, by="cara")
    assert [restock_due(), restock_due()] == [1, 0]
    after = [market.available(shop, "42") for shop in shops]
    assert [now - then for now, then in zip(after, before, strict=True)] == [0, 0, 1, 0]
    (told,) = Notice.everyone.filter(kind="return_closed")
    assert (told.shop_id, told.subject) == (
        market.bruno.pk,
        f"{announced.number}: 1 × as new, 1 × worn or damaged by the customer",
    )


def test_by_api_it_is_received_and_inspected_by_the_taker_alone(market, announced):
    cara, number, line = Program(market.cara), announced.number, announced.lines.get().line_id
    (told,) = cara.get("returns/").json()["results"]
    assert (told["internal_order"], told["order"], told["comes_to_you"], told["why_there"]) == (None, None, True, "")
    assert (told["lines"][0]["takeover_minor"], told["lines"][0]["sku"], told["currency"]) == (
        UNIT,
        "cara-mode-42",
        "EUR",
    )
    counts = {"lines": [{"id": line, "as_new": 2}]}
    refused = [
        Program(shop).post(f"returns/{number}/{what}/", counts if what == "inspect" else {}).status_code
        for shop in (market.alma, market.dora, market.bruno)
        for what in ("receive", "inspect")
    ]
    assert (refused, Return.everyone.get().status) == ([404, 404, 404, 404, 403, 403], "announced")
    assert cara.post(f"returns/{number}/cancel/", {}).status_code == 403
    assert cara.post(f"returns/{number}/receive/", {}).json()["status"] == "received"
    assert cara.post(f"returns/{number}/inspect/", counts).json()["status"] == "closed"


def test_the_switch_is_kept_when_the_rule_changes_and_the_rule_when_the_switch_does(market):
    cara = Program(market.cara)
    assert cara.get("return-rule/").json() == {
        "rule": "shipper", "takes_over": False, "takes_over_percent": 100, "version": 0,
    }  # fmt: skip
    told = cara.put("return-rule/", {"rule": "nearest", "takes_over": True, "takes_over_percent": 80}).json()
    assert told == {"rule": "nearest", "takes_over": True, "takes_over_percent": 80, "version": 1}
    assert cara.put("return-rule/", {"rule": "origin"}).json() == told | {"rule": "origin", "version": 2}
    assert cara.put("return-rule/", {"rule": "origin", "takes_over_percent": 101}).status_code == 400
    with pytest.raises(NotPossible):
        choose_rule(market.cara.merchant, percent=0, by="cara")


def _dearer(market):
    Variant.everyone.filter(shop=market.cara).update(price_minor=70_00)  # 57.85 net


def _percent(market):
    choose_rule(market.cara.merchant, percent=79, by="cara")  # of 74.34 net: 58.72


def _unwilling(market):
    choose_rule(market.cara.merchant, takes_over=False, by="cara")


def _apart(market):
    Rule.everyone.create(shop=market.cara, side="origin", effect="exclude", partner=market.bruno)


def _kept_off(market):
    Rule.everyone.create(shop=market.bruno, side="shipper", effect="exclude", partner=market.cara)


def _currency(market):
    Shop.everyone.filter(pk=market.cara.pk).update(currency="SEK")


def _no_number(market):
    TaxRegistration.everyone.filter(merchant=market.cara.merchant).delete()


def _abroad(market):
    Merchant.everyone.filter(pk=market.cara.merchant_id).update(country="BE")
    Shop.everyone.filter(pk=market.cara.pk).update(country="BE", postcode="2000")
    TaxRegistration.everyone.filter(merchant=market.cara.merchant).update(country="BE")


def _paused(market):
    Shop.everyone.filter(pk=market.cara.pk).update(status="paused")


def _shares_nothing(market):
    Shop.everyone.filter(pk=market.cara.pk).update(shares_stock=False)


def _unlinked(market):
    market.variant(market.alma, "42").matches.update(status="withdrawn")


@pytest.mark.parametrize(
    "why",
    [
        _dearer, _percent, _unwilling, _apart, _kept_off, _currency, _no_number, _abroad, _paused, _shares_nothing, _unlinked,
    ],
)  # fmt: skip
def test_who_may_not_or_does_not_want_it_is_not_sent_it(market, sent, why):
    assert directed().destination == "taker"
    why(market)
    found = directed()
    assert (found.destination, found.levels, found.prices) == ("shipper", {}, {})


def test_objected_units_are_bought_after_all_when_the_staff_says_so(market, announced):
    line = announced.lines.get().line_id
    closed = inspect_return(announced, {line: {"as_new": 1, "faulty": 1}}, by="cara")
    with pytest.raises(BadObjection):  # a taker takes no sale back: there is nothing in faulty for it
        object_grade(closed, [{"line": line, "from": "faulty", "to": "faulty", "units": 1}], "Look.", by="bruno")
    asked = [{"line": line, "from": "faulty", "to": "as_new", "units": 1}]
    decided = decide_objection(object_grade(closed, asked, "Look.", by="bruno"), upheld=True, answer="Yes.", by="staff")
    correction = decided.correction
    made = correction.lines.get()
    assert (correction.destination, correction.receiver_id, made.as_new, made.takeover_minor) == (
        "taker", market.cara.pk, 1, UNIT,
    )  # fmt: skip
    assert (made.restock_level_id, restock_due(), market.available(market.cara, "42")) == (
        market.level(market.cara, "42").pk, 2, 2,
    )  # fmt: skip
    assert [case.row.number for case in cases_of(market.cara.merchant, [correction])] == [correction.number]


def test_it_sells_them_on_in_the_class_of_vat_in_which_it_sold_them(market, sent):
    line = sent.lines.get().order_line_id
    word = {"goods": "children_shoes", "how": "word", "by": "bruno", "at": "2026-10-20T10:00:00Z"}
    vat = sent.vat | {"said": {str(line): {"sold": word, "supplied": word | {"by": "alma"}}}}
    InternalOrder.everyone.filter(pk=sent.pk).update(vat=vat)
    back = announce_return(fresh(), [(sent.lines.get().pk, 1)], reason="too_small", destination="rule", by="bruno")
    assert (back.considered["vat"]["goods"], back.considered["vat"]["supply_rate_bp"]) == ("children_shoes", 2100)
