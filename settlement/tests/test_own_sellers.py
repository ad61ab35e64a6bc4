"""The report about sellers leaves out what goes between two shops of one merchant: nobody bought it."""

import pytest
import time_machine

from orders.return_goods import announce_return, inspect_return
from settlement.dac7 import seller_report
from settlement.models import Entry
from settlement.post import reverse_entry
from settlement.settle_returns import post_returns
from settlement.tests.books import FRIDAY, payable_sale
from settlement.tests.cast import DOMESTIC, make_merchant, make_shop

OWN = DOMESTIC | {"treatment": "own_goods", "supply_rate_bp": 0, "reason": "Goods of one merchant"}


@pytest.mark.django_db
def test_only_sales_to_another_merchant_are_told(settings):
    settings.NETWORK_COUNTRY = "FR"
    with time_machine.travel(FRIDAY, tick=False):
        alma, bruno = make_merchant("Alma"), make_shop(make_merchant("Bruno"))
        one, two = make_shop(alma), make_shop(alma)
        own = payable_sale(one, two, vat=OWN)
        reverse_entry(Entry.objects.get(internal_order=own, kind="ship"), reason="never left", by="ina")
        back = payable_sale(one, two, vat=OWN)
        line = back.lines.get()
        returned = announce_return(back, [(line.pk, 1)], reason="too_small", by="test")
        inspect_return(returned, {line.pk: {"as_new": 1}}, by="test")
        post_returns()
        payable_sale(one, two, vat=OWN)
        assert Entry.objects.filter(kind__in=["ship", "return", "reversal"]).count() == 5
        assert seller_report(2026) == []
        payable_sale(bruno, two)
        (row,) = seller_report(2026)
        assert (row.name, row.sales[3], row.consideration[3], row.fees[3]) == (alma.legal_name, 1, 89_00, 2_00)
