"""An agreement on self-billing as a PDF/A beside its text: the words as they were agreed to, and who agreed to them when."""

import datetime as dt

from settlement.documents.pdf import print_pdf
from settlement.models import SelfBilling

TITLE = "Agreement on self-billing"


def agreement_pdf(row: SelfBilling) -> bytes:
    """Print what was agreed to; what counts is the text, whose SHA-256 stands on it. Times are UTC."""
    signed = [
        ("Agreed to for the supplier by", row.name),
        ("Signed in as", row.agreed_by),
        ("On", f"{row.agreed_at.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC, right after a second factor"),
        ("Stands from", row.agreed_on.isoformat()),
        ("Days to object to a document", str(row.days_to_object)),
        ("SHA-256 of the text", row.digest),
    ]
    if row.ends_on is not None:
        signed.append(("Stands no more from", f"{row.ends_on.isoformat()} ({row.ended_by})"))
    if row.ended_reason:
        signed.append(("Why", row.ended_reason))
    facts = {
        "title": TITLE,
        "version": row.version,
        "agreed_on": row.agreed_on.isoformat(),
        "footer": f"{TITLE}, version {row.version}",
        "paragraphs": [part.strip() for part in row.words.split("\n") if part.strip()],
        "signed": signed,
    }
    return print_pdf("agreement.typ", facts)
