"""Every run begins with a copy of a database that is migrated already."""

from collections.abc import Iterator
from typing import Any

import pytest

from skuu.testing.migrated import copied_from, migrated_database


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: Any
) -> Iterator[None]:
    """Have pytest-django copy the migrated database instead of migrating an empty one."""
    with django_db_blocker.unblock(), copied_from(migrated_database()):
        yield
