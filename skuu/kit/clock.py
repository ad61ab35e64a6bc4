"""The one clock that all processes share: the database's. Due times and leases are set and compared by it."""

import datetime as dt

from django.db import connection


def shared_now() -> dt.datetime:
    """Ask the database what time it is (UTC); the clock of this machine may be minutes off."""
    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()")
        now: dt.datetime = cursor.fetchone()[0]
    return now
