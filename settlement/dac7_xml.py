"""The report about sellers (DAC7) as XML: the OECD's schema for digital platforms, version 1.0, written element by element."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.conf import settings
from lxml import etree

from network.taxing import EU
from settlement.dac7 import Seller
from settlement.rates import convert, rate_on
from skuu.kit.errors import NotPossible
from skuu.kit.money import exponent, round_half_away

DPI, STF = "urn:oecd:ties:dpi:v1", "urn:oecd:ties:dpistf:v1"
NEW_DATA, CORRECTIONS = "DPI401", "DPI402"
RESENT, NEW, CORRECTED, DELETED = "OECD0", "OECD1", "OECD2", "OECD3"
IBAN, REGISTERED = "IBAN", "OECD304"
NO_TIN = "NOTIN"  # what stands for a number nobody gave: the schema wants at least one character
Four = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Reported:
    """One seller over all its currencies: quarters in whole units of one currency, as the schema has no cents."""

    seller: Seller
    currency: str
    sales: Four
    consideration: Four
    fees: Four


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a report: its type, its reference, the reference it corrects, and whom it is about (None: the network)."""

    type: str
    reference: str
    corrects: str
    reported: Reported | None


def reported_sellers(sellers: Iterable[Seller], year: int) -> list[Reported]:
    """Say who is reported: sellers of the Union that are not small; who sold in several currencies is told in euro.

    A quarter is converted at the last rate published in it. Raises NoRate.
    """
    by_merchant: dict[int, list[Seller]] = {}
    for seller in sellers:
        if seller.country in EU:
            by_merchant.setdefault(seller.merchant, []).append(seller)
    return [_reported(rows, year) for _, rows in sorted(by_merchant.items()) if not all(row.is_small for row in rows)]


def _reported(rows: list[Seller], year: int) -> Reported:
    currency = rows[0].currency if len(rows) == 1 else "EUR"

    def whole(amounts: Callable[[Seller], Four]) -> Four:
        one, two, three, four = (
            sum(_whole(amounts(row)[quarter], row.currency, currency, year, quarter) for row in rows)
            for quarter in range(4)
        )
        return one, two, three, four

    one, two, three, four = (sum(row.sales[quarter] for row in rows) for quarter in range(4))
    return Reported(
        rows[0],
        currency,
        (one, two, three, four),
        whole(lambda row: row.consideration),
        whole(lambda row: row.fees),
    )


def _whole(minor: int, given: str, wanted: str, year: int, quarter: int) -> int:
    if minor and given != wanted:
        month = 3 * quarter + 3
        last = dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)
        minor = convert(minor, rate_on(given, last), rate_on(wanted, last))
    return round_half_away(Fraction(minor, 10 ** exponent(wanted)))


def check_year(year: int, at: dt.datetime) -> None:
    """Refuse a report of a year that is not over, or by nobody. Raises NotPossible."""
    if not settings.NETWORK_VAT_ID:
        raise NotPossible("Set SKUU_NETWORK_VAT_ID: the report names who sends it.", code="no_operator")
    if at.year <= year:
        raise NotPossible(f"{year} is not over; a report is of a whole year.", code="year_is_open")


def operator_facts() -> dict[str, str]:
    """Say of the network itself what a report tells of it."""
    return {
        "vat_id": settings.NETWORK_VAT_ID,
        "legal_name": settings.NETWORK_LEGAL_NAME,
        "name": settings.NETWORK_NAME,
        "country": settings.NETWORK_COUNTRY,
        "street": settings.NETWORK_ADDRESS,
        "postcode": settings.NETWORK_POSTCODE,
        "city": settings.NETWORK_CITY,
    }


def write_report(records: Iterable[Record], year: int, *, at: dt.datetime, kind: str, reference: str) -> bytes:
    """Write one message of records about a year's sellers, for the authority of the network's own country.

    The same records at the same instant give the same bytes. A tax number that nobody gave is told as unknown.
    """
    country = settings.NETWORK_COUNTRY
    root = etree.Element(f"{{{DPI}}}DPI_OECD", nsmap={"dpi": DPI, "stf": STF}, version="1.0")
    _message(root, country, year, at, kind, reference)
    body = _add(root, "DPIBody")
    for record in records:
        if record.reported is None:
            _operator(body, country, record)
        else:
            _seller(body, record.reported, record)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _message(root: Any, country: str, year: int, at: dt.datetime, kind: str, reference: str) -> None:
    message = _add(root, "MessageSpec")
    _add(message, "SendingEntityIN", settings.NETWORK_VAT_ID)
    _add(message, "TransmittingCountry", country)
    _add(message, "ReceivingCountry", country)
    _add(message, "MessageType", "DPI")
    _add(message, "MessageRefId", reference)
    _add(message, "MessageTypeIndic", kind)
    _add(message, "ReportingPeriod", f"{year}-12-31")
    _add(message, "Timestamp", f"{at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S}Z")


def _operator(body: Any, country: str, record: Record) -> None:
    operator = _add(body, "PlatformOperator")
    _add(operator, "ResCountryCode", country)
    _add(operator, "TIN", settings.NETWORK_VAT_ID, issuedBy=country)
    _add(operator, "VAT", settings.NETWORK_VAT_ID)
    _add(operator, "Name", settings.NETWORK_LEGAL_NAME)
    _add(operator, "PlatformBusinessName", settings.NETWORK_NAME)
    _address(operator, country, settings.NETWORK_ADDRESS, settings.NETWORK_POSTCODE, settings.NETWORK_CITY)
    _add(operator, "AssumedReporting", "false")
    _doc(operator, record)


def _seller(body: Any, row: Reported, record: Record) -> None:
    seller = row.seller
    reportable = _add(body, "ReportableSeller")
    standard = _add(_add(_add(reportable, "Identity"), "EntitySeller"), "Standard")
    entity = _add(standard, "EntSellerID")
    _add(entity, "ResCountryCode", seller.country)
    if seller.tax_number:
        _add(entity, "TIN", seller.tax_number, issuedBy=seller.country)
    else:
        _add(entity, "TIN", NO_TIN, unknown="true")
    if seller.registration_number:
        _add(entity, "IN", seller.registration_number, issuedBy=seller.country, INType="BRN")
    if seller.vat_ids:
        _add(entity, "VAT", seller.vat_ids.split()[0])
    _add(entity, "Name", seller.name)
    _address(entity, seller.country, seller.street, seller.postcode, seller.city)
    if seller.account:
        account = _add(standard, "FinancialIdentifier")
        _add(account, "Identifier", seller.account, AccountNumberType=IBAN)
        _add(account, "AccountHolderName", seller.holder)
    goods = _add(_add(reportable, "RelevantActivities"), "SaleOfGoods")
    money = {"currCode": row.currency}
    _quarters(_add(goods, "Consideration"), "ConsQ", row.consideration, money)
    _quarters(_add(goods, "NumberOfActivities"), "NumbQ", row.sales, {})
    _quarters(_add(goods, "Fees"), "FeesQ", row.fees, money)
    _quarters(_add(goods, "Taxes"), "TaxQ", (0, 0, 0, 0), money)  # the network withholds none
    _doc(reportable, record)


def _quarters(parent: Any, name: str, values: Four, attributes: dict[str, str]) -> None:
    for number, value in enumerate(values, start=1):
        _add(parent, f"{name}{number}", str(value), **attributes)


def _address(parent: Any, country: str, street: str, postcode: str, city: str) -> None:
    address = _add(parent, "Address", legalAddressType=REGISTERED)
    _add(address, "CountryCode", country)
    fixed = _add(address, "AddressFix")
    for name, value in (("Street", street), ("PostCode", postcode), ("City", city or country)):
        if value:
            _add(fixed, name, value)


def _doc(parent: Any, record: Record) -> None:
    doc = _add(parent, "DocSpec")
    told = [("DocTypeIndic", record.type), ("DocRefId", record.reference)]
    if record.corrects:
        told.append(("CorrDocRefId", record.corrects))
    for name, value in told:
        etree.SubElement(doc, f"{{{STF}}}{name}").text = value


def _add(parent: Any, name: str, text: str | None = None, **attributes: str) -> Any:
    child = etree.SubElement(parent, f"{{{DPI}}}{name}", attributes)
    child.text = text
    return child
