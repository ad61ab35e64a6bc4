"""Train the title model from labelled pairs and write its weights with the figures they were measured at."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from catalog.frozen_verdicts import verdict_pairs
from catalog.train_titles import train_title_model
from skuu.kit.errors import SkuuError


class Command(BaseCommand):
    """Door onto catalog.train_titles."""

    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--pairs", required=True, action="append", nargs="+", type=Path,
            help="labelled pairs: tab separated, CSV of ids beside tableA.csv and tableB.csv, or JSON lines; .gz allowed",
        )  # fmt: skip
        parser.add_argument("--valid", action="append", nargs="+", type=Path, help="frozen pairs that never train")
        parser.add_argument("--output", required=True, type=Path, help="folder for weights.npz and figures.json")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--verdicts", action="store_true", help="train on what reviewers have decided too")
        parser.add_argument(
            "--accept", action="store_true", help="allow the shipped weights to be replaced, if not worse"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Train, and print the figures as JSON."""
        pairs = [path for paths in options["pairs"] for path in paths]
        valid = [path for paths in options["valid"] or [] for path in paths]
        try:
            figures = train_title_model(
                pairs, valid, options["output"], today=timezone.localdate(), seed=options["seed"],
                accept=options["accept"], verdicts=verdict_pairs() if options["verdicts"] else (),
            )  # fmt: skip
        except SkuuError as error:
            raise CommandError(error.message) from None
        self.stdout.write(json.dumps(figures, indent=2, sort_keys=True))
