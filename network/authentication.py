"""How a program proves which shop it acts for: ``Authorization: Bearer skuu_…``, compared by hash."""

import datetime as dt
from typing import Any

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from network.models import ApiKey


class ShopCaller:
    """The shop behind an API key, as far as a permission check needs a user."""

    is_authenticated = True
    is_anonymous = False

    def __init__(self, key: ApiKey) -> None:
        self.key, self.shop, self.merchant = key, key.shop, key.shop.merchant
        self.pk = f"key-{key.pk}"


class ApiKeyAuthentication(BaseAuthentication):
    """Accept a live key of a shop that has not left the network."""

    def authenticate(self, request: Request) -> tuple[Any, ApiKey] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"bearer":
            return None
        text = parts[1].decode("utf-8", "replace") if len(parts) == 2 else ""
        digest = ApiKey.digest_of(text)
        key = ApiKey.everyone.select_related("shop__merchant").filter(digest=digest, revoked_at=None).first()
        if key is None or key.shop.status == "left":
            raise AuthenticationFailed(
                "This API key is not known, was revoked, or its shop has left the network.", code="bad_key"
            )
        now = timezone.now()
        if key.last_used_at is None or now - key.last_used_at > dt.timedelta(minutes=1):
            ApiKey.everyone.filter(pk=key.pk).update(last_used_at=now)
        return ShopCaller(key), key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="skuu"'
