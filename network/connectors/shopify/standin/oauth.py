"""How an app gets in: consent page, signed callback, codes, token exchange, expiring tokens and their refresh."""

import base64
import hashlib
import hmac
import html
import json
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from network.connectors.shopify.standin.registry import Grant
from network.connectors.shopify.standin.state import Node, Store

if TYPE_CHECKING:
    from network.connectors.shopify.standin.answering import Response
    from network.connectors.shopify.standin.core import StandIn

TOKEN_SECONDS = 3600
REFRESH_SECONDS = 90 * 86400
RETRY_SECONDS = 30 * 86400
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Install app</title></head><body>
<h1>Install app</h1><p>{shop} lets {client} use: {scopes}</p>
<form method="get" action="/admin/oauth/authorize">{fields}<button name="approve" value="1">Install</button></form></body></html>"""


def sign(secret: str, parameters: dict[str, str]) -> str:
    """Sign the parameters of a callback as Shopify does: sorted, joined, SHA-256, hexadecimal."""
    message = "&".join(f"{name}={value}" for name, value in sorted(parameters.items()) if name != "hmac")
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()


def authorize(standin: "StandIn", store: Store, asked: dict[str, str]) -> "Response":
    """Show the consent page, or, once approved, send the browser back with a code."""
    if asked.get("client_id") != standin.client_id or not asked.get("redirect_uri"):
        return 400, {"content-type": "text/plain"}, b"Oauth error invalid_request: unknown client_id or no redirect_uri"
    if asked.get("approve") != "1":
        fields = "".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
            for name, value in asked.items()
        )
        page = PAGE.format(
            shop=store.domain,
            client=html.escape(standin.client_id),
            scopes=html.escape(asked.get("scope", "")),
            fields=fields,
        )
        return 200, {"content-type": "text/html; charset=utf-8"}, page.encode()
    code = secrets.token_hex(16)
    with store.writing():
        store.record("code", code, {"scopes": scopes_of(asked.get("scope", "")), "until": standin.clock.now() + 600})
    admin = f"admin.shopify.com/store/{store.domain.partition('.')[0]}"
    back = {
        "code": code, "shop": store.domain, "state": asked.get("state", ""), "timestamp": str(int(standin.clock.now())),
        "host": base64.b64encode(admin.encode()).decode().rstrip("="),
    }  # fmt: skip
    back["hmac"] = sign(standin.client_secret, back)
    joint = "&" if "?" in asked["redirect_uri"] else "?"
    return 302, {"location": f"{asked['redirect_uri']}{joint}{urlencode(back)}", "content-length": "0"}, b""


def access_token(standin: "StandIn", store: Store, kind: str, body: bytes) -> "Response":
    """Give tokens for a code, an ID token or a refresh token."""
    try:
        form: dict[str, Any] = json.loads(body) if "json" in kind else dict(parse_qsl(body.decode()))
    except ValueError:
        return standin.json(400, {"error": "invalid_request"})
    if form.get("client_id") != standin.client_id or not hmac.compare_digest(
        str(form.get("client_secret", "")), standin.client_secret
    ):
        return standin.json(401, {"error": "invalid_client", "error_description": "Unknown client or wrong secret"})
    grant = form.get("grant_type") or "code"
    expiring = str(form.get("expiring", "0")) in {"1", "true", "True"}
    with store.writing():
        if grant == "refresh_token":
            answer = _refresh(standin, store, str(form.get("refresh_token", "")))
        elif grant == EXCHANGE:
            answer = _exchange(standin, store, str(form.get("subject_token", "")), expiring=expiring)
        else:
            answer = _redeem(standin, store, str(form.get("code", "")), expiring=expiring)
    return standin.json(200 if "access_token" in answer else 400, answer)


def id_token(standin: "StandIn", store: Store) -> str:
    """Make the ID token that the embedded app's page would hand over."""
    now = int(standin.clock.now())
    claims = {
        "iss": f"https://{store.domain}/admin", "dest": f"https://{store.domain}", "aud": standin.client_id, "sub": "1", "exp": now + 60,
        "nbf": now, "iat": now, "jti": secrets.token_hex(8), "sid": secrets.token_hex(8),
    }  # fmt: skip
    signed = f"{_packed({'alg': 'HS256', 'typ': 'JWT'})}.{_packed(claims)}"
    return f"{signed}.{_seal(standin.client_secret, signed)}"


def grant_for(store: Store, token: str, now: float) -> tuple[Grant | None, Node]:
    """Find who holds a token, or nobody; the second part is what the store knows of the token."""
    known = store.records["token"].get(token)
    if known is None or (known["until"] is not None and known["until"] < now):
        return None, {}
    return Grant(known["client"], frozenset(known["scopes"]), known["kind"]), known


def scopes_of(text: str) -> list[str]:
    """Read a list of scopes, separated by commas or blanks."""
    return sorted({scope for scope in text.replace(",", " ").split() if scope})


def issue(standin: "StandIn", store: Store, scopes: list[str], *, expiring: bool) -> Node:
    """Give the app a token for a store; inside ``writing``."""
    token, now = f"shpat_{secrets.token_hex(16)}", standin.clock.now()
    until = now + TOKEN_SECONDS if expiring else None
    store.record("token", token, {"client": standin.client_id, "scopes": scopes, "until": until, "kind": "app"})
    store.record("install", standin.client_id, {"scopes": scopes})
    answer: Node = {"access_token": token, "scope": ",".join(scopes)}
    if expiring:
        refresh = f"shprt_{secrets.token_hex(16)}"
        store.record(
            "refresh", refresh, {"scopes": scopes, "until": now + REFRESH_SECONDS, "next": None, "first": None}
        )
        answer |= {"expires_in": TOKEN_SECONDS, "refresh_token": refresh, "refresh_token_expires_in": REFRESH_SECONDS}
    return answer


def _redeem(standin: "StandIn", store: Store, code: str, *, expiring: bool) -> Node:
    known = store.records["code"].get(code)
    if known is None or known["until"] < standin.clock.now():
        return {
            "error": "invalid_request",
            "error_description": "The authorization code was not found or was already used",
        }
    store.record("code", code, None)
    return issue(standin, store, known["scopes"] or _installed(standin, store), expiring=expiring)


def _exchange(standin: "StandIn", store: Store, token: str, *, expiring: bool) -> Node:
    signed, _, seal = token.rpartition(".")
    if not signed or not hmac.compare_digest(_seal(standin.client_secret, signed), seal):
        return {"error": "invalid_subject_token"}
    claims = json.loads(_unpacked(signed.partition(".")[2]))
    if claims["dest"] != f"https://{store.domain}" or claims["exp"] < standin.clock.now():
        return {"error": "invalid_subject_token"}
    return issue(standin, store, _installed(standin, store), expiring=expiring)


def _refresh(standin: "StandIn", store: Store, token: str) -> Node:
    """Swap a refresh token; the old one may be retried until its replacement is used, 30 days at most."""
    known, now = store.records["refresh"].get(token), standin.clock.now()
    if known is None or known["until"] < now:
        return {"error": "invalid_grant", "error_description": "The refresh token is unknown, used up or expired"}
    for older, row in list(store.records["refresh"].items()):
        if row["next"] == token:
            store.record("refresh", older, None)
    if known["next"]:  # a retry: what the lost answer gave is taken back
        store.record("refresh", known["next"], None)
    answer = issue(standin, store, known["scopes"], expiring=True)
    first = known["first"] or now
    until = min(known["until"], first + RETRY_SECONDS)
    store.record("refresh", token, {**known, "next": answer["refresh_token"], "first": first, "until": until})
    return answer


def _installed(standin: "StandIn", store: Store) -> list[str]:
    return list((store.records["install"].get(standin.client_id) or {"scopes": standin.managed_scopes})["scopes"])


def _packed(value: Node) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _unpacked(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _seal(secret: str, signed: str) -> str:
    return (
        base64.urlsafe_b64encode(hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest())
        .decode()
        .rstrip("=")
    )
