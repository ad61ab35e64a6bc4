"""Who does not pay sells no more from others' stock: shops of merchants long overdue are paused, and told why."""

import datetime as dt

import structlog
from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from network.connect import pause_shop
from network.models import Merchant, Shop
from network.scoping import as_network
from settlement.bank_details import accounts_in_use
from settlement.mandates import mandates_in_use
from settlement.models import Payment
from skuu.kit.errors import SkuuError

log = structlog.get_logger(__name__)

OWED = ("instructed", "failed", "bounced")  # what has left, or came back, and has not been paid since
WAITING = ("prepared", "approved")  # owed too when it cannot leave because of what the payer has not given


def debtors(on: dt.date | None = None) -> list[Merchant]:
    """Tell whose payments are overdue for more than ``SETTLEMENT_OVERDUE_DAYS``, and not paid by a later one.

    Who has given no bank account, or signed no mandate for a debit, owes what could therefore never leave; who only waits for
    the network's staff, or for the payee's bank account, does not.
    """
    last = (on or timezone.localdate()) - dt.timedelta(days=settings.SETTLEMENT_OVERDUE_DAYS)
    later = Payment.everyone.filter(
        Q(payee=OuterRef("payee")) | Q(payee=None),  # one kind of payment always has a payee, or never
        payer=OuterRef("payer"),
        kind=OuterRef("kind"),
        currency=OuterRef("currency"),
        status="settled",
        pk__gt=OuterRef("pk"),
    )
    overdue = Payment.everyone.filter(status__in=(*OWED, *WAITING), due_on__lt=last, payer__isnull=False)
    owing = list(overdue.exclude(Exists(later)).select_related("payer").order_by("due_on", "pk"))
    payers = {row.payer_id for row in owing if row.payer_id is not None and row.status in WAITING}
    accounts, mandates = accounts_in_use(payers), mandates_in_use(payers)

    def owes(row: Payment) -> bool:
        gave = row.payer_id in accounts and (not row.by_debit or row.payer_id in mandates)
        return row.status in OWED or not gave

    return list({row.payer.pk: row.payer for row in owing if row.payer is not None and owes(row)}.values())


def pause_debtors() -> int:
    """Pause the live shops of debtors; returns how many. *Again*: a paused shop stays paused until somebody resumes it."""
    done = 0
    with as_network():
        for shop in Shop.everyone.filter(merchant__in=debtors(), status="live").order_by("pk"):
            try:
                pause_shop(shop, by="settlement", reason="A payment is long overdue; pay it, and ask us to resume.")
                done += 1
            except SkuuError as error:
                log.warning("debtor_not_paused", shop=shop.pk, reason=error.message)
    return done
