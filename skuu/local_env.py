"""Give a checkout its own random secrets (.skuu/local.env), once; and run Django's deployment checks as production would.

Run as a module by `make setup` and `make check`; needs no settings, because it prepares them.
"""

import os
import secrets
import subprocess
import sys
from pathlib import Path

from cryptography.fernet import Fernet

CHECKOUT = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("SKUU_HOME", CHECKOUT / ".skuu"))  # another one lets two networks run from one checkout
LOCAL = HOME / "local.env"


def read_local() -> dict[str, str]:
    """Read the checkout's own settings, name → value; empty when there are none yet."""
    if not LOCAL.exists():
        return {}
    pairs = (line.split("=", 1) for line in LOCAL.read_text().splitlines() if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, value in pairs}


def write_local(**values: str) -> None:
    """Set these names in the checkout's own settings; the others stay. The file is readable by its owner alone."""
    merged = read_local() | values
    HOME.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = "# This checkout's own settings; real environment variables win over them. Not for production.\n"
    text += "".join(f"{name}={value}\n" for name, value in merged.items())
    fresh = LOCAL.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(text)
    fresh.replace(LOCAL)


def prepare() -> None:
    """Make the secrets that are missing. Again: nothing is changed."""
    (CHECKOUT / "var" / "static").mkdir(parents=True, exist_ok=True)
    have = read_local()
    wanted = {
        "SKUU_PROFILE": "demo",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "SKUU_KEYRING": Fernet.generate_key().decode(),
        "SHOPIFY_CLIENT_ID": "skuu-demo",
        "SHOPIFY_CLIENT_SECRET": secrets.token_hex(24),
        "SKUU_STAFF_SECOND_FACTOR": "off",
        "ROUTING_WAIT_SECONDS": "0",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
    }
    missing = {name: value for name, value in wanted.items() if name not in have}
    if missing:
        write_local(**missing)


def deploy_check() -> int:
    """Run `check --deploy` under production settings with throw-away secrets; any warning fails."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("SKUU_", "SHOPIFY_", "DEBUG"))}
    env |= {
        "SKUU_LOCAL_ENV": "off",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "SKUU_KEYRING": Fernet.generate_key().decode(),
        "ALLOWED_HOSTS": "network.example",
    }
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(command, cwd=CHECKOUT, env=env, check=False).returncode


if __name__ == "__main__":
    if "--deploy-check" in sys.argv:
        sys.exit(deploy_check())
    prepare()
