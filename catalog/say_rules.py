"""Write rules the way their merchant reads them."""

from collections.abc import Iterable
from typing import Any

from catalog.models import Product, Rule, Variant
from network.models import Shop
from network.taxing import country_name
from skuu.kit.money import major

SIDE = {"origin": "my shelf", "shipper": "partners’ shelves", "both": "my shelf and partners’ shelves"}


def say_rule(rule: Rule, names: dict[str, str] | None = None) -> str:
    """Write a rule as one phrase: what it does, to which goods, with whom, and when."""
    about = ", ".join(say_conditions(rule, names)) or "everything"
    amount = rule.amount or 0
    said = {
        "exclude": f"Keep {about} off {SIDE[rule.side]}",
        "only": f"Let only {about} onto {SIDE[rule.side]}",
        "floor": f"Let partners sell {about} at most {amount / 100:g} % below my price",
        "cap": f"Show at most {amount} per size of {about} on {SIDE[rule.side]}",
        "buffer": f"Keep back {amount} per size of {about}",
    }[rule.effect]
    return f"{said}{_season(rule)}"


def say_conditions(rule: Rule, names: dict[str, str] | None = None) -> list[str]:
    """List what a rule asks of goods and partners, in words."""
    named = names or {}
    currency = rule.shop.currency
    found = []
    for field, word in (("brand", "brand"), ("category", "category"), ("tag", "tag")):
        if value := getattr(rule, field):
            found.append(f"{word} “{named.get(f'{field}:{value}', value)}”")
    if rule.product_id:
        found.append(f"“{named.get(f'product:{rule.product_id}', 'one product')}”")
    if low := rule.price_from:
        found.append(f"priced {major(low, currency)} {currency} or more")
    if rule.price_to is not None:
        found.append(f"priced {major(rule.price_to, currency)} {currency} or less")
    if rule.partner_id:
        found.append(f"with {named.get(f'partner:{rule.partner_id}', 'one partner')}")
    if rule.country:
        found.append(f"with partners in {country_name(rule.country)}")
    return found


def _season(rule: Rule) -> str:
    first = f" from {rule.starts_on:%-d %b %Y}" if rule.starts_on else ""
    return first + (f" until {rule.ends_on:%-d %b %Y}" if rule.ends_on else "")


def say_change(what: str, rule: Rule, fresh: Rule | None = None) -> str:
    """Write one line of the book."""
    names = names_of(rule.shop, [one for one in (rule, fresh) if one])
    said = f"{what}: {say_rule(rule, names)}"
    return said if fresh is None else f"{said} → {say_rule(fresh, names)}"


def names_of(shop: Shop, rules: Iterable[Rule]) -> dict[str, str]:
    """Find the readable names of brands, products and partners that rules name by key; three queries at most."""
    rules = list(rules)
    named: dict[str, Any] = {}
    if partners := {rule.partner_id for rule in rules if rule.partner_id}:
        rows = Shop.everyone.filter(pk__in=partners).values_list("pk", "name")
        named |= {f"partner:{pk}": name for pk, name in rows}
    if products := {rule.product_id for rule in rules if rule.product_id}:
        titles = Product.everyone.filter(shop=shop, pk__in=products).values_list("pk", "title")
        named |= {f"product:{pk}": title for pk, title in titles}
    if brands := {rule.brand for rule in rules if rule.brand}:
        found = Variant.everyone.filter(shop=shop, brand_key__in=brands).values_list("brand_key", "product__vendor")
        named |= {f"brand:{key}": vendor for key, vendor in found.distinct() if vendor}
    return named
