"""Every reason against a partner's unit standing on a shop's shelf, found from frozen facts alone.

The sentences are read by the selling shop: they never name the partner, its prices or its stock.
"""

from dataclasses import dataclass

from catalog.distributing.ruling import RuleFacts, RuleSet

RULE_VERSION = 2  # 2: rules of several conditions, measured buffers


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason against it: a code for programs, a sentence for the merchant."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A variant as its shop has it, with all that decides whether it may move. Prices in minor units of its shop's currency."""

    shop_id: int
    variant_id: int
    product_id: int
    sku: str
    brand: str  # normalised, or the vendor in lower case where nobody has normalised it yet
    category: str
    tags: frozenset[str]
    price_minor: int  # as the shop shows it
    net_minor: int  # without VAT
    active: bool
    tracked: bool
    sells_without_stock: bool
    requires_shipping: bool


@dataclass(frozen=True, slots=True)
class PairFacts:
    """What holds between a selling shop and one place of a shipping shop, whatever the goods. Days are working days."""

    country: str  # where the goods would leave
    shipper_live: bool
    shipper_shares: bool
    floor_bp: int  # the shipper's policy, where no rule of its own says otherwise
    distance_km: float | None
    days_max: int
    max_distance_km: int | None
    promise_days: int
    vat_refusal: str


_WORDS = {
    "brand": "this brand",
    "category": "this category",
    "product_id": "this product",
    "tag": "a tag of this product",
    "partner_id": "this partner",
    "country": "this country",
    "price_from": "products above a price",
    "price_to": "products below a price",
}


def unfit_for_shelf(goods: Candidate) -> list[Refusal]:
    """List what keeps a variant off its own shop's shelf, whoever might ship it."""
    found = [
        (not goods.active, "inactive", "The product is not active in your shop."),
        (not goods.sku, "no_sku", "The variant has no SKU; a fulfilment service cannot stock it without one."),
        (not goods.tracked, "untracked", "Your shop does not track this variant's stock, so it is never sold out."),
        (
            goods.sells_without_stock,
            "sells_without_stock",
            "Your shop goes on selling this variant when it is out of stock.",
        ),
        (not goods.requires_shipping, "not_shipped", "The variant needs no shipping."),
        (goods.price_minor <= 0, "no_price", "The variant has no price."),
    ]
    return [Refusal(code, text) for holds, code, text in found if holds]


def refusals(
    origin: Candidate,
    shipper: Candidate,
    shipper_net_minor: int,
    pair: PairFacts,
    origin_rules: RuleSet,
    shipper_rules: RuleSet,
    origin_country: str,
) -> list[Refusal]:
    """List every reason why the shipper's goods may not stand on the origin's shelf; none means they may.

    ``shipper_net_minor`` is the shipper's own net price in the origin's currency.
    """
    floor_bp = shipper_rules.amount("floor", shipper, origin.shop_id, origin_country, pair.floor_bp)
    return [
        *_unfit_to_ship(shipper, pair),
        *_underpriced(origin, shipper_net_minor, floor_bp),
        *_out_of_reach(pair),
        *_excluded(origin, shipper, pair, origin_rules, shipper_rules, origin_country),
    ]


def _unfit_to_ship(shipper: Candidate, pair: PairFacts) -> list[Refusal]:
    found = [
        (not pair.shipper_live, "shipper_not_live", "The partner that has it is not live."),
        (not pair.shipper_shares, "not_shared", "The partner that has it does not share this stock."),
        (not shipper.active, "shipper_inactive", "The partner has taken the product off sale."),
        (not shipper.tracked, "shipper_untracked", "The partner does not count its stock of it."),
        (
            shipper.sells_without_stock,
            "shipper_oversells",
            "The partner sells it without stock, so its figure proves nothing.",
        ),
        (not shipper.requires_shipping, "shipper_not_shipped", "The partner does not ship it."),
        (shipper.price_minor <= 0, "shipper_no_price", "The partner has no price for it."),
    ]
    return [Refusal(code, text) for holds, code, text in found if holds]


def _underpriced(origin: Candidate, shipper_net_minor: int, floor_bp: int) -> list[Refusal]:
    if origin.net_minor * 10_000 >= shipper_net_minor * (10_000 - floor_bp):
        return []
    return [Refusal("price", "Your price is below what the partner allows it to be sold for.")]


def _out_of_reach(pair: PairFacts) -> list[Refusal]:
    found = []
    if pair.max_distance_km is not None and (pair.distance_km is None or pair.distance_km > pair.max_distance_km):
        far = "at an unknown distance" if pair.distance_km is None else f"{pair.distance_km:.0f} km away"
        found.append(Refusal("distance", f"The partner is {far}; you accept {pair.max_distance_km} km."))
    if pair.days_max > pair.promise_days:
        text = f"Delivery could take {pair.days_max} working days; you promise {pair.promise_days}."
        found.append(Refusal("days", text))
    if pair.vat_refusal:
        found.append(Refusal("vat", pair.vat_refusal))
    return found


def _excluded(
    origin: Candidate,
    shipper: Candidate,
    pair: PairFacts,
    origin_rules: RuleSet,
    shipper_rules: RuleSet,
    origin_country: str,
) -> list[Refusal]:
    found = []
    if yours := origin_rules.against(origin, shipper.shop_id, pair.country):
        found.append(Refusal("rule", f"Your own rule {_said(yours)}."))
    if shipper_rules.against(shipper, origin.shop_id, origin_country):
        found.append(Refusal("partner_rule", "A rule of the partner that has it keeps it off your shelf."))
    return found


def _said(rule: RuleFacts) -> str:
    """Say what a rule does in terms that name no figure and no partner."""
    if rule.effect == "only":
        return "lets in only other goods"
    named = [text for name, text in _WORDS.items() if getattr(rule, name) not in ("", None)]
    return f"excludes {' and '.join(named)}"
