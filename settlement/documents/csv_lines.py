"""A statement's lines as the text of its CSV, a hundred thousand a second: to the byte what the csv module writes of its rows."""

from collections.abc import Iterable
from typing import Any, NamedTuple

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run


class Told(NamedTuple):
    """One entry as one merchant reads it: what is the same on each of its lines."""

    kind: str
    effective_on: str
    posted_at: str
    role: str
    own_order: str
    partner_order: str
    internal_order: str
    partner: str
    vat_rate_bp: int
    vat_treatment: str
    rate_card: str
    reason: str
    sale: str
    sku: str  # the name of the merchant's own SKU in an item
    items: list[dict[str, Any]]


def plain_amount(minor: int, places: int) -> str:
    """Write what kit.money.major writes, a hundred thousand times a second."""
    if minor >= 0 and places == 2:
        return f"{minor // 100}.{minor % 100:02d}" if minor else "0.00"
    digits = f"{abs(minor):0{places + 1}d}"
    number = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return f"-{number}" if minor < 0 else number


def plain_rate(basis_points: int) -> str:
    """Write basis points as a percentage: 550 is 5.50."""
    return f"{basis_points // 100}.{basis_points % 100:02d}"


def mark(item: dict[str, Any]) -> Any:
    """Tell what about an item is the same in its sale and in what came back."""
    return item.get("order_line") or item.get("kind")


def lines_as_csv(
    number: str,
    currency: str,
    places: int,
    lines: Iterable[tuple[int, int | None, int, int]],
    told: dict[int, Told],
    sold: dict[tuple[str, Any], str],
) -> bytes:
    """Write lines (n, item, amount, entry) of one statement, in the newest layout.

    ``told`` knows the entries, ``sold`` the lines on which what came back was sold.
    """
    amounts, cells = _Amounts(places), _Cells()
    ends = {entry: _ends(entry, one, currency, cells) for entry, one in told.items()}
    number = quoted(number)
    out = []
    for n, place, amount, entry in lines:
        one, (head, rate, tail) = told[entry], ends[entry]
        item: dict[str, Any] = one.items[place] if place is not None else {}
        get = item.get
        supply, vat = get("supply", 0), get("vat", 0)
        goods, shipping = (0, supply) if get("kind") == "shipping" else (supply, 0)
        fee, fee_vat = (get("network_fee", 0), get("fee_vat", 0)) if one.role == "shipped" else (0, 0)
        original = cells[sold.get((one.sale, mark(item)), "")] if one.kind == "return" else ""
        out.append(
            f"{number},{n},{head},{cells[get(one.sku, '')]},{cells[get('title') or one.reason]},{get('quantity', 0)},"
            f"{amounts[get('net', 0)]},{amounts[get('origin_fee', 0)]},{amounts[goods]},{amounts[shipping]},{rate},"
            f"{amounts[vat]},{amounts[supply + vat]},{amounts[fee]},{amounts[fee_vat]},{amounts[amount]},{tail},{original}\r\n"
        )
    return "".join(out).encode()


def _ends(entry: int, told: Told, currency: str, cells: "_Cells") -> tuple[str, str, str]:
    """Write what stands before and behind the amounts of each line of an entry, and its rate of VAT."""
    kind, effective_on, posted_at, role, own, partners, internal, partner, rate, treatment, card, *_ = told
    ours = f"{quoted(kind)},{effective_on},{posted_at},{role}"
    head = f"{entry},{ours},{cells[own]},{cells[partners]},{cells[internal]},{cells[partner]}"
    return head, plain_rate(rate), f"{currency},{quoted(treatment)},{cells[card]}"


class _Amounts(dict[int, str]):
    """Amounts as they are written; those of a line, of its partner's line and of the next order's shipping are often the same."""

    def __init__(self, places: int) -> None:
        super().__init__()
        self.places = places

    def __missing__(self, minor: int) -> str:
        text = self[minor] = plain_amount(minor, self.places)
        return text


class _Cells(dict[Any, str]):
    """Texts that others wrote as cells that no spreadsheet runs."""

    def __missing__(self, value: Any) -> str:
        text = "" if value is None else str(value)
        self[value] = text = quoted(f"'{text}" if text.startswith(FORMULA) else text)
        return text


def quoted(text: str) -> str:
    """Write a cell as the csv module does: in quotation marks when it could be misread without."""
    if "," in text or '"' in text or "\n" in text or "\r" in text:
        return '"' + text.replace('"', '""') + '"'
    return text
