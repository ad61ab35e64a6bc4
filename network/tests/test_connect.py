"""A store is connected by its owner, gets its shelf, is checked, goes live, pauses, leaves; a stranger gets nowhere."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from network import connect, handlers, tokens
from network.conftest import consent, merchant_of
from network.connectors.base import AccessLost, connector_for
from network.connectors.shopify.auth import BadCallback, BadDomain
from network.connectors.shopify.payloads import SUBSCRIBED
from network.connectors.shopify.standin.world.tiny import ALMA, BRUNO
from network.models import InboundEvent, Membership, Notice, Shop, ShopCredential, SyncRun, TaxRegistration, User
from network.topics import Received
from skuu.kit.errors import NotPossible, WrongState

pytestmark = pytest.mark.django_db


def news(topic: str, **payload: Any) -> Received:
    now = timezone.now()
    return Received(id=1, topic=topic, payload=payload, triggered_at=now, received_at=now)


class TestJoining:
    def test_a_merchant_joins_with_an_owner_and_its_vat_numbers(self):
        merchant = merchant_of(BRUNO)
        assert merchant_of(BRUNO) == merchant
        user = User.objects.get(username="bruno-schoenen")
        assert user.check_password("a-long-password")
        assert Membership.everyone.get().role == "owner"
        assert list(TaxRegistration.everyone.values_list("country", "vat_id")) == [("NL", "NL000099998B57")]

    def test_nobody_joins_under_the_user_name_of_another(self):
        merchant_of(BRUNO)
        facts = {
            "country": "FR",
            "username": "bruno-schoenen",
            "password": "another-password",
            "email": "x@example.com",
        }
        with pytest.raises(NotPossible):
            connect.join_merchant(legal_name="Cara SARL", **facts)
        assert User.objects.get().check_password("a-long-password")
        assert Membership.everyone.count() == 1

    def test_a_shop_without_shopify_gets_a_key_that_is_stored_as_a_hash(self):
        facts = {"name": "Cara", "country": "FR", "currency": "EUR", "by": "staff"}
        shop, key = connect.open_api_shop(merchant_of(BRUNO), domain="cara.example", **facts)
        assert (shop.status, shop.platform, connect.request_first_read(shop)) == ("shadow", "api", None)
        assert shop.api_keys.get().digest != key
        connect.go_live(shop, by="cara")
        assert shop.status == "live"
        with pytest.raises(NotPossible):
            connect.open_api_shop(merchant_of(ALMA), domain="cara.example", **facts)


class TestInstalling:
    def test_an_installed_store_is_in_shadow_mode_with_its_facts_and_encrypted_expiring_tokens(self, bruno):
        assert (bruno.status, bruno.name, bruno.currency, bruno.postcode) == (
            "shadow",
            "Bruno Schoenen",
            "EUR",
            "2011 SK",
        )
        assert [(one.from_status, one.to_status, one.by) for one in bruno.changes.all()] == [
            ("installing", "shadow", "test")
        ]
        credential = ShopCredential.objects.get(shop=bruno)
        assert dt.timedelta(minutes=59) < credential.expires_at - timezone.now() < dt.timedelta(minutes=61)
        assert credential.refresh_token
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("select access_token, refresh_token from network_shopcredential")
            assert not any(
                part in repr(cursor.fetchone()) for part in (credential.access_token, credential.refresh_token)
            )

    def test_the_consent_page_is_asked_for_what_we_need_and_sends_back_to_us(self, standin, settings):
        url, state = connect.begin_install(merchant_of(BRUNO), " https://Bruno-Schoenen.myshopify.com/ ", by="test")
        assert url.startswith(f"{standin.base_url}/admin/oauth/authorize?client_id=test-client&scope=read_products%2C")
        assert (
            f"redirect_uri={settings.BASE_URL}/connect/shopify/callback/".replace(":", "%3A").replace("/", "%2F") in url
        )
        assert len(state) > 40

    @pytest.mark.parametrize(
        "text",
        ["", "evil.com", "a.myshopify.com.evil.com", "evil.com?.myshopify.com", "a.myshopify.com\n", "a b", "a.b.myshopify.com",
         "https://a@evil.com/.myshopify.com", "é.myshopify.com", "-a.myshopify.com", "a.myshopify.com:8080", "x" * 300],
    )  # fmt: skip
    def test_only_a_stores_own_address_is_ever_spoken_to(self, text):
        with pytest.raises(BadDomain):
            connect.begin_install(merchant_of(BRUNO), text, by="test")

    def refused(self, merchant: Any, params: dict[str, str], state: str, error: type[Exception]) -> None:
        with pytest.raises(error):
            connect.complete_install(merchant, params, state=state, by="test")
        assert Shop.everyone.count() == ShopCredential.objects.count() == 0

    def test_an_answer_that_was_changed_on_the_way_installs_nothing(self, standin):
        merchant = merchant_of(BRUNO)
        url, state = connect.begin_install(merchant, BRUNO, by="test")
        params = consent(standin, url, BRUNO)
        for name, value in {"shop": ALMA, "code": "x", "timestamp": "1", "hmac": "é", "extra": "1"}.items():
            self.refused(merchant, params | {name: value}, state, BadCallback)
        self.refused(merchant, {name: params[name] for name in params if name != "hmac"}, state, BadCallback)
        assert connect.complete_install(merchant, params, state=state, by="test").domain == BRUNO

    def test_an_answer_of_another_session_merchant_or_store_installs_nothing(self, standin):
        bruno, alma = merchant_of(BRUNO), merchant_of(ALMA)
        url, state = connect.begin_install(bruno, BRUNO, by="test")
        params = consent(standin, url, BRUNO)
        self.refused(bruno, params, "", connect.BadState)
        self.refused(bruno, params, connect.begin_install(bruno, BRUNO, by="test")[1], connect.BadState)
        self.refused(alma, params, state, connect.BadState)

    def test_a_code_is_good_once(self, standin):
        merchant = merchant_of(BRUNO)
        url, state = connect.begin_install(merchant, BRUNO, by="test")
        params = consent(standin, url, BRUNO)
        connect.complete_install(merchant, params, state=state, by="test")
        with pytest.raises(AccessLost):
            connect.complete_install(merchant, params, state=state, by="test")
        assert Shop.everyone.get().status == "shadow"

    def test_a_stranger_cannot_take_a_connected_store(self, bruno):
        with pytest.raises(NotPossible) as refused:
            connect.begin_install(merchant_of(ALMA), BRUNO, by="test")
        assert refused.value.code == "store_taken"
        bruno.refresh_from_db()
        assert bruno.merchant.legal_name == "bruno-schoenen BV"

    def test_installing_again_keeps_the_shop_and_heals_a_broken_connection(self, bruno, install):
        connect.go_live(bruno, by="test")
        tokens.mark_broken(bruno, "revoked")
        with pytest.raises(AccessLost):
            connector_for(bruno).read_shop()
        again = install(BRUNO)
        assert (again.pk, again.status) == (bruno.pk, "live")
        assert connector_for(again).read_shop().name == "Bruno Schoenen"


@pytest.mark.urls("network.urls")
class TestTheDoor:
    @pytest.fixture
    def owner(self, standin: Any) -> Client:
        merchant_of(BRUNO)
        client = Client()
        client.force_login(User.objects.get(username="bruno-schoenen"))
        return client

    def test_an_owner_connects_by_two_clicks(self, owner, standin):
        leave = owner.post("/connect/shopify/start/", {"shop": "bruno-schoenen"})
        params = consent(standin, leave["Location"], BRUNO)
        back = owner.get("/connect/shopify/callback/", params)
        assert (leave.status_code, back.status_code, back["Location"]) == (302, 302, "/connect/")
        assert Shop.everyone.get().status == "shadow"
        owner.get("/connect/shopify/callback/", params)  # the state was good once
        assert Shop.everyone.get().changes.count() == 1

    def test_the_way_back_of_one_session_is_worth_nothing_in_another(self, owner, standin):
        leave = owner.post("/connect/shopify/start/", {"shop": BRUNO})
        merchant_of(ALMA)
        other = Client()
        other.force_login(User.objects.get(username="alma-studio"))
        other.get("/connect/shopify/callback/", consent(standin, leave["Location"], BRUNO))
        assert Shop.everyone.count() == 0

    def test_somebody_who_acts_for_nobody_may_not(self, standin):
        client = Client()
        client.force_login(User.objects.create(username="nobody"))
        assert client.post("/connect/shopify/start/", {"shop": BRUNO}).status_code == 403

    def test_starting_needs_a_post_and_its_token(self, owner):
        assert owner.get("/connect/shopify/start/").status_code == 405
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(User.objects.get(username="bruno-schoenen"))
        assert strict.post("/connect/shopify/start/", {"shop": BRUNO}).status_code == 403


class TestTakingPart:
    def test_a_new_shop_gets_shelf_subscriptions_checklist_and_a_first_read_once(self, bruno, standin):
        assert (connect.settle_unsettled(), connect.settle_unsettled()) == (1, 0)
        bruno.refresh_from_db()
        assert bruno.shelf_location_id
        assert [row["key"] for row in bruno.checklist] == [
            "access", "scopes", "shelf", "subscriptions", "rates", "sku", "rank",
        ]  # fmt: skip
        assert [row for row in bruno.checklist if not row["ok"] and row["key"] != "sku"] == []
        connect.provision_shop(bruno)
        assert SyncRun.everyone.filter(shop=bruno, kind="first").count() == 1
        subscriptions = list(connector_for(bruno).client.pages("Subscriptions", "webhookSubscriptions"))
        assert len(subscriptions) == len(SUBSCRIBED)

    def test_stale_and_lost_subscriptions_are_mended_by_the_hourly_check(self, bruno):
        connector = connector_for(bruno)
        connector.subscribe("http://old.example/webhooks/")
        connect.check_shop(bruno)
        lost = next(iter(connector.client.pages("Subscriptions", "webhookSubscriptions")))
        connector.client.write("Unsubscribe", "webhookSubscriptionDelete", id=lost["id"])
        Shop.everyone.update(checked_at=timezone.now() - dt.timedelta(hours=2))
        assert (connect.recheck_shops(), connect.recheck_shops()) == (1, 0)
        uris = [one["uri"] for one in connector.client.pages("Subscriptions", "webhookSubscriptions")]
        assert uris == ["http://127.0.0.1:9/webhooks/shopify/"] * len(SUBSCRIBED)

    def test_going_live_waits_for_what_is_missing_and_says_how_to_mend_it(self, bruno, standin):
        standin.standin.revoke_scopes(standin.standin.stores[BRUNO], standin.standin.client_id, ["write_orders"])
        with pytest.raises(connect.Unmet) as refused:
            connect.go_live(bruno, by="bruno")
        (requirement,) = refused.value.extra["requirements"]
        assert (requirement["key"], "write_orders" in requirement["fix"]) == ("scopes", True)
        bruno.refresh_from_db()
        assert bruno.status == "shadow"

    def test_a_shop_goes_live_pauses_and_goes_on_where_it_was(self, bruno):
        connect.go_live(bruno, by="bruno")
        connect.go_live(bruno, by="bruno")
        connect.pause_shop(bruno, by="bruno", reason="holidays")
        assert bruno.status == "paused"
        connect.resume_shop(bruno, by="bruno")
        steps = list(bruno.changes.order_by("pk").values_list("to_status", flat=True))
        assert (bruno.status, steps) == ("live", ["shadow", "live", "paused", "live"])

    def test_a_shop_in_shadow_mode_resumes_into_shadow_mode(self, bruno):
        connect.pause_shop(bruno, by="bruno")
        connect.resume_shop(bruno, by="bruno")
        assert bruno.status == "shadow"

    def test_a_store_that_cannot_be_reached_is_a_row_of_its_checklist(self, bruno, settings):
        settings.SHOPIFY_STANDIN_URL = "http://127.0.0.1:9"
        (row,) = connect.check_shop(bruno)
        assert (row["key"], row["ok"], row["fix"][:9]) == ("access", False, "Try again")
        with pytest.raises(connect.Unmet):
            connect.go_live(bruno, by="bruno")
        assert ShopCredential.objects.get().broken_at is None


class TestNews:
    def test_a_removed_app_ends_the_shop_and_forgets_its_tokens(self, bruno, standin):
        standin.standin.uninstall(standin.standin.stores[BRUNO], standin.standin.client_id)
        for _ in range(2):
            handlers.on_shop_left(bruno, [news("app/uninstalled")])
            bruno.refresh_from_db()
        assert bruno.status == "left"
        assert ShopCredential.objects.get().access_token == ""
        assert not Shop.everyone.filter(tokens.reachable()).exists()

    def test_a_farewell_that_comes_after_the_store_was_connected_again_is_ignored(self, bruno):
        handlers.on_shop_left(bruno, [news("app/uninstalled")])
        bruno.refresh_from_db()
        assert bruno.status == "shadow"
        assert connector_for(bruno).read_shop().domain == BRUNO

    def test_a_shop_that_left_comes_back_in_shadow_mode(self, bruno, install):
        connect.leave_network(bruno, by="bruno")
        with pytest.raises(WrongState):
            connect.pause_shop(bruno, by="bruno")
        assert install(BRUNO).status == "shadow"

    def test_a_revoked_scope_shows_in_the_checklist(self, bruno, standin):
        standin.standin.revoke_scopes(
            standin.standin.stores[BRUNO], standin.standin.client_id, ["read_orders", "write_orders"]
        )
        handlers.on_scopes_changed(bruno, [news("app/scopes_update", current=["read_products"])])
        bruno.refresh_from_db()
        assert [row["ok"] for row in bruno.checklist if row["key"] == "scopes"] == [False]
        assert ShopCredential.objects.get().scopes == ["read_products"]

    def test_a_renamed_store_is_renamed_here(self, bruno):
        Shop.everyone.update(name="Old name")
        handlers.on_shop_changed(bruno, [news("shop/update")])
        assert Shop.everyone.get().name == "Bruno Schoenen"

    def test_a_store_that_refuses_us_is_told_to_its_merchant_once(self, bruno, standin, mailoutbox):
        from network import notify

        standin.standin.revoke_token(standin.standin.stores[BRUNO])
        ShopCredential.objects.update(refresh_token="gone")
        for _ in range(3):
            with pytest.raises(AccessLost):
                connector_for(bruno).read_shop()
        assert Notice.everyone.get().kind == "token_broken"
        assert (notify.send_notices(), notify.send_notices()) == (1, 0)
        assert [(one.bcc, one.to) for one in mailoutbox] == [(["bruno-schoenen@example.com"], [])]
        assert InboundEvent.everyone.count() == 0
