"""Run a settlement cycle from the command line."""

import datetime as dt
import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from network.models import Merchant
from network.rates import published_rate
from settlement.close import Closing, Only, close_cycle
from settlement.cycles import last_cycle_end
from settlement.models import Account
from settlement.models.period import ALL
from settlement.unbilled import noted_waiting, told_in_words, told_plainly
from skuu.kit.errors import Busy, SkuuError
from skuu.kit.money import major


class Command(BaseCommand):
    help = (
        "Post what is shipped and returned, release and convert what is due, close the books through a date, write the "
        "statements and prepare the payments; nothing leaves before two people have approved it. Killed at any point, the next "
        "run finishes what is missing; two runs at once do no harm. "
        "Exit code 0: done, or nothing new to close. 1: done, but some shipped orders could not be posted (named). "
        "2: refused, nothing was changed. 3: another closing is under way, nothing was changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--through",
            metavar="DATE",
            help="last day to close, like 2026-11-30; today at most (today by UTC closes until now as well)",
        )
        parser.add_argument(
            "--cycle",
            choices=("weekly", "monthly"),
            help="write statements of, and pay, merchants that are settled like this; what moved for the others is carried to "
            "theirs. Without --through: close the last finished week (never across a month's end) or the last finished month; "
            "with it: refuse a date at which no such cycle ends. Left out: everybody's",
        )
        parser.add_argument(
            "--currency", default="", metavar="C", help="tell of, and pay, this currency only, like EUR"
        )
        parser.add_argument(
            "--merchant", metavar="M", help="tell of, and pay, this merchant only: its number or its name"
        )
        parser.add_argument("--dry-run", action="store_true", help="show what would happen and take it back")
        parser.add_argument("--json", action="store_true", help="write the result as JSON")

    def handle(self, *args: Any, through: str | None, dry_run: bool, **options: Any) -> None:
        """Translate to close_cycle and tell what it did."""
        day = self._day(through, options["cycle"])
        only = Only(_merchant(options["merchant"]), _currency(options["currency"].upper()))
        try:
            kind = options["cycle"] or ALL
            closing = close_cycle(
                day, by="manage.py settle", kind=kind, dry_run=dry_run, only=only, tell=self._progress
            )
        except Busy as error:
            raise CommandError(error.message, returncode=3) from error
        except SkuuError as error:
            raise CommandError(error.message, returncode=2) from error
        waiting = told_plainly(noted_waiting(only.merchant, only.currency))
        if options["json"]:
            self.stdout.write(json.dumps(_plain(closing) | {"waiting": waiting}, indent=2))
        else:
            self._tell(closing)
            self.stdout.writelines(told_in_words(waiting))
        if closing.refused:
            sys.exit(1)

    def _day(self, through: str | None, cycle: str | None) -> dt.date:
        if through is None:
            if cycle is None:
                raise CommandError("Say --through DATE, or --cycle weekly or monthly.", returncode=2)
            return last_cycle_end(timezone.localdate(), cycle)
        day = self._meant(_date(through))
        if cycle is not None and last_cycle_end(day + dt.timedelta(days=1), cycle) != day:
            raise CommandError(f"No {cycle} cycle ends on {day}.", returncode=2)
        return day

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
            whose = "" if closing.kind == ALL else f", statements of who is settled {closing.kind}"
            self.stdout.write(
                f"closed cycle {closing.cycle} through {closing.through}: {closing.periods} periods{whose}"
            )
        for each in _plain(closing)["statements"]:
            moved, sign = each["activity"].removeprefix("-"), "−" if each["activity"].startswith("-") else "+"
            self.stdout.write(
                f"  {each['number']}  {each['merchant']}  {each['opening']} {sign} {moved} = {each['closing']} "
                f"{each['currency']}  ({each['lines']} lines)"
            )
        for pay in _plain(closing)["payments"]:
            self.stdout.write(
                f"  {pay['number']}  {pay['payer'] or 'the network'} pays {pay['payee'] or 'the network'} {pay['amount']} "
                f"{pay['currency']} by {pay['due_on']} (to be approved)"
            )
        if closing.dry_run:
            self.stdout.write(self.style.WARNING("dry run: all of it was taken back"))


def _merchant(text: str | None) -> int | None:
    if not text:
        return None
    rows = Merchant.everyone.filter(pk=int(text)) if text.isdecimal() else Merchant.everyone.filter(name__iexact=text)
    found = list(rows.values_list("pk", flat=True)[:2])
    if len(found) != 1:
        raise CommandError(f"There is no merchant “{text}”, or more than one.", returncode=2)
    return found[0]


def _currency(code: str) -> str:
    """Refuse a currency that is in no account and has no rate: a typing error would look like an empty cycle."""
    known = not code or published_rate(code, timezone.localdate()) or Account.everyone.filter(currency=code).exists()
    if not known:
        raise CommandError(f"There is no currency “{code}” here: it has no rate and no account.", returncode=2)
    return code


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
        "kind": closing.kind,
        "posted": closing.posted,
        "refused": closing.refused,
        "released": closing.released,
        "converted": closing.converted,
        "periods": closing.periods,
        "cycle": closing.cycle,
        "payments": [each | {"amount": major(each["amount"], each["currency"])} for each in closing.payments],
        "statements": [
            each | {name: major(each[name], each["currency"]) for name in amounts} for each in closing.statements
        ],
    }
