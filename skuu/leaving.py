"""A shop leaves the network: nothing new, everything open finished, then the door is closed and its secrets forgotten.

Nothing of the way is stored but that it was begun: each step is counted where it is true, so the way may be interrupted
anywhere and goes on by sweep. What is owed stays owed, statements and invoices stay readable for the merchant's people, and
books, orders and parcels are kept as the law asks; tokens and keys are erased at once.
"""

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from catalog.models import ItemMark, Match, Placement
from network import tokens
from network.connect import leave_network, pause_shop, resume_shop
from network.models import ApiKey, Leaving, Shop
from orders.models import InternalOrder, OrderLine, Parcel, Return
from settlement.balances import Position, positions_of
from skuu.kit.errors import WrongState
from skuu.kit.jobs import answers_bell, ring

BATCH = 20
OPEN_LINES = ("waiting", "routed")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that must be done before a shop may go: how much of it is left, and who does it."""

    key: str
    title: str
    left: int
    how: str

    @property
    def is_done(self) -> bool:
        return self.left == 0


@dataclass(frozen=True, slots=True)
class ExitPlan:
    """Where a shop stands on its way out; amounts are the merchant's, over all its shops."""

    steps: list[Step]
    positions: list[Position]
    leaving: Leaving | None

    @property
    def is_clear(self) -> bool:
        """Whether nothing keeps the shop."""
        return all(step.is_done for step in self.steps)


class HasLeft(WrongState):
    """The shop has left already."""

    code = "has_left"


def ask_to_leave(shop: Shop, *, by: str, reason: str = "") -> Leaving:
    """Let a shop begin to leave: it is paused, so its shelf goes to zero and its stock is offered no more.

    Open orders are finished first. *Again*: the way that was begun. Raises HasLeft.
    """
    if shop.status == "left":
        raise HasLeft("This shop has left the network.")
    try:
        with transaction.atomic():
            leaving = Leaving.everyone.create(shop=shop, asked_by=by, reason=reason.strip()[:200])
            pause_shop(shop, by=by, reason="leaving the network")
            ring(go_on_leaving)
    except IntegrityError:
        return Leaving.everyone.get(shop=shop, ended_at=None)
    return leaving


def stay(shop: Shop, *, by: str) -> None:
    """Let a shop that was leaving go on where it was. *Again*: no change. Raises Unmet when it may not be live any more."""
    leaving = Leaving.everyone.filter(shop=shop, ended_at=None).first()
    if leaving is None:
        return
    if shop.changes.filter(to_status="paused", at__gte=leaving.asked_at).exists():
        resume_shop(shop, by=by)
    Leaving.everyone.filter(pk=leaving.pk, ended_at=None).update(ended_at=timezone.now(), ended_by=by)


@answers_bell
def go_on_leaving() -> int:
    """Let every shop go that has nothing open any more; returns how many left."""
    waiting = Leaving.everyone.filter(ended_at=None).select_related("shop").order_by("pk")
    left = last = 0
    while found := list(waiting.filter(pk__gt=last)[:BATCH]):  # all: those that cannot go yet keep nobody else waiting
        last = found[-1].pk
        left += sum(_finish(leaving) for leaving in found)
    return left


def finish_leaving(shop: Shop, *, by: str) -> bool:
    """Let one shop go if nothing is open; returns whether it left. *Again*: False."""
    leaving = Leaving.everyone.filter(shop=shop, ended_at=None).select_related("shop").first()
    return leaving is not None and _finish(leaving, by=by)


def _finish(leaving: Leaving, by: str = "") -> bool:
    shop = leaving.shop
    if shop.status != "left" and not plan_exit(shop).is_clear:
        return False
    by = by or leaving.asked_by
    with transaction.atomic():
        if shop.status != "left":
            leave_network(shop, by=by, reason=leaving.reason or "asked to leave")
        tokens.wipe(shop)
        ApiKey.everyone.filter(shop=shop, revoked_at=None).update(revoked_at=timezone.now())
        ended = {"ended_at": timezone.now(), "ended_by": by, "left": True}
        return bool(Leaving.everyone.filter(pk=leaving.pk, ended_at=None).update(**ended))


def plan_exit(shop: Shop) -> ExitPlan:
    """Count what keeps a shop from leaving; reads only."""
    to_ship = InternalOrder.everyone.filter(shipper=shop, status__in=InternalOrder.OPEN).count()
    # a held line was never paid for, or is a test: it keeps the shop only while a partner has it
    at_partner = Exists(InternalOrder.everyone.filter(lines__order_line=OuterRef("pk"), status__in=InternalOrder.OPEN))
    open_lines = Q(status__in=OPEN_LINES) | (Q(status="held") & at_partner)
    sold = OrderLine.everyone.filter(open_lines, order__shop=shop).count()
    steps = [
        Step(
            "paused",
            "Nothing new is sold or offered",
            int(shop.status in ("live", "shadow")),
            "The shop is paused when you ask to leave.",
        ),
        Step(
            "shelf",
            "The network shelf shows zero",
            _standing(shop),
            "The network takes partners’ units off your shelf.",
        ),
        Step("offer", "Your stock is off partners’ shelves", _offered(shop), "The network lowers partners’ shelves."),
        Step("to_ship", "Orders to ship for partners", to_ship, "Ship or decline them under “Orders to ship”."),
        Step(
            "sold",
            "Your customers’ orders at partners",
            sold,
            "Partners ship them; what nobody can ship is handed back to you.",
        ),
        Step("parcels", "Parcels under way", _under_way(shop), "Tracking is mirrored until they are delivered."),
        Step("returns", "Returns not yet received or inspected", _returns(shop), "Finish them under “Returns”."),
    ]
    leaving = Leaving.everyone.filter(shop=shop).order_by("-pk").first()
    return ExitPlan(steps, positions_of(shop.merchant), leaving)


def _standing(shop: Shop) -> int:
    return Placement.everyone.filter(Q(pushed__gt=0) | Q(wanted__gt=0), shop=shop).count()


def _offered(shop: Shop) -> int:
    """Count partners' shelves that may still show units of this shop: decisions not yet taken, and lower figures not yet pushed."""
    mine = Match.everyone.filter(shop=shop, status="linked").values("item_id")
    undecided = ItemMark.objects.filter(item__in=mine).values("item").distinct().count()
    higher = Placement.everyone.filter(item_id__in=mine, pushed__gt=F("wanted")).exclude(shop=shop)
    return undecided + higher.count()


def _under_way(shop: Shop) -> int:
    concerned = Q(internal_order__shipper=shop) | Q(internal_order__order__shop=shop)
    unmirrored = ~Q(mirror_wanted=F("mirrored"))
    open_parcels = Parcel.everyone.filter(concerned, cancelled_at=None)
    return open_parcels.filter(unmirrored | Q(delivered_at=None)).count()


def _returns(shop: Shop) -> int:
    concerned = Q(internal_order__shipper=shop) | Q(internal_order__order__shop=shop) | Q(receiver=shop)
    return Return.everyone.filter(concerned, status__in=Return.OPEN).count()
