"""A fresh stand-in for each test, on a port of its own."""

from collections.abc import Iterator

import pytest

from network.connectors.shopify.standin.server import Running, running_standin
from network.connectors.shopify.standin.tests.clerk import STORES


@pytest.fixture
def running() -> Iterator[Running]:
    with running_standin(STORES) as standin:
        yield standin
