"""Compare two versions of the title model on frozen pairs and on the verdicts so far, or export the verdicts as pairs."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from catalog.evaluate_matching import Compared, evaluate_matching
from catalog.frozen_verdicts import export_verdicts, verdict_pairs
from catalog.matching.title_model.model import SHIPPED
from skuu.kit.errors import SkuuError


class Command(BaseCommand):
    """Door onto catalog.evaluate_matching."""

    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--old", type=Path, default=SHIPPED, help="folder of the version in use (the shipped one)")
        parser.add_argument("--new", type=Path, default=SHIPPED, help="folder of the version to judge")
        parser.add_argument("--pairs", action="append", nargs="+", type=Path, help="frozen labelled pairs")
        parser.add_argument("--verdicts", action="store_true", help="compare on what reviewers have decided too")
        parser.add_argument("--json", type=Path, help="write the figures to this file")
        parser.add_argument("--export-verdicts", type=Path, help="write the verdicts as training pairs, and stop there")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare and print the table, or export."""
        if options["export_verdicts"]:
            count = export_verdicts(options["export_verdicts"])
            self.stdout.write(f"{count} pairs written to {options['export_verdicts']}.")
            return
        files = [path for paths in options["pairs"] or [] for path in paths]
        try:
            found = evaluate_matching(
                files, old=options["old"], new=options["new"], verdicts=verdict_pairs() if options["verdicts"] else ()
            )
        except SkuuError as error:
            raise CommandError(error.message) from None
        if options["json"]:
            rows = [compared.row() for compared in found]
            options["json"].write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
        Console(file=self.stdout, width=120).print(_table(found))  # type: ignore[arg-type]


def _table(found: list[Compared]) -> Table:
    table = Table(box=None)
    for heading in (
        "set",
        "version",
        "pairs",
        "F1 (95 %)",
        "precision",
        "recall",
        "calibration error",
        "log loss",
        "better",
    ):
        table.add_column(heading)
    for one in found:
        for version, figures, bounds in (("old", one.old, one.old_interval), ("new", one.new, one.new_interval)):
            table.add_row(
                one.name if version == "old" else "", version, str(figures.pairs),
                f"{figures.f1:.3f} ({bounds[0]:.3f}-{bounds[1]:.3f})", f"{figures.precision:.3f}", f"{figures.recall:.3f}",
                f"{figures.ece:.3f}", f"{figures.log_loss:.3f}", one.better if version == "old" else "",
            )  # fmt: skip
    return table
