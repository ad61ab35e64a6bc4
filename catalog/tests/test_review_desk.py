"""The review desk: staff judge cards through their pages, each card is one person's at a time, and nobody else gets in."""

import json

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog import gates, match, reports, review, second_look
from catalog.models import Item, Match, ReviewCard, Style, Variant, Verdict
from catalog.review import QueueFilter
from catalog.sight import see_card
from catalog.tests.asked import ask, reviewer, sell
from catalog.tests.cast import link, make_item, open_shop
from catalog.verdict_links import link_pairs
from network.models import Membership, User
from skuu.kit.errors import Busy, NotPossible
from skuu.testing.signing_in import signed_in
from skuu.testing.world import load_world

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
MOST_QUERIES = 54


@pytest.fixture
def cast():
    shops = load_world("tiny")
    while match.match_due():
        pass
    return {name.split("-")[0]: shop for name, shop in shops.items()}


@pytest.fixture
def card(cast):
    return review.waiting(QueueFilter()).first()


def staff_user(name="sam", *, may=("view", "change")):
    user = User.objects.create_user(name, f"{name}@example.com", "a long password", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=[f"{word}_reviewcard" for word in may]))
    return user


@pytest.fixture
def desk(card):
    return signed_in(staff_user(), second_factor=True)


def decide(client, card, what, **form):
    form.setdefault("digest", see_card(card).digest)
    return client.post(reverse(f"admin:review_{what}", args=[card.pk]), form, headers=HTMX)


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
    answer = decide(desk, card, "approve", candidate="0")
    assert answer.status_code == 200
    assert f'data-card="{card.pk}"' not in answer.content.decode()
    card.refresh_from_db()
    assert (card.status, card.decided_by, card.chosen_product) == ("approved", "sam", card.candidates[0]["product"])
    for row in sizes:
        mine, theirs = (Match.everyone.get(variant=row[side], status="linked") for side in ("mine", "theirs"))
        assert mine.item_id == theirs.item_id


def test_a_decision_keeps_what_the_person_saw_and_its_verdicts_lead_to_it(desk, card):
    option = see_card(card).options[0]
    decide(desk, card, "approve", candidate="0")
    said = Verdict.objects.filter(seen__card=card.pk, same=True).first()
    assert said.seen == {"card": card.pk, "candidate": 0}
    step = card.changes.get(to_status="approved")
    shown = step.seen["0"]
    assert (step.by, shown) == ("sam", json.loads(json.dumps(option.seen)))
    assert shown["mine"]["title"] == card.product.title
    assert {row["mine"]["price"] for row in shown["sizes"]} == {row.mine.price for row in option.rows}
    assert set(shown["facts"]) == {"Brand", "Article code", "Colour", "Made for", "Type", "Price"}


def test_rejecting_keeps_a_no_about_every_pair_with_what_was_seen(desk, card):
    decide(desk, card, "reject")
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
    decide(desk, card, "approve", candidate="0")
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
    decide(desk, card, "skip", reason="Pictures are missing")
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
    answer = decide(desk, card, "approve", candidate="0")
    assert answer.status_code == 409
    assert 'data-refused="taken_by_another"' in answer.content.decode()
    with pytest.raises(Busy):
        review.reject_card(card, by="sam")
    assert snapshot() == before


@pytest.mark.parametrize("number", ["99", "-1", "abc", "", "9" * 30, "1.5", "٣"])
def test_a_candidate_that_is_not_there_is_refused_in_words(desk, card, number):
    before = snapshot()
    answer = decide(desk, card, "approve", candidate=number)
    assert answer.status_code == 422
    assert "This card shows no such candidate" in answer.content.decode()
    assert f'data-card="{card.pk}"' in answer.content.decode()
    assert snapshot() == before


def test_a_decision_on_what_has_changed_meanwhile_is_refused_and_the_card_shown_anew(desk, card):
    old = see_card(card).digest
    Variant.everyone.filter(product=card.product_id).update(price_minor=123400)
    before = snapshot()
    answer = decide(desk, card, "approve", candidate="0", digest=old)
    assert answer.status_code == 409
    assert 'data-refused="card_was_renewed"' in answer.content.decode()
    assert "1,234.00" in answer.content.decode()
    assert snapshot() == before


def test_a_second_click_on_a_decided_card_changes_nothing(desk, card):
    decide(desk, card, "reject")
    before = snapshot()
    assert decide(desk, card, "approve", candidate="0").status_code == 422
    assert snapshot() == before


def test_a_card_that_never_was_is_a_404(desk):
    for pk in (0, 10**15, 10**30):
        assert desk.get(f"/admin/review/{pk}/").status_code == 404
        assert desk.post(f"/admin/review/{pk}/approve/", {"candidate": "0"}).status_code == 404


def test_filters_narrow_the_queue_and_nonsense_filters_are_none(desk, card):
    shop = card.product.shop_id
    brand = card.product.variants.first().brand_key
    for query in ({"shop": shop}, {"brand": brand}, {"class": card.evidence_class}, {"shop": "abc", "days": "x\x00"}):
        page = desk.get(reverse("admin:review"), query)
        assert page.status_code == 200
        assert f'data-card="{card.pk}"' in page.content.decode()
    nothing = desk.get(reverse("admin:review"), {"days": 30}).content.decode()
    assert "No card fits these filters" in nothing
    ReviewCard.everyone.filter(pk=card.pk).update(created_at="2026-01-01T00:00:00Z")
    assert f'data-card="{card.pk}"' in desk.get(reverse("admin:review"), {"days": 30}).content.decode()


def test_the_empty_queue_says_so(desk):
    ReviewCard.everyone.update(status="moot")
    page = desk.get(reverse("admin:review")).content.decode()
    assert "No questions are waiting" in page


def test_history_lists_decisions_and_undoes_one(desk, card):
    decide(desk, card, "approve", candidate="0")
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
    client = signed_in(staff_user("vera", may=("view",)), second_factor=True)
    page = client.get(reverse("admin:review")).content.decode()
    assert f'data-card="{card.pk}"' in page
    assert reverse("admin:review_approve", args=[card.pk]) not in page
    before = snapshot()
    for what in ("approve", "reject", "skip", "undo"):
        assert decide(client, card, what, candidate="0").status_code == 403
    assert client.post(reverse("admin:review_undo_last")).status_code == 403
    assert snapshot() == before
    card.refresh_from_db()
    assert card.taken_by == ""


def test_staff_without_a_word_about_review_cards_see_nothing(card):
    client = signed_in(staff_user("walt", may=()), second_factor=True)
    for name in ("review", "review_history"):
        assert client.get(reverse(f"admin:{name}")).status_code == 403


def test_staff_who_showed_no_second_factor_are_sent_away(card):
    client = signed_in(staff_user())
    before = snapshot()
    assert client.get(reverse("admin:review")).status_code == 302
    assert decide(client, card, "approve", candidate="0").status_code == 302
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
    assert decide(client, card, "approve", candidate="0").status_code == 302
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


class TestKinds:
    """Audits, reports and disputes are answered where questions are."""

    @pytest.fixture
    def shops(self, db, settings):
        settings.REVIEW_TWICE_PERCENT = 0
        return open_shop("Alma"), open_shop("Bruno", "DE")

    @pytest.fixture
    def desk(self, shops):
        return signed_in(reviewer("sam"), second_factor=True)

    @pytest.fixture
    def linked(self, shops):
        (mine,), (theirs,) = sell(shops[0], sizes=("42",)), sell(shops[1], sizes=("42",))
        item = make_item()
        link(theirs, item)
        return link(mine, item)

    @pytest.fixture
    def audit(self, linked):
        gates.draw_audits()
        return ReviewCard.everyone.filter(kind="audit").first()

    def test_an_audit_asks_whether_the_linked_are_the_same_and_a_yes_keeps_the_link(self, desk, audit):
        page = desk.get(reverse("admin:review"), {"pile": "audit"}).content.decode()
        assert "These are linked. Are they really the same?" in page
        assert decide(desk, audit, "approve", candidate="0").status_code == 200
        audit.refresh_from_db()
        assert (audit.status, audit.decided_by) == ("approved", "sam")
        assert audit.changes.get(to_status="approved").seen["0"]["mine"]["title"] == audit.product.title
        assert Match.everyone.filter(status="linked").count() == 2

    def test_an_audit_answered_no_unlinks_and_undo_links_again(self, desk, audit):
        decide(desk, audit, "reject")
        audit.refresh_from_db()
        assert (audit.status, Match.everyone.filter(status="rejected").count()) == ("rejected", 1)
        desk.post(reverse("admin:review_undo_last"), headers=HTMX)
        audit.refresh_from_db()
        assert (audit.status, Match.everyone.filter(status="linked").count()) == ("open", 2)

    def test_a_report_shows_the_merchants_words_and_a_no_upholds_it(self, desk, linked):
        reports.report_match(linked, linked.shop.merchant, "other_colour", "Ours is <navy>.", by="owner")
        card = ReviewCard.everyone.get(kind="report")
        page = desk.get(reverse("admin:review"), {"pile": "report"}).content.decode()
        assert "It is another colour." in page
        assert "Ours is &lt;navy&gt;." in page
        assert "is withdrawn until this is decided" in page
        decide(desk, card, "reject")
        linked.refresh_from_db()
        assert linked.status == "rejected"
        card.refresh_from_db()
        assert card.status == "rejected"

    def test_a_report_answered_yes_links_again_and_undo_takes_that_back(self, desk, linked):
        reports.report_match(linked, linked.shop.merchant, "other_size", by="owner")
        card = ReviewCard.everyone.get(kind="report")
        decide(desk, card, "approve", candidate="0")
        linked.refresh_from_db()
        assert linked.status == "linked"
        desk.post(reverse("admin:review_undo", args=[card.pk]), headers=HTMX)
        linked.refresh_from_db()
        assert linked.status == "ask"

    def test_a_dispute_shows_what_both_said_to_a_third_only(self, desk, shops):
        card = ask(sell(shops[0]), sell(shops[1]))
        review.approve_card(card, by="ann")
        second_look.draw_second(ReviewCard.everyone.get(pk=card.pk))
        review.reject_card(ReviewCard.everyone.get(kind="double"), by="ben")
        page = desk.get(reverse("admin:review"), {"pile": "dispute"}).content.decode()
        assert "<strong>ann</strong>: the same as the product of Bruno" in page
        assert "<strong>ben</strong>: none of them" in page
        assert "No questions are waiting" in desk.get(reverse("admin:review")).content.decode()

    def test_colours_are_classes_and_nothing_carries_a_style(self, desk, shops):
        ask(sell(shops[0]), sell(shops[1], colour_key="navy/red"))
        page = desk.get(reverse("admin:review")).content.decode().split('id="desk"')[1].split("</article>")[0]
        assert 'class="tone tone-navy"' in page
        assert " style=" not in page

    @pytest.mark.parametrize("what", ["approve", "reject"])
    def test_a_decision_and_the_next_card_cost_the_same_queries_however_many_candidates_and_sizes(
        self, desk, shops, what, django_assert_num_queries
    ):
        sizes = tuple(str(size) for size in range(36, 48))
        small = ask(sell(shops[0]), sell(shops[1]), money_minor=9)
        large = ask(sell(shops[0], sizes=sizes), *(sell(shops[1], sizes=sizes) for _ in range(8)), money_minor=8)
        ask(sell(shops[0], sizes=sizes), *(sell(shops[1], sizes=sizes) for _ in range(8)), money_minor=7)
        desk.get(reverse("admin:review"))
        with CaptureQueriesContext(connection) as counted:
            assert decide(desk, small, what, candidate="0").status_code == 200
        digest = see_card(large).digest
        with django_assert_num_queries(len(counted)):
            assert decide(desk, large, what, candidate="0", digest=digest).status_code == 200
        assert len(counted) <= MOST_QUERIES


class TestCompany:
    """A yes brings together and tears nobody out of the company that evidence gave."""

    @staticmethod
    def _items(*variants):
        rows = Match.everyone.filter(variant__in=variants, status="linked").values_list("variant_id", "item_id")
        return dict(rows)

    @staticmethod
    def _stand(item, *variants):
        for one in variants:
            Match.everyone.filter(variant=one, status="linked").delete()
            Match.everyone.create(
                variant=one, shop_id=one.shop_id, item=item, status="linked", method="gtin", decided_by="engine 2"
            )

    def test_the_asked_product_keeps_its_mates_and_the_candidate_joins_them(self, desk_cast):
        mine, mate, theirs = desk_cast
        self._stand(Item.objects.create(style=_style()), mine, mate)
        Match.everyone.filter(variant=theirs, status="linked").delete()
        assert link_pairs([(mine.pk, theirs.pk)], by="ina", seen={}) == 1
        found = self._items(mine, mate, theirs)
        assert len(set(found.values())) == 1
        assert len(found) == 3
        assert not Match.everyone.filter(variant__in=[mine, mate], status="withdrawn").exists()

    def test_again_changes_nothing(self, desk_cast):
        mine, mate, theirs = desk_cast
        self._stand(Item.objects.create(style=_style()), mine, mate)
        link_pairs([(mine.pk, theirs.pk)], by="ina", seen={})
        before = list(Match.everyone.order_by("pk").values_list("pk", "item_id", "status"))
        link_pairs([(mine.pk, theirs.pk)], by="ina", seen={})
        assert list(Match.everyone.order_by("pk").values_list("pk", "item_id", "status")) == before

    def test_a_shop_never_stands_in_an_item_twice(self, desk_cast):
        mine, mate, theirs = desk_cast
        item, other = Item.objects.create(style=_style()), Item.objects.create(style=_style())
        self._stand(item, mine, mate)
        twin = Variant.everyone.filter(shop_id=mate.shop_id).exclude(pk=mate.pk).first()
        self._stand(other, theirs, twin)
        assert link_pairs([(mine.pk, theirs.pk)], by="ina", seen={}) == 1
        found = self._items(mine, theirs, mate, twin)
        assert found[mine.pk] == found[theirs.pk]
        assert found[mate.pk] != found[twin.pk]


def _style():
    return Style.objects.create(brand_key="b", title="t")


@pytest.fixture
def desk_cast(db):
    """A variant each of Alma, Bruno and Cara."""
    load_world("tiny")
    shops = Variant.everyone.values_list("shop_id", flat=True).distinct().order_by("shop_id")
    return [Variant.everyone.filter(shop_id=shop).order_by("pk").first() for shop in shops][:3]
