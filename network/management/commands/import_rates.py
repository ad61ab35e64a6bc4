"""Keep the central bank's reference rates: `manage.py import_rates eurofxref-hist.zip`."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from network.rates import keep_rates, newest_day, read_rates
from skuu.kit.errors import SkuuError


class Command(BaseCommand):
    """Read a file of reference rates; the same file again changes nothing."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="eurofxref.csv, eurofxref-hist.csv or the zip of either")
        parser.add_argument("--since", type=dt.date.fromisoformat, help="leave older days out (YYYY-MM-DD)")
        parser.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            kept = keep_rates(read_rates(options["file"], since=options["since"]))
        except (OSError, SkuuError) as error:
            raise CommandError(str(error)) from None
        if options["json"]:
            self.stdout.write(json.dumps({"kept": kept, "newest": newest_day().isoformat()}))
        else:
            self.stdout.write(f"{kept} rates kept; the newest are of {newest_day()}.")
