"""Open the demo network: people, merchants, OAuth installs, first reads, shelves; each step as a merchant would take it."""

import secrets
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from django.contrib.auth import get_user_model

from catalog.distribute import notice_changes
from catalog.models import ItemMark, Placement, Variant
from catalog.models.shelf import OUT_OF_STEP
from network import connect
from network.models import Merchant, Shop, SyncRun
from settlement.self_billing import agree_self_billing, digest_of, words_for
from skuu.demo.shopfront import wait_until


def connect_stores(
    stores: list[dict[str, Any]], *, standin: str, passwords: dict[str, str]
) -> tuple[dict[str, Any], list[Shop]]:
    """Make every store a member of the network, whose owner agreed to self-billing; again: only what is missing is done.

    Returns who may sign in, and the shops.
    """
    people: dict[str, Any] = {"staff": make_staff(passwords), "merchants": []}
    shops = []
    for store in stores:
        user, login = make_merchant_user(store, passwords)
        people["merchants"].append(login)
        shops.append(install(store, user=user, standin=standin))
        merchant = shops[-1].merchant
        agree_self_billing(merchant, by=user.username, name="Demo owner", digest=digest_of(words_for(merchant)))
    return people, shops


def open_shops(shops: list[Shop]) -> None:
    """Let every shop that still watches go live."""
    for shop in shops:
        shop.refresh_from_db()
        if shop.status == "shadow":
            connect.go_live(shop, by="demo")


def make_password() -> str:
    """Make a password a person can type."""
    return "-".join(secrets.token_hex(2) for _ in range(4))


def make_staff(passwords: dict[str, str]) -> dict[str, str]:
    """Make the network's own login."""
    users = get_user_model()
    password = passwords.get("staff") or make_password()
    user, _ = users.objects.get_or_create(username="staff", defaults={"is_staff": True, "is_superuser": True})
    if not user.check_password(password):
        user.set_password(password)
        user.save()
    return {"username": "staff", "password": password}


def make_merchant_user(store: dict[str, Any], passwords: dict[str, str]) -> tuple[Any, dict[str, str]]:
    """Make the merchant of a store and a login for it; a second store of a merchant gets a login of its own."""
    username = store["domain"].split(".")[0]
    password = passwords.get(username) or make_password()
    login = {"username": username, "password": password, "shop": store["name"], "store": store["domain"]}
    known = (
        get_user_model().objects.filter(username=username, memberships__merchant__legal_name=store["merchant"]).first()
    )
    if known is not None and username in passwords:
        return known, login
    place = (store.get("locations") or [{}])[0]
    user, _merchant = connect.join_merchant(
        legal_name=store["merchant"],
        kind=store["kind"],
        country=store["country"],
        currency=store["currency"],
        address1=place.get("address1", ""),
        postcode=place.get("zip", ""),
        city=place.get("city", ""),
        vat_ids=tuple(store.get("vat_ids") or ()),
        oss=bool(store.get("oss")),
        username=username,
        email=f"{username}@example.com",
        password=password,
    )
    return user, login


def install(store: dict[str, Any], *, user: Any, standin: str) -> Shop:
    """Install the app in a store through OAuth, as its owner does by two clicks; a store that is in already stays."""
    shop = Shop.everyone.filter(domain=store["domain"]).exclude(status__in=["installing", "left"]).first()
    if shop is not None and not is_broken(shop):
        connect.provision_shop(shop)
        return shop
    merchant = Merchant.everyone.get(memberships__user=user)
    url, state = connect.begin_install(merchant, store["domain"], by=user.username)
    path = urlsplit(url)
    answer = requests.get(
        f"{standin}{path.path}?{path.query}&approve=1",
        headers={"Host": store["domain"]},
        allow_redirects=False,
        timeout=10,
    )
    params = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
    shop = connect.complete_install(merchant, params, state=state, by=user.username)
    connect.provision_shop(shop)
    return shop


def is_broken(shop: Shop) -> bool:
    """Say whether the store refused our token; a new install mends that."""
    credential = getattr(shop, "credential", None)
    return credential is None or credential.broken_at is not None


def wait_for_reads(shops: list[Shop]) -> None:
    """Wait until every catalogue has been read."""
    ids = [shop.pk for shop in shops]

    def read() -> bool:
        return not SyncRun.everyone.filter(shop__in=ids, kind="first").exclude(status="done").exists()

    wait_until("the first reads", read, seconds=180)


def wait_for_matching() -> None:
    """Wait until every variant has been looked at."""
    wait_until("the matching", lambda: not Variant.everyone.filter(match_due_at__isnull=False).exists(), seconds=180)


def wait_for_shelves() -> None:
    """Wait until every shelf shows what it should, now that its shop and its partners are live."""
    notice_changes()  # until somebody has, shelves decided while nobody was live look as right as full ones

    def settled() -> bool:
        if ItemMark.objects.exists():
            return False
        return not Placement.everyone.filter(OUT_OF_STEP, shop__status="live").exists()

    wait_until("the shelves", settled, seconds=180)
