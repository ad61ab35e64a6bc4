"""The decision table for two supplies and one transport: shipper to selling shop, selling shop to consumer.

The network's terms let the selling shop arrange the transport, so inside the EU a cross-border sale is open on one
path: the selling shop holds a VAT id of the country the goods leave (it buys there with that country's VAT and deducts
it) and is in the one-stop shop (it charges the consumer the VAT of the country they arrive in). What crosses a customs
border or reaches a special territory is blocked, with the registration that is missing.
"""

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

from network.taxing.rates import RULES_VERSION, UnknownRateError
from network.taxing.reduced import CLASSES, STANDARD, is_lower, rate_bp
from network.taxing.territories import EU, country_name, special_territory, vat_country

DOMESTIC = "domestic"
DISTANCE_SALE = "distance_sale"
OWN_GOODS = "own_goods"
BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Party:
    """A merchant as VAT sees it: home country, the countries it holds a VAT id of, and whether it is in the OSS."""

    country: str
    vat_countries: frozenset[str]
    oss: bool
    merchant_id: int
    refused: frozenset[str] = frozenset()  # countries of VAT ids of which their register said no

    def holds(self, country: str) -> bool:
        """Say whether the merchant has a VAT id of this country."""
        return country in self.vat_countries or country in map(vat_country, self.vat_countries)


@dataclass(frozen=True, slots=True)
class Point:
    """Where a transport begins or ends; without a postcode the country's own VAT territory is meant."""

    country: str
    postcode: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """The answer: lawful or not, under which treatment and rates (basis points), why, by which version of the rules."""

    lawful: bool
    treatment: str
    reason: str
    supply_rate_bp: int
    consumer_rate_bp: int
    rule_version: str = RULES_VERSION


def _blocked(reason: str) -> Route:
    return Route(False, BLOCKED, reason, 0, 0)


@lru_cache(maxsize=100_000)  # routing asks the same pairs again and again
def vat_route(
    ship_from: Point,
    ship_to: Point,
    origin: Party,
    shipper: Party,
    on: dt.date,
    transport: str = "origin",
    goods: str = STANDARD,
    supplied_as: str | None = None,
) -> Route:
    """Decide whether the network may carry this sale on this day, and which VAT both supplies bear.

    ``origin`` sells to the consumer at ``ship_to``; ``shipper`` sends from ``ship_from``; ``transport`` says for whose
    account the parcel travels. ``goods`` is the class of rates by the word of the selling shop for its sale, ``supplied_as`` by
    the word of the shipping shop for its own (None: the same). One merchant on both sides supplies itself nothing: its rates
    concern the consumer only.
    """
    leaves, arrives = vat_country(ship_from.country), vat_country(ship_to.country)
    refusal = _refuse_places(leaves, ship_from.postcode, arrives, ship_to.postcode) or _refuse_parties(
        leaves, arrives, origin, shipper, transport
    )
    if refusal:
        return _blocked(refusal)
    try:
        supplied = goods if supplied_as is None else supplied_as
        supply_bp = rate_bp(leaves, on, ship_from.postcode, supplied)
        consumer_bp = rate_bp(arrives, on, ship_to.postcode, goods)
    except UnknownRateError as unknown:
        return _blocked(f"Not possible: {unknown}.")
    own = origin.merchant_id == shipper.merchant_id
    treatment = OWN_GOODS if own else DOMESTIC if leaves == arrives else DISTANCE_SALE
    reason = _explain(treatment, leaves, arrives, supply_bp, consumer_bp)
    if is_lower(arrives, on, ship_to.postcode, goods):
        reason += f" {CLASSES[goods]} are taxed less in {country_name(arrives)}: by the selling shop’s word."
    if not own and is_lower(leaves, on, ship_from.postcode, supplied):
        reason += f" {CLASSES[supplied]} are taxed less in {country_name(leaves)}: by the shipping shop’s word."
    return Route(True, treatment, reason, 0 if own else supply_bp, consumer_bp)


def _refuse_places(leaves: str, from_postcode: str, arrives: str, to_postcode: str) -> str:
    for verb, country, postcode in (("Shipping from", leaves, from_postcode), ("Shipping to", arrives, to_postcode)):
        if special := special_territory(country, postcode):
            return (
                f"{verb} {special.name} is closed: it lies outside the VAT territory of {country_name(country)} "
                f"and needs {special.missing}."
            )
    if leaves == arrives or {leaves, arrives} <= EU:
        return ""
    missing = "an import VAT registration and customs clearance there"
    return (
        f"From {country_name(leaves)} to {country_name(arrives)} crosses a customs border: "
        f"the selling shop would need {missing}."
    )


def _refuse_parties(leaves: str, arrives: str, origin: Party, shipper: Party, transport: str) -> str:
    where = country_name(leaves)
    if not shipper.holds(leaves):
        return f"The shipping shop needs a VAT id of {where}, where the goods leave{_given(shipper, leaves)}."
    if leaves == arrives:
        lacks = f"The selling shop needs a VAT id of {where} to sell goods there{_given(origin, leaves)}."
        return "" if origin.holds(leaves) else lacks
    if transport != "origin":
        return (
            f"The shipping shop arranges the transport, so the selling shop needs a VAT id of {country_name(arrives)}; "
            "this way is not open yet."
        )
    missing = [] if origin.holds(leaves) else [f"a VAT id of {where}, where the goods leave{_given(origin, leaves)}"]
    if not origin.oss:
        missing.append(f"the one-stop shop (OSS) registration, to charge the VAT of {country_name(arrives)}")
    return f"The selling shop needs {' and '.join(missing)}." if missing else ""


def _given(party: Party, country: str) -> str:
    """Add that there is a number, and that its register does not know it as valid."""
    return "; the one it gave is not valid, says its register" if country in map(vat_country, party.refused) else ""


def _explain(treatment: str, leaves: str, arrives: str, supply_bp: int, consumer_bp: int) -> str:
    start, end = country_name(leaves), country_name(arrives)
    if treatment == OWN_GOODS:
        how = f"{end} VAT ({_percent(consumer_bp)}) is charged to the consumer" + (
            "." if leaves == arrives else " through the OSS."
        )
        return f"Both shops belong to one merchant, so there is no sale between them; {how}"
    supply = f"the shipping shop invoices the selling shop with {start} VAT ({_percent(supply_bp)})"
    if treatment == DOMESTIC:
        return f"Sold and shipped inside {start}: {supply}, which charges the consumer {_percent(consumer_bp)}."
    return (
        f"From {start} to {end} inside the EU: {supply}, which deducts it there, and charges the consumer "
        f"{end} VAT ({_percent(consumer_bp)}) through the OSS."
    )


def _percent(basis_points: int) -> str:
    whole, rest = divmod(basis_points, 100)
    return f"{whole}.{rest:02d}".rstrip("0") + " %" if rest else f"{whole} %"
