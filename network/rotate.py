"""Writing every secret anew with the newest key, so that an old key may be thrown away."""

from collections.abc import Callable, Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction

from skuu.kit.crypto import EncryptedJSON, EncryptedText, decrypt, encrypt

BATCH = 500
Count = Callable[[str, int], None]
Keep = Callable[[], int]
_KEPT: dict[str, Keep] = {}


def rotates(name: str) -> Callable[[Keep], Keep]:
    """Have a verb called with every rotation: one that keeps what else follows from the keys; it says how many it kept."""

    def registered(keep: Keep) -> Keep:
        _KEPT[name] = keep
        return keep

    return registered


def rotate_keys(tell: Count | None = None) -> dict[str, int]:
    """Re-encrypt everything with the first key of SKUU_KEYRING; returns how many values of each column were written.

    Batches by key, each its own transaction; a value that changes meanwhile is left to its writer, who used the newest key.
    *Again*: the same. Raises Unreadable, naming no value, when no key of the ring opens one; what came before it stays written.
    """
    done = {}
    for model, column in encrypted_columns():
        name = f"{model._meta.db_table}.{column}"
        done[name] = sum(_rotate_batch(model, column, ids, tell, name) for ids in _batches(model, column))
    done |= _rotate_second_factors()
    return done | {name: keep() for name, keep in _KEPT.items()}


def encrypted_columns() -> Iterator[tuple[type[models.Model], str]]:
    """List every column that is encrypted, whichever stage it belongs to."""
    for model in apps.get_models():
        if model._meta.proxy or not model._meta.managed:
            continue
        for field in model._meta.local_concrete_fields:
            if isinstance(field, EncryptedText | EncryptedJSON):
                yield model, str(field.column)


def _batches(model: type[models.Model], column: str) -> Iterator[list[Any]]:
    table, key = _names(model)
    last: Any = None
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                f"select {key} from {table} where \"{column}\" > '' and (%s::bigint is null or {key} > %s) "  # noqa: S608
                f"order by {key} limit {BATCH}",
                [last, last],
            )
            ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return
        yield ids
        last = ids[-1]


def _rotate_batch(model: type[models.Model], column: str, ids: list[Any], tell: Count | None, name: str) -> int:
    table, key = _names(model)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f'select {key}, "{column}" from {table} where {key} = any(%s)', [ids])  # noqa: S608
        rows = [(encrypt(decrypt(old)), one, old) for one, old in cursor.fetchall()]
        cursor.executemany(
            f'update {table} set "{column}" = %s where {key} = %s and "{column}" = %s',  # noqa: S608
            rows,
        )
    if tell is not None:
        tell(name, len(rows))
    return len(rows)


def _names(model: type[models.Model]) -> tuple[str, str]:
    quote = connection.ops.quote_name
    return quote(model._meta.db_table), quote(str(model._meta.pk.column))


def _rotate_second_factors() -> dict[str, int]:
    """Second factors keep their secrets inside a JSON column of the login library, under the same ring."""
    if "allauth.mfa" not in settings.INSTALLED_APPS:
        return {}
    from allauth.mfa.models import Authenticator

    count = 0
    for one in Authenticator.objects.filter(type__in=["totp", "recovery_codes"]).iterator():
        for name in ("secret", "seed"):
            if one.data.get(name):
                one.data[name] = encrypt(decrypt(one.data[name]))
                count += 1
        one.save(update_fields=["data"])
    return {"mfa_authenticator.data": count}
