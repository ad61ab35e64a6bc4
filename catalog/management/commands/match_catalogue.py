"""Match a file of variants from the command line, beside the network and without touching its data."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from catalog.match_catalogue import Report, match_catalogue
from skuu.kit.errors import SkuuError


class Command(BaseCommand):
    help = (
        "Match the variants of a CSV file (id, shop_id, product_ref, title, vendor, colour, size, sku, article_code, "
        "barcode, price; other columns are ignored) and write id, item, method, probability, status, candidates and "
        "reason for each. Neither reads nor changes the network's data. Exit code 0: every line was used. 1: some "
        "lines could not be used and are listed. 2: nothing was matched."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--input", type=Path, required=True, metavar="variants.csv")
        parser.add_argument("--output", type=Path, required=True, metavar="links.csv")
        parser.add_argument(
            "--aliases",
            type=Path,
            metavar="FILE.json",
            help="other names of brands and colours, as export_aliases writes",
        )
        parser.add_argument("--json", type=Path, metavar="FILE", help="write what was done as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Translate to match_catalogue, show progress, and list the lines that could not be used."""
        console = Console(stderr=True)
        bar = Progress(TextColumn("{task.description:22}"), BarColumn(), TimeElapsedColumn(), console=console)
        try:
            with bar:
                task = bar.add_task("start", total=1.0)
                report = match_catalogue(
                    options["input"],
                    options["output"],
                    aliases=options["aliases"],
                    progress=lambda step, share: bar.update(task, description=step, completed=share),
                )
        except SkuuError as error:
            raise CommandError(f"{error.message} ({error.code})", returncode=2) from error
        if options["json"]:
            options["json"].write_text(
                json.dumps(asdict(report), indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
            )
        self._tell(report)
        if report.bad_lines:
            sys.exit(1)

    def _tell(self, report: Report) -> None:
        for number, reason in report.bad[:50]:
            self.stderr.write(f"line {number}: {reason}" if number else reason)
        if report.bad_lines > 50:
            self.stderr.write(f"… {report.bad_lines} lines could not be used; the JSON report lists the first of them")
        total = sum(report.seconds.values())
        self.stdout.write(
            f"{report.rows} variants: {report.linked} linked into {report.items} items, {report.ask} to ask about, "
            f"{report.alone} alone; {len(report.ambiguous)} barcodes nobody may decide by; {total:.1f} s"
        )
