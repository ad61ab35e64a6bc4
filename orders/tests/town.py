"""Three shops and their orders as rows, for tests that need no store: Alma ships, Bruno sells by REST, Cara is a stranger."""

import datetime as dt
from typing import Any

from django.utils import timezone

from catalog.models import Claim
from catalog.tests.cast import level_of, make_item, open_shop, stock
from network.models import RateCard
from orders.models import InternalOrder, InternalOrderLine, Order, OrderLine

MARIE = {"name": "Marie Peeters", "address1": "Kerkstraat 12", "zip": "1017 GA", "city": "Amsterdam", "country": "NL"}
AT = dt.datetime(2026, 11, 1, 9, 0, tzinfo=dt.UTC)


class Town:
    """Alma ships, Bruno sells by REST, Cara is a stranger."""

    def __init__(self) -> None:
        self.item = make_item()
        self.alma, self.bruno, self.cara = (open_shop(name) for name in ("Alma", "Bruno", "Cara"))
        self.bruno.platform = "api"
        self.bruno.save()
        self.sent, self.sold = stock(self.alma, self.item, 5), stock(self.bruno, self.item, 0)

    def order(self, name: str, status: str, *, address: Any = MARIE, days: int = 91, **more: Any) -> OrderLine:
        """Have an order of one line, seen so many days ago."""
        when = {"placed_at": AT, "seen_at": timezone.now() - dt.timedelta(days=days)}
        order = Order.everyone.create(
            shop=self.bruno, remote_id=name, name=name, currency="EUR", address=address, **(when | more)
        )
        return OrderLine.everyone.create(
            order=order, remote_id="1", variant=self.sold, title="Boot", sku="S1", quantity=1, unit_price_minor=8995,
            status=status, route_due_at=None,
        )  # fmt: skip

    def at_partner(self, line: OrderLine, status: str = "shipped", **more: Any) -> InternalOrderLine:
        """Give the line to Alma."""
        card = RateCard.objects.get_or_create(
            origin_kind="retailer", shipper_kind="retailer", version=1,
            defaults={"origin_bp": 1500, "network_bp": 200, "starts_on": dt.date(2026, 1, 1)},
        )[0]  # fmt: skip
        row = InternalOrder.everyone.create(
            number=f"N-{line.pk:06d}", order=line.order, shipper=self.alma, status=status, currency="EUR",
            rate_card=card, origin_bp=1500, network_bp=200, vat={}, **more,
        )  # fmt: skip
        claim = Claim.everyone.create(
            level=level_of(self.sent), quantity=1, purpose=f"order_line:{line.pk}", status="used"
        )
        return InternalOrderLine.everyone.create(
            internal_order=row, order_line=line, claim=claim, variant=self.sent, quantity=1, shipped_quantity=1, net_minor=7434
        )  # fmt: skip
