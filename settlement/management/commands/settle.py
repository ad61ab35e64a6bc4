"""Run a settlement cycle from the command line."""

import datetime as dt
import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from settlement.close import Closing, close_cycle
from skuu.kit.errors import SkuuError
from skuu.kit.money import major


class Command(BaseCommand):
    help = (
        "Post what is shipped, close the books through a date and write the statements. "
        "Exit code 0: done, or nothing new to close. 1: done, but some shipped orders could not be posted (named). "
        "2: refused, nothing was changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--through",
            required=True,
            metavar="DATE",
            help="last day to close, like 2026-11-30; today at most (today by UTC closes until now as well)",
        )
        parser.add_argument("--dry-run", action="store_true", help="show what would happen and take it back")
        parser.add_argument("--json", action="store_true", help="write the result as JSON")

    def handle(self, *args: Any, through: str, dry_run: bool, **options: Any) -> None:
        """Translate to close_cycle and tell what it did."""
        try:
            closing = close_cycle(
                self._meant(_date(through)), by="manage.py settle", dry_run=dry_run, tell=self._progress
            )
        except SkuuError as error:
            raise CommandError(error.message, returncode=2) from error
        if options["json"]:
            self.stdout.write(json.dumps(_plain(closing), indent=2))
        else:
            self._tell(closing)
        if closing.refused:
            sys.exit(1)

    def _meant(self, through: dt.date) -> dt.date:
        """Read a machine's “today” as now in the hours when the network's clock already shows tomorrow."""
        by_utc, here = dt.datetime.now(dt.UTC).date(), timezone.localdate()
        if through == by_utc != here and here.month == by_utc.month:
            self.stderr.write(
                f"{through} is still today by UTC: closing until now, which is {here} on the network's clock"
            )
            return here
        return through

    def _progress(self, text: str) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"{text} …")

    def _tell(self, closing: Closing) -> None:
        self.stdout.write(f"posted {closing.posted} shipped orders")
        for number, reason in closing.refused.items():
            self.stderr.write(self.style.ERROR(f"{number} could not be posted: {reason}"))
        if closing.cycle is None:
            self.stdout.write(f"nothing new to close through {closing.through}")
        else:
            self.stdout.write(f"closed cycle {closing.cycle} through {closing.through}: {closing.periods} periods")
        for each in _plain(closing)["statements"]:
            moved, sign = each["activity"].removeprefix("-"), "−" if each["activity"].startswith("-") else "+"
            self.stdout.write(
                f"  {each['number']}  {each['merchant']}  {each['opening']} {sign} {moved} = {each['closing']} "
                f"{each['currency']}  ({each['lines']} lines)"
            )
        if closing.dry_run:
            self.stdout.write(self.style.WARNING("dry run: all of it was taken back"))


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"“{text}” is not a date; write it like 2026-11-30.", returncode=2) from None


def _plain(closing: Closing) -> dict[str, Any]:
    amounts = ("opening", "activity", "closing")
    return {
        "through": closing.through.isoformat(),
        "dry_run": closing.dry_run,
        "posted": closing.posted,
        "refused": closing.refused,
        "released": closing.released,
        "periods": closing.periods,
        "cycle": closing.cycle,
        "statements": [
            each | {name: major(each[name], each["currency"]) for name in amounts} for each in closing.statements
        ],
    }
