"""Score pairs of offers in a file: how probable it is that the two are the same, what is decided, and why."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.matching.title_model.model import WeightsNotUsable
from catalog.score_pairs import BadLine, FileNotUsable, score_pairs

MOST_REPORTED = 1000


class Command(BaseCommand):
    help = (
        'Read lines {"left": {...}, "right": {...}} and write them with probability, decision and evidence. Bad lines are '
        "reported with their number. Exit 0 when at least one line was scored or the file is empty, 1 otherwise."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--input", required=True, type=Path, help="JSON lines to score")
        parser.add_argument("--output", required=True, type=Path, help="where the scored lines go")
        parser.add_argument("--weights", type=Path, help="a folder with weights other than the shipped ones")

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
            summary = score_pairs(options["input"], options["output"], report, options["weights"])
        except (FileNotUsable, WeightsNotUsable) as error:
            raise CommandError(str(error)) from error
        found = ", ".join(f"{count} {name}" for name, count in summary.decisions.items())
        self.stdout.write(f"{summary.scored} pairs scored: {found}. {summary.bad} bad lines.")
        if summary.bad and not summary.scored:
            raise CommandError("No line could be scored.")
