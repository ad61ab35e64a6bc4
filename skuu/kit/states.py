"""Status columns: which steps are allowed, one writer for all of them, and a history row for each step."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db import models, transaction
from django.utils import timezone

from skuu.kit.errors import WrongState


class StateChange(models.Model):
    """One step of one row: from, to, who and why. Written only by ``move``; each subclass adds ``row``."""

    from_status = models.CharField(max_length=20, blank=True)
    to_status = models.CharField(max_length=20)
    by = models.CharField(max_length=120)
    reason = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.from_status} → {self.to_status} by {self.by}"


class Stateful(models.Model):
    """A model with a status that only ``move`` may change; it names its steps and has ``changes``."""

    STEPS: ClassVar[Mapping[str, set[str]]] = {}
    changes: Any

    class Meta:
        abstract = True


def move(row: Stateful, to: str, *, by: str, reason: str = "", **also: Any) -> None:
    """Take one allowed step by compare-and-swap and write its history row; ``also`` sets other columns with it.

    Again: a row that already stands at ``to`` is left alone (False steps of a repeat are not errors).
    Raises WrongState when the step is not allowed or somebody else was faster; nothing is changed then.
    """
    model: Any = type(row)
    old = getattr(row, "status")  # noqa: B009 - the column is declared by each subclass
    if old == to and not also:
        return
    if to not in model.STEPS.get(old, set()):
        raise WrongState(
            f"A {model._meta.verbose_name} that is {old} cannot become {to}.", code="wrong_state", status=old
        )
    with transaction.atomic():
        won = model._default_manager.filter(pk=row.pk, status=old).update(status=to, **also)
        if not won:
            raise WrongState(f"This {model._meta.verbose_name} has just been changed by someone else; look again.")
        row.changes.create(from_status=old, to_status=to, by=by, reason=reason)
    setattr(row, "status", to)  # noqa: B010
    for name, value in also.items():
        setattr(row, name, value)


def move_all(
    rows: Sequence[Stateful],
    to: str,
    *,
    by: str,
    reasons: Mapping[Any, str] | None = None,
    also: Mapping[str, Any] | None = None,
) -> None:
    """Take the same step with many rows of one model at once, with the histories that ``move`` would write.

    `reasons` gives a row's reason by its key, ``also`` sets other columns of all with the step. *Again* as ``move``. Raises
    WrongState when any step is not allowed or somebody else was faster with any row; nothing is changed then.
    """
    going = [row for row in rows if getattr(row, "status") != to]  # noqa: B009
    if not going:
        return
    model: Any = type(going[0])
    by_status: dict[str, list[Any]] = {}
    for row in going:
        by_status.setdefault(getattr(row, "status"), []).append(row)  # noqa: B009
    wrong = [status for status in by_status if to not in model.STEPS.get(status, set())]
    if wrong:
        raise WrongState(f"What is {wrong[0]} cannot become {to}.", code="wrong_state", status=wrong[0])
    change: Any = model._meta.get_field("changes").related_model
    with transaction.atomic():
        for old, same in by_status.items():
            won = model._default_manager.filter(pk__in=[row.pk for row in same], status=old).update(
                status=to, **(also or {})
            )
            if won != len(same):
                raise WrongState("Some of these have just been changed by someone else; look again.")
        change.objects.bulk_create(
            change(row=row, from_status=old, to_status=to, by=by, reason=(reasons or {}).get(row.pk, ""))
            for old, same in by_status.items()
            for row in same
        )
    for row in going:
        for name, value in {"status": to, **(also or {})}.items():
            setattr(row, name, value)


def states_check(*allowed: str, name: str) -> models.CheckConstraint:
    """Build the constraint that a status column holds only these words."""
    return models.CheckConstraint(condition=models.Q(status__in=allowed), name=name)
