"""What browser tests share: Chromium, and a served scene of a network in full trade."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from skuu.testing.live import chromium, serving
from skuu.testing.scene import Scene, open_scene


@pytest.fixture(scope="session")
def db(django_db_setup: Any) -> None:
    """Have the test database made; by this name pytest-django knows that these tests need one."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def served(db: None, django_db_blocker: Any) -> Iterator[tuple[str, Scene]]:
    """Serve the tiny world, traded in; yields the base address and the scene."""
    with django_db_blocker.unblock(), serving() as base:
        yield base, open_scene("tiny")
