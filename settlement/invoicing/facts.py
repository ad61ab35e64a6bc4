"""What an invoice or credit note says, in minor units; VAT is reckoned once per rate on the sum, as EN 16931 wants it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from settlement.splitting import vat_on

STANDARD, REVERSE_CHARGE, OUTSIDE, ZERO = "S", "AE", "O", "Z"
REASONS = {
    REVERSE_CHARGE: ("VATEX-EU-AE", "Reverse charge"),
    OUTSIDE: ("VATEX-EU-O", "Not subject to VAT"),
}
CREDITS = {"261", "381"}
SELF_BILLED = {"389", "261"}


@dataclass(frozen=True, slots=True)
class Party:
    """A seller or a buyer; ``number`` is its key in the network, for those whose VAT id must not be named."""

    name: str
    number: str
    vat_id: str
    street: str
    postcode: str
    city: str
    country: str
    email: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line: so many units for so much net, under one VAT category and rate (basis points)."""

    name: str
    units: int
    net: int
    category: str
    rate_bp: int
    order: str = ""


@dataclass(frozen=True, slots=True)
class Tax:
    """The sum of the lines of one category and rate, and the VAT on it."""

    category: str
    rate_bp: int
    base: int
    vat: int


@dataclass(frozen=True, slots=True)
class Invoice:
    """A whole document; amounts positive on credit notes too. ``corrects`` are numbers and days of earlier invoices."""

    number: str
    kind: str
    issued_on: dt.date
    due_on: dt.date
    begins: dt.date
    ends: dt.date
    currency: str
    seller: Party
    buyer: Party
    rows: tuple[Row, ...]
    corrects: tuple[tuple[str, dt.date], ...] = ()
    iban: str = ""
    # the same VAT in the money of the seller's country, where the document is in another: minor units, and by which rates
    tax_currency: str = ""
    tax_vat: int = 0
    tax_rate: str = ""
    leaves: str = ""  # the country where the goods left, whose VAT it bears, where that is not the seller's own

    @property
    def taxes(self) -> tuple[Tax, ...]:
        return tax_groups(self.rows)

    @property
    def net(self) -> int:
        return sum(row.net for row in self.rows)

    @property
    def vat(self) -> int:
        return sum(tax.vat for tax in self.taxes)

    @property
    def gross(self) -> int:
        return self.net + self.vat

    @property
    def is_credit(self) -> bool:
        return self.kind in CREDITS

    @property
    def note(self) -> str:
        """The words the directive asks for on a document that the customer writes for its supplier."""
        return "Self-billing" if self.kind in SELF_BILLED else ""


def tax_groups(rows: Sequence[Row]) -> tuple[Tax, ...]:
    """Reckon the VAT of a document: per category and rate on the sum of its lines, rounded half away from zero."""
    bases: dict[tuple[str, int], int] = {}
    for row in rows:
        bases[row.category, row.rate_bp] = bases.get((row.category, row.rate_bp), 0) + row.net
    return tuple(Tax(category, rate, base, vat_on(base, rate)) for (category, rate), base in sorted(bases.items()))


def told(invoice: Invoice) -> dict[str, Any]:
    """Write an invoice the way it is frozen with its document."""
    days = ("issued_on", "due_on", "begins", "ends")
    facts = asdict(invoice) | {name: getattr(invoice, name).isoformat() for name in days}
    return facts | {"corrects": [[number, on.isoformat()] for number, on in invoice.corrects]}


def untold(facts: dict[str, Any]) -> Invoice:
    """Read an invoice back from what was frozen."""
    days = {name: dt.date.fromisoformat(facts[name]) for name in ("issued_on", "due_on", "begins", "ends")}
    rest = {
        "seller": Party(**facts["seller"]),
        "buyer": Party(**facts["buyer"]),
        "rows": tuple(Row(**row) for row in facts["rows"]),
        "corrects": tuple((number, dt.date.fromisoformat(on)) for number, on in facts["corrects"]),
    }
    return Invoice(**(facts | days | rest))
