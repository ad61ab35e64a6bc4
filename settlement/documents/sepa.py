"""Payments as files a bank takes: SEPA credit transfers and direct debits by their schemas, and plain lists for the rest."""

import csv
import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from settlement.documents.statement import harmless
from skuu.kit.money import major

TRANSFER, DEBIT, LIST = "pain.001.001.09", "pain.008.001.08", "list"


@dataclass(frozen=True, slots=True)
class BankParty:
    """Somebody with a bank account and a structured address, as banks require it since November 2026."""

    name: str
    iban: str
    bic: str
    street: str
    postcode: str
    city: str
    country: str


@dataclass(frozen=True, slots=True)
class Order:
    """One payment of a file: to or from whom, minor units, and the references by which it is found again."""

    other: BankParty
    amount: int
    reference: str
    text: str
    mandate: str = ""
    mandate_on: dt.date | None = None


def transfer_file(payer: BankParty, orders: Sequence[Order], *, on: dt.date, message_id: str) -> bytes:
    """Write credit transfers in euro as pain.001, valid by its schema. Raises sepaxml's ValidationError."""
    from sepaxml import SepaTransfer

    file = _named(SepaTransfer, message_id)(_config(payer), schema=TRANSFER, clean=True)
    for order in orders:
        file.add_payment(_order(order) | {"execution_date": on})
    return bytes(file.export(validate=True))


def debit_file(
    creditor: BankParty, orders: Sequence[Order], *, on: dt.date, message_id: str, creditor_id: str
) -> bytes:
    """Write business-to-business direct debits in euro as pain.008, valid by its schema. Raises sepaxml's ValidationError."""
    from sepaxml import SepaDD

    config = _config(creditor) | {"creditor_id": creditor_id, "instrument": "B2B"}
    file = _named(SepaDD, message_id)(config, schema=DEBIT, clean=True)
    for order in orders:
        file.add_payment(
            _order(order)
            | {"type": "RCUR", "collection_date": on, "mandate_id": order.mandate, "mandate_date": order.mandate_on}
        )
    return bytes(file.export(validate=True))


def list_file(orders: Sequence[Order], *, on: dt.date, currency: str, message_id: str) -> bytes:
    """Write payments in another currency as a list (CSV) for the bank's or the provider's own form."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["file", "execute_on", "name", "iban", "bic", "country", "amount", "currency", "reference", "text"])
    for order in orders:
        writer.writerow(
            [
                message_id,
                on.isoformat(),
                harmless(order.other.name),
                order.other.iban,
                order.other.bic,
                order.other.country,
                major(order.amount, currency),
                currency,
                order.reference,
                harmless(order.text),
            ]
        )
    return out.getvalue().encode("utf-8-sig")


def _named(kind: Any, message_id: str) -> Any:
    """Let a file of the library bear our message id instead of a random one."""

    class Named(kind):
        def _create_header(self) -> None:
            self.msg_id = message_id
            super()._create_header()

    return Named


def _config(party: BankParty) -> dict[str, Any]:
    config: dict[str, Any] = {
        "name": party.name,
        "IBAN": party.iban,
        "batch": True,
        "currency": "EUR",
        "address": _address(party),
    }
    return config | ({"BIC": party.bic} if party.bic else {})


def _order(order: Order) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "name": order.other.name,
        "IBAN": order.other.iban,
        "amount": order.amount,
        "description": order.text,
        "endtoend_id": order.reference,
        "address": _address(order.other),
    }
    return facts | ({"BIC": order.other.bic} if order.other.bic else {})


def _address(party: BankParty) -> dict[str, str]:
    parts = {
        "street_name": party.street,
        "postcode": party.postcode,
        "town": party.city or party.country,
        "country": party.country,
    }
    return {name: value for name, value in parts.items() if value}
