"""Promises about money that other systems broke: an answer that never came, a rate that changed meanwhile, refunds in every shape."""

import datetime as dt

import pytest
from django.utils import timezone

from settlement.check import check_ledger
from settlement.close import close_cycle
from settlement.documents.statement import statement_csv
from settlement.models import Entry, Line, Statement
from settlement.penalties import compensate
from settlement.settle import post_shipped
from settlement.tests.cast import make_card, make_internal_order, make_merchant, make_shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _french_network(settings):
    settings.NETWORK_COUNTRY = "FR"


@pytest.fixture
def alma():
    return make_shop(make_merchant("Alma"))


@pytest.fixture
def bruno():
    return make_shop(make_merchant("Bruno"))


def test_who_never_heard_the_answer_to_a_commit_asks_again_and_moves_nothing_twice(alma, bruno):
    """Case 44: of sixty intents every seventh answer is lost, and of the repeats every third; effects equal intents."""
    intents = {f"case-44-{n}": 100 + n for n in range(60)}
    unheard, rounds = list(intents), 0
    while unheard:
        rounds += 1
        lost = []
        for n, key in enumerate(unheard):
            compensate(
                payer=alma.merchant,
                payee=bruno.merchant,
                amount=intents[key],
                currency="EUR",
                reason="x",
                by="a",
                key=key,
            )
            if n % (7 if rounds == 1 else 3) == 0 and rounds < 5:
                lost.append(key)  # committed, and nobody was told
        unheard = lost
    assert rounds == 5
    assert Entry.objects.filter(kind="penalty").count() == len(intents)
    owed = Line.objects.filter(account__merchant=alma.merchant, account__kind="merchant").values_list(
        "amount", flat=True
    )
    assert sum(owed) == sum(intents.values())
    assert check_ledger(strict=True).findings == []


def test_a_rate_changed_today_leaves_yesterdays_statement_as_it_was_to_the_cent(alma, bruno):
    """Pain T14."""
    old = make_card(1500, 200)
    make_internal_order(bruno, alma, nets=(100_00,), card=old)
    post_shipped()
    close_cycle(timezone.localdate())
    before = {row.pk: (row.closing, statement_csv(row)) for row in Statement.everyone.all()}
    type(old).objects.filter(pk=old.pk).update(ends_on=timezone.localdate() - dt.timedelta(days=1))
    make_internal_order(bruno, alma, nets=(100_00,), card=make_card(3000, 500))
    post_shipped()
    close_cycle(timezone.localdate())
    for pk, told in before.items():
        row = Statement.everyone.get(pk=pk)
        assert (row.closing, statement_csv(row)) == told
    later = Statement.everyone.filter(merchant=alma.merchant).exclude(pk__in=before).get()
    assert (later.opening, later.activity) == (106_80, 85_20)  # 70.00 + 6.00, 20 % VAT, less 5.00 and its VAT
