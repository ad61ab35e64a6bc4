"""An invoice as UN/CEFACT Cross Industry Invoice, profile EN 16931: the XML inside a Factur-X PDF."""

from xml.etree.ElementTree import Element

from settlement.invoicing.facts import OUTSIDE, REASONS, Invoice, Party, Row
from settlement.invoicing.xml import Writer, amount, compact, percent
from skuu.kit.money import major

_URN = "urn:un:unece:uncefact:data:standard:"
SPACES = {
    "rsm": f"{_URN}CrossIndustryInvoice:100",
    "ram": f"{_URN}ReusableAggregateBusinessInformationEntity:100",
    "udt": f"{_URN}UnqualifiedDataType:100",
    "qdt": f"{_URN}QualifiedDataType:100",
}
PROFILE = "urn:cen.eu:en16931:2017"


def write_cii(invoice: Invoice) -> bytes:
    """Write an invoice or credit note as CII."""
    xml = Writer("rsm:CrossIndustryInvoice", SPACES)
    add, root = xml.add, xml.root
    add(root, "rsm:ExchangedDocumentContext/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID", PROFILE)
    head = add(root, "rsm:ExchangedDocument")
    add(head, "ram:ID", invoice.number)
    add(head, "ram:TypeCode", invoice.kind)
    add(head, "ram:IssueDateTime/udt:DateTimeString", compact(invoice.issued_on), format="102")
    if invoice.note:
        add(head, "ram:IncludedNote/ram:Content", invoice.note)
    trade = add(root, "rsm:SupplyChainTradeTransaction")
    for number, row in enumerate(invoice.rows, start=1):
        _line(xml, trade, number, row, invoice)
    agreement = add(trade, "ram:ApplicableHeaderTradeAgreement")
    _party(xml, add(agreement, "ram:SellerTradeParty"), invoice.seller, invoice)
    _party(xml, add(agreement, "ram:BuyerTradeParty"), invoice.buyer, invoice)
    delivery = add(trade, "ram:ApplicableHeaderTradeDelivery")
    event = add(delivery, "ram:ActualDeliverySupplyChainEvent/ram:OccurrenceDateTime")
    add(event, "udt:DateTimeString", compact(invoice.ends), format="102")
    _settlement(xml, trade, invoice)
    return xml.written()


def _line(xml: Writer, trade: Element, number: int, row: Row, invoice: Invoice) -> None:
    line = xml.add(trade, "ram:IncludedSupplyChainTradeLineItem")
    xml.add(line, "ram:AssociatedDocumentLineDocument/ram:LineID", number)
    product = xml.add(line, "ram:SpecifiedTradeProduct")
    xml.add(product, "ram:Name", row.name)
    if row.order:
        xml.add(product, "ram:Description", row.order)
    price = xml.add(line, "ram:SpecifiedLineTradeAgreement/ram:NetPriceProductTradePrice")
    xml.add(price, "ram:ChargeAmount", amount(abs(row.net), invoice))  # no price is negative (BR-27); units may be
    xml.add(price, "ram:BasisQuantity", abs(row.units), unitCode="C62")
    xml.add(line, "ram:SpecifiedLineTradeDelivery/ram:BilledQuantity", row.units, unitCode="C62")
    settlement = xml.add(line, "ram:SpecifiedLineTradeSettlement")
    tax = xml.add(settlement, "ram:ApplicableTradeTax")
    xml.add(tax, "ram:TypeCode", "VAT")
    xml.add(tax, "ram:CategoryCode", row.category)
    if row.category != OUTSIDE:
        xml.add(tax, "ram:RateApplicablePercent", percent(row))
    total = xml.add(settlement, "ram:SpecifiedTradeSettlementLineMonetarySummation")
    xml.add(total, "ram:LineTotalAmount", amount(row.net, invoice))


def _party(xml: Writer, node: Element, party: Party, invoice: Invoice) -> None:
    xml.add(node, "ram:ID", party.number)
    xml.add(node, "ram:Name", party.name)
    address = xml.add(node, "ram:PostalTradeAddress")
    for name, value in (
        ("ram:PostcodeCode", party.postcode),
        ("ram:LineOne", party.street),
        ("ram:CityName", party.city),
        ("ram:CountryID", party.country),
    ):
        if value:
            xml.add(address, name, value)
    if party.vat_id and not any(row.category == OUTSIDE for row in invoice.rows):
        xml.add(node, "ram:SpecifiedTaxRegistration/ram:ID", party.vat_id, schemeID="VA")


def _settlement(xml: Writer, trade: Element, invoice: Invoice) -> None:
    node = xml.add(trade, "ram:ApplicableHeaderTradeSettlement")
    if invoice.tax_currency:
        xml.add(node, "ram:TaxCurrencyCode", invoice.tax_currency)
    xml.add(node, "ram:InvoiceCurrencyCode", invoice.currency)
    if invoice.iban:
        means = xml.add(node, "ram:SpecifiedTradeSettlementPaymentMeans")
        xml.add(means, "ram:TypeCode", "58")
        xml.add(means, "ram:PayeePartyCreditorFinancialAccount/ram:IBANID", invoice.iban)
    for tax in invoice.taxes:
        group = xml.add(node, "ram:ApplicableTradeTax")
        code, words = REASONS.get(tax.category, ("", ""))
        xml.add(group, "ram:CalculatedAmount", amount(tax.vat, invoice))
        xml.add(group, "ram:TypeCode", "VAT")
        if words:
            xml.add(group, "ram:ExemptionReason", words)
        xml.add(group, "ram:BasisAmount", amount(tax.base, invoice))
        xml.add(group, "ram:CategoryCode", tax.category)
        if code:
            xml.add(group, "ram:ExemptionReasonCode", code)
        if tax.category != OUTSIDE:
            xml.add(group, "ram:RateApplicablePercent", percent(tax))
    period = xml.add(node, "ram:BillingSpecifiedPeriod")
    xml.add(period, "ram:StartDateTime/udt:DateTimeString", compact(invoice.begins), format="102")
    xml.add(period, "ram:EndDateTime/udt:DateTimeString", compact(invoice.ends), format="102")
    due = xml.add(node, "ram:SpecifiedTradePaymentTerms/ram:DueDateDateTime")
    xml.add(due, "udt:DateTimeString", compact(invoice.due_on), format="102")
    total = xml.add(node, "ram:SpecifiedTradeSettlementHeaderMonetarySummation")
    xml.add(total, "ram:LineTotalAmount", amount(invoice.net, invoice))
    xml.add(total, "ram:TaxBasisTotalAmount", amount(invoice.net, invoice))
    xml.add(total, "ram:TaxTotalAmount", amount(invoice.vat, invoice), currencyID=invoice.currency)
    if invoice.tax_currency:
        shown = major(invoice.tax_vat, invoice.tax_currency)
        xml.add(total, "ram:TaxTotalAmount", shown, currencyID=invoice.tax_currency)
    xml.add(total, "ram:GrandTotalAmount", amount(invoice.gross, invoice))
    xml.add(total, "ram:DuePayableAmount", amount(invoice.gross, invoice))
    for number, on in invoice.corrects:
        earlier = xml.add(node, "ram:InvoiceReferencedDocument")
        xml.add(earlier, "ram:IssuerAssignedID", number)
        xml.add(earlier, "ram:FormattedIssueDateTime/qdt:DateTimeString", compact(on), format="102")
