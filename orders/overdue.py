"""Parcels that have not left on their day: shippers reminded, selling shops told, goods given to somebody else in time.

Days are working days of the shipper's country after the day on which it was to hand the parcel over, closing days and capacity
reckoned in when that day was set.
"""

import datetime as dt
from collections.abc import Collection

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from network.give_away import limit_of, usual_limit
from network.models import Notice, Shop
from network.notify import give_notices
from network.workdays import clock_of, working_days_after, working_days_between
from orders.decide import day_in_words
from orders.fulfil import decline_internal_order
from orders.models import InternalOrder
from orders.place import ANSWER_WITHIN
from orders.punctual import closings_of, due_on
from skuu.kit.errors import SkuuError

log = structlog.get_logger(__name__)

REMIND, TELL = 1, 2  # working days late; given away after as many as the selling shop says
STEPS = 3
ANSWER_SOON = dt.timedelta(hours=18)  # of the day within which a shipper that is asked answers
BATCH = 500
WITH_SHIPPER = ("placed", "accepted")


def chase_overdue() -> int:
    """Take the next step with each internal order whose parcel is late; returns how many it took.

    A working day late, its shipper is reminded; two days late, both shops are told what happens next; after as many as the
    selling shop chose (``network.give_away``, read now), it goes to the next best partner, or back to the selling shop, unless
    something of it has left. Each is looked at once a day. *Locks* the internal orders it looks at, skipping those that others
    hold; one that is taken away also what declining locks. *Again*: no change.
    """
    _settle_answered()
    today, usual = timezone.localdate(), usual_limit()
    looked = Q(chased_on=None) | Q(chased_on__lt=today)
    rows = InternalOrder.everyone.filter(looked, status__in=WITH_SHIPPER, cancel_wanted_at=None, leaves_on__lt=today)
    late: list[tuple[InternalOrder, int]] = []
    with transaction.atomic():
        waiting = rows.filter(chased__lt=STEPS).select_related("shipper", "order__shop").order_by("pk")
        taken = list(waiting.select_for_update(skip_locked=True, of=("self",))[:BATCH])
        closings = closings_of(taken)
        for row in taken:
            row.chased_on = today
            if _step_of(row, limit_of(row.order.shop, usual), closings[row.shipper_id]) > row.chased:
                row.chased += 1  # never two at once: whoever gives goods away has said so before
                late.append((row, row.chased))
        InternalOrder.everyone.bulk_update(taken, ["chased", "chased_on"])
        give_notices([notice for row, step in late for notice in _notices(row, step, usual, closings[row.shipper_id])])
    for row, step in late:
        if step == STEPS:
            _take_away(row, limit_of(row.order.shop, usual), closings[row.shipper_id])
    return len(late)


def remind_unanswered() -> int:
    """Remind shippers that are asked first and have six hours left to answer; returns how many. *Again*: the first reminder stands."""
    now = timezone.now()
    rows = InternalOrder.everyone.filter(
        status="planned", asks=True, agreed_at=None, created_at__gt=now - ANSWER_WITHIN
    )
    rows = rows.filter(created_at__lt=now - ANSWER_SOON, order__paid_at__lt=now - ANSWER_SOON).select_related("shipper")
    soon = list(rows.order_by("pk")[:BATCH])
    give_notices(
        _notice(
            row.shipper,
            row,
            0,
            f"{row.number} still waits for your answer",
            "Accept or decline it within six hours; then it goes to another partner.",
        )
        for row in soon
    )
    return len(soon)


def _step_of(row: InternalOrder, limit: int, closed_on: Collection[dt.date]) -> int:
    """Count the steps that its lateness asks for."""
    country = row.shipper.country
    today = timezone.now().astimezone(clock_of(country)).date()
    due = due_on(row, closed_on)
    days = working_days_between(country, due, today, closed_on) if due else 0
    return sum(days >= step for step in (REMIND, TELL, limit))


def _notices(row: InternalOrder, step: int, usual: int, closed_on: Collection[dt.date]) -> list[Notice]:
    day, order = due_on(row, closed_on), row.order
    if day is None:
        return []
    last = working_days_after(row.shipper.country, day, limit_of(order.shop, usual), closed_on)
    due, ends = day_in_words(day), day_in_words(last)
    ask = "Ship it today and enter its tracking number, or decline it: another partner may still send it in time."
    if step == 1:
        return [_notice(row.shipper, row, 1, f"{row.number} has not left: it was to be handed over by {due}", ask)]
    if step == 2:
        body = f"It was to be handed over by {due}. {ask} On {ends} it is given to somebody else."
        promised = f" Your customer was promised it by {day_in_words(order.promised_on)}." if order.promised_on else ""
        told = (
            f"A partner was to hand it over by {due} and has not; it was reminded.{promised} If it has not left on {ends}, another "
            "partner sends it, or it is handed back to you. If your customer does not want to wait, cancel it in your store."
        )
        return [
            _notice(row.shipper, row, 2, f"{row.number} is late", body),
            Notice(
                shop=order.shop,
                kind="partner_late",
                key=f"partner_late:{row.number}",
                subject=f"Order {order.name}: a parcel has not left yet",
                body=told,
                link=f"/my-orders/{order.pk}/",
            ),
        ]
    return []


def _notice(shop: Shop, row: InternalOrder, step: int, subject: str, body: str) -> Notice:
    key, link = f"overdue:{row.number}:{step}", f"/to-ship/{row.number}/"
    return Notice(shop=shop, kind="overdue", key=key, subject=subject[:200], body=body, link=link)


def _take_away(row: InternalOrder, limit: int, closed_on: Collection[dt.date]) -> None:
    """Give it to somebody else; what has left in part stays where it is, and its shipper stays reminded."""
    due = day_in_words(day) if (day := due_on(row, closed_on)) else ""
    try:
        decline_internal_order(row, f"Not handed over by {due}, nor within {limit} working days after.", by="network")
    except SkuuError as error:  # it has just left, or part of it
        log.warning("overdue_not_taken_away", number=row.number, code=error.code)
        return
    said = "Do not send it any more. If the parcel has already left, enter its tracking on the order's page and it is accepted."
    give_notices([_notice(row.shipper, row, 3, f"{row.number} was given to somebody else: it had not left", said)])


def _settle_answered() -> None:
    """Take reminders off the task lists whose parcel has left, or whose order is answered or over."""
    open_ones = Notice.everyone.filter(kind="overdue", done_at=None).exclude(key__endswith=":3").order_by("pk")
    last = 0
    while found := list(open_ones.filter(pk__gt=last).values_list("pk", "key")[: 2 * BATCH]):
        last = found[-1][0]
        _settle(dict(found))


def _settle(keys: dict[int, str]) -> None:
    waiting = {pk: key.split(":") for pk, key in keys.items()}
    numbers = {number for _, number, _ in waiting.values()}
    facts = InternalOrder.everyone.filter(number__in=numbers).values_list("number", "status", "agreed_at")
    known = {number: (status, agreed) for number, status, agreed in facts}
    done = []
    for pk, (_, number, step) in waiting.items():
        status, agreed = known.get(number, ("", None))
        stands = (status == "planned" and agreed is None) if step == "0" else status in WITH_SHIPPER
        if not stands:
            done.append(pk)
    if done:
        Notice.everyone.filter(pk__in=done).update(done_at=timezone.now())
