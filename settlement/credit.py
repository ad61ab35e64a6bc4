"""How much a merchant may owe before it gets no more orders: staff set it, everybody concerned reads it, a sweep holds it.

The limit stands beside the books, not in them: what was shipped is a fact, and a ledger that refused it would be wrong. Who is at
its limit is paused instead, so that no further order is routed for it; what is under way is finished, posted and owed.
"""

from collections.abc import Collection
from dataclasses import dataclass

import structlog
from django.db import transaction

from network.connect import pause_shop
from network.models import Merchant, Shop
from network.notify import give_notice
from network.scoping import as_network
from settlement.balances import Position, positions_of_many
from settlement.models import CreditLimit
from skuu.kit.errors import NotPossible, SkuuError
from skuu.kit.money import Money

log = structlog.get_logger(__name__)
REACHED = "credit_limit"


@dataclass(frozen=True, slots=True)
class Credit:
    """What a merchant may owe in one currency and what it owes now, minor units."""

    currency: str
    limit: int
    used: int
    reason: str = ""

    @property
    def left(self) -> int:
        return max(self.limit - self.used, 0)

    @property
    def is_reached(self) -> bool:
        return 0 < self.used >= self.limit  # who may owe nothing may trade as long as it owes nothing

    def told(self) -> str:
        """Name limit and debt in words."""
        limit, used = (Money(amount, self.currency).format() for amount in (self.limit, self.used))
        return f"{used} of the credit limit of {limit} is used"


def limit_credit(merchant: Merchant, currency: str, amount: int | None, *, by: str, reason: str) -> CreditLimit:
    """Limit what a merchant may owe in a currency, minor units; None lifts the limit. Earlier rows stay as history.

    A lower limit than what is owed takes nothing back; no further order comes. *Locks* the merchant. *Again*, with the same
    amount: the row that stands. Raises NotPossible.
    """
    reason = reason.strip()
    if not 3 <= len(reason) <= 500:
        raise NotPossible("Say why; the merchant reads it.", code="no_reason")
    if amount is not None and amount < 0:
        raise NotPossible("A credit limit is nothing or more.", code="bad_amount")
    with as_network(), transaction.atomic():
        Merchant.everyone.select_for_update(no_key=True).get(pk=merchant.pk)
        standing = CreditLimit.everyone.filter(merchant=merchant, currency=currency).order_by("-pk").first()
        if standing is not None and standing.amount == amount:
            return standing
        if standing is None and amount is None:
            raise NotPossible("There is no limit to lift.", code="no_limit")
        return CreditLimit.everyone.create(
            merchant=merchant, currency=currency, amount=amount, reason=reason, set_by=by[:120]
        )


def credits_of(merchant: Merchant) -> list[Credit]:
    """Tell a merchant's limits with what it owes now, by currency; who has none has an empty list. Two queries."""
    return credits_of_many([merchant.pk]).get(merchant.pk, [])


def credits_of_many(merchant_ids: Collection[int] | None = None) -> dict[int, list[Credit]]:
    """Tell the limits of some merchants, or of all that have one, with what each owes; two queries however many."""
    with as_network():
        rows = CreditLimit.everyone.order_by("merchant_id", "currency", "-pk").distinct("merchant_id", "currency")
        if merchant_ids is not None:
            rows = rows.filter(merchant__in=merchant_ids)
        limits = [(row, row.amount) for row in rows if row.amount is not None]
        positions = positions_of_many({row.merchant_id for row, _ in limits})
    found: dict[int, list[Credit]] = {}
    for row, amount in limits:
        used = _owed(positions.get(row.merchant_id, []), row.currency)
        found.setdefault(row.merchant_id, []).append(Credit(row.currency, amount, used, row.reason))
    return found


def pause_over_limit() -> int:
    """Pause the live shops of merchants that owe their limit or more, and tell them; returns how many.

    *Again*: a paused shop stays paused until somebody resumes it, and is paused anew while the limit is reached.
    """
    reached = {merchant: [one for one in limits if one.is_reached] for merchant, limits in credits_of_many().items()}
    done = 0
    with as_network():
        for shop in Shop.everyone.filter(
            merchant__in=[who for who, of in reached.items() if of], status="live"
        ).order_by("pk"):
            words = "; ".join(one.told() for one in reached[shop.merchant_id])
            try:
                pause_shop(
                    shop, by="settlement", reason=f"The credit limit is reached: {words}. Pay, and ask us to resume."
                )
            except SkuuError as error:
                log.warning("shop_over_limit_not_paused", shop=shop.pk, reason=error.message)
                continue
            change = shop.changes.filter(to_status="paused").order_by("-pk").first()
            give_notice(
                shop,
                REACHED,
                f"{REACHED}:{change.pk if change else shop.pk}",
                "Your credit limit is reached",
                f"{words[0].upper()}{words[1:]}. Your shop takes no more orders from partners' stock until you have paid; what is "
                "under way is finished.",
                "/money/",
            )
            done += 1
    return done


def _owed(positions: Collection[Position], currency: str) -> int:
    return sum(max(-one.total, 0) for one in positions if one.currency == currency)
