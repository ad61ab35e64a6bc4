"""The only writer of the ledger: drafts in, entries out, once per key."""

import contextlib
import datetime as dt
import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import psycopg
from django.db import DatabaseError, connection, transaction
from django.db.models import Sum
from django.utils import timezone

from orders.models import InternalOrder
from settlement.models import Balance, Entry, Line
from settlement.splitting import Posting
from skuu.kit.errors import NotPossible, WrongState

_POST = (
    "select entry_id, replayed from settlement_post(%s::text[], %s::bytea[], %s::text[], %s::text[], %s::date[], %s::bigint[], "
    "%s::bigint[], %s::text[], %s::bigint[], %s::text[], %s::text[], %s::int[], %s::int[], %s::bigint[], %s::text[], "
    "%s::bigint[], %s::int[])"
)


class Unbalanced(NotPossible):
    """The lines of a draft do not add up to zero in its currency, or there are too few or too many of them."""

    code = "unbalanced"


class KeyReused(WrongState):
    """The key was posted before with other amounts; one of the two callers is wrong."""

    code = "key_reused"


class PartlyTakenBack(WrongState):
    """Returns have taken a part of this sale back; the whole of it would be more than was sold."""

    code = "partly_taken_back"


class StillHeld(WrongState):
    """A part of this sale is held, or what is to be taken back is what holds it; it moves when the dispute ends."""

    code = "still_held"


class LedgerRefused(WrongState):
    """The database kept one of the ledger's promises against this posting: a closed period, a limit, a second reversal."""

    code = "ledger_refused"


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry to be: amounts in minor units of one currency, ``facts`` frozen for the statements."""

    key: str
    kind: str
    ref: str
    effective_on: dt.date
    currency: str
    postings: tuple[Posting, ...]
    internal_order: int | None = None
    reverses: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    def payload_hash(self) -> bytes:
        """Hash what the entry moves; names in ``facts`` may change between two tries, money may not."""
        lines = [
            [p.merchant, p.account, p.amount, p.tag, p.counterparty, p.item, *([p.currency] if p.currency else [])]
            for p in self.postings
        ]
        payload = [self.kind, self.ref, self.effective_on.isoformat(), self.currency, self.reverses, lines]
        return hashlib.sha256(orjson.dumps(payload)).digest()


@dataclass(frozen=True, slots=True)
class Posted:
    """The entry a draft became, or was already."""

    entry_id: int
    replayed: bool


def post_entries(drafts: Sequence[Draft]) -> list[Posted]:
    """Post a batch of entries in one transaction, in the order given.

    *Locks* the open periods of their days (shared), then the balances in the order of their accounts. *Again*: a key that
    is in the ledger returns its entry. *Raises* Unbalanced, KeyReused, LedgerRefused; nothing of the batch is posted then.
    """
    if not drafts:
        return []
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    for draft in drafts:
        _check(draft, tomorrow)
    # one statement is a transaction of its own; within another it needs a savepoint
    around = transaction.atomic() if connection.in_atomic_block else contextlib.nullcontext()
    try:
        with around:
            return [Posted(*row) for row in _sent(_columns(drafts))]
    except DatabaseError as error:
        raise _in_words(error) from error


def _sent(columns: list[str]) -> list[tuple[int, bool]]:
    """Run the database's function; its values travel beside the statement, where Django would write megabytes into its text."""
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(_POST, columns)
        return cursor.fetchall()


def post_entry(draft: Draft) -> Posted:
    """Post one entry; see post_entries."""
    return post_entries([draft])[0]


def lock_balances(merchants: Collection[int | None]) -> None:
    """Lock every balance of these merchants in the order of accounts, before several postings in one transaction.

    Each posting orders its own locks only; two transactions that post one entry after another would wait for each other.
    """
    rows = Balance.everyone.filter(account__merchant__in={who for who in merchants if who is not None})
    list(rows.order_by("pk").select_for_update(of=("self",), no_key=True).values_list("pk"))


def reverse_entry(entry: Entry, *, reason: str, by: str) -> Posted:
    """Take an entry back in full: the same lines negated, on today's open period. At most once per entry.

    *Locks* the internal order it is about, as returns do, then as post_entries does. *Again* returns the first reversal.
    *Raises* PartlyTakenBack for a sale of which returns or decisions have taken a part back, and for a decision whose lower price
    returns went by: more than was sold would go back. *Raises* StillHeld for a sale while something of it is held, and for holds.
    """
    with transaction.atomic():
        if entry.internal_order_id is not None:
            InternalOrder.everyone.select_for_update(of=("self",)).filter(pk=entry.internal_order_id).first()
        earlier = Entry.objects.filter(reverses=entry).first()
        if earlier is None and entry.kind in ("ship", "hold", "resolve"):
            _check_standing(entry)
        return post_entry(_reversal(entry, earlier, reason, by))


def _check_standing(entry: Entry) -> None:
    """Refuse to reverse a sale, or what a dispute moved of it, as long as something that came later stands on it."""
    lowers = entry.key.startswith("lower:")
    if entry.kind != "ship" and not lowers:
        raise StillHeld(f"{entry.key} holds an amount, or frees it; it is not reversed but decided.")
    about = Entry.objects.filter(internal_order=entry.internal_order_id)
    later = about.filter(reversed_by=None, pk__gt=entry.pk)
    if later.filter(kind="return").exists() or (not lowers and later.filter(key__startswith="lower:").exists()):
        raise PartlyTakenBack(f"{entry.key} was taken back in part by returns or decisions; reverse those first.")
    held = (
        Line.objects.filter(entry__in=about, account__kind="merchant_hold")
        .values("account")
        .annotate(sum=Sum("amount"))
    )
    if not lowers and held.exclude(sum=0).exists():
        raise StillHeld(f"A part of {entry.key} is held; decide that first.")


def _reversal(entry: Entry, earlier: Entry | None, reason: str, by: str) -> Draft:
    lines = entry.lines.select_related("account").order_by("n")
    postings = tuple(
        Posting(
            line.account.merchant_id,
            line.account.kind,
            -line.amount,
            line.tag,
            line.counterparty_id,
            line.item,
            line.currency if line.currency != lines[0].currency else "",
        )
        for line in lines
    )
    facts = entry.facts | {"reverses": entry.key, "reason": reason, "by": by, "items": _negated(entry.facts)}
    return Draft(
        key=f"reverse:entry:{entry.pk}",
        kind="reversal",
        ref=entry.ref,
        effective_on=earlier.effective_on if earlier else timezone.localdate(),
        currency=lines[0].currency,
        postings=postings,
        internal_order=entry.internal_order_id,
        reverses=entry.pk,
        facts=facts,
    )


def _negated(facts: dict[str, Any]) -> list[dict[str, Any]]:
    amounts = ("quantity", "net", "origin_fee", "network_fee", "supply", "vat", "fee_vat")
    return [item | {name: -item[name] for name in amounts if name in item} for item in facts.get("items", [])]


def _check(draft: Draft, tomorrow: dt.date) -> None:
    sums: dict[str, int] = {}
    for posting in draft.postings:
        sums[posting.currency] = sums.get(posting.currency, 0) + posting.amount
    if draft.currency in sums:
        sums[draft.currency] += sums.pop("", 0)
    if any(sums.values()) or not 2 <= len(draft.postings) <= 5000:
        raise Unbalanced(f"{draft.key}: its {len(draft.postings)} lines are no balanced entry.")
    if draft.effective_on > tomorrow:
        raise NotPossible(f"{draft.key} would take effect in the future, on {draft.effective_on}.", code="future_entry")


def _columns(drafts: Sequence[Draft]) -> list[str]:
    """Write the entries and lines as arrays in the database's own notation: quick, and one statement however many there are."""
    accounts: dict[tuple[int | None, str, str], int] = {}  # each with its place, counted from 1
    entries, places, amounts, tags, counterparties, items = [], [], [], [], [], []
    for at, draft in enumerate(drafts, start=1):
        for merchant, account, amount, tag, counterparty, item, currency in draft.postings:
            entries.append(at)
            places.append(accounts.setdefault((merchant, account, currency or draft.currency), len(accounts) + 1))
            amounts.append(amount)
            tags.append(tag)
            counterparties.append(counterparty)
            items.append(item)
    merchants, kinds, currencies = zip(*accounts, strict=True)
    return [
        _texts(draft.key for draft in drafts),
        _texts(f"\\x{draft.payload_hash().hex()}" for draft in drafts),
        _texts(draft.kind for draft in drafts),
        _texts(draft.ref for draft in drafts),
        _texts(draft.effective_on.isoformat() for draft in drafts),
        _numbers(draft.internal_order for draft in drafts),
        _numbers(draft.reverses for draft in drafts),
        _texts(orjson.dumps(draft.facts, option=orjson.OPT_NON_STR_KEYS).decode() for draft in drafts),
        *(_numbers(merchants), _texts(kinds), _texts(currencies)),
        *(
            _numbers(entries),
            _numbers(places),
            _numbers(amounts),
            _texts(tags),
            _numbers(counterparties),
            _numbers(items),
        ),
    ]


def _numbers(values: Iterable[int | None]) -> str:
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def _texts(values: Iterable[str]) -> str:
    return '{"' + '","'.join([value.replace("\\", "\\\\").replace('"', '\\"') for value in values]) + '"}'


def _in_words(error: DatabaseError) -> Exception:
    cause = error.__cause__
    state = getattr(cause, "sqlstate", "")
    text = str(error).partition("\n")[0]
    if "different payload" in text:
        return KeyReused(f"{text[0].upper()}{text[1:]}.")
    if state in {"23505", "23514", "23503"}:
        return LedgerRefused(f"The ledger refused this: {text}.")
    return error
