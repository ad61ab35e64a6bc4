"""Who does not pay sells no more from others' stock: shops of merchants long overdue are paused, and told why."""

import datetime as dt

import structlog
from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from network.connect import pause_shop
from network.models import Merchant, Shop
from network.scoping import as_network
from settlement.models import Payment
from skuu.kit.errors import SkuuError

log = structlog.get_logger(__name__)

OWED = ("instructed", "failed", "bounced")  # what has left, or came back, and has not been paid since


def debtors(on: dt.date | None = None) -> list[Merchant]:
    """Tell whose payments are overdue for more than ``SETTLEMENT_OVERDUE_DAYS``, and not paid by a later one."""
    last = (on or timezone.localdate()) - dt.timedelta(days=settings.SETTLEMENT_OVERDUE_DAYS)
    later = Payment.everyone.filter(
        Q(payee=OuterRef("payee")) | Q(payee=None),  # one kind of payment always has a payee, or never
        payer=OuterRef("payer"),
        kind=OuterRef("kind"),
        currency=OuterRef("currency"),
        status="settled",
        pk__gt=OuterRef("pk"),
    )
    overdue = Payment.everyone.filter(status__in=OWED, due_on__lt=last, payer__isnull=False).exclude(Exists(later))
    owing = overdue.select_related("payer").order_by("due_on", "pk")
    return list({row.payer.pk: row.payer for row in owing if row.payer is not None}.values())


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
