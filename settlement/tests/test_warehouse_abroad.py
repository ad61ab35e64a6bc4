"""Goods that leave a warehouse abroad bear that country's VAT: under both parties' numbers there, on documents of their own."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine

from network.models import TaxRegistration
from network.rates import forget_rates, keep_rates
from settlement.check import check_ledger
from settlement.close import close_cycle
from settlement.invoice import issue_documents
from settlement.invoicing import untold
from settlement.models import Document, Entry, NumberSeries, StoredFile
from settlement.post import reverse_entry
from settlement.settle import post_shipped
from settlement.tests.books import delivered
from settlement.tests.cast import DOMESTIC, make_merchant, make_shop

pytestmark = pytest.mark.django_db
NOVEMBER = dt.datetime(2026, 11, 2, 10, tzinfo=dt.UTC)
OCTOBER = dt.date(2026, 10, 1)
SOLD = dt.date(2026, 10, 12)


@pytest.fixture(autouse=True)
def clock(settings):
    settings.NETWORK_COUNTRY, settings.NETWORK_VAT_ID = "FR", "FR83404833048"
    settings.NETWORK_CITY, settings.NETWORK_POSTCODE = "Paris", "75001"
    keep_rates(iter([("PLN", SOLD, Decimal("4.25")), ("PLN", dt.date(2026, 10, 30), Decimal("4.3"))]))
    forget_rates()
    with time_machine.travel(NOVEMBER, tick=False) as clock:
        yield clock
    forget_rates()


@pytest.fixture
def alma():
    return german("Alma")


@pytest.fixture
def bruno():
    return german("Bruno")


def german(name):
    """A German merchant that is registered in Austria and Poland too."""
    merchant = make_merchant(name, country="DE")
    for country, vat_id in (("AT", f"ATU{merchant.pk:08d}"), ("PL", f"PL{merchant.pk:010d}")):
        TaxRegistration.everyone.create(
            merchant=merchant, country=country, vat_id=vat_id, valid_from=dt.date(2024, 1, 1)
        )
    return make_shop(merchant)


def sold(origin, shipper, rate_bp, leaves=None):
    kept = {} if leaves is None else {"leaves": leaves}
    return delivered(origin, shipper, vat=DOMESTIC | {"supply_rate_bp": rate_bp} | kept)


def numbers(shop, letters):
    return {"AT": f"ATU{shop.merchant_id:08d}", "PL": f"PL{shop.merchant_id:010d}", "DE": f"DE{shop.merchant_id:09d}"}[
        letters
    ]


def issue(month=OCTOBER):
    post_shipped()
    ends = (month + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
    close_cycle(ends)
    return issue_documents(month, by="ina")


def told(kind):
    """Tell the documents of a kind: number, net, VAT, rates, the VAT ids on both sides."""
    found = []
    for row in Document.everyone.filter(kind=kind).order_by("number"):
        facts = untold(row.facts)
        rates = {one.rate_bp for one in facts.rows}
        found.append((row.number, row.net, row.vat, rates, facts.seller.vat_id, facts.buyer.vat_id))
    return found


def test_a_document_is_about_one_country_under_the_numbers_of_both_there(alma, bruno):
    from_poland = sold(bruno, alma, 2300, "PL")
    from_austria = sold(bruno, alma, 2000, "AT")
    sold(bruno, alma, 1900, "DE")
    sold(bruno, alma, 1900)  # from before the country was kept with a sale: it counts as the shipper's own
    issued = issue()
    assert issued.stuck == {}
    at, pl, de = ((numbers(alma, one), numbers(bruno, one)) for one in ("AT", "PL", "DE"))
    prefix = f"SB{alma.merchant_id}-2026"
    assert told("389") == [
        (f"{prefix}-00001", 182_00, 34_58, {1900}, *de),
        (f"{prefix}-00002", 91_00, 18_20, {2000}, *at),
        (f"{prefix}-00003", 91_00, 20_93, {2300}, *pl),
    ]
    home, austrian, polish = (untold(row.facts) for row in Document.everyone.filter(kind="389").order_by("number"))
    assert [(one.leaves, one.tax_currency, one.tax_vat) for one in (home, austrian, polish)] == [
        ("", "", 0), ("AT", "", 0), ("PL", "PLN", 88_95),
    ]  # fmt: skip
    for kind in ("cii", "ubl"):  # proven by schema and rules before they were written
        content = bytes(StoredFile.everyone.get(document__number=f"{prefix}-00003", kind=kind).content).decode()
        assert (pl[0] in content, pl[1] in content, de[0] in content, "88.95" in content) == (True, True, False, True)
    fee = untold(Document.everyone.get(kind="380").facts)
    assert (fee.net, fee.buyer.vat_id, fee.leaves) == (8_00, numbers(alma, "DE"), "")

    for order in (from_poland, from_austria):
        reverse_entry(Entry.objects.get(internal_order=order, kind="ship"), by="ina", reason="posted twice")
    with time_machine.travel(dt.datetime(2026, 12, 1, 10, tzinfo=dt.UTC), tick=False):
        assert issue(dt.date(2026, 11, 1)).stuck == {}
    credit = f"SC{alma.merchant_id}-2026"
    assert told("261") == [
        (f"{credit}-00001", 91_00, 18_20, {2000}, *at),
        (f"{credit}-00002", 91_00, 20_93, {2300}, *pl),
    ]
    corrected = Document.everyone.filter(kind="261").order_by("number").values_list("corrects", flat=True)
    assert list(corrected) == [[f"{prefix}-00002"], [f"{prefix}-00003"]]
    assert check_ledger(strict=True).findings == []


def test_without_a_number_there_no_document_is_drawn_up_and_no_number_is_taken(alma, bruno):
    sold(bruno, alma, 2000, "AT")
    sold(bruno, alma, 1900, "DE")
    theirs = TaxRegistration.everyone.filter(merchant=bruno.merchant, country="AT")
    theirs.update(valid_to=SOLD - dt.timedelta(days=1))
    issued = issue()
    name, prefix = bruno.merchant.legal_name, f"SB{alma.merchant_id}-2026"
    assert issued.stuck == {
        f"389 {alma.merchant_id}→{bruno.merchant_id} from AT": f"{name} has no VAT id on record of Austria, which the goods left."
    }
    assert [row[0] for row in told("389")] == [f"{prefix}-00001"]
    assert NumberSeries.objects.get(prefix=prefix).last == 1
    # it had ended after the sale: the VAT of that day is due under it
    theirs.update(valid_to=SOLD)
    assert issue_documents(OCTOBER, by="ina").stuck == {}
    assert told("389")[1] == (f"{prefix}-00002", 91_00, 18_20, {2000}, numbers(alma, "AT"), numbers(bruno, "AT"))
    assert check_ledger(strict=True).findings == []
