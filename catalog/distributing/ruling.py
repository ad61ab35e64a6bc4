"""What a shop's own rules say of goods, partner and country: who is kept off, how much is kept back, and which rule is idle.

``exclude`` and ``only`` are gates: every gate must be open, whatever the order. Of ``floor``, ``cap`` and ``buffer`` the first
in the shop's order that fits decides, and the shop's policy where none fits.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

GATES = ("exclude", "only")
EFFECTS = (*GATES, "floor", "cap", "buffer")
SHIPPER_ONLY = ("floor", "buffer")  # they speak of own stock, so they are of no use on the own shelf


class Goods(Protocol):
    """What rules ask of a variant; texts in lower case, the price as its shop shows it."""

    @property
    def brand(self) -> str: ...
    @property
    def category(self) -> str: ...
    @property
    def tags(self) -> frozenset[str]: ...
    @property
    def product_id(self) -> int: ...
    @property
    def price_minor(self) -> int: ...


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """One rule: its effect on goods that meet every condition it names; an empty condition asks nothing. Prices inclusive."""

    id: int
    side: str  # origin, shipper, both
    effect: str
    amount: int | None = None  # floor: basis points below the own price; cap and buffer: units
    brand: str = ""
    category: str = ""
    tag: str = ""
    product_id: int | None = None
    partner_id: int | None = None
    country: str = ""
    price_from: int | None = None
    price_to: int | None = None
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None

    def fits_goods(self, goods: Goods) -> bool:
        """Say whether the goods meet the conditions that speak of goods."""
        return (
            self.brand in ("", goods.brand)
            and self.category in ("", goods.category)
            and (not self.tag or self.tag in goods.tags)
            and self.product_id in (None, goods.product_id)
            and (self.price_from is None or goods.price_minor >= self.price_from)
            and (self.price_to is None or goods.price_minor <= self.price_to)
        )

    def fits(self, goods: Goods, partner_id: int, country: str) -> bool:
        """Say whether the rule speaks of these goods with this partner and country."""
        return self.partner_id in (None, partner_id) and self.country in ("", country) and self.fits_goods(goods)

    @property
    def is_of_partners(self) -> bool:
        """Whether it names a partner or a country, so that it may hold with one and not with another."""
        return self.partner_id is not None or bool(self.country)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules of one shop on one side that hold today, in the shop's order."""

    rules: tuple[RuleFacts, ...] = ()
    _only: tuple[RuleFacts, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "_only", tuple(rule for rule in self.rules if rule.effect == "only"))

    def against(self, goods: Goods, partner_id: int, country: str) -> RuleFacts | None:
        """Find the rule that closes the gate to these goods with this partner and country; None when it is open."""
        for rule in self.rules:
            if rule.effect == "exclude" and rule.fits(goods, partner_id, country):
                return rule
        if self._only and not any(rule.fits(goods, partner_id, country) for rule in self._only):
            return self._only[0]
        return None

    def amount(self, effect: str, goods: Goods, partner_id: int, country: str, otherwise: int) -> int:
        """Read the amount of the first rule of this effect that fits; else what the policy says."""
        for rule in self.rules:
            if rule.effect == effect and rule.amount is not None and rule.fits(goods, partner_id, country):
                return rule.amount
        return otherwise

    def shelf_cap(self, goods: Goods, otherwise: int) -> int:
        """Read how many units of a size the whole shelf shows: the first cap that names no partner; else the policy's."""
        for rule in self.rules:
            if rule.effect == "cap" and rule.amount is not None and not rule.is_of_partners and rule.fits_goods(goods):
                return rule.amount
        return otherwise

    def share_cap(self, goods: Goods, partner_id: int, country: str) -> int | None:
        """Read how many units of one partner count, where a rule that names partner or country says so."""
        for rule in self.rules:
            if rule.effect == "cap" and rule.is_of_partners and rule.fits(goods, partner_id, country):
                return rule.amount
        return None


@dataclass(frozen=True, slots=True)
class Idle:
    """A rule that can have no effect, the rule that sees to that, and why in words."""

    rule: RuleFacts
    because: RuleFacts
    text: str


def covers(broad: RuleFacts, narrow: RuleFacts) -> bool:
    """Say whether all that the narrow rule can speak of, on its sides and days, is spoken of by the broad one too."""
    return (
        broad.side in ("both", narrow.side)
        and all(
            getattr(broad, name) in (empty, getattr(narrow, name))
            for name, empty in (("brand", ""), ("category", ""), ("tag", ""), ("country", ""))
        )
        and broad.product_id in (None, narrow.product_id)
        and broad.partner_id in (None, narrow.partner_id)
        and _holds(broad.price_from, narrow.price_from, lower=True)
        and _holds(broad.price_to, narrow.price_to, lower=False)
        and _holds(_day(broad.starts_on), _day(narrow.starts_on), lower=True)
        and _holds(_day(broad.ends_on), _day(narrow.ends_on), lower=False)
    )


def _day(day: dt.date | None) -> int | None:
    return None if day is None else day.toordinal()


def _holds(broad: int | None, narrow: int | None, *, lower: bool) -> bool:
    """Compare two ends of ranges; None is open."""
    if broad is None:
        return True
    if narrow is None:
        return False
    return broad <= narrow if lower else broad >= narrow


def find_idle(rules: Sequence[RuleFacts]) -> list[Idle]:
    """List the rules of one shop, given in its order, that another one makes unreachable; each once."""
    found = []
    for place, rule in enumerate(rules):
        reason = next(filter(None, (_idle(rule, place, other, at) for at, other in enumerate(rules))), None)
        if reason is not None:
            found.append(reason)
    return found


def _idle(rule: RuleFacts, place: int, other: RuleFacts, at: int) -> Idle | None:
    if other.id == rule.id or not covers(other, rule):
        return None
    same_extent = covers(rule, other)
    if other.effect == "exclude" and not (rule.effect == "exclude" and same_extent and place < at):
        text = "keeps off already" if rule.effect == "exclude" else "keeps off"
        return Idle(rule, other, f"Another rule {text} everything this one speaks of.")
    if rule.effect == other.effect and other.effect in ("floor", "cap", "buffer") and at < place:
        if other.effect == "cap" and other.is_of_partners != rule.is_of_partners:
            return None  # one limits the size, the other a partner's share of it
        return Idle(rule, other, "A broader rule above it decides first, so this one is never reached.")
    if rule.effect == other.effect == "only" and not (same_extent and place < at):
        return Idle(rule, other, "A broader rule lets all of this in already.")
    return None


def shut_out(rules: Iterable[RuleFacts]) -> list[Idle]:
    """List the rules that speak of goods which no ``only`` rule of the same side lets in, as far as brand and category tell."""
    rules = list(rules)
    found = []
    for rule in rules:
        if rule.effect == "only":
            continue
        sides = ("origin", "shipper") if rule.side == "both" else (rule.side,)
        doors = [[one for one in rules if one.effect == "only" and one.side in ("both", side)] for side in sides]
        if all(them and all(_apart(rule, one) for one in them) for them in doors):
            text = "Your “only” rules let none of this in, so this rule is never reached."
            found.append(Idle(rule, doors[0][0], text))
    return found


def _apart(one: RuleFacts, other: RuleFacts) -> bool:
    pairs = ((one.brand, other.brand), (one.category, other.category), (one.country, other.country))
    ids = ((one.product_id, other.product_id), (one.partner_id, other.partner_id))
    return any(a and b and a != b for a, b in pairs) or any(a is not None and b is not None and a != b for a, b in ids)
