"""Under a role that does not own the ledger the application does all its work, and can change nothing that was written."""

import contextlib
import datetime as dt
import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, connections
from django.utils import timezone
from psycopg import sql

from orders.return_goods import announce_return, inspect_return
from settlement.agree import agree_cycle
from settlement.check import check_ledger
from settlement.close import close_cycle
from settlement.dispute import open_dispute, resolve_dispute
from settlement.evidence import collect_evidence
from settlement.management.commands.secure_ledger import NEVER_DELETED, TABLES
from settlement.models import Entry, Payment, Statement
from settlement.pay import approve_payments, bounce_payment, cancel_payment, prepare_payments, settle_payment
from settlement.pay_files import write_payment_files
from settlement.propose import Move, agree_to_move, propose_move
from settlement.reconcile import read_bank_file
from settlement.release import release_due
from settlement.seal import seal_entries
from settlement.tests.books import bank_account, camt
from settlement.tests.cast import make_internal_order, make_merchant, make_shop

CHANGES = ("update {0} set {1} = {1}", "delete from {0}", "truncate {0} cascade")
APP = f"skuu_app_{os.getpid()}"


@contextlib.contextmanager
def administrator() -> Iterator[Any]:
    """Connect to the test's database as who may make roles."""
    params = connection.get_connection_params()
    with psycopg.connect(host=params["host"], dbname=params["dbname"], user="postgres", autocommit=True) as admin:
        yield admin


@pytest.fixture
def secured(own_database: str) -> Iterator[None]:
    """Let the owner prepare the database as the manual says, then sign in as the application's own role."""
    role, owner = sql.Identifier(APP), connection.settings_dict["USER"]
    with administrator() as admin:
        admin.execute(sql.SQL("create role {} login").format(role))
    with connection.cursor() as cursor:
        rights = "select, insert, update, delete on all tables", "usage on all sequences"
        for right in rights:
            cursor.execute(sql.SQL("grant {} in schema public to {}").format(sql.SQL(right), role))
    call_command("secure_ledger", APP, verbosity=0)
    connections.close_all()
    connection.settings_dict["USER"] = APP
    try:
        yield
    finally:
        connections.close_all()
        connection.settings_dict["USER"] = owner
        with administrator() as admin:
            admin.execute(sql.SQL("drop owned by {}").format(role))
            admin.execute(sql.SQL("drop role {}").format(role))


def delivered_sale(origin, shipper):
    long_ago = timezone.now() - dt.timedelta(days=20)
    order = make_internal_order(origin, shipper, shipped_at=long_ago)
    type(order).everyone.filter(pk=order.pk).update(status="delivered", delivered_at=long_ago)
    order.refresh_from_db()
    return order


def first_column(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "select column_name from information_schema.columns where table_name = %s order by ordinal_position limit 1",
            [table],
        )
        return str(cursor.fetchone()[0])


def refused(statement: str) -> str:
    with pytest.raises(DatabaseError) as error, connection.cursor() as cursor:
        cursor.execute(statement)
    return str(error.value)


@pytest.mark.usefixtures("secured")
def test_a_restricted_role_posts_closes_pays_and_proves_and_can_change_nothing_that_was_written(settings):
    settings.NETWORK_COUNTRY, settings.SETTLEMENT_MINIMUM_MINOR = "FR", 1
    settings.NETWORK_IBAN, settings.NETWORK_CREDITOR_ID = "BE68539007547034", "BE69ZZZ050D000000008"
    today = timezone.localdate()
    with connection.cursor() as cursor:
        cursor.execute("select current_user, pg_has_role(current_user, 'postgres', 'member')")
        assert cursor.fetchone() == (APP, False)
    alma, bruno = make_shop(make_merchant("Alma")), make_shop(make_merchant("Bruno"))
    bank_account(alma)
    bank_account(bruno)
    agree_cycle(alma.merchant, "monthly", by="alma")
    first, second = delivered_sale(bruno, alma), delivered_sale(bruno, alma)
    close_cycle(today, by="ina", kind="weekly")
    close_cycle(today, by="ina")
    line = first.lines.get()
    back = announce_return(first, [(line.pk, 1)], reason="other", by="bruno")
    inspect_return(back, {line.pk: {"as_new": 1}}, by="alma")
    dispute = open_dispute(second, merchant=bruno.merchant, reason="faulty", amount=10_00, text="Torn", by="bruno")
    resolve_dispute(dispute, to_origin=5_00, by="ina", reason="Half of it")
    move = Move("penalty", 2_00, "EUR", "The size was not there", payer=alma.merchant, payee=bruno.merchant)
    agree_to_move(propose_move(move, by="ina"), by="olaf")
    close_cycle(today, by="ina")
    release_due()
    for payment in Payment.everyone.filter(status="prepared"):  # what they say has changed since
        cancel_payment(payment, by="ina", reason="less is payable by now")
    approve_payments(prepare_payments(by="ina"), by="olaf")
    write_payment_files(by="ina")
    trade = Payment.everyone.get(kind="trade", status="instructed")
    fee = Payment.everyone.get(kind="fee", payer=alma.merchant, status="instructed")
    settle_payment(trade, on=today, by="bank")
    bounce_payment(trade, on=today, by="bank", reason="AC04")
    read_bank_file(camt((fee.number, fee.amount, "EUR"), ("UNKNOWN", 7_77, "EUR")), merchant=None, by="ina")
    collect_evidence()
    while seal_entries():
        pass
    assert check_ledger(strict=True).findings == []
    assert {"ship", "return", "release", "hold", "resolve", "penalty", "payment", "bounce", "suspense"} <= set(
        Entry.objects.values_list("kind", flat=True)
    )
    assert Statement.everyone.count() > 0

    for table in TABLES:
        for template in CHANGES:
            assert "permission denied" in refused(template.format(table, first_column(table))), (template, table)
    for table in NEVER_DELETED:
        for template in CHANGES[1:]:
            assert "permission denied" in refused(template.format(table)), (template, table)
    with connection.cursor() as cursor:  # PostgreSQL only warns who grants what is not theirs to give
        cursor.execute(f"grant update on settlement_entry to {APP}")
    assert "permission denied" in refused("update settlement_entry set kind = kind")
    for statement in (
        "alter table settlement_entry disable trigger all",
        "drop trigger entry_is_append_only on settlement_entry",
        "create or replace function settlement_refuse() returns trigger language plpgsql as 'begin return new; end'",
        "drop table settlement_line",
    ):
        said = refused(statement)
        assert "must be owner" in said or "permission denied" in said, statement
    assert "permission denied" in refused("set session_replication_role = replica")
    assert check_ledger(strict=True).findings == []
