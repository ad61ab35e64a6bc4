"""Words are learnt from verdicts once a person says yes; what they name is read and matched anew."""

import pytest
from django.utils import timezone

from catalog import aliases
from catalog.models import AliasProposal, BrandAlias, ColourAlias, Variant, Verdict
from catalog.tests.cast import make_item, stock
from catalog.tests.doubted import match_all
from catalog.verdict_pairs import verdict_pairs
from skuu.kit.errors import NotFound, NotPossible

pytestmark = pytest.mark.django_db


def confirmed(one, other, *, same=True, by="sam"):
    """Let a person have said of two shops' products that they are (not) the same; each is a dict of variant columns."""
    item = make_item()
    found = []
    for shop, columns in (one, other):
        columns = dict(columns)
        title = columns.pop("title", "Boot")
        variant = stock(shop, None, **columns)
        type(variant.product).everyone.filter(pk=variant.product_id).update(title=title)
        found.append(variant)
    said = found if same else found[:1]
    Verdict.objects.bulk_create(
        Verdict(variant=variant, item=item, same=same, by=by, seen={"card": 1}) for variant in said
    )
    return item, found


def proposals():
    return list(AliasProposal.objects.order_by("kind", "word").values_list("kind", "word", "meaning", "verdicts"))


# --- proposing --------------------------------------------------------------------------------------------------------
def test_an_unknown_brand_is_proposed_for_the_known_one_with_its_evidence(alma, bruno):
    for number in (1, 2):
        confirmed(
            (bruno, {"brand_key": "adidas sportsware", "title": f"Shoe {number}"}),
            (alma, {"brand_key": "adidas", "title": f"Sneaker {number}"}),
        )
    assert aliases.propose_aliases() == 1
    assert proposals() == [("brand", "adidas sportsware", "adidas", 2)]
    row = AliasProposal.objects.get()
    assert row.shops == 1
    assert row.examples == [{"word": "Shoe 1", "meaning": "Sneaker 1"}, {"word": "Shoe 2", "meaning": "Sneaker 2"}]


def test_of_two_unknown_brands_the_rarer_is_proposed_for_the_more_frequent(alma, bruno):
    confirmed((bruno, {"brand_key": "nordwand gmbh x"}), (alma, {"brand_key": "nordwandx"}))
    stock(alma, None, brand_key="nordwandx")
    aliases.propose_aliases()
    assert proposals() == [("brand", "nordwand gmbh x", "nordwandx", 1)]


def test_two_known_brands_are_two_brands_whatever_somebody_clicked(alma, bruno):
    confirmed((bruno, {"brand_key": "puma"}), (alma, {"brand_key": "adidas"}))
    assert aliases.propose_aliases() == 0


def test_a_colour_word_nobody_knew_is_proposed_for_what_the_other_side_says(alma, bruno):
    confirmed((bruno, {"colour_key": "raw:gletscher"}), (alma, {"colour_key": "white/grey"}))
    aliases.propose_aliases()
    assert proposals() == [("colour", "gletscher", "white/grey", 1)]


def test_refusals_undone_verdicts_and_what_is_known_already_propose_nothing(alma, bruno):
    sides = (bruno, {"colour_key": "raw:gletscher"}), (alma, {"colour_key": "white"})
    confirmed(*sides, same=False)
    item, _ = confirmed(*sides)
    Verdict.objects.filter(item=item).update(undone_at=timezone.now())
    assert aliases.propose_aliases() == 0
    ColourAlias.objects.create(word="gletscher", bases=["white"], by="ina")
    confirmed(*sides)
    assert aliases.propose_aliases() == 0


def test_looking_again_renews_the_count_and_keeps_what_was_decided(alma, bruno):
    sides = (bruno, {"colour_key": "raw:gletscher"}), (alma, {"colour_key": "white"})
    confirmed(*sides)
    aliases.propose_aliases()
    aliases.reject_proposal(AliasProposal.objects.get().pk, by="ina")
    confirmed(*sides)
    assert aliases.propose_aliases() == 0
    row = AliasProposal.objects.get()
    assert (row.status, row.verdicts, row.decided_by) == ("rejected", 2, "ina")


# --- deciding ---------------------------------------------------------------------------------------------------------
def test_a_confirmed_brand_is_read_by_the_normaliser(alma, bruno):
    theirs = stock(bruno, None, vendor="Adidaz Sportz", brand_key="adidaz sportz")
    other = stock(alma, None, vendor="Nordwand", brand_key="nordwand")
    row = AliasProposal.objects.create(kind="brand", word="adidaz sportz", meaning="adidas", verdicts=3)
    assert aliases.preview_alias("brand", "Adidaz Sportz", "adidas") == aliases.Consequence(1, 1, 1)
    assert aliases.confirm_proposal(row.pk, by="ina") == 1
    assert aliases.confirm_proposal(row.pk, by="ina") == 0
    row.refresh_from_db()
    assert (row.status, row.decided_by, BrandAlias.objects.get().by) == ("confirmed", "ina", "ina")
    assert list(Variant.everyone.filter(match_due_at__isnull=False)) == [theirs]
    match_all()
    theirs.refresh_from_db()
    other.refresh_from_db()
    assert (theirs.brand_key, other.brand_key) == ("adidas", "nordwand")
    assert aliases.reject_proposal(row.pk, by="ina") >= 1
    match_all()
    theirs.refresh_from_db()
    assert theirs.brand_key == "adidaz sportz"
    assert not BrandAlias.objects.exists()


def test_a_confirmed_colour_is_read_by_the_normaliser(alma, bruno):
    theirs = stock(bruno, None, options=[["Size", "42"], ["Colour", "Gletscherspalt"]])
    Variant.everyone.filter(pk=theirs.pk).update(match_due_at=timezone.now())
    match_all()
    theirs.refresh_from_db()
    assert theirs.colour_key == "raw:gletscherspalt"
    assert aliases.preview_alias("colour", "Gletscherspalt", "white/grey") == aliases.Consequence(1, 1, 1)
    assert aliases.add_alias("colour", "Gletscherspalt", "white / grey", by="ina") == 1
    assert aliases.add_alias("colour", "Gletscherspalt", "white/grey", by="ina") == 0
    assert ColourAlias.objects.get().bases == ["white", "grey"]
    match_all()
    theirs.refresh_from_db()
    assert theirs.colour_key == "white/grey"
    assert aliases.remove_alias("colour", "gletscherspalt", by="ina") == 1
    assert aliases.remove_alias("colour", "gletscherspalt", by="ina") == 0
    match_all()
    theirs.refresh_from_db()
    assert theirs.colour_key == "raw:gletscherspalt"


def test_of_a_colour_of_two_learnt_words_each_is_added_and_removed_alone(bruno):
    theirs = stock(bruno, None, options=[["Size", "42"], ["Colour", "Gletscherspalt-Lavastrom"]])
    Variant.everyone.filter(pk=theirs.pk).update(match_due_at=timezone.now())
    seen = []
    for step in (
        lambda: aliases.add_alias("colour", "gletscherspalt", "white", by="ina"),
        lambda: aliases.add_alias("colour", "lavastrom", "red", by="ina"),
        lambda: aliases.remove_alias("colour", "gletscherspalt", by="ina"),
    ):
        match_all()
        assert step() == 1
        match_all()
        theirs.refresh_from_db()
        seen.append(theirs.colour_key)
    assert seen == ["white", "white/red", "red"]


@pytest.mark.parametrize(
    ("kind", "word", "meaning", "code"),
    [
        ("colour", "gletscher", "icecream", "unknown_colour"),
        ("colour", "schwarz", "white", "already_known"),
        ("brand", "adidaz", "adidaz", "no_alias"),
        ("brand", " ", "adidas", "no_alias"),
        ("brand", "adidaz", "puma", "already_means"),
        ("brand", "adidass", "adidaz", "chain"),
        ("smell", "rose", "lily", "unknown_kind"),
    ],
)
def test_a_senseless_alias_is_refused_and_nothing_changes(alma, kind, word, meaning, code):
    stock(alma, None, brand_key="adidaz", colour_key="raw:gletscher")
    BrandAlias.objects.create(alias="adidaz", brand_key="adidas", by="ina")
    for verb in (aliases.preview_alias, lambda *said: aliases.add_alias(*said, by="ina")):
        with pytest.raises(NotPossible) as refused:
            verb(kind, word, meaning)
        assert refused.value.code == code
    assert (BrandAlias.objects.count(), ColourAlias.objects.count()) == (1, 0)
    assert not Variant.everyone.filter(match_due_at__isnull=False).exists()


def test_a_proposal_that_is_not_there_is_not_decided():
    with pytest.raises(NotFound):
        aliases.confirm_proposal(7, by="ina")


# --- pairs to learn from ----------------------------------------------------------------------------------------------
def test_each_decision_becomes_one_pair_with_both_sides_as_their_shops_write_them(alma, bruno):
    confirmed(
        (
            bruno,
            {"title": "Trail Shoe", "sku": "B-1", "colour_key": "raw:gletscher", "size_label": "42", "price": 8995},
        ),
        (alma, {"title": "Trailschuh", "vendor": "Fjellvik", "barcode": "9520000054014", "code": "FJ1391100"}),
    )
    (pair,) = verdict_pairs()
    assert (pair["label"], pair["by"]) == (True, "sam")
    sides = sorted((pair["left"], pair["right"]), key=lambda side: side["title"])
    assert sides[0] == {
        "title": "Trail Shoe", "vendor": "Nordwand", "brand": "Nordwand", "article_code": "", "sku": "B-1", "barcode": "",
        "size": "42", "colour": "gletscher", "gender": "", "price": "89.95", "currency": "EUR", "options": [],
    }  # fmt: skip
    assert (sides[1]["article_code"], sides[1]["barcode"]) == ("FJ1391100", "9520000054014")


def test_a_no_is_a_pair_too_and_what_was_undone_or_only_reported_is_none(alma, bruno):
    item, (mine, _) = confirmed((bruno, {"title": "Boot"}), (alma, {"title": "Shoe"}), same=False)
    stock(alma, item)
    undone, _ = confirmed((bruno, {}), (alma, {}))
    Verdict.objects.filter(item=undone).update(undone_at=timezone.now())
    reported, _ = confirmed((bruno, {}), (alma, {}))
    Verdict.objects.filter(item=reported).update(seen={"report": 1})
    (pair,) = verdict_pairs()
    assert (pair["label"], pair["left"]["title"]) == (False, "Boot")


def test_pairs_are_read_batch_by_batch(alma, bruno, monkeypatch):
    monkeypatch.setattr("catalog.verdict_pairs.BATCH", 2)
    for number in range(5):
        confirmed((bruno, {"title": f"Boot {number}"}), (alma, {"title": f"Shoe {number}"}))
    told = sorted(side["title"] for pair in verdict_pairs() for side in (pair["left"], pair["right"]))
    assert told == sorted([f"Boot {n}" for n in range(5)] + [f"Shoe {n}" for n in range(5)])
