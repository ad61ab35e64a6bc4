"""Keyset pages for people: the next page starts after a row, so it stays right while rows come and go."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest


def searched(request: HttpRequest) -> str:
    """Read what the reader searches for: trimmed, and without the one character that PostgreSQL refuses."""
    return request.GET.get("q", "").replace("\x00", "").strip()[:200]


@dataclass(frozen=True)
class Page:
    """Some rows, and the key the following page starts after (None: these were the last)."""

    rows: list[Any]
    next_after: int | None
    is_first: bool

    def __iter__(self) -> Any:
        return iter(self.rows)

    def __bool__(self) -> bool:
        return bool(self.rows)


def page_after(
    rows: QuerySet, after: str | None, *, of: QuerySet, by: str = "pk", newest_first: bool = False, size: int = 25
) -> Page:
    """Cut one page out of ``rows``, ordered by a column and the key; ``of`` are the reader's own rows, unfiltered.

    ``after`` is the key of the last row seen. One that is nobody's, or garbage, starts from the beginning.
    """
    last = None
    if after and after.isdecimal() and len(after) < 19:
        last = of.filter(pk=int(after)).values_list("pk", by).first()
    if last is not None:
        key, value = last
        beyond = "lt" if newest_first else "gt"
        rows = rows.filter(Q(**{f"{by}__{beyond}": value}) | Q(**{by: value, f"pk__{beyond}": key}))
    sign = "-" if newest_first else ""
    found = list(rows.order_by(*dict.fromkeys((f"{sign}{by}", f"{sign}pk")))[: size + 1])
    return Page(found[:size], found[size - 1].pk if len(found) > size else None, is_first=last is None)
