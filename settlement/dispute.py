"""Two parties disagree about a sale: the amount is held, both say what they know, the network decides, the money follows."""

import hashlib
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone

from network.models import Merchant
from network.scoping import as_network
from orders.models import InternalOrder
from settlement.models import Dispute, DisputeMessage, Entry, Line, Released
from settlement.post import Draft, post_entries, post_entry
from settlement.release import stop_releases
from settlement.splitting import Posting, lower_price
from settlement.standing import Standing, read_items, read_standings, sales_of
from skuu.kit.errors import NotAllowed, NotFound, NotPossible, WrongState
from skuu.kit.states import move

FILE_TYPES = {"application/pdf": b"%PDF", "image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8\xff"}
LARGEST_FILE = 5 * 1024 * 1024


class AlreadyDisputed(WrongState):
    """One dispute at a time about one sale."""

    code = "already_disputed"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file as it was handed in."""

    name: str
    type: str
    content: bytes


def open_dispute(
    internal_order: InternalOrder, *, merchant: Merchant, reason: str, amount: int | None, text: str, by: str
) -> Dispute:
    """Open a dispute about a sale that is in the books; the amount (gross, minor units; all of it by default) is held.

    *Locks* releases, the internal order, then as post_entries does. Raises AlreadyDisputed, NotPossible ``too_much`` when more
    is disputed than the sale still stands for, NotFound for who is no party to it.
    """
    if reason not in Dispute.REASONS:
        raise NotPossible("Say what the dispute is about.", code="bad_reason")
    with as_network(), transaction.atomic():
        stop_releases()
        order = (
            InternalOrder.everyone.select_for_update(of=("self",))
            .select_related("order__shop__merchant", "shipper__merchant")
            .get(pk=internal_order.pk)
        )
        origin, shipper = order.order.shop.merchant, order.shipper.merchant
        if merchant.pk not in (origin.pk, shipper.pk):
            raise NotFound("There is no such order.")
        if Dispute.everyone.filter(internal_order=order, status="open").exists():
            raise AlreadyDisputed(f"There is an open dispute about {order.number} already; add to that one.")
        stands = owed_for(order)
        held = stands if amount is None else amount
        if not 0 < held <= stands:
            raise NotPossible(
                f"At most what {order.number} still stands for can be disputed.", code="too_much", most=stands
            )
        with connection.cursor() as cursor:
            cursor.execute("select nextval('settlement_dispute_id_seq')")
            key = cursor.fetchone()[0]
        dispute = Dispute.everyone.create(
            pk=key,
            number=f"D-{key:06d}",
            internal_order=order,
            opened_by=merchant,
            reason=reason,
            amount=held,
            currency=order.currency,
        )
        dispute.changes.create(to_status="open", by=by)
        post_entry(_entry(dispute, f"hold:{dispute.pk}", "hold", held))
    say(dispute, merchant=merchant, text=text, by=by)
    return dispute


def say(
    dispute: Dispute, *, merchant: Merchant | None, text: str, by: str, evidence: Evidence | None = None
) -> DisputeMessage:
    """Add what a party (None: the network) says, with a file if it has one.

    Raises NotFound for strangers, WrongState once it has ended, NotPossible.
    """
    with as_network():
        row = Dispute.everyone.select_related("internal_order__order__shop", "internal_order__shipper").get(
            pk=dispute.pk
        )
        if merchant is not None and merchant.pk not in _parties(row):
            raise NotFound("There is no such dispute.")
        if row.status != "open":
            raise WrongState(f"{row.number} has ended; open another one if it is not over.", code="dispute_has_ended")
        if not text.strip() and evidence is None:
            raise NotPossible("Write something, or add a file.", code="empty_message")
        if len(text) > 4_000:
            raise NotPossible("That is longer than anybody reads: 4,000 characters at most.", code="too_long")
        if evidence is not None:
            _check(evidence)
        return DisputeMessage.everyone.create(
            dispute=row,
            author=merchant,
            by=by,
            text=text.strip(),
            file_name=evidence.name[-120:] if evidence else "",
            file_type=evidence.type if evidence else "",
            file=evidence.content if evidence else None,
            file_digest=hashlib.sha256(evidence.content).hexdigest() if evidence else "",
        )


def resolve_dispute(dispute: Dispute, *, to_origin: int, by: str, reason: str) -> None:
    """Decide: so much of the held amount the origin need not pay; the rest is owed as it was.

    What need not be paid is shared by the sale's items, so that its invoice, or a credit note, tells the lower price and its VAT.
    *Locks* releases, the internal order, the dispute, then as post_entries does. *Again*: a second decision is refused.
    Raises WrongState, NotPossible ``bad_amount`` for more than is held, or than the sale still stands for after what came back.
    """
    if not reason.strip():
        raise NotPossible("Say why; both parties read it.", code="no_reason")
    with as_network(), transaction.atomic():
        row = _lock(dispute)
        sales = sales_of({row.internal_order_id})
        standing = read_standings(sales).get(row.internal_order_id)
        most = min(row.amount, standing.owed if standing is not None else 0)
        if not 0 <= to_origin <= most:
            raise NotPossible(
                "Give back something between nothing and what is held.", code="bad_amount", most=max(0, most)
            )
        lowered = []
        if to_origin and standing is not None:
            lowered.append(_lowering(row, sales[row.internal_order_id], standing, to_origin))
        _end(row, "resolved", to_origin, by, reason, *lowered)


def withdraw_dispute(dispute: Dispute, *, merchant: Merchant, by: str) -> None:
    """Let who opened a dispute take it back: everything is owed as it was. Raises NotAllowed for the other party.

    *Locks* as above.
    """
    with as_network(), transaction.atomic():
        row = _lock(dispute)
        if row.opened_by_id != merchant.pk:
            raise NotAllowed("Only who opened the dispute can take it back.")
        _end(row, "withdrawn", 0, by, "withdrawn")


def owed_for(order: InternalOrder) -> int:
    """Tell what the origin owes the shipper for a sale by now, minor units: the sale less what came back and what is held."""
    lines = Line.objects.filter(
        entry__internal_order=order,
        account__merchant=order.order.shop.merchant_id,
        counterparty=order.shipper.merchant_id,
    ).exclude(account__kind="merchant_hold")
    return int(lines.exclude(entry__kind="release").aggregate(sum=Sum("amount"))["sum"] or 0)


def _lock(dispute: Dispute) -> Dispute:
    """Lock a dispute as returns lock it: its internal order first; and know whether its sale is released."""
    stop_releases()
    InternalOrder.everyone.select_for_update(of=("self",)).get(pk=dispute.internal_order_id)
    return Dispute.everyone.select_for_update().get(pk=dispute.pk)


def _end(row: Dispute, status: str, to_origin: int, by: str, reason: str, *also: Draft) -> None:
    move(row, status, by=by, reason=reason, status_reason=reason, to_origin=to_origin, ended_at=timezone.now())
    post_entries([_entry(row, f"resolve:{row.pk}", "resolve", -row.amount), *also])


def _account(order: int) -> str:
    """Name the account on which a sale stands now."""
    released = Released.objects.filter(entry__internal_order=order, entry__kind="ship").exists()
    return "merchant" if released else "merchant_pending"


def _entry(row: Dispute, key: str, kind: str, held: int) -> Draft:
    """Move an amount to the parties' hold accounts, or (negative) back."""
    order = InternalOrder.everyone.select_related("order__shop__merchant", "shipper__merchant").get(
        pk=row.internal_order_id
    )
    origin, shipper, account = order.order.shop.merchant, order.shipper.merchant, _account(order.pk)
    return Draft(
        key=key,
        kind=kind,
        ref=f"dispute:{row.number}",
        effective_on=timezone.localdate(),
        currency=row.currency,
        postings=(
            Posting(origin.pk, account, -held, kind, shipper.pk),
            Posting(origin.pk, "merchant_hold", held, kind, shipper.pk),
            Posting(shipper.pk, account, held, kind, origin.pk),
            Posting(shipper.pk, "merchant_hold", -held, kind, origin.pk),
        ),
        internal_order=order.pk,
        facts={
            "number": order.number,
            "dispute": row.number,
            "reason": _words(row),
            "origin": {"merchant": origin.pk, "shop": order.order.shop.name, "order": order.order.name},
            "shipper": {"merchant": shipper.pk, "shop": order.shipper.name, "order": order.remote_name},
        },
    )


def _lowering(row: Dispute, sale: Entry, standing: Standing, gross: int) -> Draft:
    """Take what the origin need not pay off the sale's items, on the sale's own terms: a document tells it as it tells the sale."""
    items, _, _ = read_items(sale.facts)
    lowered = lower_price(items, standing.left, gross)
    origin, shipper = sale.facts["origin"]["merchant"], sale.facts["shipper"]["merchant"]
    account = _account(row.internal_order_id)
    postings: list[Posting] = []
    for at, (_, item) in enumerate(lowered):
        off = item.supply + item.vat
        postings.append(Posting(origin, account, off, "resolve", shipper, at))
        postings.append(Posting(shipper, account, -off, "resolve", origin, at))
    told = [
        sale.facts["items"][place]
        | item._asdict()
        | {
            "title": f"{sale.facts['items'][place]['title']}: price lowered, {row.number}",
            "quantity": 0,
            "place": place,
        }
        for place, item in lowered
    ]
    return Draft(
        key=f"lower:{row.pk}",
        kind="resolve",
        ref=f"dispute:{row.number}",
        effective_on=timezone.localdate(),
        currency=row.currency,
        postings=tuple(postings),
        internal_order=row.internal_order_id,
        facts=sale.facts | {"items": told, "sale": sale.key, "dispute": row.number, "reason": _words(row)},
    )


def _words(row: Dispute) -> str:
    return f"Dispute {row.number}: {Dispute.REASONS[row.reason].lower()}"


def _parties(row: Dispute) -> set[int]:
    order = row.internal_order
    return {order.order.shop.merchant_id, order.shipper.merchant_id}


def _check(evidence: Evidence) -> None:
    start = FILE_TYPES.get(evidence.type)
    if start is None or not evidence.content.startswith(start):
        raise NotPossible("Evidence is a PDF, a PNG or a JPEG.", code="bad_file")
    if len(evidence.content) > LARGEST_FILE:
        raise NotPossible("The file is larger than 5 MB.", code="too_large")
