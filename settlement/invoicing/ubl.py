"""An invoice or credit note as UBL 2.1, the language of the Peppol network."""

from xml.etree.ElementTree import Element

from settlement.invoicing.facts import OUTSIDE, REASONS, Invoice, Party, Row, Tax
from settlement.invoicing.xml import Writer, amount, percent
from skuu.kit.money import major

_URN = "urn:oasis:names:specification:ubl:schema:xsd:"
PROFILE = "urn:cen.eu:en16931:2017"


def write_ubl(invoice: Invoice) -> bytes:
    """Write an invoice as UBL Invoice, a credit note as UBL CreditNote."""
    kind = "CreditNote" if invoice.is_credit else "Invoice"
    spaces = {
        "": f"{_URN}{kind}-2",
        "cac": f"{_URN}CommonAggregateComponents-2",
        "cbc": f"{_URN}CommonBasicComponents-2",
    }
    xml = Writer(kind, spaces)
    add, root = xml.add, xml.root
    add(root, "cbc:CustomizationID", PROFILE)
    add(root, "cbc:ID", invoice.number)
    add(root, "cbc:IssueDate", invoice.issued_on.isoformat())
    if not invoice.is_credit:
        add(root, "cbc:DueDate", invoice.due_on.isoformat())
    add(root, f"cbc:{kind}TypeCode", invoice.kind)
    if invoice.note:
        add(root, "cbc:Note", invoice.note)
    add(root, "cbc:DocumentCurrencyCode", invoice.currency)
    if invoice.tax_currency:
        add(root, "cbc:TaxCurrencyCode", invoice.tax_currency)
    period = add(root, "cac:InvoicePeriod")
    add(period, "cbc:StartDate", invoice.begins.isoformat())
    add(period, "cbc:EndDate", invoice.ends.isoformat())
    for number, on in invoice.corrects:
        earlier = add(root, "cac:BillingReference/cac:InvoiceDocumentReference")
        add(earlier, "cbc:ID", number)
        add(earlier, "cbc:IssueDate", on.isoformat())
    _party(xml, add(root, "cac:AccountingSupplierParty/cac:Party"), invoice.seller, invoice)
    _party(xml, add(root, "cac:AccountingCustomerParty/cac:Party"), invoice.buyer, invoice)
    if invoice.iban:
        means = add(root, "cac:PaymentMeans")
        add(means, "cbc:PaymentMeansCode", "58")
        add(means, "cac:PayeeFinancialAccount/cbc:ID", invoice.iban)
    if invoice.is_credit:
        add(root, "cac:PaymentTerms/cbc:Note", f"Due on {invoice.due_on.isoformat()}")
    _totals(xml, invoice)
    for place, row in enumerate(invoice.rows, start=1):
        _line(xml, place, row, invoice)
    return xml.written()


def _party(xml: Writer, node: Element, party: Party, invoice: Invoice) -> None:
    xml.add(node, "cac:PartyIdentification/cbc:ID", party.number)
    address = xml.add(node, "cac:PostalAddress")
    for name, value in (
        ("cbc:StreetName", party.street),
        ("cbc:CityName", party.city),
        ("cbc:PostalZone", party.postcode),
        ("cac:Country/cbc:IdentificationCode", party.country),
    ):
        if value:
            xml.add(address, name, value)
    if party.vat_id and not any(row.category == OUTSIDE for row in invoice.rows):
        scheme = xml.add(node, "cac:PartyTaxScheme")
        xml.add(scheme, "cbc:CompanyID", party.vat_id)
        xml.add(scheme, "cac:TaxScheme/cbc:ID", "VAT")
    xml.add(node, "cac:PartyLegalEntity/cbc:RegistrationName", party.name)


def _category(xml: Writer, node: Element, name: str, of: Row | Tax, *, why: bool) -> None:
    tax = xml.add(node, name)
    xml.add(tax, "cbc:ID", of.category)
    if of.category != OUTSIDE:
        xml.add(tax, "cbc:Percent", percent(of))
    if why and of.category in REASONS:
        code, words = REASONS[of.category]
        xml.add(tax, "cbc:TaxExemptionReasonCode", code)
        xml.add(tax, "cbc:TaxExemptionReason", words)
    xml.add(tax, "cac:TaxScheme/cbc:ID", "VAT")


def _totals(xml: Writer, invoice: Invoice) -> None:
    money = {"currencyID": invoice.currency}
    total = xml.add(xml.root, "cac:TaxTotal")
    xml.add(total, "cbc:TaxAmount", amount(invoice.vat, invoice), **money)
    for tax in invoice.taxes:
        group = xml.add(total, "cac:TaxSubtotal")
        xml.add(group, "cbc:TaxableAmount", amount(tax.base, invoice), **money)
        xml.add(group, "cbc:TaxAmount", amount(tax.vat, invoice), **money)
        _category(xml, group, "cac:TaxCategory", tax, why=True)
    if invoice.tax_currency:
        national = xml.add(xml.root, "cac:TaxTotal")
        shown = major(invoice.tax_vat, invoice.tax_currency)
        xml.add(national, "cbc:TaxAmount", shown, currencyID=invoice.tax_currency)
    sums = xml.add(xml.root, "cac:LegalMonetaryTotal")
    xml.add(sums, "cbc:LineExtensionAmount", amount(invoice.net, invoice), **money)
    xml.add(sums, "cbc:TaxExclusiveAmount", amount(invoice.net, invoice), **money)
    xml.add(sums, "cbc:TaxInclusiveAmount", amount(invoice.gross, invoice), **money)
    xml.add(sums, "cbc:PayableAmount", amount(invoice.gross, invoice), **money)


def _line(xml: Writer, number: int, row: Row, invoice: Invoice) -> None:
    money = {"currencyID": invoice.currency}
    kind, quantity = ("CreditNote", "Credited") if invoice.is_credit else ("Invoice", "Invoiced")
    line = xml.add(xml.root, f"cac:{kind}Line")
    xml.add(line, "cbc:ID", number)
    xml.add(line, f"cbc:{quantity}Quantity", row.units, unitCode="C62")
    xml.add(line, "cbc:LineExtensionAmount", amount(row.net, invoice), **money)
    item = xml.add(line, "cac:Item")
    if row.order:
        xml.add(item, "cbc:Description", row.order)
    xml.add(item, "cbc:Name", row.name)
    _category(xml, item, "cac:ClassifiedTaxCategory", row, why=False)
    price = xml.add(line, "cac:Price")
    xml.add(
        price, "cbc:PriceAmount", amount(abs(row.net), invoice), **money
    )  # no price is negative (BR-27); units may be
    xml.add(price, "cbc:BaseQuantity", abs(row.units), unitCode="C62")
