"""The inbox: every message of a shop is stored once and answered at once; sweeps take it up, and what fails stays visible."""

import datetime as dt
import hashlib
import json
import re
from collections.abc import Collection, Mapping
from typing import Any

import structlog
from django.db import connection
from django.utils import timezone

from network.connectors.shopify import auth
from network.inbox import handle_due
from network.models import InboundEvent, Shop
from network.topics import neutral
from skuu.kit.clock import shared_now
from skuu.kit.crypto import encrypt
from skuu.kit.errors import NotPossible, SkuuError
from skuu.kit.jobs import ring
from skuu.kit.models import Heartbeat

__all__ = [
    "drop_old_messages",
    "forget_old_bodies",
    "handle_due",
    "note_too_large",
    "receive_event",
    "replay_event",
    "replay_events",
    "store_named_in",
]
log = structlog.get_logger(__name__)
LARGEST = 10 * 1024 * 1024
TOO_LARGE_FROM = "too large: "  # how such an alarm's heartbeat begins; the shop follows
TOO_LATE = dt.timedelta(hours=24)  # older news is for the nightly reconcile; handlers still see it
BODIES_KEPT = dt.timedelta(days=30)
FIGURES_KEPT = dt.timedelta(days=8)  # delays are measured over seven
MESSAGES_KEPT = dt.timedelta(days=90)

STORE = """
insert into network_inboundevent (shop_id, topic, webhook_id, event_id, triggered_at, received_at, body, body_sha256,
                                  repeats, seen_before, figures, status, tries, next_attempt_at, error)
select s.id, %(topic)s, %(webhook_id)s, %(event_id)s, %(triggered_at)s, clock_timestamp(), %(body)s, %(digest)s, 0,
       exists (select 1 from network_inboundevent o where o.shop_id = s.id and o.topic = %(topic)s
               and o.body_sha256 = %(digest)s and o.webhook_id <> %(webhook_id)s),
       %(figures)s, %(status)s, 0, clock_timestamp(), %(error)s
from network_shop s where s.domain = %(domain)s
on conflict (shop_id, webhook_id) do update set repeats = network_inboundevent.repeats + 1
  where network_inboundevent.topic = excluded.topic and network_inboundevent.body_sha256 = excluded.body_sha256
returning id, repeats = 0
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
    said = {name.lower().removeprefix("x-"): value for name, value in headers.items()}
    if not auth.is_signed(body, said.get("shopify-hmac-sha256", "")):
        raise NotSigned("This message is not signed by Shopify.")
    values = _values(domain, said, body)
    with connection.cursor() as cursor:  # one statement, and so one transaction, when nothing is wrong
        cursor.execute(STORE, values)
        row = cursor.fetchone()
        if row is None and Shop.everyone.filter(domain=domain).exists():  # the id is taken by another message
            cursor.execute(STORE, values | {"webhook_id": f"{values['webhook_id'][:100]}#{values['digest'][:16]}"})
            row = cursor.fetchone()
    if row is None:
        raise UnknownStore("No shop of the network has this domain.")
    if row[1] and values["status"] == "waiting":
        _ring(values["figures"])
    return InboundEvent(pk=row[0], topic=values["topic"], webhook_id=values["webhook_id"], status=values["status"])


def note_too_large(domain: str) -> None:
    """Raise an alarm for staff about a message that could not be taken: its store gives up after eight tries.

    It names nobody but a shop of the network, since nothing of such a message was proven. *Again*: a later time.
    """
    log.error("inbound_too_large", shop=domain)
    if Shop.everyone.filter(domain=domain).exists():
        Heartbeat.beat(f"{TOO_LARGE_FROM}{domain}"[:60])


def _ring(figures: bool) -> None:
    from network.tasks import handle_figures, handle_inbound

    ring(handle_figures if figures else handle_inbound)


def _values(domain: str, said: Mapping[str, str], body: bytes) -> dict[str, Any]:
    topic, now = _plain(said.get("shopify-topic", ""), 80), timezone.now()
    digest = hashlib.sha256(body).hexdigest()
    text, problem = _opened(body)
    triggered = _moment(said.get("shopify-triggered-at", ""))
    late = "Late: it speaks of more than a day before it came." if triggered and now - triggered > TOO_LATE else ""
    return {
        "domain": domain,
        "topic": topic,
        "webhook_id": _plain(said.get("shopify-webhook-id", ""), 120)
        or f"body:{hashlib.sha256(topic.encode() + body).hexdigest()}",
        "event_id": _plain(said.get("shopify-event-id", ""), 120),
        "triggered_at": triggered,
        "body": encrypt(text),
        "digest": digest,
        "figures": neutral(topic) == "stock.changed" and not problem,
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


def store_named_in(headers: Mapping[str, str]) -> str:
    """Read which store a message says it comes from; Shopify writes its headers as "X-Shopify-Topic" or "Shopify-Topic"."""
    said = {name.lower().removeprefix("x-"): value for name, value in headers.items()}
    return said.get("shopify-shop-domain", "").lower()[:120]


def _plain(text: str, most: int) -> str:
    text = re.sub(r"[^\x20-\x7e]", "?", text).strip()
    return text if len(text) <= most else f"{text[: most - 20]}~{hashlib.sha256(text.encode()).hexdigest()[:19]}"


def _moment(text: str) -> dt.datetime | None:
    try:
        read = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=dt.UTC)


# --- mending ----------------------------------------------------------------------------------------------------------
def replay_event(event: InboundEvent, by: str) -> None:
    """Put a settled or failed message back to be handled anew. *Again*: no change.

    Raises NotPossible when its text was erased.
    """
    if not replay_events([event.pk], by=by):
        raise NotPossible("The text of this message was erased; read the shop again instead.", code="erased")
    event.refresh_from_db()


def replay_events(ids: Collection[int], *, by: str) -> int:
    """Put many messages back to be handled anew, in one statement; returns how many, those whose text was erased are not.

    *Again*: no change.
    """
    count = (
        InboundEvent.everyone.filter(pk__in=ids)
        .exclude(body="")
        .update(status="waiting", tries=0, faults=0, unanswered=0, next_attempt_at=shared_now(), error="", done_at=None)
    )
    log.info("inbound_replayed", messages=count, by=by)
    if count:
        _ring(figures=True)
        _ring(figures=False)
    return count


def forget_old_bodies() -> int:
    """Erase the text of a batch of settled messages older than thirty days; returns how many."""
    old = InboundEvent.everyone.filter(received_at__lt=timezone.now() - BODIES_KEPT).exclude(body="")
    ids = list(old.exclude(status__in=["waiting", "failed"]).order_by("pk").values_list("pk", flat=True)[:1000])
    return InboundEvent.everyone.filter(pk__in=ids).update(body="")


_DROP = """
delete from network_inboundevent where id in (
  select id from network_inboundevent where figures = %s and status in ('done', 'ignored') and received_at < %s
  limit 10000 for update skip locked)
"""


def drop_old_messages() -> int:
    """Delete a batch of settled messages: stock figures after eight days, all others after ninety; returns how many.

    What is dead, or waits, stays until a person or a handler settles it.
    """
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(_DROP, [True, now - FIGURES_KEPT])
        figures = cursor.rowcount
        cursor.execute(_DROP, [False, now - MESSAGES_KEPT])
        return figures + cursor.rowcount
