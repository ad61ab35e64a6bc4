"""Re-encrypt everything with the newest key: put the new key first in SKUU_KEYRING, run this, then remove the old one."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from network.rotate import rotate_keys
from skuu.kit.errors import SkuuError


class Command(BaseCommand):
    """Door onto network.rotate."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the counts as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate and say how many values were written."""
        try:
            done = rotate_keys()
        except SkuuError as error:
            raise CommandError(error.message) from None
        if options["json"]:
            self.stdout.write(json.dumps(done))
            return
        for name, count in sorted(done.items()):
            self.stdout.write(f"{count:>8}  {name}")
        self.stdout.write(self.style.SUCCESS("Everything is written with the newest key; the old keys may go."))
