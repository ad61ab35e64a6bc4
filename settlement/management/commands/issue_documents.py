"""Issue a month's invoices and credit notes from the command line."""

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from network.scoping import as_network
from settlement.invoice import Issued, issue_documents
from settlement.models import StoredFile
from settlement.unbilled import told_in_words, told_plainly
from skuu.kit.errors import SkuuError
from skuu.kit.money import major


class Command(BaseCommand):
    help = (
        "Issue the documents of a month whose books are closed. Exit code 0: done, or nothing new. "
        "1: done, but some could not be issued (named). 2: refused, nothing was changed. "
        "What waits for its supplier's agreement to self-billing is told with its amount; it is issued by the run after."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--month", required=True, metavar="MONTH", help="like 2026-10")
        parser.add_argument("--to", metavar="FOLDER", help="also lay the new documents' files there")
        parser.add_argument("--json", action="store_true", help="write the result as JSON")

    def handle(self, *args: Any, month: str, **options: Any) -> None:
        """Translate to issue_documents and tell what it did."""
        try:
            day = dt.date.fromisoformat(f"{month}-01")
        except ValueError:
            raise CommandError(f"“{month}” is not a month; write it like 2026-10.", returncode=2) from None
        try:
            issued = issue_documents(day, by="manage.py issue_documents")
        except SkuuError as error:
            raise CommandError(error.message, returncode=2) from error
        if options["to"]:
            _lay(issued, Path(options["to"]))
        self._tell(issued, plain=options["json"])
        if issued.stuck:
            sys.exit(1)

    def _tell(self, issued: Issued, *, plain: bool) -> None:
        rows = [
            {"number": row.number, "kind": row.kind, "gross": major(row.gross, row.currency), "currency": row.currency}
            for row in issued.documents
        ]
        waiting = told_plainly(issued.waiting)
        if plain:
            self.stdout.write(json.dumps({"documents": rows, "stuck": issued.stuck, "waiting": waiting}, indent=2))
            return
        for row in rows:
            self.stdout.write(f"{row['kind']} {row['number']}  {row['gross']} {row['currency']}")
        self.stdout.writelines(told_in_words(waiting))
        for name, reason in issued.stuck.items():
            self.stderr.write(self.style.ERROR(f"{name}: {reason}"))


def _lay(issued: Issued, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    suffix = {"cii": "cii.xml", "ubl": "ubl.xml", "pdf": "pdf"}
    with as_network():
        for document in issued.documents:
            for file in StoredFile.everyone.filter(document=document):
                (folder / f"{document.number}.{suffix[file.kind]}").write_bytes(bytes(file.content))
