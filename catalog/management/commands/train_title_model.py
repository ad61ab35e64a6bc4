"""Train the title model from labelled pairs and write its weights with the figures they were measured at."""

import json
from argparse import RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, DjangoHelpFormatter
from django.utils import timezone

from catalog.frozen_verdicts import verdict_pairs
from catalog.train_titles import train_title_model
from skuu.kit.errors import SkuuError

MORE = """\
Labelled pairs are read in three forms, each packed by gzip or not (.gz):
  *.txt    left TAB right TAB label, a pair on each line; COL … VAL … marks are left out
  *.csv    ltable_id,rtable_id,label beside tableA.csv and tableB.csv (id, title; brand, price where there are any)
  *.jsonl  {"left": {"title": "…", "brand": "…"}, "right": "…", "label": 1}; a side may be its title alone
A label is 1, true or same, or 0, false or different. Files of one folder count as one set. A pair that stands in a
frozen file (--valid) never trains. Training wants the libraries of requirements-train.txt.

Examples:
  python manage.py train_title_model --pairs pairs/train.txt --valid pairs/valid.txt --output var/model
  python manage.py train_title_model --pairs a/*.txt b/train.csv --verdicts --output var/model
  python manage.py evaluate_matching --new var/model --pairs pairs/valid.txt

The figures are printed as JSON. Exit code 0: weights were written. 1: nothing was written, and one line says why.
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
