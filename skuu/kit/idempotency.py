"""Idempotency-Key on POST: the answer is kept in the transaction of the effect, so a repeat gets the answer and not a second effect."""

import datetime as dt
import functools
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from skuu.kit.errors import Busy, NotPossible, SkuuError
from skuu.kit.models import IdempotencyKey

HEADER = "Idempotency-Key"
KEPT = dt.timedelta(hours=48)
_SHAPE = re.compile(r'\A(?:"[\x20\x21\x23-\x7e]{1,200}"|[\x21\x23-\x7e]{1,200})\Z')


class KeyMalformed(SkuuError):
    """The header is there and is no key."""

    code = "bad_idempotency_key"


class StillRunning(Busy):
    """The first request with this key has not ended."""

    code = "idempotency_in_progress"


class KeyReused(NotPossible):
    """The key was used for another request."""

    code = "idempotency_key_reused"


Method = Callable[..., Response]


def answers_once(method: Method) -> Method:
    """Give a POST method the header Idempotency-Key (optional); the scope is the caller's API key and the address.

    An error undoes the effect and keeps nothing, so the same key may be sent again. Raises KeyMalformed, StillRunning, KeyReused.
    """

    @functools.wraps(method)
    def posted(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        given = request.headers.get(HEADER)
        if given is None:
            return method(self, request, *args, **kwargs)
        if not _SHAPE.match(given):
            raise KeyMalformed(f"{HEADER} holds 1 to 200 printable ASCII signs, a UUID for example.")
        scope = f"{request.auth.pk} {request.method} {request.path}"[:500]
        return _once(scope, given.strip('"'), _digest(request), lambda: method(self, request, *args, **kwargs))

    return posted


def _digest(request: Request) -> str:
    return hashlib.sha256(json.dumps(request.data, sort_keys=True).encode()).hexdigest()


def _once(scope: str, key: str, digest: str, effect: Callable[[], Response]) -> Response:
    with transaction.atomic():
        if not _alone_with(f"{scope} {key}"):
            raise StillRunning("The first request with this key is still running; ask again in a moment.")
        row = IdempotencyKey.objects.filter(scope=scope, key=key).first()
        if row is not None and row.created_at < timezone.now() - KEPT:
            row.delete()
            row = None
        if row is not None:
            if row.digest != digest:
                raise KeyReused("This key was used for a request with another body; take a new key for a new request.")
            return Response(json.loads(row.body), status=row.status, headers={"Idempotency-Replayed": "true"})
        response = effect()
        body = JSONRenderer().render(response.data).decode()
        IdempotencyKey.objects.create(
            scope=scope, key=key, digest=digest, status=response.status_code, body=body or "null"
        )
        _forget_old()
    return response


def _alone_with(name: str) -> bool:
    """Take the key for this transaction; False when another request holds it."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        return bool(cursor.fetchone()[0])


def _forget_old() -> None:
    """Remove a few answers that are past their time; each new one removes more than it adds."""
    old = IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT).order_by("created_at")
    ids = list(old.select_for_update(skip_locked=True).values_list("pk", flat=True)[:10])
    if ids:
        IdempotencyKey.objects.filter(pk__in=ids).delete()
