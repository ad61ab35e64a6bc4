"""The proof of the books asks of each self-billed document whether its supplier had agreed; the database lets none stand without."""

import datetime as dt

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction

from settlement.check import check_ledger
from settlement.close import close_cycle
from settlement.invoice import issue_documents
from settlement.models import Document
from settlement.self_billing import revoke_self_billing, standing_agreement
from settlement.settle import post_shipped
from settlement.tests.books import delivered
from settlement.tests.cast import make_merchant, make_shop

pytestmark = pytest.mark.django_db

MONDAY = dt.datetime(2026, 11, 2, 10, tzinfo=dt.UTC)
STANDS = "every self-billed document stands on its supplier's agreement of that day"
DAYS = "every self-billed document may be objected to for the days agreed"


@pytest.fixture
def clock(settings):
    settings.NETWORK_COUNTRY, settings.NETWORK_VAT_ID = "FR", "FR83404833048"
    settings.NETWORK_CITY, settings.NETWORK_POSTCODE = "Paris", "75001"
    with time_machine.travel(MONDAY - dt.timedelta(days=40), tick=False) as clock:
        yield clock


@pytest.fixture
def document(clock):
    """An invoice in Alma's name, by an agreement of forty days before, revoked an hour after."""
    alma, bruno = make_shop(make_merchant("Alma")), make_shop(make_merchant("Bruno"))
    clock.move_to(MONDAY)
    delivered(bruno, alma)
    post_shipped()
    close_cycle(dt.date(2026, 10, 31))
    issue_documents(dt.date(2026, 10, 1), by="ina")
    clock.shift(dt.timedelta(hours=1))
    revoke_self_billing(standing_agreement(alma.merchant), by="ada", from_on=MONDAY.date())
    return Document.everyone.get(kind="389")


def doubts():
    return [(one.promise, one.rows) for one in check_ledger(strict=True).findings]


def plant(table, damage):
    """Do damage that only an owner can do, who puts the guards back."""
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute(f"alter table settlement_{table} disable trigger user")
        cursor.execute(f"update settlement_{table} set {damage}")  # noqa: S608 - of this file
        cursor.execute(f"alter table settlement_{table} enable trigger user")
        for name, of in guards():
            cursor.execute(f"alter table {of} enable always trigger {name}")


def guards():
    with connection.cursor() as cursor:
        cursor.execute(
            "select tgname, tgrelid::regclass::text from pg_trigger where tgname like any(array['selfbilling%', 'document_is%'])"
        )
        return cursor.fetchall()


def test_a_document_drawn_up_before_a_revocation_of_the_same_day_stands(document):
    assert (document.issued_on, document.agreement.ends_on) == (MONDAY.date(), MONDAY.date())
    assert doubts() == []


@pytest.mark.parametrize(
    ("table", "damage", "what"),
    [
        ("document", "created_at = created_at + interval '61 minutes'", "the agreement ended on 2026-11-02"),
        ("selfbilling", "ends_on = date '2026-11-01'", "the agreement ended on 2026-11-01"),
        ("selfbilling", "agreed_on = date '2026-11-03', ends_on = null", "agreed on 2026-11-03"),
        ("selfbilling", "agreed_at = timestamptz '2026-11-02 10:01Z'", "agreed on 2026-09-23"),
        ("document", "agreement_id = (select max(id) from settlement_selfbilling)", "the agreement of another merchant"),
    ],
)  # fmt: skip
def test_the_proof_finds_a_document_without_its_suppliers_agreement_of_that_day(document, table, damage, what):
    which = (
        " where id = (select min(id) from settlement_selfbilling)" if table == "selfbilling" else " where kind = '389'"
    )
    plant(table, damage + which)
    assert doubts() == [(STANDS, [f"{document.number} of 2026-11-02: {what}"])]


def test_the_proof_finds_a_document_with_other_days_to_object(document):
    plant("document", "object_until = object_until - 1 where kind = '389'")
    assert doubts() == [(DAYS, [f"{document.number} of 2026-11-02: through 2026-11-15, agreed 14 days"])]


def test_no_self_billed_document_is_written_without_an_agreement_and_older_ones_are_left_in_peace(document):
    again = {
        field.attname: getattr(document, field.attname)
        for field in Document._meta.concrete_fields
        if field.attname not in ("id", "agreement_id", "number")
    }
    with pytest.raises(IntegrityError, match="a_self_billed_document_names_its_agreement"), transaction.atomic():
        Document.everyone.create(number="SB-2026-00099", **again)
    assert Document.everyone.filter(kind="389").count() == 1
    with connection.cursor() as cursor:  # as it is in a database that had documents before it kept agreements
        cursor.execute(
            "select convalidated from pg_constraint where conname = 'a_self_billed_document_names_its_agreement'"
        )
        assert cursor.fetchall() == [(False,)]
        cursor.execute("set constraints all immediate")
        cursor.execute("alter table settlement_document drop constraint a_self_billed_document_names_its_agreement")
    plant("document", "agreement_id = null, object_until = null, created_at = date '2026-08-01' where kind = '389'")
    assert doubts() == []
    plant("document", "created_at = timestamptz '2026-11-02 10:00Z' where kind = '389'")
    assert doubts() == [(STANDS, [f"{document.number} of 2026-11-02: no agreement"])]
