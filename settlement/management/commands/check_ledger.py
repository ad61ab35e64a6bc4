"""Prove the books from the command line."""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from settlement.check import check_ledger


class Command(BaseCommand):
    help = "Prove the books: every promise of the ledger, asked of its rows. Exit code 0: no doubt. 1: any doubt."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--strict", action="store_true", help="give shipped orders no five minutes to be posted")
        parser.add_argument("--json", action="store_true", help="write the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Translate to check_ledger and tell every doubt."""
        proof = check_ledger(strict=options["strict"])
        if options["json"]:
            self.stdout.write(json.dumps({"clean": proof.clean, **asdict(proof)}, indent=2))
        else:
            for finding in proof.findings:
                self.stdout.write(self.style.ERROR(f"NOT TRUE: {finding.promise} ({finding.count})"))
                for row in finding.rows:
                    self.stdout.write(f"  {row}")
            verdict = "clean" if proof.clean else f"{len(proof.findings)} promises do not hold"
            self.stdout.write(f"{proof.entries} entries, {proof.lines} lines, {proof.statements} statements: {verdict}")
        if not proof.clean:
            sys.exit(1)
