"""Objected to, not held → held, and decided, still held → free: what a shop says it owes nobody is paid to nobody meanwhile."""

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from network.scoping import as_network
from orders.models import InternalOrder, Objection, ReturnLine
from orders.object_grade import mark_held
from settlement.dispute import owed_for
from settlement.models import Released
from settlement.post import Draft, post_entry
from settlement.release import stop_releases
from settlement.splitting import Posting, take_back
from settlement.standing import read_items, read_standings, sales_of

BATCH = 200


def hold_objected() -> int:
    """Hold what open objections are about: their units' share of the sale, gross, which the origin says it need not pay.

    An objection whose sale is not posted waits; one to a taker's inspection holds nothing, for nothing of it is in the books.
    *Locks* one objection at a time: releases, its internal order, then as post_entries does. *Again*: held once, by its key.
    """
    waiting = Objection.everyone.filter(status="open", held_minor=None, returned__destination="shipper")
    return _each(waiting.filter(returned__internal_order__posted_at__isnull=False), _hold)


def free_decided() -> int:
    """Free what is held for objections that are decided or withdrawn; what an upheld one takes back is in the books by then.

    *Locks* and *Again* as above.
    """
    over = Objection.everyone.exclude(status="open").filter(held_minor__isnull=False)
    return _each(over.filter(Q(correction=None) | Q(correction__posted_at__isnull=False)), _free)


def _each(rows: Any, step: Any) -> int:
    with as_network():
        found = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
        for pk in found:
            with transaction.atomic():
                stop_releases()
                step(pk)
    return len(found)


def _lock(pk: int) -> tuple[Objection, InternalOrder]:
    order = Objection.everyone.values_list("returned__internal_order", flat=True).get(pk=pk)
    rows = InternalOrder.everyone.select_for_update(of=("self",))
    locked = rows.select_related("order__shop__merchant", "shipper__merchant").get(pk=order)
    return Objection.everyone.select_related("returned").get(pk=pk), locked


def _hold(pk: int) -> None:
    row, order = _lock(pk)
    if row.status != "open" or row.held_minor is not None:
        return
    minor = _stands_for(row, order)
    if minor:
        post_entry(_entry(row, order, "hold", minor))
    mark_held(row.pk, minor)


def _free(pk: int) -> None:
    row, order = _lock(pk)
    if row.status == "open" or row.held_minor is None:
        return
    if row.held_minor:
        post_entry(_entry(row, order, "resolve", -row.held_minor))
    mark_held(row.pk, None)


def _stands_for(row: Objection, order: InternalOrder) -> int:
    """Reckon what the origin owes for the units it objects to, gross: their share of the sale, as a return would take it back."""
    sales = sales_of({order.pk})
    if not sales:
        return 0
    items, sent, _ = read_items(sales[order.pk].facts)
    standing = read_standings(sales).get(order.pk)
    worth = standing.worth if standing is not None else {}
    place_of = {line: place for place, line in enumerate(order.lines.order_by("pk").values_list("pk", flat=True))}
    before = _taken_back(order)
    back: dict[int, tuple[int, int]] = {}
    for one in row.asked:
        place, already = place_of[one["line"]], before.get(one["line"], 0)
        units = min(back.get(place, (0, 0))[1] + one["units"], sent[place] - already)
        back[place] = (already, units)
    gross = -sum(share.supply + share.vat for _, share in take_back(items, sent, back, worth))
    return max(0, min(gross, owed_for(order)))


def _taken_back(order: InternalOrder) -> dict[int, int]:
    found: dict[int, int] = {}
    posted = ReturnLine.everyone.filter(
        row__internal_order=order, row__destination="shipper", row__posted_at__isnull=False
    )
    for line in posted:
        found[line.line_id] = found.get(line.line_id, 0) + line.taken_back
    return found


def _entry(row: Objection, order: InternalOrder, kind: str, held: int) -> Draft:
    """Move an amount to the parties' hold accounts, or (negative) back, beside where the sale stands now."""
    origin, shipper = order.order.shop.merchant, order.shipper.merchant
    released = Released.objects.filter(entry__internal_order=order, entry__kind="ship").exists()
    account, number = "merchant" if released else "merchant_pending", row.returned.number
    return Draft(
        key=f"{kind}:objection:{row.pk}",
        kind=kind,
        ref=f"return:{number}",
        effective_on=timezone.localdate(),
        currency=order.currency,
        postings=(
            Posting(origin.pk, account, -held, kind, shipper.pk),
            Posting(origin.pk, "merchant_hold", held, kind, shipper.pk),
            Posting(shipper.pk, account, held, kind, origin.pk),
            Posting(shipper.pk, "merchant_hold", -held, kind, origin.pk),
        ),
        internal_order=order.pk,
        facts={
            "number": order.number,
            "return": number,
            "reason": f"Objection to what was found in {number}",
            "origin": {"merchant": origin.pk, "shop": order.order.shop.name, "order": order.order.name},
            "shipper": {"merchant": shipper.pk, "shop": order.shipper.name, "order": order.remote_name},
        },
    )
