"""Who is acting: which merchant a signed-in person works for in this request, in which role, and what that role may do."""

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers
from django_htmx.http import HttpResponseClientRedirect

from network.models import Membership, Merchant, Shop
from network.scoping import Unscoped, acting_for
from skuu.kit.errors import NotAllowed, NotFound, SkuuError

EVERYBODY = ("owner", "operations", "finance", "readonly")
OPERATORS = ("owner", "operations")
BOOKKEEPERS = ("owner", "finance")
SEES_MONEY = ("owner", "finance", "readonly")
OWNERS = ("owner",)
SAFE = ("GET", "HEAD", "OPTIONS")
SESSION_KEY = "acting_merchant"


@dataclass
class Acting:
    """One person at work for one merchant; lives as long as the request."""

    user: Any
    merchant: Merchant
    role: str
    memberships: list[Membership]

    @functools.cached_property
    def shops(self) -> list[Shop]:
        """The merchant's shops that have not left, by name."""
        return list(Shop.objects.for_merchant(self.merchant).exclude(status="left").order_by("name", "pk"))

    def shop(self, pk: Any) -> Shop:
        """Find one of the merchant's own shops. Raises NotFound for anybody else's."""
        for shop in self.shops:
            if str(shop.pk) == str(pk):
                return shop
        raise NotFound("There is no such shop.")

    def chosen_shops(self, pk: str | None) -> list[Shop]:
        """Read a page's shop filter: all shops when it is empty."""
        return [self.shop(pk)] if pk else self.shops

    @property
    def role_name(self) -> str:
        return Membership.ROLES[self.role]

    @property
    def by(self) -> str:
        """The name written beside what this person decides."""
        return str(self.user.get_username())

    @property
    def may_operate(self) -> bool:
        return self.role in OPERATORS

    @property
    def may_see_money(self) -> bool:
        return self.role in SEES_MONEY

    @property
    def may_own(self) -> bool:
        return self.role in OWNERS


class MerchantRequest(HttpRequest):
    """A request whose person, merchant and role are known."""

    acting: Acting
    htmx: Any


View = Callable[..., HttpResponseBase]


def merchant_page(*, see: Iterable[str] = EVERYBODY, change: Iterable[str] = OPERATORS) -> Callable[[View], View]:
    """Make a view a page of the merchant portal: signed in, acting for one merchant, in a role that may do this.

    ``see`` are the roles that may read it, ``change`` those that may send a form to it. Inside, every tenant query must be
    scoped. A stranger's thing is a 404; any other refusal of a verb is told on the page the person came from.
    """

    def page_of(view: View) -> View:
        @functools.wraps(view)
        def page(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _to_login(request)
            with acting_for(None):
                request.acting = _acting_of(request)
                if request.acting is None:
                    return render(request, "portal/network/nobody.html", status=403)
            if request.acting.role not in (see if request.method in SAFE else change):
                raise PermissionDenied(f"Your role here is “{request.acting.role_name}”; it cannot do this.")
            with acting_for(request.acting.merchant):
                response = _answer(view, request, *args, **kwargs)
            add_never_cache_headers(response)
            return response

        return page

    return page_of


def _answer(view: View, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
    try:
        return view(request, *args, **kwargs)
    except NotFound as error:
        raise Http404(error.message) from None
    except NotAllowed as error:
        raise PermissionDenied(error.message) from None
    except Unscoped:
        raise
    except SkuuError as error:
        if request.method in SAFE and not request.htmx:
            return render(request, "portal/refused.html", {"error": error}, status=error.status)
        if request.htmx:
            return render(request, "portal/_refused.html", {"error": error})
        messages.error(request, error.message)
        return redirect(back_to(request))


def back_to(request: HttpRequest, otherwise: str = "portal:dashboard") -> str:
    """Name the page of ours the person came from, or another when the browser does not tell."""
    from urllib.parse import urlsplit

    from django.shortcuts import resolve_url

    came_from = urlsplit(request.headers.get("Referer", ""))
    if came_from.netloc == request.get_host() and came_from.path != request.path:
        return came_from.path + (f"?{came_from.query}" if came_from.query else "")
    return resolve_url(otherwise)


def _to_login(request: Any) -> HttpResponse:
    after = request.htmx.current_url_abs_path if request.htmx else request.get_full_path()
    answer = redirect_to_login(after or "/")
    return HttpResponseClientRedirect(answer.url) if request.htmx else answer


def _acting_of(request: Any) -> Acting | None:
    """Choose the membership: the one last switched to, else the first by the merchant's name."""
    rows = request.user.memberships.select_related("merchant").order_by("merchant__name", "pk")
    memberships = list(rows)
    if not memberships:
        return None
    wanted = request.session.get(SESSION_KEY)
    chosen = next((row for row in memberships if row.merchant_id == wanted), memberships[0])
    return Acting(user=request.user, merchant=chosen.merchant, role=chosen.role, memberships=memberships)


def switch_merchant(request: Any, merchant_id: int) -> None:
    """Let the person act for another merchant of theirs from now on. Raises NotFound when they have no role there."""
    if not request.user.memberships.filter(merchant_id=merchant_id).exists():
        raise NotFound("There is no such merchant.")
    request.session[SESSION_KEY] = merchant_id
