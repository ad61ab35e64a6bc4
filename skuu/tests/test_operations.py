"""The operations page shows what waits and what failed, and its buttons mend it; for staff only."""

import datetime as dt

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from network import stops
from network.models import InboundEvent, Merchant, Shop, ShopCredential, Stop, SyncRun, User
from skuu.backlogs import backlogs
from skuu.kit.models import Heartbeat
from skuu.testing.signing_in import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    merchant = Merchant.everyone.create(name="Alma", legal_name="Alma BV", country="BE")
    return Shop.everyone.create(
        merchant=merchant, domain="alma.myshopify.com", name="Alma’s shop", status="live", country="BE", currency="EUR"
    )


@pytest.fixture
def staff():
    return signed_in(User.objects.create_superuser("ina", "ina@example.com", "x"), second_factor=True)


def make_event(shop, status="dead", body='{"id": 1}', number=1) -> InboundEvent:
    return InboundEvent.everyone.create(
        shop=shop, topic="orders/create", webhook_id=f"w-{number}", body=body, body_sha256="0" * 64, status=status,
        error="The order could not be read.", tries=9, next_attempt_at=timezone.now() + dt.timedelta(days=1),
    )  # fmt: skip


def text_of(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_connections_show_status_token_and_drift(staff, shop):
    ShopCredential.objects.create(
        shop=shop, access_token="shpat_secret", broken_at=timezone.now(), broken_reason="revoked"
    )
    SyncRun.everyone.create(shop=shop, kind="reconcile", status="done", counts={"levels_changed": 3, "changed": 0})
    page = text_of(staff.get("/admin/operations/"))
    assert "Alma’s shop" in page
    assert "refused: revoked" in page
    assert "3 stock figures" in page
    assert "shpat_secret" not in page


def test_a_silent_worker_and_a_late_backlog_are_said(staff, shop):
    Heartbeat.objects.create(name="worker", at=timezone.now() - dt.timedelta(minutes=3))
    event = make_event(shop, status="waiting")
    ago = timezone.now() - dt.timedelta(minutes=6)
    InboundEvent.everyone.filter(pk=event.pk).update(received_at=ago, next_attempt_at=ago)
    page = text_of(staff.get("/admin/operations/"))
    assert "silent: run manage.py worker" in page
    assert page.count("> late </span>") == 1
    Heartbeat.beat("worker")
    InboundEvent.everyone.update(status="done")
    page = text_of(staff.get("/admin/operations/"))
    assert "at work" in page
    assert "> late </span>" not in page


def test_failed_events_are_listed_and_replayed(staff, shop):
    events = [make_event(shop, status, number=n) for n, status in enumerate(["dead", "failed", "done"])]
    page = text_of(staff.get("/admin/operations/?section=events"))
    assert page.count("The order could not be read.") == 2
    answer = staff.post(
        "/admin/operations/replay/",
        {"event": [event.pk for event in events], "next": "/admin/operations/?section=events"},
    )
    assert (answer.status_code, answer.url) == (302, "/admin/operations/?section=events")
    assert list(InboundEvent.everyone.order_by("pk").values_list("status", "tries")) == [
        ("waiting", 0),
        ("waiting", 0),
        ("done", 9),
    ]


def test_an_erased_event_stays_dead_and_says_why(staff, shop):
    event = make_event(shop, body="")
    page = text_of(staff.post("/admin/operations/replay/", {"event": event.pk}, follow=True))
    assert "was erased" in page
    assert InboundEvent.everyone.get().status == "dead"


def test_filters_narrow_the_table(staff, shop):
    make_event(shop, "dead", number=1)
    make_event(shop, "failed", number=2)
    assert text_of(staff.get("/admin/operations/?section=events&status=dead")).count("could not be read") == 1
    assert text_of(staff.get("/admin/operations/?section=events&q=nothing")).count("could not be read") == 0


def test_many_rows_come_in_pages_each_once(staff, shop):
    for number in range(30):
        make_event(shop, number=number)
    first = staff.get("/admin/operations/?section=events")
    second = staff.get("/admin/operations/" + first.context["more"])
    seen = [event.pk for event in [*first.context["page"], *second.context["page"]]]
    assert seen == sorted(InboundEvent.everyone.values_list("pk", flat=True), reverse=True)


@pytest.mark.parametrize(
    "section", ["connections", "reads", "events", "placements", "internal-orders", "parcels", "nothing"]
)
def test_every_section_opens_even_when_empty(staff, section):
    assert staff.get(f"/admin/operations/?section={section}&q=x").status_code == 200


def test_the_sidebar_leads_to_the_page(staff):
    assert reverse("admin:operations") in staff.get("/admin/").content.decode()


def test_staff_without_the_right_may_look_at_nothing_and_replay_nothing(shop):
    event = make_event(shop)
    user = User.objects.create_user("tom", "tom@example.com", "x", is_staff=True)
    person = signed_in(user, second_factor=True)
    assert person.get("/admin/operations/").status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_inboundevent"))
    person = signed_in(User.objects.get(pk=user.pk), second_factor=True)
    assert "Replay" not in text_of(person.get("/admin/operations/?section=events"))
    assert person.post("/admin/operations/replay/", {"event": event.pk}).status_code == 403
    assert InboundEvent.everyone.get().status == "dead"


def test_after_a_button_one_stays_on_the_page_and_goes_nowhere_else(staff):
    answer = staff.post("/admin/operations/replay/", {"next": "https://elsewhere.example/admin/operations/"})
    assert answer.url == "/admin/operations/"


def test_alarms_stand_on_the_page(staff):
    page = text_of(staff.get("/admin/operations/"))
    assert "No worker is alive" in page
    assert "network.tasks.check_shops is not scheduled" in page


def test_staff_halt_a_shop_with_a_reason_and_lift_it_again(staff, shop):
    form = {"kind": "shop", "shop": shop.pk, "reason": "Its app repeats every order."}
    page = text_of(staff.post("/admin/operations/halts/new/", form, follow=True))
    assert "Halted: shop of Alma’s shop." in page
    assert "Its app repeats every order." in page
    stop = Stop.objects.get()
    assert (stop.by, stop.ended_at) == ("ina", None)
    page = text_of(staff.post(f"/admin/operations/halts/{stop.pk}/lift/", follow=True))
    assert "Nothing is halted." in page
    stop.refresh_from_db()
    assert stop.ended_by == "ina"


def test_a_halt_without_a_reason_or_a_shop_is_refused_in_words(staff, shop):
    page = text_of(staff.post("/admin/operations/halts/new/", {"kind": "shop", "shop": shop.pk}, follow=True))
    assert "Say why" in page
    page = text_of(staff.post("/admin/operations/halts/new/", {"kind": "partner", "reason": "x"}, follow=True))
    assert "Name the shop" in page
    assert Stop.objects.count() == 0


def test_staff_without_the_right_halt_and_lift_nothing(shop):
    stop = stops.halt("shop", shop=shop, by="ina", reason="x")
    user = User.objects.create_user("tom", "tom@example.com", "x", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_stop"))
    person = signed_in(User.objects.get(pk=user.pk), second_factor=True)
    assert "Lift" not in text_of(person.get("/admin/operations/halts/")).replace("Lifted", "")
    form = {"kind": "partner", "shop": shop.pk, "reason": "x"}
    assert person.post("/admin/operations/halts/new/", form).status_code == 403
    assert person.post(f"/admin/operations/halts/{stop.pk}/lift/").status_code == 403
    assert list(Stop.objects.values_list("kind", "ended_at")) == [("shop", None)]


def test_halted_messages_wait_without_making_the_backlog_late(staff, shop):
    event = make_event(shop, status="waiting")
    InboundEvent.everyone.filter(pk=event.pk).update(received_at=timezone.now() - dt.timedelta(hours=6))
    stops.halt("topic", topic="order.changed", shop=shop, by="ina", reason="x")
    waiting = next(one for one in backlogs() if one.name == "webhooks to handle")
    assert (waiting.count, waiting.is_late) == (0, False)


def test_drift_is_shown_by_night_and_by_shop_with_its_worst_figures(staff, shop):
    for days, off in ((1, 7), (0, 2)):
        run = SyncRun.everyone.create(
            shop=shop,
            kind="reconcile",
            status="done",
            counts={"levels_read": 200, "levels_off": off, "units_off": 9, "worst": [["SKU-1", "Gent", 4, 1]]},
        )
        SyncRun.everyone.filter(pk=run.pk).update(started_at=timezone.now() - dt.timedelta(days=days))
    page = text_of(staff.get("/admin/operations/drift/"))
    assert "<svg" in page
    assert "1.00 %" in page
    assert "SKU-1" not in page
    page = text_of(staff.get(f"/admin/operations/drift/?shop={shop.pk}"))
    assert '<th scope="row">SKU-1</th><td>Gent</td><td class="number">4</td><td class="number">1</td>' in page


def test_many_events_are_replayed_at_once_from_their_own_list(staff, shop):
    events = [make_event(shop, number=number) for number in range(3)] + [make_event(shop, body="", number=9)]
    answer = staff.post(
        "/admin/network/inboundevent/",
        {"action": "replay", "_selected_action": [event.pk for event in events]},
        follow=True,
    )
    assert "3 events will be handled again." in text_of(answer)
    assert "The text of 1 was erased" in text_of(answer)
    assert InboundEvent.everyone.filter(status="waiting").count() == 3
