"""Reading again what changed: whose facts are what they were is settled at once, side by side with the reading."""

import pytest
from django.utils import timezone

from catalog import match, reread
from catalog.models import Variant
from catalog.tests.small_network import gtin, match_all, open_shops, sell

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("side_by_side", [1, 500])
def test_of_many_changes_those_that_change_no_fact_are_settled_while_others_are_read(monkeypatch, side_by_side):
    monkeypatch.setattr(reread, "SIDE_BY_SIDE", side_by_side)
    [alma] = open_shops("Alma")
    own = sell(alma, {"42": gtin(1), "43": gtin(2), "44": gtin(3)})
    match_all()
    Variant.objects.update(sku="X-1", match_due_at=timezone.now())
    Variant.objects.filter(pk=own["43"].pk).update(barcode=gtin(9))
    _, due = reread.take_due()
    assert [row.pk for row in due if not row.is_settled] == [own["43"].pk]
    assert list(Variant.objects.filter(match_due_at__isnull=False).values_list("pk", flat=True)) == [own["43"].pk]
    assert match.match_changed() == 1
    assert not Variant.objects.filter(match_due_at__isnull=False).exists()


def test_a_row_that_changes_while_its_neighbours_are_read_keeps_its_mark(monkeypatch):
    monkeypatch.setattr(reread, "SIDE_BY_SIDE", 1)
    [alma] = open_shops("Alma")
    own = sell(alma, {"42": gtin(1), "43": gtin(2)})
    match_all()
    Variant.objects.update(sku="X-1", match_due_at=timezone.now())
    later, unchanged = timezone.now(), reread._unchanged

    def and_another_change(due):
        marks = unchanged(due)
        Variant.objects.filter(pk=own["43"].pk).update(match_due_at=later)
        return marks

    monkeypatch.setattr(reread, "_unchanged", and_another_change)
    reread.take_due()
    assert list(Variant.objects.filter(match_due_at__isnull=False).values_list("pk", "match_due_at")) == [
        (own["43"].pk, later)
    ]
