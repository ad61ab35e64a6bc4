"""The inbox: every message of a shop is stored once and answered at once; sweeps take it up, and what fails stays visible."""

import datetime as dt
import hashlib
import json
import random
import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import Case, F, TextField, Value, When
from django.utils import timezone

from network.connectors.base import ConnectorError
from network.connectors.shopify import auth
from network.models import InboundEvent, Shop
from network.topics import Handler, Received, handler_of, neutral
from skuu.kit.crypto import Unreadable, decrypt, encrypt
from skuu.kit.errors import NotPossible, SkuuError
from skuu.kit.jobs import ring

log = structlog.get_logger(__name__)
LARGEST = 10 * 1024 * 1024
BATCH = 200
LEASE = dt.timedelta(seconds=60)
MOST_TRIES = 8
LONGEST_PAUSE = 3600.0
TOO_LATE = dt.timedelta(hours=24)  # older news is for the nightly reconcile; handlers still see it
BODIES_KEPT = dt.timedelta(days=30)

STORE = """
insert into network_inboundevent (shop_id, topic, webhook_id, event_id, triggered_at, received_at, body, body_sha256,
                                  repeats, seen_before, status, tries, next_attempt_at, error)
select s.id, %(topic)s, %(webhook_id)s, %(event_id)s, %(triggered_at)s, %(now)s, %(body)s, %(digest)s, 0,
       exists (select 1 from network_inboundevent o where o.shop_id = s.id and o.topic = %(topic)s
               and o.body_sha256 = %(digest)s and o.webhook_id <> %(webhook_id)s),
       %(status)s, 0, %(now)s, %(error)s
from network_shop s where s.domain = %(domain)s
on conflict (shop_id, webhook_id) do update set repeats = network_inboundevent.repeats + 1
  where network_inboundevent.topic = excluded.topic and network_inboundevent.body_sha256 = excluded.body_sha256
returning id, repeats = 0
"""
LEASE_DUE = """
with mine as (
  select e.id from unnest(%(shops)s::bigint[]) s (id) cross join lateral (
    select id from network_inboundevent
    where shop_id = s.id and status in ('waiting', 'failed') and next_attempt_at <= %(now)s
    order by next_attempt_at limit %(share)s for update skip locked) e)
update network_inboundevent e set next_attempt_at = %(until)s from mine where e.id = mine.id
returning e.id, e.shop_id, e.topic, e.body, e.triggered_at, e.received_at, e.tries
"""
DUE_SHOPS = """
select s.id from network_shop s where exists (
  select 1 from network_inboundevent e
  where e.shop_id = s.id and e.status in ('waiting', 'failed') and e.next_attempt_at <= %(now)s)
"""


class NotSigned(SkuuError):
    """The message does not carry the platform's signature over these very bytes."""

    status = 401
    code = "not_signed"


class TooLarge(SkuuError):
    """The message is larger than any that a platform sends."""

    status = 413
    code = "too_large"


class UnknownStore(SkuuError):
    """No shop of the network has this domain."""

    status = 404
    code = "unknown_store"


# --- taking in --------------------------------------------------------------------------------------------------------
def receive_event(*, domain: str, headers: Mapping[str, str], body: bytes) -> InboundEvent:
    """Store a signed message of a store, durably when this returns, and wake the sweep.

    *Again*, with the same webhook id: the row that is there, one repeat more. The same id with other words is kept beside it,
    and the same words under another id are flagged: nothing is dropped. What is no JSON object is stored as dead.
    Raises TooLarge, NotSigned, UnknownStore; then nothing is stored.
    """
    if len(body) > LARGEST:
        raise TooLarge("This message is larger than 10 MB.")
    if not auth.is_signed(body, _header(headers, "Hmac-Sha256")):
        raise NotSigned("This message is not signed by Shopify.")
    values = _values(domain, headers, body)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(STORE, values)
        row = cursor.fetchone()
        if row is None and Shop.everyone.filter(domain=domain).exists():  # the id is taken by another message
            cursor.execute(STORE, values | {"webhook_id": f"{values['webhook_id'][:100]}#{values['digest'][:16]}"})
            row = cursor.fetchone()
        if row is None:
            raise UnknownStore("No shop of the network has this domain.")
        if row[1] and values["status"] == "waiting":
            from network.tasks import handle_inbound

            ring(handle_inbound)
    return InboundEvent(pk=row[0], topic=values["topic"], webhook_id=values["webhook_id"], status=values["status"])


def _values(domain: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    topic, now = _plain(_header(headers, "Topic"), 80), timezone.now()
    digest = hashlib.sha256(body).hexdigest()
    text, problem = _opened(body)
    triggered = _moment(_header(headers, "Triggered-At"))
    late = "Late: it speaks of more than a day before it came." if triggered and now - triggered > TOO_LATE else ""
    return {
        "domain": domain,
        "topic": topic,
        "webhook_id": _plain(_header(headers, "Webhook-Id"), 120)
        or f"body:{hashlib.sha256(topic.encode() + body).hexdigest()}",
        "event_id": _plain(_header(headers, "Event-Id"), 120),
        "triggered_at": triggered,
        "now": now,
        "body": encrypt(text),
        "digest": digest,
        "status": "dead" if problem else "waiting",
        "error": problem or late,
    }


def _opened(body: bytes) -> tuple[str, str]:
    """Read a body as text and say what is the matter with it, if anything."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return body.decode("utf-8", "backslashreplace"), "The message is not text in UTF-8."
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        return text, f"The message is not JSON that can be read ({type(error).__name__})."
    return text, "" if isinstance(found, dict) else "The message is no JSON object."


def _header(headers: Mapping[str, str], name: str) -> str:
    """Read one of Shopify's headers in either spelling, "X-Shopify-Topic" or "Shopify-Topic", in any case."""
    for spelling in (f"x-shopify-{name.lower()}", f"shopify-{name.lower()}"):
        for given, value in headers.items():
            if given.lower() == spelling:
                return value
    return ""


def store_named_in(headers: Mapping[str, str]) -> str:
    """Read which store a message says it comes from."""
    return _header(headers, "Shop-Domain").lower()[:120]


def _plain(text: str, most: int) -> str:
    text = re.sub(r"[^\x20-\x7e]", "?", text).strip()
    return text if len(text) <= most else f"{text[: most - 20]}~{hashlib.sha256(text.encode()).hexdigest()[:19]}"


def _moment(text: str) -> dt.datetime | None:
    try:
        read = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=dt.UTC)


# --- taking up --------------------------------------------------------------------------------------------------------
def handle_due() -> int:
    """Hand a batch of due messages to their handlers, fair between shops; returns how many were settled or put off.

    The batch is leased for a minute and the transaction ended before any handler runs: a worker that dies gives it back.
    A batch that fails is tried one by one; what fails alone waits longer each time and is dead after eight tries.
    """
    groups: dict[tuple[int, str], list[tuple[Any, ...]]] = defaultdict(list)
    rows = _lease_due()
    for row in rows:
        groups[row[1], neutral(row[2]) or ""].append(row)
    shops = Shop.everyone.select_related("merchant").in_bulk({shop for shop, _ in groups})
    for (shop, _), members in groups.items():
        _handle_group(shops[shop], members)
    return len(rows)


def _lease_due() -> list[tuple[Any, ...]]:
    now = timezone.now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(DUE_SHOPS, {"now": now})
        shops = [shop for (shop,) in cursor.fetchall()]
        if not shops:
            return []
        chosen = random.sample(shops, min(len(shops), BATCH))
        asked: dict[str, Any] = {
            "shops": chosen,
            "share": max(1, BATCH // len(chosen)),
            "now": now,
            "until": now + LEASE,
        }
        cursor.execute(LEASE_DUE, asked)
        return sorted(cursor.fetchall())


def _handle_group(shop: Shop, rows: list[tuple[Any, ...]]) -> None:
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


def _read(row: tuple[Any, ...]) -> Received | str:
    try:
        payload = json.loads(decrypt(row[3]) or "null")
    except Unreadable as error:
        return error.message
    except (ValueError, RecursionError):
        payload = None
    if not isinstance(payload, dict):
        return "The message is no JSON object, or its text was erased."
    return Received(id=row[0], topic=row[2], payload=payload, triggered_at=row[4], received_at=row[5])


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
            _put_off(event.id, tries[event.id] + 1, _words(error))
        return
    _settle([event.id for event in events], "done")


def _settle(ids: list[int], status: str) -> None:
    unsettled = InboundEvent.everyone.filter(pk__in=ids, status__in=["waiting", "failed"])
    noted = Case(
        When(tries=0, then=F("error")), default=Value("", output_field=TextField())
    )  # a note of its arrival stays, an old failure does not
    unsettled.update(status=status, done_at=timezone.now(), error=noted)


def _put_off(event: int, tries: int, reason: str) -> None:
    if tries >= MOST_TRIES:
        _bury(event, reason, tries=tries)
        return
    pause = min(LONGEST_PAUSE, 8.0 * 2**tries) * random.uniform(0.8, 1.2)  # noqa: S311
    InboundEvent.everyone.filter(pk=event, status__in=["waiting", "failed"]).update(
        status="failed", tries=tries, error=reason, next_attempt_at=timezone.now() + dt.timedelta(seconds=pause)
    )


def _bury(event: int, reason: str, *, tries: int = 0) -> None:
    unsettled = InboundEvent.everyone.filter(pk=event, status__in=["waiting", "failed"])
    unsettled.update(status="dead", error=reason, **({"tries": tries} if tries else {}))


def _words(error: Exception) -> str:
    """Say what went wrong without repeating a payload: our own errors speak for people, others give their kind and place."""
    if isinstance(error, SkuuError):
        return error.message[:500]
    trace, place = error.__traceback__, ""
    while trace is not None:
        place = f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__} in {place}"


# --- mending ----------------------------------------------------------------------------------------------------------
def replay_event(event: InboundEvent, by: str) -> None:
    """Put a settled or failed message back to be handled anew. *Again*: no change.

    Raises NotPossible when its text was erased.
    """
    if not event.body:
        raise NotPossible("The text of this message was erased; read the shop again instead.", code="erased")
    InboundEvent.everyone.filter(pk=event.pk).update(
        status="waiting", tries=0, next_attempt_at=timezone.now(), error="", done_at=None
    )
    event.refresh_from_db()
    log.info("inbound_replayed", inbound=event.pk, by=by)
    from network.tasks import handle_inbound

    ring(handle_inbound)


def forget_old_bodies() -> int:
    """Erase the text of a batch of settled messages older than thirty days; returns how many."""
    old = InboundEvent.everyone.filter(received_at__lt=timezone.now() - BODIES_KEPT).exclude(body="")
    ids = list(old.exclude(status__in=["waiting", "failed"]).order_by("pk").values_list("pk", flat=True)[:1000])
    return InboundEvent.everyone.filter(pk__in=ids).update(body="")
