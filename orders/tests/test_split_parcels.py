"""T7: splitting a parcel, over partners, days and fulfilments, never changes what the customer paid."""

from orders.models import InternalOrder, InternalOrderLine, OrderLine, Parcel
from orders.tests.make import Market

PAID = """query($id: ID!) { order(id: $id) { displayFinancialStatus totalPriceSet { shopMoney { amount } }
  currentTotalPriceSet { shopMoney { amount } } totalReceivedSet { shopMoney { amount } }
  totalRefundedSet { shopMoney { amount } }
  lineItems(first: 9) { nodes { quantity currentQuantity originalUnitPriceSet { shopMoney { amount } } } } } }"""


def paid(market: Market, order_id: str) -> object:
    return market.ask(market.bruno, PAID, id=order_id)["order"]


def test_T7_splitting_a_parcel_never_changes_what_the_customer_paid(market):
    order_id = market.buy(market.bruno, ("42", 4), ("43", 1))
    before = paid(market, order_id)
    market.settle()
    partners = list(InternalOrder.everyone.order_by("pk"))
    assert {row.shipper_id for row in partners} == {market.alma.pk, market.dora.pk}
    sold = {line.pk: (line.quantity, line.unit_price_minor) for line in OrderLine.everyone.all()}
    net = sum(InternalOrderLine.everyone.values_list("net_minor", flat=True))
    for number, row in enumerate(partners):
        market.ship(row, f"3SFIRST{number}", units=1)
    market.sweep()
    for number, row in enumerate(partners):
        row.refresh_from_db()
        if row.lines.filter(shipped_quantity=0).exists() or any(
            line.shipped_quantity < line.quantity for line in row.lines.all()
        ):
            market.ship(row, f"3SREST{number}")
    market.sweep()
    assert Parcel.everyone.filter(cancelled_at=None).count() >= 3
    assert set(OrderLine.everyone.values_list("status", flat=True)) == {"shipped"}
    shown = market.order(market.bruno, order_id)["fulfillments"]
    assert len(shown) == Parcel.everyone.count()
    assert paid(market, order_id) == before
    assert {line.pk: (line.quantity, line.unit_price_minor) for line in OrderLine.everyone.all()} == sold
    assert sum(InternalOrderLine.everyone.values_list("net_minor", flat=True)) == net
