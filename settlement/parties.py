"""Who stands on a document: the network, or a merchant with its VAT id of the country whose VAT the supply bears."""

import datetime as dt

from django.conf import settings
from django.utils import timezone

from network.models import Merchant, TaxRegistration
from network.taxing.territories import vat_country
from settlement.invoicing import Party


def merchant_party(merchant_id: int, *, country: str, on: dt.date, exact: bool) -> Party:
    """Describe a merchant with its VAT id of a country, as it counted on the day of the supply, or counts today.

    Unless it must be ``exact``, one without a number there is named with that of its own country, or any.
    """
    merchant = Merchant.everyone.get(pk=merchant_id)
    ids = _ids(merchant, on)
    vat_id = ids.get(country, "")
    if not vat_id and not exact:
        vat_id = ids.get(vat_country(merchant.country)) or next(iter(ids.values()), "")
    return Party(
        merchant.legal_name,
        str(merchant.pk),
        vat_id,
        merchant.address1,
        merchant.postcode,
        merchant.city,
        merchant.country,
        merchant.email,
    )


def network_party() -> Party:
    """Describe the network, which invoices its own fees."""
    return Party(
        settings.NETWORK_LEGAL_NAME,
        "network",
        settings.NETWORK_VAT_ID,
        settings.NETWORK_ADDRESS,
        settings.NETWORK_POSTCODE,
        settings.NETWORK_CITY,
        settings.NETWORK_COUNTRY,
    )


def homes_of(merchants: set[int]) -> dict[int, str]:
    """Name the country whose VAT holds at the seat of each merchant."""
    rows = Merchant.everyone.filter(pk__in=merchants).values_list("pk", "country")
    return {pk: vat_country(country) for pk, country in rows}


def _ids(merchant: Merchant, on: dt.date) -> dict[str, str]:
    """Find a merchant's VAT ids by country; those of the day of the supply go before those of today.

    A number that ended since is still the one under which the VAT is due; one that its register refuses by now is named nowhere.
    """
    today = timezone.localdate()
    rows = TaxRegistration.everyone.filter(merchant=merchant).order_by("valid_from", "pk")
    counted = [row for row in rows if not (row.is_doubted and row.refused_from and row.refused_from <= today)]
    found: dict[str, str] = {}
    for day in (today, on):
        for row in counted:
            if row.valid_from <= day and (row.valid_to is None or row.valid_to >= day):
                found[vat_country(row.country)] = row.vat_id
    return found
