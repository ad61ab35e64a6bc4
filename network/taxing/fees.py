"""Which VAT the network's own fee bears: a service between businesses, taxed where the merchant is (article 44)."""

import datetime as dt
from dataclasses import dataclass

from network.taxing.rates import standard_rate_bp
from network.taxing.territories import EU, country_name, vat_country

LOCAL = "local"
REVERSE_CHARGE = "reverse_charge"
OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class FeeVat:
    """Treatment and rate (basis points) of the network's fee to one merchant, and why."""

    treatment: str
    rate_bp: int
    reason: str


def network_fee_vat(merchant_country: str, has_vat_id: bool, network_country: str, on: dt.date) -> FeeVat:
    """Decide the VAT on the network's fee on a day.

    Same country, or no VAT id inside the EU: the network's own rate. Another member state with a VAT id: reverse charge.
    Outside the EU: outside the scope. Raises UnknownRateError when the network's own rate is not on record.
    """
    home, there = vat_country(network_country), vat_country(merchant_country)
    if there != home and not ({home, there} <= EU):
        return FeeVat(OUTSIDE, 0, f"A service to a business in {country_name(there)} is outside the scope of VAT.")
    if there != home and has_vat_id:
        return FeeVat(REVERSE_CHARGE, 0, f"Reverse charge: the VAT is due by the merchant in {country_name(there)}.")
    rate_bp = standard_rate_bp(home, on)
    why = "" if there == home else ", because the merchant has no VAT id"
    return FeeVat(LOCAL, rate_bp, f"{country_name(home)} VAT{why}.")
