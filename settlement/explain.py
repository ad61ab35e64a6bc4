"""Why this amount: a sale's money step by step, from the customer's price and the frozen terms to the ledger and the statement."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from network.models import Merchant
from network.scoping import as_network
from network.taxing import CLASSES
from orders.models import InternalOrder
from settlement.models import Dispute, DocumentEntry, Entry, Line, StatementLine
from settlement.states import states_of
from skuu.kit.errors import NotFound
from skuu.kit.money import Money


@dataclass(frozen=True, slots=True)
class Step:
    """One sentence of the explanation with its amount (minor units, + is owed to the reader)."""

    words: str
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """One entry about the sale: what happened, how it was reckoned, where it stands."""

    entry: Entry
    state: str
    amount: int
    steps: list[Step]
    statement: str
    line: int | None
    documents: list[str]


def explain_sale(number: str, merchant: Merchant | None) -> tuple[InternalOrder, list[Told]]:
    """Explain everything that was posted about an internal order to one of its two parties (None: to staff, as the shipper).

    Raises NotFound for anybody else.
    """
    with as_network():
        rows = InternalOrder.everyone.filter(number=number)
        order = rows.select_related("order__shop__merchant", "shipper__merchant", "rate_card").first()
        if order is None:
            raise NotFound("There is no such order.")
        parties = (order.order.shop.merchant_id, order.shipper.merchant_id)
        if merchant is not None and merchant.pk not in parties:
            raise NotFound("There is no such order.")
        reader = merchant.pk if merchant is not None else order.shipper.merchant_id
        entries = list(
            Entry.objects.filter(internal_order=order).exclude(kind="release").order_by("effective_on", "pk")
        )
        states = states_of(reader, [entry.pk for entry in entries])
        return order, [_told(entry, states.get(entry.pk, ""), reader) for entry in entries]


def _told(entry: Entry, state: str, reader: int) -> Told:
    amount = -sum(Line.objects.filter(entry=entry, account__merchant=reader).values_list("amount", flat=True))
    stated = StatementLine.everyone.filter(entry=entry, statement__merchant=reader)
    line = stated.select_related("statement").order_by("n").first()
    documents = DocumentEntry.objects.filter(entry=entry).select_related("document")
    shown = [d.document.number for d in documents if reader in (d.document.seller_id, d.document.buyer_id)]
    return Told(
        entry,
        state,
        amount,
        steps_of(entry.facts, reader, _currency(entry)),
        line.statement.number if line else "",
        line.n if line else None,
        shown,
    )


def _currency(entry: Entry) -> str:
    return str(Line.objects.filter(entry=entry).values_list("currency", flat=True).first() or "EUR")


def steps_of(facts: dict[str, Any], reader: int, currency: str) -> list[Step]:
    """Say how an entry's amounts came about, item by item; pure, from what is frozen with it."""
    steps: list[Step] = []
    ships = facts.get("shipper", {}).get("merchant") == reader
    for item in facts.get("items", []):
        steps += _item_steps(item, facts, ships=ships, currency=currency)
    if facts.get("reason"):
        steps.append(Step(facts["reason"]))
    for side in ("from", "to"):
        if rate := facts.get(side):
            shown = Money(rate["minor"], rate["currency"]).format()
            steps.append(
                Step(
                    f"{side.capitalize()} {shown}, 1 EUR = {rate['rate']} {rate['currency']} ({rate['on']}, {rate['source']})"
                )
            )
    return steps


def _item_steps(item: dict[str, Any], facts: dict[str, Any], *, ships: bool, currency: str) -> list[Step]:
    def shown(minor: int) -> str:
        return Money(minor, currency).format()

    sign = 1 if ships else -1
    vat = facts.get("vat", {})
    rate = vat.get("supply_rate_bp", 0) / 100
    steps = []
    if facts.get("dispute"):
        steps.append(Step(item["title"], sign * item["supply"]))
    elif facts.get("return") and "rate_card" not in facts:
        told = f"{item.get('quantity', 1)} × {item['title']}, taken over as new for the price agreed"
        steps.append(Step(told, sign * item["supply"]))
    elif item["kind"] == "goods":
        steps.append(
            Step(
                f"{item.get('quantity', 1)} × {item['title']}: {shown(item['net'])} net of the customer’s VAT, "
                f"less {facts['origin_bp'] / 100:g} % for the selling shop ({shown(item['origin_fee'])}, {facts['rate_card']})",
                sign * item["supply"],
            )
        )
    else:
        steps.append(Step("Shipping by the tariff, once a parcel", sign * item["supply"]))
    if item.get("lowered"):
        steps.append(Step("A dispute had lowered its price before; what was left of it came back"))
    steps += [Step(word) for word in _words_of_goods(item, vat)]
    if item["vat"]:
        steps.append(Step(f"{rate:g} % VAT on it: {vat.get('reason', '')}", sign * item["vat"]))
    elif item["supply"] and vat.get("said"):
        steps.append(Step(f"No VAT on it: {vat.get('reason', '')}"))
    if ships and item["network_fee"]:
        steps.append(
            Step(
                f"Network fee, {facts['network_bp'] / 100:g} % of {shown(item['net'])}{_bounds(facts)}",
                -item["network_fee"],
            )
        )
        if item["fee_vat"]:
            steps.append(Step(f"VAT on the fee: {facts.get('fee_vat', {}).get('reason', '')}", -item["fee_vat"]))
    return steps


def _words_of_goods(item: dict[str, Any], vat: dict[str, Any]) -> list[str]:
    """Say by whose word goods are in a class of their own for VAT, each seller for its own sale."""
    said = vat.get("said", {}).get(str(item.get("order_line")), {})
    told = []
    for sale, who in (("sold", "selling"), ("supplied", "shipping")):
        word = said.get(sale, {})
        if word.get("how"):
            on = dt.datetime.fromisoformat(word["at"])
            by = (
                f"by the word of {word['by'] or 'its people'}"
                if word["how"] == "word"
                else f"by a rule of {word['by']}"
            )
            told.append(f"For the {who} shop: {CLASSES[word['goods']]} {by} ({on.day} {on:%b %Y})")
    return told


def _bounds(facts: dict[str, Any]) -> str:
    bounds = facts.get("fee_bounds") or {}
    return " within the card’s fixed part and bounds, shared over the lines" if bounds else ""


def disputes_of(order: InternalOrder) -> list[Dispute]:
    """List what was disputed about a sale, newest first."""
    with as_network():
        return list(Dispute.everyone.filter(internal_order=order).order_by("-pk"))
