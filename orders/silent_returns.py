"""Returns that nobody answers for end by themselves: never arrived, arrived and not inspected, reported lost and not denied."""

import datetime as dt
from collections.abc import Callable, Sequence

import structlog
from django.db.models import F, QuerySet
from django.utils import timezone

from network.models import Notice, Shop
from network.notify import give_notice, give_notices
from orders.decide import day_in_words
from orders.models import Return
from orders.restock import receiver_of
from orders.return_goods import cancel_return, inspect_return, reminder_key
from skuu.kit.errors import SkuuError

log = structlog.get_logger(__name__)

NEVER_ARRIVED = dt.timedelta(days=60)  # announced, and nobody ever saw the parcel
SILENT = dt.timedelta(days=14)  # arrived, and nobody says in which state; or reported lost, and nobody objects
REMIND_BEFORE = dt.timedelta(days=4)
AT_ONCE = 200  # of each kind
_PARTIES = ("receiver", "internal_order__shipper", "internal_order__order__shop")


def end_silent_returns() -> int:
    """End what nobody answers for. Returns how many.

    One that cannot be ended keeps its cause, and comes again after all others that are due. *Again*: no change.
    """
    now = timezone.now()
    never = Return.everyone.filter(status="announced", is_lost=False, announced_at__lt=now - NEVER_ARRIVED)
    lost = Return.everyone.filter(status="announced", is_lost=True, announced_at__lt=now - SILENT)
    unseen = Return.everyone.filter(status="received", received_at__lt=now - SILENT)
    steps: tuple[tuple[QuerySet[Return], Callable[[Return], object]], ...] = (
        (never, _cancel),
        (lost, lambda row: _presume(row, "lost")),
        (unseen, lambda row: _presume(row, "as_new")),
    )
    return sum(_ended(row, step) for rows, step in steps for row in _first(rows))


def remind_silent() -> int:
    """Remind whoever is to say what came back, some days before silence speaks for it; returns how many are due such a word.

    *Again*: the first reminder stands, and goes when the return is answered for.
    """
    now = timezone.now()
    soon = (now - SILENT, now - SILENT + REMIND_BEFORE)
    lost = Return.everyone.filter(status="announced", is_lost=True, announced_at__range=soon)
    unseen = Return.everyone.filter(status="received", received_at__range=soon)
    rows = [row for kind in (lost, unseen) for row in kind.select_related(*_PARTIES).order_by("pk")]
    give_notices(_reminder(row) for row in rows)
    return len(rows)


def _reminder(row: Return) -> Notice:
    end = ((row.announced_at if row.is_lost else row.received_at) or timezone.now()) + SILENT
    day = day_in_words(timezone.localdate(end))
    asked, else_ = (
        ("was it delivered?", "it is taken as lost, and the sale is taken back from you")
        if row.is_lost
        else ("in which state did it come?", "every unit is taken as new, as if you had said so")
    )
    return Notice(
        shop=receiver_of(row),
        kind="return_reminder",
        key=reminder_key(row),
        subject=f"{row.number}: {asked}",
        body=f"Say it until {day}; after that {else_}.",
        link=f"/returns/{row.number}/",
    )


def _first(rows: QuerySet[Return]) -> QuerySet[Return]:
    return rows.select_related(*_PARTIES).order_by(F("ending_tried_at").asc(nulls_first=True), "pk")[:AT_ONCE]


def _ended(returned: Return, step: Callable[[Return], object]) -> int:
    try:
        step(returned)
    except SkuuError as error:  # somebody was faster, or it cannot be ended
        code, why = error.code, error.message
    except Exception as error:  # noqa: BLE001 - one that nobody foresaw must stop no other; it stays visible
        code, why = "unforeseen", f"{type(error).__name__}: {error}"
    else:
        return 1
    log.warning("silent_return_not_ended", returned=returned.number, code=code)
    Return.everyone.filter(pk=returned.pk).update(ending_tried_at=timezone.now(), ending_error=why[:500])
    return 0


def _cancel(returned: Return) -> None:
    why = f"Nothing arrived within {NEVER_ARRIVED.days} days."
    cancel_return(returned, by="network", reason=why)
    _tell_ended(returned, f"{returned.number} was ended", why, [returned.internal_order.order.shop])


def _presume(returned: Return, grade: str) -> None:
    whole = {line.line_id: {grade: line.quantity} for line in returned.lines.all()}
    why = f"Presumed after {SILENT.days} days without an answer."
    inspect_return(returned, whole, verdict=why, by="network")
    _tell_ended(returned, f"{returned.number} was taken as {'lost' if grade == 'lost' else 'new'}", why, [])


def _tell_ended(returned: Return, subject: str, why: str, also: Sequence[Shop]) -> None:
    """Tell the shop that gets the goods what its silence has led to, and others whom nobody else tells."""
    key, link = f"return_ended:{returned.number}", f"/returns/{returned.number}/"
    for shop in {one.pk: one for one in (receiver_of(returned), *also)}.values():
        give_notice(shop, kind="return_ended", key=key, subject=subject, body=why, link=link)
