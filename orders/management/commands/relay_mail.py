"""Take in one mail for an alias, as a mail server hands it over: on standard input, the recipient as argument."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from network.scoping import as_network
from orders.relay import AliasGone, Unrelayable, relay_mail

# sysexits.h, which mail servers read: bounce it, refuse it, try again later
NO_USER, REFUSED, LATER = 67, 77, 75


class Command(BaseCommand):
    help = "Relay a mail read from standard input to whoever stands behind RECIPIENT. Exits 67, 77 or 75 as mail servers expect."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("recipient", metavar="RECIPIENT")

    def handle(self, *args: Any, **options: Any) -> None:
        raw = sys.stdin.buffer.read()
        try:
            with as_network():
                way = relay_mail(raw, options["recipient"])
        except AliasGone as error:
            self._end(NO_USER, error.message)
        except Unrelayable as error:
            self._end(REFUSED, error.message)
        except OSError as error:
            self._end(LATER, f"not sent ({type(error).__name__})")
        else:
            self.stdout.write(f"relayed {way}")

    def _end(self, code: int, words: str) -> None:
        self.stderr.write(words)
        raise SystemExit(code)
