"""Who should ship an order: everything the engine weighs read once, with the days each partner can promise; claims nothing."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Count
from django.utils import timezone

from catalog.goods import NOTHING_SAID, Said, said_of
from catalog.supply import Offer, offers_for
from catalog.trust import Trust, trust_of
from network.models import Shop
from network.sending import Sending, sending_of
from network.taxing import Point, UnknownRateError, rate_bp
from network.taxing.rates import rate_region
from network.taxing.territories import vat_country
from network.workdays import clock_of, working_days_after, working_days_between
from orders.models import InternalOrder
from orders.prefer import policy_of
from orders.routing import Allotment, Demand, Destination, Plan, Promise, Way, plan_order
from orders.routing import Offer as Candidate
from orders.routing.saying import say_plan

LATELY = dt.timedelta(days=30)
STALE_AFTER = 100  # days without a change of its figure after which an item counts as lying there


@dataclass(frozen=True, slots=True)
class Departure:
    """When parcels leave one location, and what each of its carriers promises from there."""

    leaves_on: dt.date | None
    ways: dict[str, Way]  # days counted from the day of the decision
    arrives: dict[str, tuple[dt.date, dt.date]]


@dataclass(frozen=True, slots=True)
class Decided:
    """A plan with what it was made of, so that it can be carried out, quoted and explained."""

    plan: Plan
    demands: Sequence[Demand]
    offers: dict[int, Offer]  # by level: what may ship
    refused: list[Offer]
    departures: dict[int, Departure]  # by location
    sendings: dict[int, Sending]  # by shop
    names: dict[int, str]  # of every shop that was weighed
    policy: str
    policy_version: int
    promised_on: dt.date  # the last day within the selling shop's promise
    to: Point
    goods: dict[tuple[int, int], Said]  # what sellers say of their goods for VAT, by (shop, item)
    origin: int

    def shipments(self) -> list["Shipment"]:
        """Put together what each shipper of the plan sends; what bears another VAT is another shipment, each with one treatment."""
        together: dict[tuple[int, str, int, int], list[Allotment]] = {}
        for one in self.plan.allotments:
            start = self.offers[one.level]
            region = rate_region(vat_country(start.country), start.postcode)
            together.setdefault((one.shipper, region, *self._rates(one)), []).append(one)
        postage = self._postage()
        return [self._shipment(parts, postage) for _, parts in sorted(together.items())]

    def goods_of(self, one: Allotment) -> tuple[Said, Said]:
        """Say what the selling shop and the shipping shop say of these goods for VAT, each for its own sale."""
        item = self.offers[one.level].item_id
        return self.goods.get((self.origin, item), NOTHING_SAID), self.goods.get((one.shipper, item), NOTHING_SAID)

    def _rates(self, one: Allotment) -> tuple[int, int]:
        """Look up the VAT that these goods bear where they leave and where they arrive."""
        sold, supplied = self.goods_of(one)
        start, today = self.offers[one.level], timezone.localdate()
        try:
            leaves = rate_bp(vat_country(start.country), today, start.postcode, supplied.goods)
            return leaves, rate_bp(vat_country(self.to.country), today, self.to.postcode, sold.goods)
        except UnknownRateError:  # no sale is lawful there; the terms say so
            return 0, 0

    def _postage(self) -> dict[Allotment, int]:
        """Share the postage of each parcel over what is in it by weight, to the cent: goods of two VAT rates share one."""
        shared: dict[Allotment, int] = {}
        for location in {one.location for one in self.plan.allotments}:
            here = [one for one in self.plan.allotments if one.location == location]
            grams = [self.offers[one.level].grams * one.units for one in here]
            total = self.departures[location].ways[here[0].carrier].postage(sum(grams))
            weights = grams if any(grams) else [one.units for one in here]
            before = done = 0
            for one, weight in zip(here, weights, strict=True):
                done += weight
                shared[one] = total * done // sum(weights) - before
                before += shared[one]
        return shared

    def _shipment(self, parts: Sequence[Allotment], postage: dict[Allotment, int]) -> "Shipment":
        carriers = {one.location: one.carrier for one in reversed(parts)}
        ranges = [self.departures[location].arrives[carrier] for location, carrier in sorted(carriers.items())]
        days = [day for location in carriers if (day := self.departures[location].leaves_on)]
        total = sum(postage[one] for one in parts)
        return Shipment(parts[0].shipper, tuple(parts), len(ranges), total, max(days, default=None), worst_day(ranges))

    def arrivals(self) -> dict[int, tuple[dt.date, dt.date]]:
        """Name for each location that sends the days between which its parcel arrives."""
        return {one.location: self.departures[one.location].arrives[one.carrier] for one in self.plan.allotments}

    def promise(self) -> tuple[dt.date, dt.date] | None:
        """Name the days between which the last parcel of the plan arrives; None when nothing is sent."""
        ranges = list(self.arrivals().values())
        return worst_day(ranges) if ranges else None

    def said(self) -> dict[str, Any]:
        """Say the decision in one sentence to each party."""
        return say_plan(self.plan, self.names, self.policy, self._words())

    def nameless(self) -> str:
        """Say the decision to a selling shop that has no trade yet, and so is told no names."""
        names = dict.fromkeys(self.names, "A partner")
        return str(say_plan(self.plan, names, self.policy, self._words())["origin"])

    def _words(self) -> dict[int, tuple[str, str]]:
        return {at: (day_in_words(first), day_in_words(last)) for at, (first, last) in self.arrivals().items()}

    def kept(self) -> dict[str, Any]:
        """Write the decision with every candidate, its versions and its sentences, the way it is kept and never changed."""
        promise = self.promise()
        return self.plan.trace | {
            "names": {str(shop_id): name for shop_id, name in self.names.items()},
            "chosen_policy_version": self.policy_version,
            "tariffs": {str(shop_id): sending.label for shop_id, sending in self.sendings.items()},
            "promised_within": self.promised_on.isoformat(),
            "arrives": [day.isoformat() for day in promise] if promise else [],
            "allotments": [list(asdict(one).values()) for one in self.plan.allotments],
            "demands": [[one.line, one.item, one.units, one.grams, sorted(one.declined)] for one in self.demands],
            "ways": {str(at): [as_kept(way) for way in one.ways.values()] for at, one in self.departures.items()},
            "refused": [as_refusal(one) for one in self.refused],
            "unserved": [list(entry) for entry in self.plan.unserved],
            "parcels": self.plan.parcels,
            "cost_minor": self.plan.cost_minor,
            "exact": self.plan.exact,
            "gap_minor": self.plan.gap_minor,
            "said": self.said(),
        }


@dataclass(frozen=True, slots=True)
class Shipment:
    """What one shipper sends of a plan: postage in EUR minor units by its tariff, the day it leaves, the days it arrives."""

    shipper: int
    parts: tuple[Allotment, ...]
    parcels: int
    postage_minor: int
    leaves_on: dt.date | None
    arrives: tuple[dt.date, dt.date]


def decide_order(
    shop: Shop,
    demands: Sequence[Demand],
    to: Point,
    *,
    promised_on: dt.date | None = None,
    now: dt.datetime | None = None,
) -> Decided:
    """Decide who should ship these lines of a selling shop's order to this place.

    ``promised_on`` is the last day that was promised already, when the order is routed again. The same question is
    answered the same way by a quote. Reads only; about a dozen queries for any number of candidates.
    """
    now = now or timezone.now()
    found = offers_for(shop, {demand.item for demand in demands}, destination=to, explain=True)
    every = [offer for offers in found.values() for offer in offers]
    able = [offer for offer in every if offer.free and not offer.refusals]
    shops = list(Shop.everyone.filter(pk__in={offer.shop_id for offer in every}))
    sendings = sending_of(shops)
    facts = _Facts(to, now, sendings, trust_of({offer.shop_id for offer in able}))
    departures = facts.departures(able)
    policy, version = policy_of(shop)
    last_day = promised_on or working_days_after(to.country, facts.today, shop.promise_days)
    promise = Promise(working_days_between(to.country, facts.today, last_day))
    candidates = facts.candidates(able, departures)
    plan = plan_order(demands, candidates, Destination(to.country, to.postcode), promise, policy=policy)
    return Decided(
        plan=plan,
        demands=demands,
        offers={offer.level_id: offer for offer in able},
        refused=[offer for offer in every if offer.refusals],
        departures=departures,
        sendings=sendings,
        names={shop.pk: shop.name for shop in shops},
        policy=policy,
        policy_version=version,
        promised_on=last_day,
        to=to,
        goods=said_of({shop.pk, *(one.shipper for one in plan.allotments)}, {one.item for one in demands}),
        origin=shop.pk,
    )


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known of the shippers at the moment of a decision."""

    to: Point
    now: dt.datetime
    sendings: dict[int, Sending]
    trust: dict[int, Trust]

    @property
    def today(self) -> dt.date:
        return self.now.astimezone(clock_of(self.to.country)).date()

    def departures(self, offers: Sequence[Offer]) -> dict[int, Departure]:
        """Find for each location the day of the next hand-over and the days of arrival by each of its carriers."""
        booked = booked_on({offer.shop_id for offer in offers if self.sendings[offer.shop_id].capacity})
        days: dict[int, dt.date | None] = {}
        found: dict[int, Departure] = {}
        for offer in offers:
            if offer.location_id in found:
                continue
            sending = self.sendings[offer.shop_id]
            if offer.shop_id not in days:
                days[offer.shop_id] = sending.leaves_on(self.now, booked.get(offer.shop_id, {}))
            found[offer.location_id] = self._departure(offer, sending, days[offer.shop_id])
        return found

    def _departure(self, offer: Offer, sending: Sending, leaves_on: dt.date | None) -> Departure:
        ways, arrives = {}, {}
        start = leaves_on or self.today
        for carrier, zone, bands, prices, days_min, days_max in sending.ways(
            offer.country, self.to.country, offer.distance_km
        ):
            first, last = (working_days_after(self.to.country, start, days) for days in (days_min, days_max))
            arrives[carrier] = first, last
            counted = (working_days_between(self.to.country, self.today, day) for day in (first, last))
            ways[carrier] = Way(carrier, zone, bands, prices, *counted)
        return Departure(leaves_on, ways, arrives)

    def candidates(self, offers: Sequence[Offer], departures: dict[int, Departure]) -> list[Candidate]:
        """Write the offers the way the engine weighs them."""
        given = _given_bp({offer.shop_id for offer in offers}, self.now)
        return [
            Candidate(
                shipper=offer.shop_id,
                location=offer.location_id,
                level=offer.level_id,
                item=offer.item_id,
                free=offer.free,
                country=offer.country,
                postcode=offer.postcode,
                risk_bp=self.trust[offer.shop_id].risk_bp,
                given_bp=given.get(offer.shop_id, 0),
                fresh_bp=_fresh_bp(offer.moved_at, self.now),
                ways=tuple(departures[offer.location_id].ways.values()),
                km=offer.distance_km,
                tariff=self.sendings[offer.shop_id].label,
                full=departures[offer.location_id].leaves_on is None,
            )
            for offer in offers
        ]


def booked_on(shop_ids: Collection[int]) -> dict[int, dict[dt.date, int]]:
    """Count what shops have to hand over on the coming days."""
    if not shop_ids:
        return {}
    rows = InternalOrder.everyone.filter(shipper__in=shop_ids, status__in=InternalOrder.OPEN, leaves_on__isnull=False)
    booked: dict[int, dict[dt.date, int]] = {}
    for shipper_id, day, count in rows.values_list("shipper_id", "leaves_on").annotate(orders=Count("pk")):
        if day:
            booked.setdefault(shipper_id, {})[day] = count
    return booked


def _given_bp(shop_ids: Collection[int], now: dt.datetime) -> dict[int, int]:
    """Say how these shops shared the last 30 days' internal orders among themselves, in basis points."""
    rows = InternalOrder.everyone.filter(shipper__in=shop_ids, created_at__gt=now - LATELY)
    rows = rows.exclude(status__in=["declined", "expired", "failed", "cancelled"])
    counts = dict(rows.values_list("shipper_id").annotate(orders=Count("pk")))
    total = sum(counts.values())
    return {shop_id: 10_000 * count // total for shop_id, count in counts.items()}


def _fresh_bp(moved_at: dt.datetime | None, now: dt.datetime) -> int:
    days = (now - moved_at).days if moved_at else 0
    return max(0, 10_000 - max(0, days) * 10_000 // STALE_AFTER)


def worst_day(days: Sequence[tuple[dt.date, dt.date]]) -> tuple[dt.date, dt.date]:
    """Name the range in which the last of several parcels arrives."""
    return max(first for first, _ in days), max(last for _, last in days)


def day_in_words(day: dt.date) -> str:
    """Write a day the way sentences name it: Tue 24 Nov."""
    return f"{day:%a} {day.day} {day:%b}"


def as_kept(way: Way) -> list[Any]:
    """Write a carrier's offer the way a decision keeps it."""
    return [way.carrier, way.zone, way.bands, way.prices, way.days_min, way.days_max]


def as_refusal(offer: Offer) -> dict[str, Any]:
    """Write an offer that may not ship the way a decision keeps it."""
    return {
        "shipper": offer.shop_id,
        "location": offer.location_id,
        "item": offer.item_id,
        "free": offer.free,
        "country": offer.country,
        "area": offer.postcode[:4],
        "km": offer.distance_km,
        "refused": [reason.text for reason in offer.refusals],
    }
