"""The tokens to speak to a store: fetched per job, refreshed by one process at a time, and marked when the store refuses us."""

import datetime as dt
import time
from collections.abc import Collection
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from network.connectors.base import AccessLost, ConnectorError
from network.connectors.shopify import auth
from network.models import Shop, ShopCredential
from network.notify import give_notice
from skuu.kit.crypto import Unreadable

log = structlog.get_logger(__name__)
EARLY = dt.timedelta(minutes=3)  # a token is renewed this long before it ends, so that no job starts with a dying one
LEASE = dt.timedelta(seconds=30)  # longer than the token endpoint may take
PATIENCE = 10.0  # seconds to wait for another process's refresh
QUIET = dt.timedelta(days=60)  # a refresh token lives 90 days; a shop nobody spoke to for 60 is refreshed anyway
BATCH = 50


def reachable() -> Q:
    """Select the shops whose stores accept us, for sweeps; REST shops always do."""
    return ~Q(platform="shopify") | Q(credential__broken_at=None, credential__access_token__gt="")


def token_for(shop: Shop) -> str:
    """Return a token that is good for the next minutes, refreshing it when it is about to end.

    No row is locked while the store is asked: a lease column lets one process ask and the others wait for its answer.
    Raises AccessLost when the store has refused us before; ConnectorError ``refreshing`` when another process takes too long.
    """
    found = _credential(shop)
    if found.expires_at is None or found.expires_at - timezone.now() > EARLY:
        return found.access_token
    return _refresh(shop, found.access_token)


def good_tokens(shop_ids: Collection[int]) -> dict[int, str]:
    """Return the tokens that are good for the next minutes, by shop, in one read; the others need ``token_for``."""
    rows = ShopCredential.objects.filter(shop__in=shop_ids, broken_at=None).exclude(access_token="")
    late = timezone.now() + EARLY
    try:
        return {row.shop_id: row.access_token for row in rows if row.expires_at is None or row.expires_at > late}
    except Unreadable:  # one of them: whoever asks for it alone is told
        return {}


def renew(shop: Shop, refused: str) -> str:
    """Return another token than the one the store has just refused. Raises AccessLost when there is none to be had."""
    found = _credential(shop)
    if found.access_token != refused:
        return found.access_token
    if not found.refresh_token:
        raise AccessLost(f"{shop.domain} no longer accepts our token; its owner must connect the store again.")
    return _refresh(shop, refused)


def _refresh(shop: Shop, old: str) -> str:
    give_up = time.monotonic() + PATIENCE
    while True:
        lease = timezone.now() + LEASE
        if _take_lease(shop, lease):
            found = _credential(shop)
            if found.access_token != old:  # somebody finished between our look and our lease
                _free_lease(shop, lease)
                return found.access_token
            return _ask_for_next(shop, found, lease)
        time.sleep(0.05)
        found = _credential(shop)
        if found.access_token != old:
            return found.access_token
        if time.monotonic() > give_up:
            raise ConnectorError(
                f"Another process is renewing the token of {shop.domain}.",
                retryable=True,
                code="refreshing",
                retry_after=2.0,
            )


def _ask_for_next(shop: Shop, found: ShopCredential, lease: dt.datetime) -> str:
    """Trade the refresh token; a crash from here on is mended by asking again, which Shopify allows until the new one is used."""
    try:
        grant = auth.refresh(shop.domain, found.refresh_token)
    except AccessLost as error:
        mark_broken(shop, error.message)
        raise
    except ConnectorError:
        _free_lease(shop, lease)
        if found.expires_at is not None and found.expires_at > timezone.now():
            return found.access_token  # the store is slow to answer; what we hold is still good
        raise
    store_grant(shop, grant)
    return grant.access_token


def _take_lease(shop: Shop, until: dt.datetime) -> bool:
    free = Q(refreshing_until=None) | Q(refreshing_until__lt=timezone.now())
    return bool(ShopCredential.objects.filter(free, shop=shop).update(refreshing_until=until))


def _free_lease(shop: Shop, until: dt.datetime) -> None:
    ShopCredential.objects.filter(shop=shop, refreshing_until=until).update(refreshing_until=None)


def _credential(shop: Shop) -> ShopCredential:
    found = ShopCredential.objects.filter(shop=shop).first()
    if found is None or not found.access_token:
        raise AccessLost(f"{shop.domain} is not connected; its owner must connect the store.")
    if found.broken_at is not None:
        raise AccessLost(f"{shop.domain} refused us ({found.broken_reason}); its owner must connect the store again.")
    return found


def store_grant(shop: Shop, grant: auth.Grant) -> None:
    """Keep what the token endpoint gave, the pair at once, and forget that the store ever refused us."""
    now = timezone.now()
    kept: dict[str, Any] = {
        "access_token": grant.access_token,
        "refresh_token": grant.refresh_token,
        "expires_at": now + dt.timedelta(seconds=grant.expires_in) if grant.expires_in else None,
        "refresh_expires_at": (
            now + dt.timedelta(seconds=grant.refresh_expires_in) if grant.refresh_expires_in else None
        ),
        "refreshing_until": None,
        "broken_at": None,
        "broken_reason": "",
    }
    if grant.scopes:
        kept["scopes"] = list(grant.scopes)
    ShopCredential.objects.update_or_create(shop=shop, defaults=kept)


def mark_broken(shop: Shop, reason: str) -> None:
    """Note that the store refuses us and tell its merchant once. *Again*: no change. Cleared by the next install."""
    with transaction.atomic():
        now = timezone.now()
        marked = ShopCredential.objects.filter(shop=shop, broken_at=None).update(
            broken_at=now, broken_reason=reason[:500], refreshing_until=None
        )
        if not marked:
            return
        give_notice(
            shop,
            kind="token_broken",
            key=f"token_broken:{now:%Y%m%d%H%M%S}",
            subject=f"{shop.name} is no longer connected",
            body="Your store refuses the network's access, so nothing is read from it and its shelf stands still. "
            f"Connect it again to go on. What the store said: {reason[:300]}",
            link="/connect/",
        )
    log.warning("store_refuses_us", shop=shop.domain)


def wipe(shop: Shop) -> None:
    """Forget the tokens of a store that took them back. *Again*: no change."""
    ShopCredential.objects.filter(shop=shop).update(
        access_token="", refresh_token="", expires_at=None, refresh_expires_at=None, refreshing_until=None, scopes=[]
    )


def refresh_quiet_tokens() -> int:
    """Refresh a batch of tokens that nobody used for long, so that quiet shops do not lapse; returns how many were tried.

    One store that does not answer keeps no other from its turn: it is tried again by the next run.
    """
    limit = timezone.now() + dt.timedelta(days=90) - QUIET
    due = Q(credential__refresh_expires_at__lt=limit, credential__broken_at=None) & ~Q(credential__refresh_token="")
    shops = list(Shop.everyone.filter(due, platform="shopify").exclude(status="left").order_by("pk")[:BATCH])
    done = 0
    for shop in shops:
        try:
            _refresh(shop, ShopCredential.objects.get(shop=shop).access_token)
            done += 1
        except ConnectorError as error:
            log.warning("token_refresh_failed", shop=shop.domain, code=error.code)
    return done
