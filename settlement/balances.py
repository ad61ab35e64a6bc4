"""What a merchant reads about its money between two statements; read-only, for portal and API."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Sum

from network.models import Merchant
from network.scoping import as_network
from settlement.models import Account, Line, Statement, StatementLine


@dataclass(frozen=True, slots=True)
class Position:
    """A merchant's position in one currency, minor units, + is owed to the merchant."""

    currency: str
    payable: int
    pending: int
    held: int

    @property
    def total(self) -> int:
        """Return everything between the merchant and the network's other merchants."""
        return self.payable + self.pending + self.held


def positions_of(merchant: Merchant) -> list[Position]:
    """Tell what is payable, pending and held for a merchant, per currency; one row per currency it ever traded in."""
    amounts: dict[str, dict[str, int]] = {}
    with as_network():
        rows = Account.everyone.filter(merchant=merchant).values_list("currency", "kind", "balance__amount")
        for currency, kind, amount in rows:
            amounts.setdefault(currency, {})[kind] = -(amount or 0)
    return [
        Position(currency, kinds.get("merchant", 0), kinds.get("merchant_pending", 0), kinds.get("merchant_hold", 0))
        for currency, kinds in sorted(amounts.items())
    ]


def positions_of_many(merchant_ids: Collection[int]) -> dict[int, list[Position]]:
    """Tell the positions of many merchants in one query; who never traded is not in the answer."""
    amounts: dict[tuple[int, str], dict[str, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "select a.merchant_id, a.currency, a.kind, b.amount from settlement_account a "
            "join settlement_balance b on b.account_id = a.id where a.merchant_id = any(%s)",
            [list(merchant_ids)],
        )
        for merchant, currency, kind, amount in cursor.fetchall():
            amounts.setdefault((merchant, currency), {})[kind] = -amount
    found: dict[int, list[Position]] = {}
    for (merchant, currency), kinds in sorted(amounts.items()):
        each = (kinds.get(kind, 0) for kind in ("merchant", "merchant_pending", "merchant_hold"))
        found.setdefault(merchant, []).append(Position(currency, *each))
    return found


def statements_of(merchant: Merchant) -> Any:
    """Select a merchant's sealed statements, newest first."""
    return (
        Statement.objects.for_merchant(merchant)
        .exclude(digest="")
        .select_related("cycle")
        .order_by("-cycle_id", "currency")
    )


def sales_of_order(merchant: Merchant, internal_order_id: int) -> list[StatementLine]:
    """Find where an internal order stands on a merchant's statements, oldest first; empty before its cycle is closed."""
    lines = StatementLine.objects.for_merchant(merchant).filter(entry__internal_order=internal_order_id)
    return list(lines.select_related("statement").order_by("statement_id", "n"))


def network_income() -> list[dict[str, Any]]:
    """Sum the network's own fees and the VAT on them per currency, minor units, + is the network's."""
    with as_network():
        rows = (
            Line.objects.filter(account__kind__in=["fee_income", "vat_out"])
            .values("account__kind", "currency")
            .annotate(total=Sum("amount"))
            .order_by("currency", "account__kind")
        )
        return [{"kind": r["account__kind"], "currency": r["currency"], "amount": -r["total"]} for r in rows]
