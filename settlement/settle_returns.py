"""Came back, not posted → posted: every closed return takes its share of the sale back, once, on the sale's own terms.

What a third shop took over takes nothing back: settlement.settle_takeovers.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import F, Sum
from django.utils import timezone

from orders.models import InternalOrder, InternalOrderLine, Return, ReturnLine
from orders.return_goods import mark_posted
from settlement.hold_objected import free_decided, hold_objected
from settlement.models import Entry
from settlement.post import Draft, lock_balances, post_entries
from settlement.settle_takeovers import post_takeovers
from settlement.splitting import GOODS, SHIPPING, Item, post_shipment, take_back
from settlement.sweeps import Sweep, post_in_batches
from skuu.kit.errors import SkuuError

BATCH = 500
_AMOUNTS = Item._fields
_TAKEN_BACK = sum((F(grade) for grade in ReturnLine.TAKEN_BACK), start=0 * F("as_new"))


def post_returns(
    *, seconds: float | None = None, tell: Callable[[str], None] | None = None, wait: bool = False
) -> Sweep:
    """Post every closed return that is not in the ledger yet, takeovers too, in batches of one transaction each.

    What its selling shop objects to is held first, so that nobody is paid it. A return whose sale is not posted waits for it.
    *Locks* returns with their internal orders (skipping those another sweep holds, unless told to ``wait``), then periods and
    balances as post_entries does. *Again*: a return is posted once, by its lock and its key. One that cannot be posted is
    reported and passed over.
    """
    hold_objected()
    sweep = post_in_batches(
        lambda sweep, after: _post_batch(sweep, after, wait), "returns posted", seconds=seconds, tell=tell
    )
    taken = post_takeovers(seconds=seconds, tell=tell, wait=wait)
    free_decided()
    return Sweep(sweep.posted + taken.posted, sweep.refused | taken.refused)


def _post_batch(sweep: Sweep, after: int, wait: bool) -> int | None:
    closed = Return.everyone.filter(status="closed", destination="shipper", posted_at=None)
    seen = list(closed.filter(pk__gt=after).order_by("pk").values_list("pk", "internal_order_id")[:BATCH])
    if not seen:
        return None
    # the internal orders are locked as every verb on returns locks them, and the returns read once that is done
    sold = InternalOrder.everyone.filter(pk__in={order for _, order in seen}, posted_at__isnull=False).order_by("pk")
    locked = set(sold.select_for_update(skip_locked=not wait).values_list("pk", flat=True))
    mine = closed.filter(pk__in=[pk for pk, order in seen if order in locked])
    returns = list(mine.select_related("internal_order").order_by("pk"))
    told = _read(returns)
    drafts, refused = _drafted(returns, told)
    try:
        post_entries(list(drafts.values()))
    except SkuuError:  # what one that is refused took back is not taken back: draft again without it, one by one
        lock_balances({posting.merchant for draft in drafts.values() for posting in draft.postings})
        drafts, refused = _drafted(returns, told, post=True)
    done = [returned.pk for returned in returns if returned.number not in refused]
    mark_posted(done)
    sweep.posted += len(done)
    sweep.refused |= refused
    return seen[-1][0]


@dataclass
class _Told:
    """What is known of the internal orders of a batch of returns."""

    lines: dict[int, list[ReturnLine]]
    sales: dict[int, Entry]
    places: dict[int, list[InternalOrderLine]]
    before: dict[int, int]


def _read(returns: list[Return]) -> _Told:
    orders = {returned.internal_order_id for returned in returns}
    lines: dict[int, list[ReturnLine]] = {returned.pk: [] for returned in returns}
    for one in ReturnLine.everyone.filter(row__in=returns).order_by("pk"):
        lines[one.row_id].append(one)
    return _Told(lines, _sales(orders), _places(orders), _posted_before(orders))


def _drafted(returns: list[Return], told: _Told, *, post: bool = False) -> tuple[dict[int, Draft], dict[str, str]]:
    """Draft returns in their order, each beside what those before it take back; ``post`` posts each at once."""
    drafts: dict[int, Draft] = {}
    refused: dict[str, str] = {}
    before = dict(told.before)
    for returned in returns:
        order, own = returned.internal_order_id, told.lines[returned.pk]
        try:
            draft = draft_return(returned, own, told.places[order], before, told.sales.get(order))
            if draft is not None and post:
                post_entries([draft])
        except (KeyError, ValueError, TypeError, IndexError) as error:
            refused[returned.number] = f"its sale's items cannot be read: {error!r}"
            continue
        except SkuuError as error:
            refused[returned.number] = error.message
            continue
        if draft is not None:
            drafts[returned.pk] = draft
        for one in own:
            before[one.line_id] = before.get(one.line_id, 0) + one.taken_back
    return drafts, refused


def _sales(orders: set[int]) -> dict[int, Entry]:
    found: dict[int, Entry] = {}
    for entry in Entry.objects.filter(kind="ship", internal_order__in=orders, reversed_by=None):
        if entry.internal_order_id is not None:
            found[entry.internal_order_id] = entry
    return found


def _places(orders: set[int]) -> dict[int, list[InternalOrderLine]]:
    """List the lines of each order in the order in which its sale's items stand."""
    found: dict[int, list[InternalOrderLine]] = {order: [] for order in orders}
    for line in InternalOrderLine.everyone.filter(internal_order__in=orders).order_by("pk"):
        found[line.internal_order_id].append(line)
    return found


def _posted_before(orders: set[int]) -> dict[int, int]:
    """Count, by internal line, the units that returns in the ledger have taken back."""
    rows = ReturnLine.everyone.filter(
        row__internal_order__in=orders, row__destination="shipper", row__posted_at__isnull=False
    )
    return dict(rows.values_list("line_id").annotate(units=Sum(_TAKEN_BACK)).values_list("line_id", "units"))


def draft_return(
    returned: Return,
    lines: list[ReturnLine],
    places: list[InternalOrderLine],
    before: dict[int, int],
    sale: Entry | None,
) -> Draft | None:
    """Draft what a return takes back of its sale; None when no money moved with the sale, or none comes back.

    ``before`` are the units by line that earlier returns took back. A parcel lost as a whole takes its shipping back too.
    """
    if sale is None:
        return None
    told = sale.facts["items"]
    items = [Item(*(one[name] for name in _AMOUNTS)) for one in told]
    sent = [one["quantity"] for one in told]
    place_of = {line.pk: place for place, line in enumerate(places)}
    back = {place_of[one.line_id]: (before.get(one.line_id, 0), one.taken_back) for one in lines}
    if any(items[place].kind != GOODS for place in back):
        raise ValueError("its items are not its lines")
    if _is_lost_whole(returned, lines, [sent[place] for place in place_of.values()]):
        back |= {place: (0, 1) for place, item in enumerate(items) if item.kind == SHIPPING}
    shares = take_back(items, sent, back)
    origin, shipper = sale.facts["origin"]["merchant"], sale.facts["shipper"]["merchant"]
    postings = post_shipment([share for _, share in shares], origin, shipper)
    if not postings:
        return None
    described = [told[place] | share._asdict() | {"quantity": -back[place][1]} for place, share in shares]
    return Draft(
        key=f"return:{returned.pk}",
        kind="return",
        ref=f"return:{returned.number}",
        effective_on=timezone.localdate(returned.closed_at),
        currency=returned.internal_order.currency,
        postings=tuple(postings),
        internal_order=returned.internal_order_id,
        facts=sale.facts | {"items": described, "return": returned.number, "sale": sale.key},
    )


def _is_lost_whole(returned: Return, lines: list[ReturnLine], sent: list[int]) -> bool:
    return returned.is_lost and sum(one.lost for one in lines) == sum(sent)
