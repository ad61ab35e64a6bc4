"""A customer's e-mail and phone, planted in a whole order's life, are nowhere in what the network keeps."""

import base64
import hashlib
import hmac
import io
import json
import logging
import random

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from network.models import Notice
from network.receive import receive_event
from orders.models import DataRequest, InternalOrder, Order
from orders.return_goods import announce_return
from orders.slip import packing_slip
from skuu.proof.machine import inspect_whole
from skuu.proof.privacy import search_database, search_files, spellings
from skuu.proof.town import opened_town
from skuu.testing.cloned import cloned_database

MAIL, PHONE, STREET = "canary.vogel@example.org", "+31 6 1234 98 76", "Kanarievogelstraat 77"
HOME = {
    "firstName": "Kanarie", "lastName": "Vogel", "address1": STREET, "city": "Amsterdam", "zip": "1017 GA",
    "countryCode": "NL", "phone": PHONE,
}  # fmt: skip


def tell(shop, topic, webhook_id, **payload):
    """Send a compliance message as Shopify does."""
    body = json.dumps({"shop_domain": shop.domain, **payload}).encode()
    digest = hmac.new(settings.SHOPIFY_CLIENT_SECRET.encode(), body, hashlib.sha256).digest()
    headers = {
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
        "X-Shopify-Webhook-Id": webhook_id,
    }
    receive_event(domain=shop.domain, headers=headers, body=body)


@pytest.fixture(scope="module")
def life(django_db_setup, django_db_blocker, tmp_path_factory):
    """An order bought, shipped, delivered, half sent back, its data asked for; with all that was logged and printed of it."""
    kept = tmp_path_factory.mktemp("kept")
    heard = io.StringIO()
    handler = logging.StreamHandler(heard)
    logging.getLogger().addHandler(handler)
    level, logging.getLogger().level = logging.getLogger().level, logging.DEBUG
    with django_db_blocker.unblock(), cloned_database(), opened_town() as town:
        bruno = town.market.bruno
        order_id = town.market.buy(bruno, ("42", 2), email=MAIL, phone=PHONE, shippingAddress=HOME, note=False)
        town.bring(random.Random(1), lose=0, double=0.5, shuffle=True)
        town.work_until_idle()
        internal = InternalOrder.everyone.get()
        (kept / "slip.pdf").write_bytes(packing_slip(internal))
        town.market.ship(internal, "3SCANARY")
        town.bring(random.Random(2), lose=0, double=0, shuffle=False)
        town.work_until_idle()
        returned = announce_return(internal, [(internal.lines.get().pk, 1)], reason="too_small", by="origin")
        inspect_whole(returned, "as_new")
        number = int(order_id.rpartition("/")[2])
        who = {"id": 1, "email": MAIL, "phone": PHONE}
        asked = {"customer": who, "orders_requested": [number], "data_request": {"id": 9}}
        tell(bruno, "customers/data_request", "ask", **asked)
        town.work("post")
        town.work_until_idle()
        logging.getLogger().removeHandler(handler)
        logging.getLogger().level = level
        (kept / "log.txt").write_text(heard.getvalue())
        yield town, kept, who, number


def test_no_partner_record_log_file_or_history_holds_the_customers_email_or_phone(life):
    """T18, and the report command's own finding: 0 hits, encrypted columns opened; the request that names them waits to be forgotten."""
    town, kept, _, _ = life
    words = spellings([MAIL, PHONE])
    town.work("tidy")
    assert search_database(words) == []
    assert search_files([kept], words) == []
    out = io.StringIO()
    call_command("prove_privacy", MAIL, PHONE, "--files", str(kept), "--json", stdout=out)
    assert json.loads(out.getvalue()) == {"words": 2, "hits": [], "clean": True}


def test_the_street_is_readable_for_nobody_without_the_keys_and_where_a_parcel_needs_it(life):
    _, kept, _, _ = life
    found = search_database([STREET])
    assert {(hit.where, hit.sealed) for hit in found} == {
        ("orders.Order.address", True),
        ("orders.DataRequest.contents", True),
    }
    assert [hit.where.rpartition("/")[2] for hit in search_files([kept / "log.txt"], [STREET])] == []


def test_two_customers_stay_two_at_the_partner_and_neither_is_a_customer_there(life):
    """T18: no record of theirs exists in the shipper's store beside the label."""
    town, _, _, _ = life
    for shop in (town.market.alma, town.market.dora):
        assert town.store(shop.domain).all("Customer") == []
        stored = json.dumps(town.store(shop.domain).all("Order"))
        assert MAIL not in stored
        assert PHONE not in stored


def test_the_search_finds_what_is_there(life, tmp_path):
    """A proof that cannot fail proves nothing: a planted word is found in a table, in a sealed column, in a file, in a PDF."""
    Notice.everyone.create(
        shop=Order.everyone.get().shop, kind="k", key="planted", subject="s", body=f"Mail {MAIL.upper()}"
    )
    assert [hit.where for hit in search_database([MAIL])] == ["table network_notice"]
    Notice.everyone.filter(key="planted").delete()
    (tmp_path / "a.log").write_text(f"called {spellings([PHONE])[1]}")
    assert len(search_files([tmp_path], spellings([PHONE]))) == 1
    with pytest.raises(SystemExit):
        call_command("prove_privacy", MAIL, PHONE, "--files", str(tmp_path), stdout=io.StringIO())
    from skuu.proof.privacy import _stands_in, _unpacked

    slip = (life[1] / "slip.pdf").read_bytes()
    assert slip.startswith(b"%PDF")
    assert list(_unpacked(slip))
    assert not _stands_in(slip, [MAIL])


def test_the_answer_says_all_we_hold_and_erasure_leaves_nothing(life):
    """Case 71: the request is answered by a file, then all is erased, money and figures stay."""
    town, kept, who, number = life
    bruno = town.market.bruno
    answer = DataRequest.everyone.get(shop=bruno)
    order = answer.contents["orders"][0]
    assert (order["address"]["address1"], order["lines"][0]["quantity"]) == (STREET, 2)
    tell(bruno, "customers/redact", "forget", customer=who, orders_to_redact=[number])
    for _ in range(2):
        town.work_until_idle()
        town.work("tidy")
    assert search_database(spellings([MAIL, PHONE, STREET, "Kanarie", "Vogel"])) == []
    answer.refresh_from_db()
    assert (answer.contents, answer.erased_at is not None) == (None, True)
    assert Order.everyone.get().lines.get().quantity == 2
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from network_inboundevent where topic like 'customers/%%' and body <> ''")
        assert cursor.fetchone() == (0,)
