"""What the ledger's tests share."""

from collections.abc import Iterator
from typing import Any

import pytest

from skuu.testing.cloned import cloned_database


@pytest.fixture
def own_database(django_db_setup: Any, django_db_blocker: Any) -> Iterator[str]:
    """Give a test with real threads a database of its own, whose commits are real."""
    with django_db_blocker.unblock(), cloned_database() as name:
        yield name
