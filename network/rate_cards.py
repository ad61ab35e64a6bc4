"""Rate cards are never edited: other terms, or a promotion for some days, are a new version that counts from its first day."""

import datetime as dt
from dataclasses import asdict, dataclass

from django.db import transaction
from django.utils import timezone

from network.models import Merchant, RateCard
from skuu.kit.errors import NotPossible


@dataclass(frozen=True, slots=True)
class Rates:
    """What one kind of route pays: basis points of the net price, and bounds of the network's fee (minor units of ``currency``)."""

    origin_kind: str
    shipper_kind: str
    origin_bp: int
    network_bp: int
    currency: str = "EUR"
    network_fixed_minor: int = 0
    network_min_minor: int = 0
    network_max_minor: int | None = None


class BadRates(NotPossible):
    """These rates cannot be: they take more than there is, contradict themselves, or begin in the past."""

    code = "bad_rates"


def issue_rate_card(rates: Rates, *, starts_on: dt.date, ends_on: dt.date | None = None) -> RateCard:
    """Write the next version of a route's rate card; with a last day it is a promotion, and what held before holds after it.

    What is agreed already keeps its terms. Of two cards in force on one day the later version counts. *Locks* the route's cards.
    *Again* with the same rates and days it returns the newest card. Raises BadRates.
    """
    check_rates(rates)
    if starts_on < timezone.localdate():
        raise BadRates("A rate card begins today at the earliest; what is agreed stays agreed.")
    if ends_on is not None and ends_on < starts_on:
        raise BadRates("A promotion ends after it starts.")
    facts = asdict(rates) | {"starts_on": starts_on, "ends_on": ends_on}
    with transaction.atomic():
        route = RateCard.objects.filter(origin_kind=rates.origin_kind, shipper_kind=rates.shipper_kind)
        newest = route.select_for_update().order_by("-version").first()
        if newest is not None and all(getattr(newest, name) == value for name, value in facts.items()):
            return newest
        return RateCard.objects.create(version=newest.version + 1 if newest else 1, **facts)


def check_rates(rates: Rates) -> None:
    """Refuse rates that cannot be. Raises BadRates."""
    if {rates.origin_kind, rates.shipper_kind} - set(Merchant.KINDS):
        raise BadRates("A route goes between retailers, brands and suppliers.")
    if not (0 <= rates.origin_bp <= 9_000 and 0 <= rates.network_bp <= 2_000):
        raise BadRates("The selling shop takes 90 % at most, the network 20 %.")
    if rates.origin_bp + rates.network_bp > 10_000:
        raise BadRates("These rates take more than everything.")
    if min(rates.network_fixed_minor, rates.network_min_minor, rates.network_max_minor or 0) < 0:
        raise BadRates("A fee is not negative.")
    if rates.network_max_minor is not None and rates.network_max_minor < rates.network_min_minor:
        raise BadRates("The largest fee is not below the smallest.")
    if len(rates.currency) != 3:
        raise BadRates("Bounds are in a currency.")


def cards_overruled(rates: Rates, starts_on: dt.date, ends_on: dt.date | None) -> list[RateCard]:
    """Tell which cards of a route a new one would overrule on some day, newest first: those in force while it is."""
    rows = RateCard.objects.filter(origin_kind=rates.origin_kind, shipper_kind=rates.shipper_kind).order_by("-version")
    last = ends_on or dt.date.max
    return [row for row in rows if row.starts_on <= last and (row.ends_on is None or row.ends_on >= starts_on)]
