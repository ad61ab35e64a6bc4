"""One of each thing of the pages about money, for the registers of doors: not in the ledger, only there to be opened."""

import base64
import datetime as dt
import hashlib

from django.utils import timezone

from network.models import Merchant
from orders.models import InternalOrder
from settlement.models import (
    BankAccount,
    Dispute,
    DisputeMessage,
    Document,
    Evidence,
    EvidenceFile,
    Mandate,
    Payment,
    PaymentFile,
    SelfBilling,
    StoredFile,
)


def make_things(merchant: Merchant, order: InternalOrder, partner: Merchant) -> dict[str, str]:
    """Make a document, a dispute with evidence and a payment with its file of a merchant; returns their names in addresses."""
    number = f"X{merchant.pk}"
    day = dt.date(2026, 10, 1)
    agreement = SelfBilling.everyone.filter(merchant=merchant).order_by("pk").first()
    document, new = Document.everyone.get_or_create(
        seller=merchant,
        number=number,
        defaults={"kind": "389", "buyer": partner, "month": day, "issued_on": day, "currency": "EUR", "net": 1, "vat": 0, "gross": 1,
            "agreement": agreement},
    )  # fmt: skip
    if new:
        for kind in ("pdf", "cii", "ubl"):
            StoredFile.everyone.create(document=document, kind=kind, content=b"x", digest="x")
    dispute, new = Dispute.everyone.get_or_create(
        number=f"D-{number}",
        defaults={"internal_order": order, "opened_by": merchant, "reason": "other", "amount": 1, "currency": "EUR"},
    )
    if new:
        DisputeMessage.everyone.create(
            dispute=dispute, author=merchant, by="test", text="x", file=b"%PDF", file_name="x.pdf", file_type="application/pdf"
        )  # fmt: skip
    file, _ = PaymentFile.everyone.get_or_create(
        message_id=number,
        defaults={
            "merchant": merchant,
            "kind": "list",
            "execution_on": day,
            "currency": "EUR",
            "count": 1,
            "total": 1,
            "content": b"x",
            "digest": hashlib.sha256(number.encode()).hexdigest(),
            "made_by": "test",
        },
    )
    payment, _ = Payment.everyone.get_or_create(
        number=f"P-{number}",
        defaults={
            "kind": "trade", "payer": merchant, "payee": partner, "amount": 1, "currency": "EUR", "due_on": day,
            "status": "instructed", "prepared_by": "a", "approved_by": "b", "file": file,
        },
    )  # fmt: skip
    account, _ = BankAccount.everyone.get_or_create(
        merchant=merchant,
        defaults={"holder": number, "iban": "x", "tail": "x", "added_by": "a", "usable_from": timezone.now()},
    )
    mandate, _ = Mandate.everyone.get_or_create(
        merchant=merchant,
        account=account,
        defaults={"reference": f"SKUU-{number}", "words": "x", "entered_by": "a"},
    )
    message = DisputeMessage.everyone.get(dispute=dispute)
    paper, new = Evidence.everyone.get_or_create(
        internal_order=order,
        kind="consignment",
        digest="x",
        defaults={
            "issuer": "x", "at": timezone.now(),
            "facts": {"file": hashlib.sha256(b"%PDF").hexdigest(), "name": "x.pdf", "type": "application/pdf"},
        },
    )  # fmt: skip
    if new:
        EvidenceFile.everyone.create(evidence=paper, content=base64.b64encode(b"%PDF").decode())
    return {
        "document": str(document.pk),
        "dispute": dispute.number,
        "dispute_id": str(dispute.pk),
        "payment_file": str(file.pk),
        "evidence": str(message.pk),
        "paper": str(paper.pk),
        "payment": payment.number,
        "mandate": mandate.reference,
        "agreement": str(agreement.pk if agreement else None),
    }
