"""What is read off a PDF from inside: it is refused when a piece that PDF/A-3 or Factur-X asks for is missing."""

import datetime as dt
import io

import pytest

from settlement.documents.pdf import invoice_pdf
from settlement.documents.pdfa import check_pdfa
from settlement.documents.validate import InvalidDocument
from settlement.invoicing import Invoice, Party, Row, write_cii

DAY = dt.date(2026, 10, 31)
SELLER = Party("Alma SARL", "1", "FR83404833048", "1 rue", "75001", "Paris", "FR", "alma@example.com")
BUYER = Party("Bruno SARL", "2", "FR40303265045", "2 rue", "75002", "Paris", "FR", "bruno@example.com")


@pytest.fixture(scope="module")
def pdf() -> bytes:
    invoice = Invoice(
        "SB1-2026-00001", "389", DAY, DAY, DAY.replace(day=1), DAY, "EUR", SELLER, BUYER,
        (Row("Trail shoe, 42", 1, 85_00, "S", 2000, "N-000001"),),
    )  # fmt: skip
    return invoice_pdf(invoice, write_cii(invoice))


def test_an_invoice_as_it_is_printed_holds(pdf):
    check_pdfa(pdf, carries="factur-x.xml")


@pytest.mark.parametrize(
    ("piece", "instead", "said"),
    [
        (b"/GTS_PDFA1", b"/GTS_PDFX1", "no output intent"),
        (b"/FontFile", b"/FontXile", "is not embedded"),
        (b"/AFRelationship", b"/AFRelationshiq", "how factur-x.xml is related"),
        (b"/ModDate", b"/ModDatf", "has no type or day"),
    ],
)
def test_a_missing_piece_is_named(pdf, piece, instead, said):
    broken = pdf.replace(piece, instead)
    assert broken != pdf
    with pytest.raises(InvalidDocument, match=said):
        check_pdfa(broken, carries="factur-x.xml")


def test_a_plain_pdf_carries_no_invoice_and_claims_nothing():
    from pypdf import PdfWriter

    writer, out = PdfWriter(), io.BytesIO()
    writer.add_blank_page(200, 200)
    writer.write(out)
    with pytest.raises(InvalidDocument) as refused:
        check_pdfa(out.getvalue(), carries="factur-x.xml")
    told = str(refused.value)
    for said in ("no output intent", "no XMP metadata", "not among its associated files"):
        assert said in told
