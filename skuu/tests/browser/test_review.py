"""Staff at the review desk in a real browser: by keys alone, without a page load, nothing the policy forbids."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from playwright.sync_api import Browser, Page, expect

from catalog.models import BulkDecision, Product, ReviewCard, Verdict
from network.models import User
from skuu.testing.live import Watched, watch
from skuu.testing.scene import PICTURES, Scene
from skuu.testing.signing_in import signed_in

pytestmark = pytest.mark.browser
Sit = Callable[..., Watched]


@pytest.fixture
def sit(browser: Browser, served: tuple[str, Scene]) -> Iterator[Sit]:
    """Sit a reviewer with a second factor down at the desk; afterwards nothing may have gone wrong in the page."""
    contexts, pages = [], []

    def at_the_desk(name: str, path: str = "/admin/review/") -> Watched:
        user, made = User.objects.get_or_create(username=name, defaults={"is_staff": True})
        if made:
            user.user_permissions.set(Permission.objects.filter(codename="change_reviewcard"))
        client = signed_in(user, second_factor=True)
        context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
        cookie = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": served[0]}])
        watched = watch(context, served[0], pictures=PICTURES)
        contexts.append(context)
        pages.append(watched)
        watched.visit(path)
        return watched

    yield at_the_desk
    trouble = [line for watched in pages for line in watched.trouble]
    for context in contexts:
        context.close()
    assert trouble == []


@pytest.fixture(autouse=True)
def open_again(served: tuple[str, Scene], django_db_blocker: Any) -> Iterator[None]:
    """Let every test find the cards as the machine asked them."""
    with django_db_blocker.unblock():
        yield
        Verdict.objects.all().delete()
        ReviewCard.everyone.filter(status__in=("skipped", "rejected", "approved")).update(status="open")
        ReviewCard.everyone.update(taken_by="", taken_until=None, decided_by="", decided_at=None)


def shown(page: Page) -> int:
    return int(page.locator("[data-card]").get_attribute("data-card") or 0)


def press(page: Page, key: str) -> None:
    """Press a key once the card has been on the screen long enough to be seen, and wait for the next one."""
    page.wait_for_timeout(300)
    with page.expect_response("**/admin/review/**") as answer:
        page.keyboard.press(key)
    answer.value.finished()
    page.wait_for_function("document.getElementById('desk').getAttribute('aria-busy') === 'false'")


def test_a_reviewer_rejects_and_undoes_by_keys_without_a_page_load(sit: Sit) -> None:
    watched = sit("rea")
    page = watched.page
    page.evaluate("window.sameDocument = true")
    first = shown(page)
    assert ReviewCard.everyone.get(pk=first).taken_by == "rea"
    press(page, "r")
    assert ReviewCard.everyone.get(pk=first).status == "rejected"
    assert page.locator(f'[data-card="{first}"]').count() == 0
    press(page, "u")
    assert shown(page) == first
    assert ReviewCard.everyone.get(pk=first).status == "open"
    assert page.evaluate("window.sameDocument") is True


def test_a_reviewer_approves_the_candidate_shown_and_undoes_it(sit: Sit) -> None:
    page = sit("rea").page
    first = shown(page)
    press(page, "a")
    card = ReviewCard.everyone.get(pk=first)
    assert (card.status, card.decided_by) == ("approved", "rea")
    assert card.chosen_product == card.candidates[0]["product"]
    press(page, "u")
    assert ReviewCard.everyone.get(pk=first).status == "open"


def test_keys_step_through_candidates_and_the_one_shown_is_the_one_sent(sit: Sit) -> None:
    card = ReviewCard.everyone.filter(status="open").order_by("-money_minor", "pk").first()
    card.candidates = [card.candidates[0], card.candidates[0] | {"score": 0.2}]
    ReviewCard.everyone.filter(pk=card.pk).update(candidates=card.candidates)
    page = sit("rea").page
    assert shown(page) == card.pk
    options = page.locator("[data-option]")
    expect(options.nth(0)).to_be_visible()
    expect(options.nth(1)).to_be_hidden()
    page.keyboard.press("n")
    expect(options.nth(1)).to_be_visible()
    assert page.locator("[data-candidate-field]").input_value() == "1"
    page.keyboard.press("ArrowRight")
    expect(options.nth(0)).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(options.nth(1)).to_be_visible()
    page.keyboard.press("p")
    assert page.locator("[data-candidate-field]").input_value() == "0"


def test_skipping_asks_why_and_help_opens_by_key(sit: Sit) -> None:
    watched = sit("rea")
    page = watched.page
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keys at the desk")).to_be_visible()
    page.keyboard.press("Escape")
    first = shown(page)
    page.wait_for_timeout(300)
    page.keyboard.press("s")
    expect(page.get_by_role("heading", name="Why skip it?")).to_be_visible()
    press(page, "2")
    card = ReviewCard.everyone.get(pk=first)
    assert card.status == "skipped"
    assert card.changes.order_by("pk").last().reason == "Not enough facts to tell"


def test_letters_typed_into_a_field_decide_nothing(sit: Sit) -> None:
    page = sit("rea").page
    first = shown(page)
    page.wait_for_timeout(300)
    page.keyboard.press("s")
    page.get_by_label("Another reason").fill("")
    page.get_by_label("Another reason").press_sequentially("ar2u?")
    assert page.get_by_label("Another reason").input_value() == "ar2u?"
    assert ReviewCard.everyone.get(pk=first).status == "open"


def test_a_held_key_decides_one_card_at_most(sit: Sit) -> None:
    page = sit("rea").page
    first = shown(page)
    page.wait_for_timeout(300)
    with page.expect_response("**/admin/review/**") as answer:
        page.keyboard.down("r")
    answer.value.finished()
    page.wait_for_function("document.getElementById('desk').getAttribute('aria-busy') === 'false'")
    for _ in range(3):
        page.keyboard.down("r")  # pressed and not let go: the browser marks these as repeats
    page.keyboard.up("r")
    page.wait_for_timeout(300)
    assert list(ReviewCard.everyone.filter(status="rejected").values_list("pk", flat=True)) == [first]


def test_a_card_that_has_only_just_appeared_is_not_decided_by_a_second_tap(sit: Sit) -> None:
    """Within one turn of the page's own clock, so that a slow machine changes nothing."""
    page = sit("rea").page
    first = shown(page)
    page.wait_for_timeout(300)
    page.evaluate(
        """document.addEventListener('htmx:afterSettle', () => document.body.dispatchEvent(
             new KeyboardEvent('keydown', {key: 'r', bubbles: true})), {once: true})"""
    )
    with page.expect_response("**/admin/review/**") as answer:
        page.keyboard.press("r")
    answer.value.finished()
    page.wait_for_function("document.getElementById('desk').getAttribute('aria-busy') === 'false'")
    page.wait_for_timeout(300)
    assert list(ReviewCard.everyone.filter(status="rejected").values_list("pk", flat=True)) == [first]


WHILE_IT_RUNS = """key => document.addEventListener('htmx:beforeSend', () => document.body.dispatchEvent(
    new KeyboardEvent('keydown', {key, bubbles: true})), {once: true})"""


def test_undo_pressed_while_the_decision_is_on_its_way_follows_it(sit: Sit) -> None:
    page = sit("rea").page
    first = shown(page)
    page.wait_for_timeout(300)
    page.evaluate(WHILE_IT_RUNS, "u")
    with page.expect_response("**/admin/review/undo/") as answer:
        page.keyboard.press("r")
    answer.value.finished()
    page.wait_for_function("document.getElementById('desk').getAttribute('aria-busy') === 'false'")
    assert shown(page) == first
    card = ReviewCard.everyone.get(pk=first)
    steps = list(card.changes.order_by("-pk").values_list("to_status", flat=True)[:2])
    assert (card.status, steps) == ("open", ["open", "rejected"])


def test_a_decision_pressed_while_another_is_on_its_way_falls_on_no_card(sit: Sit) -> None:
    page = sit("rea").page
    first = shown(page)
    page.wait_for_timeout(300)
    page.evaluate(WHILE_IT_RUNS, "r")
    with page.expect_response("**/admin/review/**") as answer:
        page.keyboard.press("r")
    answer.value.finished()
    page.wait_for_function("document.getElementById('desk').getAttribute('aria-busy') === 'false'")
    page.wait_for_timeout(300)
    assert list(ReviewCard.everyone.filter(status="rejected").values_list("pk", flat=True)) == [first]


def test_two_reviewers_sit_before_different_cards(sit: Sit) -> None:
    one, other = sit("rea").page, sit("rob").page
    assert shown(one) != shown(other)


def test_the_desk_and_the_history_are_readable_by_everybody(sit: Sit) -> None:
    watched = sit("rea")
    assert watched.violations() == []
    press(watched.page, "r")
    watched.visit("/admin/review/history/")
    assert watched.violations() == []


def test_figures_choose_a_candidate_and_a_field_says_which_one_is_shown(sit: Sit) -> None:
    card = ReviewCard.everyone.filter(status="open").order_by("-money_minor", "pk").first()
    ReviewCard.everyone.filter(pk=card.pk).update(candidates=[card.candidates[0], card.candidates[0] | {"score": 0.2}])
    page = sit("rea").page
    page.keyboard.press("2")
    expect(page.locator("[data-option]").nth(1)).to_be_visible()
    expect(page.locator("[data-step-said]")).to_have_text("Candidate 2 of 2")
    page.keyboard.press("1")
    expect(page.locator("[data-option]").nth(0)).to_be_visible()
    ReviewCard.everyone.filter(pk=card.pk).update(candidates=card.candidates)


def test_after_a_decision_the_next_card_has_the_focus(sit: Sit) -> None:
    page = sit("rea").page
    press(page, "r")
    assert page.evaluate("document.activeElement.dataset.card") == str(shown(page))


def test_a_reviewer_decides_many_after_a_preview_and_takes_them_back(sit: Sit) -> None:
    card = ReviewCard.everyone.filter(status="open", kind="question").order_by("-money_minor", "pk").first()
    ReviewCard.everyone.filter(pk=card.pk).update(candidates=[card.candidates[0] | {"score": 0.95}])
    theirs = Product.everyone.get(pk=card.candidates[0]["product"])
    watched = sit("rea", "/admin/review/bulk/")
    page = watched.page
    page.get_by_label("Evidence").select_option(card.evidence_class)
    page.get_by_label("Shop that is asked about").select_option(str(card.product.shop_id))
    page.get_by_label("Shop of the candidate").select_option(str(theirs.shop_id))
    page.get_by_label("Colours agree").uncheck()
    assert watched.violations() == []
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="A sample of")).to_be_visible()
    assert watched.violations() == []
    made = BulkDecision.objects.order_by("-pk").first()
    decided = list(made.cards.values_list("card_id", flat=True))
    page.get_by_role("button", name="Approve th").click()
    expect(page.get_by_role("heading", name="Decided", exact=True)).to_be_visible(timeout=30_000)
    assert ReviewCard.everyone.filter(pk__in=decided, status="approved", decided_by="rea").exists()
    assert watched.violations() == []
    page.get_by_label("Yes, open").check()
    page.get_by_role("button", name="Undo the whole decision").click()
    expect(page.get_by_role("heading", name="Taken back", exact=True)).to_be_visible(timeout=30_000)
    assert set(ReviewCard.everyone.filter(pk__in=decided).values_list("status", flat=True)) == {"open"}
    ReviewCard.everyone.filter(pk=card.pk).update(candidates=card.candidates)


def test_the_page_of_figures_is_readable_by_everybody(sit: Sit) -> None:
    watched = sit("rea")
    press(watched.page, "r")
    watched.visit("/admin/matching/")
    expect(watched.page.get_by_role("img", name="Decisions over time, by reviewer")).to_be_visible()
    assert watched.violations() == []
