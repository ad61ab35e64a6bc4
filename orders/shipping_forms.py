"""Forms of the page about sending: a selling shop's preference, a shipper's hours, days and prices."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from network.forms import PortalForm
from network.sending import MOST_CARRIERS, Sending
from network.tariffs import BANDS, FAR, NEAR, NETWORK_TARIFF, ZONES, Service, near_countries
from network.taxing.territories import EU
from orders.models import RoutingPolicy
from skuu.kit.errors import SkuuError
from skuu.kit.money import major, parse_minor

CARRIERS = MOST_CARRIERS  # the page holds whatever REST takes: what it did not show, saving it would drop
POLICY_WORDS = {
    "fewest_parcels": _("Fewest parcels, then the least cost"),
    "cheapest": _("Least cost, even in several parcels"),
    "nearest": _("Nearest partner"),
    "fastest": _("Earliest arrival"),
    "fair": _("Fewest parcels, then whoever got least so far"),
}
ZONE_WORDS = {
    "domestic": _("My own country"),
    "near": _("Near countries"),
    "far": _("Other countries of the EU"),
    "abroad": _("Across a customs border"),
}


class PolicyChoice(PortalForm):
    """How a partner is chosen when several could ship."""

    policy = forms.ChoiceField(
        label=_("When several partners could ship"),
        choices=[(name, POLICY_WORDS[name]) for name in RoutingPolicy.NAMES],
    )


class SendingForm(PortalForm):
    """How a shop sends. Prices are net euros for a parcel; an empty zone is not served by that carrier."""

    cutoff_hour = forms.IntegerField(
        label=_("Cut-off hour"), min_value=0, max_value=24, help_text=_("What comes later is handled on the next day.")
    )
    handling_days = forms.IntegerField(label=_("Handling days"), min_value=0, max_value=10)
    capacity = forms.IntegerField(
        label=_("Parcels a day, at most"), min_value=1, max_value=100_000, required=False, help_text=_("Empty: any.")
    )
    closed_on = forms.CharField(
        label=_("Closed on"),
        required=False,
        max_length=1000,
        help_text=_("Beside weekends and public holidays: days like 2026-12-28, with spaces between."),
    )
    near = forms.CharField(
        label=_("Near countries"),
        required=False,
        max_length=120,
        help_text=_("Two letters each, with spaces between: NL DE FR."),
    )

    def __init__(self, *args: Any, country: str, **kwargs: Any) -> None:
        self.country = country
        super().__init__(*args, **kwargs)
        for at in range(CARRIERS):
            self.fields[f"carrier_{at}"] = forms.CharField(
                label=_("Carrier %(n)d") % {"n": at + 1}, required=at == 0, max_length=40
            )
            for zone in ZONES:
                for band in range(len(BANDS)):
                    self.fields[_price(at, zone, band)] = forms.CharField(
                        label=f"{ZONE_WORDS[zone]}, {BANDS[band] / 1000:g} kg", required=False, max_length=9
                    )
                self.fields[_days(at, zone)] = forms.CharField(
                    label=_("%(zone)s, working days") % {"zone": ZONE_WORDS[zone]}, required=False, max_length=5
                )

    @classmethod
    def of(cls, sending: Sending) -> "SendingForm":
        """Fill the form with what holds now."""
        near = _near_of(sending.country, sending.tariff.zones)
        now: dict[str, Any] = {
            "cutoff_hour": sending.cutoff_hour,
            "handling_days": sending.handling_days,
            "capacity": sending.capacity,
            "closed_on": " ".join(day.isoformat() for day in sorted(sending.closed_on)),
            "near": " ".join(sorted(near)),
        }
        for at, service in enumerate(sending.tariff.services[:CARRIERS]):
            now |= _service_fields(at, service)
        return cls(initial=now, country=sending.country)

    def carriers(self) -> list[tuple[Any, list[tuple[Any, list[Any]]]]]:
        """Lay the fields out: carrier, then zone by zone its prices and its days."""
        return [(self[f"carrier_{at}"], [self._zone(at, zone) for zone in ZONES]) for at in range(CARRIERS)]

    def _zone(self, at: int, zone: str) -> tuple[Any, list[Any]]:
        prices = [self[_price(at, zone, band)] for band in range(len(BANDS))]
        return ZONE_WORDS[zone], [*prices, self[_days(at, zone)]]

    def clean_closed_on(self) -> list[dt.date]:
        try:
            return [dt.date.fromisoformat(word) for word in self.cleaned_data["closed_on"].split()]
        except ValueError:
            raise forms.ValidationError(_("Write days like 2026-12-28.")) from None

    def clean_near(self) -> set[str]:
        near = set(self.cleaned_data["near"].upper().split())
        if strange := sorted(near - EU):
            raise forms.ValidationError(_("Not a country of the EU: %(names)s.") % {"names": " ".join(strange)})
        return near

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        data["services"] = [one for at in range(CARRIERS) if (one := self._service(at, data)) is not None]
        return data

    def _service(self, at: int, data: Mapping[str, Any]) -> dict[str, Any] | None:
        carrier, prices, days = data.get(f"carrier_{at}", ""), {}, {}
        for zone in ZONES:
            written = [data.get(_price(at, zone, band), "") for band in range(len(BANDS))]
            if any(written):
                prices[zone] = [self._minor(_price(at, zone, band), price) for band, price in enumerate(written)]
            if told := data.get(_days(at, zone), ""):
                days[zone] = self._pair(_days(at, zone), told)
        if not carrier and not prices and not days:
            return None
        return {"carrier": carrier, "prices": prices, "days": days}

    def _pair(self, name: str, written: str) -> tuple[int, int]:
        """Read “2–4”, “2-4” or “3”."""
        first, _dash, last = written.replace("–", "-").replace(" ", "").partition("-")
        if not (first.isdecimal() and (last or first).isdecimal()):
            self.add_error(name, _("Write days like 2-4."))
            return 1, 1
        return int(first), int(last or first)

    def _minor(self, name: str, written: str) -> int:
        try:
            return parse_minor(written.replace(",", "."), "EUR")
        except SkuuError:
            self.add_error(name, _("Write a price like 4.90."))
            return 0

    def changes(self) -> dict[str, Any]:
        """Say the terms in the words of the verb."""
        data = self.cleaned_data
        usual = near_countries().get(self.country, frozenset())
        zones = dict.fromkeys(data["near"] - usual, NEAR) | dict.fromkeys(usual - data["near"], FAR)
        same = ("services", "cutoff_hour", "handling_days", "closed_on", "capacity")
        return {name: data[name] for name in same} | {"zones": zones}


def _price(at: int, zone: str, band: int) -> str:
    return f"price_{at}_{zone}_{band}"


def _days(at: int, zone: str) -> str:
    return f"days_{at}_{zone}"


def _service_fields(at: int, service: Service) -> dict[str, str]:
    written = {f"carrier_{at}": service.carrier}
    for zone, prices in service.prices.items():
        written |= {_price(at, zone, band): major(price, "EUR") for band, price in enumerate(prices)}
    for zone, (fewest, most) in service.days.items():
        written[_days(at, zone)] = str(fewest) if fewest == most else f"{fewest}-{most}"
    return written


def _near_of(country: str, zones: Mapping[str, str]) -> set[str]:
    near = set(near_countries().get(country, ())) | {one for one, zone in zones.items() if zone == NEAR}
    return near - {one for one, zone in zones.items() if zone == FAR}


def is_default(sending: Sending) -> bool:
    """Say whether a shop still sends by the network's own figures."""
    return sending.tariff.services == NETWORK_TARIFF.services
