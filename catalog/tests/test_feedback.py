"""Merchants are told which products nothing can match, why, what to do and what it may bring; of their own shops alone."""

import csv
import io

import pytest
from django.urls import reverse

from catalog.feedback import CAUSES, find_faults, list_faults
from catalog.models import Product, ReviewCard, Variant
from catalog.tests.cast import link, make_item, stock
from network.models import Membership, User
from skuu.testing.signing_in import signed_in

pytestmark = pytest.mark.django_db
SOUND = {
    "gtin_status": "clean", "size_key": "NR:42", "colour_key": "black", "brand_key": "nordwand", "norm_version": 1,
}  # fmt: skip
BARE = {"gtin": "", "gtin_status": "empty"}


def size(shop, number=1, *, product=None, **columns):
    """A sound size with a barcode of its own, but for what is said otherwise."""
    facts = SOUND | {"gtin": f"0952000005{number:04d}", "sku": f"S-{number}"} | columns
    item = facts.pop("item", None)
    variant = stock(shop, item, **facts)
    if product is not None:
        Variant.everyone.filter(pk=variant.pk).update(product=product)
        Product.everyone.filter(pk=variant.product_id).delete()
        variant.refresh_from_db()
    return variant


def faults(shop):
    return {fault.cause.name: (fault.products, fault.sizes) for fault in find_faults(shop)}


# --- what is wrong ----------------------------------------------------------------------------------------------------
def test_a_sound_size_lacks_nothing(alma):
    size(alma)
    assert faults(alma) == {}


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (BARE, {"no_barcode"}),
        ({"gtin": "", "gtin_status": ""}, {"no_barcode"}),
        ({"gtin": "", "gtin_status": "bad_check"}, {"bad_check"}),
        ({"gtin": "", "gtin_status": "placeholder"}, {"placeholder"}),
        ({"gtin": "02000000000008", "gtin_status": "restricted"}, {"in_store"}),
        ({"gtin": "", "gtin_status": "not_a_gtin"}, {"not_a_number"}),
        ({"gtin": "", "gtin_status": "coupon"}, {"not_a_number"}),
        ({"gtin": "19520000054011", "gtin_status": "case"}, {"not_a_number"}),
        (BARE | {"code": "DD1391", "code_level": "style"}, {"style_code"}),
        (BARE | {"code": "DD1391100", "code_level": "full"}, set()),
        (BARE | {"code": "DD1391100", "code_level": "full", "size_key": ""}, {"no_size"}),
        (BARE | {"code": "DD1391100", "code_level": "full", "colour_key": ""}, set()),
        (BARE | {"colour_key": ""}, {"no_barcode", "no_colour"}),
        (BARE | {"brand_key": ""}, {"no_barcode", "no_brand"}),
        (BARE | {"size_key": ""}, {"no_barcode", "no_size"}),
        ({"size_key": "", "colour_key": "", "brand_key": ""}, set()),  # a clean barcode of its own is enough
        ({"sku": " "}, {"no_sku"}),
    ],
)
def test_each_fault_is_named_and_no_other(alma, said, found):
    size(alma, **said)
    assert faults(alma) == dict.fromkeys(found, (1, 1))


def test_one_barcode_on_several_sizes_counts_for_all_that_carry_it(alma):
    first = size(alma, 1)
    size(alma, 1, product=first.product, size_key="NR:43")
    size(alma, 3, product=first.product, size_key="NR:44")
    assert faults(alma) == {"repeated": (1, 2)}


def test_the_same_size_on_two_pages_is_two_listings_and_no_repeated_barcode(alma):
    size(alma, 1)
    size(alma, 1)
    assert faults(alma) == {"twice": (2, 2)}


def test_a_barcode_that_partners_have_on_another_size_is_doubted(alma, bruno):
    size(alma, 1, size_key="NR:42")
    size(bruno, 1, size_key="NR:43")
    size(alma, 2, size_key="NR:42")
    size(bruno, 2, size_key="UK:8")  # another system: nothing can be said
    size(alma, 3, size_key="NR:42")
    size(bruno, 3, size_key="NR:42")
    assert faults(alma) == {"other_size": (1, 1)}


def test_a_matched_size_lacks_nothing_but_perhaps_its_sku(alma, bruno):
    item = make_item()
    size(bruno, 2, item=item)
    size(alma, item=item, sku="", **(BARE | {"colour_key": "", "size_key": ""}))
    assert faults(alma) == {"no_sku": (1, 1)}


def test_an_item_nobody_else_stands_for_is_no_match(alma):
    link(size(alma, **BARE), make_item())
    assert faults(alma) == {"no_barcode": (1, 1)}


@pytest.mark.parametrize(
    "columns", [{"status": "draft"}, {"status": "archived"}, {"deleted_at": "2026-01-01T00:00:00Z"}]
)
def test_what_is_gone_or_not_for_sale_is_not_complained_about(alma, columns):
    variant = size(alma, **BARE)
    Product.everyone.filter(pk=variant.product_id).update(**columns)
    assert faults(alma) == {}


def test_what_matching_has_not_read_yet_is_not_judged(alma):
    size(alma, norm_version=0, **BARE)
    assert faults(alma) == {}


def test_the_causes_come_in_the_order_of_the_fix_that_helps_most_with_what_it_may_bring(alma):
    asked = size(alma, 1, **(BARE | {"colour_key": ""}))
    size(alma, 2, product=asked.product, **BARE)
    size(alma, 3, **BARE)
    ReviewCard.everyone.create(
        product=asked.product, reason="?", evidence_class="title", candidates=[], money_minor=25000
    )
    found = find_faults(alma)
    assert [(one.cause.name, one.products, one.sizes, one.alike, one.worth_minor) for one in found] == [
        ("no_barcode", 2, 3, 2, 25000),
        ("no_colour", 1, 1, 1, 25000),
    ]
    assert [one.name for one in CAUSES.values()][0] == "no_barcode"


def test_one_statement_judges_a_shop_however_many_products(alma, django_assert_num_queries):
    for number in range(20):
        size(alma, number, **BARE)
    with django_assert_num_queries(1):
        assert faults(alma) == {"no_barcode": (20, 20)}


# --- the pages --------------------------------------------------------------------------------------------------------
def person(shop, role="readonly"):
    user = User.objects.create_user(f"{shop.name}-{role}".lower(), f"{role}@example.com", "a long password")
    Membership.everyone.create(user=user, merchant=shop.merchant, role=role)
    return signed_in(user)


def test_the_page_tells_a_merchant_its_own_faults_and_no_one_elses(alma, bruno):
    size(bruno, sku="", **BARE)
    other = size(alma, **(BARE | {"colour_key": ""}))
    Product.everyone.filter(pk=other.product_id).update(title="Alma's secret boot")
    browser = person(bruno)
    text = browser.get(reverse("portal:unmatched")).content.decode()
    assert CAUSES["no_barcode"].fix in text
    assert CAUSES["no_sku"].title in text
    assert CAUSES["no_colour"].title not in text
    for query in ({"shop": alma.pk}, {"shop": alma.pk, "cause": "no_barcode"}, {"shop": bruno.pk, "cause": "smell"}):
        assert browser.get(reverse("portal:unmatched"), query).status_code == 404
    assert browser.get(reverse("portal:unmatched_csv"), {"shop": alma.pk}).status_code == 404
    page = browser.get(reverse("portal:unmatched"), {"shop": bruno.pk, "cause": "no_barcode"}).content.decode()
    assert "secret" not in page


def test_the_list_of_a_cause_leads_to_the_shops_own_page_and_goes_on(alma):
    variant = size(alma, options=[["Size", "42"]], **BARE)
    Product.everyone.filter(pk=variant.product_id).update(remote_id="gid://shopify/Product/81", title="A first boot")
    for number in range(2, 31):
        size(alma, number, **BARE)
    browser = person(alma)
    query = {"shop": alma.pk, "cause": "no_barcode"}
    page = browser.get(reverse("portal:unmatched"), query)
    text = page.content.decode()
    assert 'href="https://alma.myshopify.com/admin/products/81"' in text
    assert [row.sizes for row in page.context["products"]][0] == ["42"]
    assert len(page.context["products"]) == 25
    rest = browser.get(reverse("portal:unmatched"), query | {"after": page.context["page"].next_after})
    assert len(rest.context["products"]) == 5
    found = browser.get(reverse("portal:unmatched"), query | {"q": "first"})
    assert [row.product.title for row in found.context["products"]] == ["A first boot"]


def test_the_table_holds_every_fault_and_runs_no_formula(alma):
    variant = size(alma, **(BARE | {"colour_key": "", "sku": "=1+1"}))
    Product.everyone.filter(pk=variant.product_id).update(title="Boot, brown")
    answer = person(alma).get(reverse("portal:unmatched_csv"))
    assert answer["Content-Disposition"] == 'attachment; filename="products-to-mend.csv"'
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["cause"], row["product"], row["sku"]) for row in rows] == [
        ("No barcode and no article code", "Boot, brown", "'=1+1"),
        ("No colour", "Boot, brown", "'=1+1"),
    ]
    assert rows[0]["fix"] == CAUSES["no_barcode"].fix
    assert [row["variant_id"] for row in list_faults(alma)] == [variant.remote_id] * 2


def test_a_shop_with_sound_data_is_told_so(alma):
    size(alma)
    assert "Nothing to mend" in person(alma).get(reverse("portal:unmatched")).content.decode()
