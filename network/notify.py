"""Telling merchants what they must know: notices said once, shown in the portal, and mailed."""

import datetime as dt
from collections.abc import Iterable

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from network.models import Notice, Shop, User

log = structlog.get_logger(__name__)
BATCH = 50
TOO_OLD = dt.timedelta(days=3)  # a notice nobody could mail for so long is in the portal and stays there
MAILED_ROLES = ("owner", "operations")


def give_notice(shop: Shop, kind: str, key: str, subject: str, body: str, link: str = "") -> Notice:
    """Tell a shop's people something, in the portal at once and by mail soon. *Again*, with the same key: the first one stands."""
    notice, _ = Notice.everyone.get_or_create(
        shop=shop, key=key[:120], defaults={"kind": kind, "subject": subject[:200], "body": body, "link": link[:200]}
    )
    return notice


def give_notices(notices: Iterable[Notice]) -> None:
    """Give many notices in as many statements however many they are. *Again*, with the same keys: the first ones stand."""
    Notice.everyone.bulk_create(list(notices), batch_size=500, ignore_conflicts=True)


def settle_notice(shop: Shop, key: str) -> None:
    """Take a notice off the task list because what it asked for is done. *Again*: no change."""
    Notice.everyone.filter(shop=shop, key=key, done_at=None).update(done_at=timezone.now())


def mark_notice(notice: Notice, *, done: bool) -> None:
    """Tick a notice off by hand, or put it back among those that wait. *Again*: the first time stands."""
    rows = Notice.everyone.filter(pk=notice.pk, done_at__isnull=done)
    rows.update(done_at=timezone.now() if done else None)
    notice.done_at = Notice.everyone.values_list("done_at", flat=True).get(pk=notice.pk)


def send_notices() -> int:
    """Mail a batch of notices; returns how many were taken up.

    A notice is marked before it is mailed, so that two workers never mail it twice; a mail server that refuses it takes the
    mark off again. A crash between the two costs a mail, never the notice: the portal shows it.
    """
    now = timezone.now()
    with transaction.atomic():
        unmailed = Notice.everyone.filter(mailed_at=None, created_at__gt=now - TOO_OLD).order_by("created_at")
        ids = list(unmailed.select_for_update(skip_locked=True).values_list("pk", flat=True)[:BATCH])
        Notice.everyone.filter(pk__in=ids).update(mailed_at=now)
    failed = [one.pk for one in Notice.everyone.filter(pk__in=ids).select_related("shop__merchant") if not _mail(one)]
    Notice.everyone.filter(pk__in=failed).update(mailed_at=None)
    return len(ids) - len(failed)


def _mail(notice: Notice) -> bool:
    people = set(
        User.objects.filter(
            memberships__merchant=notice.shop.merchant_id, memberships__role__in=MAILED_ROLES, is_active=True
        ).values_list("email", flat=True)
    )
    to = sorted(one for one in people | {notice.shop.merchant.email} if one)
    if not to:
        return True
    link = f"\n\n{settings.BASE_URL}{notice.link}" if notice.link else ""
    message = EmailMessage(subject=f"[{settings.NETWORK_NAME}] {notice.subject}", body=f"{notice.body}{link}\n", bcc=to)
    try:
        message.send()
    except OSError as error:  # smtplib's errors are OSErrors
        log.warning("notice_not_mailed", notice=notice.pk, kind=type(error).__name__)
        return False
    return True


def mail_staff(subject: str, body: str) -> bool:
    """Mail the network's own people at once; says whether it was handed over (also when nobody has an address).

    No retry: who calls keeps the record of what is still to be told. Never call it inside a transaction.
    """
    staff = User.objects.filter(is_staff=True, is_active=True).exclude(email="")
    to = sorted(set(staff.values_list("email", flat=True)))
    if not to:
        return True
    message = EmailMessage(subject=f"[{settings.NETWORK_NAME}] {subject}", body=f"{body}\n", bcc=to)
    try:
        message.send()
    except OSError as error:  # smtplib's errors are OSErrors
        log.warning("staff_not_mailed", kind=type(error).__name__)
        return False
    return True
