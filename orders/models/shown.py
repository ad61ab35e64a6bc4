"""Rows that the back office lists for themselves: exchanges among order lines, takeovers among returns."""

from orders.models.order import OrderLine
from orders.models.return_ import Return


class Exchange(OrderLine):
    """A line that was given for units that come back."""

    class Meta:
        proxy = True


class Takeover(Return):
    """A return that a third merchant's shop takes over."""

    class Meta:
        proxy = True
