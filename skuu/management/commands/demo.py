"""The demo: keep a whole network running, or play its story once and say what happened."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = "Run the demo network (Ctrl-C stops it), or with --once play the whole story and exit."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="play the story once; exit 1 when a step did not do its work"
        )
        parser.add_argument("--json", metavar="FILE", help="with --once: write the steps as JSON to FILE")
        parser.add_argument("--traffic", action="store_true", help="let shoppers buy and shops ship, a few a minute")
        parser.add_argument("--world", default="demo", help="which world the stand-in opens (demo, tiny)")
        parser.add_argument("--scale", type=float, default=1.0, help="so many times the demo world's 3,000 variants")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            from skuu.demo.story import play_story

            if not play_story(world=options["world"], scale=options["scale"], json_file=options["json"]):
                raise SystemExit(1)
            return
        from skuu.demo.supervisor import run_demo

        run_demo(world=options["world"], traffic=options["traffic"], scale=options["scale"])
