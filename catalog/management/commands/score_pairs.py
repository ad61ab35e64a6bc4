"""Score pairs of offers in a file: how probable it is that the two are the same, what is decided, and why."""

from argparse import RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, DjangoHelpFormatter

from catalog.alias_file import AliasesNotReadable
from catalog.matching.title_model.model import WeightsNotUsable
from catalog.score_pairs import BadLine, FileNotUsable, score_pairs

MOST_REPORTED = 1000


MORE = """\
Each line of the input is {"left": {…}, "right": {…}}. A side may have title, brand (or vendor), article_code, sku,
barcode, size, colour, gender, price, currency and options ([{"name": "Size", "value": "42"}]); all may be missing, a
title alone is enough, other fields are ignored. Each line comes back, in order and with all it had, with
  probability  between 0 and 1
  decision     same, ask or different
  evidence     sentences that say why
Bad lines are reported with their number on the error stream, the others are scored. The output appears whole or not
at all, and may not be the input.

Example:
  python manage.py score_pairs --input pairs.jsonl --output scored.jsonl

Exit code 0: at least one line was scored, or the file is empty. 1: nothing could be scored, and one line says why.
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
        parser.add_argument("--input", required=True, type=Path, help="JSON lines to score")
        parser.add_argument("--output", required=True, type=Path, help="where the scored lines go")
        parser.add_argument("--weights", type=Path, help="a folder with weights other than the shipped ones")
        parser.add_argument(
            "--aliases",
            type=Path,
            metavar="FILE.json",
            help="other names of brands and colours, as export_aliases writes",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        told = 0

        def report(line: BadLine) -> None:
            nonlocal told
            told += 1
            if told <= MOST_REPORTED:
                self.stderr.write(f"line {line.number}: {line.problem}{' (scored)' if line.scored else ''}")
            elif told == MOST_REPORTED + 1:
                self.stderr.write("further lines are counted, not listed")

        try:
            summary = score_pairs(options["input"], options["output"], report, options["weights"], options["aliases"])
        except (AliasesNotReadable, FileNotUsable, WeightsNotUsable) as error:
            raise CommandError(str(error)) from error
        found = ", ".join(f"{count} {name}" for name, count in summary.decisions.items())
        self.stdout.write(f"{summary.scored} pairs scored: {found}. {summary.bad} bad lines.")
        if summary.bad and not summary.scored:
            raise CommandError("No line could be scored.")
