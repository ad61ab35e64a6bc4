"""How much a store lets us ask: its bucket of points and its health, learnt from its answers and shared by all processes.

Points are set aside before a call and given back as far as it cost less; reads leave a tenth of the bucket to writes, so that
a large read never holds up a shelf. A store that failed three calls in a row is left alone for a while, longer each time.
"""

import random
import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from network.connectors.base import ConnectorError

UNKNOWN_COST = 50.0  # set aside for an operation no store has told us the cost of
READS_LEAVE = 0.1  # share of the bucket that is kept for writes
FAILURES = 3
LONGEST_REST = 300.0
AWAY = ("unreachable", "store_error")
_costs: dict[str, float] = {}
_learning = threading.Lock()

_SPEND = """
update network_storebudget b set available = f.have - %(points)s, at = clock_timestamp()
from (select shop_id, least(maximum, available + rate * greatest(extract(epoch from clock_timestamp() - at), 0)) as have
      from network_storebudget where shop_id = %(shop)s for update) f
where b.shop_id = f.shop_id and (b.blocked_until is null or b.blocked_until <= clock_timestamp())
  and f.have - least(%(points)s, b.maximum * (1 - %(leave)s)) >= b.maximum * %(leave)s
returning 1
"""
_STATE = """
select extract(epoch from blocked_until - clock_timestamp()), failures,
  (least(%(points)s + maximum * %(leave)s, maximum)
    - least(maximum, available + rate * greatest(extract(epoch from clock_timestamp() - at), 0))) / rate
from network_storebudget where shop_id = %(shop)s
"""
_LEARN = """
insert into network_storebudget as b (shop_id, maximum, rate, available, at, throttled, failures)
values (%(shop)s, %(maximum)s, %(rate)s, %(current)s, clock_timestamp(), 0, 0)
on conflict (shop_id) do update set maximum = excluded.maximum, rate = excluded.rate, failures = 0,
  blocked_until = case when b.failures > 0 then null else b.blocked_until end, at = clock_timestamp(),
  available = least(excluded.available, b.available + %(refund)s
    + b.rate * greatest(extract(epoch from clock_timestamp() - b.at), 0))
"""
_ANSWERED = "update network_storebudget set failures = 0, blocked_until = null where shop_id = %s and failures > 0"
_THROTTLED = """
insert into network_storebudget as b (shop_id, maximum, rate, available, at, blocked_until, throttled, throttled_at, failures)
values (%(shop)s, 1000, 50, 0, clock_timestamp(), clock_timestamp() + make_interval(secs => %(pause)s), 1, clock_timestamp(), 0)
on conflict (shop_id) do update set
  blocked_until = excluded.blocked_until, throttled = b.throttled + 1, throttled_at = clock_timestamp()
"""
_FAILED = """
insert into network_storebudget as b (shop_id, maximum, rate, available, at, throttled, failures)
values (%(shop)s, 1000, 50, 1000, clock_timestamp(), 0, 1)
on conflict (shop_id) do update set failures = least(b.failures + 1, 1000), blocked_until = case
  when b.failures + 1 >= %(most)s
  then clock_timestamp() + make_interval(secs => least(%(longest)s, power(2, least(b.failures + 1, 20)))) else b.blocked_until end
"""
_COST = """
insert into network_operationcost (operation, asked, actual, at) values (%s, %s, %s, clock_timestamp())
on conflict (operation) do update set asked = excluded.asked, actual = excluded.actual, at = excluded.at
"""
_SPEND_ALL = """
with asked as (select * from unnest(%(shops)s::bigint[], %(points)s::float8[]) as a (shop_id, points)),
held as (
  select b.shop_id, a.points, b.maximum, b.rate, extract(epoch from b.blocked_until - clock_timestamp()) as blocked,
    least(b.maximum, b.available + b.rate * greatest(extract(epoch from clock_timestamp() - b.at), 0)) as have
  from asked a join network_storebudget b on b.shop_id = a.shop_id order by b.shop_id for update of b),
taken as (
  update network_storebudget b set available = h.have - h.points, at = clock_timestamp() from held h
  where b.shop_id = h.shop_id and coalesce(h.blocked, 0) <= 0 and h.have >= least(h.points, h.maximum)
  returning b.shop_id)
select h.shop_id, greatest(coalesce(h.blocked, 0), (least(h.points, h.maximum) - h.have) / h.rate) from held h
where h.shop_id not in (select shop_id from taken)
"""
_LEARN_ALL = """
with told as (select * from unnest(%(shops)s::bigint[], %(maximum)s::float8[], %(rate)s::float8[], %(current)s::float8[],
    %(refund)s::float8[]) as t (shop_id, maximum, rate, current, refund)),
held as (
  select b.shop_id from told t join network_storebudget b on b.shop_id = t.shop_id order by b.shop_id for update of b),
known as (
  update network_storebudget b set maximum = t.maximum, rate = t.rate, failures = 0, at = clock_timestamp(),
    blocked_until = case when b.failures > 0 then null else b.blocked_until end,
    available = least(t.current, b.available + t.refund
      + b.rate * greatest(extract(epoch from clock_timestamp() - b.at), 0))
  from told t, held h where h.shop_id = t.shop_id and b.shop_id = t.shop_id returning b.shop_id)
insert into network_storebudget (shop_id, maximum, rate, available, at, throttled, failures)
select shop_id, maximum, rate, current, clock_timestamp(), 0, 0 from told
where shop_id not in (select shop_id from known) order by shop_id on conflict do nothing
"""


class Budget:
    """One store's budget in the hands of one job; every figure lives in the database."""

    def __init__(self, shop_id: int, domain: str) -> None:
        self.shop_id, self.domain, self._aside = shop_id, domain, 0.0

    def set_aside(self, operation: str, *, writes: bool, until: float) -> None:
        """Take the points of a call out of the bucket, waiting for them until ``until`` (of the monotonic clock) at most.

        Raises ConnectorError: "throttled" with the seconds to wait, or "resting" while the store is left alone.
        """
        points = cost_of(operation)
        asked = {"shop": self.shop_id, "points": points, "leave": 0.0 if writes else READS_LEAVE}
        while True:
            with connection.cursor() as cursor:
                cursor.execute(_SPEND, asked)
                if cursor.fetchone():
                    self._aside = points
                    return
                cursor.execute(_STATE, asked)
                row = cursor.fetchone()
            if row is None:  # nothing is known of this store yet
                self._aside = 0.0
                return
            blocked, failures, missing = float(row[0] or 0), int(row[1]), float(row[2])
            pause = max(blocked, missing, 0.02) * random.uniform(1.0, 1.1)  # noqa: S311
            if blocked > 0 and failures >= FAILURES:
                message = f"{self.domain} did not answer {failures} calls in a row and is left alone for a while."
                raise ConnectorError(message, retryable=True, code="resting", retry_after=pause)
            if time.monotonic() + pause > until:
                message = f"{self.domain} has no points left for {operation}."
                raise ConnectorError(message, retryable=True, code="throttled", retry_after=pause)
            time.sleep(pause)

    def learn(self, operation: str, extensions: Any) -> None:
        """Take over what an answer says of the bucket, and give back what the call did not cost."""
        cost = (extensions or {}).get("cost") or {}
        bucket = cost.get("throttleStatus") or {}
        asked, actual = _number(cost.get("requestedQueryCost")), _number(cost.get("actualQueryCost"))
        if asked is not None:
            _note_cost(operation, asked, actual)
        maximum, rate = _number(bucket.get("maximumAvailable")), _number(bucket.get("restoreRate"))
        current = _number(bucket.get("currentlyAvailable"))
        with connection.cursor() as cursor:
            if not maximum or not rate or current is None:
                cursor.execute(_ANSWERED, [self.shop_id])
            else:
                refund = self._aside - (actual if actual is not None else self._aside)
                values = {"shop": self.shop_id, "maximum": maximum, "rate": rate, "current": current, "refund": refund}
                cursor.execute(_LEARN, values)
        self._aside = 0.0

    def note_throttled(self, pause: float) -> None:
        """Remember, for everybody, that the store asked us to wait."""
        with connection.cursor() as cursor:
            cursor.execute(_THROTTLED, {"shop": self.shop_id, "pause": pause})
        self._aside = 0.0

    def note_failure(self, code: str) -> None:
        """Count a call that the store did not answer; from the third in a row on it is left alone."""
        if code in AWAY:
            with connection.cursor() as cursor:
                cursor.execute(_FAILED, {"shop": self.shop_id, "most": FAILURES, "longest": LONGEST_REST})


@dataclass
class Purse:
    """Points of one store that were set aside beforehand, in the hands of one thread; nothing of it touches the database.

    It refuses nothing: a call that has to be made again overdraws it a little, and what the store then says is the truth.
    """

    shop_id: int
    points: float
    spent: float = 0.0
    answered: bool = False
    costs: dict[str, tuple[float, float | None]] = field(default_factory=dict)
    bucket: tuple[float, float, float] | None = None  # maximum, rate, what is left, as the store last said
    pause: float = 0.0
    failure: str = ""

    def set_aside(self, operation: str, *, writes: bool, until: float) -> None:
        """Nothing to wait for: it was done for the whole round."""

    def learn(self, operation: str, extensions: Any) -> None:
        """Keep what an answer says until the round is settled."""
        cost = (extensions or {}).get("cost") or {}
        bucket = cost.get("throttleStatus") or {}
        asked, actual = _number(cost.get("requestedQueryCost")), _number(cost.get("actualQueryCost"))
        self.answered, self.failure = True, ""
        self.spent += actual if actual is not None else 0.0
        if asked is not None:
            self.costs[operation] = asked, actual
        maximum, rate = _number(bucket.get("maximumAvailable")), _number(bucket.get("restoreRate"))
        current = _number(bucket.get("currentlyAvailable"))
        if maximum and rate and current is not None:
            self.bucket = maximum, rate, current

    def note_throttled(self, pause: float) -> None:
        """Keep that the store asked us to wait."""
        self.pause = pause

    def note_failure(self, code: str) -> None:
        """Keep that the store did not answer."""
        self.failure = code


def set_aside_for_all(points: Mapping[int, float]) -> dict[int, float]:
    """Take points of many stores at once; returns the seconds to wait for each that has too few or is left alone.

    A store nothing is known of is asked. *Locks* the budgets in the order of their shops, for this statement alone.
    """
    shops = sorted(points)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SPEND_ALL, {"shops": shops, "points": [points[shop] for shop in shops]})
        return {shop: float(seconds) for shop, seconds in cursor.fetchall()}


def settle_all(purses: Collection[Purse]) -> None:
    """Write down what the stores of a round said of their buckets, and give back what was not spent."""
    told = sorted((one for one in purses if one.bucket), key=lambda one: one.shop_id)
    if told:
        maximum, rate, current = zip(*(one.bucket for one in told if one.bucket), strict=True)
        values = {
            "shops": [one.shop_id for one in told],
            "maximum": list(maximum),
            "rate": list(rate),
            "current": list(current),
            "refund": [one.points - one.spent for one in told],
        }
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_LEARN_ALL, values)
    for purse in sorted(purses, key=lambda one: one.shop_id):
        _settle(purse)
    for operation, (asked, actual) in {name: cost for one in purses for name, cost in one.costs.items()}.items():
        _note_cost(operation, asked, actual)


def _settle(purse: Purse) -> None:
    """Write down what is rare: that a store asked us to wait, did not answer, or answered without naming its bucket."""
    budget = Budget(purse.shop_id, "")
    if purse.answered and not purse.bucket:
        with connection.cursor() as cursor:
            cursor.execute(_ANSWERED, [purse.shop_id])
    if purse.pause:
        budget.note_throttled(purse.pause)
    if purse.failure:
        budget.note_failure(purse.failure)


def cost_of(operation: str) -> float:
    """Say what an operation has to have set aside, as any process last heard from any store."""
    if operation not in _costs:
        with connection.cursor() as cursor:
            cursor.execute("select asked from network_operationcost where operation = %s", [operation])
            row = cursor.fetchone()
        if row is None:
            return UNKNOWN_COST
        with _learning:
            _costs[operation] = float(row[0])
    return _costs[operation]


def _note_cost(operation: str, asked: float, actual: float | None) -> None:
    """Write a cost down when it is another than we thought; most answers write nothing."""
    known = _costs.get(operation)
    if known is not None and abs(known - asked) <= 0.05 * known:
        return
    with _learning:
        _costs[operation] = max(asked, 0.9 * known) if known else asked  # sizes differ from call to call: forget slowly
    with connection.cursor() as cursor:
        cursor.execute(_COST, [operation[:80], _costs[operation], actual])


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
