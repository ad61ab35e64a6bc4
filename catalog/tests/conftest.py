"""Alma, Bruno and Cara, as rows alone or connected to a running stand-in; databases of their own for real threads."""

from collections.abc import Iterator
from typing import Any

import pytest

from catalog.tests.cast import open_shop
from catalog.tests.stores import Stores, connect_stores
from network.connectors.shopify.standin.server import Running, running_standin
from network.connectors.shopify.standin.world.tiny import build_tiny
from network.models import Shop
from skuu.testing.cloned import cloned_database


@pytest.fixture
def alma(db: None) -> Shop:
    """Alma supplies."""
    return open_shop("Alma")


@pytest.fixture
def bruno(db: None) -> Shop:
    """Bruno sells."""
    return open_shop("Bruno")


@pytest.fixture
def cara(db: None) -> Shop:
    """Cara is a stranger."""
    return open_shop("Cara")


@pytest.fixture
def standin(settings: Any) -> Iterator[Running]:
    """A stand-in with the tiny world, and settings that point at it."""
    with running_standin(
        build_tiny()[0],
        client_id=settings.SHOPIFY_CLIENT_ID,
        client_secret=settings.SHOPIFY_CLIENT_SECRET,
        deterministic=True,
    ) as running:
        settings.SHOPIFY_STANDIN_URL = running.base_url
        settings.BASE_URL = "http://127.0.0.1:9"  # nobody listens: tests deliver messages themselves
        yield running


@pytest.fixture
def stores(standin: Running, db: None) -> Stores:
    """Alma, Bruno and Cara, connected and live; nothing read yet."""
    return connect_stores(standin)


@pytest.fixture(scope="module")
def own_database(django_db_setup: Any, django_db_blocker: Any) -> Iterator[str]:
    """Give a module's tests with real threads a database of their own, whose commits are real; its rows stay between them."""
    with django_db_blocker.unblock(), cloned_database() as name:
        yield name
