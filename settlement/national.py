"""The VAT of a document in the money of the country it is due in: at the rate of the day of each sale (articles 91 and 230)."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache

from settlement.invoicing import Invoice
from settlement.models import Entry
from settlement.rates import Rate, rate_on
from skuu.kit.money import exponent, round_half_away

# Countries of the network that keep money of their own; the others have the euro.
MONEY = {
    "CH": "CHF", "CZ": "CZK", "DK": "DKK", "GB": "GBP", "HU": "HUF", "LI": "CHF", "NO": "NOK", "PL": "PLN", "RO": "RON",
    "SE": "SEK", "XI": "GBP",
}  # fmt: skip


def with_national_vat(invoice: Invoice, entries: Iterable[Entry], item: str) -> Invoice:
    """Tell a document's VAT in the currency of the country it is due in too, where it is written in another.

    That is the country the goods left, or that of the seller's VAT id. ``item`` names the VAT in an entry's items. Each sale is
    converted at the ECB rate of its own day, or the last one published before; what came back at the rate of its sale; what the
    document rounds otherwise than its sales at the last day's. Rounded once, half away from zero. Raises NoRate.
    """
    wanted = MONEY.get(invoice.leaves or (invoice.seller.vat_id or invoice.seller.country)[:2], "EUR")
    if wanted == invoice.currency or not invoice.vat:
        return invoice
    rates = cache(rate_on)
    places = Fraction(10) ** (exponent(wanted) - exponent(invoice.currency))

    def worth(minor: int, day: dt.date) -> Fraction:
        before, after = rates(invoice.currency, day), rates(wanted, day)
        return minor * Fraction(after.value) / Fraction(before.value) * places

    booked, total = 0, Fraction(0)
    for day, vat in _by_sale(list(entries), item, -1 if invoice.is_credit else 1):
        booked, total = booked + vat, total + worth(vat, day)
    total += worth(invoice.vat - booked, invoice.ends)
    last: Rate = rates(invoice.currency if wanted == "EUR" else wanted, invoice.ends)
    told = f"ECB rates of the days of sale; 1 EUR = {last.told()['rate']} {last.currency} on {last.on.isoformat()}"
    return replace(invoice, tax_currency=wanted, tax_vat=round_half_away(total), tax_rate=told)


def _by_sale(entries: Sequence[Entry], item: str, sign: int) -> list[tuple[dt.date, int]]:
    """Give the VAT of each entry, as its document counts it, with the day of the sale it belongs to."""
    keys = {key for one in entries if (key := one.facts.get("sale") or one.facts.get("reverses"))}
    sold = dict(Entry.objects.filter(key__in=keys).values_list("key", "effective_on"))
    found = []
    for one in entries:
        key = one.facts.get("sale") or one.facts.get("reverses") or ""
        found.append((sold.get(key, one.effective_on), sign * sum(row[item] for row in one.facts["items"])))
    return found
