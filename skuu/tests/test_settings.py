"""Settings come from the environment alone; what is missing or malformed is named with what to do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

HOUSE = Path(__file__).resolve().parents[2]
GOOD = {
    "SKUU_LOCAL_ENV": "off",
    "SECRET_KEY": "s" * 60,
    "SKUU_KEYRING": Fernet.generate_key().decode(),
    "ALLOWED_HOSTS": "network.example",
}
READ = "import skuu.settings as s; print(s.DEBUG, s.PRODUCTION, s.SESSION_COOKIE_SECURE, s.STAFF_SECOND_FACTOR)"


def read_settings(**changes):
    """Import the settings in a process of its own, under exactly this environment."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    env = {name: value for name, value in {**kept, **GOOD, **changes}.items() if value is not None}
    return subprocess.run([sys.executable, "-c", READ], cwd=HOUSE, env=env, capture_output=True, text=True, check=False)


def test_production_is_the_default_and_safe():
    assert read_settings().stdout.split() == ["False", "True", "True", "True"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"SECRET_KEY": None}, "SECRET_KEY is not set"),
        ({"SKUU_KEYRING": None}, "SKUU_KEYRING is not set"),
        ({"SKUU_KEYRING": "not-a-key"}, "SKUU_KEYRING holds something that is no Fernet key"),
        ({"DEBUG": "maybe"}, "DEBUG is “maybe”; it must be on or off."),
        ({"ROUTING_WAIT_SECONDS": "abc"}, "ROUTING_WAIT_SECONDS is “abc”; it must be a whole number like 120."),
        ({"ROUTING_WAIT_SECONDS": "-1"}, "ROUTING_WAIT_SECONDS is “-1”; it must be a whole number like 120."),
        ({"PRIVACY_ADDRESS_DAYS": "29"}, "PRIVACY_ADDRESS_DAYS is 29; it must be a number between 30 and 365."),
        ({"PRIVACY_ALIAS_DAYS": "91"}, "PRIVACY_ALIAS_DAYS is 91; it must be a number between 7 and 90."),
        ({"SKUU_PROFILE": "staging"}, "SKUU_PROFILE is “staging”"),
        ({"DATABASE_URL": "mysql://x/y"}, "DATABASE_URL must name a PostgreSQL database"),
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL must name a PostgreSQL database"),
        ({"SHOPIFY_STANDIN_URL": "http://127.0.0.1:9400"}, "production talks to Shopify itself"),
        ({"SKUU_STAFF_SECOND_FACTOR": "off"}, "SKUU_STAFF_SECOND_FACTOR may be off in the demo only"),
    ],
)
def test_what_is_missing_or_malformed_is_named(changes, told):
    done = read_settings(**changes)
    assert done.returncode != 0
    assert told in done.stderr
