"""Keep the demo network running: stand-in, web and worker, restarted when they die, stopped together."""

import json
import os
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from rich.console import Console

from skuu import local_env
from skuu.demo import opening
from skuu.demo.shopfront import Storefront, wait_until
from skuu.postgresql import server
from skuu.processes import Child, free_port, keep_alive, still_ours

HOME = local_env.HOME
DEMO_FILE = HOME / "demo.json"
LAST_FILE = HOME / "demo.last.json"  # logins and process ids of a demo that has ended
STATE = HOME / "standin.sqlite3"
say = Console(stderr=True, highlight=False, soft_wrap=True)


@dataclass
class Demo:
    """What runs: its addresses, its processes and who may sign in."""

    world: str = "demo"
    web_port: int = 0
    standin_port: int = 0
    children: dict[str, Child] = field(default_factory=dict)
    stores: list[dict[str, Any]] = field(default_factory=list)
    people: dict[str, Any] = field(default_factory=dict)
    control_token: str = ""
    stopping: bool = False
    owns_database: bool = False  # the embedded server was not running before this demo

    @property
    def web(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def standin(self) -> str:
        return f"http://127.0.0.1:{self.standin_port}"


def run_demo(*, world: str, traffic: bool, scale: float) -> None:
    """Open the demo network and keep it open until Ctrl-C or SIGTERM; again: the same network goes on."""
    demo = Demo(world=world)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda signum, frame: ask_to_stop(demo))
    local_env.prepare()
    stop_leftovers(previous())
    if DEMO_FILE.exists():
        DEMO_FILE.replace(LAST_FILE)  # a program that waits for the file must not read that of an earlier run
    embedded = settings.DATABASES["default"]["ENGINE"] == "skuu.postgresql"
    demo.owns_database = embedded and not server.is_running()
    try:
        start(demo, scale)
        if demo.stopping:
            return
        write_file(demo)
        announce(demo, traffic=traffic)
        if traffic:
            from skuu.demo.traffic import start_traffic

            start_traffic(storefronts(demo), lambda: demo.stopping)
        keep_alive(list(demo.children.values()), lambda: demo.stopping, lambda child: restarted(demo, child))
    except KeyboardInterrupt:
        pass
    finally:
        stop(demo)


def ask_to_stop(demo: Demo) -> None:
    """First signal: stop in order. While something is still being opened, break that off."""
    if demo.stopping:
        return
    demo.stopping = True
    raise KeyboardInterrupt


def previous() -> dict[str, Any]:
    """Read what an earlier run left behind."""
    for file in (DEMO_FILE, LAST_FILE):
        try:
            found = json.loads(file.read_text())
        except (OSError, ValueError):
            continue
        if isinstance(found, dict):
            return found
    return {}


def stop_leftovers(before: dict[str, Any]) -> None:
    """End processes that an earlier, killed demo of this checkout left running: two of them would share one world."""
    for pid in (before.get("processes") or {}).values():
        if isinstance(pid, int) and still_ours(pid):
            say.print(f"ending process {pid} of an earlier demo")
            for number in (signal.SIGTERM, signal.SIGKILL):
                try:
                    os.killpg(pid, number)
                except (ProcessLookupError, PermissionError):
                    break
                time.sleep(1)


def choose_ports(demo: Demo) -> None:
    """Take the usual ports, or the next free ones, and say so."""
    demo.web_port, demo.standin_port = free_port(8000), free_port(9400)
    for name, usual, taken in (("web", 8000, demo.web_port), ("stand-in", 9400, demo.standin_port)):
        if usual != taken:
            say.print(f"port {usual} is taken; the {name} uses {taken}")
    local_env.write_local(SHOPIFY_STANDIN_URL=demo.standin, SKUU_BASE_URL=demo.web)
    os.environ |= {"SHOPIFY_STANDIN_URL": demo.standin, "SKUU_BASE_URL": demo.web}
    settings.SHOPIFY_STANDIN_URL, settings.BASE_URL = demo.standin, demo.web


def start(demo: Demo, scale: float) -> None:
    """Migrate, start the three processes, then open every shop through the same doors as a merchant."""
    say.print("preparing the database")
    call_command("migrate", verbosity=0)
    call_command("schedule", verbosity=0)
    say.print("starting stand-in, web and worker")
    start_processes(demo, scale)
    demo.people, shops = opening.connect_stores(demo.stores, standin=demo.standin, passwords=previous_passwords())
    say.print(f"{len(shops)} shops are connected; reading their catalogues")
    opening.wait_for_reads(shops)
    opening.wait_for_matching()
    opening.open_shops(shops)
    say.print("catalogues are read and matched; filling the shelves")
    opening.wait_for_shelves()


def start_processes(demo: Demo, scale: float) -> None:
    """Start stand-in, web and worker and wait until they answer; ports that are taken are passed over."""
    local_env.prepare()
    choose_ports(demo)
    standin = ["manage.py", "shopify_standin", "--port", str(demo.standin_port), "--world", demo.world]
    standin += ["--json", "--state", str(STATE), "--scale", str(scale)]
    web = ["-m", "gunicorn", "skuu.wsgi", "--bind", f"127.0.0.1:{demo.web_port}", "--worker-class", "gthread"]
    web += [
        "--workers",
        "2",
        "--threads",
        "8",
        "--preload",  # read the project once, not once for each worker
        "--no-control-socket",
        "--graceful-timeout",
        "5",
        "--log-level",
        "warning",
    ]
    demo.children = {
        "standin": Child("standin", standin, log=HOME / "standin.log", out=HOME / "standin.json"),
        "web": Child("web", web, log=HOME / "web.log"),
        "worker": Child("worker", ["manage.py", "worker"], log=HOME / "worker.log"),
    }
    for child in demo.children.values():
        child.start()
    said = wait_until("the stand-in", lambda: first_line(HOME / "standin.json"), seconds=60)
    demo.stores, demo.control_token = said["stores"], said.get("control_token", "")
    wait_until("the web server", lambda: answers(f"{demo.web}/livez"), seconds=60)


def running_demo() -> dict[str, Any] | None:
    """Read .skuu/demo.json when the demo it speaks of is running now."""
    before = previous()
    pids = list((before.get("processes") or {}).values())
    alive = bool(pids) and all(isinstance(pid, int) and still_ours(pid) for pid in pids)
    return before if alive and answers(f"{before['web']}/livez") else None


def borrow(demo: Demo, running: dict[str, Any]) -> None:
    """Use the processes of a demo that runs already: two stand-ins would fight over one world."""
    demo.web_port, demo.standin_port = urlsplit(running["web"]).port or 0, urlsplit(running["standin"]).port or 0
    settings.SHOPIFY_STANDIN_URL, settings.BASE_URL = demo.standin, demo.web
    said = first_line(HOME / "standin.json")
    demo.stores = said["stores"] if said else []


def first_line(path: Path) -> dict[str, Any] | None:
    """Read the one JSON line a starting process prints, once it is whole."""
    try:
        line = path.read_text().split("\n", 1)
    except OSError:
        return None
    if len(line) < 2:
        return None
    found = json.loads(line[0])
    return found if isinstance(found, dict) else None


def answers(url: str) -> bool:
    """Say whether somebody answers there."""
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


def previous_passwords() -> dict[str, str]:
    """Keep the passwords of an earlier run, so that a second run does not lock anybody out."""
    before = previous()
    people = [before.get("staff") or {}, *(before.get("merchants") or [])]
    return {p["username"]: p["password"] for p in people if isinstance(p, dict) and "password" in p and "username" in p}


def storefronts(demo: Demo) -> list[Storefront]:
    """Make a shopper's and a shopkeeper's view of every store."""
    keys = ("domain", "country", "currency", "shopper_token", "merchant_token")
    return [Storefront(demo.standin, **{key: store[key] for key in keys}) for store in demo.stores]


def write_file(demo: Demo) -> None:
    """Write .skuu/demo.json for programs: addresses, logins, stores, process ids; readable by its owner alone."""
    keys = ("domain", "country", "currency", "shopper_token", "merchant_token")
    content = {
        "web": demo.web,
        "standin": demo.standin,
        "control_token": demo.control_token,
        "staff": demo.people["staff"],
        "merchants": demo.people["merchants"],
        "stores": [{key: store[key] for key in keys} for store in demo.stores],
        "processes": {name: child.pid for name, child in demo.children.items()},
    }
    fresh = DEMO_FILE.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(content, indent=2) + "\n")
    fresh.replace(DEMO_FILE)


def restarted(demo: Demo, child: Child) -> None:
    """Note the new process id of a child that had died."""
    say.print(f"{child.name} had died and was started again (pid {child.pid})")
    write_file(demo)


def announce(demo: Demo, *, traffic: bool) -> None:
    """Tell a person where to go and what to try."""
    staff = demo.people["staff"]
    say.print(f"\n[bold]SKUU runs at {demo.web}[/bold]   (stand-in for Shopify at {demo.standin})\n")
    say.print(f"  network staff   {demo.web}/admin/   {staff['username']} / {staff['password']}")
    for one in demo.people["merchants"]:
        say.print(f"  {one['shop']:<22} {demo.web}/   {one['username']} / {one['password']}")
    say.print("\nTry: sign in as a shop, look at its shelf, read why something stands there or does not;")
    say.print(
        "as staff, decide a few review cards" + ("." if traffic else "; or let shoppers in: make demo DEMO=--traffic")
    )
    say.print(f"The same for programs: {DEMO_FILE}. API: {demo.web}/api/docs/. Ctrl-C stops everything.\n")


def stop_children(demo: Demo) -> None:
    """Stop what was started, the worker first so that nothing is left half asked."""
    for name in ("worker", "web", "standin"):
        if name in demo.children:
            demo.children[name].stop()


def stop(demo: Demo) -> None:
    """Stop every process this demo started; the embedded database server too."""
    demo.stopping = True
    stop_children(demo)
    connections.close_all()
    if demo.owns_database:
        server.stop()
    if DEMO_FILE.exists():
        DEMO_FILE.replace(LAST_FILE)
    say.print("stopped")
