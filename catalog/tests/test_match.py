"""Certain evidence links, the rest becomes questions, and what a person said stands."""

import datetime as dt

import pytest
from django.utils import timezone

from catalog import match, reread, review
from catalog.models import EvidenceClass, Item, Match, Product, ReviewCard, Variant, Verdict
from skuu.kit.errors import NotPossible
from skuu.testing.world import load_world

pytestmark = pytest.mark.django_db


def match_all():
    while match.match_due():
        pass


@pytest.fixture
def cast():
    shops = load_world("tiny")
    match_all()
    return {name.split("-")[0]: shop for name, shop in shops.items()}


def linked_pairs():
    """Pairs of (shop, sku) that stand for one item."""
    rows = Match.everyone.filter(status="linked").select_related("variant", "shop").order_by("item_id", "shop_id")
    items = {}
    for row in rows:
        items.setdefault(row.item_id, []).append((row.shop.domain.split("-")[0], row.variant.sku))
    return [members for members in items.values() if len(members) > 1]


def test_the_same_barcode_in_two_shops_is_one_item(cast):
    gtins = Match.everyone.filter(status="linked", method="gtin").select_related("variant")
    assert gtins.count() > 0
    by_item = {}
    for row in gtins:
        by_item.setdefault(row.item_id, set()).add(row.variant.gtin)
    assert all(len(numbers) == 1 for numbers in by_item.values())
    assert {row.shop_id for row in gtins} == {cast["alma"].pk, cast["bruno"].pk}


def test_brand_full_code_and_size_link_without_a_barcode(cast):
    by_code = Match.everyone.filter(status="linked", method="code").select_related("variant")
    assert {row.shop_id for row in by_code} == {cast["alma"].pk, cast["bruno"].pk}
    assert all(row.evidence for row in by_code)


def test_a_stranger_shares_nothing(cast):
    assert not Match.everyone.filter(shop=cast["cara"], status="linked").exists()


def test_running_again_changes_nothing(cast):
    before = list(Match.everyone.order_by("pk").values_list("pk", "variant_id", "item_id", "status", "decided_at"))
    items = Item.objects.count()
    Variant.everyone.update(match_due_at="2026-01-01T00:00:00Z")
    match_all()
    assert (
        list(Match.everyone.order_by("pk").values_list("pk", "variant_id", "item_id", "status", "decided_at")) == before
    )
    assert Item.objects.count() == items


def change(variants, **columns):
    """Change variants as sync would: the rows are other, and due."""
    Variant.everyone.filter(pk__in=variants).update(**columns, match_due_at=timezone.now())
    match_all()


def a_gtin_match(shop):
    return Match.everyone.filter(status="linked", method="gtin", shop=shop).select_related("variant").first()


def test_lost_barcodes_unlink_their_product_and_nothing_else(cast):
    row = a_gtin_match(cast["bruno"])
    own = set(Variant.everyone.filter(product=row.variant.product_id).values_list("pk", flat=True))
    others = set(Match.everyone.filter(status="linked").exclude(variant__in=own).values_list("pk", flat=True))
    Product.everyone.filter(pk=row.variant.product_id).update(title="Something else")
    change(own, barcode="", sku="", article_code="")
    assert not Match.everyone.filter(variant__in=own, status="linked").exists()
    assert set(Match.everyone.filter(status="linked").values_list("pk", flat=True)) == others
    row.refresh_from_db()
    assert row.changes.order_by("-pk").first().reason == "nothing certain speaks for it any more"


def test_a_lost_barcode_leaves_a_size_that_its_neighbours_vouch_for(cast):
    alone = Match.everyone.filter(status="linked", method="gtin", shop=cast["bruno"]).select_related("variant")
    of_product: dict = {}
    for match_ in alone.order_by("pk"):
        of_product.setdefault(match_.variant.product_id, []).append(match_)
    row = next(matches[0] for matches in of_product.values() if len(matches) > 2)
    change([row.variant_id], barcode="", sku="", article_code="")
    row.refresh_from_db()
    assert (row.status, row.method) == ("linked", "aligned")
    assert row.changes.order_by("-pk").first().reason == "evidence: gtin → aligned"


def test_a_style_level_code_becomes_a_question_and_never_a_link(cast):
    card = ReviewCard.everyone.filter(status="open").first()
    assert card is not None
    assert card.candidates[0]["why"]
    variants = {row["mine"] for row in card.candidates[0]["sizes"]}
    assert not Match.everyone.filter(variant__in=variants, status="linked").exists()


def test_a_person_links_every_aligned_size_at_once(cast):
    card = ReviewCard.everyone.filter(status="open").first()
    aligned = [row for row in card.candidates[0]["sizes"] if row["theirs"]]
    assert review.approve_card(card, by="staff") == len(aligned)
    for row in aligned:
        mine = Match.everyone.get(variant=row["mine"], status="linked")
        theirs = Match.everyone.get(variant=row["theirs"], status="linked")
        assert mine.item_id == theirs.item_id
        assert (mine.method, mine.decided_by) == ("person", "staff")
    card.refresh_from_db()
    assert (card.status, card.decided_by) == ("approved", "staff")
    with pytest.raises(NotPossible):
        review.approve_card(card, by="staff")


def test_a_verdict_outlives_a_new_match_run(cast):
    card = ReviewCard.everyone.filter(status="open").first()
    review.approve_card(card, by="staff")
    before = set(Match.everyone.filter(status="linked").values_list("variant_id", "item_id"))
    Variant.everyone.update(match_due_at="2026-01-01T00:00:00Z", norm_version=0)
    match_all()
    assert set(Match.everyone.filter(status="linked").values_list("variant_id", "item_id")) == before


def test_undo_takes_the_links_back_and_asks_again(cast):
    card = ReviewCard.everyone.filter(status="open").first()
    before = {pair for members in linked_pairs() for pair in members}
    review.approve_card(card, by="staff")
    review.undo_card(card, by="staff")
    match_all()
    assert {pair for members in linked_pairs() for pair in members} == before
    card.refresh_from_db()
    assert card.status == "open"
    assert not Verdict.objects.filter(undone_at=None).exists()


def pairs_on(card):
    """The pairs of variants that a card would link."""
    return {(row["mine"], row["theirs"]) for one in card.candidates for row in one["sizes"] if row["theirs"]}


def test_a_rejected_pair_is_not_asked_again(cast):
    card = ReviewCard.everyone.filter(status="open").first()
    product = card.product_id
    rejected = pairs_on(card)
    assert rejected
    review.reject_card(card, by="staff")
    Variant.everyone.update(match_due_at="2026-01-01T00:00:00Z")
    match_all()
    again = ReviewCard.everyone.filter(product=product, status="open").first()
    assert again is None or rejected.isdisjoint(pairs_on(again))  # another colour of both may still be asked about
    assert not Match.everyone.filter(variant__product=product, status="linked").exists()


def test_a_stopped_class_asks_instead_of_linking():
    EvidenceClass.objects.filter(name="gtin").update(status="stopped")
    load_world("tiny")
    match_all()
    assert not Match.everyone.filter(status="linked", method="gtin").exists()
    assert Match.everyone.filter(status="linked", method="code").exists()
    asked = ReviewCard.everyone.filter(status="open", evidence_class="gtin_guarded")
    assert asked.exists()
    assert asked.first().candidates[0]["sizes"]


def test_every_class_begins_on_probation():
    assert dict(EvidenceClass.objects.values_list("name", "status")) == {
        "gtin": "provisional",
        "code": "provisional",
        "aligned": "provisional",
    }


def test_a_variant_that_changes_while_it_is_matched_is_matched_again():
    load_world("tiny")
    _, due = reread.take_due()
    again = due[0]
    later = timezone.now() + dt.timedelta(seconds=1)
    Variant.everyone.filter(pk=again.pk).update(match_due_at=later)
    reread.keep_facts(due, done=True)
    assert list(Variant.everyone.filter(match_due_at__isnull=False).values_list("pk", "match_due_at")) == [
        (again.pk, later)
    ]
