"""Every reason against a partner's unit standing on a shop's shelf, found from frozen facts alone.

The sentences are read by the selling shop: they never name the partner, its prices or its stock.
"""

from dataclasses import dataclass, field

RULE_VERSION = 1


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
    floor_bp: int
    distance_km: float | None
    days_max: int
    max_distance_km: int | None
    promise_days: int
    vat_refusal: str


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The exclusions of one shop on one side that hold today, all texts in lower case, prices in its own minor units."""

    brands: frozenset[str] = field(default_factory=frozenset)
    categories: frozenset[str] = field(default_factory=frozenset)
    partners: frozenset[int] = field(default_factory=frozenset)
    products: frozenset[int] = field(default_factory=frozenset)
    countries: frozenset[str] = field(default_factory=frozenset)
    tags: frozenset[str] = field(default_factory=frozenset)
    above: int | None = None
    below: int | None = None

    def against(self, goods: Candidate, partner_id: int, country: str) -> list[str]:
        """Name the kinds of rule that exclude these goods of the shop itself with this partner and country."""
        told = {
            "brand": goods.brand in self.brands,
            "category": goods.category in self.categories,
            "product": goods.product_id in self.products,
            "tag": not self.tags.isdisjoint(goods.tags),
            "partner": partner_id in self.partners,
            "country": country in self.countries,
            "price_above": self.above is not None and goods.price_minor > self.above,
            "price_below": self.below is not None and goods.price_minor < self.below,
        }
        return [kind for kind, excluded in told.items() if excluded]


_WORDS = {
    "brand": "this brand",
    "category": "this category",
    "product": "this product",
    "tag": "a tag of this product",
    "partner": "this partner",
    "country": "this country",
    "price_above": "products above a price",
    "price_below": "products below a price",
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
    return [
        *_unfit_to_ship(shipper, pair),
        *_underpriced(origin, shipper_net_minor, pair.floor_bp),
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
    yours = origin_rules.against(origin, shipper.shop_id, pair.country)
    theirs = shipper_rules.against(shipper, origin.shop_id, origin_country)
    return [Refusal(f"rule_{kind}", f"Your own rule excludes {_WORDS[kind]}.") for kind in yours] + [
        Refusal(f"partner_rule_{kind}", "A rule of the partner that has it keeps it off your shelf.") for kind in theirs
    ]
