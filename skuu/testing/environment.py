"""The environment tests run in, set before settings are read: a profile, throw-away secrets, a database server of its own.

A pytest plugin (see pyproject.toml), because Django is loaded before any conftest is.
"""

import fcntl
import os
import pathlib
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, settings

CLUSTER = os.environ.setdefault("SKUU_PG_CLUSTER", "test")
os.environ |= {
    "SKUU_PROFILE": "test",
    "SKUU_LOCAL_ENV": "off",
    "SECRET_KEY": secrets.token_urlsafe(50),
    "SKUU_KEYRING": Fernet.generate_key().decode(),
    "SHOPIFY_CLIENT_ID": "test-client",
    "SHOPIFY_CLIENT_SECRET": secrets.token_hex(16),
    "ROUTING_WAIT_SECONDS": "0",
    "REVIEW_TWICE_PERCENT": "0",  # no test meets a second look by chance; those about it ask for one
    "ALLOWED_HOSTS": "127.0.0.1,localhost,testserver",
    "SKUU_STAFF_SECOND_FACTOR": "on",
    "DJANGO_ALLOW_ASYNC_UNSAFE": "1",  # Playwright's event loop lives in the test's thread
    "EMAIL_URL": "memorymail://",
    "LOG_LEVEL": "WARNING",
}


def pytest_configure(config: Any) -> None:
    """Let a second run in this checkout wait for the first, as they would share one test database; never time an example.

    A run draws the same examples as the one before, so that what fails is what was changed; the deep run draws new ones.
    """
    settings.register_profile(
        "suite",
        deadline=None,
        derandomize="SKUU_DEEP" not in os.environ,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("suite")
    from skuu.testing import static_files, watching

    watching.install()
    static_files.remember()
    if not hasattr(config, "workerinput"):
        lock = pathlib.Path(__file__).resolve().parents[2] / "var" / f"pytest-{CLUSTER}.lock"
        lock.parent.mkdir(exist_ok=True)
        config._run_lock = lock.open("w")
        fcntl.flock(config._run_lock, fcntl.LOCK_EX)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: Any, items: list[Any]) -> None:
    """Have workers side by side begin with what takes longest; a run alone keeps the order it was asked for."""
    from skuu.testing.ordering import longest_first

    if hasattr(config, "workerinput"):
        longest_first(items)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    """Fail a test during which something was called inside a transaction, or rows were locked in no order or not at all."""
    from skuu.testing import watching

    with watching.watching() as watched:
        yield
    if found := watched.finish():
        pytest.fail("\n".join(found), pytrace=False)
