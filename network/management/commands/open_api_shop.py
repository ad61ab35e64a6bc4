"""Open a shop that has no Shopify store and joins through the REST API; prints its first key, once."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from network.connect import open_api_shop
from network.models import Merchant
from skuu.kit.errors import SkuuError


class Command(BaseCommand):
    help = "Open a REST shop for a merchant, in shadow mode, and print its first API key (it cannot be shown again)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--merchant", required=True, help="the merchant's legal name")
        parser.add_argument("--name", required=True, help="the shop's name, as people read it")
        parser.add_argument(
            "--domain", required=True, help="a name of its own that no other shop has, like alma-outlet"
        )
        parser.add_argument("--country", required=True, help="two letters, like NL")
        parser.add_argument("--currency", default="EUR", help="three letters, like EUR")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        merchant = Merchant.everyone.filter(legal_name=options["merchant"]).first()
        if merchant is None:
            raise CommandError(
                f"No merchant is called “{options['merchant']}”; see the back office for the legal names."
            )
        try:
            shop, key = open_api_shop(
                merchant,
                domain=options["domain"],
                name=options["name"],
                country=options["country"].upper(),
                currency=options["currency"].upper(),
                by="manage.py open_api_shop",
            )
        except SkuuError as error:
            raise CommandError(error.message) from error
        if options["json"]:
            self.stdout.write(json.dumps({"shop": shop.domain, "status": shop.status, "key": key}))
        else:
            self.stdout.write(f"{shop.name} is open in shadow mode. Its key, shown only now: {key}")
