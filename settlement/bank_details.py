"""Where a merchant is paid: bank details change slowly, so that who stole a session cannot redirect a payout."""

import datetime as dt
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from schwifty import BIC, IBAN
from schwifty.exceptions import SchwiftyException

from network.models import Merchant
from network.scoping import as_network
from settlement.models import BankAccount
from skuu.kit.errors import NotPossible


class BadBankDetails(NotPossible):
    """The account number does not exist as it is written."""

    code = "bad_iban"


def add_bank_account(merchant: Merchant, *, holder: str, iban: str, bic: str = "", by: str) -> BankAccount:
    """Note a merchant's new bank account; it takes the place of the present one after ``BANK_DETAILS_WAIT_HOURS``.

    The first account of a merchant has nothing to take the place of and is used at once. A mandate for the old account does not
    go over to the new one. *Again*: the same number as the newest one changes nothing. Raises BadBankDetails.
    """
    number, bic = _checked(iban, bic)
    holder = holder.strip()
    if not 2 <= len(holder) <= 70:
        raise BadBankDetails("Whose account is it? Write the name as the bank knows it.")
    now = timezone.now()
    with as_network(), transaction.atomic():
        Merchant.everyone.select_for_update().get(pk=merchant.pk)
        rows = BankAccount.everyone.filter(merchant=merchant, replaced_at=None)
        newest = rows.order_by("-usable_from", "-pk").first()
        if newest is not None and newest.iban == number and newest.holder == holder:
            return newest
        wait = dt.timedelta(hours=settings.BANK_DETAILS_WAIT_HOURS) if newest is not None else dt.timedelta()
        rows.filter(usable_from__gt=now).update(replaced_at=now)  # one that never came into use
        return BankAccount.everyone.create(
            merchant=merchant,
            holder=holder,
            iban=number,
            tail=number[-4:],
            bic=bic,
            added_by=by,
            added_at=now,
            usable_from=now + wait,
        )


def accounts_in_use(merchants: Iterable[int]) -> dict[int, BankAccount]:
    """Tell which account each merchant is paid to now: the newest whose waiting time is over."""
    rows = BankAccount.everyone.filter(merchant__in=list(merchants), usable_from__lte=timezone.now(), replaced_at=None)
    rows = rows.select_related("merchant")
    return {row.merchant_id: row for row in rows.order_by("usable_from", "pk")}


def _checked(iban: str, bic: str) -> tuple[str, str]:
    try:
        number = IBAN(iban)
        found = BIC(bic) if bic.strip() else number.bic
    except SchwiftyException as error:
        raise BadBankDetails("This IBAN or BIC cannot be right; look at your bank's papers.") from error
    return str(number), str(found) if found else ""
