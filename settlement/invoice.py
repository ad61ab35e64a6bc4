"""A closed month → documents: self-billed invoices and credit notes per pair, and the network's own for its fees."""

import calendar
import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from network.scoping import as_network
from network.taxing.territories import country_name, vat_country
from settlement.documents.pdf import invoice_pdf
from settlement.documents.pdfa import check_pdfa
from settlement.documents.validate import check_document
from settlement.invoicing import Invoice, Party, Row, told, write_cii, write_ubl
from settlement.models import Cycle, Document, DocumentEntry, Entry, NumberSeries, StoredFile, Unbilled
from settlement.national import with_national_vat
from settlement.parties import homes_of, merchant_party, network_party
from settlement.post import Draft, post_entry
from settlement.self_billing import NoAgreement, lock_agreement
from settlement.splitting import Posting
from settlement.unbilled import WITH_ITS_SALE, note_unbilled
from skuu.kit.errors import NotPossible, SkuuError

SUPPLY, FEE = "supply", "fee"
DAYS_TO_PAY = 14
_CATEGORY = {"local": "S", "reverse_charge": "AE", "outside": "O"}


class NotInvoiceable(NotPossible):
    """Something that must stand on the document is missing."""

    code = "not_invoiceable"


@dataclass
class Issued:
    """What was issued, which documents could not be and why, and which sales wait for their supplier's agreement."""

    documents: list[Document] = field(default_factory=list)
    stuck: dict[str, str] = field(default_factory=dict)
    waiting: list[Unbilled] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Group:
    month: dt.date  # its first day; no document is about two months
    about: str
    shipper: int
    origin: int | None  # None: the network's fee
    leaves: str  # the country the goods left, whose VAT they bear; empty for the shipper's own
    currency: str
    credit: bool

    @property
    def kind(self) -> str:
        return {(SUPPLY, False): "389", (SUPPLY, True): "261", (FEE, False): "380", (FEE, True): "381"}[
            self.about, self.credit
        ]

    def named(self, month: dt.date) -> str:
        """Name it for people; of another month than the one that is issued with its month."""
        late = "" if self.month == month else f" of {self.month:%Y-%m}"
        abroad = f" from {self.leaves}" if self.leaves else ""
        return f"{self.kind} {self.shipper}→{self.origin or 'network'}{abroad}{late}"


# The country the goods left is kept with the VAT of a sale, and is that where the goods are of a takeover; older ones have none.
# Entries of a month (and older ones that came late) with an amount of their own that no document states yet.
_WAITING = f"""
select e.id, date_trunc('month', coalesce(sale.day, e.effective_on))::date, %(about)s, (e.facts->'shipper'->>'merchant')::bigint,
  case when %(about)s = 'supply' then (e.facts->'origin'->>'merchant')::bigint end,
  case when %(about)s = 'supply' then coalesce(e.facts->'vat'->>'leaves', e.facts->'vat'->>'country', '') else '' end,
  l.currency, sums.amount < 0 and sale.day is null
from settlement_entry e
cross join lateral (select currency from settlement_line where entry_id = e.id limit 1) l
cross join lateral (select sum((item->>(case when %(about)s = 'supply' then 'supply' else 'network_fee' end))::bigint) as amount
  from jsonb_array_elements(e.facts->'items') item) sums
join settlement_period p on p.id = e.period_id
{WITH_ITS_SALE}
where e.kind in ('ship', 'return', 'takeover', 'resolve', 'reversal') and e.effective_on <= %(until)s and p.closed_at is not null
  and jsonb_typeof(e.facts->'items') = 'array' and sums.amount <> 0
  and not exists (select 1 from settlement_documententry d where d.entry_id = e.id and d.about = %(about)s)
order by e.id
"""  # noqa: S608 - the texts above and in settlement.unbilled


def issue_documents(month: dt.date, *, by: str, tell: Callable[[str], None] | None = None) -> Issued:
    """Issue every document of a month whose books are closed: one per pair, currency and direction, with its files.

    Each document is proven by schema and rules before it is written; its VAT, reckoned on the sum, is trued up in the ledger.
    A price that a dispute lowered stands on the invoice of its sale, or on a credit note once that is issued.
    In the name of a supplier that has not agreed nothing is drawn up: its sales wait, told in ``waiting``. What came late, or
    waited, stands on documents of its own month. *Locks* the supplier's agreement and number series, one document at a time.
    *Again*: an entry stands on one document of its kind. Raises NotPossible while the month is open. Not for web processes.
    """
    begins = month.replace(day=1)
    ends = begins.replace(day=calendar.monthrange(begins.year, begins.month)[1])
    issued = Issued()
    with as_network():
        last = Cycle.objects.order_by("-through").values_list("through", flat=True).first()
        if last is None or last < ends:
            raise NotPossible(f"The books are not closed through {ends}; settle first.", code="month_is_open")
        for about in (SUPPLY, FEE):
            for group, entries in sorted(_waiting(about, ends).items(), key=lambda pair: (pair[0].month, str(pair[0]))):
                try:
                    issued.documents.append(_issue(group, entries))
                except NoAgreement:
                    continue  # told below, with all that waits
                except SkuuError as error:
                    issued.stuck[group.named(begins)] = error.message
                if tell is not None:
                    tell(f"issued {len(issued.documents)} documents")
        issued.waiting = note_unbilled(ends)
    return issued


def _waiting(about: str, until: dt.date) -> dict[_Group, list[int]]:
    found: defaultdict[_Group, list[int]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, {"about": about, "until": until})
        rows = [(entry, _Group(*rest)) for entry, *rest in cursor.fetchall()]
    homes = homes_of({group.shipper for _, group in rows})
    for entry, group in rows:
        leaves = vat_country(group.leaves)
        found[replace(group, leaves="" if leaves == homes[group.shipper] else leaves)].append(entry)
    return found


@transaction.atomic
def _issue(group: _Group, entries: list[int]) -> Document:
    today = timezone.localdate()
    supplier = group.shipper if group.about == SUPPLY else None
    agreement = lock_agreement(supplier, today) if supplier is not None else None
    series = _series(supplier, group.kind, today)
    stated = list(Entry.objects.filter(pk__in=entries).order_by("effective_on", "pk"))
    facts, vat = [entry.facts for entry in stated], "vat" if group.about == SUPPLY else "fee_vat"
    parties = _parties(group, stated, today)
    invoice = _invoice(group, facts, f"{series.prefix}-{series.last + 1:05d}", today, parties)
    invoice = with_national_vat(invoice, stated, vat)
    booked = abs(sum(item[vat] for one in facts for item in one["items"]))
    series.last += 1
    series.save(update_fields=["last"])
    document = Document.everyone.create(
        number=invoice.number,
        kind=group.kind,
        seller_id=supplier,
        buyer_id=group.shipper if group.origin is None else group.origin,
        month=group.month,
        issued_on=today,
        currency=group.currency,
        net=invoice.net,
        vat=invoice.vat,
        gross=invoice.gross,
        trueup=invoice.vat - booked,
        corrects=[number for number, _ in invoice.corrects],
        facts=told(invoice),
        agreement=agreement,
        object_until=today + dt.timedelta(days=agreement.days_to_object) if agreement is not None else None,
    )
    DocumentEntry.objects.bulk_create(
        [DocumentEntry(document=document, entry_id=entry, about=group.about) for entry in entries], batch_size=1_000
    )
    _store(document, invoice)
    if document.trueup:
        post_entry(_trueup(document, group))
    return document


def _series(supplier: int | None, kind: str, today: dt.date) -> NumberSeries:
    """Lock the series of this supplier, kind and year; the lock is what leaves no gap."""
    letters = {"389": "SB", "261": "SC", "380": "F", "381": "FC"}[kind]
    prefix = f"{letters}{supplier or ''}-{today.year}"
    NumberSeries.objects.get_or_create(supplier_id=supplier, prefix=prefix)
    return NumberSeries.objects.select_for_update().get(supplier_id=supplier, prefix=prefix)


def _parties(group: _Group, stated: list[Entry], today: dt.date) -> tuple[Party, Party]:
    """Name seller and buyer, of goods both with their VAT ids of the country the goods left."""
    home = homes_of({group.shipper})[group.shipper]
    if group.origin is None:
        return network_party(), merchant_party(group.shipper, country=home, on=today, exact=False)
    country, day = group.leaves or home, max(entry.effective_on for entry in stated)
    # it was kept with the sale, and both held a number there
    exact = all(entry.facts.get("vat", {}).keys() & {"leaves", "country"} for entry in stated)
    seller, buyer = (merchant_party(one, country=country, on=day, exact=exact) for one in (group.shipper, group.origin))
    for party in (seller, buyer):
        if exact and not party.vat_id:
            raise NotInvoiceable(
                f"{party.name} has no VAT id on record of {country_name(country)}, which the goods left."
            )
    return seller, buyer


def _invoice(group: _Group, facts: list[dict], number: str, today: dt.date, parties: tuple[Party, Party]) -> Invoice:
    seller, buyer = parties
    if group.about == SUPPLY:
        rows = tuple(row for one in facts for row in _supply_rows(one))
    else:
        rows = tuple(row for one in facts for row in _fee_rows(one))
    rows = _positive(rows)
    if any(row.category == "S" for row in rows) and not seller.vat_id:
        raise NotInvoiceable(f"{seller.name} charges VAT and has no VAT id on record.")
    if any(row.category == "AE" for row in rows) and not (seller.vat_id and buyer.vat_id):
        raise NotInvoiceable(f"A reverse charge names the VAT ids of {seller.name} and {buyer.name}; one is missing.")
    return Invoice(
        number=number,
        kind=group.kind,
        issued_on=today,
        due_on=today + dt.timedelta(days=DAYS_TO_PAY),
        begins=group.month,
        ends=group.month.replace(day=calendar.monthrange(group.month.year, group.month.month)[1]),
        currency=group.currency,
        seller=seller,
        buyer=buyer,
        rows=rows,
        corrects=_corrected(facts, group) if group.credit else (),
        iban=settings.NETWORK_IBAN if group.about == FEE and not group.credit else "",
        leaves=group.leaves,
    )


def _positive(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """Turn the rows of a credit note about; what lowers a price stays a row of less than nothing on the invoice of its sale."""
    if sum(row.net for row in rows) >= 0:
        return rows
    return tuple(replace(row, net=-row.net, units=-row.units) for row in rows)


def _supply_rows(facts: dict) -> Iterable[Row]:
    rate = facts["vat"]["supply_rate_bp"]
    for item in facts["items"]:
        if item["supply"]:
            units = abs(item.get("quantity") or 1) * (1 if item["supply"] > 0 else -1)
            yield Row(item["title"], units, item["supply"], "S" if rate else "Z", rate, facts["number"])


def _fee_rows(facts: dict) -> Iterable[Row]:
    vat = facts["fee_vat"]
    fee = sum(abs(item["network_fee"]) for item in facts["items"])
    if fee:
        yield Row("Network fee", 1, fee, _CATEGORY[vat["treatment"]], vat["rate_bp"], facts["number"])


def _corrected(facts: list[dict], group: _Group) -> tuple[tuple[str, dt.date], ...]:
    """Name the invoices that the sales of these credits stand on; an invoice of the same month is issued before."""
    keys = {one.get("sale") or one.get("reverses") for one in facts} - {None}
    rows = Document.everyone.filter(entries__entry__key__in=keys, entries__about=group.about)
    found = rows.order_by("issued_on", "number").values_list("number", "issued_on").distinct()
    if not found:
        raise NotInvoiceable("The invoice of these sales has not been issued yet.")
    return tuple(found)


def _store(document: Document, invoice: Invoice) -> None:
    cii, ubl = write_cii(invoice), write_ubl(invoice)
    check_document(cii, "cii")
    check_document(ubl, "ubl")
    pdf = invoice_pdf(invoice, cii)
    check_pdfa(pdf, carries="factur-x.xml")
    for kind, content in (("cii", cii), ("ubl", ubl), ("pdf", pdf)):
        StoredFile.everyone.create(
            document=document, kind=kind, content=content, digest=hashlib.sha256(content).hexdigest()
        )


def _trueup(document: Document, group: _Group) -> Draft:
    """Move the difference between the VAT of the document and the VAT of its sales."""
    amount = -document.trueup if group.credit else document.trueup
    if group.about == SUPPLY and group.origin is not None:
        payer, payee = group.origin, group.shipper
        postings = (
            Posting(payer, "merchant", amount, "trueup", payee),
            Posting(payee, "merchant", -amount, "trueup", payer),
        )
        names = {str(payer): document.facts["seller"]["name"], str(payee): document.facts["buyer"]["name"]}
    else:
        postings = (
            Posting(group.shipper, "merchant", amount, "trueup"),
            Posting(None, "vat_out", -amount, "trueup", group.shipper),
        )
        names = {str(group.shipper): settings.NETWORK_NAME}
    return Draft(
        key=f"trueup:document:{document.pk}",
        kind="trueup",
        ref=f"document:{document.number}",
        effective_on=timezone.localdate(),
        currency=document.currency,
        postings=postings,
        facts={"reason": f"VAT of {document.number}, reckoned on its sum", "partners": names},
    )
