"""Shopify's OAuth and signatures: authorise, exchange, refresh, and tell true messages from forged ones."""

import hashlib
import hmac
import os
import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from shopify.utils.shop_url import sanitize_shop_domain

from network.connectors.base import AccessLost, ConnectorError
from skuu.kit.errors import NotPossible

API_VERSION = "2026-10"
TIMEOUTS = (3.0, 15.0)
DOMAIN = re.compile(r"\A[a-z0-9][a-z0-9-]{0,60}\.myshopify\.com\Z")
REQUIRED_SCOPES = (
    "read_products",
    "read_inventory",
    "write_inventory",
    "read_locations",
    "read_orders",
    "write_orders",
    "read_fulfillments",
    "write_fulfillments",
    "read_assigned_fulfillment_orders",
    "write_assigned_fulfillment_orders",
    "read_merchant_managed_fulfillment_orders",
    "write_merchant_managed_fulfillment_orders",
    "read_third_party_fulfillment_orders",
    "write_third_party_fulfillment_orders",
    "read_returns",
    "write_returns",
    "read_shipping",
)
OPTIONAL_SCOPES = ("write_shipping",)  # lets us put the shelf among the locations that have shipping rates
CALLBACK_AGE = 600  # seconds a signed callback stays good


class BadDomain(NotPossible):
    """The text is no store address of Shopify's."""

    code = "bad_domain"


class BadCallback(NotPossible):
    """The way back from Shopify's consent page is not the one we opened, or was tampered with."""

    code = "bad_callback"


@dataclass(frozen=True)
class Grant:
    """What the token endpoint hands out; times are seconds from now."""

    access_token: str
    refresh_token: str
    expires_in: int | None
    refresh_expires_in: int | None
    scopes: tuple[str, ...]


def store_domain(text: str) -> str:
    """Read a store address as merchants write it ("atelier", "https://atelier.myshopify.com") into its one canonical form.

    Raises BadDomain for everything else, so that no other host is ever spoken to.
    """
    if len(text) > 200 or any(character.isspace() or not character.isprintable() for character in text.strip(" ")):
        raise BadDomain("Write the store's address like your-store.myshopify.com.")
    domain = sanitize_shop_domain(text.strip(" ").removesuffix("/")) or ""
    if not DOMAIN.match(domain):
        raise BadDomain("Write the store's address like your-store.myshopify.com.")
    return domain


def address(domain: str, path: str) -> tuple[str, dict[str, str]]:
    """Say where a store's path is and which headers choose the store: Shopify itself, or the stand-in where one is set."""
    if not DOMAIN.match(domain):
        raise BadDomain(f"“{domain}” is not a Shopify store.")
    if settings.SHOPIFY_STANDIN_URL:
        return f"{settings.SHOPIFY_STANDIN_URL}{path}", {"Host": domain}
    return f"https://{domain}{path}", {}


def new_session() -> requests.Session:
    """Open a session that follows no proxy of the environment when it speaks to the stand-in on this machine."""
    session = requests.Session()
    session.trust_env = not settings.SHOPIFY_STANDIN_URL
    return session


_lines: dict[int, HTTPAdapter] = {}


def keep_alive_session() -> requests.Session:
    """Open a session on connections that this process keeps open to many stores; its cookies are its own.

    For calls that may be repeated blindly: a kept connection may turn out to be closed when it is used.
    """
    session = new_session()
    own = os.getpid()  # a connection must not be shared with a process that was forked off
    if own not in _lines:
        _lines.clear()
        _lines[own] = HTTPAdapter(pool_connections=256, pool_maxsize=16)
    session.mount("https://", _lines[own])
    session.mount("http://", _lines[own])
    return session


def authorise_url(domain: str, state: str) -> str:
    """Build the address of the consent page; the stand-in has one address for all stores, so the store is said again."""
    where, headers = address(domain, "/admin/oauth/authorize")
    asked = {
        "client_id": settings.SHOPIFY_CLIENT_ID,
        "scope": ",".join((*REQUIRED_SCOPES, *OPTIONAL_SCOPES)),
        "redirect_uri": f"{settings.BASE_URL}/connect/shopify/callback/",
        "state": state,
    }
    return f"{where}?{urlencode(asked | ({'shop': domain} if headers else {}))}"


def check_callback(params: Mapping[str, str], *, now: float) -> str:
    """Return the store's domain when Shopify itself sent these parameters within the last ten minutes.

    Raises BadCallback otherwise. The state is the caller's to compare.
    """
    given = str(params.get("hmac", "")).encode("utf-8", "replace")
    signed = "&".join(
        sorted(_escaped(name, value) for name, value in params.items() if name not in ("hmac", "signature"))
    )
    if not any(hmac.compare_digest(_hex_digest(secret, signed.encode()), given) for secret in secrets_in_use()):
        raise BadCallback("Shopify did not sign this answer; start the connection again.")
    try:
        age = now - int(params.get("timestamp", ""))
    except ValueError:
        raise BadCallback("This answer carries no time; start the connection again.") from None
    if not -60 <= age <= CALLBACK_AGE:
        raise BadCallback("This answer is too old; start the connection again.")
    domain = params.get("shop", "")
    if not DOMAIN.match(domain):
        raise BadCallback("This answer names no Shopify store.")
    return domain


def _escaped(name: str, value: str) -> str:
    value = value.replace("%", "%25").replace("&", "%26")
    return f"{name.replace('%', '%25').replace('&', '%26').replace('=', '%3D')}={value}"


def _hex_digest(secret: str, message: bytes) -> bytes:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest().encode()


def secrets_in_use() -> tuple[str, ...]:
    """List the client secrets that may still sign: the current one, and the old one while it is being rotated."""
    return tuple(one for one in (settings.SHOPIFY_CLIENT_SECRET, settings.SHOPIFY_OLD_CLIENT_SECRET) if one)


def is_signed(body: bytes, signature: str) -> bool:
    """Say whether Shopify signed these very bytes; compares in constant time and reads nothing from the body."""
    try:
        given = b64decode(signature.encode("ascii"), validate=True)
    except (NotBase64, ValueError):
        return False
    matches = [
        hmac.compare_digest(hmac.new(one.encode(), body, hashlib.sha256).digest(), given) for one in secrets_in_use()
    ]
    return any(matches)


def exchange_code(domain: str, code: str) -> Grant:
    """Trade the one-time code of a callback for expiring tokens. Raises ConnectorError, never blindly repeatable."""
    return _token(domain, {"code": code, "expiring": "1"})


def exchange_id_token(domain: str, id_token: str) -> Grant:
    """Trade the session token of the embedded app for expiring offline tokens."""
    prefix = "urn:ietf:params:oauth:"
    asked = {
        "grant_type": f"{prefix}grant-type:token-exchange",
        "subject_token": id_token,
        "subject_token_type": f"{prefix}token-type:id_token",
        "requested_token_type": "urn:shopify:params:oauth:token-type:offline-access-token",
        "expiring": "1",
    }
    return _token(domain, asked)


def refresh(domain: str, refresh_token: str) -> Grant:
    """Trade a refresh token for the next pair; the old one stays good until the new one is first used.

    Raises AccessLost when Shopify no longer knows it.
    """
    return _token(domain, {"grant_type": "refresh_token", "refresh_token": refresh_token})


def _token(domain: str, asked: dict[str, str]) -> Grant:
    where, headers = address(domain, "/admin/oauth/access_token")
    secrets = {"client_id": settings.SHOPIFY_CLIENT_ID, "client_secret": settings.SHOPIFY_CLIENT_SECRET}
    try:
        with new_session() as session:
            answer = session.post(
                where,
                data=secrets | asked,
                headers=headers | {"Accept": "application/json"},
                timeout=TIMEOUTS,
                allow_redirects=False,
            )
    except requests.RequestException as error:
        message = f"{domain} did not answer the token request ({type(error).__name__})."
        raise ConnectorError(message, retryable=True, code="unreachable") from None
    return _grant(domain, answer)


def _grant(domain: str, answer: requests.Response) -> Grant:
    if answer.status_code in (400, 401, 403):
        raise AccessLost(f"{domain} refused to hand out a token (HTTP {answer.status_code}); connect the store again.")
    if answer.status_code != 200:
        raise ConnectorError(
            f"The token endpoint of {domain} answered HTTP {answer.status_code}.",
            retryable=answer.status_code == 429 or answer.status_code >= 500,
            code="token_endpoint",
        )
    try:
        given: dict[str, Any] = answer.json()
        return Grant(
            access_token=str(given["access_token"]),
            refresh_token=str(given.get("refresh_token") or ""),
            expires_in=int(given["expires_in"]) if given.get("expires_in") else None,
            refresh_expires_in=int(given["refresh_token_expires_in"])
            if given.get("refresh_token_expires_in")
            else None,
            scopes=tuple(one for one in str(given.get("scope") or "").split(",") if one),
        )
    except (ValueError, KeyError, TypeError):
        message = f"The token endpoint of {domain} answered something that is no token."
        raise ConnectorError(message, retryable=True, code="token_endpoint") from None
