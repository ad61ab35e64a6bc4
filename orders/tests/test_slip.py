"""The packing slip is neutral: the seller's name, the customer's label, the goods; no price, no shipper."""

import pytest

from orders.models import InternalOrder, Order
from orders.slip import _contents, packing_slip
from skuu.kit.errors import NotPossible, WrongState


@pytest.fixture
def internal(market):
    market.buy(market.bruno, ("42", 1))
    market.settle()
    return InternalOrder.everyone.get()


def test_the_slip_is_a_pdf(internal):
    assert packing_slip(internal).startswith(b"%PDF-")


def test_the_slip_names_the_seller_and_never_the_shipper(internal):
    said = _contents(internal, internal.order.destination)
    assert said["sender"] == ["bruno-schoenen", "c/o Witte de Withstraat 20", "3012 BP Rotterdam", "NL"]
    assert said["to"] == ["Marie Peeters", "Kerkstraat 12", "1017 GA Amsterdam", "NL"]
    assert [(line["units"], line["title"]) for line in said["lines"]] == [(1, "Strand Sneaker - 42")]
    words = str(said).lower()
    assert "alma" not in words
    assert "89" not in words


def test_markup_in_a_name_is_printed_not_run(internal):
    order = internal.order
    order.destination = order.destination | {"name": '#read("/etc/passwd") *x* $1/0$ <a> \\ "'}
    assert packing_slip(internal).startswith(b"%PDF-")


def test_there_is_no_slip_before_placing_and_none_after_erasing(internal):
    InternalOrder.everyone.update(status="planned")
    internal.refresh_from_db()
    with pytest.raises(WrongState):
        packing_slip(internal)
    InternalOrder.everyone.update(status="accepted")
    Order.everyone.update(address=None)
    with pytest.raises(NotPossible):
        packing_slip(InternalOrder.everyone.get())
