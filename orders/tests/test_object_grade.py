"""A selling shop objects to a grade, the staff decides, and stock and money follow: by a return that corrects the first."""

import pytest

from catalog.claim import check_claims
from network.models import Notice
from orders.models import InternalOrder, InternalOrderLine, Objection, OrderLine, Return, ReturnLine
from orders.object_grade import BadObjection, decide_objection, object_grade, withdraw_objection
from orders.restock import restock_due
from orders.return_goods import BadUnits, announce_return, cancel_return, inspect_return
from orders.returnable import units_left
from skuu.kit.errors import WrongState


@pytest.fixture
def closed(market) -> Return:
    """Of two units that Alma shipped for Bruno she found one worn and one missing."""
    market.buy(market.bruno, ("42", 2))
    market.settle()
    market.ship(InternalOrder.everyone.get())
    market.sweep()
    sent = InternalOrder.everyone.select_related("shipper").get()
    made = announce_return(sent, [(sent.lines.get().pk, 2)], reason="too_small", by="bruno")
    return inspect_return(made, {sent.lines.get().pk: {"worn": 1, "missing": 1}}, by="alma")


def asked(closed, **more):
    return [{"line": closed.lines.get().line_id, "from": "worn", "to": "as_new", "units": 1} | more]


def objected(closed, **more):
    return object_grade(closed, asked(closed, **more), "The box was never opened.", by="bruno")


def facts():
    return [
        list(model.everyone.order_by("pk").values()) for model in (Return, ReturnLine, InternalOrderLine, Objection)
    ]


def test_an_upheld_objection_gives_the_unit_back_to_the_shippers_stock(market, closed):
    row = objected(closed)
    assert objected(closed).pk == row.pk
    (told,) = Notice.everyone.filter(kind="objection")
    assert (told.shop_id, told.done_at) == (market.alma.pk, None)
    decided = decide_objection(row, upheld=True, answer="The pictures show a sealed box.", by="staff")
    again = decide_objection(row, upheld=True, answer="The pictures show a sealed box.", by="staff")
    correction = decided.correction
    assert (decided.status, again.correction_id, correction.corrects_id) == ("upheld", correction.pk, closed.pk)
    assert (correction.status, correction.lines.get().as_new, correction.lines.get().taken_back) == ("closed", 1, 1)
    first = closed.lines.get()
    assert (first.worn, first.moved, first.taken_back) == (0, 1, 0)
    assert (restock_due(), market.available(market.alma, "42")) == (1, 2)
    told.refresh_from_db()
    assert told.done_at is not None
    assert sorted(Notice.everyone.filter(kind="objection_decided").values_list("shop_id", flat=True)) == sorted(
        [market.alma.pk, market.bruno.pk]
    )
    assert check_claims() == []


def test_missing_units_that_were_there_count_once(market, closed):
    sent = closed.internal_order
    assert list(units_left(sent).values()) == [1]
    decide_objection(
        objected(closed, **{"from": "missing", "to": "faulty"}), upheld=True, answer="Weighed.", by="staff"
    )
    assert list(units_left(sent).values()) == [0]
    assert (OrderLine.everyone.get().status, restock_due()) == ("returned", 0)


def test_missing_units_come_back_by_one_way_only(market, closed):
    line = closed.lines.get().line_id
    again = announce_return(closed.internal_order, [(line, 1)], reason="too_small", by="bruno")
    before = facts()
    with pytest.raises(WrongState):
        objected(closed, **{"from": "missing", "to": "faulty"})
    assert facts() == before
    cancel_return(again, by="bruno")
    for end in (
        lambda row: withdraw_objection(row, by="bruno"),
        lambda row: decide_objection(row, upheld=False, answer="It was not there.", by="staff"),
    ):
        row = objected(closed, **{"from": "missing", "to": "faulty"})
        with pytest.raises(BadUnits):
            announce_return(closed.internal_order, [(line, 1)], reason="too_small", by="bruno")
        end(row)
        assert list(units_left(closed.internal_order).values()) == [1]


def test_a_rejected_or_withdrawn_objection_changes_no_unit(market, closed):
    lines = list(ReturnLine.everyone.values())
    row = decide_objection(objected(closed), upheld=False, answer="The soles are worn.", by="staff")
    assert (row.status, row.correction_id) == ("rejected", None)
    with pytest.raises(WrongState):
        decide_objection(row, upheld=True, answer="Or not.", by="staff")
    second = objected(closed)
    withdraw_objection(second, by="bruno")
    withdraw_objection(second, by="bruno")
    second.refresh_from_db()
    assert (second.status, second.pk != row.pk) == ("withdrawn", True)
    with pytest.raises(WrongState):
        decide_objection(second, upheld=True, answer="Late.", by="staff")
    assert list(ReturnLine.everyone.values()) == lines
    assert Return.everyone.count() == 1


@pytest.mark.parametrize(
    "more", [{"units": 2}, {"units": 0}, {"from": "as_new"}, {"to": "worn"}, {"line": 10**9}, {"from": "lost"}]
)
def test_only_units_found_worn_or_missing_can_be_objected_to(market, closed, more):
    before = facts()
    with pytest.raises(BadObjection):
        objected(closed, **more)
    with pytest.raises(BadObjection):
        object_grade(closed, asked(closed), "  ", by="bruno")
    with pytest.raises(BadObjection):
        object_grade(closed, [], "Nothing.", by="bruno")
    assert facts() == before


def test_what_the_selling_shop_inspected_itself_is_its_own_word(market, closed):
    sent = closed.internal_order
    made = announce_return(sent, [(sent.lines.get().pk, 1)], reason="other", destination="origin", by="bruno")
    kept = inspect_return(made, {sent.lines.get().pk: {"worn": 1}}, by="bruno")
    with pytest.raises(WrongState):
        objected(kept)
    with pytest.raises(WrongState):
        objected(announce_return_again(closed))


def announce_return_again(closed):
    """An open return: there is nothing to object to yet."""
    decide_objection(objected(closed), upheld=True, answer="Yes.", by="staff")
    return Return.everyone.get(corrects=closed)
