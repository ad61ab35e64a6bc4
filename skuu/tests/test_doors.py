"""Every door of the project × every kind of caller: who may, who is asked to sign in, and for whom a thing is simply not there."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, get_resolver

from catalog.models import GoodsRule, Match, Product, Rule, RuleBook
from catalog.rules import policy_of
from network.models import ApiKey, Membership, Merchant, Notice, User
from orders.models import InternalOrder, Order, Parcel
from orders.redact import answer_data_request
from orders.return_goods import announce_return
from orders.tracking_page import tracking_path
from settlement.documents.statement_files import stored_statement
from settlement.models import Statement
from settlement.tests.things import make_things
from skuu.testing.scene import Scene, join, open_scene
from skuu.testing.signing_in import signed_in
from skuu.tests.doors import API, BACK_OFFICE, DOORS, PROGRAMS, ROLES, Door

ALMA, BRUNO, CARA = "alma-studio", "bruno-schoenen", "cara-mode"
STAGES = ("network", "catalog", "orders", "settlement")
SHOWN_WITH_ANOTHER = {
    "ShopCredential",  # tokens: how it stands with them is on the operations page
    "WordCount",  # how rare the words of titles are: nothing that anybody would look up
    "ShelfBasis", "OrderToRead", "AliasPeer", "InternalOrderLine", "ParcelLine", "ReturnLine", "TrackingEvent",
    "Line", "StatementLine", "Balance", "DisputeMessage", "DocumentEntry", "StoredFile", "Released", "Carried", "EvidenceFile", "ItemMark",
    "ShelfNote",
}  # fmt: skip


class World:
    """The scene, the callers' browsers and keys, and the names of Alma's things."""

    def __init__(self, scene: Scene) -> None:
        alma = scene.shops[ALMA]
        self.people = {"alma": scene.users[ALMA], "bruno": scene.users[BRUNO], "cara": scene.users[CARA]}
        self.people["reader"] = join(scene, "rita", alma.merchant, "readonly")
        self.people["staff"] = User.objects.create_superuser("ina", "ina@example.com", "x")
        self.people["staff_plain"] = self.people["staff"]
        member = join(scene, "olaf", alma.merchant, "operations")
        self.keys = {
            f"{name}_key": ApiKey.issue(scene.shops[shop], "doors")[1]
            for name, shop in zip(("alma", "bruno", "cara"), (ALMA, BRUNO, CARA), strict=True)
        }
        product = Product.everyone.filter(shop=alma).order_by("pk").first()
        order = Order.everyone.create(
            shop=alma,
            remote_id="gid://shopify/Order/77",
            name="#77",
            currency=alma.currency,
            placed_at=alma.installed_at,
        )
        asked = InternalOrder.everyone.filter(shipper=alma).order_by("pk")
        sold = InternalOrder.everyone.filter(order__shop=alma, status="shipped").order_by("pk").get()
        parcel = Parcel.everyone.filter(internal_order__shipper=alma).order_by("pk").first()
        units = [(sold.lines.get().pk, 1)]
        statement = Statement.everyone.filter(merchant=alma.merchant).order_by("pk").first()
        stored_statement(statement, "xlsx")  # written at the first call, which is nobody's doing here
        self.names: dict[str, Any] = {
            "merchant": alma.merchant_id,
            "shop": alma.pk,
            "notice": Notice.everyone.create(shop=alma, kind="k", key="doors", subject="S", body="B").pk,
            "membership": Membership.everyone.get(user=member).pk,
            "key": ApiKey.everyone.get(shop=alma).pk,
            "product": product.pk,
            "product_id": product.remote_id,
            "match": shared_match(alma).pk,
            "rule": Rule.everyone.create(shop=alma, tag="sale").pk,
            "goods_rule": GoodsRule.everyone.create(shop=alma, tag="kids", goods_class="children_shoes").pk,
            "page": RuleBook.everyone.create(shop=alma, number=1, what="As it began", policy=policy_of(alma)).pk,
            "number": asked.filter(status="placed").first().number,
            "sold": sold.number,
            "returned": announce_return(sold, units, reason="other", destination="origin", by="alma").number,
            "sent": parcel.internal_order.number,
            "parcel": parcel.pk,
            "track": tracking_path(parcel).split("/")[2],
            "request": answer_data_request(alma, "doors", [order.remote_id]).pk,
            "order": order.pk,
            "order_id": order.remote_id,
            "statement": statement.number,
            "statement_id": statement.pk,
            **make_things(alma.merchant, sold, Merchant.everyone.get(name=sold.shipper.merchant.name)),
        }
        self.sessions: dict[str, str] = {}
        self.signed_in_at = 0.0
        self.before = digest()

    def sign_in(self) -> None:
        """Have everybody signed in, and not so long ago that they would be asked again."""
        if self.sessions and time.monotonic() - self.signed_in_at < 60:
            return
        self.signed_in_at = time.monotonic()
        for role, person in {**self.people, "alma_session": self.people["alma"]}.items():
            browser = signed_in(person, second_factor=role == "staff")
            self.sessions[role] = browser.cookies[settings.SESSION_COOKIE_NAME].value

    def browser(self, role: str) -> Client:
        """Open a browser of its own for a caller: with its session, if it has one, and nothing else."""
        browser = Client()
        if role in self.sessions:
            browser.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[role]
        return browser

    def knock(self, door: Door, role: str) -> Any:
        """Knock once, and undo whatever came of it."""
        path = door.address.format(**self.names) if "{" in door.path else door.address
        body = (
            {name: str(value).format(**self.names) for name, value in door.body.items()}
            if door.roles is ROLES
            else door.body
        )
        headers = {"Authorization": f"Bearer {self.keys[role]}"} if role in self.keys else {}
        browser = self.browser(role)
        with transaction.atomic(), connection.execute_wrapper(wrote := Wrote()):
            if door.roles is PROGRAMS and door.method != "get":
                answer = getattr(browser, door.method)(
                    path, json.dumps(body), content_type="application/json", headers=headers
                )
            else:
                answer = getattr(browser, door.method)(path, body, headers=headers)
            answer.changed = bool(wrote) and digest() != self.before
            transaction.set_rollback(True)
        return answer


class Wrote:
    """Note whether any statement could have changed a row: all but plain reads that call no function of ours."""

    OURS = re.compile(rf"\b({'|'.join(STAGES)})_[a-z_]+\(")

    def __init__(self) -> None:
        self.seen = False

    def __bool__(self) -> bool:
        return self.seen

    def __call__(self, execute: Any, sql: Any, *rest: Any) -> Any:
        words = str(sql).lstrip().lower()
        is_read = words.startswith(("select", "savepoint", "release", "rollback")) and not self.OURS.search(words)
        self.seen |= not is_read
        return execute(sql, *rest)


def shared_match(shop: Any) -> Match:
    """Find one of a shop's links that another shop shares."""
    linked = Match.everyone.filter(status="linked")
    shared = linked.filter(shop=shop, item__in=linked.exclude(shop=shop).values("item")).order_by("pk").first()
    assert shared is not None
    return shared


def digest() -> str:
    """Fingerprint every row of the stages, but for when a key was last used."""
    tables = [
        f"select '{model._meta.db_table}', md5(string_agg(t::text, '|' order by t::text)) from {model._meta.db_table} t"  # noqa: S608
        for model in apps.get_models()
        if model._meta.app_label in STAGES and model is not ApiKey and model is not User
    ]
    with connection.cursor() as cursor:
        cursor.execute(" union all ".join(tables) + " order by 1")  # server processes side by side end in any order
        return str(cursor.fetchall())


@pytest.fixture(scope="module")
def db(django_db_setup: Any) -> None:
    """Have the test database made; by this name pytest-django knows that these tests need one."""


@pytest.fixture(scope="module")
def built(db: None, django_db_blocker: Any) -> Iterator[World]:
    """Set the scene once, in a transaction that is undone at the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield World(open_scene())
        transaction.set_rollback(True)


@pytest.fixture
def world(built: World, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock():
        built.sign_in()
        with transaction.atomic():
            yield built
            transaction.set_rollback(True)


def routes(resolver: Any, prefix: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        here = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield here
        else:
            yield from routes(pattern, here)


def model_routes() -> set[str]:
    """The addresses Django makes for every registered model; they have tests of their own below."""
    row = "<path:object_id>/"
    ends = ("", "add/", row, f"{row}change/", f"{row}delete/", f"{row}history/")
    models = [model._meta for model in admin.site._registry]
    return {f"admin/{model.app_label}/{model.model_name}/{end}" for model in models for end in ends}


def test_every_address_is_in_the_register_and_the_register_names_no_other():
    registered = {door.route for door in [*DOORS, *API]}
    existing = set(routes(get_resolver())) - model_routes()
    assert existing - registered == set()
    assert registered - existing == set()


@pytest.mark.parametrize("door", DOORS, ids=lambda door: f"{door.method} {door.route or 'dashboard'}")
def test_a_door_answers_each_person_as_registered(world, door):
    answers = {role: world.knock(door, role) for role in ROLES}
    assert {role: answer.status_code for role, answer in answers.items()} == dict(zip(ROLES, door.codes, strict=True))
    assert {role for role, answer in answers.items() if answer.changed} <= {"alma", "staff"}


@pytest.mark.parametrize("door", API, ids=lambda door: f"{door.method} {door.route}")
def test_an_endpoint_answers_each_program_as_registered(world, door):
    answers = {role: world.knock(door, role) for role in PROGRAMS}
    assert {role: answer.status_code for role, answer in answers.items()} == dict(
        zip(PROGRAMS, door.codes, strict=True)
    )
    assert {role for role, answer in answers.items() if answer.changed and role != "alma_key"} == set()
    for answer in answers.values():
        if answer.status_code >= 400:
            assert answer["Content-Type"] == "application/problem+json"


def test_lists_of_strangers_hold_nothing_of_almas(world):
    """Whatever a list shows to Cara, none of Alma's ids, names or numbers is in it."""
    told = {str(world.names[name]) for name in ("product_id", "order_id", "number", "statement")} | {"Alma"}
    for door in [*DOORS, *API]:
        if door.method == "get" and "{" not in door.path and not door.route.startswith(("admin/", "accounts/")):
            answer = world.knock(door, "cara" if door.roles is ROLES else "cara_key")
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            text = body.decode("utf-8", "replace")
            assert [mark for mark in told if mark in text] == [], door.route


REGISTERED = sorted(admin.site._registry, key=lambda model: model._meta.label)


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label)
def test_staff_find_search_and_open_every_model(world, model):
    base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    staff = world.browser("staff")
    page = staff.get(base)
    assert page.status_code == 200
    filters = [name for spec in page.context["cl"].filter_specs for name in spec.expected_parameters()]
    for odd in ("\0", "a\0b"):
        assert staff.get(base, dict.fromkeys([*filters, "status", "p", "o"], odd)).status_code == 400
    assert staff.get(base, dict.fromkeys(filters, "9" * 20)).status_code in (200, 302)  # nothing, or said to be wrong
    assert staff.get(base, {"q": "x"}).status_code == 200
    assert staff.get(base, {"q": "x"}).context["cl"].query == "x", "has no search"
    row = model._base_manager.order_by("pk").first()
    if row is not None:
        assert staff.get(f"{base}{row.pk}/change/").status_code == 200
    assert staff.get(f"{base}add/").status_code in (200, 403)


@pytest.mark.parametrize("role", [role for role in ROLES if role != "staff"])
def test_nobody_else_opens_any_page_of_a_model(world, role):
    browser = world.browser(role)
    opened = []
    for model in REGISTERED:
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        for path in (base, f"{base}add/", f"{base}1/change/", f"{base}1/delete/", f"{base}1/history/"):
            answer = browser.get(path)
            if answer.status_code != 302 or not answer.url.startswith("/admin/login/"):
                opened.append((path, answer.status_code))
    assert opened == []


def test_staff_without_any_right_open_the_front_page_of_the_back_office_and_no_other(world):
    clerk = User.objects.create_user("clara", "clara@example.com", "x", is_staff=True)
    browser = signed_in(clerk, second_factor=True)
    opened = []
    for door in BACK_OFFICE:
        if door.method == "get" and door.route != "admin/":
            with transaction.atomic():
                answer = browser.get(door.address.format(**world.names) if "{" in door.path else door.address)
            if answer.status_code == 200:
                opened.append(door.route)
    assert set(opened) == {"admin/search/", "admin/jsi18n/", "admin/password_change/", "admin/password_change/done/"}


def test_every_model_of_the_stages_is_in_the_back_office():
    missing = {
        model.__name__
        for model in apps.get_models()
        if model._meta.app_label in STAGES
        and model not in admin.site._registry
        and not model.__name__.endswith("Change")
    }
    assert missing == SHOWN_WITH_ANOTHER


@pytest.mark.parametrize("role", ["alma", "staff"])
def test_no_page_loads_from_outside_or_carries_inline_script(world, role):
    for door in DOORS:
        if door.method != "get":
            continue
        answer = world.knock(door, role)
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            policy = answer["Content-Security-Policy"]
            assert "default-src 'none'" in policy, door.route
            assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0], door.route
