"""What the whole network shows of names is kept, variants are read by it, and those it concerns are read again."""

import pytest

from catalog import match_audit
from catalog.models import LearntName, Variant
from catalog.names import learn_names, lesson_is_old
from catalog.tests.small_network import gtin, linked, match_all, open_shops, sell

pytestmark = pytest.mark.django_db


def ids(*variants):
    return frozenset(variant.pk for variant in variants)


def brand_of(variant):
    return Variant.objects.get(pk=variant.pk).brand_key


@pytest.fixture
def network():
    """Two shops sell Erlwand by that name, Cara sells three of the same shoes under a name of her own."""
    alma, bruno, cara = open_shops("Alma", "Bruno", "Cara")
    named, own = [], []
    for number, model in enumerate(("Loafer", "Trainer", "Chukka"), 1):
        sizes = {"42": gtin(number)}
        named.append(sell(alma, sizes, title=f"{model} black", vendor="Erlwand"))
        named.append(sell(bruno, sizes, title=f"{model} black", vendor="Erlwand"))
        own.append(sell(cara, sizes, title=f"{model} black", vendor="Calzature Quo"))
    match_all()
    return named, own


def test_a_vendor_whose_barcodes_stand_on_anothers_goods_is_its_shops_name(network):
    named, own = network
    assert linked() == {ids(a["42"], b["42"]) for a, b in zip(named[::2], named[1::2], strict=True)}
    assert learn_names() == 3
    match_all()
    assert list(LearntName.objects.filter(kind="shop").values_list("name", flat=True)) == ["Calzature Quo"]
    assert [brand_of(one["42"]) for one in own] == ["", "", ""]
    assert sorted(len(members) for members in linked()) == [3, 3, 3]


def test_a_lesson_that_says_nothing_new_makes_nobody_due(network):
    learn_names()
    match_all()
    before = list(LearntName.objects.exclude(kind="lesson").values_list("pk", flat=True))
    assert learn_names() == 0
    assert list(LearntName.objects.exclude(kind="lesson").values_list("pk", flat=True)) == before
    assert not Variant.objects.filter(match_due_at__isnull=False).exists()
    assert not lesson_is_old()


def test_what_holds_no_more_is_taken_back(network):
    _, own = network
    learn_names()
    match_all()
    goods = [one["42"].pk for one in own]
    Variant.objects.filter(pk__in=goods).update(barcode="", match_due_at="2026-01-01T00:00:00Z")
    match_all()
    assert learn_names() == 3
    match_all()
    assert {brand_of(one["42"]) for one in own} == {"calzature quo"}


def test_a_brand_that_two_shops_name_is_found_in_a_title_and_links_by_code():
    alma, bruno, cara = open_shops("Alma", "Bruno", "Cara")
    a = sell(alma, {"42": ""}, vendor="Erlwand", title="Loafer", code="EW1200-001")
    b = sell(bruno, {"42": ""}, vendor="Erlwand", title="Loafer", code="EW1200-001")
    silent = sell(cara, {"42": ""}, vendor="", title="Loafer Erlwand", code="EW1200-001")
    match_all()
    assert linked() == {ids(a["42"], b["42"])}
    assert learn_names() == 1
    match_all()
    assert brand_of(silent["42"]) == "erlwand"
    assert linked() == {ids(a["42"], b["42"], silent["42"])}


def test_a_word_of_many_titles_is_no_brand():
    alma, bruno, cara = open_shops("Alma", "Bruno", "Cara")
    for shop in (alma, bruno):
        sell(shop, {"42": ""}, vendor="Velo", title="Loafer")
    for _ in range(3):
        sell(cara, {"42": ""}, vendor="Nordwand", title="Velo Trainer")
    silent = sell(cara, {"42": ""}, vendor="", title="Velo Chukka")
    match_all()
    assert learn_names() == 0
    assert brand_of(silent["42"]) == ""


def test_a_long_code_that_one_brand_alone_carries_names_it_where_titles_share_a_word():
    alma, cara = open_shops("Alma", "Cara")
    a = sell(alma, {"42": ""}, vendor="Erlwand", title="Monte Loafer", code="EW120034-001")
    silent = sell(cara, {"42": ""}, vendor="", title="Monte", code="EW120034-001")
    other = sell(cara, {"43": ""}, vendor="", title="Chukka", code="EW120034-001")
    match_all()
    assert learn_names() > 0
    match_all()
    assert (brand_of(silent["42"]), brand_of(other["43"])) == ("erlwand", "")
    assert linked() == {ids(a["42"], silent["42"])}


def test_the_nightly_comparison_ends_with_a_lesson(network):
    assert match_audit.audit_matching().missing == 0
    match_all()
    assert sorted(len(members) for members in linked()) == [3, 3, 3]
    report = match_audit.audit_matching()
    assert (report.missing, report.extra) == (0, 0)
