"""The invariants of the books, each under its own name, asked of one world in which everything has happened once.

Asked in words of their own, not through check_ledger, so that each checks the other.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from network.scoping import as_network
from orders.return_goods import announce_return, inspect_return
from settlement.check import check_ledger
from settlement.close import close_cycle
from settlement.dispute import open_dispute, resolve_dispute
from settlement.documents.statement import statement_csv
from settlement.invoice import issue_documents
from settlement.models import Entry, Payment, Released, Statement
from settlement.pay import approve_payments, prepare_payments, settle_payment
from settlement.penalties import compensate
from settlement.seal import newest_seal, seal_entries
from settlement.tests.books import FRIDAY, delivered
from settlement.tests.cast import make_merchant, make_shop
from skuu.kit.errors import SkuuError


@pytest.fixture(scope="module")
def db(django_db_setup: Any) -> None:
    """Have the test database made; by this name pytest-django knows that these tests need one."""


@pytest.fixture(scope="module")
def built(db: None, django_db_blocker: Any) -> Iterator[dict[str, Any]]:
    with django_db_blocker.unblock(), transaction.atomic(), as_network():
        yield trade()
        transaction.set_rollback(True)


@pytest.fixture
def world(built: dict[str, Any], django_db_blocker: Any) -> Iterator[dict[str, Any]]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield built
        transaction.set_rollback(True)


def trade() -> dict[str, Any]:
    """Sell, return, dispute, close, invoice, pay: everything once, between three merchants."""
    before = settings.NETWORK_COUNTRY, settings.NETWORK_VAT_ID
    settings.NETWORK_COUNTRY, settings.NETWORK_VAT_ID = "FR", "FR83404833048"
    try:
        with time_machine.travel(FRIDAY, tick=False):
            alma, bruno, dora = (make_shop(make_merchant(name)) for name in ("Alma", "Bruno", "Dora"))
            orders = [
                delivered(bruno, alma, nets=(33_33, 66_67)),
                delivered(alma, bruno, nets=(50_01,)),
                delivered(bruno, dora, nets=(99_99,), quantities=(3,)),
                delivered(dora, alma, nets=(20_00,), days_ago=2),
            ]
            close_cycle(dt.date(2026, 10, 29))
            back(orders[2], 1)
            row = open_dispute(
                orders[0], merchant=bruno.merchant, reason="faulty", amount=10_00, text="Torn", by="bruno"
            )
            resolve_dispute(row, to_origin=4_00, by="ina", reason="half of it")
            open_dispute(orders[1], merchant=alma.merchant, reason="amount", amount=5_00, text="?", by="alma")
            compensate(
                payer=alma.merchant, payee=bruno.merchant, amount=2_00, currency="EUR", reason="late", by="ina", key="1"
            )
            close_cycle(dt.date(2026, 10, 30))
        with time_machine.travel(FRIDAY + dt.timedelta(days=3), tick=False):
            back(orders[2], 2)
            close_cycle(dt.date(2026, 10, 31))
            issue_documents(dt.date(2026, 10, 1), by="ina")
            for payment in Payment.everyone.filter(status="prepared", kind="trade"):
                try:
                    approve_payments([payment], by="olaf")
                except SkuuError:  # superseded by what came after it
                    continue
                Payment.everyone.filter(pk=payment.pk).update(status="instructed")
                settle_payment(payment, on=dt.date(2026, 11, 2), by="bank")
            prepare_payments(by="ina")
            close_cycle(dt.date(2026, 11, 1))
            seal_entries()
        return {"orders": orders, "shops": [alma, bruno, dora]}
    finally:
        settings.NETWORK_COUNTRY, settings.NETWORK_VAT_ID = before


def back(order: Any, units: int) -> None:
    line = order.lines.get()
    row = announce_return(order, [(line.pk, units)], reason="too_small", by="test")
    inspect_return(row, {line.pk: {"as_new": units}}, by="test")


def rows(query: str, *values: Any) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()


def test_everything_has_happened_in_this_world(world):
    kinds = {kind for (kind,) in rows("select distinct kind from settlement_entry")}
    assert kinds >= {"ship", "return", "release", "hold", "resolve", "penalty", "payment"}
    assert check_ledger(strict=True).findings == []


def test_I1_every_entry_sums_to_zero_per_currency(world):
    assert rows("select entry_id from settlement_line group by entry_id, currency having sum(amount) <> 0") == []
    assert rows("select count(*) from settlement_line")[0][0] > 40


def test_I2_the_world_sums_to_zero_per_currency(world):
    assert [total for (total,) in rows("select sum(amount) from settlement_line group by currency")] == [0]


def test_I3_every_cached_balance_is_the_sum_of_its_lines(world):
    lines = dict(rows("select account_id, sum(amount)::bigint from settlement_line group by 1"))
    for account, amount in rows("select account_id, amount from settlement_balance"):
        assert lines.get(account, 0) == amount


def test_I4_nothing_in_the_ledger_ever_changes_or_vanishes_and_seals_tell(world):
    for change in (
        "update settlement_line set amount = amount + 1",
        "delete from settlement_entry",
        "truncate settlement_line cascade",
        "update settlement_released set by_entry_id = 1",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
    # a seal is written when no transaction of its moment is left; this one test transaction never ends
    assert newest_seal() == ""
    assert rows("select count(*) from settlement_seal") == [(1,)]


def test_I6_partial_reversals_never_exceed_their_original_per_item(world):
    over = rows(
        """
        select 1 from (select e.internal_order_id, item->>'title' as title,
            sum((item->>'supply')::bigint) filter (where e.kind = 'ship') as sold,
            -sum((item->>'supply')::bigint) filter (where e.kind = 'return') as back
          from settlement_entry e cross join jsonb_array_elements(e.facts->'items') item
          where e.kind in ('ship', 'return') group by 1, 2) t where back > sold
        """
    )
    assert over == []


def test_I8_every_statement_opens_where_the_one_before_closed(world):
    closings: dict[tuple, int] = {}
    for row in Statement.everyone.order_by("cycle_id", "pk"):
        key = (row.merchant_id, row.currency)
        assert row.opening == closings.get(key, 0)
        closings[key] = row.closing
    assert len(closings) == 3


def test_I9_every_line_of_a_merchant_stands_on_exactly_one_statement(world):
    posted = dict(
        rows(
            """
            select a.merchant_id, -sum(l.amount)::bigint from settlement_line l
            join settlement_account a on a.id = l.account_id join settlement_entry e on e.id = l.entry_id
            join settlement_period p on p.id = e.period_id where a.merchant_id is not null and p.closed_at is not null
            group by 1
            """
        )
    )
    stated = dict(
        rows(
            "select s.merchant_id, sum(l.amount)::bigint from settlement_statementline l "
            "join settlement_statement s on s.id = l.statement_id group by 1"
        )
    )
    assert posted == stated
    twice = "select 1 from settlement_statementline l join settlement_statement s on s.id = l.statement_id "
    assert rows(twice + "group by s.merchant_id, l.entry_id, l.item having count(*) > 1") == []


def test_I10_no_payment_is_more_than_was_payable_between_its_two(world):
    paid = rows(
        "select payer_id, payee_id, sum(amount)::bigint from settlement_payment where status = 'settled' group by 1, 2"
    )
    assert paid
    for payer, payee, amount in paid:
        (owed,) = rows(
            "select coalesce(sum(l.amount), 0)::bigint from settlement_line l join settlement_account a on a.id = l.account_id "
            "where a.merchant_id = %s and l.counterparty_id = %s and a.kind = 'merchant' and l.tag <> 'payment' and l.amount > 0",
            payer,
            payee,
        )
        assert amount <= owed[0]


def test_I11_hold_accounts_hold_exactly_what_is_in_open_disputes_and_suspense_is_empty(world):
    held = rows(
        "select sum(b.amount) from settlement_balance b "
        "join settlement_account a on a.id = b.account_id where a.kind = 'merchant_hold'"
    )
    assert held == [(0,)]  # one side holds what the other is held
    each = rows(
        "select abs(b.amount) from settlement_balance b "
        "join settlement_account a on a.id = b.account_id where a.kind = 'merchant_hold' and b.amount <> 0"
    )
    assert each == [(5_00,), (5_00,)]
    assert rows("select 1 from settlement_account where kind = 'suspense'") == []


def test_I12_every_document_is_the_ledger_of_its_sales_and_its_true_up(world):
    found = rows(
        """
        select d.kind, d.vat - d.trueup, abs(sum((item->>(case when d.kind in ('389', '261') then 'vat' else 'fee_vat' end))::bigint))
        from settlement_document d join settlement_documententry x on x.document_id = d.id
        join settlement_entry e on e.id = x.entry_id cross join jsonb_array_elements(e.facts->'items') item group by d.id
        """
    )
    assert len(found) >= 6
    assert [row for row in found if row[1] != row[2]] == []


def test_I13_every_internal_order_has_one_frozen_card_and_one_vat_decision(world):
    for order in world["orders"]:
        order.refresh_from_db()
        assert (order.rate_card_id is not None, order.vat["treatment"], order.vat["transport"]) == (
            True,
            "domestic",
            "origin",
        )
        (facts,) = Entry.objects.filter(kind="ship", internal_order=order).values_list("facts", flat=True)
        assert (facts["origin_bp"], facts["vat"]) == (order.origin_bp, order.vat)


def test_I14_after_a_full_return_only_the_shipping_is_left_between_the_two(world):
    order = world["orders"][2]
    left = rows(
        """
        select a.merchant_id, sum(l.amount)::bigint from settlement_line l join settlement_entry e on e.id = l.entry_id
        join settlement_account a on a.id = l.account_id where e.internal_order_id = %s and a.merchant_id is not null group by 1
        """,
        order.pk,
    )
    assert sorted(amount for _, amount in left) == [
        -7_20,
        7_20,
    ]  # shipping and its VAT; the goods and every fee came back
    assert rows(
        "select sum(l.amount) from settlement_line l "
        "join settlement_entry e on e.id = l.entry_id join settlement_account a on a.id = l.account_id "
        "where e.internal_order_id = %s and a.kind = 'fee_income'",
        order.pk,
    ) == [(0,)]


def test_I15_vat_in_the_ledger_is_the_sum_of_fee_documents_and_of_what_waits_for_one(world):
    posted = rows(
        "select -sum(l.amount)::bigint from settlement_line l join settlement_account a on a.id = l.account_id where a.kind = 'vat_out'"
    )
    documented = rows(
        "select coalesce(sum(case when kind = '380' then vat else -vat end), 0)::bigint "
        "from settlement_document where kind in ('380', '381')"
    )
    waiting = rows(
        """
        select coalesce(sum((item->>'fee_vat')::bigint), 0)::bigint from settlement_entry e
        cross join jsonb_array_elements(e.facts->'items') item where e.kind in ('ship', 'return')
          and not exists (select 1 from settlement_documententry d where d.entry_id = e.id and d.about = 'fee')
        """
    )
    assert posted[0][0] == documented[0][0] + waiting[0][0]


def test_released_entries_are_exactly_those_that_are_due(world):
    due = {order.pk for order in world["orders"][:3]}
    released = set(Released.objects.filter(entry__kind="ship").values_list("entry__internal_order", flat=True))
    assert released == due - {world["orders"][1].pk} | ({world["orders"][1].pk} & released)


def test_statements_of_this_world_recompute(world):
    import hashlib

    for row in Statement.everyone.select_related("cycle"):
        assert hashlib.sha256(statement_csv(row)).hexdigest() == row.digest
