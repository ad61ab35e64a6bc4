"""Prove the books from the command line."""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from settlement.check import check_ledger
from settlement.seal import find_seal
from skuu.kit.errors import NotFound


class Command(BaseCommand):
    help = "Prove the books: every promise of the ledger, asked of its rows. Exit code 0: no doubt. 1: any doubt."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--strict", action="store_true", help="give shipped orders no five minutes to be posted")
        parser.add_argument(
            "--everything",
            "--full",
            action="store_true",
            help="hash every statement and seal again, and read all frozen facts; a big ledger has a share of them proved daily",
        )
        parser.add_argument(
            "--seal",
            metavar="DIGEST",
            help="only say whether the block of a seal, as a statement names it, reads as it was sealed",
        )
        parser.add_argument("--json", action="store_true", help="write the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Translate to check_ledger and tell every doubt."""
        if options["seal"]:
            self._look_up(options["seal"])
            return
        proof = check_ledger(strict=options["strict"], everything=options["everything"])
        if options["json"]:
            self.stdout.write(json.dumps({"clean": proof.clean, **asdict(proof)}, indent=2))
        else:
            for finding in proof.findings:
                self.stdout.write(self.style.ERROR(f"NOT TRUE: {finding.promise} ({finding.count})"))
                for row in finding.rows:
                    self.stdout.write(f"  {row}")
            verdict = "clean" if proof.clean else f"{len(proof.findings)} promises do not hold"
            self.stdout.write(f"{proof.entries} entries, {proof.lines} lines, {proof.statements} statements: {verdict}")
            if proof.share != "all":
                self.stdout.write(
                    f"Sums and sources: all rows. Digests of statements, seals and frozen facts: {proof.share}, another each "
                    "day; --full proves all of them now."
                )
        if not proof.clean:
            sys.exit(1)

    def _look_up(self, digest: str) -> None:
        try:
            seal, holds = find_seal(digest)
        except NotFound as error:
            raise CommandError(error.message) from error
        verdict = "reads as it was sealed" if holds else "NO LONGER READS AS IT WAS SEALED"
        self.stdout.write(f"{seal}, {seal.entries} entries, sealed {seal.sealed_at:%Y-%m-%d %H:%M} UTC: {verdict}")
        if not holds:
            sys.exit(1)
