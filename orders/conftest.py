"""A market of four shops in a running stand-in, for this stage's tests."""

from collections.abc import Iterator
from typing import Any

import pytest

from network.connectors.shopify.standin.server import Running, running_standin
from orders.tests.make import Market, open_market, stores


@pytest.fixture
def standin(settings: Any) -> Iterator[Running]:
    """A stand-in with four shops of the same shoe, and settings that point at it."""
    with running_standin(
        list(stores()),
        client_id=settings.SHOPIFY_CLIENT_ID,
        client_secret=settings.SHOPIFY_CLIENT_SECRET,
        deterministic=True,
    ) as running:
        settings.SHOPIFY_STANDIN_URL = running.base_url
        settings.BASE_URL = "http://127.0.0.1:9"  # nobody listens: tests note what changed themselves
        yield running


@pytest.fixture
def market(standin: Running, db: None) -> Market:
    """Alma and Dora supply, Bruno and Cara sell."""
    return open_market(standin)
