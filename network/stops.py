"""Halting what goes wrong: a shop, a kind of message, one partner's stock; at once, with a reason, and visible to whom it concerns."""

from dataclasses import dataclass, field
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from network.connectors.shopify.payloads import NEUTRAL
from network.models import Shop, Stop
from network.notify import give_notice, settle_notice
from skuu.kit.errors import NotFound, NotPossible

log = structlog.get_logger(__name__)
SAID = {
    "shop": (
        "The network has halted its connection to your shop",
        "Your shop's messages are kept and will be handled later; nothing is written to your store meanwhile.",
    ),
    "topic": (
        "The network has halted one kind of message of your shop",
        "Messages of this kind are kept and will be handled later; everything else goes on.",
    ),
    "partner": (
        "The network has halted the offer of your stock",
        "Your stock stands on no partner's shelf meanwhile, and no new order is sent to you. Open orders go on.",
    ),
}


@dataclass(frozen=True)
class Halted:
    """What is halted now; topics as the platform names them."""

    shops: frozenset[int] = frozenset()
    topics: frozenset[str] = frozenset()
    pairs: frozenset[tuple[int, str]] = field(default_factory=frozenset)

    def __bool__(self) -> bool:
        return bool(self.shops or self.topics or self.pairs)

    def covers(self, shop_id: int, topic: str) -> bool:
        """Say whether this message must wait."""
        return shop_id in self.shops or topic in self.topics or (shop_id, topic) in self.pairs


def halt(kind: str, *, by: str, reason: str, shop: Shop | None = None, topic: str = "") -> Stop:
    """Halt a shop, a kind of message (in the network's words; of one shop or of all) or a partner, from now on.

    The shop concerned finds it in the portal and in its mail. *Again*: the stop that stands, with its first reason.
    Raises NotPossible when a reason or what is to be halted is missing, NotFound for a topic nobody knows.
    """
    if not reason.strip():
        raise NotPossible("Say why: the merchant and the next person on duty read it.")
    if kind not in Stop.KINDS:
        raise NotFound(f"“{kind}” cannot be halted.")
    if (kind == "topic") != bool(topic) or (kind != "topic" and shop is None):
        raise NotPossible("Name the shop to halt, or the kind of message.")
    if topic and topic not in NEUTRAL.values():
        raise NotFound(f"“{topic}” is no kind of message.")
    values = {"kind": kind, "shop": shop, "topic": topic}
    try:
        with transaction.atomic():
            row = Stop.objects.create(**values, reason=reason.strip(), by=by[:120])
            if shop is not None:
                subject, body = SAID[kind]
                give_notice(shop, "halted", f"stop:{row.pk}", subject, f"{body}\n\nReason: {row.reason}")
    except IntegrityError:
        return Stop.objects.get(**values, ended_at=None)
    log.warning("halted", what=str(row), by=by)
    return row


def lift(stop: Stop, *, by: str) -> None:
    """End a stop: what waited is taken up at once. *Again*: no change."""
    with transaction.atomic():
        if not Stop.objects.filter(pk=stop.pk, ended_at=None).update(ended_at=timezone.now(), ended_by=by[:120]):
            return
        if stop.shop is not None:
            settle_notice(stop.shop, f"stop:{stop.pk}")
        _wake()
    log.warning("lifted", what=str(stop), by=by)


def halted() -> Halted:
    """Read whose and which messages must wait now."""
    shops: set[int] = set()
    topics: set[str] = set()
    pairs: set[tuple[int, str]] = set()
    for kind, shop_id, word in open_stops().exclude(kind="partner").values_list("kind", "shop_id", "topic"):
        named = [topic for topic, neutral in NEUTRAL.items() if neutral == word]
        if kind == "shop":
            shops.add(shop_id)
        elif shop_id is None:
            topics.update(named)
        else:
            pairs.update((shop_id, topic) for topic in named)
    return Halted(frozenset(shops), frozenset(topics), frozenset(pairs))


def open_stops() -> Any:
    """Select the stops that stand."""
    return Stop.objects.filter(ended_at=None)


def is_halted(shop: Shop) -> bool:
    """Say whether nothing may be written to this shop's store now."""
    return open_stops().filter(kind="shop", shop=shop).exists()


def may_be_written() -> Q:
    """Select shops whose stores may be written to: those nobody halted."""
    return ~Q(pk__in=open_stops().filter(kind="shop").values("shop"))


def _wake() -> None:
    from network.tasks import handle_figures, handle_inbound
    from skuu.kit.jobs import ring

    ring(handle_figures)
    ring(handle_inbound)
