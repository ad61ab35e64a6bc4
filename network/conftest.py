"""A running stand-in and the named cast, installed as their owners would do it."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from network import connect
from network.connectors.shopify.standin.server import Running, running_standin
from network.connectors.shopify.standin.world.tiny import ALMA, BRUNO, CARA, build_tiny
from network.models import Merchant, Shop

Install = Callable[..., Shop]


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    """Hash passwords as fast as can be; how slow they are in earnest is not what is tested here."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


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


def consent(standin: Running, url: str, domain: str) -> dict[str, str]:
    """Agree on the consent page and return the parameters of the way back."""
    path = urlsplit(url)
    answer = requests.get(
        f"{standin.base_url}{path.path}?{path.query}&approve=1",
        headers={"Host": domain},
        allow_redirects=False,
        timeout=10,
    )
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def merchant_of(domain: str) -> Merchant:
    """Take the owner of a store into the network."""
    name = domain.partition(".")[0]
    _, merchant = connect.join_merchant(
        legal_name=f"{name} BV",
        country="NL",
        username=name,
        password="a-long-password",  # noqa: S106 - of people in tests
        email=f"{name}@example.com",
        vat_ids=("NL000099998B57",),
    )
    return merchant


@pytest.fixture
def install(standin: Running, db: None) -> Install:
    """Install a store of the tiny world through OAuth."""

    def install_store(domain: str, **status: str) -> Shop:
        merchant = merchant_of(domain)
        url, state = connect.begin_install(merchant, domain, by="test")
        return connect.complete_install(merchant, consent(standin, url, domain), state=state, by="test")

    return install_store


@pytest.fixture
def alma(install: Install) -> Shop:
    """Alma supplies."""
    return install(ALMA)


@pytest.fixture
def bruno(install: Install) -> Shop:
    """Bruno sells."""
    return install(BRUNO)


@pytest.fixture
def cara(install: Install) -> Shop:
    """Cara is a stranger."""
    return install(CARA)
