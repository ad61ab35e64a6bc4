"""A quick division for large orders: always the place that covers most of what is left; its distance to the optimum is bounded."""

from collections.abc import Sequence

from orders.routing.exact import Bundle, Choice, Price


def divide_greedily(need: Bundle, stock: Sequence[Bundle], price: Price) -> list[Choice]:
    """Divide ``need`` place by place: most units first, cheapest among equals. The stock must suffice in sum."""
    left, idle, choices = need, set(range(len(stock))), []
    while any(left):
        offers = []
        for at in idle:
            bundle = tuple(min(units, has) for units, has in zip(left, stock[at], strict=True))
            if any(bundle):
                offers.append((-sum(bundle), price(at, bundle), at, bundle))
        _, _, at, bundle = min(offers)
        choices.append((at, bundle))
        idle.discard(at)
        left = tuple(a - b for a, b in zip(left, bundle, strict=True))
    return choices


def lower_bound(need: Bundle, stock: Sequence[Bundle], price: Price) -> int:
    """Name a cost that no division can undercut: each item alone from its cheapest place, the dearest such item."""
    bounds = []
    for item, units in enumerate(need):
        if units:
            one = tuple(int(item == other) for other in range(len(need)))
            bounds.append(min(price(at, one) for at, has in enumerate(stock) if has[item]))
    return max(bounds, default=0)
