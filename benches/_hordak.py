"""The peer of the settle bench, run by its own Python: so many transactions of five legs, each committed; prints how many a second.

Arguments: a JSON object with the database's settings, and how many.
"""

import json
import sys
import time


def main() -> None:
    """Migrate django-hordak into an empty database and post."""
    import django
    from django.conf import settings

    database, count = json.loads(sys.argv[1]), int(sys.argv[2])
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", **database}},
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "mptt", "hordak"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        SECRET_KEY="peer",  # noqa: S106
        HORDAK_DECIMAL_PLACES=2,
        HORDAK_CURRENCIES=["EUR"],
        DEFAULT_CURRENCY="EUR",
        HORDAK_INTERNAL_CURRENCY="EUR",
    )
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    print(json.dumps(_post(count)))


def _post(count: int) -> dict[str, float]:
    from django.db import connection, transaction
    from hordak.models import Account, Leg, Transaction

    accounts = [
        Account.objects.create(name=f"A{number}", code=f"{number:03d}", type="AS", currencies=["EUR"])
        for number in range(45)
    ]
    with connection.cursor() as cursor:
        cursor.execute("analyze")

    def one(number: int) -> None:
        origin, shipper, fee, vat = (accounts[(number * step) % 45] for step in (1, 7, 11, 13))
        with transaction.atomic():
            row = Transaction.objects.create(description=f"order {number}")
            amounts = ((origin, 109.20, True), (shipper, 106.80, False), (fee, 2.00, False), (vat, 0.30, False))
            legs = [
                Leg(
                    transaction=row,
                    account=account,
                    **{"debit" if debit else "credit": f"{amount:.2f}", "currency": "EUR"},
                )
                for account, amount, debit in (*amounts, (vat, 0.10, False))
            ]
            Leg.objects.bulk_create(legs)

    one(0)
    begin = time.perf_counter()
    for number in range(1, count + 1):
        one(number)
    return {"rate": count / (time.perf_counter() - begin)}


if __name__ == "__main__":
    main()
