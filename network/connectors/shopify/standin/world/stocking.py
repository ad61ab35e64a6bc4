"""How many units of a size stand at a shop's locations: brands are deep, retailers have gaps."""

from random import Random

from .shops import Shop


def stock(shop: Shop, dice: Random) -> tuple[int, ...]:
    """Draw the units of one size at each of the shop's locations; a gap is a gap at all of them."""
    places = len(shop.locations)
    if dice.random() < shop.gaps:
        return (0,) * places
    units = dice.randint(1, shop.depth)
    if places == 1:
        return (units,)
    second = dice.randint(0, units // 2)
    return (units - second, second)
