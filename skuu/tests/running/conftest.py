"""One real demo network for all tests of this folder: its own processes, ports, database and state."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
from django.db import connection

from skuu.demo.shopfront import Stand, Storefront
from skuu.testing.migrated import migrated_database

CHECKOUT = Path(__file__).resolve().parents[3]
OURS = (
    "SKUU_",
    "SHOPIFY_",
    "DATABASE_URL",
    "SECRET_KEY",
    "DEBUG",
    "ALLOWED_HOSTS",
    "EMAIL_URL",
    "ROUTING_WAIT",
    "DJANGO_",
    "PYTHONDONTWRITEBYTECODE",  # a dozen processes begin here; they need not compile everything anew
)
SCALE = "0.1"


@dataclass
class Network:
    """A running demo as an outsider knows it: its file, its stores, its commands."""

    home: Path
    env: dict[str, str]
    database: str

    @property
    def file(self) -> dict[str, Any]:
        return json.loads((self.home / "demo.json").read_text())

    @property
    def stores(self) -> dict[str, Storefront]:
        told = self.file
        return {store["domain"]: Storefront(told["standin"], **store) for store in told["stores"]}

    def manage(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command of the project as an operator would."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=CHECKOUT,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or done.returncode == 0, f"{words}: {done.stdout}\n{done.stderr}"
        return done

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Look into the network's database."""
        with psycopg.connect(self.database) as connection:
            return connection.execute(sql, values).fetchall()

    def control(self, path: str, **body: Any) -> Any:
        """Ask the stand-in for a fault."""
        told = self.file
        answer = requests.post(
            f"{told['standin']}/__standin/{path}",
            json=body,
            headers={"X-Standin-Control": told["control_token"]},
            timeout=10,
        )
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def kill(self, name: str) -> None:
        """Kill -9 one of the three processes."""
        os.kill(self.file["processes"][name], signal.SIGKILL)


@pytest.fixture(scope="session")
def database(django_db_setup: Any, django_db_blocker: Any) -> Iterator[str]:
    """Copy the migrated database for the network: making and migrating one of its own would cost more than all tests here."""
    facts, name = connection.settings_dict, f"net_{os.getpid()}"
    with django_db_blocker.unblock():
        template = migrated_database()
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'create database "{name}" template "{template}"')
        yield f"postgresql://{facts['USER']}@/{name}?host={facts['HOST']}"
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'drop database "{name}" with (force)')


@pytest.fixture(scope="session")
def network(tmp_path_factory, database):
    """Open the demo network; close it with SIGTERM and see that nothing of it is left."""
    home = tmp_path_factory.mktemp("network")
    env = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    env |= {"SKUU_HOME": str(home), "DATABASE_URL": database, "PYTHONUNBUFFERED": "1"}
    subprocess.run([sys.executable, "-m", "skuu.local_env"], cwd=CHECKOUT, env=env, check=True)
    with (home / "demo.log").open("w") as log:
        words = [sys.executable, "manage.py", "demo", "--scale", SCALE]
        demo = subprocess.Popen(words, cwd=CHECKOUT, env=env, stdout=log, stderr=log)
        try:
            wait_for_file(demo, home)
            yield Network(home, env, database)
        finally:
            pids = json.loads((home / "demo.json").read_text())["processes"] if (home / "demo.json").exists() else {}
            demo.send_signal(signal.SIGTERM)
            try:
                demo.wait(60)
            finally:
                demo.kill()
                shutil.copytree(home, CHECKOUT / "var" / "running-network", dirs_exist_ok=True)
            left = [name for name, pid in pids.items() if Path(f"/proc/{pid}/cwd").exists()]
    assert left == [], f"still running after SIGTERM: {left}"
    assert not (home / "demo.json").exists(), "a file of a demo that has ended misleads programs"


def wait_for_file(demo: "subprocess.Popen[bytes]", home: Path) -> None:
    """Wait until the demo says it is open, or show why it is not."""
    end = time.monotonic() + 300
    while not (home / "demo.json").exists():
        assert demo.poll() is None, (home / "demo.log").read_text()[-3000:]
        assert time.monotonic() < end, (home / "demo.log").read_text()[-3000:]
        time.sleep(0.5)


def only_on_shelf(store: Storefront, *, at_least: int = 1) -> list[Stand]:
    """List what a shopper can buy in this store only because a partner has it."""
    return [stand for stand in store.variants() if stand.tracked and stand.own == 0 and stand.shelf >= at_least]
