"""Seals are a chain over the ledger: written when nothing can join a block, broken by any change, continued after a restore."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from settlement.check import check_ledger
from settlement.close import close_cycle
from settlement.documents.statement import statement_json
from settlement.models import Seal, Statement
from settlement.post import Draft, post_entry
from settlement.seal import find_seal, newest_seal, seal_entries
from settlement.splitting import Posting
from settlement.tests.cast import make_merchant
from skuu.kit.errors import NotFound


def post(number: int, alma: int, bruno: int) -> None:
    post_entry(
        Draft(
            key=f"seal:{number}",
            kind="adjustment",
            ref="x",
            effective_on=timezone.localdate(),
            currency="EUR",
            postings=(
                Posting(alma, "merchant", 100, "x", bruno),
                Posting(bruno, "merchant", -100, "x", alma),
            ),
        )
    )


def told() -> list[tuple[int, bool]]:
    return [(row.entries, bool(row.digest)) for row in Seal.objects.order_by("last_entry")]


def broken() -> list[str]:
    return [f.promise for f in check_ledger(strict=True).findings if "sealed" in f.promise]


def test_I4_N42_a_chain_of_seals_reveals_any_change_and_goes_on_after_a_restore(own_database: Any) -> None:
    alma, bruno = make_merchant("Alma").pk, make_merchant("Bruno").pk
    for number in range(3):
        post(number, alma, bruno)
    assert (seal_entries(), told()) == (0, [(0, False)])  # noted
    Seal.objects.filter(digest="").update(horizon=1)  # whoever else works on this server is done
    assert (seal_entries() >= 1, told()[0]) == (True, (3, True))
    first = newest_seal()
    post(3, alma, bruno)
    seal_entries()
    # as after a restore into another cluster, whose transactions count from the start again
    Seal.objects.filter(digest="").update(horizon=2**60)
    seal_entries()
    assert told() == [(3, True), (1, True)]
    assert newest_seal() != first
    assert broken() == []
    close_cycle(timezone.localdate())
    stated = Statement.everyone.first()
    assert stated is not None
    assert (stated.seal, statement_json(stated)["seal"]) == (newest_seal(), newest_seal())
    assert find_seal(newest_seal().upper())[1] is True
    with pytest.raises(NotFound):
        find_seal("")
    with pytest.raises(DatabaseError), transaction.atomic():
        Seal.objects.filter(entries=3).update(digest="x")
    with connection.cursor() as cursor:
        cursor.execute("alter table settlement_line disable trigger user")
        cursor.execute("update settlement_line set tag = 'y' where id = (select min(id) from settlement_line)")
    assert broken() == ["every sealed block reads as it was sealed"]
    assert [find_seal(digest)[1] for digest in (first, newest_seal())] == [False, True]
