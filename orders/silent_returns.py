"""Returns that nobody answers for end by themselves: never arrived, arrived and not inspected, reported lost and not denied."""

import datetime as dt
from collections.abc import Callable

import structlog
from django.db.models import F, QuerySet
from django.utils import timezone

from orders.models import Return
from orders.return_goods import cancel_return, inspect_return
from skuu.kit.errors import SkuuError

log = structlog.get_logger(__name__)

NEVER_ARRIVED = dt.timedelta(days=60)  # announced, and nobody ever saw the parcel
SILENT = dt.timedelta(days=14)  # arrived, and nobody says in which state; or reported lost, and nobody objects
AT_ONCE = 200  # of each kind


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


def _first(rows: QuerySet[Return]) -> QuerySet[Return]:
    return rows.order_by(F("ending_tried_at").asc(nulls_first=True), "pk")[:AT_ONCE]


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
    cancel_return(returned, by="network", reason=f"Nothing arrived within {NEVER_ARRIVED.days} days.")


def _presume(returned: Return, grade: str) -> None:
    whole = {line.line_id: {grade: line.quantity} for line in returned.lines.all()}
    inspect_return(returned, whole, verdict=f"Presumed after {SILENT.days} days without an answer.", by="network")
