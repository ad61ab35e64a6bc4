"""The two rows the machinery itself needs: a bell for each sweep, and the worker's sign of life."""

import datetime as dt
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Bell(models.Model):
    """One sweep's doorbell: pressed while a wake-up call is on its way. Written only by skuu.kit.jobs."""

    name = models.CharField(max_length=200, primary_key=True)
    pressed_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def press(cls, name: str, *, stale_after: dt.timedelta) -> bool:
        """Say whether the caller should send the wake-up call: nobody else's is on its way."""
        now = timezone.now()
        free = Q(pressed_at=None) | Q(pressed_at__lt=now - stale_after)
        if cls.objects.filter(free, name=name).update(pressed_at=now):
            return True
        return cls.objects.get_or_create(name=name, defaults={"pressed_at": now})[1]

    @classmethod
    def silence(cls, name: str) -> None:
        """Note that the sweep has taken up work; what happens from now on rings again."""
        changes: dict[str, Any] = {"pressed_at": None, "answered_at": timezone.now()}
        cls.objects.update_or_create(name=name, defaults=changes)


class Heartbeat(models.Model):
    """The last time a process of a kind (worker, schedule) proved that it does its work."""

    name = models.CharField(max_length=60, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%Y-%m-%d %H:%M:%S}"

    @classmethod
    def beat(cls, name: str) -> None:
        """Record that this process is alive and doing its work now."""
        cls.objects.update_or_create(name=name, defaults={"at": timezone.now()})
