"""Run a whole network for a while with people who trade and a nemesis that breaks it; then hold it against its stores.

    python -m skuu.proof.soak --minutes 30 --seed 7 [--json FILE]

Prints what was done, how long the network took to come to rest, and a verdict; exits 1 when anything differs.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
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
)
OPENING_SECONDS = 600
LOST = ": we know "  # a store's own figure of which no message came
REST_SECONDS = 600


def main() -> int:
    """Read the command line, soak, print the verdict."""
    parser = argparse.ArgumentParser(description="Trade and break a whole network, then hold it against its stores.")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long people trade and the nemesis rages")
    parser.add_argument("--seed", type=int, default=1, help="what the nemesis and the people draw from")
    parser.add_argument("--scale", type=float, default=0.1, help="size of the demo world's catalogues")
    parser.add_argument("--json", metavar="FILE", help="write the verdict there too")
    given = parser.parse_args()
    verdict = soak(minutes=given.minutes, seed=given.seed, scale=given.scale)
    if given.json:
        Path(given.json).write_text(json.dumps(verdict, indent=2) + "\n")
    print(json.dumps(verdict, indent=2))  # noqa: T201
    print("HELD: nothing differs." if verdict["held"] else "BROKEN: see above.")  # noqa: T201
    return 0 if verdict["held"] else 1


def soak(*, minutes: float, seed: int, scale: float) -> dict[str, Any]:
    """Open a network of its own, soak it, close it; returns the verdict. Nothing of it is left behind."""
    home = Path(tempfile.mkdtemp(prefix="skuu-soak-"))
    cluster = f"soak-{os.getpid()}"
    env = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    env |= {"SKUU_HOME": str(home), "SKUU_PG_CLUSTER": cluster, "PYTHONUNBUFFERED": "1"}
    subprocess.run([sys.executable, "-m", "skuu.local_env"], cwd=CHECKOUT, env=env, check=True)
    with (home / "demo.log").open("w") as log:
        words = [sys.executable, "manage.py", "demo", "--scale", str(scale)]
        demo = subprocess.Popen(words, cwd=CHECKOUT, env=env, stdout=log, stderr=log)
        try:
            _wait_for_file(demo, home)
            return _judged(home, env, minutes=minutes, seed=seed)
        finally:
            demo.send_signal(signal.SIGTERM)
            try:
                demo.wait(90)
            finally:
                demo.kill()
            destroy = [sys.executable, "-m", "skuu.postgresql.server", "destroy"]
            subprocess.run(destroy, cwd=CHECKOUT, env=env, check=False)
            shutil.rmtree(home, ignore_errors=True)


def _wait_for_file(demo: "subprocess.Popen[bytes]", home: Path) -> None:
    end = time.monotonic() + OPENING_SECONDS
    while not (home / "demo.json").exists():
        if demo.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"the network did not open:\n{(home / 'demo.log').read_text()[-3000:]}")
        time.sleep(0.5)


def _judged(home: Path, env: dict[str, str], *, minutes: float, seed: int) -> dict[str, Any]:
    """Do the soaking in this process, which now belongs to the network that was opened."""
    _join(env)
    from django.db import connection

    from skuu.demo.shopfront import Storefront
    from skuu.proof.judge import books, counts, differences, look
    from skuu.proof.nemesis import Nemesis
    from skuu.proof.shopping import People

    def told() -> dict[str, Any]:
        read: dict[str, Any] = json.loads((home / "demo.json").read_text())
        return read

    stores = {one["domain"]: Storefront(told()["standin"], **one) for one in told()["stores"]}
    began = {domain: look(store) for domain, store in stores.items()}
    facts = connection.get_connection_params()
    database = f"host={facts['host']} user={facts['user']} dbname={facts['dbname']}"
    nemesis = Nemesis(told, database, random.Random(seed))  # noqa: S311

    def at_till(domain: str, key: tuple[str, str], units: int) -> None:
        nemesis.control("stock", {"store": domain, "item": key[0], "location": key[1], "delta": units})

    people = People(stores, began, at_till, random.Random(seed + 1))  # noqa: S311
    _let_loose([people, nemesis], minutes)
    broken, rested = _rest(nemesis, lambda: differences(stores, began, people.till))
    broken += books()
    return {
        "held": not broken,
        "minutes": minutes,
        "seed": seed,
        "seconds_to_rest": rested,
        "people": dict(sorted(people.done.items())),
        "nemesis": dict(sorted(nemesis.done.items())),
        "happened": counts(),
        "broken": broken[:50],
        "worker": _last_words(home / "worker.log") if broken else [],
    }


def _last_words(log: Path) -> list[str]:
    """Read what the worker complained of last: the network and its logs are gone when the verdict is read."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else ["there is no log"]
    told = [line for line in lines if line.startswith("{") and '"level": "info"' not in line]
    return [line[:400] for line in told[-40:]]


def _let_loose(both: Sequence[Any], minutes: float) -> None:
    """Let people and nemesis act at the same time for so long."""
    people, nemesis = both
    threads = [threading.Thread(target=work, daemon=True) for work in (people.live, nemesis.rage)]
    for thread in threads:
        thread.start()
    time.sleep(minutes * 60)
    nemesis.stopping.set()
    people.stopping.set()
    for thread in threads:
        thread.join(60)


def _join(env: dict[str, str]) -> None:
    for name in list(os.environ):
        if name.startswith(OURS):
            del os.environ[name]
    os.environ.update(env | {"DJANGO_SETTINGS_MODULE": "skuu.settings"})
    import django

    django.setup()


def _rest(nemesis: Any, differ: Any) -> tuple[list[str], float]:
    """Wait until nothing differs, or patience ends; returns what still does, and the seconds it took.

    Figures of shops' own places whose messages were lost for ever are what the nightly read is there for: once nothing else
    differs, it is asked for. Shelves, orders and parcels must be right without it.
    """
    import requests
    from django.db import DatabaseError, connection

    from catalog.sync import start_reconciles

    began, broken, night = time.monotonic(), ["nobody answered"], False
    while broken and time.monotonic() - began < REST_SECONDS:
        time.sleep(3)
        try:
            nemesis.rest()
            broken = differ()
            if broken and not night and all(LOST in row for row in broken):
                night = bool(start_reconciles())
        except (requests.RequestException, RuntimeError, ValueError):
            continue
        except DatabaseError:
            connection.close()
    return broken, round(time.monotonic() - began, 1)


if __name__ == "__main__":
    sys.exit(main())
