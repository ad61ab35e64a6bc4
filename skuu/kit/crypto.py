"""Encryption at rest: a key ring whose first key writes and whose others still read."""

import json
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

from skuu.kit.errors import SkuuError


class Unreadable(SkuuError):
    """No key of the ring opens this value; the ring lost the key it was written with."""

    status = 500
    code = "key_missing"


@lru_cache(maxsize=4)
def _ring(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(text: str) -> str:
    """Encrypt with the newest key of the ring; empty text stays empty."""
    return _ring(tuple(settings.SKUU_KEYRING)).encrypt(text.encode()).decode() if text else ""


def decrypt(token: str) -> str:
    """Open what any key of the ring wrote. Raises Unreadable when none did."""
    if not token:
        return ""
    try:
        return _ring(tuple(settings.SKUU_KEYRING)).decrypt(token.encode()).decode()
    except InvalidToken:
        raise Unreadable("No key in SKUU_KEYRING opens this value; put the key it was written with back.") from None


class EncryptedText(models.TextField):
    """Text that is readable in Python and a token in the database; it cannot be searched."""

    def get_prep_value(self, value: Any) -> Any:
        return encrypt(value) if isinstance(value, str) else value

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        return None if value is None else decrypt(value)


class EncryptedJSON(models.TextField):
    """JSON that is readable in Python and a token in the database."""

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else encrypt(json.dumps(value, separators=(",", ":"), ensure_ascii=False))

    def from_db_value(self, value: str | None, *_: Any) -> Any:
        return None if value is None else json.loads(decrypt(value) or "null")

    def to_python(self, value: Any) -> Any:
        return value
