"""What decides about a change is read, however far away; what an edit would change about others is held."""

import pytest
from django.utils import timezone

from catalog import match_audit, neighbours
from catalog.matching import grouping
from catalog.models import HeldChange, Variant
from catalog.neighbours import around
from catalog.tests.small_network import change, gtin, item_of, linked, match_all, open_shops, sell

pytestmark = pytest.mark.django_db
BLACK, WHITE = "NW1200-001", "NW1200-100"


def ids(*variants):
    return frozenset(variant.pk for variant in variants)


def drift():
    report = match_audit.audit_matching()
    return report.missing, report.extra, report.held


@pytest.fixture
def chain():
    """Five shops, each tied to the next by a barcode or a code alone."""
    alma, bruno, cara, dora, emil = open_shops("Alma", "Bruno", "Cara", "Dora", "Emil")
    made = [
        sell(alma, {"42": gtin(1)}),
        sell(bruno, {"42": gtin(1)}, code=BLACK),
        sell(cara, {"42": "", "43": gtin(2)}, code=BLACK),
        sell(dora, {"43": gtin(2), "44": gtin(3)}),
        sell(emil, {"44": gtin(3)}),
    ]
    match_all()
    return made


def test_the_way_goes_on_as_far_as_keys_lead(chain):
    first = chain[0]["42"]
    found = around({}, {first.product_id})
    assert {row.product_id for row in found.rows.values()} == {
        variant.product_id for own in chain for variant in own.values()
    }
    assert all(row.is_whole for row in found.rows.values())


def test_the_way_ends_at_a_barcode_under_another_brand(chain):
    fay, gus = open_shops("Fay", "Gus")
    other = sell(fay, {"44": gtin(3), "45": gtin(4)}, vendor="Erlwand")  # two steps away at least
    beyond = sell(gus, {"45": gtin(4)}, vendor="Erlwand")
    match_all()
    found = around({}, {chain[0]["42"].product_id})
    assert not found.rows[other["44"].pk].is_whole
    assert beyond["45"].pk not in found.rows


def test_from_the_third_step_a_limit_ends_the_way(chain, monkeypatch):
    monkeypatch.setattr(neighbours, "MOST_PRODUCTS", 1)
    monkeypatch.setattr(neighbours, "MOST_FOR_EACH", 1)
    found = around({}, {chain[0]["42"].product_id})
    assert found.rows[chain[1]["42"].pk].is_whole
    assert not any(row.is_whole for row in found.rows.values() if row.product_id == chain[4]["44"].product_id)


def test_a_key_on_more_variants_than_allowed_links_nobody_in_whatever_order(monkeypatch):
    monkeypatch.setattr(neighbours, "MOST_OF_A_KEY", 2)
    monkeypatch.setattr(grouping, "MOST_OF_A_KEY", 2)
    shops = open_shops("Alma", "Bruno", "Cara")
    for shop in shops[:2]:
        sell(shop, {"42": gtin(1)})
    match_all()
    assert len(linked()) == 1
    sell(shops[2], {"42": gtin(1)})
    match_all()
    assert drift()[0] == 0
    Variant.objects.update(match_due_at=timezone.now(), matched_rule=0)
    match_all()
    assert linked() == set()
    assert drift() == (0, 0, 0)


def test_a_code_on_more_variants_than_allowed_links_nobody_in_whatever_order(monkeypatch):
    monkeypatch.setattr(neighbours, "MOST_OF_A_KEY", 1)
    monkeypatch.setattr(grouping, "MOST_OF_A_CODE", 8)
    shops = open_shops("Alma", "Bruno", "Cara")
    sizes = dict.fromkeys(("42", "43", "44", "45"), "")
    for shop in shops[:2]:
        sell(shop, sizes, code=BLACK)
    match_all()
    assert len(linked()) == 4
    sell(shops[2], sizes, code=BLACK)
    match_all()
    assert drift()[0] == 0
    Variant.objects.update(match_due_at=timezone.now(), matched_rule=0)
    match_all()
    assert linked() == set()
    assert drift() == (0, 0, 0)


def test_two_that_only_an_edited_row_held_together_part_when_it_goes_and_meet_when_it_comes_back():
    alma, bruno, cara, dora, emil = open_shops("Alma", "Bruno", "Cara", "Dora", "Emil")
    left = [sell(shop, {"42": gtin(1)})["42"] for shop in (alma, bruno)]
    right = [sell(shop, {"42": ""}, code=BLACK)["42"] for shop in (cara, dora)]
    bridge = sell(emil, {"42": gtin(1)}, code=BLACK)["42"]
    match_all()
    assert linked() == {ids(*left, *right, bridge)}
    change(bridge, article_code="")
    assert linked() == {ids(*left, bridge), ids(*right)}
    assert drift() == (0, 0, 0)
    change(bridge, article_code=BLACK)
    assert linked() == {ids(*left, *right, bridge)}
    assert drift() == (0, 0, 0)


def test_a_deleted_row_takes_its_evidence_with_it():
    alma, bruno, cara, dora, emil = open_shops("Alma", "Bruno", "Cara", "Dora", "Emil")
    left = [sell(shop, {"42": gtin(1)})["42"] for shop in (alma, bruno)]
    right = [sell(shop, {"42": ""}, code=BLACK)["42"] for shop in (cara, dora)]
    bridge = sell(emil, {"42": gtin(1)}, code=BLACK)["42"]
    match_all()
    change(bridge, deleted_at=timezone.now())
    assert linked() == {ids(*left), ids(*right)}
    assert drift() == (0, 0, 0)


def test_two_items_that_an_edit_would_bring_together_are_held_apart_until_staff_say_so():
    alma, bruno, cara, dora, emil = open_shops("Alma", "Bruno", "Cara", "Dora", "Emil")
    left = [sell(shop, {"42": gtin(1)})["42"] for shop in (alma, bruno)]
    right = [sell(shop, {"42": ""}, code=BLACK)["42"] for shop in (cara, dora)]
    bridge = sell(emil, {"42": gtin(1)})["42"]
    match_all()
    change(bridge, article_code=BLACK)
    assert linked() == {ids(*left, bridge), ids(*right)}
    held = HeldChange.objects.get()
    assert {held.item_id, held.other_id} == {item_of(left[0]), item_of(right[0])}
    assert drift() == (0, 0, 6)
    from catalog.match import rematch_variants

    rematch_variants([bridge.pk])
    match_all()
    assert linked() == {ids(*left, *right, bridge)}
    assert drift() == (0, 0, 0)


def test_an_edit_that_casts_doubt_on_others_link_takes_it_from_nobody():
    shops = open_shops("Alma", "Bruno", "Cara", "Dora", "Emil")
    a, b = (sell(shop, {"42": gtin(1)})["42"] for shop in shops[:2])
    others = [sell(shop, {"42": gtin(n)}, vendor=n * "X" + " Schuhe")["42"] for n, shop in enumerate(shops[2:], 5)]
    match_all()
    for one in others:
        change(one, barcode=gtin(1))  # now it stands on products of four brands
    assert linked() == {ids(a, b)}
    assert drift() == (0, 0, 1)


def test_rows_of_no_brand_are_compared_where_they_were_lent_one():
    alma, bruno, cara, dora = open_shops("Alma", "Bruno", "Cara", "Dora")
    one = sell(alma, {"40": gtin(40), "41": gtin(41)}, vendor="", title="Shoe")
    other = sell(bruno, {"41": gtin(41), "42": gtin(42)}, vendor="", title="Shoe")
    sell(cara, {"40": gtin(40)})
    sell(dora, {"42": gtin(42)}, vendor="Erlwand")
    match_all()
    assert ids(one["41"], other["41"]) not in linked()  # each was lent another brand
    assert drift() == (0, 0, 0)
