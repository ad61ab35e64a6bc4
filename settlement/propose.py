"""Money moved by hand, and rates put into force, take two people: one proposes and sees what it would do, another one agrees."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from network.models import Merchant
from network.rate_cards import Rates, issue_rate_card
from network.scoping import as_network
from orders.models import InternalOrder
from settlement.balances import Position, positions_of_many
from settlement.by_hand import book_payment, take_back
from settlement.dispute import resolve_dispute
from settlement.models import Account, BankLine, Dispute, Entry, Payment, Proposal
from settlement.penalties import compensate, write_off
from settlement.rates import NoRate, convert, rate_on
from settlement.reconcile import credit_booking, leave_booking, name_booking
from skuu.kit.errors import NotAllowed, NotPossible, WrongState
from skuu.kit.states import move


class SecondPersonNeeded(NotAllowed):
    """Who proposed a move of money does not agree to it."""

    code = "four_eyes"


class AlreadyProposed(WrongState):
    """There is a proposal about this already, and nobody has decided it."""

    code = "already_proposed"


@dataclass(frozen=True, slots=True)
class Move:
    """A move of money by hand: see Proposal for what ``amount`` (minor units) means for each kind."""

    kind: str
    amount: int
    currency: str
    reason: str
    payer: Merchant | None = None
    payee: Merchant | None = None
    internal_order: InternalOrder | None = None
    dispute: Dispute | None = None
    bank_line: BankLine | None = None
    payment: Payment | None = None
    entry: Entry | None = None
    card: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """One line that a move would write in the ledger; + owes the network."""

    whose: str
    account: str
    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class Consequence:
    """How a merchant stands in one currency, and how it would stand (minor units, + is owed to it)."""

    merchant: str
    before: Position
    after: Position


@dataclass(frozen=True, slots=True)
class Preview:
    """What a move would do: its ledger lines, and whom it leaves how."""

    lines: list[Moved]
    consequences: list[Consequence]


def preview_move(wanted: Move) -> Preview:
    """Show what a move would do by doing it and taking it back. Raises what doing it would raise."""
    with as_network(), transaction.atomic():
        last = Entry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        _carry_out(wanted, "preview", "preview")
        lines = _lines_since(last)
        merchants = {pk: moved.whose for pk, moved in lines if pk is not None}
        after = positions_of_many(merchants)
        transaction.set_rollback(True)
    before = positions_of_many(merchants)
    return Preview([moved for _, moved in lines], list(_told(merchants, before, after)))


def propose_move(wanted: Move, *, by: str) -> Proposal:
    """Write a move down for a second person; nothing moves yet.

    It is tried first, so that what cannot be done is refused here. Raises AlreadyProposed, and what doing it would raise.
    """
    is_named = wanted.bank_line is not None and wanted.payment is not None  # the bank's paper says why
    if wanted.kind not in Proposal.KINDS or (not wanted.reason.strip() and not is_named):
        raise NotPossible("Say why; whoever agrees reads it, and the merchants too.", code="no_reason")
    preview_move(wanted)
    if wanted.card is not None and _route_is_proposed(wanted.card):
        raise AlreadyProposed("Somebody has proposed other rates for this route already; decide those first.")
    with connection.cursor() as cursor:
        cursor.execute("select nextval(pg_get_serial_sequence('settlement_proposal', 'id'))")
        key = cursor.fetchone()[0]
    names = (
        "kind",
        "amount",
        "currency",
        "reason",
        "payer",
        "payee",
        "internal_order",
        "dispute",
        "bank_line",
        "payment",
        "entry",
        "card",
    )
    try:
        with transaction.atomic():
            row = Proposal.objects.create(
                pk=key, number=f"H-{key:06d}", proposed_by=by, **{name: getattr(wanted, name) for name in names}
            )
            row.changes.create(to_status="proposed", by=by, reason=wanted.reason)
    except IntegrityError as error:
        if "has_one_proposed" not in str(error):
            raise
        raise AlreadyProposed("Somebody has proposed something about this already; decide that first.") from error
    return row


def agree_to_move(proposal: Proposal, *, by: str) -> None:
    """Agree as the second person: the move is done, in one transaction with the word.

    *Locks* the proposal, then as the verb it calls. *Again*: it is done once. Raises SecondPersonNeeded, WrongState, and
    what doing it raises; the proposal waits on then.
    """
    with as_network(), transaction.atomic():
        row = Proposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)
        if row.status == "agreed":
            return
        if not by or by == row.proposed_by:
            raise SecondPersonNeeded(f"{row.number} was proposed by {row.proposed_by}; somebody else agrees to it.")
        move(row, "agreed", by=by, decided_by=by, decided_at=timezone.now())
        _carry_out(move_of(row), f"proposal:{row.pk}", f"{row.proposed_by} and {by}")


def refuse_move(proposal: Proposal, *, by: str, reason: str) -> None:
    """Refuse a proposal, or take one's own back; nothing has moved and nothing will. Raises WrongState, NotPossible."""
    with transaction.atomic():
        row = Proposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)
        own = by == row.proposed_by
        if not own and not reason.strip():
            raise NotPossible("Say why not.", code="no_reason")
        to = "withdrawn" if own else "refused"
        move(row, to, by=by, reason=reason, status_reason=reason, decided_by=by, decided_at=timezone.now())


def move_to_rates(rates: Rates, *, starts_on: dt.date, ends_on: dt.date | None, reason: str) -> Move:
    """Say as a move that a rate card is to come into force on a day; with a last day it is a promotion."""
    days = {"starts_on": starts_on.isoformat(), "ends_on": ends_on.isoformat() if ends_on else None}
    return Move("rate_card", 0, rates.currency, reason, card=asdict(rates) | days)


def rates_of(card: dict[str, Any]) -> tuple[Rates, dt.date, dt.date | None]:
    """Read proposed rates back, with their first day and their last one."""
    facts = dict(card)
    starts_on, ends_on = facts.pop("starts_on"), facts.pop("ends_on")
    return Rates(**facts), dt.date.fromisoformat(starts_on), dt.date.fromisoformat(ends_on) if ends_on else None


def _route_is_proposed(card: dict[str, Any]) -> bool:
    route = {f"card__{name}": card[name] for name in ("origin_kind", "shipper_kind")}
    return Proposal.objects.filter(kind="rate_card", status="proposed", **route).exists()


def decide_dispute(dispute: Dispute, *, to_origin: int, by: str, reason: str) -> Proposal | None:
    """Decide a dispute at once, or, above ``SETTLEMENT_DISPUTE_BOUND_MINOR`` (euro cents), propose the decision to a second person.

    The bound looks at what is held, whoever gets it. Raises as resolve_dispute and propose_move.
    """
    if _is_large(dispute):
        return propose_move(Move("dispute", to_origin, dispute.currency, reason, dispute=dispute), by=by)
    if Proposal.objects.filter(dispute=dispute, status="proposed").exists():
        raise AlreadyProposed("A decision has been proposed already; decide that first.")
    resolve_dispute(dispute, to_origin=to_origin, by=by, reason=reason)
    return None


def _is_large(dispute: Dispute) -> bool:
    """Say whether two people decide; an amount in a currency without a known rate is large."""
    today = timezone.localdate()
    try:
        euros = convert(dispute.amount, rate_on(dispute.currency, today), rate_on("EUR", today))
    except NoRate:
        return True
    return euros > settings.SETTLEMENT_DISPUTE_BOUND_MINOR


def move_of(row: Proposal) -> Move:
    """Read a proposal back as the move it is about."""
    return Move(
        row.kind, row.amount, row.currency, row.reason, row.payer, row.payee, row.internal_order, row.dispute,
        row.bank_line, row.payment, row.entry, row.card,
    )  # fmt: skip


def _carry_out(wanted: Move, key: str, by: str) -> None:
    """Call the verb that does it; ``key`` is what makes it happen once."""
    line, reason = wanted.bank_line, wanted.reason
    if wanted.card is not None:
        rates, starts_on, ends_on = rates_of(wanted.card)
        issue_rate_card(rates, starts_on=starts_on, ends_on=ends_on)
    elif wanted.dispute is not None:
        resolve_dispute(wanted.dispute, to_origin=wanted.amount, by=by, reason=reason)
    elif wanted.entry is not None:
        take_back(wanted.entry, by=by, reason=reason)
    elif line is None and wanted.payment is not None:
        book_payment(wanted.payment, wanted.kind, by=by, reason=reason)
    elif line is not None and wanted.payment is not None:
        name_booking(line, wanted.payment, by=by)
    elif line is not None and wanted.payee is not None:
        credit_booking(line, wanted.payee, by=by, reason=reason)
    elif line is not None:
        leave_booking(line, by=by, reason=reason)
    elif wanted.payer is not None and wanted.payee is not None:
        words = f"{Proposal.KINDS[wanted.kind]}: {reason}"
        compensate(
            payer=wanted.payer, payee=wanted.payee, amount=wanted.amount, currency=wanted.currency, reason=words, by=by,
            key=key, internal_order=wanted.internal_order,
        )  # fmt: skip
    elif wanted.payer is not None:
        write_off(wanted.payer, currency=wanted.currency, amount=wanted.amount, reason=reason, by=by, key=key)


_LINES = """
select a.merchant_id, coalesce(m.name, %(network)s), a.kind, l.amount, l.currency
from settlement_entry e join settlement_line l on l.entry_id = e.id join settlement_account a on a.id = l.account_id
left join network_merchant m on m.id = a.merchant_id
where e.id > %(last)s and e.xid = pg_current_xact_id() order by e.id, l.n
"""


def _lines_since(last: int) -> list[tuple[int | None, Moved]]:
    """Read what this transaction has written to the ledger after an entry."""
    with connection.cursor() as cursor:
        cursor.execute(_LINES, {"last": last, "network": settings.NETWORK_NAME})
        return [
            (merchant, Moved(name, str(Account.KINDS[kind]), amount, currency))
            for merchant, name, kind, amount, currency in cursor.fetchall()
        ]


def _told(
    names: dict[int, str], before: dict[int, list[Position]], after: dict[int, list[Position]]
) -> Iterator[Consequence]:
    for merchant, positions in after.items():
        earlier = {one.currency: one for one in before.get(merchant, [])}
        for now in positions:
            then = earlier.get(now.currency, Position(now.currency, 0, 0, 0))
            if then != now:
                yield Consequence(names[merchant], then, now)
