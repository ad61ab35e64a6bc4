"""Whose rows are these: inside a merchant's request a query that forgot to say is an error, not a leak."""

import contextlib
import functools
import operator
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q

from skuu.kit.errors import SkuuError

_acting: ContextVar[Any] = ContextVar("acting_merchant", default=None)


class Unscoped(SkuuError):
    """A query on tenants' rows did not say whose rows it wants."""

    status = 500
    code = "unscoped_query"


@contextlib.contextmanager
def acting_for(merchant: Any) -> Iterator[None]:
    """Run a request for one merchant (or for nobody yet): from here on every tenant query must be scoped."""
    token = _acting.set(merchant if merchant is not None else "nobody")
    try:
        yield
    finally:
        _acting.reset(token)


@contextlib.contextmanager
def as_network() -> Iterator[None]:
    """Run a verb, a sweep or a command for the network itself, which may look across tenants."""
    token = _acting.set(None)
    try:
        yield
    finally:
        _acting.reset(token)


class ScopedQuerySet(models.QuerySet):
    """Rows that belong to merchants; ``for_merchant`` and ``for_shop`` say whose, everything else is refused in a request.

    A model names the way to its owner in ``MERCHANT_PATH`` ("shop__merchant"). Rows reached from a row that was itself
    scoped (``shop.products``) need no second word.
    """

    _scoped = False

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]
        clone._scoped = self._scoped
        return clone

    def for_merchant(self, merchant: Any, *, via: str | tuple[str, ...] = "") -> Self:
        """Keep one merchant's rows; ``via`` names another path, or several, when a row has two parties (origin, shipper)."""
        tenant: Any = self.model
        paths = via if isinstance(via, tuple) else (via or tenant.MERCHANT_PATH,)
        rows = self.filter(functools.reduce(operator.or_, (Q(**{path: merchant}) for path in paths)))
        rows._scoped = True
        return rows

    def for_shop(self, shop: Any, *, via: str = "") -> Self:
        """Keep one shop's rows."""
        tenant: Any = self.model
        rows = self.filter(Q(**{via or tenant.SHOP_PATH: shop}))
        rows._scoped = True
        return rows

    def _guard(self) -> None:
        if _acting.get() is None or self._scoped or self._hints.get("instance") is not None:  # type: ignore[attr-defined]
            return
        raise Unscoped(f"A query on {self.model.__name__} does not say whose rows it wants.")

    def _fetch_all(self) -> None:
        self._guard()
        super()._fetch_all()

    def iterator(self, *args: Any, **kwargs: Any) -> Any:
        self._guard()
        return super().iterator(*args, **kwargs)

    def count(self) -> int:
        self._guard()
        return super().count()

    def exists(self) -> bool:
        self._guard()
        return super().exists()

    def aggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        self._guard()
        return super().aggregate(*args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        self._guard()
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        self._guard()
        return super().delete()


class Tenant(models.Model):
    """A model whose rows belong to a merchant."""

    MERCHANT_PATH: ClassVar[str] = "shop__merchant"
    SHOP_PATH: ClassVar[str] = "shop"

    objects = ScopedQuerySet.as_manager()
    everyone = models.Manager()

    class Meta:
        abstract = True
        base_manager_name = "everyone"
