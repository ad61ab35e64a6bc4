"""Prove that words of a customer are nowhere in what the network keeps, or show where they are."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from skuu.proof.privacy import search_database, search_files, spellings


class Command(BaseCommand):
    help = (
        "Search every table (encrypted columns are opened too), logs and files for words of a customer, such as an e-mail "
        "address and a phone number. Exits 1 when any is found."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("words", nargs="+", metavar="WORD", help="an e-mail address, a phone number, a name")
        parser.add_argument(
            "--files", nargs="*", metavar="PLACE", help="files and folders to search (default: var and .skuu)"
        )
        parser.add_argument(
            "--allow-sealed",
            action="store_true",
            help="words in encrypted columns are reported and no fault: addresses of parcels on their way",
        )
        parser.add_argument("--json", action="store_true", help="write the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        words = spellings(options["words"])
        named = options["files"]
        base = Path(settings.BASE_DIR)
        places = [Path(one) for one in named] if named is not None else [base / "var", base / ".skuu"]
        hits = [*search_database(words), *search_files([one for one in places if one.exists()], words)]
        faults = [hit for hit in hits if not (hit.sealed and options["allow_sealed"])]
        if options["json"]:
            rows = [{"where": hit.where, "count": hit.count, "sealed": hit.sealed} for hit in hits]
            self.stdout.write(json.dumps({"words": len(options["words"]), "hits": rows, "clean": not faults}))
        else:
            for hit in hits:
                self.stdout.write(f"{hit.where}: {hit.count}{' (encrypted)' if hit.sealed else ''}")
            self.stdout.write("No word was found." if not hits else f"{len(faults)} places hold them.")
        if faults:
            raise SystemExit(1)
