"""How shops send: their tariffs, hours, days and room, read for the router and changed by the merchant, version by version."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from network.models import SendingTerms, Shop
from network.tariffs import BANDS, NETWORK_TARIFF, ZONES, Service, Tariff, Way, ways_of
from network.taxing.territories import EU
from network.workdays import leaving_day
from skuu.kit.errors import NotPossible

CUTOFF_HOUR = 15
MOST_CARRIERS = 4
MOST_TIMES = 2  # a shop's price is at most so many times the network's, because the selling shop pays it
MOST_CLOSED = 60


class BadTerms(NotPossible):
    """Sending terms that cannot stand; nothing was changed."""

    code = "bad_sending_terms"


@dataclass(frozen=True, slots=True)
class Sending:
    """How one shop sends now. Version 0 are the network's own terms, which hold until a shop writes its own."""

    country: str
    version: int = 0
    tariff: Tariff = NETWORK_TARIFF
    cutoff_hour: int = CUTOFF_HOUR
    handling_days: int = 0
    closed_on: frozenset[dt.date] = field(default_factory=frozenset)
    capacity: int | None = None

    @property
    def label(self) -> str:
        """Name the version the way decisions keep it."""
        return str(self.version) if self.version else f"network {self.tariff.version}"

    def leaves_on(self, now: dt.datetime, booked: Mapping[dt.date, int]) -> dt.date | None:
        """Find the day on which another parcel leaves; None when the next days are full."""
        return leaving_day(
            self.country,
            now,
            cutoff_hour=self.cutoff_hour,
            handling_days=self.handling_days,
            closed_on=self.closed_on,
            capacity=self.capacity,
            booked=booked,
        )

    def ways(self, from_country: str, to_country: str, kilometres: float | None) -> list[Way]:
        """List the shop's carriers that go there."""
        return ways_of(self.tariff, from_country, to_country, kilometres)


def sending_of(shops: Iterable[Shop]) -> dict[int, Sending]:
    """Read how these shops send now, in one query; every shop has an answer."""
    known = {shop.pk: Sending(shop.country) for shop in shops}
    rows = SendingTerms.everyone.filter(shop_id__in=known).order_by("shop_id", "-version").distinct("shop_id")
    return known | {row.shop_id: read_terms(row, known[row.shop_id].country) for row in rows}


def read_terms(row: SendingTerms, country: str) -> Sending:
    """Read one version of a shop's terms."""
    services = tuple(
        Service(
            one["carrier"],
            {zone: tuple(prices) for zone, prices in one["prices"].items()},
            {zone: (days[0], days[1]) for zone, days in one.get("days", {}).items()},
        )
        for one in row.services
    )
    tariff = Tariff(f"{row.shop_id}.{row.version}", services or NETWORK_TARIFF.services, dict(row.zones))
    return Sending(
        country, row.version, tariff, row.cutoff_hour, row.handling_days, frozenset(row.closed_on), row.capacity
    )


def change_sending(
    shop: Shop,
    *,
    services: Sequence[Mapping[str, Any]],
    zones: Mapping[str, str],
    cutoff_hour: int,
    handling_days: int,
    closed_on: Iterable[dt.date],
    capacity: int | None,
    by: str,
) -> SendingTerms | None:
    """Write a new version of how a shop sends; orders already placed keep the terms they were decided by.

    Prices are net EUR minor units a parcel, by zone, one for each weight band. *Locks* the shop. *Again*, with the terms
    that stand: no new version, None. *Raises* BadTerms.
    """
    told = {
        "services": [_clean_service(one) for one in services],
        "zones": _clean_zones(zones),
        "cutoff_hour": cutoff_hour,
        "handling_days": handling_days,
        "closed_on": sorted(set(closed_on)),
        "capacity": capacity,
    }
    _refuse_wrong(told)
    with transaction.atomic():
        Shop.everyone.select_for_update(no_key=True).get(pk=shop.pk)
        newest = SendingTerms.everyone.filter(shop=shop).order_by("-version").first()
        if newest and all(getattr(newest, name) == value for name, value in told.items()):
            return None
        Shop.everyone.filter(pk=shop.pk).update(handling_days=handling_days)
        version = newest.version + 1 if newest else 1
        return SendingTerms.everyone.create(shop=shop, version=version, made_by=by[:150], **told)


def _clean_service(one: Mapping[str, Any]) -> dict[str, Any]:
    prices = {zone: [int(price) for price in one["prices"][zone]] for zone in ZONES if one["prices"].get(zone)}
    days = {zone: [int(day) for day in one["days"][zone]] for zone in ZONES if one.get("days", {}).get(zone)}
    return {"carrier": " ".join(str(one["carrier"]).split())[:40], "prices": prices, "days": days}


def _clean_zones(zones: Mapping[str, str]) -> dict[str, str]:
    return {country: zone for country, zone in sorted(zones.items()) if country in EU and zone in ("near", "far")}


def _refuse_wrong(told: Mapping[str, Any]) -> None:
    services = told["services"]
    names = [one["carrier"].casefold() for one in services]
    if len(services) > MOST_CARRIERS or len(set(names)) != len(names) or "" in names:
        raise BadTerms(f"Name each carrier once, {MOST_CARRIERS} at most.")
    if not 0 <= told["cutoff_hour"] <= 24 or not 0 <= told["handling_days"] <= 10:
        raise BadTerms("The cut-off is an hour of the day, and handling takes ten days at most.")
    if told["capacity"] is not None and not 1 <= told["capacity"] <= 100_000:
        raise BadTerms("Hand over at least one parcel a day; pause the shop when it cannot send.")
    if len(told["closed_on"]) > MOST_CLOSED:
        raise BadTerms(f"Name {MOST_CLOSED} closed days at most; pause the shop for longer breaks.")
    for one in services:
        _refuse_wrong_prices(one)


def _refuse_wrong_prices(service: Mapping[str, Any]) -> None:
    carrier = service["carrier"]
    if not service["prices"]:
        raise BadTerms(f"{carrier} has no price for any zone.")
    usual = NETWORK_TARIFF.services[0].prices
    for zone, prices in service["prices"].items():
        if len(prices) != len(BANDS) or min(prices) < 0 or sorted(prices) != prices:
            raise BadTerms(
                f"{carrier}, {zone}: enter a price for each weight, none lower than that of a lighter parcel."
            )
        if any(price > MOST_TIMES * most for price, most in zip(prices, usual[zone], strict=True)):
            raise BadTerms(f"{carrier}, {zone}: a price may be {MOST_TIMES} times the network's at most.")
    for zone, days in service["days"].items():
        if zone not in service["prices"]:
            raise BadTerms(f"{carrier}, {zone}: it has days but no prices, so nothing would travel.")
        if len(days) != 2 or not 1 <= days[0] <= days[1] <= 30:
            raise BadTerms(f"{carrier}, {zone}: enter days from 1 to 30, the fewer first.")
