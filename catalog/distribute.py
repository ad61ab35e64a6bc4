"""Decide what stands on every shelf: gaps of one shop filled from what others can give, each figure with its reason.

Marked items are decided again in batches; the mark is cleared in the transaction that writes the placements.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from catalog.distributing import RULE_VERSION, Refusal, unfit_for_shelf
from catalog.distributing.explain import say_absence, say_not_live, say_own_stock, say_placement
from catalog.mark import mark_shop
from catalog.market import Market, open_market
from catalog.models import Item, Match, Placement, ShelfBasis, Variant
from catalog.supply import Offer, Seller, compare, read_sellers

BATCH = 200


@dataclass(slots=True)
class Decision:
    """What should stand on one shelf and why; ``supply`` is what partners could ship."""

    seller: Seller
    wanted: int
    text: list[str]
    offers: list[Offer]
    would: int = 0

    def reason(self) -> dict[str, Any]:
        """Write the reason as it is stored: sentences, shippers, rule version."""
        shippers: dict[int, dict[str, Any]] = {}
        for offer in self.offers:
            known = shippers.setdefault(
                offer.shop_id, {"shop": offer.shop_id, "free": 0, "days": offer.days_max, "km": offer.distance_km}
            )
            known["free"] += offer.free
            known["days"] = min(known["days"], offer.days_max)
        reason: dict[str, Any] = {"text": self.text, "shippers": [shippers[key] for key in sorted(shippers)]}
        if self.would:
            reason["would"] = self.would
        return reason | {"rule_version": RULE_VERSION}


def distribute_due() -> int:
    """Decide the next batch of marked items again; returns how many there were.

    When none is left, shops that changed are looked for, and their number is returned: their items are marked then.
    *Locks* the items it takes, skipping those that somebody else is changing or deciding. *Again*: nothing is marked.
    """
    with transaction.atomic():
        due = Item.objects.select_for_update(skip_locked=True, no_key=True).filter(distribute_due_at__isnull=False)
        ids = list(due.order_by("distribute_due_at").values_list("pk", flat=True)[:BATCH])
        if not ids:
            return notice_changes()
        distribute_items(ids)
        Item.objects.filter(pk__in=ids).update(distribute_due_at=None)
    return len(ids)


def distribute_items(item_ids: Collection[int], *, market: Market | None = None) -> int:
    """Decide the placements of these items in all shops; returns how many changed. Pushing is another sweep's work.

    Eight queries for any number of items. *Again*: no change.
    """
    with transaction.atomic():
        sellers = read_sellers(item_ids)
        if market is None:
            market = open_market({one.shop_id for them in sellers.values() for one in them})
        led = _leads([one for them in sellers.values() for one in them])
        decided = {
            (one.shop_id, one.inventory_item_id): decide(market, one, them)
            for them in sellers.values()
            for one in them
            if one.variant_id in led
        }
        return _write(item_ids, decided)


def distribute_all(shop: Any = None, *, batch: int = 1000) -> int:
    """Decide every item again, or every item of one shop, batch by batch in the order of their ids; returns how many items.

    Each batch is a transaction of its own; killed in between, the rest is decided by the next run.
    """
    last = total = 0
    while True:
        items = Item.objects.filter(pk__gt=last).order_by("pk")
        if shop is not None:
            linked = Match.objects.filter(shop=shop, item=OuterRef("pk"), status="linked")
            standing = Placement.objects.filter(shop=shop, item=OuterRef("pk"))
            items = items.filter(Exists(linked) | Exists(standing))
        ids = list(items.values_list("pk", flat=True)[:batch])
        if not ids:
            return total
        distribute_items(ids)
        last, total = ids[-1], total + len(ids)


def decide(market: Market, seller: Seller, sellers: Sequence[Seller]) -> Decision:
    """Decide one shop's shelf for one item from frozen facts; writes nothing."""
    shop = market.traders[seller.shop_id].shop
    if hindrance := hindrances(market, seller):
        return Decision(seller, 0, [one.text for one in hindrance], [])
    offers = [offer for offer in compare(market, seller, sellers, free_only=True) if not offer.refusals]
    supply = sum(offer.free for offer in offers)
    wanted = min(shop.placement_cap, supply)
    if shop.status != "live":
        return Decision(
            seller, 0, [say_not_live(shop.status, wanted)], offers, wanted if shop.status == "shadow" else 0
        )
    if not wanted:
        return Decision(seller, 0, _say_nobody(market, seller, sellers), [])
    partners = len({offer.shop_id for offer in offers})
    text = say_placement(wanted, supply, shop.placement_cap, partners, seller.own_stock, shop.gap_threshold)
    return Decision(seller, wanted, text, offers)


def hindrances(market: Market, seller: Seller) -> list[Refusal]:
    """List what keeps a variant off its own shelf before any partner is asked: its own state, its own stock."""
    shop = market.traders[seller.shop_id].shop
    found = unfit_for_shelf(seller.goods)
    if shop.placing == "gaps" and seller.own_stock > shop.gap_threshold:
        found.append(Refusal("own_stock", say_own_stock(seller.own_stock, shop.gap_threshold)))
    if not shop.placement_cap:
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


def notice_changes() -> int:
    """Mark the items of every shop whose status, policy, rules, places or VAT numbers are not those last decided on.

    Whatever door changed them, and whether or not it rang: the shelves follow. Returns how many shops changed.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED, {"today": timezone.localdate()})
        changed = cursor.fetchall()
    for shop_id, fingerprint in changed:
        with transaction.atomic():
            mark_shop(_Named(shop_id))
            ShelfBasis.objects.update_or_create(
                shop_id=shop_id, defaults={"fingerprint": fingerprint, "at": timezone.now()}
            )
    return len(changed)


@dataclass(frozen=True, slots=True)
class _Named:
    pk: int


_CHANGED = """
with now_is as (
  select s.id, md5(concat_ws('|', s.status, s.country, s.postcode, s.currency, s.taxes_included, s.gap_threshold, s.placing,
    s.placement_cap, s.sells_to, s.home_only, coalesce(s.max_distance_km, -1), s.promise_days, s.typical_postcode,
    s.shares_stock, s.buffer, s.price_floor_bp, s.handling_days, m.country, m.oss,
    exists (select 1 from network_stop w where w.shop_id = s.id and w.kind = 'partner' and w.ended_at is null),
    (select string_agg(concat_ws(':', p.id, p.is_active, p.shares, p.country, p.postcode), ',' order by p.id)
       from network_location p where p.shop_id = s.id),
    (select string_agg(concat_ws(':', r.side, r.kind, r.value), ',' order by r.id) from catalog_rule r
       where r.shop_id = s.id and r.removed_at is null and coalesce(r.starts_on <= %(today)s, true)
         and coalesce(r.ends_on >= %(today)s, true)),
    (select string_agg(t.country, ',' order by t.id) from network_taxregistration t
       where t.merchant_id = m.id and t.valid_from <= %(today)s and coalesce(t.valid_to >= %(today)s, true)))) as fingerprint
  from network_shop s join network_merchant m on m.id = s.merchant_id)
select n.id, n.fingerprint from now_is n left join catalog_shelfbasis b on b.shop_id = n.id
where b.fingerprint is distinct from n.fingerprint order by n.id
"""


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


def _write(item_ids: Collection[int], decided: dict[tuple[int, int], Decision]) -> int:
    """Write what differs from what is stored, in one order; placements of these items that nobody decided come down."""
    stored = _stored(item_ids, decided)
    changed = [
        Placement(
            shop_id=shop_id,
            inventory_item_id=stock_id,
            variant_id=one.seller.variant_id,
            item_id=one.seller.item_id,
            wanted=one.wanted,
            reason=one.reason(),
            rule_version=RULE_VERSION,
            decided_at=timezone.now(),
        )
        for (shop_id, stock_id), one in sorted(decided.items())
        if _differs(stored.pop((shop_id, stock_id), None), one)
    ]
    for old in stored.values():
        if old.wanted or not old.reason.get("gone"):
            text = ["It is no longer known to be the same as a partner's product, or it has left your shop."]
            old.wanted, old.reason, old.decided_at = 0, {"text": text, "shippers": [], "gone": True}, timezone.now()
            changed.append(old)
    for old in changed:
        old.pk = None
    Placement.objects.bulk_create(
        sorted(changed, key=lambda row: (row.shop_id, row.inventory_item_id)),
        update_conflicts=True,
        unique_fields=["shop", "inventory_item"],
        update_fields=["variant", "item", "wanted", "reason", "rule_version", "decided_at"],
    )
    if changed:
        _ring_push()
    return len(changed)


def _stored(item_ids: Collection[int], decided: dict[tuple[int, int], Decision]) -> dict[tuple[int, int], Placement]:
    """Read what stands decided for these items or on these inventory items."""
    by_item = Placement.objects.filter(item_id__in=item_ids)
    by_stock = Placement.objects.filter(inventory_item_id__in={stock for _, stock in decided})
    rows = {(row.shop_id, row.inventory_item_id): row for row in by_item}
    rows |= {key: row for row in by_stock if (key := (row.shop_id, row.inventory_item_id)) in decided}
    return rows


def _differs(old: Placement | None, new: Decision) -> bool:
    if old is None:
        return bool(new.wanted or new.would)
    return (old.wanted, old.variant_id, old.item_id, old.reason) != (
        new.wanted,
        new.seller.variant_id,
        new.seller.item_id,
        new.reason(),
    )


def _ring_push() -> None:
    from catalog import tasks
    from skuu.kit.jobs import ring

    ring(tasks.push)
