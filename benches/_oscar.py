"""The peer of the route bench, run by its own Python: eight writers want more of one hot item than there is, as Oscar sells it.

Each try is what Oscar's checkout does with a basket of one unit: ask the strategy whether the purchase is permitted, then allocate in
the transaction that would also write the order. Arguments: a JSON object with the database's settings, units, tries and writers.
"""

import json
import sys
import threading
import time
from typing import Any


def main() -> None:
    """Migrate django-oscar into an empty database, then let the writers buy; prints what came of it."""
    _set_up(json.loads(sys.argv[1]))
    units, tries, writers = (int(one) for one in sys.argv[2:5])
    record = _hot_record(units)
    _sell(record, 1, 1)  # a try before the time is taken, given back
    record.cancel_allocation(1)
    seconds, won = _sell(record, tries, writers)
    record.refresh_from_db()
    print(json.dumps({"seconds": seconds, "won": won, "allocated": record.num_allocated}))


def _set_up(database: dict[str, Any]) -> None:
    import django
    import oscar
    from django.conf import settings
    from oscar import defaults

    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", **database}},
        INSTALLED_APPS=list(oscar.INSTALLED_APPS),
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        SITE_ID=1,
        SECRET_KEY="peer",  # noqa: S106
        HAYSTACK_CONNECTIONS={"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}},
        **{name: getattr(defaults, name) for name in dir(defaults) if name.startswith("OSCAR_")},
    )
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def _hot_record(units: int) -> Any:
    from oscar.core.loading import get_model

    kind = get_model("catalogue", "ProductClass").objects.create(name="Boots", track_stock=True)
    product = get_model("catalogue", "Product").objects.create(title="Boot", product_class=kind)
    partner = get_model("partner", "Partner").objects.create(name="Alma")
    records = get_model("partner", "StockRecord").objects
    return records.create(product=product, partner=partner, partner_sku="hot", price=100, num_in_stock=units)


def _sell(record: Any, tries: int, writers: int) -> tuple[float, int]:
    """Let threads, connected first, share the tries from one moment on; returns seconds and purchases."""
    from django.db import connection

    gate, left, won = threading.Barrier(writers + 1), iter(range(tries)), [0] * writers

    def work(number: int) -> None:
        connection.ensure_connection()
        try:
            gate.wait(60)
            won[number] = sum(_buy(record) for _ in left)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    gate.wait(60)
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began, sum(won)


def _buy(record: Any) -> bool:
    from django.db import transaction
    from oscar.core.loading import get_class

    fresh = type(record).objects.select_related("product__product_class").get(pk=record.pk)
    strategy = get_class("partner.strategy", "Selector")().strategy()
    permitted, _ = strategy.fetch_for_product(fresh.product, fresh).availability.is_purchase_permitted(1)
    if permitted:
        with transaction.atomic():
            fresh.allocate(1)
    return bool(permitted)


if __name__ == "__main__":
    main()
