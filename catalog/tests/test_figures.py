"""The page "Matching" and its figures: backlog, decisions, agreement, precision, exchangeable shares."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from catalog import figures, review
from catalog.figures import Span
from catalog.models import ReviewCardChange
from catalog.reviewing import plotting
from catalog.tests.asked import ask, reviewer, sell
from catalog.tests.cast import make_item, open_shop, stock
from skuu.testing.signing_in import signed_in

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def fresh():
    cache.clear()


@pytest.fixture
def shops():
    return open_shop("Alma"), open_shop("Bruno", "DE")


def card(shops, *, at):
    made = ask(sell(shops[0]), sell(shops[1]), money_minor=500, created_at=at)
    made.changes.update(at=at)
    return made


def span():
    end = timezone.now().replace(minute=0, second=0, microsecond=0) + HOUR
    return Span(end - 4 * HOUR, end, HOUR)


def test_the_backlog_is_walked_back_from_now(shops):
    now, begin = timezone.now(), span().begin
    card(shops, at=now - dt.timedelta(days=40))
    late = card(shops, at=begin + 1.5 * HOUR)
    review.reject_card(late, by="sam")
    ReviewCardChange.objects.filter(to_status="rejected").update(at=begin + 2.5 * HOUR)
    assert figures.backlog_over(span()) == [1, 2, 1, 1]
    ages = {row.name: (row.cards, row.money) for row in figures.backlog_ages(now)}
    assert ages == {"under a day": (0, 0), "1–7 days": (0, 0), "7–30 days": (0, 0), "over 30 days": (1, 500)}


def test_skipping_leaves_a_card_waiting(shops):
    review.skip_card(card(shops, at=timezone.now() - dt.timedelta(days=2)), by="sam")
    assert figures.backlog_over(span()) == [1, 1, 1, 1]


def test_reviewers_are_counted_by_what_they_did_in_the_hours_they_worked(shops):
    now = timezone.now()
    first, second, third = (card(shops, at=now) for _ in range(3))
    review.reject_card(first, by="sam")
    review.approve_card(second, by="sam")
    review.undo_card(second, by="sam")
    review.skip_card(third, by="tess")
    rows, slices = figures.reviewers(span())
    assert [(row.name, row.decided, row.skipped, row.undone, row.hours) for row in rows] == [
        ("sam", 2, 0, 1, 1), ("tess", 0, 1, 0, 0),
    ]  # fmt: skip
    assert sum(slices["sam"]) == 2
    assert rows[0].per_hour == 2.0


def test_a_variant_is_exchangeable_when_another_shop_stands_for_its_item(shops):
    alma, bruno = shops
    shared, alone = make_item(), make_item()
    stock(alma, shared), stock(bruno, shared), stock(alma, alone), stock(alma, None)
    stock(bruno, alone, status="archived")
    rows = {row.shop: (row.variants, row.exchangeable) for row in figures.exchangeable_shares()}
    assert rows == {"Alma": (3, 2), "Bruno": (1, 1)}


def test_the_last_hour_of_a_span_in_which_clocks_changed_is_in_its_last_slice():
    end = dt.datetime(2026, 11, 23, tzinfo=ZoneInfo("Europe/Brussels"))
    month = Span(end - dt.timedelta(days=30), end, dt.timedelta(days=1))
    assert len(month.slices) == 30
    assert month.place(dt.datetime(2026, 11, 22, 22, 30, tzinfo=dt.UTC)) == 29
    assert month.place(dt.datetime(2026, 10, 23, 22, 0, tzinfo=dt.UTC)) == 0


def test_the_page_shows_every_figure_with_a_table(shops):
    review.reject_card(card(shops, at=timezone.now() - dt.timedelta(days=3)), by="sam")
    stock(shops[0], make_item())
    client = signed_in(reviewer("vera", may=("view",)), second_factor=True)
    for days in ("1", "7", "30", "90", "", "abc"):
        answer = client.get(reverse("admin:matching"), {"days": days})
        assert answer.status_code == 200
    page = answer.content.decode()
    assert page.count('role="img"') == 3
    assert "No audit was answered yet" in page
    assert '<th scope="row">sam</th>' in page
    assert " style=" not in page.split('class="review matching"')[1].split("By shop")[0]


def test_the_page_of_an_empty_network_says_so(db):
    page = signed_in(reviewer("vera"), second_factor=True).get(reverse("admin:matching")).content.decode()
    for words in (
        "No card waited",
        "Nobody decided a card",
        "No shop has sent a catalogue yet",
        "no card was judged twice",
    ):
        assert words in page


def test_bars_stand_on_the_base_and_fill_the_scale():
    picture = plotting.stack_bars([("Mon", [3, 1]), ("Tue", [0, 0])], ["sam", "tess"])
    lower, upper = picture.boxes
    base, high = plotting.HEIGHT - plotting.BOTTOM, plotting.HEIGHT - plotting.TOP - plotting.BOTTOM
    assert (lower.y + lower.height, upper.y) == (base, plotting.TOP)
    assert (lower.height, upper.height) == (high * 0.75, high * 0.25)
    assert lower.says == "Mon, sam: 3"


def test_bounds_below_the_floor_are_cut_there():
    picture = plotting.draw_bounds([("Same barcode", 0.2, None, 1.0, "proven")], 0.995, 0.9)
    (bar,) = picture.boxes
    assert (bar.x, bar.x + bar.width) == (plotting.NAMES, plotting.WIDTH - 30)


@pytest.mark.parametrize(("value", "top"), [(0, 4), (1, 4), (4, 4), (5, 8), (9, 12), (21, 40), (81, 100), (150, 400)])
def test_scales_end_on_round_figures(value, top):
    assert plotting.nice_ceiling(value) == top
