"""Write the brands' and colours' other names that people have confirmed to a file, for the commands that work on files."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.alias_file import export_aliases


class Command(BaseCommand):
    help = "Write the aliases in force as JSON, for score_pairs --aliases; to the screen without --output."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", type=Path, metavar="FILE.json", help="where to write them")

    def handle(self, *args: Any, **options: Any) -> None:
        """Translate to export_aliases."""
        known = export_aliases()
        text = json.dumps(known, indent=2, ensure_ascii=False)
        if options["output"] is None:
            self.stdout.write(text)
            return
        try:
            options["output"].write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{options['output']} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"{len(known['brands'])} names of brands, {len(known['colours'])} words for colours.")
