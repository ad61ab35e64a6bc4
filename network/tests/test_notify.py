"""A merchant is told once, in the portal at once and by mail as soon as the mail server takes it."""

from typing import Any

import pytest
from django.core.mail.backends.locmem import EmailBackend

from network.models import Merchant, Notice, Shop
from network.notify import give_notice, send_notices, settle_notice

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    merchant = Merchant.everyone.create(name="Bruno", legal_name="Bruno BV", country="NL", email="bruno@example.com")
    return Shop.everyone.create(merchant=merchant, domain="b.myshopify.com", name="Bruno", country="NL", currency="EUR")


def test_the_same_news_is_given_and_mailed_once(shop, mailoutbox):
    first = give_notice(shop, "handed_back", "line:1", "Refund or source it yourself", "Nobody has it.", "/orders/1/")
    assert give_notice(shop, "handed_back", "line:1", "Another subject", "…") == first
    assert (send_notices(), send_notices()) == (1, 0)
    (mail,) = mailoutbox
    assert (mail.subject, mail.bcc) == ("[SKUU] Refund or source it yourself", ["bruno@example.com"])
    assert mail.body.endswith("/orders/1/\n")


def test_a_mail_server_that_refuses_gets_it_again(shop, mailoutbox, monkeypatch: Any):
    give_notice(shop, "handed_back", "line:1", "s", "b")
    with monkeypatch.context() as patch:
        patch.setattr(EmailBackend, "send_messages", lambda *_: (_ for _ in ()).throw(ConnectionRefusedError()))
        assert send_notices() == 0
    assert Notice.everyone.get().mailed_at is None
    assert (send_notices(), len(mailoutbox)) == (1, 1)


def test_a_notice_leaves_the_task_list_when_it_is_done(shop):
    give_notice(shop, "handed_back", "line:1", "s", "b")
    settle_notice(shop, "line:1")
    done = Notice.everyone.get().done_at
    settle_notice(shop, "line:1")
    assert Notice.everyone.get().done_at == done is not None
