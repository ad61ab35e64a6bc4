"""Serve a local Shopify for the demo and for tests; it touches no database and production settings refuse it."""

import json
import signal
import sys
import threading
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from skuu.kit.errors import SkuuError

DOMAIN = ".myshopify.com"


class Command(BaseCommand):
    """Thin door onto the stand-in."""

    help = "Serve a local Shopify: real Admin GraphQL against the official schema, stores chosen by the Host header."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Read port, world, imports and where state is kept."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=9400, help="taken: the next free one")
        parser.add_argument("--world", default=None, help="demo, tiny, or none; demo unless files are imported")
        parser.add_argument("--scale", type=float, default=1.0, help="size of the world")
        parser.add_argument("--seed", type=int, default=7, help="which world of that name")
        parser.add_argument(
            "--import",
            dest="imports",
            action="append",
            default=[],
            metavar="STORE=FILE.csv",
            help="fill a store from an export",
        )
        parser.add_argument("--locations", type=int, default=1, help="places of a store that an import opens")
        parser.add_argument("--state", type=Path, default=None, help="keep state in this file")
        parser.add_argument("--deterministic", action="store_true", help="same ids and tokens in every run")
        parser.add_argument("--client-id", default=settings.SHOPIFY_CLIENT_ID or "standin-app")
        parser.add_argument("--client-secret", default=settings.SHOPIFY_CLIENT_SECRET or "standin-secret")
        parser.add_argument("--control-token", default=None, help="for /__standin/; random unless given")
        parser.add_argument("--json", action="store_true", help="print one line with address, stores and tokens")

    def handle(self, *args: Any, **options: Any) -> None:
        """Open the stores, say where they are, serve until told to stop."""
        if settings.PRODUCTION:
            raise CommandError("The stand-in is for the demo and for tests; production talks to Shopify itself.")
        try:
            self._serve(options)
        except SkuuError as error:
            raise CommandError(error.message) from error

    def _serve(self, options: dict[str, Any]) -> None:
        from network.connectors.shopify.standin.core import StandIn
        from network.connectors.shopify.standin.server import listen

        standin = StandIn(
            client_id=options["client_id"],
            client_secret=options["client_secret"],
            state=options["state"],
            deterministic=options["deterministic"],
        )
        if options["control_token"]:
            standin.control_token = options["control_token"]
        world = options["world"] or ("none" if options["imports"] else "demo")
        if world != "none":
            from network.connectors.shopify.standin.world import build_world

            standin.load(build_world(world, seed=options["seed"], scale=options["scale"]))
        imports = [self._imported(standin, given, options["locations"]) for given in options["imports"]]
        server = listen(standin, options["host"], options["port"])
        port = server.server_address[1]
        if options["port"] and port != options["port"]:
            self.stderr.write(f"Port {options['port']} is taken; listening on {port}.")
        self._announce(standin, port, imports, as_json=options["json"])
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: threading.Thread(target=server.shutdown, daemon=True).start())
        server.serve_forever(poll_interval=0.2)
        server.server_close()
        standin.close()

    def _imported(self, standin: Any, given: str, locations: int) -> dict[str, Any]:
        from network.connectors.shopify.standin.importing import read_export

        name, _, file = given.partition("=")
        if not file:
            raise CommandError(f"--import wants STORE=FILE.csv, not {given}")
        domain = name if name.endswith(DOMAIN) else f"{name}{DOMAIN}"
        if not Path(file).is_file():
            raise CommandError(f"There is no file {file}")
        own = standin.places_of(domain) or locations
        result = read_export(Path(file), location_count=own, price_currency=standin.currency_of(domain), salt=domain)
        already = standin.is_filled(domain, Path(file).name)
        if not already:
            standin.fill(domain, result.products, locations=locations, source=Path(file).name)
        for problem in result.problems:
            self.stderr.write(f"{domain}: row {problem.row} ({problem.handle or 'no handle'}): {problem.what}")
        if result.problems:
            self.stderr.write(f"{domain}: {len(result.problems)} of {result.rows} rows of {file} could not be used.")
        return {
            "store": domain, "file": file, "rows": result.rows, "used": result.rows - len(result.problems),
            "products": len(result.products), "variant_rows": result.used_variant_rows, "image_rows": result.image_only_rows,
            "problems": [asdict(one) for one in result.problems], "remarks": [asdict(one) for one in result.remarks],
            "already_there": already,
        }  # fmt: skip

    def _announce(self, standin: Any, port: int, imports: list[dict[str, Any]], *, as_json: bool) -> None:
        stores = standin.describe()
        if as_json:
            facts = {
                "port": port,
                "url": standin.base_url,
                "control_token": standin.control_token,
                "stores": stores,
                "imports": imports,
            }
            self.stdout.write(json.dumps(facts, ensure_ascii=True))
        else:
            self.stdout.write(f"Shopify stand-in on {standin.base_url}")
            for row in stores:
                self.stdout.write(f"  {row['domain']}  {row['country']} {row['currency']}  {row['variants']} variants")
        self.stdout.flush()
        sys.stdout.flush()
