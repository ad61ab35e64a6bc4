"""The rows the machinery itself needs: bells of sweeps, signs of life, answers kept for repeats, request counts."""

import datetime as dt
from typing import ClassVar

from django.db import connection, models
from django.utils import timezone

from skuu.kit.crypto import EncryptedText


class Bell(models.Model):
    """One sweep's doorbell: pressed while a wake-up call is on its way. Written only by skuu.kit.jobs."""

    name = models.CharField(max_length=200, primary_key=True)
    pressed_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def press(cls, name: str, *, stale_after: dt.timedelta) -> dt.datetime | None:
        """Say when the bell rang, by the database's clock, if the caller should send the wake-up call; None: one is on its way.

        Looking comes first: thousands who ring while a call is on its way neither queue for the row nor write.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                "select 1 from kit_bell where name = %s and pressed_at >= clock_timestamp() - make_interval(secs => %s)",
                [name, stale_after.total_seconds()],
            )
            if cursor.fetchone():
                return None
            cursor.execute(
                "insert into kit_bell as b (name, pressed_at) values (%s, clock_timestamp()) "
                "on conflict (name) do update set pressed_at = clock_timestamp() "
                "where b.pressed_at is null or b.pressed_at < clock_timestamp() - make_interval(secs => %s) "
                "returning pressed_at",
                [name, stale_after.total_seconds()],
            )
            row = cursor.fetchone()
            return row[0] if row else None

    @classmethod
    def answer(cls, name: str, rung_at: dt.datetime | None = None) -> bool:
        """Note that the sweep takes up work, so that what happens from now on rings again.

        False when somebody began it after the call was sent, and so has seen what the call was about; nothing is changed then.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into kit_bell as b (name, answered_at) values (%(name)s, clock_timestamp()) "
                "on conflict (name) do update set pressed_at = null, answered_at = clock_timestamp() "
                "where %(rung)s::timestamptz is null or b.answered_at is null or b.answered_at < %(rung)s returning 1",
                {"name": name, "rung": rung_at},
            )
            return cursor.fetchone() is not None


class Heartbeat(models.Model):
    """The last time a process of a kind (worker, schedule) proved that it does its work."""

    name = models.CharField(max_length=60, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%Y-%m-%d %H:%M:%S}"

    @classmethod
    def beat(cls, name: str) -> None:
        """Record that this process is alive and doing its work now. One statement, by the database's clock."""
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into kit_heartbeat (name, at) values (%s, clock_timestamp()) "
                "on conflict (name) do update set at = excluded.at",
                [name],
            )


class IdempotencyKey(models.Model):
    """The answer a POST gave under a caller's key. Written only by skuu.kit.idempotency, in the transaction of the effect."""

    scope = models.CharField(max_length=500)  # API key, method, address
    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)  # of the request's body
    status = models.PositiveSmallIntegerField()
    body = EncryptedText()  # an answer may hold a name and a street
    created_at = models.DateTimeField(default=timezone.now, db_index=True)  # read to forget old answers

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["scope", "key"], name="an_idempotency_key_answers_once"),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.key}"


class RequestCount(models.Model):
    """How many requests a caller made in the current span of time. Written only by skuu.kit.api."""

    name = models.CharField(max_length=200, primary_key=True)
    span = models.BigIntegerField(db_index=True)  # read to forget callers who left
    count = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.name}: {self.count}"
