"""Everything a shop was told can be found again: paged, searched, ticked off and put back, on the page and by REST."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from network.models import Membership, Merchant, Notice, Shop, User
from network.notify import settle_notice
from skuu.testing.calling import Program, codes

pytestmark = pytest.mark.django_db
NOON = timezone.now().replace(microsecond=0) - dt.timedelta(days=3)


def open_shop(name: str) -> Shop:
    merchant = Merchant.everyone.create(name=name, legal_name=f"{name} BV", country="NL", email=f"{name}@example.com")
    shop = Shop.everyone.create(merchant=merchant, domain=f"{name}.example", name=name, country="NL", currency="EUR")
    Membership.everyone.create(user=User.objects.create(username=name), merchant=merchant, role="owner")
    return shop


def browser(shop: Shop) -> Client:
    client = Client()
    client.force_login(User.objects.get(memberships__merchant=shop.merchant))
    return client


@pytest.fixture
def bruno() -> Shop:
    """Thirty notices, the oldest of a line that nobody can ship."""
    shop = open_shop("bruno")
    Notice.everyone.bulk_create(
        Notice(
            shop=shop,
            kind="handed_back" if n == 0 else "overdue",
            key=f"n:{n}",
            subject=f"Notice {n:02d}",
            body=f"Of order W-{n}.",
            link=f"/my-orders/{n}/",
            created_at=NOON + dt.timedelta(minutes=n),
        )
        for n in range(30)
    )
    return shop


def shown(client: Client, **asked: str) -> list[str]:
    return [one.subject for one in client.get("/notices/", asked).context["page"]]


def test_every_notice_is_on_a_page_the_newest_first_and_found_by_its_words(bruno):
    client = browser(bruno)
    first = client.get("/notices/")
    assert shown(client) == [f"Notice {n:02d}" for n in range(29, 4, -1)]
    assert shown(client, after=str(first.context["page"].next_after)) == [f"Notice {n:02d}" for n in range(4, -1, -1)]
    assert shown(client, q="order W-7.") == ["Notice 07"]
    assert "No such notice here" in client.get("/notices/", {"q": "W-99"}).content.decode()
    dashboard = client.get("/")
    assert (len(dashboard.context["notices"]), dashboard.context["more_notices"]) == (6, 24)
    assert "24 more notices" in dashboard.content.decode()


def test_what_is_ticked_off_is_kept_under_done_and_can_be_put_back(bruno):
    client, oldest = browser(bruno), Notice.everyone.get(subject="Notice 00")
    assert client.post(f"/notices/{oldest.pk}/done/").status_code == 302
    first = Notice.everyone.get(pk=oldest.pk).done_at
    assert first is not None
    client.post(f"/notices/{oldest.pk}/done/")
    assert Notice.everyone.get(pk=oldest.pk).done_at == first
    assert (shown(client, state="done"), len(shown(client, q="W-0."))) == (["Notice 00"], 0)
    page = client.get("/notices/", {"state": "done"}).content.decode()
    assert 'href="/my-orders/0/"' in page
    assert "Undo" in page
    client.post(f"/notices/{oldest.pk}/done/", {"undo": "1"})
    assert Notice.everyone.get(pk=oldest.pk).done_at is None
    assert "Nothing is done yet" in client.get("/notices/", {"state": "done"}).content.decode()


def test_a_program_reads_the_notices_of_its_shop_and_ticks_them_off(bruno):
    program = Program(bruno)
    settle_notice(bruno, "n:29")
    told = program.get("notices/", open="true", kind="handed_back").json()["results"]
    assert told == [
        {
            "id": Notice.everyone.get(key="n:0").pk, "kind": "handed_back", "subject": "Notice 00", "body": "Of order W-0.",
            "link": "/my-orders/0/", "created_at": f"{NOON:%Y-%m-%dT%H:%M:%SZ}", "done_at": None,
        }
    ]  # fmt: skip
    newest = program.get("notices/", open="false").json()["results"]
    assert [one["subject"] for one in newest] == ["Notice 29"]
    after = f"{NOON + dt.timedelta(minutes=27):%Y-%m-%dT%H:%M:%SZ}"
    assert len(program.get("notices/", created_after=after).json()["results"]) == 2
    assert codes(program.get("notices/", status="open")) == [("status", "unknown_filter")]
    pk = told[0]["id"]
    assert program.post(f"notices/{pk}/done/").json()["done_at"] is not None
    assert program.post(f"notices/{pk}/done/", {"done": False}).json()["done_at"] is None
    assert program.post(f"notices/{pk}/done/", {"undo": True}).status_code == 400
    assert Notice.everyone.get(pk=pk).done_at is None


def test_a_stranger_sees_none_of_them_and_changes_nothing(bruno):
    cara, pk = open_shop("cara"), Notice.everyone.get(key="n:0").pk
    assert shown(browser(cara)) == []
    assert "Nothing waits for you" in browser(cara).get("/notices/").content.decode()
    assert browser(cara).post(f"/notices/{pk}/done/").status_code == 404
    assert Program(cara).get("notices/").json()["results"] == []
    assert Program(cara).post(f"notices/{pk}/done/").status_code == 404
    assert browser(cara).get("/notices/", {"shop": str(bruno.pk)}).status_code == 404
    assert not Notice.everyone.filter(done_at__isnull=False).exists()
