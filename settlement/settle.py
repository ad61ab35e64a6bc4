"""Shipped, not posted → posted: every internal order that left a shop becomes exactly one ledger entry."""

from collections.abc import Callable

from network.taxing import UnknownRateError
from orders.fulfil import mark_posted
from settlement.post import Draft
from settlement.shipped import draft_shipment, read_shipped
from settlement.sweeps import Sweep, post_in_batches, post_or_name
from skuu.kit.errors import SkuuError

BATCH = 1_000


def post_shipped(
    *, seconds: float | None = None, tell: Callable[[str], None] | None = None, wait: bool = False, hands: int = 1
) -> Sweep:
    """Post every shipped internal order that is not in the ledger yet, in batches of one transaction each.

    *Locks* internal orders (skipping those another sweep holds, unless told to ``wait`` for it), then periods and balances
    as post_entries does. Several ``hands`` share the orders first; what they skip is waited for at the end. *Again*: an order
    is posted once, by its lock, its key and a constraint. One that cannot be posted is reported and passed over.
    """
    posted = Sweep()
    if hands > 1:  # none waits for another
        posted = post_in_batches(_skipping, "shipped orders posted", seconds=seconds, tell=tell, hands=hands)
    if hands == 1 or wait:
        posted.add(
            post_in_batches(_waiting if wait else _skipping, "shipped orders posted", seconds=seconds, tell=tell)
        )
    return posted


def _skipping(sweep: Sweep, after: int) -> int | None:
    return _post_batch(sweep, after, wait=False)


def _waiting(sweep: Sweep, after: int) -> int | None:
    return _post_batch(sweep, after, wait=True)


def _post_batch(sweep: Sweep, after: int, *, wait: bool) -> int | None:
    batch = read_shipped(after, BATCH, wait=wait)
    if not batch.sales:
        return None
    drafts: list[tuple[str, Draft]] = []
    refused: dict[str, str] = {}
    for sale in batch.sales:
        try:
            draft = draft_shipment(sale, batch)
        except (KeyError, ValueError, TypeError, UnknownRateError) as error:
            refused[sale.number] = f"its frozen terms cannot be read: {error!r}"
            continue
        except SkuuError as error:
            refused[sale.number] = error.message
            continue
        if draft is not None:
            drafts.append((sale.number, draft))
    if drafts:
        post_or_name(drafts, refused)
    done = [sale.pk for sale in batch.sales if sale.number not in refused]
    mark_posted(done)
    sweep.posted += len(done)
    sweep.refused |= refused
    return batch.sales[-1].pk
