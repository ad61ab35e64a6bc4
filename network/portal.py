"""The merchant's pages about itself: shops and their connection, the team, API keys."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from network import connect, keys, team
from network.acting import EVERYBODY, OWNERS, MerchantRequest, merchant_page, switch_merchant
from network.forms import InviteForm, KeyForm
from network.models import ApiKey, Leaving, Membership, Shop, SyncRun
from network.scoping import as_network
from skuu.kit.errors import NotFound, SkuuError


@require_POST
@merchant_page(change=EVERYBODY)
def switch(request: MerchantRequest) -> HttpResponseBase:
    """Act for another merchant of mine."""
    chosen = request.POST.get("merchant", "")
    if not chosen.isdecimal():
        raise NotFound("There is no such merchant.")
    switch_merchant(request, int(chosen))
    return redirect("portal:dashboard")


# --- shops ------------------------------------------------------------------------------------------------------------
@merchant_page()
def shops(request: MerchantRequest) -> HttpResponseBase:
    """List the shops with their state; a form connects another one."""
    return render(request, "portal/network/shops.html", {"section": "shops", "left": _left(request)})


def _left(request: MerchantRequest) -> list[Shop]:
    return list(Shop.objects.for_merchant(request.acting.merchant).filter(status="left").order_by("name"))


@merchant_page()
def shop(request: MerchantRequest, pk: int) -> HttpResponseBase:
    """Show one shop's way into the network: its checklist, the first read, and the step that comes next."""
    facts = {"section": "shops", **_readiness(request.acting.shop(pk))}
    return render(request, "portal/network/shop.html", facts)


@merchant_page()
def shop_progress(request: MerchantRequest, pk: int) -> HttpResponseBase:
    """Answer the part of the shop's page that changes while the network works on it."""
    return render(request, "portal/network/_readiness.html", _readiness(request.acting.shop(pk)))


def _readiness(shop: Shop) -> dict[str, Any]:
    runs = SyncRun.objects.for_shop(shop)
    first = runs.filter(kind="first").order_by("-pk").first()
    blocking = [row for row in shop.checklist if not row["ok"] and row.get("blocks", True)]
    return {
        "shop": shop,
        "first": first,
        "latest": runs.filter(status="done").order_by("-finished_at").first(),
        "reading": first is not None and first.status in ("waiting", "reading"),
        "working": shop.status != "left" and (shop.checked_at is None or bool(first and first.finished_at is None)),
        "blocking": blocking,
        "leaving": Leaving.objects.for_shop(shop).filter(ended_at=None).exists(),
        "found": _found(first),
        "history": shop.changes.order_by("-pk")[:8],
    }


def _found(first: SyncRun | None) -> list[tuple[str, int]]:
    """Name what the first read found; counts of how it went are the network's own."""
    counts = first.counts if first else {}
    words = {
        "products": _("Products"),
        "products_read": _("Products"),
        "variants": _("Sizes"),
        "levels_read": _("Stock figures"),
    }
    found = {words[name]: value for name, value in counts.items() if name in words and isinstance(value, int)}
    if errors := counts.get("errors"):
        found[_("Could not be read")] = len(errors) if isinstance(errors, list) else int(errors)
    return list(found.items())


@require_POST
@merchant_page()
def shop_step(request: MerchantRequest, pk: int, step: str) -> HttpResponseBase:
    """Take one step with a shop: check it, let it go live, pause or resume it."""
    acting, shop = request.acting, request.acting.shop(pk)
    steps: dict[str, tuple[Callable[[], Any], str]] = {
        "check": (lambda: connect.check_shop(shop), _("%(name)s was checked.")),
        "live": (
            lambda: connect.go_live(shop, by=acting.by),
            _("%(name)s is live: partners’ stock moves onto its shelf."),
        ),
        "pause": (
            lambda: connect.pause_shop(
                shop, by=acting.by, reason=request.POST.get("reason", "").replace("\x00", "")[:200]
            ),
            _("%(name)s is paused: its shelf empties and its stock is offered no more. Open orders go on."),
        ),
        "resume": (lambda: connect.resume_shop(shop, by=acting.by), _("%(name)s goes on where it was.")),
    }
    if step not in steps:
        raise NotFound("There is no such step.")
    take, said = steps[step]
    with as_network():
        take()
    messages.success(request, said % {"name": shop.name})
    return redirect("portal:shop", pk=shop.pk)


# --- team -------------------------------------------------------------------------------------------------------------
@merchant_page(change=OWNERS)
def team_page(request: MerchantRequest) -> HttpResponseBase:
    """List the people who act for the merchant; an owner invites another one."""
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with as_network():
                member = team.invite_member(request.acting.merchant, **form.cleaned_data, by=request.acting.by)
        except SkuuError as error:
            form.add_error(None, error.message)
        else:
            said = _("%(email)s is in the team and gets an e-mail with the way in.")
            messages.success(request, said % {"email": member.user.email})
            return redirect("portal:team")
    rows = Membership.objects.for_merchant(request.acting.merchant).select_related("user")
    facts = {"section": "team", "members": rows.order_by("user__username"), "form": form, "roles": Membership.ROLES}
    return render(request, "portal/network/team.html", facts, status=422 if form.errors else 200)


@require_POST
@merchant_page(change=OWNERS)
def member_role(request: MerchantRequest, pk: int) -> HttpResponseBase:
    """Give a member another role."""
    with as_network():
        member = team.change_role(request.acting.merchant, pk, request.POST.get("role", ""))
    said = _("%(name)s now has the role “%(role)s”.")
    messages.success(request, said % {"name": member.user.get_username(), "role": member.get_role_display()})
    return redirect("portal:team")


@require_POST
@merchant_page(change=OWNERS)
def member_remove(request: MerchantRequest, pk: int) -> HttpResponseBase:
    """Take a member out of the team."""
    with as_network():
        member = team.remove_member(request.acting.merchant, pk)
    messages.success(request, _("%(name)s can no longer act for this merchant.") % {"name": member.user.get_username()})
    return redirect("portal:team")


# --- API keys ---------------------------------------------------------------------------------------------------------
@merchant_page(see=OWNERS, change=OWNERS)
def keys_page(request: MerchantRequest) -> HttpResponseBase:
    """List the API keys; make a new one, whose text is shown in this answer and never again."""
    form = KeyForm(request.POST or None, shops=request.acting.shops)
    fresh: tuple[ApiKey, str] | None = None
    if request.method == "POST" and form.is_valid():
        shop = request.acting.shop(form.cleaned_data["shop"])
        try:
            with as_network():
                fresh = keys.issue_key(shop, form.cleaned_data["name"])
            form = KeyForm(shops=request.acting.shops)
        except SkuuError as error:
            form.add_error(None, error.message)
    rows = ApiKey.objects.for_merchant(request.acting.merchant).select_related("shop")
    facts = {"section": "keys", "keys": rows.order_by("revoked_at", "-created_at"), "form": form, "fresh": fresh}
    return render(request, "portal/network/keys.html", facts, status=422 if form.errors else 200)


@require_POST
@merchant_page(see=OWNERS, change=OWNERS)
def key_revoke(request: MerchantRequest, pk: int) -> HttpResponseBase:
    """Revoke a key for good."""
    key = ApiKey.objects.for_merchant(request.acting.merchant).filter(pk=pk).first()
    if key is None:
        raise NotFound("There is no such key.")
    with as_network():
        keys.revoke_key(key)
    messages.success(request, _("The key “%(name)s” is refused from now on.") % {"name": key.name})
    return redirect("portal:keys")
