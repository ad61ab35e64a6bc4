"""The quick way to a statement's CSV writes what the csv module writes of the same rows, whatever people called their things."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.models import Shop
from orders.models import InternalOrder, Order, OrderLine
from settlement.close import close_cycle
from settlement.documents.csv_lines import quoted
from settlement.documents.statement import statement_csv
from settlement.models import Statement
from settlement.tests.cast import make_internal_order, make_merchant, make_shop
from settlement.tests.test_close import FRIDAY, _clock  # noqa: F401 - the same day


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_a_cell_is_quoted_as_the_csv_module_quotes_it(text):
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(["first", text, "last"])
    assert out.getvalue() == f"first,{quoted(text)},last\r\n"


@pytest.mark.django_db
def test_both_ways_to_the_csv_agree_on_names_that_spreadsheets_and_commas_fear(monkeypatch):
    alma, bruno = make_shop(make_merchant("Alma")), make_shop(make_merchant("Bruno"))
    Shop.everyone.filter(pk=alma.pk).update(name='=HYPERLINK("https://alma.test", "Alma")')
    order = make_internal_order(bruno, alma, shipped_at=FRIDAY)
    OrderLine.everyone.filter(order=order.order_id).update(title="-50 %, “Trail”\r\nshoe, 42", sku='+4"2')
    Order.everyone.filter(pk=order.order_id).update(name="@1001\n")
    InternalOrder.everyone.filter(pk=order.pk).update(remote_name="")
    close_cycle(FRIDAY.date())
    statements = list(Statement.everyone.select_related("cycle").order_by("pk"))
    quick = [statement_csv(statement) for statement in statements]
    monkeypatch.setattr("settlement.documents.statement.LAYOUT", 0)  # no statement is of the newest layout any more
    assert [statement_csv(statement) for statement in statements] == quick
    assert b"'=HYPERLINK" in quick[1]
    assert b"\"'-50 %" in quick[0]
