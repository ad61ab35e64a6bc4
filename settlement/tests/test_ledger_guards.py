"""The database keeps the ledger's promises against everybody, also against raw SQL by the tables' owner."""

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from settlement.check import check_ledger
from settlement.models import Account, Balance, Entry, Line, Period
from settlement.post import Draft, KeyReused, LedgerRefused, Unbalanced, post_entries, post_entry, reverse_entry
from settlement.splitting import Posting
from settlement.tests.cast import make_merchant
from skuu.kit.errors import NotPossible

pytestmark = pytest.mark.django_db


@pytest.fixture
def alma():
    return make_merchant("Alma")


@pytest.fixture
def bruno():
    return make_merchant("Bruno")


def draft(alma, bruno, key="k1", amount=100, **also) -> Draft:
    postings = (
        Posting(bruno.pk, "merchant", amount, "supply", alma.pk),
        Posting(alma.pk, "merchant", -amount, "supply", bruno.pk),
    )
    return Draft(
        **{
            "key": key,
            "kind": "adjustment",
            "ref": "test",
            "effective_on": timezone.localdate(),
            "currency": "EUR",
            "postings": postings,
        }
        | also
    )


def sql(statement: str, *values) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")  # what was posted before has had its say
        cursor.execute("set constraints all deferred")
        cursor.execute(statement, values)
        cursor.execute("set constraints all immediate")


def refused(statement: str, *values, because: str) -> None:
    before = snapshot()
    with pytest.raises(DatabaseError, match=because):
        sql(statement, *values)
    assert snapshot() == before


def snapshot() -> tuple[list, list]:
    return list(Entry.objects.order_by("pk").values_list()), list(Line.objects.order_by("pk").values_list())


def test_an_entry_moves_two_balances_by_the_same_amount(alma, bruno):
    posted = post_entry(draft(alma, bruno))
    assert not posted.replayed
    assert dict(Balance.everyone.values_list("account__merchant__name", "amount")) == {"Alma": -100, "Bruno": 100}


def test_the_same_key_again_returns_the_first_entry(alma, bruno):
    first = post_entry(draft(alma, bruno))
    again = post_entry(draft(alma, bruno, facts={"name": "changed meanwhile"}))
    assert (again.entry_id, again.replayed) == (first.entry_id, True)
    assert Line.objects.count() == 2
    assert dict(Balance.everyone.values_list("account__merchant__name", "amount")) == {"Alma": -100, "Bruno": 100}


def test_N2_the_same_key_with_another_amount_is_an_error(alma, bruno):
    post_entry(draft(alma, bruno))
    before = snapshot()
    with pytest.raises(KeyReused, match="k1 was posted before"):
        post_entry(draft(alma, bruno, amount=101))
    assert snapshot() == before


def test_a_batch_is_posted_as_a_whole_or_not_at_all(alma, bruno):
    post_entry(draft(alma, bruno))
    before = snapshot()
    with pytest.raises(KeyReused):
        post_entries([draft(alma, bruno, key="k2"), draft(alma, bruno, amount=101)])
    assert snapshot() == before
    assert [p.replayed for p in post_entries([draft(alma, bruno, key="k3"), draft(alma, bruno)])] == [False, True]


@pytest.mark.parametrize("amounts", [(100, -99), (100,), (), (5,) * 2500 + (-5,) * 2501])
def test_a_draft_that_is_no_balanced_entry_is_refused(alma, bruno, amounts):
    postings = tuple(Posting(alma.pk, "merchant", amount, "supply") for amount in amounts)
    with pytest.raises(Unbalanced):
        post_entry(draft(alma, bruno, postings=postings))
    assert Entry.objects.count() == 0


def test_N40_an_entry_of_the_day_after_tomorrow_is_refused(alma, bruno):
    with pytest.raises(NotPossible, match="in the future"):
        post_entry(draft(alma, bruno, effective_on=timezone.localdate() + dt.timedelta(days=2)))


def test_N38_four_thousand_lines_make_one_entry(alma, bruno):
    postings = tuple(Posting((alma, bruno)[i % 2].pk, "merchant", (100, -100)[i % 2], "supply") for i in range(4000))
    post_entry(draft(alma, bruno, postings=postings))
    assert Line.objects.count() == Entry.objects.get().line_count == 4000
    assert check_ledger(strict=True).findings == []


RAW = """
with entry as (
  insert into settlement_entry (key, payload_hash, kind, ref, period_id, effective_on, line_count, facts)
  select 'raw', 'hash', 'adjustment', 'raw', settlement_open_period(%s), %s, %s, '{}' returning id
)
insert into settlement_line (entry_id, n, account_id, currency, amount, tag, counterparty_id)
select entry.id, l.n, l.account, l.currency, l.amount, 'supply', l.counterparty
from entry, unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[]) with ordinality as l(account, currency, amount, counterparty, n)
"""


def raw(*lines: tuple[int, str, int], counterparty: int | None = None) -> tuple:
    """Write an entry past the posting function, as the owner of the tables could."""
    today = timezone.localdate()
    account, currency, amount = ([*column] for column in zip(*lines, strict=True))
    return RAW, today, today, len(lines), account, currency, amount, [counterparty] * len(lines)


@pytest.fixture
def accounts(alma, bruno):
    post_entry(draft(alma, bruno))
    post_entry(draft(alma, bruno, key="sek", currency="SEK"))
    return {(a.merchant.name, a.currency): a.pk for a in Account.everyone.select_related("merchant")}


def test_lines_that_do_not_add_up_are_refused_at_commit(accounts):
    alma, bruno = accounts["Alma", "EUR"], accounts["Bruno", "EUR"]
    refused(*raw((alma, "EUR", 100), (bruno, "EUR", -99)), because="unbalanced")


def test_a_sum_of_zero_across_two_currencies_is_refused(accounts):
    lines = [(accounts["Alma", "EUR"], "EUR", 100), (accounts["Bruno", "SEK"], "SEK", -100)]
    refused(*raw(*lines), because="unbalanced")


def test_a_line_in_another_currency_than_its_account_is_refused(accounts):
    lines = [(accounts["Alma", "EUR"], "SEK", 100), (accounts["Bruno", "SEK"], "SEK", -100)]
    refused(*raw(*lines), because="a_line_has_its_accounts_currency")


def test_an_unknown_account_is_refused(accounts):
    lines = [(987654, "EUR", 100), (accounts["Bruno", "EUR"], "EUR", -100)]
    refused(*raw(*lines), because="a_line_has_its_accounts_currency")


def test_a_counterparty_without_an_account_is_refused(accounts):
    lines = [(accounts["Alma", "EUR"], "EUR", 100), (accounts["Bruno", "EUR"], "EUR", -100)]
    refused(*raw(*lines, counterparty=make_merchant("Cara").pk), because="a_counterparty_is_in_the_books")


def test_a_line_without_an_entry_is_refused(accounts):
    refused(
        "insert into settlement_line (entry_id, n, account_id, currency, amount, tag) values (987654, 1, %s, 'EUR', 5, 'x')",
        accounts["Alma", "EUR"],
        because="only be written with their entry",
    )


def test_a_statement_line_without_an_entry_is_refused(alma, bruno):
    from settlement.close import close_cycle

    post_entry(draft(alma, bruno))
    close_cycle(timezone.localdate())
    for column, other in (("entry_id", "statement_id"), ("statement_id", "entry_id")):
        refused(
            f"insert into settlement_statementline (n, amount, {column}, {other}) "  # noqa: S608 - names from this test
            f"select 9, 1, 987654, {other} from settlement_statementline limit 1",
            because="a_statement_line_tells_of_an_entry",
        )


def test_an_entry_without_lines_is_refused_at_commit(accounts):
    refused(
        "insert into settlement_entry (key, payload_hash, kind, ref, period_id, effective_on, line_count, facts) "
        "values ('bare', '', 'adjustment', 'x', %s, %s, 2, '{}')",
        Period.objects.get().pk,
        timezone.localdate(),
        because="has 0 lines, declared 2",
    )


@pytest.mark.parametrize(
    "statement",
    [
        "delete from settlement_account",
        "update settlement_account set merchant_id = (select max(merchant_id) from settlement_account)",
        "update settlement_account set currency = 'USD'",
    ],
)
def test_an_account_stays_whose_it_is(accounts, statement):
    before = list(Account.everyone.order_by("pk").values_list())
    refused(statement, because="append-only")
    assert list(Account.everyone.order_by("pk").values_list()) == before


def test_a_line_of_nothing_is_refused(accounts):
    lines = [(accounts["Alma", "EUR"], "EUR", 0), (accounts["Bruno", "EUR"], "EUR", 0)]
    refused(*raw(*lines), because="a_line_moves_a_believable_amount")


def test_a_single_line_is_refused(accounts):
    refused(*raw((accounts["Alma", "EUR"], "EUR", 1)), because="an_entry_has_two_to_5000_lines")


@pytest.mark.parametrize(
    "statement",
    [
        "update settlement_line set amount = amount * 2",
        "update settlement_entry set effective_on = '2026-01-01'",
        "delete from settlement_line",
        "delete from settlement_entry",
        "truncate settlement_line",
        "truncate settlement_entry cascade",
        "truncate settlement_account cascade",
    ],
)
def test_what_is_posted_is_never_changed_or_taken_away(accounts, statement):
    refused(statement, because="append-only")


def add_lines(entry: int, accounts, first: int) -> tuple[str, tuple]:
    a, b = accounts["Alma", "EUR"], accounts["Bruno", "EUR"]
    return (
        "insert into settlement_line (entry_id, n, account_id, currency, amount, tag) "
        "values (%s, %s, %s, 'EUR', 5, 'x'), (%s, %s, %s, 'EUR', -5, 'x')",
        (entry, first, a, entry, first + 1, b),
    )


def test_a_balanced_pair_beyond_the_declared_lines_is_refused_in_the_same_transaction(alma, bruno):
    entry = post_entry(draft(alma, bruno)).entry_id
    accounts = {(a.merchant.name, a.currency): a.pk for a in Account.everyone.select_related("merchant")}
    statement, values = add_lines(entry, accounts, 3)
    refused(statement, *values, because="only be written with their entry")


def test_I6_an_entry_is_reversed_once_and_in_full(alma, bruno):
    entry = Entry.objects.get(pk=post_entry(draft(alma, bruno)).entry_id)
    first = reverse_entry(entry, reason="wrong amount", by="staff")
    again = reverse_entry(entry, reason="wrong amount", by="staff")
    assert (first.replayed, again.replayed, again.entry_id) == (False, True, first.entry_id)
    assert set(Balance.everyone.values_list("amount", flat=True)) == {0}
    with pytest.raises(LedgerRefused, match="reverses"):
        post_entry(draft(alma, bruno, key="other", kind="reversal", reverses=entry.pk, amount=-100))
    assert check_ledger(strict=True).findings == []


def test_I7_nothing_is_posted_into_a_closed_period_and_closed_periods_stay_closed(alma, bruno):
    from settlement.close import close_cycle

    post_entry(draft(alma, bruno))
    close_cycle(timezone.localdate())
    period = Period.objects.get()
    refused(
        "insert into settlement_entry (key, payload_hash, kind, ref, period_id, effective_on, line_count, facts) "
        "values ('late', '', 'adjustment', 'x', %s, %s, 2, '{}')",
        period.pk,
        period.day,
        because="is closed",
    )
    refused("update settlement_period set closed_at = null, cycle_id = null", because="append-only")
    refused("delete from settlement_period", because="append-only")
    post_entry(draft(alma, bruno, key="after"))
    assert Entry.objects.get(key="after").period.part == 2


def test_an_entry_cannot_stand_in_a_period_before_its_day(alma, bruno):
    post_entry(draft(alma, bruno))
    refused(
        "insert into settlement_entry (key, payload_hash, kind, ref, period_id, effective_on, line_count, facts) "
        "values ('early', '', 'adjustment', 'x', %s, %s, 2, '{}')",
        Period.objects.get().pk,
        timezone.localdate() + dt.timedelta(days=1),
        because="does not belong to the period",
    )


def test_a_credit_limit_stops_the_debt_and_lets_a_payment_through(alma, bruno):
    post_entry(draft(alma, bruno, amount=900))
    Account.everyone.filter(merchant=bruno).update(max_owed=1000)
    before = snapshot()
    with pytest.raises(LedgerRefused, match="over its credit limit"):
        post_entry(draft(alma, bruno, key="k2", amount=101))
    assert snapshot() == before
    Account.everyone.filter(merchant=bruno).update(max_owed=500)
    post_entry(draft(alma, bruno, key="k3", amount=-300))
    assert Balance.everyone.get(account__merchant=bruno).amount == 600


@pytest.mark.parametrize(
    ("damage", "promise"),
    [
        ("update settlement_line set amount = amount + 1 where n = 1", "every entry sums to zero per currency"),
        ("delete from settlement_line where n = 2", "every entry has the lines it declares"),
        ("update settlement_entry set posted_at = now() + interval '1 day'", "nothing was posted into a closed period"),
        ('update settlement_entry set facts = \'{"number": "N-9"}\'', "every statement recomputes byte for byte"),
        ("update settlement_statementline set amount = amount + 1", "every statement adds up"),
        (
            "update settlement_statement set opening = 5, closing = closing + 5",
            "every statement opens where the one before closed",
        ),
        ("delete from settlement_statementline", "what a cycle moved stands on exactly one statement"),
    ],
)
def test_the_check_finds_damage_that_an_owner_did_with_the_guards_off(alma, bruno, damage, promise):
    from settlement.close import close_cycle

    post_entry(draft(alma, bruno))
    close_cycle(timezone.localdate())
    assert check_ledger(strict=True).findings == []
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        for table in ("entry", "line", "statement", "statementline"):
            cursor.execute(f"alter table settlement_{table} disable trigger user")
        cursor.execute(damage)
    promises = {finding.promise for finding in check_ledger(strict=True).findings}
    assert {promise, "the database's own guards are in place"} <= promises


def test_the_check_finds_a_balance_that_is_not_the_sum_of_its_lines(alma, bruno):
    post_entry(draft(alma, bruno))
    Balance.everyone.filter(account__merchant=alma).update(amount=-101)
    promises = [finding.promise for finding in check_ledger(strict=True).findings]
    assert promises == [
        "every cached balance is the sum of its lines",
        "the closing of the last statement and what came since is the balance",
    ]
