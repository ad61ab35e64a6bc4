"""Bulk decisions: previewed and frozen, decided exactly so, every card with who and what was seen, undone as one."""

import pytest
from django.urls import reverse

from catalog import bulk, review
from catalog.bulk_pattern import Pattern
from catalog.models import BulkCard, BulkDecision, Match, ReviewCard, Variant, Verdict
from catalog.tests.asked import ask, reviewer, sell
from catalog.tests.cast import open_shop
from skuu.kit.errors import NotAllowed, NotPossible, WrongState
from skuu.testing.signing_in import signed_in

pytestmark = pytest.mark.django_db
PATTERN = Pattern("title", brand="fjord")


@pytest.fixture
def shops():
    return open_shop("Alma"), open_shop("Bruno", "DE")


@pytest.fixture
def cards(shops):
    return [ask(sell(shops[0], f"Boot {n}"), sell(shops[1], f"Boot {n}"), money_minor=100 - n) for n in range(3)]


def run(made):
    while bulk.go_on(made):
        pass
    made.refresh_from_db()
    return made


def statuses(made):
    return list(made.cards.order_by("pk").values_list("status", flat=True))


def persons_links():
    return Match.everyone.filter(status="linked", method="person").count()


@pytest.mark.parametrize(
    "pattern", [Pattern(""), Pattern("title"), Pattern("title", shop=1), Pattern("", brand="fjord")]
)
def test_a_pattern_without_a_class_and_a_brand_or_both_shops_is_too_wide(cards, pattern):
    with pytest.raises(NotPossible) as refusal:
        bulk.preview_bulk(pattern, by="sam")
    assert refusal.value.code == "pattern_too_wide"
    assert not BulkDecision.objects.exists()


def test_a_preview_counts_and_freezes_and_decides_nothing(cards):
    made = bulk.preview_bulk(PATTERN, by="sam")
    assert {name: made.counts[name] for name in ("cards", "sizes", "shops", "money", "left")} == {
        "cards": 3, "sizes": 6, "shops": 2, "money": 297, "left": {},
    }  # fmt: skip
    assert list(made.cards.order_by("pk").values_list("card_id", flat=True)) == [card.pk for card in cards]
    assert set(ReviewCard.everyone.values_list("status", flat=True)) == {"open"}
    assert (persons_links(), Verdict.objects.count()) == (0, 0)


def test_cards_that_need_eyes_are_left_out_with_the_reason(shops, cards):
    alma, bruno = shops
    ask(sell(alma), sell(bruno, colour_key="red"))
    ask(sell(alma), sell(bruno, code="FJ999"))
    ask(sell(alma), sell(bruno, gender="w"))
    ask(sell(alma), sell(bruno, brand_key="other"))
    ask(sell(alma), sell(bruno, price=90000))
    ask(sell(alma), sell(bruno), score=0.8)
    twins = ask(sell(alma), sell(bruno), sell(bruno))
    twins.candidates[1]["score"] = 0.95
    twins.save()
    review.take_card(cards[0], by="tess")
    counts = bulk.preview_bulk(PATTERN, by="sam").counts
    assert counts["left"] == {
        "the colours do not agree": 1,
        "the article codes do not agree": 1,
        "made for different people": 1,
        "the brands differ": 1,
        "the prices are far apart": 1,
        "less likely than the pattern wants": 1,
        "several candidates are as likely": 1,
        "somebody looks at it now": 1,
    }
    assert counts["cards"] == 2
    assert {one["why"] for one in counts["named"]} == set(counts["left"])


def test_a_colour_that_is_not_known_passes_only_a_pattern_that_does_not_ask_for_it(shops):
    ask(sell(shops[0]), sell(shops[1], colour_key=""))
    assert bulk.preview_bulk(PATTERN, by="sam").counts["cards"] == 0
    assert bulk.preview_bulk(Pattern("title", brand="fjord", colour_equal=False), by="sam").counts["cards"] == 1


def test_both_shops_narrow_a_pattern(shops, cards):
    cara = open_shop("Cara", "DE")
    ask(sell(shops[0]), sell(cara))
    made = bulk.preview_bulk(Pattern("title", shop=shops[0].pk, other_shop=cara.pk), by="sam")
    assert made.counts["cards"] == 1
    assert made.counts["left"] == {"the candidate is another shop’s": 3}


def test_yes_decides_exactly_the_cards_that_were_previewed(shops, cards):
    made = bulk.preview_bulk(PATTERN, by="sam")
    later = ask(sell(shops[0]), sell(shops[1]))
    bulk.confirm_bulk(made, digest=made.digest, by="sam")
    assert run(made).status == "decided"
    assert statuses(made) == ["decided"] * 3
    assert ReviewCard.everyone.get(pk=later.pk).status == "open"
    assert persons_links() == 6
    for card in cards:
        step = ReviewCard.everyone.get(pk=card.pk).changes.get(to_status="approved")
        assert (step.by, step.seen["0"]["mine"]["title"]) == ("sam", card.product.title)


def test_a_card_that_changed_or_was_decided_or_is_held_meanwhile_is_left_alone_with_the_reason(shops, cards):
    made = bulk.preview_bulk(PATTERN, by="sam")
    Variant.everyone.filter(product=cards[0].product).update(price_minor=1)
    review.reject_card(cards[1], by="tess")
    review.take_card(cards[2], by="uma")
    bulk.confirm_bulk(made, digest=made.digest, by="sam")
    assert run(made).status == "decided"
    assert statuses(made) == ["left"] * 3
    assert all(made.cards.values_list("reason", flat=True))
    assert persons_links() == 0


def test_only_who_previewed_it_confirms_it_and_only_as_previewed(cards):
    made = bulk.preview_bulk(PATTERN, by="sam")
    with pytest.raises(NotAllowed):
        bulk.confirm_bulk(made, digest=made.digest, by="tess")
    with pytest.raises(WrongState):
        bulk.confirm_bulk(made, digest="another", by="sam")
    BulkCard.objects.filter(bulk=made).first().delete()
    with pytest.raises(WrongState):
        bulk.confirm_bulk(made, digest=made.digest, by="sam")
    made.refresh_from_db()
    assert (made.status, bulk.go_on(made), persons_links()) == ("preview", 0, 0)


def test_a_preview_goes_stale_after_an_hour(cards):
    made = bulk.preview_bulk(PATTERN, by="sam")
    BulkDecision.objects.update(created_at="2026-01-01T00:00:00Z")
    with pytest.raises(WrongState) as refusal:
        bulk.confirm_bulk(made, digest=made.digest, by="sam")
    assert refusal.value.code == "preview_is_old"


def test_an_empty_preview_cannot_be_confirmed(shops):
    made = bulk.preview_bulk(PATTERN, by="sam")
    with pytest.raises(NotPossible):
        bulk.confirm_bulk(made, digest=made.digest, by="sam")


def test_deciding_goes_on_in_batches_and_confirming_twice_changes_nothing(shops):
    for n in range(bulk.AT_ONCE + 2):
        ask(sell(shops[0], f"Boot {n}"), sell(shops[1], f"Boot {n}"))
    made = bulk.preview_bulk(PATTERN, by="sam")
    bulk.confirm_bulk(made, digest=made.digest, by="sam")
    assert bulk.go_on(made) == bulk.AT_ONCE
    bulk.confirm_bulk(made, digest=made.digest, by="sam")
    assert statuses(made).count("waiting") == 2
    assert bulk.go_on_with_all() == 2
    assert BulkDecision.objects.get().status == "decided"
    assert bulk.go_on_with_all() == 0


def test_the_whole_decision_is_undone_as_one_except_what_was_decided_anew(cards):
    made = bulk.preview_bulk(PATTERN, by="sam")
    bulk.confirm_bulk(made, digest=made.digest, by="sam")
    run(made)
    review.undo_card(cards[0], by="tess")
    review.approve_card(ReviewCard.everyone.get(pk=cards[0].pk), by="tess")
    bulk.begin_undo(made, by="sam")
    assert run(made).status == "undone"
    assert statuses(made) == ["left", "undone", "undone"]
    assert list(ReviewCard.everyone.order_by("pk").values_list("status", "taken_by")) == [
        ("approved", ""), ("open", ""), ("open", ""),
    ]  # fmt: skip
    assert persons_links() == 2
    assert Verdict.objects.filter(undone_at=None).count() == 4


def test_a_dropped_preview_decides_nothing_any_more(cards):
    made = bulk.preview_bulk(PATTERN, by="sam")
    bulk.drop_bulk(made, by="sam")
    with pytest.raises(WrongState):
        bulk.confirm_bulk(BulkDecision.objects.get(), digest=made.digest, by="sam")
    with pytest.raises(WrongState):
        bulk.begin_undo(BulkDecision.objects.get(), by="sam")


class TestRejecting:
    """Saying no to many at once: the same preview, the same freezing, the same way back."""

    NO = Pattern("title", brand="fjord", rejects=True, differs="colour", most_percent=100)

    @pytest.fixture
    def unlike(self, shops):
        return [
            ask(sell(shops[0], f"Boot {n}"), sell(shops[1], f"Boot {n}", colour_key="red"), money_minor=100 - n)
            for n in range(3)
        ]

    @pytest.mark.parametrize(
        "pattern",
        [
            Pattern("title", rejects=True, most_percent=10),
            Pattern("title", brand="fjord", rejects=True, most_percent=61),
        ],
    )
    def test_a_no_needs_a_narrow_pattern_and_a_reason(self, unlike, pattern):
        with pytest.raises(NotPossible) as refusal:
            bulk.preview_bulk(pattern, by="sam")
        assert refusal.value.code == "pattern_too_wide"
        assert not BulkDecision.objects.exists()

    def test_every_candidate_must_fit_and_a_shared_barcode_needs_eyes(self, shops, unlike):
        alma, bruno = shops
        ask(sell(alma), sell(bruno, colour_key="red"), sell(bruno))
        same = ask(sell(alma), sell(bruno, colour_key="red"))
        named = [row[side] for row in same.candidates[0]["sizes"][:1] for side in ("mine", "theirs")]
        Variant.everyone.filter(pk__in=named).update(gtin="09520000054014", gtin_status="clean")
        counts = bulk.preview_bulk(self.NO, by="sam").counts
        assert counts["left"] == {"not every candidate differs in that": 1, "a size carries the same barcode": 1}
        assert {name: counts[name] for name in ("cards", "sizes", "shops", "money")} == {
            "cards": 3, "sizes": 6, "shops": 2, "money": 297,
        }  # fmt: skip

    def test_what_is_likelier_than_the_pattern_says_is_left_out(self, shops, unlike):
        faint = ask(sell(shops[0]), sell(shops[1]), score=0.3)
        made = bulk.preview_bulk(Pattern("title", brand="fjord", rejects=True, most_percent=40), by="sam")
        assert list(made.cards.values_list("card_id", flat=True)) == [faint.pk]
        assert made.counts["left"] == {"likelier than the pattern wants": 3}

    def test_no_decides_exactly_what_was_previewed_keeps_what_was_seen_and_is_undone_as_one(self, unlike):
        made = bulk.preview_bulk(self.NO, by="sam")
        bulk.confirm_bulk(made, digest=made.digest, by="sam")
        assert run(made).status == "decided"
        assert statuses(made) == ["decided"] * 3
        assert list(ReviewCard.everyone.order_by("pk").values_list("status", "decided_by")) == [("rejected", "sam")] * 3
        assert persons_links() == 0
        assert Verdict.objects.filter(same=False, undone_at=None).count() == 6
        step = unlike[0].changes.get(to_status="rejected")
        assert step.seen["0"]["mine"]["title"] == unlike[0].product.title
        bulk.begin_undo(made, by="sam")
        assert run(made).status == "undone"
        assert set(ReviewCard.everyone.values_list("status", flat=True)) == {"open"}
        assert not Verdict.objects.filter(undone_at=None).exists()

    def test_a_card_that_changed_since_is_left_alone(self, unlike):
        made = bulk.preview_bulk(self.NO, by="sam")
        Variant.everyone.filter(product=unlike[0].product).update(colour_key="red")
        bulk.confirm_bulk(made, digest=made.digest, by="sam")
        run(made)
        assert statuses(made) == ["left", "decided", "decided"]
        assert ReviewCard.everyone.get(pk=unlike[0].pk).status == "open"

    def test_the_pages_say_that_it_is_a_no(self, unlike):
        desk = signed_in(reviewer("sam"), second_factor=True)
        form = {"class": "title", "brand": "fjord", "decision": "reject", "differs": "colour", "most": "100"}
        page = desk.post(reverse("admin:review_bulk_preview"), form, follow=True).content.decode()
        assert "Reject these 3 cards" in page
        assert "Sizes to keep apart" in page
        assert "Approve these" not in page
        made = BulkDecision.objects.get()
        desk.post(reverse("admin:review_bulk_confirm", args=[made.pk]), {"digest": made.digest})
        answer = desk.post(reverse("admin:review_bulk_go", args=[made.pk]), headers={"HX-Request": "true"})
        assert "Cards rejected: 3 of 3. Sizes kept apart: 6. Left alone: 0." in answer.content.decode()
        assert "Reject · " in desk.get(reverse("admin:review_bulk")).content.decode()


class TestPages:
    """The same through the pages of the desk."""

    @pytest.fixture
    def desk(self, cards):
        return signed_in(reviewer("sam"), second_factor=True)

    def preview(self, desk):
        form = {"class": "title", "brand": "fjord", "colour_equal": "on", "least": "90"}
        return desk.post(reverse("admin:review_bulk_preview"), form, follow=True)

    def test_preview_shows_counts_a_sample_with_pictures_and_what_is_left_out(self, desk, cards, shops):
        ask(sell(shops[0], "Odd one"), sell(shops[1], colour_key="red"))
        page = self.preview(desk).content.decode()
        assert "Approve these 3 cards" in page
        assert page.count("data-picture") == 6
        assert "the colours do not agree" in page
        assert "Odd one" in page

    def test_confirm_go_and_undo_by_pages(self, desk, cards):
        self.preview(desk)
        made = BulkDecision.objects.get()
        desk.post(reverse("admin:review_bulk_confirm", args=[made.pk]), {"digest": made.digest})
        answer = desk.post(reverse("admin:review_bulk_go", args=[made.pk]), headers={"HX-Request": "true"})
        assert "Cards decided: 3 of 3. Sizes linked: 6. Left alone: 0." in answer.content.decode()
        undo = reverse("admin:review_bulk_undo", args=[made.pk])
        assert "Tick the box" in desk.post(undo, follow=True).content.decode()
        assert persons_links() == 6
        desk.post(undo, {"sure": "yes"})
        answer = desk.post(reverse("admin:review_bulk_go", args=[made.pk]), headers={"HX-Request": "true"})
        assert "Cards taken back: 3 of 3. Left as they are: 0." in answer.content.decode()
        assert persons_links() == 0

    def test_nonsense_in_the_form_is_refused_in_words(self, desk):
        form = {"class": "title\x00", "brand": "", "shop": "abc", "least": "999999999999999999999"}
        page = desk.post(reverse("admin:review_bulk_preview"), form, follow=True)
        assert page.status_code == 200
        assert "Name a class of evidence, and a brand or both shops." in page.content.decode()

    def test_who_may_only_look_gets_no_bulk_page(self, cards):
        client = signed_in(reviewer("vera", may=("view",)), second_factor=True)
        assert client.get(reverse("admin:review_bulk")).status_code == 403
        assert (
            client.post(reverse("admin:review_bulk_preview"), {"class": "title", "brand": "fjord"}).status_code == 403
        )
        assert not BulkDecision.objects.exists()
