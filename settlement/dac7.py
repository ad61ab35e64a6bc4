"""What the directive DAC7 asks of a platform: per seller and quarter, what it was paid, how often, and which fees were kept."""

import csv
import io
from dataclasses import dataclass, fields
from typing import Any

from django.db import connection

from network.models import Merchant, TaxRegistration
from network.scoping import as_network
from settlement.documents.statement import harmless
from skuu.kit.money import major

SMALL_SALES, SMALL_MINOR = 30, 2_000_00  # a seller of goods below both is not reported


@dataclass(frozen=True, slots=True)
class Seller:
    """One seller in one currency over a year, quarters in minor units; consideration is net of the network's fees."""

    name: str
    address: str
    country: str
    vat_ids: str
    account: str
    currency: str
    sales: tuple[int, int, int, int]
    consideration: tuple[int, int, int, int]
    fees: tuple[int, int, int, int]
    merchant: int = 0
    street: str = ""
    postcode: str = ""
    city: str = ""
    tax_number: str = ""
    registration_number: str = ""
    holder: str = ""

    @property
    def is_small(self) -> bool:
        """Whether the exclusion for small sellers of goods may apply (30 sales, 2,000 EUR)."""
        return self.currency == "EUR" and sum(self.sales) < SMALL_SALES and sum(self.consideration) <= SMALL_MINOR


_QUERY = """
select (e.facts->'shipper'->>'merchant')::bigint as merchant, l.currency, extract(quarter from e.effective_on)::int,
  sum((e.kind in ('ship', 'takeover'))::int)::bigint,
  sum(coalesce(i.supply, 0) - coalesce(i.fee, 0))::bigint, sum(coalesce(i.fee, 0))::bigint
from settlement_entry e
cross join lateral (select currency from settlement_line where entry_id = e.id limit 1) l
cross join lateral (select sum((x->>'supply')::bigint) as supply, sum((x->>'network_fee')::bigint) as fee
  from jsonb_array_elements(e.facts->'items') x) i
where e.kind in ('ship', 'return', 'takeover', 'resolve', 'reversal') and e.effective_on >= make_date(%(year)s, 1, 1)
  and e.effective_on < make_date(%(year)s + 1, 1, 1) and jsonb_typeof(e.facts->'items') = 'array'
  -- goods that go between two shops of one merchant are sold to nobody
  and e.facts->'origin'->>'merchant' is distinct from e.facts->'shipper'->>'merchant'
group by 1, 2, 3 order by 1, 2, 3
"""


def seller_report(year: int) -> list[Seller]:
    """Report every seller of a year, small ones too (they say so); reads only."""
    from settlement.bank_details import accounts_in_use

    figures: dict[tuple[int, str], dict[int, tuple[int, int, int]]] = {}
    with as_network(), connection.cursor() as cursor:
        cursor.execute(_QUERY, {"year": year})
        for merchant, currency, quarter, sales, paid, fees in cursor.fetchall():
            figures.setdefault((merchant, currency), {})[quarter] = (sales, paid, fees)
        ids = {merchant for merchant, _ in figures}
        merchants = {row.pk: row for row in Merchant.everyone.filter(pk__in=ids)}
        numbers: dict[int, list[str]] = {}
        for row in TaxRegistration.everyone.filter(merchant__in=ids).order_by("country", "valid_from"):
            numbers.setdefault(row.merchant_id, []).append(row.vat_id)
        accounts = accounts_in_use(ids)
        return [
            _seller(merchants[pk], currency, quarters, numbers.get(pk, []), accounts.get(pk))
            for (pk, currency), quarters in sorted(figures.items())
        ]


def _seller(merchant: Merchant, currency: str, quarters: dict[int, Any], ids: list[str], account: Any) -> Seller:
    def by_quarter(place: int) -> tuple[int, int, int, int]:
        one, two, three, four = (quarters.get(number, (0, 0, 0))[place] for number in (1, 2, 3, 4))
        return one, two, three, four

    return Seller(
        name=merchant.legal_name,
        address=", ".join(filter(None, (merchant.address1, f"{merchant.postcode} {merchant.city}".strip()))),
        country=merchant.country,
        vat_ids=" ".join(ids),
        account=account.iban if account else "",
        currency=currency,
        sales=by_quarter(0),
        consideration=by_quarter(1),
        fees=by_quarter(2),
        merchant=merchant.pk,
        street=merchant.address1,
        postcode=merchant.postcode,
        city=merchant.city,
        tax_number=merchant.tax_number,
        registration_number=merchant.registration_number,
        holder=account.holder if account else "",
    )


def seller_report_csv(year: int) -> bytes:
    """Write the report as CSV for the authority's form; amounts in major units."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    plain = [*[each.name for each in fields(Seller)][:6], "tax_number", "registration_number"]
    quarterly = ("sales", "consideration", "fees")
    writer.writerow(["year", *plain, *(f"{name}_q{q}" for name in quarterly for q in range(1, 5)), "small_seller"])
    for row in seller_report(year):
        cells = [harmless(str(getattr(row, name))) for name in plain]
        cells += [str(one) for one in row.sales]
        cells += [major(one, row.currency) for one in (*row.consideration, *row.fees)]
        writer.writerow([year, *cells, "yes" if row.is_small else "no"])
    return out.getvalue().encode("utf-8-sig")
