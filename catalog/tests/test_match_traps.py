"""Traps of graphs and of processes: what must stay apart, what must come back, and whose change may move whom."""

import pytest
from django.db.models import F

from catalog import match, review
from catalog.matching.engine import decide_batch
from catalog.models import Item, Match, MatchKey, MergeEvent, NormRun, ReviewCard, Variant, Verdict
from catalog.tests.small_network import change, gtin, item_of, linked, match_all, open_shops, sell

pytestmark = pytest.mark.django_db


def ids(*variants):
    return frozenset(variant.pk for variant in variants)


def links_by_row():
    return dict(Match.objects.filter(status="linked").values_list("variant_id", "item_id"))


# --- 25: a chain whose ends contradict each other ---------------------------------------------------------------------
def test_trap_25_a_chain_by_barcode_and_by_code_is_cut_where_its_ends_contradict():
    alma, bruno, cara = open_shops("Alma", "Bruno", "Cara")
    a = sell(alma, {"42": gtin(1), "43": gtin(2)}, colour="Black")
    b = sell(bruno, {"42": gtin(1), "43": gtin(2)}, colour="", code="NW1200-001")
    c = sell(cara, {"42": "", "43": ""}, colour="White", code="NW1200-001")
    match_all()
    assert ids(a["42"], b["42"]) in linked()
    assert not any({a["42"].pk, c["42"].pk} <= members for members in linked())


# --- 26: one shop twice -----------------------------------------------------------------------------------------------
def test_trap_26_two_rows_of_one_shop_never_stand_for_one_item():
    alma, bruno = open_shops("Alma", "Bruno")
    first = sell(alma, {"42": gtin(1)})
    second = sell(alma, {"42": gtin(1)})
    other = sell(bruno, {"42": gtin(1)})
    match_all()
    assert not any({first["42"].pk, second["42"].pk} <= members for members in linked())
    assert MatchKey.objects.filter(value=gtin(1).zfill(14)).exclude(ambiguous_reason="").exists() or not any(
        other["42"].pk in members for members in linked()
    )


def test_trap_26_when_the_twin_is_deleted_the_other_may_be_matched_again():
    alma, bruno = open_shops("Alma", "Bruno")
    first, second = sell(alma, {"42": gtin(1)}), sell(alma, {"42": gtin(1)}, title="Nordwand City Walker")
    other = sell(bruno, {"42": gtin(1)})
    match_all()
    assert linked() == set()
    change(second["42"], deleted_at="2026-01-01T00:00:00Z")
    assert linked() == {ids(first["42"], other["42"])}


# --- 27: again, in any order, with what people said -------------------------------------------------------------------
def a_small_network():
    alma, bruno, cara = open_shops("Alma", "Bruno", "Cara")
    a = sell(alma, {"42": gtin(1), "43": gtin(2)})
    b = sell(bruno, {"42": gtin(1), "43": gtin(2)}, code="NW1200-001")
    c = sell(cara, {"42": "", "43": ""}, code="NW1200-001")
    match_all()
    return a, b, c


def test_trap_27_a_second_run_changes_no_link_and_no_id():
    a_small_network()
    before = list(Match.objects.order_by("pk").values_list("pk", "variant_id", "item_id", "status", "decided_at"))
    items = set(Item.objects.values_list("pk", flat=True))
    assert before
    Variant.objects.update(match_due_at="2026-01-01T00:00:00Z", matched_rule=0)
    match_all()
    assert (
        list(Match.objects.order_by("pk").values_list("pk", "variant_id", "item_id", "status", "decided_at")) == before
    )
    assert set(Item.objects.values_list("pk", flat=True)) == items


def test_trap_27_newer_normalisers_that_read_the_same_leave_everything_as_it_stands():
    a_small_network()
    before = links_by_row()
    Variant.objects.update(norm_version=0)
    NormRun.objects.all().delete()
    from catalog import reread

    reread._passes_over.clear()
    match_all()
    run = NormRun.objects.get()
    assert links_by_row() == before
    assert (run.total, run.changed, run.finished_at is not None) == (6, 0, True)
    assert not Variant.objects.filter(norm_version=0).exists()


def test_trap_27_the_part_with_most_shops_keeps_the_id_when_an_item_splits():
    alma, bruno, cara = open_shops("Alma", "Bruno", "Cara")
    rows = [sell(shop, {"42": gtin(1)}) for shop in (alma, bruno, cara)]
    match_all()
    before = item_of(rows[1]["42"])
    change(rows[0]["42"], barcode=gtin(9))
    assert item_of(rows[0]["42"]) is None
    assert item_of(rows[1]["42"]) == item_of(rows[2]["42"]) == before


def test_trap_27_two_items_that_a_new_row_brings_together_become_the_one_with_most_shops():
    alma, bruno, cara, dora, emil, fay = open_shops("Alma", "Bruno", "Cara", "Dora", "Emil", "Fay")
    three = [sell(shop, {"42": gtin(1)}, colour="Black") for shop in (alma, bruno, cara)]
    two = [sell(shop, {"42": ""}, colour="Black", code="NW1200-001") for shop in (dora, emil)]
    match_all()
    kept, lost = item_of(three[0]["42"]), item_of(two[0]["42"])
    assert None not in (kept, lost)
    assert kept != lost
    both = sell(fay, {"42": gtin(1)}, colour="Black", code="NW1200-001")
    match_all()
    assert {item_of(one["42"]) for one in (*three, *two, both)} == {kept}
    event = MergeEvent.objects.get()
    assert (event.kind, event.item_id, event.other_id) == ("merged", lost, kept)
    assert sorted(event.variants) == sorted(one["42"].pk for one in two)
    assert Item.objects.get(pk=lost).merged_into_id == kept


def test_trap_27_a_persons_no_outlives_runs_and_newer_normalisers():
    alma, bruno = open_shops("Alma", "Bruno")
    a, b = sell(alma, {"42": gtin(1)}), sell(bruno, {"42": gtin(1)})
    match_all()
    item = item_of(a["42"])
    Verdict.objects.create(variant=b["42"], item_id=item, same=False, by="staff")
    change(b["42"])
    assert item_of(b["42"]) != item
    Variant.objects.update(match_due_at="2026-01-01T00:00:00Z", matched_rule=0, norm_version=0)
    match_all()
    assert linked() == set()
    Variant.objects.update(
        match_due_at="2026-01-01T00:00:00Z", matched_rule=0
    )  # and again, though nobody stands there now
    match_all()
    assert linked() == set()


def test_trap_27_a_persons_no_follows_an_item_into_the_one_it_was_merged_with():
    alma, bruno, cara, dora, emil, fay = open_shops("Alma", "Bruno", "Cara", "Dora", "Emil", "Fay")
    three = [sell(shop, {"42": gtin(1)}) for shop in (alma, bruno, cara)]
    two = [sell(shop, {"42": ""}, code="NW1200-001") for shop in (dora, emil)]
    stranger = sell(open_shops("Gus")[0], {"42": ""}, title="Nordwand City Walker")
    match_all()
    Verdict.objects.create(variant=stranger["42"], item_id=item_of(two[0]["42"]), same=False, by="staff")
    sell(fay, {"42": gtin(1)}, code="NW1200-001")
    match_all()
    assert item_of(two[0]["42"]) == item_of(three[0]["42"])
    change(stranger["42"], barcode=gtin(1))
    assert item_of(stranger["42"]) != item_of(three[0]["42"])


def test_trap_27_a_persons_yes_outlives_a_changed_barcode():
    alma, bruno = open_shops("Alma", "Bruno")
    a, b = sell(alma, {"42": gtin(1)}), sell(bruno, {"42": gtin(2)}, title="Nordwand Trail Runner black")
    match_all()
    card = ReviewCard.objects.filter(status="open").first()
    review.approve_card(card, by="staff")
    together = linked()
    assert together == {ids(a["42"], b["42"])}
    change(b["42"], barcode=gtin(3))
    assert linked() == together


def test_trap_27_an_edited_barcode_unlinks_and_asks_again():
    alma, bruno = open_shops("Alma", "Bruno")
    a, b = sell(alma, {"42": gtin(1)}), sell(bruno, {"42": gtin(1)})
    match_all()
    assert linked() == {ids(a["42"], b["42"])}
    change(b["42"], barcode="")
    assert linked() == set()
    assert ReviewCard.objects.filter(product=b["42"].product, status="open").exists()


# --- 28: giant blocks -------------------------------------------------------------------------------------------------
def test_trap_28_a_barcode_on_more_variants_than_any_item_has_brings_nobody():
    shops = open_shops("Alma", "Bruno")
    sell(shops[0], {str(number): gtin(1) for number in range(1, 320)})
    sell(shops[1], {str(number): gtin(1) for number in range(1, 320)})
    match_all()
    assert linked() == set()


# --- 29: blast radius -------------------------------------------------------------------------------------------------
def test_trap_29_an_edit_moves_its_own_row_and_nobody_else():
    alma, bruno, cara, dora, emil = open_shops("Alma", "Bruno", "Cara", "Dora", "Emil")
    left = [sell(shop, {"42": gtin(1)}) for shop in (alma, bruno)]
    right = [sell(shop, {"42": ""}, code="NW1200-001") for shop in (cara, dora)]
    wrong = sell(emil, {"42": gtin(1)})
    match_all()
    before = {pk: item for pk, item in links_by_row().items() if pk != wrong["42"].pk}
    assert item_of(left[0]["42"]) != item_of(right[0]["42"])
    change(wrong["42"], article_code="NW1200-001")  # now it would bring both together
    after = {pk: item for pk, item in links_by_row().items() if pk != wrong["42"].pk}
    assert after == before
    assert not MergeEvent.objects.exists()


def test_trap_29_a_barcode_typed_wrongly_takes_no_link_from_others():
    alma, bruno, cara = open_shops("Alma", "Bruno", "Cara")
    a, b = sell(alma, {"42": gtin(1)}), sell(bruno, {"42": gtin(1)})
    other = sell(cara, {"42": gtin(2)}, title="Nordwand City Walker", colour="White")
    match_all()
    change(other["42"], barcode=gtin(1))
    assert linked() == {ids(a["42"], b["42"])}
    assert item_of(other["42"]) is None


def test_the_price_of_one_change_is_four_statements_when_nothing_comes_of_it(django_assert_num_queries):
    a, _, _ = a_small_network()
    Variant.objects.filter(pk=a["42"].pk).update(
        matched_rule=F("matched_rule") * 0 - 1, match_due_at="2026-01-01T00:00:00Z"
    )
    with django_assert_num_queries(6):  # savepoint and its release, take, around, known, keep
        assert match.match_changed() == 1


def test_the_price_of_an_edit_that_leaves_the_facts_as_they_are_is_two_statements(django_assert_num_queries):
    a, _, _ = a_small_network()
    Variant.objects.filter(pk=a["42"].pk).update(price_minor=12345, sku="X-1", match_due_at="2026-01-01T00:00:00Z")
    with django_assert_num_queries(4):  # savepoint and its release, take, clear
        assert match.match_changed() == 1
    assert not Variant.objects.filter(match_due_at__isnull=False).exists()


def test_decide_batch_is_what_links_in_the_database():
    a_small_network()
    from catalog.neighbours import around

    found = around({}, set(Variant.objects.values_list("product_id", flat=True)))
    batch = decide_batch(found.facts, titles=False)
    clusters = {}
    for link in batch.links:
        if link.item:
            clusters.setdefault(link.item, set()).add(link.id)
    assert {frozenset(members) for members in clusters.values()} == linked()
