"""Amounts between two merchants beside a sale: penalties, compensation, and debts that nobody will pay any more."""

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from network.models import Merchant
from network.scoping import as_network
from orders.models import InternalOrder
from settlement.models import Entry, Line
from settlement.post import Draft, Posted, post_entry
from settlement.splitting import Posting
from skuu.kit.errors import NotPossible
from skuu.kit.money import Money


def compensate(
    *, payer: Merchant, payee: Merchant, amount: int, currency: str, reason: str, by: str, key: str,
    internal_order: InternalOrder | None = None,
) -> Posted:  # fmt: skip
    """Let one merchant owe another an amount (minor units, outside VAT): a penalty for a rejection, compensation for damage.

    Payable at once. *Again* with the same ``key`` it is posted once. Raises NotPossible, KeyReused for another amount.
    """
    if amount <= 0 or payer.pk == payee.pk:
        raise NotPossible("Somebody owes somebody else something.", code="bad_amount")
    if not reason.strip():
        raise NotPossible("Say what for; both read it on their statements.", code="no_reason")
    return post_entry(
        Draft(
            key=f"penalty:{key}",
            kind="penalty",
            ref=f"internal_order:{internal_order.pk}" if internal_order else f"penalty:{key}",
            effective_on=timezone.localdate(),
            currency=currency,
            postings=(
                Posting(payer.pk, "merchant", amount, "penalty", payee.pk),
                Posting(payee.pk, "merchant", -amount, "penalty", payer.pk),
            ),
            facts={
                "reason": reason,
                "number": internal_order.number if internal_order else "",
                "by": by,
                "partners": {str(payer.pk): payee.name, str(payee.pk): payer.name},
            },
        )
    )


def write_off(merchant: Merchant, *, currency: str, amount: int, reason: str, by: str, key: str) -> Posted:
    """Give up what a merchant owes the network (minor units). *Again* with the same ``key`` it is posted once.

    Raises NotPossible ``too_much`` when the merchant owes the network less than that.
    """
    if amount <= 0 or not reason.strip():
        raise NotPossible("Say how much and why.", code="bad_amount")
    with as_network(), transaction.atomic():
        if not Entry.objects.filter(key=f"write_off:{key}").exists() and amount > (owed := _owed(merchant, currency)):
            shown = Money(owed, currency).format()
            raise NotPossible(f"{merchant.name} owes the network {shown}, no more.", code="too_much", most=owed)
        return post_entry(
            Draft(
                key=f"write_off:{key}",
                kind="write_off",
                ref=f"merchant:{merchant.pk}",
                effective_on=timezone.localdate(),
                currency=currency,
                postings=(
                    Posting(merchant.pk, "merchant", -amount, "write_off"),
                    Posting(None, "bad_debt", amount, "write_off", merchant.pk),
                ),
                facts={"reason": reason, "by": by, "partners": {str(merchant.pk): settings.NETWORK_NAME}},
            )
        )


def _owed(merchant: Merchant, currency: str) -> int:
    lines = Line.objects.filter(
        account__merchant=merchant, account__kind="merchant", counterparty=None, currency=currency
    )
    return max(0, int(lines.aggregate(sum=Sum("amount"))["sum"] or 0))
