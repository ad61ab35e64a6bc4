"""Came back, not posted → posted: every closed return takes its share of the sale back, once, on the sale's own terms.

What a third shop took over takes nothing back: settlement.settle_takeovers.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.db.models import F, Sum
from django.utils import timezone

from orders.models import InternalOrder, InternalOrderLine, Return, ReturnLine
from orders.return_goods import mark_posted
from settlement.free_returned import Freed, free_what_comes_back, note_freed
from settlement.hold_objected import free_decided, hold_objected
from settlement.models import Entry
from settlement.post import Draft, lock_balances, post_entries
from settlement.settle_takeovers import post_takeovers
from settlement.splitting import GOODS, SHIPPING, post_shipment, take_back
from settlement.standing import Standing, read_items, read_standings, sales_of
from settlement.sweeps import Sweep, post_in_batches
from skuu.kit.errors import SkuuError

BATCH = 500
_TAKEN_BACK = sum((F(grade) for grade in ReturnLine.TAKEN_BACK), start=0 * F("as_new"))


def post_returns(
    *, seconds: float | None = None, tell: Callable[[str], None] | None = None, wait: bool = False
) -> Sweep:
    """Post every closed return that is not in the ledger yet, takeovers too, in batches of one transaction each.

    What its selling shop objects to is held first, so that nobody is paid it. A return whose sale is not posted waits for it.
    What comes back while it is held leaves its dispute or objection; of a price that was lowered, what is left of it comes back.
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
    made = _drafted(returns, told)
    try:
        post_entries(made.drafts)
    except SkuuError:  # what one that is refused took back is not taken back: draft again without it, one by one
        lock_balances({posting.merchant for draft in made.drafts for posting in draft.postings})
        made = _drafted(returns, told, post=True)
    note_freed(made.freed)
    done = [returned.pk for returned in returns if returned.number not in made.refused]
    mark_posted(done)
    sweep.posted += len(done)
    sweep.refused |= made.refused
    return seen[-1][0]


@dataclass
class _Told:
    """What is known of the internal orders of a batch of returns."""

    lines: dict[int, list[ReturnLine]]
    sales: dict[int, Entry]
    places: dict[int, list[InternalOrderLine]]
    before: dict[int, int]
    standings: dict[int, Standing]


@dataclass
class _Made:
    """What returns become: the entries in their order, what leaves which hold, and which returns cannot be posted and why."""

    drafts: list[Draft] = field(default_factory=list)
    freed: list[Freed] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def _read(returns: list[Return]) -> _Told:
    orders = {returned.internal_order_id for returned in returns}
    lines: dict[int, list[ReturnLine]] = {returned.pk: [] for returned in returns}
    for one in ReturnLine.everyone.filter(row__in=returns).order_by("pk"):
        lines[one.row_id].append(one)
    sales = sales_of(orders)
    return _Told(lines, sales, _places(orders), _posted_before(orders), read_standings(sales))


def _drafted(returns: list[Return], told: _Told, *, post: bool = False) -> _Made:
    """Draft returns in their order, each beside what those before it take back; ``post`` posts each at once."""
    made = _Made()
    before, standings = dict(told.before), dict(told.standings)
    for returned in returns:
        order, own = returned.internal_order_id, told.lines[returned.pk]
        try:
            standing, drafts, freed = _draft(returned, told, before, standings.get(order))
            if post:
                post_entries(drafts)
        except (KeyError, ValueError, TypeError, IndexError) as error:
            made.refused[returned.number] = f"its sale's items cannot be read: {error!r}"
            continue
        except SkuuError as error:
            made.refused[returned.number] = error.message
            continue
        made.drafts += drafts
        made.freed += freed
        if standing is not None:
            standings[order] = standing
        for one in own:
            before[one.line_id] = before.get(one.line_id, 0) + one.taken_back
    return made


def _draft(
    returned: Return, told: _Told, before: dict[int, int], standing: Standing | None
) -> tuple[Standing | None, list[Draft], list[Freed]]:
    order, own = returned.internal_order_id, told.lines[returned.pk]
    draft = draft_return(returned, own, told.places[order], before, told.sales.get(order), standing)
    if draft is None or standing is None:
        return standing, [draft] if draft is not None else [], []
    after, first, freed = free_what_comes_back(standing, draft, returned)
    return after, [*first, draft], freed


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
    standing: Standing | None = None,
) -> Draft | None:
    """Draft what a return takes back of its sale; None when no money moved with the sale, or none comes back.

    ``before`` are the units by line that earlier returns took back, ``standing`` says what decisions left of its price. A parcel
    lost as a whole takes its shipping back too.
    """
    if sale is None:
        return None
    told, (items, sent, _) = sale.facts["items"], read_items(sale.facts)
    place_of = {line.pk: place for place, line in enumerate(places)}
    back = {place_of[one.line_id]: (before.get(one.line_id, 0), one.taken_back) for one in lines}
    if any(items[place].kind != GOODS for place in back):
        raise ValueError("its items are not its lines")
    if _is_lost_whole(returned, lines, [sent[place] for place in place_of.values()]):
        back |= {place: (0, 1) for place, item in enumerate(items) if item.kind == SHIPPING}
    worth = standing.worth if standing is not None else {}
    shares = take_back(items, sent, back, worth)
    origin, shipper = sale.facts["origin"]["merchant"], sale.facts["shipper"]["merchant"]
    postings = post_shipment([share for _, share in shares], origin, shipper)
    if not postings:
        return None
    described = [
        told[place] | share._asdict() | {"quantity": -back[place][1], "place": place, "lowered": place in worth}
        for place, share in shares
    ]
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
