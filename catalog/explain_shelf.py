"""Answer why one variant is not on its shop's shelf: the same decision as catalog.shelf_sql, offer by offer and in full words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from catalog.distributing import Refusal, unfit_for_shelf
from catalog.distributing.explain import say_absence, say_not_live, say_own_stock, say_placement
from catalog.market import Market, open_market
from catalog.models import Match, Variant
from catalog.supply import Offer, Seller, compare, read_sellers


@dataclass(slots=True)
class Decision:
    """What should stand on one shelf and why; ``would`` is what a shop in shadow mode would show."""

    wanted: int
    text: list[str]
    would: int = 0


def decide(market: Market, seller: Seller, sellers: Sequence[Seller]) -> Decision:
    """Decide one shop's shelf for one item from frozen facts; writes nothing."""
    trader = market.traders[seller.shop_id]
    shop, cap = trader.shop, trader.on_shelf.shelf_cap(seller.goods, trader.shop.placement_cap)
    if hindrance := hindrances(market, seller):
        return Decision(0, [one.text for one in hindrance])
    offers = {
        offer.level_id: offer
        for offer in compare(market, seller, sellers, free_only=True)
        if not offer.refusals and offer.free
    }
    shares = _shares(market, seller, sellers, list(offers.values()))
    supply = sum(shares.values())
    wanted = min(cap, supply)
    if shop.status != "live":
        would = wanted if shop.status == "shadow" else 0
        return Decision(0, [say_not_live(shop.status, would)], would)
    if not wanted:
        return Decision(0, _say_nobody(market, seller, sellers))
    partners = len({shop_id for shop_id, _ in shares})
    return Decision(wanted, say_placement(wanted, supply, cap, partners, seller.own_stock, shop.gap_threshold))


def _shares(
    market: Market, seller: Seller, sellers: Sequence[Seller], offers: Sequence[Offer]
) -> dict[tuple[int, str], int]:
    """Sum what each partner can give from each country, within the caps of both sides."""
    goods = {one.variant_id: one.goods for one in sellers}
    mine = market.traders[seller.shop_id]
    shares: dict[tuple[int, str], int] = {}
    caps: dict[tuple[int, str], int] = {}
    for offer in offers:
        key = (offer.shop_id, offer.country)
        shares[key] = shares.get(key, 0) + offer.free
        theirs = market.traders[offer.shop_id].from_stock
        told = theirs.amount("cap", goods[offer.variant_id], seller.shop_id, mine.shop.country, -1)
        for cap in (mine.on_shelf.share_cap(seller.goods, offer.shop_id, offer.country), None if told < 0 else told):
            if cap is not None:
                caps[key] = min(cap, caps.get(key, cap))
    capped = {key: min(units, caps.get(key, units)) for key, units in shares.items()}
    return {key: units for key, units in capped.items() if units}


def hindrances(market: Market, seller: Seller) -> list[Refusal]:
    """List what keeps a variant off its own shelf before any partner is asked: its own state, its own stock."""
    trader = market.traders[seller.shop_id]
    shop = trader.shop
    found = unfit_for_shelf(seller.goods)
    if shop.placing == "gaps" and seller.own_stock > shop.gap_threshold:
        found.append(Refusal("own_stock", say_own_stock(seller.own_stock, shop.gap_threshold)))
    if not trader.on_shelf.shelf_cap(seller.goods, shop.placement_cap):
        found.append(Refusal("cap", "Your limit of units per size is 0."))
    return found


def _say_nobody(market: Market, seller: Seller, sellers: Sequence[Seller]) -> list[str]:
    offers = list(compare(market, seller, sellers))
    return say_absence(
        [offer.refusals for offer in offers if offer.refusals],
        sum(1 for offer in offers if not offer.refusals and not offer.free),
    )


def explain_absence(shop: Any, variant: Variant) -> list[str]:
    """Say in a merchant's words why a variant is not on its shop's shelf; empty when it is. Reads only."""
    match = Match.objects.filter(variant=variant, status="linked").first()
    if variant.deleted_at or variant.product.deleted_at:
        return ["The variant no longer exists in your shop."]
    if shop.status in ("installing", "left"):
        return [say_not_live(shop.status, 0)]
    if match is None:
        asked = Match.objects.filter(variant=variant, status="ask").exists() or variant.product.cards.filter(
            status="open"
        )
        return [
            "A person is still asked whether a partner's product is the same."
            if asked
            else "No partner's product has been found to be the same."
        ]
    sellers = read_sellers([match.item_id]).get(match.item_id, [])
    seller = next((one for one in sellers if one.variant_id == variant.pk), None)
    if seller is None:
        return ["Another variant of your shop stands for this item."]
    market = open_market({one.shop_id for one in sellers})
    decision = decide(market, seller, sellers)
    if decision.wanted:
        return []
    if seller.variant_id not in _leads([seller]):
        return ["It shares its stock with another variant, which stands on the shelf for both.", *decision.text]
    return decision.text


def _leads(sellers: Sequence[Seller]) -> set[int]:
    """Pick the variants that speak for their inventory item: the oldest linked one, so that each shelf has one voice."""
    stock = {one.inventory_item_id for one in sellers}
    rows = (
        Match.objects.filter(
            status="linked",
            variant__inventory_item_id__in=stock,
            variant__deleted_at=None,
            variant__product__deleted_at=None,
        )
        .order_by("variant__inventory_item_id", "variant_id")
        .distinct("variant__inventory_item_id")
    )
    return set(rows.values_list("variant_id", flat=True))
