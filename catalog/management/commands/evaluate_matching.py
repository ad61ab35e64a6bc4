"""Compare two versions of the title model on frozen pairs and on the verdicts so far, or export the verdicts as pairs."""

import json
from argparse import RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, DjangoHelpFormatter
from rich.console import Console
from rich.table import Table

from catalog.evaluate_matching import Compared, evaluate_matching
from catalog.frozen_verdicts import export_verdicts, verdict_pairs
from catalog.matching.title_model.model import SHIPPED
from skuu.kit.errors import SkuuError

MORE = """\
Two versions of the title model (folders with weights.npz; the shipped one unless named) answer the same labelled
pairs. The table shows for each set F1 with its 95 % interval, precision, recall, calibration error and log loss, and
which version is better: new, old, or neither while the interval of the difference holds zero. Nothing is changed.

Labelled pairs are read in three forms, each packed by gzip or not (.gz):
  *.txt    left TAB right TAB label, a pair on each line
  *.csv    ltable_id,rtable_id,label beside tableA.csv and tableB.csv
  *.jsonl  {"left": {"title": "…", "brand": "…"}, "right": "…", "label": 1}

Examples:
  python manage.py evaluate_matching --pairs pairs/valid.txt
  python manage.py evaluate_matching --new var/model --pairs pairs/valid.txt --verdicts --json figures.json
  python manage.py evaluate_matching --export-verdicts var/verdicts.jsonl

Exit code 0: the table was printed, or the verdicts were written. 1: nothing was compared, and one line says why.
"""


class _AsWritten(DjangoHelpFormatter, RawDescriptionHelpFormatter):
    """Keeps the lines of the description as they are."""


class Command(BaseCommand):
    help = f"{__doc__}\n\n{MORE}"
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Let the help keep its lines."""
        return super().create_parser(prog_name, subcommand, formatter_class=_AsWritten, **kwargs)

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
            try:
                count = export_verdicts(options["export_verdicts"])
            except OSError as error:
                raise CommandError(f"{options['export_verdicts']} cannot be written: {error.strerror}.") from None
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
            _write(options["json"], json.dumps(rows, indent=2) + "\n")
        Console(file=self.stdout, width=120).print(_table(found))  # type: ignore[arg-type]


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from None


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
