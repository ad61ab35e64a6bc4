"""A dispute is decided while the goods come back: whoever is first, the sale is given back once."""

import datetime as dt

from django.utils import timezone

from orders.models import InternalOrder, Return
from orders.return_goods import announce_return, inspect_return
from settlement.check import check_ledger
from settlement.dispute import open_dispute, owed_for, resolve_dispute
from settlement.models import Dispute, Entry
from settlement.release import release_due
from settlement.settle import post_shipped
from settlement.settle_returns import post_returns
from settlement.tests.cast import make_internal_order, make_merchant, make_shop
from settlement.tests.concurrency.test_racing_posts import together
from skuu.kit.errors import NotPossible, WrongState


def came_back(order: InternalOrder) -> Return:
    line = order.lines.get().pk
    returned = announce_return(order, [(line, 1)], reason="too_small", by="bruno")
    return inspect_return(returned, {line: {"as_new": 1}}, by="alma")


def test_a_decision_and_a_return_at_once_give_a_sale_back_once(own_database, settings):
    settings.NETWORK_COUNTRY, long_ago = "FR", timezone.now() - dt.timedelta(days=20)
    alma, bruno = make_shop(make_merchant("Alma")), make_shop(make_merchant("Bruno"))
    orders = [make_internal_order(bruno, alma, shipped_at=long_ago) for _ in range(5)]
    InternalOrder.everyone.update(status="delivered", delivered_at=long_ago)
    post_shipped()
    said = {"merchant": bruno.merchant, "reason": "faulty", "amount": None, "text": "Torn", "by": "bruno"}
    disputes = [open_dispute(order, **said) for order in orders]
    for order in orders:
        came_back(order)

    def decide(row: Dispute) -> None:
        resolve_dispute(row, to_origin=row.amount, by="ina", reason="Torn indeed")

    results = together(lambda: post_returns(wait=True), *[lambda row=row: decide(row) for row in disputes], release_due)
    refused = [one for one in results if isinstance(one, Exception)]
    assert all(isinstance(one, NotPossible | WrongState) for one in refused), refused
    assert post_returns(wait=True).refused == {}
    assert Entry.objects.filter(kind="return").count() == 5
    for row in Dispute.everyone.filter(status="open"):  # the return was first: 7.20 of it are left
        assert row.amount == 7_20
        resolve_dispute(row, to_origin=0, by="ina", reason="It came back")
    assert [owed_for(order) for order in orders if owed_for(order) not in (0, 7_20)] == []
    assert sum(owed_for(order) for order in orders) == 7_20 * len(refused)
    assert check_ledger(strict=True).findings == []
