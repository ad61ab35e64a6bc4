"""A selling shop objects to what an inspection found; the network's staff decides, and stock and money follow.

An upheld objection changes no closed return: its units are *moved* into a return that corrects it, closed at once with the
grades that were decided. So what settlement posted stays posted, and what is taken back now is posted like any return.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from network.models import Shop
from network.notify import give_notice, settle_notice
from orders.locking import lock_internal_order
from orders.models import InternalOrderLine, Objection, Return, ReturnLine
from orders.restock import receiver_of
from orders.return_goods import inspect_return, open_correction
from skuu.kit.errors import NotFound, NotPossible, WrongState
from skuu.kit.states import move

FROM = ("worn", "faulty", "missing")  # what the selling shop may pay for
TO = ("as_new", "faulty")
Asked = Sequence[Mapping[str, Any]]


class BadObjection(NotPossible):
    """The units named were not graded so, or the grade asked for changes nothing."""

    code = "bad_objection"


def open_to_objection(returned: Return) -> dict[str, tuple[str, ...]]:
    """Name the grades of a return that cost its selling shop, each with those that would not: the shipper takes faulty goods
    back, who takes goods over buys only what is as new.
    """
    if returned.destination == "taker":
        return dict.fromkeys(FROM, ("as_new",))
    return {"worn": TO, "missing": TO}


def object_grade(returned: Return, asked: Asked, words: str, *, by: str) -> Objection:
    """Object to the grades of a closed return: ``asked`` are {"line", "from", "to", "units"} by internal line.

    Units that were missing cannot be announced again until it is decided. *Locks* the order, the internal order. *Again*: the
    objection that is open. *Raises* WrongState unless the return is closed and somebody else inspected it, BadObjection.
    """
    with transaction.atomic():
        row = _lock(returned)
        if known := row.objections.filter(status="open").first():
            return known
        if row.status != "closed" or row.destination == "origin" or row.is_lost or row.corrects_id:
            raise WrongState(f"There is nothing in {row.number} to object to.")
        if not words.strip():
            raise BadObjection("Say in your own words what was wrong with the inspection.")
        checked = _checked(row, asked)
        _take_missing(row, checked)
        made = Objection.everyone.create(returned=row, asked=checked, words=words.strip()[:1000], raised_by=by[:150])
        made.changes.create(from_status="", to_status="open", by=by, reason="")
        give_notice(
            receiver_of(row),
            "objection",
            key=f"objection:{made.pk}",
            subject=f"{row.number}: the selling shop objects to your inspection",
            body=f"“{made.words}” The network decides; keep the goods and your pictures until then.",
            link=f"/returns/{row.number}/",
        )
    return made


def withdraw_objection(objection: Objection, *, by: str) -> None:
    """Take an objection back before it is decided. *Locks* as above. *Again*: no change. *Raises* WrongState once it is decided."""
    with transaction.atomic():
        row = _lock_objection(objection)
        if row.status != "withdrawn":
            move(row, "withdrawn", by=by)
            _give_missing(row)
            settle_notice(receiver_of(row.returned), f"objection:{row.pk}")


def decide_objection(objection: Objection, *, upheld: bool, answer: str, by: str) -> Objection:
    """Decide an objection, as the network's staff; upheld, the units get the grades that were asked for.

    *Locks* the order, the internal order, then stock levels. *Again*, with the same decision: no change. *Raises* WrongState
    when it was decided otherwise or withdrawn, BadObjection without an answer.
    """
    if not answer.strip():
        raise BadObjection("Write why you decide so; both shops read it.")
    with transaction.atomic():
        row = _lock_objection(objection)
        to = "upheld" if upheld else "rejected"
        if row.status == to:
            return row
        if row.status != "open":
            raise WrongState(f"This objection is {row.get_status_display().lower()} already.")
        said = {"answer": answer.strip()[:1000], "decided_at": timezone.now()}
        correction = _correct(row, answer, by) if upheld else None
        if not upheld:
            _give_missing(row)
        move(row, to, by=by, reason=answer[:300], correction=correction, **said)
        _tell_both(row)
    return row


def mark_held(objection_id: int, minor: int | None) -> None:
    """Note what settlement holds because of an objection, gross in minor units; None: no longer. *Again*: no change."""
    Objection.everyone.filter(pk=objection_id).update(held_minor=minor)


def _lock(returned: Return) -> Return:
    lock_internal_order(returned.internal_order_id)
    rows = Return.everyone.select_for_update(of=("self",)).select_related(
        "internal_order__shipper", "internal_order__order__shop", "receiver"
    )
    row = rows.filter(pk=returned.pk).first()
    if row is None:
        raise NotFound("There is no such return.")
    return row


def _lock_objection(objection: Objection) -> Objection:
    returned = _lock(objection.returned)
    row = Objection.everyone.select_for_update(of=("self",)).get(pk=objection.pk)
    row.returned = returned
    return row


def _checked(row: Return, asked: Asked) -> list[dict[str, Any]]:
    lines, may_be = {line.line_id: line for line in row.lines.all()}, open_to_objection(row)
    left = {(pk, grade): getattr(line, grade) for pk, line in lines.items() for grade in may_be}
    found: list[dict[str, Any]] = []
    for one in asked:
        key, units = (one["line"], one["from"]), one["units"]
        if one["to"] not in may_be.get(one["from"], ()) or not 0 < units <= left.get(key, 0):
            told = ", ".join(f"{found} ({' or '.join(to)})" for found, to in may_be.items())
            raise BadObjection(
                f"Name units by what was found, and what they should have been: {told}.".replace("_", " ")
            )
        left[key] -= units
        found.append({"line": key[0], "from": key[1], "to": one["to"], "units": units})
    if not found:
        raise BadObjection("Say of which units the grade is wrong.")
    return found


def _correct(row: Objection, answer: str, by: str) -> Return:
    """Move the units into a return of their own and close it with the grades decided."""
    returned = row.returned
    lines = {line.line_id: line for line in returned.lines.select_for_update().order_by("pk")}
    units: dict[int, int] = {}
    grades: dict[int, dict[str, int]] = {}
    for one in row.asked:
        line = lines[one["line"]]
        setattr(line, one["from"], getattr(line, one["from"]) - one["units"])
        line.moved += one["units"]
        units[one["line"]] = units.get(one["line"], 0) + one["units"]
        counted = grades.setdefault(one["line"], {})
        counted[one["to"]] = counted.get(one["to"], 0) + one["units"]
    ReturnLine.everyone.bulk_update(lines.values(), [*FROM, "moved"])
    made = open_correction(returned, units, by=by)
    return inspect_return(made, grades, verdict=answer, by=by)


def _take_missing(returned: Return, asked: Asked) -> None:
    """Let units that were missing come back with this return only; they were free to be announced again."""
    for one in asked:
        if one["from"] == "missing":
            rows = InternalOrderLine.everyone.filter(
                pk=one["line"], shipped_quantity__gte=F("returned_quantity") + one["units"]
            )
            if not rows.update(returned_quantity=F("returned_quantity") + one["units"]):
                raise WrongState(f"The missing units of {returned.number} were announced again meanwhile.")


def _give_missing(row: Objection) -> None:
    for one in row.asked:
        if one["from"] == "missing":
            rows = InternalOrderLine.everyone.filter(pk=one["line"])
            rows.update(returned_quantity=F("returned_quantity") - one["units"])


def _tell_both(row: Objection) -> None:
    returned = row.returned
    settle_notice(receiver_of(returned), f"objection:{row.pk}")
    shops: list[Shop] = [returned.internal_order.order.shop, receiver_of(returned)]
    for shop in shops:
        give_notice(
            shop,
            "objection_decided",
            key=f"objection_decided:{row.pk}",
            subject=f"{returned.number}: the objection is {row.get_status_display().lower()}",
            body=row.answer,
            link=f"/returns/{returned.number}/",
        )
