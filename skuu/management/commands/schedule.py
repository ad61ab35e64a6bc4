"""Make the timetable true: write every recurring job of skuu.schedule into the queue's table, remove strays."""

from typing import Any

from django.core.management.base import BaseCommand

from skuu.timetable import write_timetable


class Command(BaseCommand):
    help = "Write the timetable of skuu/schedule.py into the queue; run it at every deployment."

    def handle(self, *args: Any, **options: Any) -> None:
        written, strays = write_timetable()
        if options["verbosity"]:
            self.stdout.write(f"{written} recurring jobs written, {strays} strays removed")
