"""Signing in: closed sign-up through the login pages, lock-out by name, second factors encrypted at rest."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest
from django.urls import reverse

from skuu.kit import crypto


class Adapter(DefaultAccountAdapter):
    """Merchants get their account by invitation; the login page itself opens none."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Send network staff who act for no merchant to the back office, everybody else to the portal."""
        user: Any = request.user
        if user.is_staff and not user.memberships.exists():
            return reverse("admin:index")
        return str(super().get_login_redirect_url(request))


class SecondFactorAdapter(DefaultMFAAdapter):
    """TOTP secrets and recovery seeds are stored under the network's own key ring."""

    def encrypt(self, text: str) -> str:
        return crypto.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return crypto.decrypt(encrypted_text)


def attempted_name(request: HttpRequest | None, credentials: dict[str, Any] | None = None) -> str:
    """Name the account a failed sign-in aimed at, so that the lock-out counts the right one."""
    given = credentials or {}
    name = given.get("username") or given.get("email") or given.get("login")
    if not name and request is not None:
        name = request.POST.get("login") or request.POST.get("username")
    return str(name or "").strip().lower()
