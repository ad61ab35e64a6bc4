"""Compare the standing links with a full rebuild, from the command line."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from catalog.match_audit import audit_matching
from catalog.models import MatchingDrift


class Command(BaseCommand):
    help = (
        "Run the whole matching engine over all live variants and report how the standing links differ; changes no "
        "link. Exit code 1: the drift is an alarm."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", type=Path, metavar="FILE", help="write the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Translate to audit_matching and show progress."""
        bar = Progress(
            TextColumn("{task.description:22}"), BarColumn(), TimeElapsedColumn(), console=Console(stderr=True)
        )
        with bar:
            task = bar.add_task("comparing", total=None)
            report = audit_matching(lambda so_far: bar.update(task, description=f"{so_far.variants} variants"))
        if options["json"]:
            options["json"].write_text(json.dumps(describe_drift(report), indent=2) + "\n", encoding="utf-8")
        self.stdout.write(
            f"{report.variants} variants, {report.pairs} linked pairs: {report.missing} missing, {report.extra} extra, {report.held} held, "
            f"{report.split_items} items to split, {report.merged_items} to merge; {report.seconds:.1f} s"
        )
        if report.is_alarm:
            raise SystemExit(1)


def describe_drift(report: MatchingDrift) -> dict[str, Any]:
    """Write a report as a program reads it."""
    names = (
        "variants",
        "pairs",
        "missing",
        "extra",
        "held",
        "split_items",
        "merged_items",
        "by_class",
        "examples",
        "is_alarm",
    )
    return {name: getattr(report, name) for name in names} | {
        "seconds": round(report.seconds, 1),
        "share": report.share,
    }
