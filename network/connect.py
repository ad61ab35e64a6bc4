"""Connecting shops: merchants join, stores are installed, shelves provisioned, requirements checked; going live, pausing, leaving."""

import datetime as dt
import hmac
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.utils import timezone

from network import tokens
from network.connectors.base import AccessLost, ConnectorError, RemoteShelf, RemoteShop, connector_for
from network.connectors.shopify import auth
from network.connectors.shopify.connector import read_new_store
from network.models import ApiKey, Leaving, Membership, Merchant, Shop, ShopCredential, SyncRun, TaxRegistration, User
from skuu.kit.errors import NotPossible
from skuu.kit.jobs import ring
from skuu.kit.states import move

STATE_SALT = "network.connect"
STATE_SECONDS = 600
SHOPS_A_STEP = 5  # a store may be slow, and a step must end before its worker is called stuck
Row = dict[str, Any]


class BadState(NotPossible):
    """The answer belongs to no connection that this person has just started."""

    code = "bad_state"


class Unmet(NotPossible):
    """The shop does not meet what going live needs; ``requirements`` says what and how to mend it."""

    code = "requirements_unmet"


# --- joining ----------------------------------------------------------------------------------------------------------
@transaction.atomic
def join_merchant(
    *,
    legal_name: str,
    country: str,
    username: str,
    password: str,
    email: str,
    name: str = "",
    kind: str = "retailer",
    currency: str = "EUR",
    address1: str = "",
    postcode: str = "",
    city: str = "",
    vat_ids: Sequence[str] = (),
    oss: bool = False,
) -> tuple[User, Merchant]:
    """Take a merchant into the network with an owner who may sign in; for staff and commands, who know whom they add.

    *Again*: the merchant of that legal name stays as it is, a new person becomes another owner, one who acts for it already
    gets the password given. Raises NotPossible when the user name belongs to somebody else.
    """
    facts = {"kind": kind, "country": country, "currency": currency, "email": email, "oss": oss}
    place = {"address1": address1, "postcode": postcode, "city": city}
    merchant, _ = Merchant.everyone.get_or_create(
        legal_name=legal_name, defaults={"name": name or legal_name, **facts, **place}
    )
    user = User.objects.filter(username=username).first()
    if user is not None and not Membership.everyone.filter(user=user, merchant=merchant).exists():
        raise NotPossible(f"The user name “{username}” belongs to somebody else.", code="name_taken")
    user = user or User(username=username, email=email)
    if not user.pk or not user.check_password(password):
        user.set_password(password)
        user.save()
    Membership.everyone.get_or_create(user=user, merchant=merchant, defaults={"role": "owner"})
    for vat_id in vat_ids:
        register_vat(merchant, vat_id)
    return user, merchant


def register_vat(merchant: Merchant, vat_id: str, *, valid_from: dt.date | None = None) -> TaxRegistration:
    """Note where a merchant is registered for VAT; the number's first letters name the country. *Again*: no change."""
    plain = "".join(vat_id.split()).upper()
    country = {"EL": "GR", "XI": "GB"}.get(plain[:2], plain[:2])
    registration, _ = TaxRegistration.everyone.get_or_create(
        merchant=merchant,
        vat_id=plain,
        defaults={"country": country, "valid_from": valid_from or timezone.localdate()},
    )
    return registration


@transaction.atomic
def open_api_shop(
    merchant: Merchant, *, domain: str, name: str, country: str, currency: str, by: str
) -> tuple[Shop, str]:
    """Open a shop that pushes by REST, in shadow mode; returns it with its first API key, which is shown only now.

    Raises NotPossible when the name is taken.
    """
    if Shop.everyone.filter(domain=domain).exists() or domain.endswith(".myshopify.com"):
        raise NotPossible(f"“{domain}” is taken; choose another name for this shop.", code="name_taken")
    shop = Shop(merchant=merchant, platform="api", domain=domain, name=name, country=country, currency=currency)
    shop.installed_at = timezone.now()
    shop.save()
    move(shop, "shadow", by=by, reason="opened for the API")
    return shop, ApiKey.issue(shop, "first key")[1]


# --- installing -------------------------------------------------------------------------------------------------------
def begin_install(merchant: Merchant, domain: str, by: str) -> tuple[str, str]:
    """Say where the browser must go to give consent, and the state that the way back must carry; keep it in the session.

    Raises BadDomain when the text is no Shopify store, NotPossible when the store belongs to another merchant.
    """
    domain = auth.store_domain(domain)
    _refuse_strangers(merchant, domain)
    state = signing.dumps([merchant.pk, domain, secrets.token_urlsafe(16)], salt=STATE_SALT)
    return auth.authorise_url(domain, state), state


def complete_install(merchant: Merchant, params: Mapping[str, str], *, state: str, by: str) -> Shop:
    """Finish an install with the parameters of the way back: trade the code, learn the store, keep its tokens.

    A new shop starts in shadow mode; one that had left comes back into it; any other keeps its status and gets fresh tokens.
    Its shelf, subscriptions and first read follow by sweep. No transaction is open while the store is asked.
    Raises BadState, BadCallback, NotPossible, ConnectorError; then nothing is changed.
    """
    domain = auth.check_callback(params, now=time.time())
    _check_state(merchant, domain, params.get("state", ""), state)
    _refuse_strangers(merchant, domain)
    grant = auth.exchange_code(domain, params.get("code", ""))
    remote = read_new_store(domain, grant.access_token)
    with transaction.atomic():
        shop = _keep_shop(merchant, domain, remote, by)
        tokens.store_grant(shop, grant)
        from network.tasks import settle_shops

        ring(settle_shops)
    return shop


def _check_state(merchant: Merchant, domain: str, given: str, expected: str) -> None:
    if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
        raise BadState("This connection was started elsewhere; start it again here.")
    try:
        owner, asked, _ = signing.loads(given, salt=STATE_SALT, max_age=STATE_SECONDS)
    except (signing.BadSignature, ValueError):
        raise BadState("This connection was started too long ago; start it again.") from None
    if (owner, asked) != (merchant.pk, domain):
        raise BadState("This connection was started for another store; start it again.")


def _refuse_strangers(merchant: Merchant, domain: str) -> None:
    if Shop.everyone.filter(domain=domain).exclude(merchant=merchant).exists():
        raise NotPossible(
            "This store is already connected by another merchant; write to the network's staff.", code="store_taken"
        )


def _keep_shop(merchant: Merchant, domain: str, remote: RemoteShop, by: str) -> Shop:
    facts = _facts(remote, merchant)
    shop = Shop.everyone.select_for_update().filter(domain=domain).first()
    if shop is None:
        try:
            with transaction.atomic():
                shop = Shop.everyone.create(merchant=merchant, domain=domain, platform="shopify", **facts)
        except IntegrityError:  # two browsers at once; the first one made it
            shop = Shop.everyone.select_for_update().get(domain=domain)
    _refuse_strangers(merchant, domain)
    for name, value in (facts | {"installed_at": timezone.now()}).items():
        setattr(shop, name, value)
    shop.save(update_fields=[*facts, "installed_at"])
    if shop.status == "left":
        move(shop, "installing", by=by, reason="connected again")
    if shop.status == "installing":
        move(shop, "shadow", by=by, reason="connected")
    return shop


def _facts(remote: RemoteShop, merchant: Merchant) -> Row:
    return {
        "name": remote.name[:120],
        "country": remote.country or merchant.country,
        "currency": remote.currency,
        "address1": remote.address1[:200],
        "postcode": remote.postcode[:12],
        "city": remote.city[:100],
        "taxes_included": remote.taxes_included,
    }


def refresh_facts(shop: Shop) -> None:
    """Read the store's name, address and currency again. *Again*: no change."""
    facts = _facts(connector_for(shop).read_shop(), shop.merchant)
    Shop.everyone.filter(pk=shop.pk).update(**facts)


# --- provisioning -----------------------------------------------------------------------------------------------------
def provision_shop(shop: Shop) -> list[Row]:
    """Give a shop its shelf, its subscriptions, its checklist and its first read; returns the checklist. *Again*: no change."""
    request_first_read(shop)  # first: a shop that was checked is not provisioned again by the sweep
    return check_shop(shop)


def provision_shelf(shop: Shop) -> RemoteShelf:
    """Find the shop's shelf, open it only when there is none, and keep its ids. *Again*: the same shelf."""
    connector = connector_for(shop)
    shelf = connector.find_shelf() or connector.create_shelf()
    kept = {"shelf_service_id": shelf.service_id, "shelf_location_id": shelf.location_id}
    Shop.everyone.filter(pk=shop.pk).exclude(**kept).update(**kept)
    shop.shelf_service_id, shop.shelf_location_id = shelf.service_id, shelf.location_id
    return shelf


def request_first_read(shop: Shop) -> SyncRun | None:
    """Ask for the first read of everything; the catalogue's sweep takes it up. *Again*: the one there was; None for REST shops."""
    if shop.platform == "api":
        return None
    present = SyncRun.everyone.filter(shop=shop, kind="first").exclude(status="failed").order_by("pk").first()
    if present is not None:
        return present
    try:
        with transaction.atomic():
            return SyncRun.everyone.create(shop=shop, kind="first")
    except IntegrityError:  # another larger read is under way; it will be asked for again
        return None


def settle_unsettled() -> int:
    """Provision the shops that are installed and not yet checked; returns how many were tried. *Again*: none."""
    waiting = Shop.everyone.filter(tokens.reachable(), checked_at=None).exclude(status__in=["installing", "left"])
    shops = list(waiting.select_related("merchant").order_by("pk")[:SHOPS_A_STEP])
    return sum(_tried(provision_shop, shop) for shop in shops)


def recheck_shops(older_than: dt.timedelta = dt.timedelta(hours=1)) -> int:
    """Check a batch of shops whose last check is old, which mends a lost shelf or subscription; returns how many."""
    old = Shop.everyone.filter(tokens.reachable(), checked_at__lt=timezone.now() - older_than)
    shops = list(
        old.exclude(status__in=["installing", "left"]).select_related("merchant").order_by("checked_at")[:SHOPS_A_STEP]
    )
    return sum(_tried(check_shop, shop) for shop in shops)


def _tried(step: Any, shop: Shop) -> int:
    """Run one shop's step; what its store refuses stands in its checklist and keeps no other shop waiting."""
    try:
        step(shop)
    except ConnectorError:
        return 0
    return 1


# --- checking ---------------------------------------------------------------------------------------------------------
def check_shop(shop: Shop) -> list[Row]:
    """Look whether a shop has what it needs, mend what we can ourselves, and keep the list: key, ok, title, fix, blocks.

    A store that cannot be reached or refuses us is a row of the list, not an error.
    """
    rows = [_reach_row("")]
    if shop.platform != "api":
        try:
            shelf = provision_shelf(shop)
            connector = connector_for(shop)
            connector.subscribe(f"{settings.BASE_URL}/webhooks/{shop.platform}/")
            rows += connector.check_store(shelf)
        except AccessLost as error:
            rows = [_reach_row(f"Connect the store again: press “Connect” and agree. ({error.message})")]
        except ConnectorError as error:
            rows = [_reach_row(f"Try again in a few minutes. ({error.message})")]
    shop.checklist, shop.checked_at = rows, timezone.now()
    Shop.everyone.filter(pk=shop.pk).update(checklist=rows, checked_at=shop.checked_at)
    return rows


def _reach_row(fix: str) -> Row:
    return {"key": "access", "ok": not fix, "title": "The network reaches your store", "fix": fix, "blocks": True}


# --- taking part ------------------------------------------------------------------------------------------------------
def go_live(shop: Shop, by: str) -> None:
    """Let a shop sell and ship for real. *Again*: no change. Raises Unmet when a requirement stands open."""
    if shop.status == "live":
        return
    _refuse_unmet(check_shop(shop))
    move(shop, "live", by=by)


def _refuse_unmet(rows: list[Row]) -> None:
    unmet = [row for row in rows if not row["ok"] and row.get("blocks", True)]
    if unmet:
        names = "; ".join(row["title"] for row in unmet)
        raise Unmet(
            f"Before going live, this must be so: {names}.",
            requirements=[{name: row[name] for name in ("key", "title", "fix")} for row in unmet],
        )


def pause_shop(shop: Shop, by: str, reason: str = "") -> None:
    """Take a shop out for a while: its shelf goes to zero, its stock is offered no more, open orders are finished. *Again*: no change."""
    move(shop, "paused", by=by, reason=reason)


def resume_shop(shop: Shop, by: str) -> None:
    """Let a paused shop go on where it was; one that was leaving stays. *Again*: no change.

    Raises Unmet when it was live and no longer may be.
    """
    if shop.status != "paused":
        return
    before = shop.changes.filter(to_status="paused").order_by("-pk").values_list("from_status", flat=True).first()
    if before == "live":
        _refuse_unmet(check_shop(shop))
    with transaction.atomic():
        move(shop, "live" if before == "live" else "shadow", by=by, reason="resumed")
        # left standing, it would let the shop go the next time it pauses
        Leaving.everyone.filter(shop=shop, ended_at=None).update(ended_at=timezone.now(), ended_by=by)


def leave_network(shop: Shop, by: str, reason: str = "") -> None:
    """Let a shop go. Its shelf must show zero and its tokens still work when this is asked for; what is owed stays owed.

    *Again*: no change.
    """
    move(shop, "left", by=by, reason=reason)


def note_uninstalled(shop: Shop, *, since: dt.datetime | None) -> bool:
    """Let a shop go whose owner removed the app, once its store confirms that by refusing us; forgets its tokens.

    A late message of a store that has been connected again since is ignored; returns whether the shop left.
    """
    if since is not None and shop.installed_at is not None and since < shop.installed_at:
        return False
    try:
        connector_for(shop).read_shop()
    except AccessLost:
        pass
    else:
        return False
    if shop.status != "left":
        leave_network(shop, by="shopify", reason="the app was removed from the store")
    tokens.wipe(shop)
    return True


def note_scopes(shop: Shop, scopes: Sequence[str]) -> None:
    """Keep which scopes a store grants now and look at once whether they are enough. *Again*: no change."""
    ShopCredential.objects.filter(shop=shop).update(scopes=list(scopes))
    check_shop(shop)
