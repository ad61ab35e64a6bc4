"""Documents as PDF/A-3b, printed by Typst; an invoice carries its own XML inside (Factur-X)."""

import json
from pathlib import Path
from typing import Any

import typst
from django.conf import settings

from network.taxing.territories import country_name
from settlement.invoicing import Invoice, Party
from skuu.kit.money import Money

_TEMPLATES = Path(settings.BASE_DIR) / "templates" / "documents"
_TITLES = {
    "389": "Self-billed invoice",
    "261": "Self-billed credit note",
    "380": "Invoice",
    "381": "Credit note",
}
_CATEGORIES = {
    "S": "",
    "AE": "Reverse charge: VAT is due by the customer",
    "O": "Not subject to VAT",
    "Z": "Zero rated",
}


def print_pdf(template: str, facts: dict[str, Any]) -> bytes:
    """Print a template with its facts as PDF/A-3b; texts are data to it, never markup."""
    return bytes(
        typst.compile(
            _TEMPLATES / template,
            root=_TEMPLATES,
            sys_inputs={"facts": json.dumps(facts)},
            ignore_system_fonts=True,
            pdf_standards="a-3b",
        )
    )


def invoice_pdf(invoice: Invoice, cii: bytes) -> bytes:
    """Print an invoice and put its CII inside, as Factur-X wants it."""
    from facturx import generate_from_binary

    title = _TITLES[invoice.kind]
    plain = print_pdf("invoice.typ", _facts(invoice))
    return bytes(
        generate_from_binary(
            plain,
            cii,
            flavor="factur-x",
            level="en16931",
            check_xsd=True,
            check_schematron=False,  # executed by documents.validate; this one would ask a server and take silence for yes
            pdf_metadata={
                "author": invoice.seller.name,
                "keywords": title,
                "title": f"{title} {invoice.number}",
                "subject": title,
            },
            lang="en",
        )
    )


def _facts(invoice: Invoice) -> dict[str, Any]:
    def money(minor: int) -> str:
        return Money(minor, invoice.currency).format("en")

    return {
        "title": _TITLES[invoice.kind],
        "number": invoice.number,
        "note": invoice.note,
        "issued": invoice.issued_on.isoformat(),
        "due": invoice.due_on.isoformat(),
        "period": f"{invoice.begins.isoformat()} – {invoice.ends.isoformat()}",
        "seller": _address(invoice.seller),
        "buyer": _address(invoice.buyer),
        "corrects": ", ".join(number for number, _ in invoice.corrects),
        "rows": [
            {"order": row.order, "name": row.name, "units": str(row.units), "rate": _rate(row), "net": money(row.net)}
            for row in invoice.rows
        ],
        "taxes": [
            {"rate": _rate(tax), "why": _CATEGORIES[tax.category], "base": money(tax.base), "vat": money(tax.vat)}
            for tax in invoice.taxes
        ],
        "net": money(invoice.net),
        "vat": money(invoice.vat),
        "gross": money(invoice.gross),
        "iban": invoice.iban,
        "national": Money(invoice.tax_vat, invoice.tax_currency).format("en") if invoice.tax_currency else "",
        "national_rate": invoice.tax_rate,
        "leaves": f"The goods left {country_name(invoice.leaves)}: its VAT holds." if invoice.leaves else "",
    }


def _rate(of: Any) -> str:
    return f"{of.rate_bp / 100:g} %" if of.category == "S" else "–"


def _address(party: Party) -> list[str]:
    rows = [party.name, party.street, f"{party.postcode} {party.city}".strip(), party.country]
    return [row for row in rows if row] + ([f"VAT id {party.vat_id}"] if party.vat_id else [])
