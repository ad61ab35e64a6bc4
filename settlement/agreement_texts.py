"""The texts of the agreement on self-billing: each version as it is agreed to, kept for ever; a change is another version."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AgreementText:
    """One version; ``days`` is how long a supplier may object to a document after the day on which it was drawn up."""

    version: str
    days: int
    words: str  # takes supplier, supplier_place, network, network_place, version and days


_2026_11 = """\
AGREEMENT ON SELF-BILLING
Version {version}

1. Parties. {supplier}, {supplier_place} (the supplier), and every merchant of the network whose shops sell goods that the \
supplier ships (each of them a customer). For the customers {network}, {network_place} (the network), acts in this agreement.

2. Subject. The supplier agrees that the network draws up, in the name and on behalf of the supplier, the invoices for what the \
supplier supplies to a customer through the network, and the credit notes that correct them (Directive 2006/112/EC, \
Articles 224 and 226(10a)). The supplier draws up no invoice of its own for the same supplies.

3. The documents. For each customer, calendar month and currency there is one invoice, and one credit note for what came back. \
Each says “Self-billing”, bears the VAT identification number under which the supplier made the supplies, the VAT due on them \
or why none is due, and a number of a series that is the supplier’s own and has no gaps.

4. The supplier’s part. The supplier keeps its name, its address and its VAT numbers with the network right, and says at once \
when one of them changes or ends. It owes the VAT on its supplies as if it had drawn up the documents itself.

5. Acceptance of each document. The network shows each document to the supplier on the day on which it is drawn up, in its pages \
and to its programs. Through the {days}th day after that day the supplier may object there, saying what is wrong. A document \
to which it has not objected by then is accepted. An objection stops no payment; the network answers it, and corrects what is \
wrong by a credit note or a further document.

6. Duration. This agreement stands from the day on which the supplier agrees to it until the day from which the supplier \
revokes it. Documents drawn up until then stay as they are. From then on no document is drawn up in the supplier’s \
name; supplies that are on none wait until the supplier agrees anew.

7. Another version. Another text is another version. It counts only once the supplier has agreed to it; until then this one \
stands.
"""

TEXTS = (AgreementText("2026-11", 14, _2026_11),)  # a version is never changed nor taken away; the last one is offered
CURRENT = TEXTS[-1]
