"""Two matchers at once in a database of their own: one works, the other stands back, and no link is written twice."""

import threading

from django.db import connection

from catalog import match
from catalog.models import Match, MatchChange, Variant
from catalog.tests.small_network import gtin, linked, open_shops, sell


def test_two_matchers_link_everything_once(own_database):
    alma, bruno, cara = open_shops("Alma", "Bruno", "Cara")
    for number in range(0, 60, 2):
        for shop in (alma, bruno, cara):
            sell(shop, {"42": gtin(number), "43": gtin(number + 1)}, title=f"Nordwand Runner {number}")
    failed = []

    def work():
        try:
            while Variant.objects.filter(match_due_at__isnull=False).exists():
                match.match_due()
        except Exception as error:  # noqa: BLE001 - told by the test
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failed == []
    assert sorted(len(members) for members in linked()) == [3] * 60
    assert Match.objects.count() == MatchChange.objects.count() == 180
