"""Claims: all or none, said once, given back once; free units are never too many."""

import datetime as dt

import pytest
from django.db import transaction
from django.utils import timezone

from catalog.claim import (
    OutOfStock,
    Want,
    check_claims,
    claim_units,
    claim_wants,
    release_claims,
    use_claims,
    use_claims_by_decrement,
)
from catalog.models import Claim, ClaimChange, Item, ItemMark
from catalog.tests.cast import level_of, make_item, open_shop, put, stock
from catalog.trust import record_rejection
from network.connectors.base import RemoteLevel
from network.models import Location

pytestmark = pytest.mark.django_db


@pytest.fixture
def alma():
    return open_shop("Alma", "DE")


@pytest.fixture
def boot(alma):
    return stock(alma, make_item(), 3)


def figures(variant):
    level = level_of(variant)
    return level.available, level.claimed, level.phantom


def test_a_claim_holds_units_and_marks_the_item(boot):
    claims = claim_units("order_line:1", [(level_of(boot).pk, 2)])
    assert [(claim.quantity, claim.status) for claim in claims] == [(2, "live")]
    assert figures(boot) == (3, 2, 0)
    assert ItemMark.objects.get().item == Item.objects.get()
    assert check_claims() == []


def test_the_same_purpose_claims_once(boot):
    first = claim_units("order_line:1", [(level_of(boot).pk, 2)])
    assert claim_units("order_line:1", [(level_of(boot).pk, 2)]) == first
    assert figures(boot) == (3, 2, 0)


def test_one_level_named_twice_is_summed(boot):
    with pytest.raises(OutOfStock):
        claim_units("order_line:1", [(level_of(boot).pk, 2), (level_of(boot).pk, 2)])
    assert figures(boot) == (3, 0, 0)


def test_all_levels_or_none(alma, boot):
    other = stock(alma, make_item(size="43"), 1, sku="S2")
    with pytest.raises(OutOfStock) as refused:
        claim_units("order_line:1", [(level_of(boot).pk, 1), (level_of(other).pk, 2)])
    assert refused.value.extra == {"levels": [level_of(other).pk]}
    assert figures(boot) == (3, 0, 0)
    assert Claim.objects.count() == 0


def test_the_buffer_is_kept_back_unless_told_otherwise(alma, boot):
    alma.buffer = 2
    alma.save()
    with pytest.raises(OutOfStock):
        claim_units("order_line:1", [(level_of(boot).pk, 2)])
    claim_units("order_line:1", [(level_of(boot).pk, 2)], respect_buffer=False)
    assert figures(boot) == (3, 2, 0)


def test_an_oversold_level_gives_nothing(boot):
    put(boot, -5)
    with pytest.raises(OutOfStock):
        claim_units("order_line:1", [(level_of(boot).pk, 1)])
    assert figures(boot) == (-5, 0, 0)


def test_a_release_gives_back_once(boot):
    claim_units("order_line:1", [(level_of(boot).pk, 2)])
    assert release_claims("order_line:1", reason="unpaid") == 2
    assert release_claims("order_line:1") == 0
    assert figures(boot) == (3, 0, 0)
    change = Claim.objects.get().changes.order_by("pk").last()
    assert (change.from_status, change.to_status, change.reason) == ("live", "released", "unpaid")


def test_units_stay_claimed_until_the_shippers_own_lowered_figure_is_applied(alma, boot):
    claims = claim_units("order_line:1", [(level_of(boot).pk, 2)])
    now = timezone.now()
    place = Location.objects.get(shop=alma).remote_id
    lowered = RemoteLevel("l1", boot.inventory_item.remote_id, place, 1, True, now, now)
    assert use_claims([claims[0].pk], [lowered]) == 2
    assert figures(boot) == (1, 0, 0)
    assert use_claims([claims[0].pk], [lowered]) == 0
    assert figures(boot) == (1, 0, 0)


def test_a_use_without_a_read_lowers_the_figure_itself_and_has_it_confirmed(boot):
    claims = claim_units("order_line:1", [(level_of(boot).pk, 2)])
    use_claims([claims[0].pk])
    assert figures(boot) == (1, 0, 0)
    assert level_of(boot).confirm_due_at is not None


def test_a_rest_shop_is_lowered_here_and_now(boot):
    claims = claim_units("order_line:1", [(level_of(boot).pk, 1)])
    assert use_claims_by_decrement([claims[0].pk]) == 1
    assert use_claims_by_decrement([claims[0].pk]) == 0
    assert figures(boot) == (2, 0, 0)


def test_a_buyer_that_dies_before_its_order_is_written_holds_nothing(boot):
    """Case 32: a claim lives and dies with the transaction of its order, and is given back once."""
    with transaction.atomic():
        claim_units("order_line:1", [(level_of(boot).pk, 2)])
        transaction.set_rollback(True)
    assert figures(boot) == (3, 0, 0)
    claim_units("order_line:2", [(level_of(boot).pk, 3)])
    assert [release_claims("order_line:2"), release_claims("order_line:2")] == [3, 0]
    assert (figures(boot), check_claims()) == ((3, 0, 0), [])


def test_wants_of_several_purposes_are_claimed_together_or_not_at_all(alma, boot):
    other = stock(alma, make_item(size="43"), 1, sku="S2")
    wants = [Want("a", level_of(boot).pk, 2), Want("b", level_of(boot).pk, 1), Want("b", level_of(other).pk, 1)]
    claims = claim_wants(wants)
    assert {(claim.purpose, claim.level_id, claim.quantity) for claim in claims} == {
        (want.purpose, want.level_id, want.quantity) for want in wants
    }
    assert [change.reason for change in ClaimChange.objects.order_by("reason")] == ["a", "b", "b"]
    with pytest.raises(OutOfStock):
        claim_wants([Want("c", level_of(boot).pk, 1)])
    assert figures(boot) == (3, 3, 0)


def test_levels_are_locked_in_the_order_of_their_ids_whatever_order_they_are_named_in(
    alma, boot, django_assert_max_num_queries
):
    other = stock(alma, make_item(size="43"), 1, sku="S2")
    levels = [level_of(other).pk, level_of(boot).pk]
    with django_assert_max_num_queries(6) as asked:
        claim_units("order_line:1", [(pk, 1) for pk in levels])
    locking = [one["sql"] for one in asked.captured_queries if "FOR NO KEY UPDATE" in one["sql"]]
    assert len(locking) == 1
    assert locking[0].startswith('SELECT "catalog_stocklevel"."id" AS "pk" FROM')
    assert locking[0].endswith("ORDER BY 1 ASC FOR NO KEY UPDATE")


class TestPhantomUnits:
    def test_a_rejected_unit_is_not_offered_again_until_the_shops_figure_moves(self, alma, boot):
        record_rejection(level_of(boot).pk, 2, "not found")
        with pytest.raises(OutOfStock):
            claim_units("order_line:1", [(level_of(boot).pk, 2)])
        read(alma, boot, 2)
        assert figures(boot) == (2, 0, 0)

    def test_our_own_cancellation_proves_nothing(self, alma, boot):
        read(alma, boot, 2)
        record_rejection(level_of(boot).pk, 1, "not found", coming_back=1)
        read(alma, boot, 3)
        assert figures(boot) == (3, 0, 1)
        read(alma, boot, 4)
        assert figures(boot) == (4, 0, 0)

    def test_our_own_order_proves_nothing(self, alma, boot):
        record_rejection(level_of(boot).pk, 1, "not found")
        claim_units("order_line:1", [(level_of(boot).pk, 1)])
        read(alma, boot, 2)
        assert figures(boot) == (2, 1, 1)


def read(shop, variant, available):
    from catalog.stocktake import apply_levels

    now = timezone.now() + dt.timedelta(seconds=Claim.objects.count())
    place = Location.objects.get(shop=shop).remote_id
    apply_levels(shop, [RemoteLevel("l1", variant.inventory_item.remote_id, place, available, True, now, now)])
