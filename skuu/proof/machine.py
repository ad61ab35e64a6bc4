"""Anything that people, stores and clocks may do to the network, in any order; after each step it is asked what must hold."""

import contextlib
import datetime as dt
import random
from typing import Any, ClassVar

import time_machine
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from network.models import Shop
from orders import direct, return_goods
from orders.fulfil import DECLINE_REASONS, accept_internal_order, decline_internal_order, ship_internal_order
from orders.models import InternalOrder, Order, Parcel, Return, ReturnRule
from skuu.kit.errors import SkuuError
from skuu.kit.states import move
from skuu.proof import truths
from skuu.proof.town import SIZES, SLOW, SWEEPS, Town, set_database_clock

SHOPS = st.integers(0, 3)
ANY = st.integers(0, 1000)
NUMBERS = iter(range(1, 10**9))
LOST = (
    "PlaceInternalOrder",
    "CancelInternalOrder",
    "Ship(",
    "AcceptRequest",
    "CloseFulfilmentOrder",
    "MoveFulfilmentOrder",
    "ActivateOnShelf",
    "WriteShelf",
    "Restock(",
)


class Clocks:
    """Our processes' clock and the database's, which go on together."""

    def __init__(self, ours: Any) -> None:
        self.ours, self.ahead = ours, 0.0
        set_database_clock(0.0)

    def shift(self, step: dt.timedelta) -> None:
        """Let time pass for both."""
        self.ours.shift(step)
        self.ahead += step.total_seconds()
        set_database_clock(self.ahead)


class Network(RuleBasedStateMachine):
    """The network and its four shops; ``town`` is set by whoever runs the machine, inside a transaction of the database."""

    town: ClassVar[Town]
    steps: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.mark = transaction.savepoint()
        self.town.reopen()
        self.clock = time_machine.travel(dt.datetime.now(dt.UTC), tick=True)
        self.time = Clocks(self.clock.start())
        self.sold: list[tuple[Shop, str]] = []
        self.chance = random.Random(0)  # noqa: S311
        self.trail: list[str] = []

    @initialize(seed=ANY)
    def begin(self, seed: int) -> None:
        """Draw the chances of this example, where goods come back to, and let two customers come."""
        self.chance = random.Random(seed)  # noqa: S311
        for shop in range(4):
            self.choose_way_back(
                shop, self.chance.choice(("next_seller", "nearest", "shipper")), self.chance.random() < 0.7
            )
        for _ in range(2):
            self._buy(self.chance.randrange(4), [(self.chance.choice(SIZES), self.chance.choice((1, 1, 2)))], True)

    # --- customers and the selling shops ------------------------------------------------------------------------------
    @rule(
        shop=SHOPS,
        size=st.sampled_from(SIZES),
        units=st.sampled_from([1, 1, 1, 2, 3]),
        paid=st.sampled_from([True, True, False]),
    )
    def buy(self, shop: int, size: str, units: int, paid: bool) -> None:
        """A customer buys one size."""
        self._buy(shop, [(size, units)], paid)

    @rule(shop=SHOPS, first=st.sampled_from(SIZES), second=st.sampled_from(SIZES))
    def buy_two(self, shop: int, first: str, second: str) -> None:
        """A customer buys two lines, perhaps of the same size."""
        self._buy(shop, [(first, 1), (second, 1)], True)

    @rule(shop=SHOPS, size=st.sampled_from(SIZES))
    def buy_and_get(self, shop: int, size: str) -> None:
        """A day on which all goes well: a customer buys, the partner ships, the network keeps up."""
        self._buy(shop, [(size, 1)], True)
        for _ in range(3):
            for name in SWEEPS:
                self.town.work(name)
        for row in InternalOrder.everyone.filter(status="accepted", cancel_wanted_at=None).order_by("pk"):
            self._try(ship_internal_order, row, carrier="PostNL", number=f"3STEST{next(NUMBERS):07d}", by="shipper")

    def _buy(self, shop: int, wants: list[tuple[str, int]], paid: bool) -> None:
        origin = self.town.shops[shop]
        order = self.town.buy(origin, *wants, paid=paid)
        if order:
            self.sold.append((origin, order))

    @precondition(lambda self: self.sold)
    @rule(at=ANY)
    def pay(self, at: int) -> None:
        """The money of an order arrives."""
        self.town.pay(*self._sold(at))

    @precondition(lambda self: self.sold)
    @rule(at=ANY)
    def cancel(self, at: int) -> None:
        """The selling shop cancels an order."""
        self.town.cancel(*self._sold(at))

    @precondition(lambda self: self.sold)
    @rule(at=ANY, units=st.integers(1, 2), how=st.sampled_from(["refund", "edit"]))
    def take_out(self, at: int, units: int, how: str) -> None:
        """The selling shop takes units out of an order, by refund or by editing it."""
        shop, order = self._sold(at)
        if how == "edit":
            self.town.edit(shop, order, units)
        else:
            self.town.refund(shop, order, units, f"key-{next(NUMBERS)}")

    def _sold(self, at: int) -> tuple[Shop, str]:
        return self.sold[at % len(self.sold)]

    # --- the shippers -------------------------------------------------------------------------------------------------
    def _internal(self, at: int, *statuses: str) -> InternalOrder | None:
        rows = InternalOrder.everyone.select_related("shipper", "order__shop").filter(status__in=statuses)
        found = list(rows.order_by("pk"))
        return found[at % len(found)] if found else None

    @precondition(lambda self: self.sold)
    @rule(at=ANY, reason=st.sampled_from([*DECLINE_REASONS]))
    def decline(self, at: int, reason: str) -> None:
        """A shipper declines, for any of the reasons."""
        if row := self._internal(at, *InternalOrder.OPEN):
            self._try(decline_internal_order, row, reason, by="shipper")

    @precondition(lambda self: self.sold)
    @rule(at=ANY)
    def agree(self, at: int) -> None:
        """A shipper that wanted to be asked agrees."""
        if row := self._internal(at, "planned"):
            self._try(accept_internal_order, row, by="shipper")

    @precondition(lambda self: self.sold)
    @rule(at=ANY, whole=st.booleans(), where=st.sampled_from(["portal", "store"]))
    def ship(self, at: int, whole: bool, where: str) -> None:
        """A parcel leaves, entered in the portal or in the shipper's own store."""
        row = self._internal(at, "placed", "accepted")
        if row is None:
            return
        number = f"3STEST{next(NUMBERS):07d}"
        if where == "portal":
            line = row.lines.order_by("pk").first()
            part = None if whole or line is None else [(line.pk, 1)]
            self._try(ship_internal_order, row, carrier="PostNL", number=number, lines=part, by="shipper")
        elif row.remote_id:
            with contextlib.suppress(AssertionError):  # cancelled or sent already: the store refuses
                self.town.market.ship(row, number, units=None if whole else 1)

    @precondition(lambda self: self.sold)
    @rule(at=ANY)
    def cancel_at_shipper(self, at: int) -> None:
        """A shipper cancels our order in its own store."""
        row = self._internal(at, "placed", "accepted")
        if row and row.remote_id:
            self.town.cancel(row.shipper, row.remote_id)

    @precondition(lambda self: self.sold)
    @rule(at=ANY, status=st.sampled_from(["IN_TRANSIT", "DELIVERED", "DELIVERED"]))
    def carry(self, at: int, status: str) -> None:
        """A carrier says something of a parcel."""
        found = list(Parcel.everyone.exclude(remote_id="").filter(cancelled_at=None).order_by("pk"))
        if found:
            parcel = found[at % len(found)]
            self.town.say(parcel.internal_order.shipper, parcel.remote_id, status)

    @precondition(lambda self: self.sold)
    @rule(at=ANY)
    def unship(self, at: int) -> None:
        """A shipper takes a parcel back that had not left after all."""
        found = list(Parcel.everyone.exclude(remote_id="").filter(cancelled_at=None, delivered_at=None).order_by("pk"))
        if found:
            parcel = found[at % len(found)]
            self.town.unship(parcel.internal_order.shipper, parcel.remote_id)

    @rule(shop=SHOPS, asks=st.booleans())
    def wish_to_be_asked(self, shop: int, asks: bool) -> None:
        """A shop changes whether it wants to be asked first."""
        Shop.everyone.filter(pk=self.town.shops[shop].pk).update(accept_mode="ask" if asks else "automatic")

    @rule(shop=SHOPS, size=st.sampled_from(SIZES), units=st.sampled_from([-1, -1, 1, 2]))
    def till(self, shop: int, size: str, units: int) -> None:
        """A pair is sold over the counter, or pairs are put in stock."""
        self.town.at_till(self.town.shops[shop], size, units)

    # --- goods that come back -----------------------------------------------------------------------------------------
    @rule(shop=SHOPS, way=st.sampled_from(["next_seller", "next_seller", *ReturnRule.NAMES]), takes=st.booleans())
    def choose_way_back(self, shop: int, way: str, takes: bool) -> None:
        """A merchant says where its customers send goods, and whether it takes over what others' customers send back."""
        self._try(direct.choose_rule, self.town.shops[shop].merchant, way, takes_over=takes, by="merchant")

    @precondition(lambda self: self.sold)
    @rule(at=ANY, units=st.integers(1, 2), destination=st.sampled_from(["rule", "rule", "shipper", "origin"]))
    def announce(self, at: int, units: int, destination: str) -> None:
        """A customer sends something back."""
        row = self._internal(at, "shipped", "delivered")
        line = row.lines.order_by("pk").first() if row else None
        if row and line:
            self._try(
                return_goods.announce_return,
                row,
                [(line.pk, units)],
                reason="not_liked",
                destination=destination,
                by="origin",
            )

    @precondition(lambda self: self.sold)
    @rule(at=ANY)
    def report_lost(self, at: int) -> None:
        """A customer never got the parcel."""
        if row := self._internal(at, "shipped", "delivered"):
            self._try(return_goods.report_lost, row, by="origin")

    @precondition(lambda self: self.sold)
    @rule(
        at=ANY,
        what=st.sampled_from(["cancel", "receive", "inspect", "inspect"]),
        grade=st.sampled_from(["as_new", "as_new", "faulty", "worn", "missing"]),
    )
    def go_on_with_return(self, at: int, what: str, grade: str) -> None:
        """A return is called off, arrives, or is looked at."""
        found = list(Return.everyone.order_by("pk"))
        if not found:
            return
        returned = found[at % len(found)]
        if what == "cancel":
            self._try(return_goods.cancel_return, returned, by="origin")
        elif what == "receive":
            self._try(return_goods.receive_return, returned, by="shipper")
        else:
            inspect_whole(returned, grade, attempt=self._try)

    # --- the world around ---------------------------------------------------------------------------------------------
    @rule(lose=st.sampled_from([0.0, 0.3, 1.0]), double=st.sampled_from([0.0, 0.5]), shuffle=st.booleans())
    def messages(self, lose: float, double: float, shuffle: bool) -> None:
        """Messages arrive: lost, doubled, in any order."""
        self.town.bring(self.chance, lose=lose, double=double, shuffle=shuffle)

    @rule(names=st.lists(st.sampled_from([*SWEEPS]), min_size=1, max_size=6))
    def work(self, names: list[str]) -> None:
        """Some sweeps run."""
        for name in names:
            self.town.work(name)

    @rule(rounds=st.integers(1, 2))
    def work_hard(self, rounds: int) -> None:
        """All sweeps run, once or twice."""
        for _ in range(rounds):
            for name in SWEEPS:
                self.town.work(name)

    @rule(name=st.sampled_from([*SLOW]))
    def work_slowly(self, name: str) -> None:
        """A row of the timetable is due."""
        self.town.work(name)

    @rule()
    def jobs(self) -> None:
        """The stores finish what they only promised."""
        self.town.market.standin.standin.finish_jobs()

    @rule(operation=st.sampled_from(LOST), shop=SHOPS)
    def lose_answer(self, operation: str, shop: int) -> None:
        """The next answer of a store to such a call will be lost, after the store has done it."""
        self.town.market.standin.spoil("drop_after", operation, store=self.town.shops[shop].domain)

    @rule(seconds=st.sampled_from([1, 5, 30, 120, 600, 3600, 90_000]))
    def pass_time(self, seconds: int) -> None:
        """Time passes, for us and for the stores."""
        self.time.shift(dt.timedelta(seconds=seconds))

    @rule(seconds=st.sampled_from([0, 90, -90]))
    def set_clock(self, seconds: int) -> None:
        """Our clock is set before or behind the stores' by a minute and a half, or right again."""
        stores = self.town.market.standin.standin.clock
        step = seconds + stores.ahead  # the stores' own clock goes on as it did, and so does the database's
        self.time.ours.shift(dt.timedelta(seconds=step))
        stores.ahead = -float(seconds)

    @rule(shop=SHOPS, pause=st.booleans())
    def take_part(self, shop: int, pause: bool) -> None:
        """A shop pauses, or goes on."""
        row = Shop.everyone.get(pk=self.town.shops[shop].pk)
        self._try(move, row, "paused" if pause else "live", by="merchant")

    def _try(self, verb: Any, *given: Any, **more: Any) -> None:
        """Let a person try something; being refused is no fault."""
        with contextlib.suppress(SkuuError), transaction.atomic():
            verb(*given, **more)

    # --- what must hold -----------------------------------------------------------------------------------------------
    @invariant()
    def nothing_is_broken(self) -> None:
        """Ask after every step."""
        type(self).steps += 1
        hold(truths.always(self.town))

    def teardown(self) -> None:
        """Let the network come to rest, hold it against the stores, end every story, and hold it against them again."""
        try:
            if self.trail_is_whole():
                come_to_rest(self.town, self.time)
                hold(truths.when_quiet(self.town))
                end_every_story(self.town, self.time, self.chance)
                hold(truths.when_quiet(self.town) + truths.at_the_end(self.town))
        finally:
            self.clock.stop()
            transaction.savepoint_rollback(self.mark)

    def trail_is_whole(self) -> bool:
        """Say whether the steps went through; after a failure the rest would only hide it."""
        import sys

        return sys.exc_info()[0] is None


def hold(broken: list[str]) -> None:
    """Fail with every broken promise as a sentence."""
    if broken:
        raise AssertionError("\n".join(broken))


# --- coming to rest ---------------------------------------------------------------------------------------------------
def come_to_rest(town: Town, time: Any, rounds: int = 12) -> None:
    """Let time pass and all sweeps work until there is nothing left to do; no message is needed for that."""
    town.market.standin.faults.clear()
    town.collect()
    town.messages.clear()
    for _ in range(rounds):
        time.shift(dt.timedelta(minutes=70))
        for name in ("orders", "changes", "arrived", "post"):
            town.work(name)
        town.work_until_idle()
        if not truths.when_quiet(town):
            return


def end_every_story(town: Town, time: Any, chance: random.Random) -> None:
    """Pay or cancel, ship and deliver whatever is open, send some of it back and inspect that, as people would in the end."""
    for shop in Shop.everyone.filter(status="paused"):
        move(shop, "live", by="merchant")
    for order in Order.everyone.filter(paid_at=None, cancelled_at=None).select_related("shop"):
        town.pay(order.shop, order.remote_id)
    come_to_rest(town, time)
    for _ in range(6):
        for row in InternalOrder.everyone.filter(status="planned", asks=True, agreed_at=None):
            accept_internal_order(row, by="shipper")
        come_to_rest(town, time)
        if not _ship_and_deliver(town):
            break
    _send_back(chance)
    for returned in Return.everyone.filter(status__in=Return.OPEN).order_by("pk"):
        inspect_whole(returned, chance.choice(("as_new", "as_new", "faulty", "worn")))
    for _ in range(2):  # of some deliveries nobody ever told us, and some parcels were taken back and never sent again
        time.shift(dt.timedelta(days=20))
        town.work("tidy")
        come_to_rest(town, time)


def _ship_and_deliver(town: Town) -> int:
    done = 0
    for row in InternalOrder.everyone.filter(status__in=["placed", "accepted"], cancel_wanted_at=None):
        ship_internal_order(row, carrier="PostNL", number=f"3SLAST{next(NUMBERS):07d}", by="shipper")
        done += 1
    town.work_until_idle()
    for parcel in Parcel.everyone.exclude(remote_id="").filter(cancelled_at=None, delivered_at=None):
        town.say(parcel.internal_order.shipper, parcel.remote_id, "DELIVERED")
        done += 1
    return done


def _send_back(chance: random.Random) -> None:
    """Let half of the customers who got something send a unit of it back, where the seller's rule says."""
    for row in InternalOrder.everyone.select_related("shipper", "order__shop__merchant").filter(status="delivered"):
        line = row.lines.order_by("pk").first()
        if line and chance.random() < 0.5:
            with contextlib.suppress(SkuuError), transaction.atomic():
                return_goods.announce_return(row, [(line.pk, 1)], reason="not_liked", destination="rule", by="origin")


def inspect_whole(returned: Return, grade: str, attempt: Any = None) -> None:
    """Give every unit of a return the same grade."""
    grade = {"as_new": "lost", "faulty": "lost", "worn": "lost"}.get(grade, grade) if returned.is_lost else grade
    grades = {line.line_id: {grade: line.quantity} for line in returned.lines.all()}
    if attempt:
        attempt(return_goods.inspect_return, returned, grades, by="shipper")
    else:
        return_goods.inspect_return(returned, grades, by="shipper")
