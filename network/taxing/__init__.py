"""Which VAT a sale through the network carries, or which registration is missing for it: pure, versioned, in words."""

from network.taxing.fees import FeeVat, network_fee_vat
from network.taxing.opening import Registration, missing_registrations
from network.taxing.rates import RULES_VERSION, UnknownRateError, standard_rate_bp
from network.taxing.reduced import (
    CHILDREN_CLOTHING,
    CHILDREN_SHOES,
    CLASSES,
    LIMITS,
    STANDARD,
    is_lower,
    lower_rates,
    rate_bp,
)
from network.taxing.routes import (
    BLOCKED,
    DISTANCE_SALE,
    DOMESTIC,
    OWN_GOODS,
    Party,
    Point,
    Route,
    vat_route,
)
from network.taxing.territories import EU, country_name, special_territory

__all__ = [
    "BLOCKED",
    "CHILDREN_CLOTHING",
    "CHILDREN_SHOES",
    "CLASSES",
    "DISTANCE_SALE",
    "DOMESTIC",
    "EU",
    "LIMITS",
    "OWN_GOODS",
    "RULES_VERSION",
    "STANDARD",
    "FeeVat",
    "Party",
    "Point",
    "Registration",
    "Route",
    "UnknownRateError",
    "country_name",
    "is_lower",
    "lower_rates",
    "missing_registrations",
    "network_fee_vat",
    "rate_bp",
    "special_territory",
    "standard_rate_bp",
    "vat_route",
]
