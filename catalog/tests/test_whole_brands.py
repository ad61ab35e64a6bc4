"""Much at once is matched brand by brand, with the links that change after change would give."""

import pytest
from django.utils import timezone

from catalog import match, whole_brands
from catalog.models import LearntSize, Match, Variant
from catalog.tests.small_network import gtin, linked, match_all, open_shops, sell
from catalog.whole_brands import brands_due, learn_of_all_brands, read_brands

pytestmark = pytest.mark.django_db


@pytest.fixture
def network():
    """Three shops with one shoe; the third names no brand, the second knows another size by its code alone."""
    alma, bruno, cara = open_shops("Alma", "Bruno", "Cara")
    a = sell(alma, {"42": gtin(1), "43": gtin(2)}, code="NW1200-001")
    b = sell(bruno, {"42": gtin(1), "43": ""}, code="NW1200-001")
    c = sell(cara, {"42": gtin(1)}, vendor="", title="Shoe")
    return a, b, c


def test_whole_brands_are_linked_as_single_changes_are(network, monkeypatch):
    monkeypatch.setattr(match, "AT_ONCE", 1)
    match_all()
    at_once = linked()
    assert sorted(len(members) for members in at_once) == [2, 3]
    assert not Variant.objects.filter(match_due_at__isnull=False).exists()
    monkeypatch.undo()
    Match.objects.all().delete()
    Variant.objects.update(match_due_at=timezone.now(), matched_rule=0)
    match_all()
    assert linked() == at_once


def test_a_brand_is_read_with_the_brandless_rows_that_share_its_barcodes(network):
    match_all()
    a, b, c = network
    brand = Variant.objects.get(pk=a["42"].pk).brand_key
    read = read_brands([brand])
    assert set(read.found.rows) == {variant.pk for own in (a, b, c) for variant in own.values()}
    assert (read.marks, read.waiting) == ({}, set())


def test_a_brand_of_which_little_is_due_is_not_matched_whole(network, monkeypatch):
    match_all()
    a, _, _ = network
    assert brands_due() == []
    Variant.objects.filter(pk=a["42"].pk).update(match_due_at=timezone.now())
    assert brands_due() == [Variant.objects.get(pk=a["42"].pk).brand_key]
    monkeypatch.setattr(whole_brands, "WORTH_IT", 3)
    assert brands_due() == []  # one row of its four


def test_a_size_that_eight_brands_agree_on_wakes_unlinked_rows(network):
    _, _, _ = network
    match_all()
    [dora] = open_shops("Dora")
    lone = sell(dora, {"UK 7": gtin(9)}, vendor="Erle", title="Erle Loafer")["UK 7"]
    match_all()
    key = Variant.objects.get(pk=lone.pk).size_key
    system, _, value = key.partition(":")
    LearntSize.objects.bulk_create(
        LearntSize(brand=f"brand {number}", system=system, value=value, european="41") for number in range(8)
    )
    learn_of_all_brands()
    learn_of_all_brands()
    assert LearntSize.objects.filter(brand="").count() == 1
    assert list(Variant.objects.filter(match_due_at__isnull=False)) == [lone]
