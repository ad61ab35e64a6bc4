"""Taken over, not posted → posted: what a third shop took over as new it owes the selling shop, once, at the price agreed.

The sale between shipper and selling shop stands: it was shipped, sold and paid for. The goods that came back are the selling
shop's, and it sells them on where they are.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils import timezone

from catalog.models import Variant
from network.taxing import UnknownRateError, rate_bp
from orders.models import Return, ReturnLine
from orders.return_goods import mark_posted
from settlement.post import Draft
from settlement.splitting import post_shipment, take_over
from settlement.sweeps import Sweep, post_in_batches, post_or_name

BATCH = 500


def post_takeovers(
    *, seconds: float | None = None, tell: Callable[[str], None] | None = None, wait: bool = False
) -> Sweep:
    """Post every closed return that a third shop took over and that is not in the ledger yet, in batches of one transaction each.

    *Locks* returns (skipping those another sweep holds, unless told to ``wait``), then periods and balances as post_entries does.
    *Again*: a takeover is posted once, by its lock and its key. One that cannot be posted is reported and passed over.
    """
    return post_in_batches(
        lambda sweep, after: _post_batch(sweep, after, wait), "takeovers posted", seconds=seconds, tell=tell
    )


def _post_batch(sweep: Sweep, after: int, wait: bool) -> int | None:
    closed = Return.everyone.filter(status="closed", destination="taker", posted_at=None, pk__gt=after)
    locked = closed.select_for_update(skip_locked=not wait, of=("self",)).select_related(
        "internal_order__order__shop__merchant", "receiver__merchant"
    )
    returns = list(locked.order_by("pk")[:BATCH])
    if not returns:
        return None
    lines = _lines(returns)
    skus = _skus(lines)
    drafts: list[tuple[str, Draft]] = []
    refused: dict[str, str] = {}
    for returned in returns:
        try:
            draft = draft_takeover(returned, lines[returned.pk], skus)
        except (KeyError, ValueError, TypeError, UnknownRateError) as error:
            refused[returned.number] = f"its terms cannot be read: {error!r}"
            continue
        if draft is not None:
            drafts.append((returned.number, draft))
    if drafts:
        post_or_name(drafts, refused)
    done = [returned.pk for returned in returns if returned.number not in refused]
    mark_posted(done)
    sweep.posted += len(done)
    sweep.refused |= refused
    return returns[-1].pk


def _lines(returns: list[Return]) -> dict[int, list[ReturnLine]]:
    found: dict[int, list[ReturnLine]] = {returned.pk: [] for returned in returns}
    known = ReturnLine.everyone.filter(row__in=returns).select_related("line__order_line__variant", "restock_level")
    for line in known.order_by("pk"):
        found[line.row_id].append(line)
    return found


def _skus(lines: dict[int, list[ReturnLine]]) -> dict[int, str]:
    """Find by inventory item what the takers call the goods."""
    goods = {one.restock_level.inventory_item_id for own in lines.values() for one in own if one.restock_level}
    rows = Variant.everyone.filter(inventory_item__in=goods, deleted_at=None).order_by("-pk")
    return dict(rows.values_list("inventory_item_id", "sku"))


def draft_takeover(returned: Return, lines: list[ReturnLine], skus: Mapping[int, str]) -> Draft | None:
    """Draft what a taker owes the selling shop; None when nothing was as new, or it was agreed to be free.

    ``skus`` are the taker's own by inventory item.
    It bears the VAT of the country where the goods are, by the rate of the day on which the taker had looked at them.
    *Raises* KeyError or TypeError when the terms of its announcement are incomplete, UnknownRateError.
    """
    seller, shop = returned.internal_order.order.shop, returned.receiver
    if shop is None:
        raise ValueError("nobody took it over")
    day, vat = timezone.localdate(returned.closed_at), dict(returned.considered["vat"])
    vat["supply_rate_bp"] = rate_bp(vat["country"], day, vat["postcode"], vat["goods"])
    bought = [line for line in lines if line.as_new]
    items = take_over([(line.as_new, _price(line)) for line in bought], vat["supply_rate_bp"])
    postings = post_shipment(items, shop.merchant_id, seller.merchant_id)
    if not postings:
        return None
    described = [_told(line, skus) | item._asdict() for line, item in zip(bought, items, strict=True)]
    return Draft(
        key=f"takeover:{returned.pk}",
        kind="takeover",
        ref=f"return:{returned.number}",
        effective_on=day,
        currency=returned.internal_order.currency,
        postings=tuple(postings),
        # of no internal order: its parties are others, and neither the customer's order nor who shipped it is theirs to know
        facts={
            "number": returned.number,
            "return": returned.number,
            "reason": f"Taken over with return {returned.number}",
            "origin": _party(shop),
            "shipper": _party(seller),
            "vat": vat,
            "items": described,
        },
    )


def _price(line: ReturnLine) -> int:
    if line.takeover_minor is None:
        raise ValueError(f"no price was agreed for line {line.line_id}")
    return line.takeover_minor


def _party(shop: Any) -> dict[str, Any]:
    merchant = shop.merchant
    return {
        "merchant": merchant.pk,
        "merchant_name": merchant.name,
        "legal_name": merchant.legal_name,
        "shop": shop.name,
        "order": "",
    }


def _told(line: ReturnLine, skus: Mapping[int, str]) -> dict[str, Any]:
    sold, place = line.line.order_line, line.restock_level
    own = skus.get(place.inventory_item_id, "") if place else ""
    return {"title": sold.title, "quantity": line.as_new, "origin_sku": own, "shipper_sku": sold.variant.sku}
