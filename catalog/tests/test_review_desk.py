"""The review desk: staff judge cards through their pages, each card is one person's at a time, and nobody else gets in."""

import json

import pytest
from django.urls import reverse
from django.utils import timezone

from catalog import match, review
from catalog.models import Match, ReviewCard, Variant, Verdict
from catalog.review import QueueFilter
from catalog.sight import see_card
from catalog.tests.asked import HTMX, decide_at_desk, reviewer
from network.models import Membership, User
from skuu.kit.errors import Busy, NotPossible
from skuu.testing.signing_in import signed_in
from skuu.testing.world import load_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    shops = load_world("tiny")
    while match.match_due():
        pass
    return {name.split("-")[0]: shop for name, shop in shops.items()}


@pytest.fixture
def card(cast):
    return review.waiting(QueueFilter()).first()


@pytest.fixture
def desk(card):
    return signed_in(reviewer("sam"), second_factor=True)


def snapshot():
    return (
        list(ReviewCard.everyone.order_by("pk").values_list("pk", "status", "decided_by")),
        list(Match.everyone.order_by("pk").values_list("pk", "status", "item_id")),
        list(Verdict.objects.order_by("pk").values_list("pk", "same", "undone_at")),
    )


def test_the_queue_shows_the_dearest_card_with_both_products(desk, card):
    page = desk.get(reverse("admin:review")).content.decode()
    option = see_card(card).options[0]
    assert f'data-card="{card.pk}"' in page
    assert option.theirs.shop in page
    for row in option.rows:
        assert row.mine.price in page
        assert row.theirs.price in page
    for sentence in option.why:
        assert sentence in page
    card.refresh_from_db()
    assert card.taken_by == "sam"


def test_approving_links_the_sizes_and_answers_with_the_next_card(desk, card):
    sizes = [row for row in card.candidates[0]["sizes"] if row["theirs"]]
    answer = decide_at_desk(desk, card, "approve", candidate="0")
    assert answer.status_code == 200
    assert f'data-card="{card.pk}"' not in answer.content.decode()
    card.refresh_from_db()
    assert (card.status, card.decided_by, card.chosen_product) == ("approved", "sam", card.candidates[0]["product"])
    for row in sizes:
        mine, theirs = (Match.everyone.get(variant=row[side], status="linked") for side in ("mine", "theirs"))
        assert mine.item_id == theirs.item_id


def test_a_decision_keeps_what_the_person_saw_and_its_verdicts_lead_to_it(desk, card):
    option = see_card(card).options[0]
    decide_at_desk(desk, card, "approve", candidate="0")
    said = Verdict.objects.filter(seen__card=card.pk, same=True).first()
    assert said.seen == {"card": card.pk, "candidate": 0}
    step = card.changes.get(to_status="approved")
    shown = step.seen["0"]
    assert (step.by, shown) == ("sam", json.loads(json.dumps(option.seen)))
    assert shown["mine"]["title"] == card.product.title
    assert {row["mine"]["price"] for row in shown["sizes"]} == {row.mine.price for row in option.rows}
    assert set(shown["facts"]) == {"Brand", "Article code", "Colour", "Made for", "Type", "Price"}


def test_rejecting_keeps_a_no_about_every_pair_with_what_was_seen(desk, card):
    decide_at_desk(desk, card, "reject")
    card.refresh_from_db()
    assert (card.status, card.chosen_product) == ("rejected", None)
    said = Verdict.objects.filter(seen__card=card.pk, undone_at=None)
    assert said.count() == sum(1 for one in card.candidates for row in one["sizes"] if row["theirs"])
    assert not said.filter(same=True).exists()
    assert all(verdict.seen == {"card": card.pk} for verdict in said)
    shown = card.changes.get(to_status="rejected").seen
    assert [shown[str(number)]["theirs"]["product"] for number, _ in enumerate(card.candidates)] == [
        one["product"] for one in card.candidates
    ]


def test_undo_takes_the_decision_back_and_shows_the_card_again(desk, card):
    before = set(Match.everyone.filter(status="linked", method="person").values_list("pk", flat=True))
    decide_at_desk(desk, card, "approve", candidate="0")
    answer = desk.post(reverse("admin:review_undo_last"), headers=HTMX)
    assert f'data-card="{card.pk}"' in answer.content.decode()
    card.refresh_from_db()
    assert (card.status, card.taken_by) == ("open", "sam")
    assert set(Match.everyone.filter(status="linked", method="person").values_list("pk", flat=True)) == before
    assert not Verdict.objects.filter(undone_at=None).exists()


def test_undo_goes_back_step_by_step_and_never_touches_another_persons_decision(cast):
    first, second = review.waiting(QueueFilter())[:2]
    review.skip_card(first, by="sam")
    review.reject_card(second, by="sam")
    assert review.undo_last("sam").pk == second.pk
    review.reject_card(ReviewCard.everyone.get(pk=second.pk), by="sam")
    review.undo_card(second, by="tess")
    review.reject_card(ReviewCard.everyone.get(pk=second.pk), by="tess")
    assert review.undo_last("sam").pk == first.pk
    with pytest.raises(NotPossible) as refusal:
        review.undo_last("sam")
    assert refusal.value.code == "nothing_to_undo"
    assert ReviewCard.everyone.get(pk=second.pk).status == "rejected"


def test_skipping_keeps_the_reason_and_puts_the_card_on_the_skipped_pile(desk, card):
    decide_at_desk(desk, card, "skip", reason="Pictures are missing")
    card.refresh_from_db()
    assert card.status == "skipped"
    assert card.changes.get(to_status="skipped").reason == "Pictures are missing"
    pile = desk.get(reverse("admin:review"), {"pile": "skipped"}).content.decode()
    assert f'data-card="{card.pk}"' in pile


def test_a_card_skipped_again_rests_instead_of_coming_back_at_once(card):
    review.skip_card(card, by="sam")
    pile = QueueFilter(status="skipped")
    again = review.take_next("sam", pile)
    review.skip_card(again, by="sam")
    assert review.take_next("sam", pile) is None


def test_two_reviewers_never_get_the_same_card(cast):
    total = review.waiting(QueueFilter()).count()
    assert total >= 2
    first, second = review.take_next("sam"), review.take_next("tess")
    assert first.pk != second.pk
    assert review.take_next("sam").pk == first.pk
    names = [f"reviewer {number}" for number in range(total)]
    others = [card.pk for name in names if (card := review.take_next(name))]
    assert sorted([*others, first.pk, second.pk]) == sorted(review.waiting(QueueFilter()).values_list("pk", flat=True))


def test_a_card_comes_back_when_its_reviewer_stays_away(card):
    assert review.take_next("sam").pk == card.pk
    assert review.take_next("tess") != card
    ReviewCard.everyone.filter(pk=card.pk).update(taken_until=timezone.now())
    assert review.take_next("uma").pk == card.pk


def test_a_card_somebody_else_holds_cannot_be_decided(desk, card):
    review.take_card(card, by="tess")
    before = snapshot()
    answer = decide_at_desk(desk, card, "approve", candidate="0")
    assert answer.status_code == 409
    assert 'data-refused="taken_by_another"' in answer.content.decode()
    with pytest.raises(Busy):
        review.reject_card(card, by="sam")
    assert snapshot() == before


@pytest.mark.parametrize("number", ["99", "-1", "abc", "", "9" * 30, "1.5", "٣"])
def test_a_candidate_that_is_not_there_is_refused_in_words(desk, card, number):
    before = snapshot()
    answer = decide_at_desk(desk, card, "approve", candidate=number)
    assert answer.status_code == 422
    assert "This card shows no such candidate" in answer.content.decode()
    assert f'data-card="{card.pk}"' in answer.content.decode()
    assert snapshot() == before


def test_a_decision_on_what_has_changed_meanwhile_is_refused_and_the_card_shown_anew(desk, card):
    old = see_card(card).digest
    Variant.everyone.filter(product=card.product_id).update(price_minor=123400)
    before = snapshot()
    answer = decide_at_desk(desk, card, "approve", candidate="0", digest=old)
    assert answer.status_code == 409
    assert 'data-refused="card_was_renewed"' in answer.content.decode()
    assert "1,234.00" in answer.content.decode()
    assert snapshot() == before


def test_a_second_click_on_a_decided_card_changes_nothing(desk, card):
    decide_at_desk(desk, card, "reject")
    before = snapshot()
    assert decide_at_desk(desk, card, "approve", candidate="0").status_code == 422
    assert snapshot() == before


def test_a_card_that_never_was_is_a_404(desk):
    for pk in (0, 10**15, 10**30):
        assert desk.get(f"/admin/review/{pk}/").status_code == 404
        assert desk.post(f"/admin/review/{pk}/approve/", {"candidate": "0"}).status_code == 404


def test_filters_narrow_the_queue_and_nonsense_filters_are_none(desk, card):
    shop = card.product.shop_id
    brand = card.product.variants.first().brand_key
    for query in ({"shop": shop}, {"brand": brand}, {"class": card.evidence_class}, {"shop": "abc", "days": "x"}):
        page = desk.get(reverse("admin:review"), query)
        assert page.status_code == 200
        assert f'data-card="{card.pk}"' in page.content.decode()
    assert desk.get(reverse("admin:review"), {"days": "x\x00"}).status_code == 400  # as in all of the back office
    nothing = desk.get(reverse("admin:review"), {"days": 30}).content.decode()
    assert "No card fits these filters" in nothing
    ReviewCard.everyone.filter(pk=card.pk).update(created_at="2026-01-01T00:00:00Z")
    assert f'data-card="{card.pk}"' in desk.get(reverse("admin:review"), {"days": 30}).content.decode()


def test_the_empty_queue_says_so(desk):
    ReviewCard.everyone.update(status="moot")
    page = desk.get(reverse("admin:review")).content.decode()
    assert "No questions are waiting" in page


def test_history_lists_decisions_and_undoes_one(desk, card):
    decide_at_desk(desk, card, "approve", candidate="0")
    page = desk.get(reverse("admin:review_history")).content.decode()
    assert card.product.title in page
    assert reverse("admin:review_undo", args=[card.pk]) in page
    undone = desk.post(reverse("admin:review_undo", args=[card.pk]), {"back": "history"})
    assert undone.url == reverse("admin:review_history")
    card.refresh_from_db()
    assert card.status == "open"
    page = desk.get(reverse("admin:review_history"), {"by": "sam"}).content.decode()
    assert reverse("admin:review_undo", args=[card.pk]) not in page


def test_who_may_only_look_sees_the_card_and_decides_nothing(card):
    client = signed_in(reviewer("vera", may=("view",)), second_factor=True)
    page = client.get(reverse("admin:review")).content.decode()
    assert f'data-card="{card.pk}"' in page
    assert reverse("admin:review_approve", args=[card.pk]) not in page
    before = snapshot()
    for what in ("approve", "reject", "skip", "undo"):
        assert decide_at_desk(client, card, what, candidate="0").status_code == 403
    assert client.post(reverse("admin:review_undo_last")).status_code == 403
    assert snapshot() == before
    card.refresh_from_db()
    assert card.taken_by == ""


def test_staff_without_a_word_about_review_cards_see_nothing(card):
    client = signed_in(reviewer("walt", may=()), second_factor=True)
    for name in ("review", "review_history"):
        assert client.get(reverse(f"admin:{name}")).status_code == 403


def test_staff_who_showed_no_second_factor_are_sent_away(card):
    client = signed_in(reviewer("sam"))
    before = snapshot()
    assert client.get(reverse("admin:review")).status_code == 302
    assert decide_at_desk(client, card, "approve", candidate="0").status_code == 302
    assert snapshot() == before


def test_a_merchants_login_gets_no_access(cast, card):
    user = User.objects.create_user("bruno", "bruno@example.com", "a long password")
    Membership.everyone.create(user=user, merchant=cast["bruno"].merchant, role="owner")
    client = signed_in(user, second_factor=True)
    before = snapshot()
    for name in ("review", "review_history"):
        answer = client.get(reverse(f"admin:{name}"), follow=True)
        assert answer.status_code == 403
        assert card.product.title not in answer.content.decode()
    assert decide_at_desk(client, card, "approve", candidate="0").status_code == 302
    assert snapshot() == before


def test_an_unknown_visitor_is_asked_to_sign_in(client, card):
    answer = client.get(reverse("admin:review"), follow=True)
    assert answer.redirect_chain[-1][0].startswith("/accounts/login/")


def test_decisions_take_only_post(desk, card):
    before = snapshot()
    for what in ("approve", "reject", "skip", "undo"):
        assert desk.get(reverse(f"admin:review_{what}", args=[card.pk])).status_code == 405
    assert snapshot() == before


def test_the_table_of_cards_is_searched_filtered_and_opened(card):
    client = signed_in(User.objects.create_superuser("root", "root@example.com", "a long password"), second_factor=True)
    listing = reverse("admin:catalog_reviewcard_changelist")
    page = client.get(listing, {"q": card.product.title, "status__exact": "open"})
    assert page.status_code == 200
    assert reverse("admin:review_card", args=[card.pk]) in page.content.decode()
    assert client.get(reverse("admin:catalog_reviewcard_change", args=[card.pk])).status_code == 200
    assert client.get(reverse("admin:catalog_reviewcard_add")).status_code == 403
