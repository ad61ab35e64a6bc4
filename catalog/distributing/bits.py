"""What speaks against a placement, a bit each: the set-based decision counts with them, this module says them.

The order is stored meaning: add at the end only, with a new version of the rules.
"""

HINDRANCES = {
    "inactive": "The product is not active in your shop.",
    "no_sku": "The variant has no SKU; a fulfilment service cannot stock it without one.",
    "untracked": "Your shop does not track this variant's stock, so it is never sold out.",
    "sells_without_stock": "Your shop goes on selling this variant when it is out of stock.",
    "not_shipped": "The variant needs no shipping.",
    "no_price": "The variant has no price.",
    "own_stock": "",  # says the figures: explain.say_own_stock
    "cap": "Your limit of units per size is 0.",
}
REFUSALS = {
    "shipper_not_live": "The partner that has it is not live.",
    "not_shared": "The partner that has it does not share this stock.",
    "shipper_unfit": "The partner that has it cannot ship it: off sale, not counted, or without a price.",
    "price": "Your price is below what the partner allows it to be sold for.",
    "distance": "The partner is further away than you accept.",
    "days": "Delivery could take longer than you promise.",
    "vat": "",  # the registration that is missing, as the VAT table names it
    "currency": "There is no reference rate between your currency and the partner's.",
    "rule": "A rule of yours keeps it off.",
    "partner_rule": "A rule of the partner that has it keeps it off your shelf.",
}


def _said(texts: dict[str, str], bits: int) -> list[tuple[str, str]]:
    return [(code, text) for place, (code, text) in enumerate(texts.items()) if bits >> place & 1]


def say_hindrances(bits: int, own_stock: str) -> list[str]:
    """Say what keeps a variant off its own shelf; ``own_stock`` is the sentence with the figures."""
    return [own_stock if code == "own_stock" else text for code, text in _said(HINDRANCES, bits)]


def say_refusals(bits: int, vat: str) -> list[str]:
    """Say what speaks against the partners' units; ``vat`` names the registration that is missing."""
    return [vat if code == "vat" else text for code, text in _said(REFUSALS, bits)]
