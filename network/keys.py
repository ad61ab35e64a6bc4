"""Verbs of API keys: made for one shop, shown once, revoked for good."""

from django.utils import timezone

from network.models import ApiKey, Shop
from skuu.kit.errors import NotPossible

MOST_KEYS = 20


def issue_key(shop: Shop, name: str) -> tuple[ApiKey, str]:
    """Make a key for a shop; returns the row and the secret text, which nobody can read again later.

    Raises NotPossible ``too_many_keys`` when the shop has 20 live ones.
    """
    name = name.strip()
    if not name:
        raise NotPossible("Give the key a name that says which program uses it.", code="nameless_key")
    if ApiKey.everyone.filter(shop=shop, revoked_at=None).count() >= MOST_KEYS:
        raise NotPossible(
            f"{shop.name} has {MOST_KEYS} live keys. Revoke one that is no longer used.", code="too_many_keys"
        )
    return ApiKey.issue(shop, name)


def revoke_key(key: ApiKey) -> None:
    """Refuse a key from now on. Again: no change."""
    ApiKey.everyone.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())
