"""Who may open and do what in the portal: every address by every role, a stranger, somebody signed out."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from catalog.models import GoodsRule, Match, Product, Rule, RuleBook
from network.models import ApiKey, Membership, Merchant, Notice, User
from network.scoping import as_network
from orders.models import InternalOrder, Order
from orders.redact import answer_data_request
from orders.return_goods import announce_return
from settlement.models import Statement
from settlement.tests.things import make_things
from skuu.testing.scene import Scene, join, open_scene

ROLES = ("owner", "operations", "finance", "readonly")
ALL, OPERATE, MONEY, OWN = set(ROLES), {"owner", "operations"}, {"owner", "finance", "readonly"}, {"owner"}
# name → (roles that may open it, roles that may send a form to it); None: the address takes no such request
TABLE: dict[str, tuple[set[str] | None, set[str] | None]] = {
    "dashboard": (ALL, OPERATE),
    "notices": (ALL, OPERATE),
    "to_ship": (ALL, OPERATE),
    "to_ship_count": (ALL, OPERATE),
    "internal_order": (ALL, OPERATE),
    "slip": (ALL, None),
    "accept": (None, OPERATE),
    "decline": (None, OPERATE),
    "ship": (None, OPERATE),
    "pick_list": (ALL, None),
    "correct_tracking": (None, OPERATE),
    "shipping": (ALL, OPERATE),
    "shipping_policy": (None, OPERATE),
    "shipping_terms": (None, OPERATE),
    "orders": (ALL, OPERATE),
    "order": (ALL, OPERATE),
    "call_off": (None, OPERATE),
    "announce_return": (ALL, OPERATE),
    "report_lost": (None, OPERATE),
    "data_file": (None, OWN),
    "erase": (None, OWN),
    "privacy": (OPERATE, None),
    "privacy_file": (OPERATE, None),
    "returns": (ALL, OPERATE),
    "return": (ALL, OPERATE),
    "return_slip": (ALL, None),
    "receive_return": (None, OPERATE),
    "arrived_here": (None, OPERATE),
    "decline_takeover": (None, OPERATE),
    "inspect_return": (None, OPERATE),
    "return_rule": (ALL, OPERATE),
    "exchange": (ALL, OPERATE),
    "object_grade": (ALL, OPERATE),
    "withdraw_objection": (None, OPERATE),
    "look": (ALL, OPERATE),
    "save_look": (None, OPERATE),
    "reset_look": (None, OPERATE),
    "look_sample": (ALL, None),
    "cancel_return": (None, OPERATE),
    "products": (ALL, OPERATE),
    "product": (ALL, OPERATE),
    "goods": (ALL, None),
    "goods_say": (None, {"owner", "operations", "finance"}),
    "goods_rule": (None, {"owner", "operations", "finance"}),
    "goods_rule_end": (None, {"owner", "operations", "finance"}),
    "unmatched": (ALL, OPERATE),
    "unmatched_csv": (ALL, OPERATE),
    "match_report": (None, OPERATE),
    "match_report_withdraw": (None, OPERATE),
    "shelf": (ALL, OPERATE),
    "why": (ALL, OPERATE),
    "rules": (ALL, OPERATE),
    "rule_fields": (ALL, None),
    "insights": (ALL, OPERATE),
    "partner_countries": (ALL, OPERATE),
    "leave": (ALL, OWN),
    "leave_step": (None, OWN),
    "rule": (ALL, OPERATE),
    "rule_book": (ALL, OPERATE),
    "rule_book_restore": (None, OPERATE),
    "rule_move": (None, OPERATE),
    "rule_remove": (None, OPERATE),
    "policy": (None, OPERATE),
    "statements": (MONEY, {"owner", "finance"}),
    "statement": (MONEY, {"owner", "finance"}),
    "agree_cycle": (None, {"owner", "finance"}),
    "statement_csv": (MONEY, {"owner", "finance"}),
    "statement_file": (MONEY, None),
    "money": (MONEY, None),
    "bank_file": (None, {"owner", "finance"}),
    "bank": (OWN, OWN),
    "mandate_enter": (None, OWN),
    "mandate_sign": (None, OWN),
    "mandate_revoke": (None, OWN),
    "payment_received": (None, {"owner", "finance"}),
    "payment_file": ({"owner", "finance"}, None),
    "explain_sale": (MONEY, None),
    "hand_in_paper": (None, {"owner", "finance"}),
    "paper": (MONEY, None),
    "evidence_list": (MONEY, None),
    "new_dispute": ({"owner", "finance"}, {"owner", "finance"}),
    "documents": (MONEY, None),
    "document_file": (MONEY, None),
    "self_billing": (MONEY, None),
    "self_billing_agree": (None, OWN),
    "self_billing_text": (MONEY, None),
    "self_billing_revoke": (None, OWN),
    "document_object": ({"owner", "finance"}, {"owner", "finance"}),
    "disputes": (MONEY, None),
    "dispute": (MONEY, {"owner", "finance"}),
    "withdraw_dispute": (None, {"owner", "finance"}),
    "evidence": (MONEY, None),
    "shops": (ALL, OPERATE),
    "shop": (ALL, OPERATE),
    "shop_progress": (ALL, OPERATE),
    "shop_step": (None, OPERATE),
    "team": (ALL, OWN),
    "member_role": (None, OWN),
    "member_remove": (None, OWN),
    "keys": (OWN, OWN),
    "key_revoke": (None, OWN),
    "notice_done": (None, OPERATE),
    "switch": (None, ALL),
}


@pytest.fixture(scope="module")
def traded(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Scene]:
    """Build the scene once, in a transaction around all tests of this module; each test's own lies inside it."""
    with django_db_blocker.unblock(), transaction.atomic():
        with as_network():
            scene = open_scene("tiny")
            for role in ROLES:
                join(scene, role, scene.shops["alma-studio"].merchant, role)
        yield scene
        transaction.set_rollback(True)


@pytest.fixture
def scene(traded: Scene, db: None) -> Scene:
    return traded


def signed_in(scene: Scene, name: str) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(scene.users[name])
    return client


def portal_patterns() -> Iterator[URLPattern]:
    def walk(patterns: list[URLPattern | URLResolver]) -> Iterator[URLPattern]:
        for one in patterns:
            if isinstance(one, URLResolver):
                yield from walk(one.url_patterns)
            else:
                yield one

    for one in get_resolver().url_patterns:
        if isinstance(one, URLResolver) and one.namespace == "portal":
            yield from walk(one.url_patterns)


def addresses(scene: Scene, owner: str) -> dict[str, str]:
    """Address one thing of this merchant by every name of the portal."""
    shop = scene.shops[owner]
    merchant = shop.merchant
    with as_network():
        placed = InternalOrder.everyone.filter(shipper=shop, status="placed").order_by("pk").first()
        order = Order.everyone.filter(shop__merchant=merchant).first()
        statement = Statement.everyone.filter(merchant=merchant).first()
        partner = Merchant.everyone.exclude(pk=merchant.pk).order_by("pk").first()
        rule, _ = Rule.everyone.get_or_create(shop=shop, side="origin", tag="old")
        page, _ = RuleBook.everyone.get_or_create(shop=shop, number=1, defaults={"what": "As it began"})
        notice, _ = Notice.everyone.get_or_create(shop=shop, key="table", defaults={"subject": "s", "body": "b"})
        key, _ = ApiKey.issue(shop, "table")
        member = Membership.everyone.filter(merchant=merchant).order_by("-pk").first()
        sent = InternalOrder.everyone.filter(shipper=shop, status="shipped").order_by("pk").first()
        sold = InternalOrder.everyone.filter(order__shop=shop).order_by("pk").first()
        returned = sent.returns.first() if sent else None
        if sent and not returned:
            returned = announce_return(sent, [(sent.lines.get().pk, 1)], reason="other", by="test")
        pks = {
            "order": order.pk if order else 0,
            "announce_return": order.pk if order else 0,
            "exchange": order.pk if order else 0,
            "save_look": shop.pk,
            "reset_look": shop.pk,
            "look_sample": shop.pk,
            "correct_tracking": sent.parcels.first().pk if sent else 0,
            "privacy_file": answer_data_request(shop, "table", []).pk,
            "product": Product.everyone.filter(shop=shop).first().pk,
            "match_report": Match.everyone.filter(shop=shop).order_by("pk").values_list("pk", flat=True).first() or 0,
            "match_report_withdraw": Match.everyone.filter(shop=shop)
            .order_by("pk")
            .values_list("pk", flat=True)
            .first()
            or 0,
            "leave": shop.pk,
            "leave_step": shop.pk,
            "rule": rule.pk,
            "goods_rule_end": GoodsRule.everyone.get_or_create(shop=shop, tag="old", goods_class="standard")[0].pk,
            "rule_move": rule.pk,
            "rule_book_restore": page.pk,
            "rule_remove": rule.pk,
            "policy": shop.pk,
            "shop": shop.pk,
            "shipping_policy": shop.pk,
            "shipping_terms": shop.pk,
            "shop_progress": shop.pk,
            "shop_step": shop.pk,
            "member_role": member.pk,
            "member_remove": member.pk,
            "key_revoke": key.pk,
            "notice_done": notice.pk,
        }
        numbers = dict.fromkeys(
            ("internal_order", "slip", "accept", "decline", "ship"), placed.number if placed else "N"
        )
        back = ("return", "receive_return", "inspect_return", "cancel_return", "object_grade", "withdraw_objection")
        back = (*back, "decline_takeover", "return_slip", "arrived_here")
        numbers |= dict.fromkeys(back, returned.number if returned else "R")
        numbers["correct_tracking"] = sent.number if sent else "N"
        numbers["report_lost"] = sold.number if sold else "N"
        numbers |= dict.fromkeys(
            ("statement", "statement_csv", "statement_file"), statement.number if statement else "S"
        )
        things = make_things(merchant, sold or sent, partner) if (sold or sent) else {}
        numbers |= dict.fromkeys(
            ("explain_sale", "new_dispute", "hand_in_paper", "paper"), (sold or sent).number if (sold or sent) else "N"
        )
        numbers |= dict.fromkeys(("dispute", "withdraw_dispute", "evidence"), things.get("dispute", "D"))
        numbers |= dict.fromkeys(("mandate_sign", "mandate_revoke"), things.get("mandate", "M"))
        numbers |= dict.fromkeys(("payment_received", "payment_file"), things.get("payment", "P"))
        pks |= {"document_file": things.get("document", 0), "evidence": things.get("evidence", 0)}
        pks["paper"] = things.get("paper", 0)
        pks |= dict.fromkeys(("self_billing_text", "self_billing_revoke"), things.get("agreement", 0))
        pks["document_object"] = things.get("document", 0)
    found = {}
    for pattern in portal_patterns():
        path = "/" + str(pattern.pattern)
        path = path.replace("<int:pk>", str(pks.get(pattern.name, 0))).replace("<slug:step>", "no-such-step")
        path = path.replace("<slug:kind>", "pdf")
        found[pattern.name] = re.sub(r"<\w+:number>", numbers.get(pattern.name, ""), path)
    return found


class TestEveryAddress:
    def test_stands_in_the_table(self) -> None:
        assert {pattern.name for pattern in portal_patterns()} == set(TABLE)

    def test_sends_who_is_signed_out_to_the_login_page(self, scene: Scene) -> None:
        for name, path in addresses(scene, "alma-studio").items():
            see, _ = TABLE[name]
            answer = Client().get(path) if see else Client().post(path)
            assert (name, answer.status_code, answer["Location"].split("?")[0]) == (name, 302, "/accounts/login/")

    @pytest.mark.parametrize("role", ROLES)
    def test_opens_and_takes_forms_for_the_roles_of_the_table_only(self, scene: Scene, role: str) -> None:
        client = signed_in(scene, role)
        paths = addresses(scene, "alma-studio")
        paths.pop("announce_return")
        paths.pop("exchange")
        paths.pop("object_grade")  # nothing of hers was inspected
        paths.pop("order")  # Alma sells nothing from a shelf in this world
        paths.pop("return_slip")  # so none of her customers sends anything back
        for name, path in sorted(paths.items(), key=lambda pair: TABLE[pair[0]][0] is None):
            see, change = TABLE[name]
            got = client.get(path).status_code
            if see is None:
                assert (name, got) == (name, 405)
            else:
                assert (name, got) == (name, 200 if role in see else 403)
            if change is None or role in change:
                continue
            assert (name, client.post(path).status_code) == (name, 403)

    def test_does_not_exist_for_a_stranger(self, scene: Scene) -> None:
        client = signed_in(scene, "cara-mode")
        things = re.compile(r"\d")
        asked = 0
        for owner in ("alma-studio", "bruno-schoenen"):
            for name, path in addresses(scene, owner).items():
                if not things.search(path):
                    continue
                see, change = TABLE[name]
                if see:
                    assert (name, client.get(path).status_code) == (name, 404)
                if change and see is None:
                    assert (name, client.post(path, {"role": "owner"}).status_code) == (name, 404)
                asked += 1
        assert asked > 30

    def test_of_another_merchants_shop_cannot_be_named_in_a_filter_or_a_form(self, scene: Scene) -> None:
        client = signed_in(scene, "cara-mode")
        stranger = scene.shops["alma-studio"].pk
        for path in ("/products/", "/shelf/", "/rules/", "/rules/fields/", "/to-ship/", "/my-orders/", "/"):
            assert (path, client.get(path, {"shop": stranger}).status_code) == (path, 404)
        form = {"shop": stranger, "side": "origin", "effect": "exclude", "tag": "x"}
        assert client.post("/rules/", form).status_code == 404
        assert client.post("/switch/", {"merchant": scene.shops["alma-studio"].merchant_id}).status_code == 404
        with as_network():
            assert not Rule.everyone.filter(shop=stranger).exists()

    def test_may_hold_garbage_without_an_error(self, scene: Scene) -> None:
        client = signed_in(scene, "alma-studio")
        garbage = {
            "after": "9" * 40,
            "q": "%_'\x00\x01 \N{PILE OF POO}",
            "state": "?",
            "undo": "x",
            "kind": "?",
            "variant": "-1",
        }
        for path in (
            "/",
            "/products/",
            "/shelf/",
            "/to-ship/",
            "/my-orders/",
            "/statements/",
            "/rules/",
            "/rules/fields/",
        ):
            assert (path, client.get(path, garbage).status_code) == (path, 200)
        assert client.get("/shelf/why/", garbage).status_code == 404


class TestActing:
    def test_staff_without_a_merchant_are_led_to_the_back_office(self, db: None) -> None:
        client = Client()
        client.force_login(User.objects.create_user("staff", is_staff=True))
        answer = client.get("/")
        assert answer.status_code == 403
        assert b'href="/admin/"' in answer.content

    def test_somebody_of_two_merchants_switches_between_them(self, scene: Scene) -> None:
        with as_network():
            other = scene.shops["bruno-schoenen"].merchant
            Membership.everyone.create(user=scene.users["alma-studio"], merchant=other, role="readonly")
        client = signed_in(scene, "alma-studio")
        assert scene.shops["alma-studio"].merchant.name in client.get("/").content.decode()
        assert client.post("/switch/", {"merchant": other.pk}).status_code == 302
        assert f"<h1>{other.name}</h1>" in client.get("/").content.decode()
        assert client.post("/rules/", {"shop": scene.shops["bruno-schoenen"].pk}).status_code == 403

    def test_a_session_that_ended_sends_htmx_to_the_login_page_whole(self, db: None) -> None:
        answer = Client().get(
            "/to-ship/count/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/shelf/"}
        )
        assert answer.status_code == 200
        assert answer["HX-Redirect"] == "/accounts/login/?next=/shelf/"

    def test_pages_are_never_kept_by_a_cache(self, scene: Scene) -> None:
        assert "no-store" in signed_in(scene, "alma-studio").get("/")["Cache-Control"]


def test_a_notice_is_ticked_off_and_put_back(scene: Scene) -> None:
    client = signed_in(scene, "alma-studio")
    with as_network():
        notice = Notice.everyone.create(shop=scene.shops["alma-studio"], kind="x", key="n", subject="Look", body="b")
    client.post(f"/notices/{notice.pk}/done/")
    with as_network():
        notice.refresh_from_db()
        assert notice.done_at is not None
    client.post(f"/notices/{notice.pk}/done/", {"undo": "1"})
    with as_network():
        notice.refresh_from_db()
        assert notice.done_at is None
