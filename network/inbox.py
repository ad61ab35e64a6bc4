"""Taking up what shops told us, fair between shops, in two lanes: stock figures many at once, everything else shop by shop.

A batch of figures is applied and settled in one transaction: a worker that dies leaves it as it was. All other messages are
leased and the transaction ended before a handler runs, because handlers ask stores. What was leased and never answered is
taken up again alone, and buried when its worker dies a third time: it stops no other.
"""

import datetime as dt
import json
import random
import time
from collections import defaultdict
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import Case, F, Q, TextField, Value, When

from network.connectors.base import ConnectorError
from network.models import InboundEvent, Shop
from network.stops import Halted, halted
from network.topics import Handler, Received, handler_of, neutral, together_of
from skuu.kit.clock import shared_now
from skuu.kit.crypto import Unreadable, decrypt
from skuu.kit.errors import SkuuError

log = structlog.get_logger(__name__)
BATCH = 200
FIGURES = 1000
LEASE = dt.timedelta(seconds=60)
PATIENCE = 10.0  # seconds after which a batch begins nothing more: a slow store keeps no other shop's messages
MOST_FAULTS = 3  # tries that fail by the message itself
MOST_TRIES = 24  # a store that stays away: about a day
MOST_DEATHS = 3
LONGEST_PAUSE = 3600.0

DUE_SHOPS = """
select s.id from network_shop s where exists (
  select 1 from network_inboundevent e
  where e.figures = {figures} and e.shop_id = s.id and e.status in ('waiting', 'failed') and e.next_attempt_at <= %(now)s)
"""
LOCK_DUE = """
select e.* from unnest(%(shops)s::bigint[]) s (id) cross join lateral (
  select id, shop_id, topic, body, triggered_at, received_at, tries from network_inboundevent
  where figures = {figures} and shop_id = s.id and status in ('waiting', 'failed') and next_attempt_at <= %(now)s
    and unanswered = 0 and id <> all(%(mine)s::bigint[]) {halted}
  order by next_attempt_at limit %(share)s for update skip locked) e
"""
LEASE_LOCKED = """
update network_inboundevent set next_attempt_at = %s, unanswered = unanswered + 1 where id = any(%s)
"""
GIVE_BACK = """
update network_inboundevent set next_attempt_at = %s, unanswered = 0
where id = any(%s) and status in ('waiting', 'failed') and next_attempt_at = %s and unanswered = 1
"""
LEASE_UNANSWERED = """
update network_inboundevent set next_attempt_at = %(until)s, unanswered = unanswered + 1 where id = (
  select id from network_inboundevent
  where status in ('waiting', 'failed') and unanswered > 0 and next_attempt_at <= %(now)s {halted}
  order by next_attempt_at limit 1 for update skip locked)
returning id, shop_id, topic, body, triggered_at, received_at, tries, unanswered
"""
HALTED = (
    "and shop_id <> all(%(stopped)s::bigint[]) and topic <> all(%(topics)s::text[]) "
    "and (shop_id, topic) not in (select * from unnest(%(with_shops)s::bigint[], %(with_topics)s::text[]))"
)
DONE = """
update network_inboundevent set status = 'done', done_at = %s, unanswered = 0,
  error = case when tries = 0 then error else '' end
where id = any(%s)
"""
Row = tuple[Any, ...]


def handle_due() -> int:
    """Take up a batch of each lane; returns how many messages were settled or put off."""
    return take_figures() + take_messages()


# --- figures ----------------------------------------------------------------------------------------------------------
def take_figures() -> int:
    """Apply a batch of stock figures of all shops at once; returns how many messages there were.

    One transaction from the lock to "done". A batch that cannot be applied moves to the other lane, where each message is
    tried alone and the bad one found. *Locks* the messages, skipping those that others hold. *Again*: nothing is due.
    """
    with transaction.atomic():
        rows = _lock_due(figures=True, most=FIGURES)
        if not rows:
            return 0
        events, unreadable = [], {}
        for row in rows:
            event = _read(row)
            if isinstance(event, str):
                unreadable[row[0]] = event
            else:
                events.append((row[1], event))
        if _apply_together(events):
            _done([event.id for _, event in events])
        else:
            InboundEvent.everyone.filter(pk__in=[event.id for _, event in events]).update(figures=False)
        for pk, reason in unreadable.items():
            _bury(pk, reason)
    return len(rows)


def _apply_together(events: list[tuple[int, Received]]) -> bool:
    """Give figures to whoever takes them together; False when nobody does, or the batch cannot be applied as a whole."""
    handler = together_of("stock.changed")
    if handler is None:
        return False
    try:
        with transaction.atomic():
            handler(events)
    except Exception as error:  # noqa: BLE001 - whatever a handler meets must not stop the others
        log.warning("figures_failed", messages=len(events), error=_words(error))
        return False
    return True


# --- everything else --------------------------------------------------------------------------------------------------
def take_messages() -> int:
    """Hand a batch of other messages to their handlers; returns how many were settled or put off.

    A batch that fails is tried one by one; what fails alone waits longer each time and is dead after three tries, or after
    a day when only its store was away.
    """
    return _take_unanswered() + _take_batch()


def _take_batch() -> int:
    """Lease a batch and hand it on, shop by shop and kind by kind; what has not begun in time is given back to others."""
    groups: dict[tuple[int, str], list[Row]] = defaultdict(list)
    with transaction.atomic():
        rows = _lock_due(figures=False, most=BATCH)
        until = shared_now() + LEASE
        if rows:
            with connection.cursor() as cursor:
                cursor.execute(LEASE_LOCKED, [until, [row[0] for row in rows]])
    for row in sorted(rows):
        groups[row[1], neutral(row[2]) or ""].append(row)
    shops = Shop.everyone.select_related("merchant").in_bulk({shop for shop, _ in groups})
    began, waiting = time.monotonic(), {row[0] for row in rows}
    for (shop, _), members in groups.items():
        if len(waiting) < len(rows) and time.monotonic() - began > PATIENCE:
            break
        waiting -= {row[0] for row in members}
        _handle_group(shops[shop], members)
    if waiting:
        with connection.cursor() as cursor:
            cursor.execute(GIVE_BACK, [shared_now(), sorted(waiting), until])
    return len(rows)


def _take_unanswered() -> int:
    """Take up one message whose worker died with it: alone, so that only the one that kills is ever counted against."""
    now = shared_now()
    stopped = halted()
    values = {"now": now, "until": now + LEASE} | _names(stopped)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LEASE_UNANSWERED.format(halted=HALTED if stopped else ""), values)
        row = cursor.fetchone()
    if row is None:
        return 0
    if row[7] > MOST_DEATHS:
        _bury(row[0], f"Its handling ended the worker {MOST_DEATHS} times.")
        return 1
    _handle_group(Shop.everyone.select_related("merchant").get(pk=row[1]), [row])
    return 1


def _handle_group(shop: Shop, rows: list[Row]) -> None:
    handler = handler_of(rows[0][2])
    if handler is None:
        _settle([row[0] for row in rows], "ignored")
        return
    events, tries = [], {}
    for row in rows:
        tries[row[0]] = row[6]
        event = _read(row)
        if isinstance(event, str):
            _bury(row[0], event)
        else:
            events.append(event)
    if events:
        _run(shop, handler, events, tries)


def _run(shop: Shop, handler: Handler, events: list[Received], tries: dict[int, int]) -> None:
    try:
        handler(shop, events)
    except Exception as error:  # noqa: BLE001 - whatever a handler meets must not stop the others
        store_is_down = isinstance(error, ConnectorError) and (error.retryable or error.code == "access_lost")
        if len(events) > 1 and not store_is_down:
            for event in events:
                _run(shop, handler, [event], tries)
            return
        log.warning("inbound_failed", shop=shop.domain, topic=events[0].topic, error=type(error).__name__)
        for event in events:
            _put_off(event.id, tries[event.id] + 1, _words(error), fault=not store_is_down)
        return
    _settle([event.id for event in events], "done")


# --- taking -----------------------------------------------------------------------------------------------------------
def _lock_due(*, figures: bool, most: int) -> list[Row]:
    """Lock due messages, the same share of every shop; what shares leave over goes to those that have more."""
    now = shared_now()
    stopped = halted()
    rows: list[Row] = []
    values = {"now": now} | _names(stopped)
    lock = LOCK_DUE.format(figures=figures, halted=HALTED if stopped else "")
    with connection.cursor() as cursor:
        cursor.execute(DUE_SHOPS.format(figures=figures), values)
        shops = [shop for (shop,) in cursor.fetchall() if shop not in stopped.shops]
        while shops and len(rows) < most:
            chosen = random.sample(shops, min(len(shops), most - len(rows)))
            share = max(1, (most - len(rows)) // len(chosen))
            cursor.execute(lock, values | {"shops": chosen, "share": share, "mine": [row[0] for row in rows]})
            found = cursor.fetchall()
            rows += found
            counts: dict[int, int] = defaultdict(int)
            for row in found:
                counts[row[1]] += 1
            shops = [shop for shop, count in counts.items() if count == share]
    return rows


def _names(stopped: Halted) -> dict[str, Any]:
    pairs = sorted(stopped.pairs)
    return {
        "stopped": sorted(stopped.shops),
        "topics": sorted(stopped.topics),
        "with_shops": [shop for shop, _ in pairs],
        "with_topics": [topic for _, topic in pairs],
    }


def _read(row: Row) -> Received | str:
    try:
        payload = json.loads(decrypt(row[3]) or "null")
    except Unreadable as error:
        return error.message
    except (ValueError, RecursionError):
        payload = None
    if not isinstance(payload, dict):
        return "The message is no JSON object, or its text was erased."
    return Received(id=row[0], topic=row[2], payload=payload, triggered_at=row[4], received_at=row[5])


# --- the record -------------------------------------------------------------------------------------------------------
def _done(ids: list[int]) -> None:
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(DONE, [shared_now(), ids])


def _settle(ids: list[int], status: str) -> None:
    unsettled = InboundEvent.everyone.filter(pk__in=ids, status__in=["waiting", "failed"])
    noted = Case(
        When(tries=0, then=F("error")), default=Value("", output_field=TextField())
    )  # a note of its arrival stays, an old failure does not
    unsettled.update(status=status, done_at=shared_now(), error=noted, unanswered=0)


def _put_off(event: int, tries: int, reason: str, *, fault: bool) -> None:
    pause = min(LONGEST_PAUSE, 8.0 * 2 ** min(tries, 12)) * random.uniform(0.8, 1.2)  # noqa: S311
    unsettled = InboundEvent.everyone.filter(pk=event, status__in=["waiting", "failed"])
    spent = Q(faults__gte=MOST_FAULTS - 1) if fault else Q(tries__gte=MOST_TRIES - 1)
    unsettled.update(
        status=Case(When(spent, then=Value("dead")), default=Value("failed")),
        tries=tries,
        faults=F("faults") + int(fault),
        unanswered=0,
        error=reason,
        next_attempt_at=shared_now() + dt.timedelta(seconds=pause),
    )


def _bury(event: int, reason: str) -> None:
    unsettled = InboundEvent.everyone.filter(pk=event, status__in=["waiting", "failed"])
    unsettled.update(status="dead", error=reason)


def _words(error: Exception) -> str:
    """Say what went wrong without repeating a payload: our own errors speak for people, others give their kind and place."""
    if isinstance(error, SkuuError):
        return error.message[:500]
    trace, place = error.__traceback__, ""
    while trace is not None:
        place = f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__} in {place}"
