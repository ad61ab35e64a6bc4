"""Verbs of a shop's own say: rules and policy. Every change is a new page in the shop's book, and any page can be restored."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from catalog.distributing import Idle, find_idle, shut_out
from catalog.distributing.ruling import SHIPPER_ONLY
from catalog.mark import mark_shop
from catalog.models import Product, Rule, RuleBook
from catalog.say_rules import say_change, say_rule
from network.models import Shop
from skuu.kit.errors import NotFound, NotPossible

POLICY = (
    "gap_threshold",
    "placing",
    "placement_cap",
    "max_distance_km",
    "promise_days",
    "give_away_days",
    "shares_stock",
    "buffer",
    "price_floor_bp",
    "accept_mode",
)
MOST_RULES = 500
MOST_UNITS = 100_000


class SameRule(NotPossible):
    """The rule stands already."""

    code = "rule_stands_already"


class BadRule(NotPossible):
    """The rule can mean nothing; ``field`` says where."""

    code = "bad_rule"


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule as somebody would have it, not saved. Prices in minor units of the shop's currency, inclusive."""

    side: str = "origin"
    effect: str = "exclude"
    amount: int | None = None
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
    note: str = ""

    @classmethod
    def of(cls, rule: Rule) -> "Draft":
        """Read a saved rule as a draft of its next version."""
        return cls(**{name: getattr(rule, name) for name in cls.__dataclass_fields__})


def standing_rules(shop: Shop) -> list[Rule]:
    """List a shop's rules that stand, in its order; also those whose season has not come."""
    return list(Rule.everyone.filter(shop=shop, removed_at=None).order_by("position", "pk"))


def add_rule(shop: Shop, draft: Draft, *, by: str) -> Rule:
    """Let a rule stand, first in the shop's order; shelves follow within seconds.

    *Locks* the shop. Raises SameRule, BadRule.
    """
    draft = clean_draft(shop, draft)
    try:
        with transaction.atomic():
            _lock(shop)
            rules = standing_rules(shop)
            if len(rules) >= MOST_RULES:
                raise BadRule(f"A shop has at most {MOST_RULES} rules; remove some first.", field="")
            rule = Rule.everyone.create(shop=shop, created_by=by, position=_first(rules), **asdict(draft))
            _turn_page(shop, say_change("Added", rule), by)
    except IntegrityError:
        raise SameRule("This rule stands already.") from None
    return rule


def change_rule(rule: Rule, draft: Draft, *, by: str) -> Rule:
    """Put a new version in a rule's place; the old one stays readable and can be restored.

    *Locks* the shop. *Again*: a draft that says the same leaves the rule as it is. Raises SameRule, BadRule, NotFound.
    """
    shop = rule.shop
    draft = clean_draft(shop, draft)
    if draft == Draft.of(rule) and rule.removed_at is None:
        return rule
    try:
        with transaction.atomic():
            _lock(shop)
            if not _take_down(Rule.everyone.filter(pk=rule.pk), by):
                raise NotFound("This rule has been replaced or removed meanwhile; look again.")
            also = {"position": rule.position, "version": rule.version + 1, "replaces": rule, "created_by": by}
            fresh = Rule.everyone.create(shop=shop, **also, **asdict(draft))
            _turn_page(shop, say_change("Changed", rule, fresh), by)
    except IntegrityError:
        raise SameRule("An equal rule stands already.") from None
    return fresh


def remove_rule(rule: Rule, *, by: str = "") -> None:
    """Let a rule end; it stays readable. *Locks* the shop. *Again*: no change."""
    with transaction.atomic():
        _lock(rule.shop)
        if _take_down(Rule.everyone.filter(pk=rule.pk), by):
            _turn_page(rule.shop, say_change("Removed", rule), by)


def restore_rule(rule: Rule, *, by: str = "") -> None:
    """Put a removed rule back. *Locks* the shop. *Again*: no change. Raises SameRule when an equal one was made meanwhile."""
    try:
        with transaction.atomic():
            _lock(rule.shop)
            back = Rule.everyone.filter(pk=rule.pk, removed_at__isnull=False)
            if back.update(removed_at=None, removed_by=""):
                _turn_page(rule.shop, say_change("Put back", rule), by)
    except IntegrityError:
        raise SameRule("An equal rule stands already.") from None


def move_rule(rule: Rule, *, up: bool, by: str = "") -> None:
    """Move a rule one place up or down in its shop's order. *Locks* the shop. At the end of the list: no change."""
    with transaction.atomic():
        _lock(rule.shop)
        rules = standing_rules(rule.shop)
        place = next((at for at, one in enumerate(rules) if one.pk == rule.pk), None)
        if place is None:
            raise NotFound("There is no such rule.")
        other = place - 1 if up else place + 1
        if not 0 <= other < len(rules):
            return
        rules[place], rules[other] = rules[other], rules[place]
        _set_order([one.pk for one in rules])
        _turn_page(rule.shop, say_change("Moved up" if up else "Moved down", rule), by)


def change_policy(shop: Shop, changes: Mapping[str, Any], *, by: str = "") -> None:
    """Change how a shop takes part as origin and as shipper; shelves follow within seconds.

    Orders already placed keep their terms. *Again*: nothing differs, nothing is written. *Locks* the shop.
    Raises NotPossible ``unknown_policy``.
    """
    if unknown := set(changes) - set(POLICY):
        raise NotPossible(f"There is no policy {', '.join(sorted(unknown))}.", code="unknown_policy")
    if Shop.everyone.filter(pk=shop.pk, **changes).exists():
        return
    with transaction.atomic():
        before = policy_of(_lock(shop))
        differing = {name: value for name, value in changes.items() if before[name] != value}
        if differing:
            Shop.everyone.filter(pk=shop.pk).update(**differing)
            told = "; ".join(f"{name.replace('_', ' ')}: {before[name]} → {value}" for name, value in differing.items())
            _turn_page(shop, f"Policy: {told}"[:400], by)
    for name, value in changes.items():
        setattr(shop, name, value)


def policy_of(shop: Shop) -> dict[str, Any]:
    """Read a shop's policy as its book keeps it."""
    return {name: getattr(shop, name) for name in POLICY}


# --- the book ---------------------------------------------------------------------------------------------------------
def restore_page(page: RuleBook, *, by: str) -> RuleBook:
    """Let the rules and the policy stand as an older page says, as a new page; returns it.

    *Locks* the shop. *Again*: what stands already is turned into no new page. Rules whose product or partner is gone stay away.
    """
    with transaction.atomic():
        shop = _lock(page.shop)
        now = {rule.pk for rule in standing_rules(shop)}
        then = set(Rule.everyone.filter(shop=shop, pk__in=page.rules).values_list("pk", flat=True))
        latest = pages_of(shop).first()
        stands = {name: value for name, value in policy_of(shop).items() if name in page.policy}
        if latest and latest.rules == [pk for pk in page.rules if pk in then] and stands == page.policy:
            return latest
        _take_down(Rule.everyone.filter(pk__in=now - then), by)
        Rule.everyone.filter(pk__in=then - now).update(removed_at=None, removed_by="")
        _set_order([pk for pk in page.rules if pk in then])
        Shop.everyone.filter(pk=shop.pk).update(**{name: page.policy[name] for name in POLICY if name in page.policy})
        return _turn_page(shop, f"Back to version {page.number}", by)


def pages_of(shop: Shop) -> Any:
    """Select the pages of a shop's book, the newest first."""
    return RuleBook.everyone.filter(shop=shop).order_by("-number")


def _turn_page(shop: Shop, what: str, by: str) -> RuleBook:
    """Write what stands now as the book's next page, after a first one that says how it began; mark the shop's items."""
    shop = Shop.everyone.get(pk=shop.pk)
    last = pages_of(shop).first()
    ids = [rule.pk for rule in standing_rules(shop)]
    number = last.number + 1 if last else 1
    mark_shop(shop)
    return RuleBook.everyone.create(shop=shop, number=number, rules=ids, policy=policy_of(shop), what=what[:400], by=by)


def _lock(shop: Shop) -> Shop:
    """Lock the shop, and write the first page of a book that has none: the state before the first change."""
    locked = Shop.everyone.select_for_update(no_key=True).get(pk=shop.pk)
    if not RuleBook.everyone.filter(shop=shop).exists():
        ids = [rule.pk for rule in standing_rules(shop)]
        facts = {"rules": ids, "policy": policy_of(locked), "what": "As it began"}
        RuleBook.everyone.create(shop=shop, number=1, by="", **facts)
    return locked


def _take_down(rules: Any, by: str) -> int:
    taken: int = rules.filter(removed_at=None).update(removed_at=timezone.now(), removed_by=by)
    return taken


def _set_order(ids: Sequence[int]) -> None:
    rows = [Rule(pk=pk, position=place) for place, pk in enumerate(ids)]
    Rule.everyone.bulk_update(rows, ["position"])


def _first(rules: Sequence[Rule]) -> int:
    return min((rule.position for rule in rules), default=1) - 1


# --- drafts -----------------------------------------------------------------------------------------------------------
def clean_draft(shop: Shop, draft: Draft) -> Draft:
    """Write a draft in the one form that is compared. Raises BadRule with ``field`` when it can mean nothing."""
    draft = replace(
        draft,
        brand=draft.brand.strip().lower(),
        category=draft.category.strip().lower(),
        tag=draft.tag.strip().lower(),
        country=draft.country.strip().upper(),
        note=draft.note.strip(),
        side="shipper" if draft.effect in SHIPPER_ONLY else draft.side,
        amount=None if draft.effect in ("exclude", "only") else draft.amount,
    )
    for wrong, field, text in _mistakes(shop, draft):
        if wrong:
            raise BadRule(text, field=field)
    return draft


def _mistakes(shop: Shop, draft: Draft) -> list[tuple[Any, str, str]]:
    most = 10_000 if draft.effect == "floor" else MOST_UNITS
    named = [draft.brand, draft.category, draft.tag, draft.product_id, draft.partner_id, draft.country]
    is_gate = draft.effect in ("exclude", "only")
    texts = (draft.brand, draft.category, draft.tag, draft.note)
    ranges = (draft.price_from, draft.price_to), (draft.starts_on, draft.ends_on)
    return [
        (draft.side not in Rule.SIDES, "side", "Say whether the rule is for your shelf, your stock or both."),
        (draft.effect not in Rule.EFFECTS, "effect", "Say what the rule shall do."),
        (max(map(len, texts)) > 200 or any("\0" in text for text in texts), "note", "A text is too long."),
        (is_gate and not any(named) and ranges[0] == (None, None), "brand", "Name at least one thing it speaks of."),
        (not is_gate and draft.amount is None, "amount", "Say how much."),
        (not 0 <= (draft.amount or 0) <= most, "amount", f"Between 0 and {most:,}."),
        (
            draft.country and (len(draft.country) != 2 or not draft.country.isalpha()),
            "country",
            "Name a country by its two letters.",
        ),
        (any(not 0 <= price <= 10**12 for price in ranges[0] if price is not None), "price_from", "This is no price."),
        (_crossed(ranges[0]), "price_to", "The range of prices is empty."),
        (_crossed(ranges[1]), "ends_on", "It would end before it begins."),
        (draft.ends_on and draft.ends_on < timezone.localdate(), "ends_on", "This day has passed."),
        (draft.product_id and not _own_product(shop, draft.product_id), "product", "There is no such product."),
        (draft.partner_id and not _partner(shop, draft.partner_id), "partner", "There is no such partner."),
    ]


def _crossed(pair: tuple[Any, Any]) -> bool:
    low, high = pair
    return low is not None and high is not None and low > high


def _own_product(shop: Shop, pk: int) -> bool:
    return pk < 2**63 and Product.everyone.filter(shop=shop, pk=pk).exists()


def _partner(shop: Shop, pk: int) -> bool:
    others = Shop.everyone.exclude(pk=shop.pk).filter(~Q(status="left"), pk=pk)
    return pk < 2**63 and others.exists()


# --- warnings ---------------------------------------------------------------------------------------------------------
def idle_rules(shop: Shop, draft: Draft | None = None, *, instead_of: Rule | None = None) -> list[Idle]:
    """List the shop's rules that can have no effect, with the rule that sees to that; a draft counts as if it stood.

    A draft stands first in the order, as it would when saved, or in the place of the rule it would replace; its id is 0.
    """
    rules = [rule.facts for rule in standing_rules(shop)]
    if draft is not None:
        facts = {name: value for name, value in asdict(clean_draft(shop, draft)).items() if name != "note"}
        fresh = Rule(shop=shop, **facts).facts
        if instead_of is None:
            rules = [fresh, *rules]
        else:
            rules = [fresh if rule.id == instead_of.pk else rule for rule in rules]
    found = find_idle(rules)
    seen = {idle.rule.id for idle in found}
    return found + [idle for idle in shut_out(rules) if idle.rule.id not in seen]


def warn_of(shop: Shop, draft: Draft, *, instead_of: Rule | None = None) -> list[str]:
    """Say which rules a draft would make unreachable, or why it would do nothing itself."""
    standing = {rule.pk: rule for rule in standing_rules(shop)}
    warnings = []
    for idle in idle_rules(shop, draft, instead_of=instead_of):
        if idle.rule.id == 0:
            warnings.append(f"This rule would do nothing. {idle.text}")
        elif idle.because.id == 0:
            warnings.append(f"This rule would make another one unreachable: {say_rule(standing[idle.rule.id])}.")
    return warnings
