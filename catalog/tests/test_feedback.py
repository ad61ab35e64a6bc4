"""Merchants are told which products nothing can match, why, and what to do; of their own shops alone."""

import pytest
from django.urls import reverse

from catalog import match
from catalog.feedback import SizeFacts, find_faults, unmatchable
from catalog.models import Product, Variant
from network.models import Membership, User
from skuu.testing.signing_in import signed_in
from skuu.testing.world import load_world

SOUND = {"gtin": "09520000054014", "gtin_status": "clean", "size_key": "EU42", "sku": "A-42"}


def size(variant, product=1, **said):
    return SizeFacts(variant, product, **(SOUND | said))


def test_a_sound_size_and_a_matched_one_have_no_fault():
    bare = {"gtin": "", "gtin_status": "empty", "size_key": ""}
    assert find_faults([size(1), size(2, linked=True, **bare)]) == {}


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"gtin": "", "gtin_status": "empty"}, "no_key"),
        ({"gtin": "", "gtin_status": "bad_check"}, "bad_check"),
        ({"gtin": "", "gtin_status": "placeholder"}, "placeholder"),
        ({"gtin": "02000000000008", "gtin_status": "restricted"}, "placeholder"),
        ({"gtin": "", "gtin_status": "not_a_gtin"}, "placeholder"),
        ({"sku": ""}, "no_sku"),
    ],
)
def test_each_fault_is_named(said, fault):
    assert find_faults([size(7, 3, **said)]) == {fault: {3: [7]}}


def test_a_barcode_on_several_sizes_counts_for_all_of_them():
    assert find_faults([size(1), size(2), size(3, gtin="09520000054021")]) == {"repeated": {1: [1, 2]}}


def test_a_full_article_code_makes_up_for_a_missing_barcode_but_not_for_a_missing_size():
    coded = {"gtin": "", "gtin_status": "empty", "has_code": True, "has_full_code": True}
    assert find_faults([size(1, **coded)]) == {}
    assert find_faults([size(1, **(coded | {"size_key": ""}))]) == {"no_size": {1: [1]}}


def test_a_matched_size_without_a_sku_still_cannot_stand_on_a_shelf():
    assert find_faults([size(1, linked=True, sku="")]) == {"no_sku": {1: [1]}}


@pytest.fixture
def cast(db):
    shops = load_world("tiny")
    while match.match_due():
        pass
    return {name.split("-")[0]: shop for name, shop in shops.items()}


def spoil(shop, **columns):
    """Let a shop's first unmatched product lose its data, and have it read again."""
    product = Product.everyone.filter(shop=shop).order_by("pk").first()
    Variant.everyone.filter(product=product).update(match_due_at="2026-01-01T00:00:00Z", **columns)
    while match.match_due():
        pass
    return product


def test_the_shops_own_faulty_products_are_listed_with_the_fix(cast):
    product = spoil(cast["cara"], barcode="", sku="", article_code="")
    faults = {fault.name: fault for fault in unmatchable(cast["cara"])}
    for name in ("no_key", "no_sku"):
        titles = [row.product.title for row in faults[name].shown]
        assert product.title in titles
        assert faults[name].products >= 1
        assert faults[name].sizes >= product.variants.count()
        assert faults[name].fix


def test_deleted_and_draft_products_are_not_complained_about(cast):
    product = spoil(cast["cara"], barcode="", sku="", article_code="")
    Product.everyone.filter(pk=product.pk).update(status="draft")
    assert all(product.pk != row.product.pk for fault in unmatchable(cast["cara"]) for row in fault.shown)


def test_the_number_of_queries_does_not_grow_with_the_faults(cast, django_assert_max_num_queries):
    Variant.everyone.filter(shop=cast["cara"]).update(sku="")
    with django_assert_max_num_queries(3):
        unmatchable(cast["cara"])


def test_the_page_shows_a_merchant_its_own_faults_and_no_one_elses(cast):
    mine = spoil(cast["bruno"], barcode="123", sku="", article_code="")
    other = spoil(cast["cara"], barcode="", sku="", article_code="")
    Product.everyone.filter(pk=other.pk).update(title="Cara's secret boot")
    user = User.objects.create_user("bruno", "bruno@example.com", "a long password")
    Membership.everyone.create(user=user, merchant=cast["bruno"].merchant, role="readonly")
    page = signed_in(user).get(reverse("portal:unmatched"))
    text = page.content.decode()
    assert page.status_code == 200
    assert mine.title in text
    assert "No SKU, so it cannot stand on a shelf" in text
    assert "secret boot" not in text
    assert signed_in(user).get(reverse("portal:unmatched"), {"shop": cast["cara"].pk}).status_code == 404
