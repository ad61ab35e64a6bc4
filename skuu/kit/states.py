"""Status columns: which steps are allowed, one writer for all of them, and a history row for each step."""

from collections.abc import Mapping
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


def states_check(*allowed: str, name: str) -> models.CheckConstraint:
    """Build the constraint that a status column holds only these words."""
    return models.CheckConstraint(condition=models.Q(status__in=allowed), name=name)
