"""Links live through what shops do to their catalogues, and come of numbers only where a number means the same everywhere."""

import pytest
from django.utils import timezone

from catalog.models import Match, Product, Variant
from catalog.tests.small_network import change, gtin, item_of, linked, match_all, open_shops, sell
from network.models import Shop

pytestmark = pytest.mark.django_db


def test_existing_new_renamed_and_re_optioned_variants_keep_their_link():
    """Case T9: a rename, other options, another place on the page or a new size costs nobody a link, nor its identity."""
    alma, bruno = open_shops("Alma", "Bruno")
    hers = sell(alma, {"42": gtin(1), "43": gtin(2)})
    his = sell(bruno, {"42": gtin(1), "43": gtin(2)})
    match_all()
    stood = {
        variant.pk: (item_of(variant), Match.objects.get(variant=variant, status="linked").pk)
        for variant in (*hers.values(), *his.values())
    }

    page = his["42"].product
    page.title, page.vendor = "Trailrunner Nordwand Herren NEU", "NORDWAND GmbH"
    page.save()
    change(*his.values())
    for size, variant in his.items():  # Shopify tells a product's options as a whole
        options, title = [["Farbe", "Schwarz"], ["Größe", f"EU {size}"]], f"Schwarz / EU {size}"
        Variant.objects.filter(pk=variant.pk).update(options=options, title=title)
    change(*his.values())
    change(his["43"], sku="NW-43-BLK", price_minor=8900)
    fresh = _add_size(bruno, page, "44", "Schwarz")
    match_all()
    added = _add_size(alma, hers["42"].product, "44", "Black")
    match_all()

    assert {
        pk: (item_of(Variant.objects.get(pk=pk)), Match.objects.get(variant=pk, status="linked").pk) for pk in stood
    } == stood
    assert item_of(fresh) == item_of(added) is not None
    assert len(linked()) == 3


def _add_size(shop: Shop, page: Product, size: str, colour: str) -> Variant:
    fresh = sell(shop, {size: gtin(3)}, colour=colour)[size]
    Variant.objects.filter(pk=fresh.pk).update(product=page, match_due_at=timezone.now())
    return fresh


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("196154499569", "0196154499569"),
        ("196154499569", "00196154499569"),
        ("0196154499569", "1 96154 49956 9"),
        ("04252614", "042100005264"),
    ],
)
def test_one_number_written_as_upc_ean_or_gtin_14_is_one_item(one, other):
    """Case T10: UPC-12, EAN-13 with a zero and GTIN-14 with two are one number, and a UPC-E is the UPC-A it stands for."""
    alma, bruno = open_shops("Alma", "Bruno")
    mine, theirs = sell(alma, {"42": one})["42"], sell(bruno, {"42": other})["42"]
    match_all()
    assert linked() == {frozenset((mine.pk, theirs.pk))}


@pytest.mark.parametrize(
    "number", ["9521234000007", "0212345678901", "0400000000017", "2000000000015", "2912345678904"]
)
def test_a_wrong_check_digit_and_numbers_of_a_shops_own_link_nobody(number):
    """Case T10: what a till printed for itself (02, 04, 2x) and what was mistyped is nobody's number."""
    alma, bruno = open_shops("Alma", "Bruno")
    sell(alma, {"42": number}, title="Nordwand Trail Runner")
    sell(bruno, {"42": number}, title="Nordwand Trail Runner")
    match_all()
    assert linked() == set()
