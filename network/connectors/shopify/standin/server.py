"""The stand-in on a socket: a thread for each connection, connections kept open, and a context manager for tests."""

import socket
import sys
import threading
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from network.connectors.shopify.standin.core import StandIn
from network.connectors.shopify.standin.faults import AnswerLost, Fault, Faults
from network.connectors.shopify.standin.seeds import StoreSeed, WorldSeed
from network.connectors.shopify.standin.webhooks import Disorder

LARGEST_BODY = 20 * 1024 * 1024
LOOPBACK = ("127.", "::1", "::ffff:127.")


class Server(ThreadingHTTPServer):
    """A listening stand-in."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, standin: StandIn, host: str = "127.0.0.1", port: int = 0) -> None:
        self.standin = standin
        super().__init__((host, port), Door)
        shown = "127.0.0.1" if host in {"", "0.0.0.0"} else host  # noqa: S104
        standin.base_url = f"http://{shown}:{self.server_address[1]}"
        standin.resume()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing when a client goes away."""


class Door(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        """Send small answers at once."""
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_GET(self) -> None:
        """Answer a GET."""
        self._answer()

    def do_POST(self) -> None:
        """Answer a POST."""
        self._answer()

    def do_DELETE(self) -> None:
        """Answer a DELETE."""
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet: the stand-in has a log of its own."""

    def _answer(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        if length > LARGEST_BODY:
            self.close_connection = True
            self.send_error(413)
            return
        head = {name.lower(): value for name, value in self.headers.items()}
        if not str(self.client_address[0]).startswith(LOOPBACK):
            head.pop("x-standin-control", None)
        try:
            answer = self.server.standin.handle(
                self.command, head.get("host", ""), self.path, head, self.rfile.read(length)
            )
        except AnswerLost:
            self.close_connection = True
            return
        except Exception as error:  # noqa: BLE001
            traceback.print_exc(file=sys.stderr)
            answer = self.server.standin.json(500, {"errors": f"STANDIN_BROKEN {error!r}"})
        self._write(*answer)

    def _write(self, status: int, head: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in head.items():
            if name.lower() != "content-length":
                self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def listen(standin: StandIn, host: str, port: int, *, tries: int = 100) -> Server:
    """Listen on a port, or on the next free one above it."""
    for place in range(tries):
        try:
            if port and _taken(host, port + place):
                continue
            return Server(standin, host, port + place if port else 0)
        except OSError:
            continue
    raise OSError(f"no free port from {port} to {port + tries - 1}")


def _taken(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.2)
        return probe.connect_ex((host if host not in {"", "0.0.0.0"} else "127.0.0.1", port)) == 0  # noqa: S104


@dataclass(frozen=True)
class Running:
    """A stand-in that answers on ``base_url``; choose the store by the Host header."""

    standin: StandIn
    base_url: str

    @property
    def port(self) -> int:
        return int(self.base_url.rpartition(":")[2])

    @property
    def stores(self) -> dict[str, dict[str, Any]]:
        return {row["domain"]: row for row in self.standin.describe()}

    @property
    def faults(self) -> Faults:
        return self.standin.faults

    def shopper_token(self, domain: str) -> str:
        """Give the token of an app whose orders are customers' orders."""
        return self.standin.token(domain, "shopper")

    def merchant_token(self, domain: str) -> str:
        """Give the token of the store's own staff."""
        return self.standin.token(domain, "staff")

    def spoil(self, mode: str, match: str = "", **more: Any) -> None:
        """Let the next matching call fail."""
        self.standin.faults.add(Fault(mode, match, **more))

    def disturb(self, store: str = "", **disorder: Any) -> None:
        """Let the webhooks of a store, or of all, come late, shuffled, twice or never."""
        self.standin.deliveries.disturb(Disorder(**disorder), store)


@contextmanager
def running_standin(
    world: WorldSeed | Iterable[StoreSeed],
    *,
    client_id: str = "standin-app",
    client_secret: str = "standin-secret",  # noqa: S107
    state: Path | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    deterministic: bool = False,
    by_hand: bool = False,
    retry_seconds: float = 0.05,
) -> Iterator[Running]:
    """Run a stand-in in a thread on a free port while the block lasts."""
    standin = StandIn(
        client_id=client_id,
        client_secret=client_secret,
        state=state,
        deterministic=deterministic,
        by_hand=by_hand,
        retry_seconds=retry_seconds,
    )
    standin.load(world if isinstance(world, WorldSeed) else WorldSeed("given", tuple(world)))
    server = Server(standin, host, port)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="shopify stand-in", daemon=True
    )
    thread.start()
    try:
        yield Running(standin, standin.base_url)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
        standin.close()
