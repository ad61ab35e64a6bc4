"""In whatever order a network's variants arrive, alone or together, edited there and back, the same links stand in the end."""

import os
from random import Random

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from catalog import match_audit
from catalog.models import HeldChange, Variant
from catalog.tests.small_network import change, gtin, linked, match_all, open_shops, sell

pytestmark = pytest.mark.django_db

DEEP = bool(os.environ.get("SKUU_DEEP"))
COLOURS = ("Black", "White", "")
CODES = ("", "NW1200-001", "NW1200-100")
VENDORS = ("Nordwand", "Nordwand", "", "Gipfelhaus")
products = st.fixed_dictionaries(
    {
        "shop": st.integers(0, 3),
        "colour": st.sampled_from(COLOURS),
        "code": st.sampled_from(CODES),
        "vendor": st.sampled_from(VENDORS),
        "barcodes": st.tuples(*[st.sampled_from((0, number, number + 10)) for number in (1, 2)]),
    }
)


class _Back(Exception):
    """Take an example's rows back."""


@settings(max_examples=150 if DEEP else 8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(listed=st.lists(products, min_size=2, max_size=5), dice=st.randoms(use_true_random=False))
@example(  # two products of one shop that complete each other: whoever comes first, the same one is chosen
    listed=[
        {"shop": 0, "colour": "Black", "code": "", "barcodes": (1, 2)},
        {"shop": 1, "colour": "Black", "code": "", "barcodes": (0, 2)},
        {"shop": 1, "colour": "Black", "code": "", "barcodes": (1, 0)},
    ],
    dice=Random(2),
)
@example(  # the last row shows that its shop misuses the barcode that kept the two before it apart
    listed=[
        {"shop": 0, "colour": "Black", "code": "", "barcodes": (1, 2)},
        {"shop": 2, "colour": "Black", "code": "", "barcodes": (11, 2)},
        {"shop": 2, "colour": "Black", "code": "", "barcodes": (11, 0)},
    ],
    dice=Random(0),
)
def test_the_order_of_arrival_changes_no_link(listed, dice):
    together = _links(listed, [list(range(len(listed)))])
    order = list(range(len(listed)))
    dice.shuffle(order)
    assert _links(listed, [[place] for place in order]) == together, f"{order} {listed}"


@settings(max_examples=60 if DEEP else 6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(listed=st.lists(products, min_size=2, max_size=5), dice=st.randoms(use_true_random=False))
@example(  # what a bridge parted when it was taken away, it may bring together again
    listed=[
        {"shop": 0, "colour": "Black", "code": "", "barcodes": (1, 0)},
        {"shop": 1, "colour": "Black", "code": "", "barcodes": (1, 0)},
        {"shop": 2, "colour": "Black", "code": "NW1200-001", "barcodes": (0, 0)},
        {"shop": 3, "colour": "Black", "code": "NW1200-001", "barcodes": (1, 0)},
    ],
    dice=Random(0),
)
def test_an_edit_there_and_back_changes_no_link(listed, dice):
    places = list(range(len(listed)))
    together = _links(listed, [places])
    edits = [(place, dice.choice((0, 1, 2, 11, 12)), dice.choice(CODES)) for place in [*places, places[-1]]]
    assert _links(listed, [places], edits) == together, f"{edits} {listed}"


def _links(listed, arrivals, edits=()):
    """List the products of each arrival, match, edit there and back, and tell which stand for one item, and the drift.

    The rows have the same ids whatever the order: they are there from the beginning, as deleted ones. Nights pass until
    there is nothing more to learn.
    """
    try:
        with transaction.atomic():
            shops = open_shops("Alma", "Bruno", "Cara", "Dora")
            made = []
            for one in listed:
                numbers = zip(("42", "43"), one["barcodes"], strict=True)
                sizes = {size: gtin(number) if number else "" for size, number in numbers}
                hidden = {"deleted_at": "2026-01-01T00:00:00Z", "match_due_at": None}
                made.append(sell(shops[one["shop"]], sizes, **_written(one), **hidden))
            for arrival in arrivals:
                coming = [variant.pk for place in arrival for variant in made[place].values()]
                Variant.objects.filter(pk__in=coming).update(deleted_at=None, match_due_at=timezone.now())
                match_all()
            for place, number, code in edits:
                one = made[place]["42"]
                change(one, barcode=gtin(number) if number else "", article_code=code)
                change(one, barcode=one.barcode, article_code=one.article_code)
            drift = _nights()
            names = {variant.pk: (place, size) for place, own in enumerate(made) for size, variant in own.items()}
            found = {frozenset(names[pk] for pk in members) for members in linked()}
            assert not HeldChange.objects.exists() or edits
            told = (found, drift.missing, drift.extra, Variant.objects.filter(match_due_at__isnull=False).count())
            raise _Back
    except _Back:
        return told


def _written(one):
    """Say of a product what decides besides its barcodes."""
    return {"colour": one["colour"], "code": one["code"], "vendor": one.get("vendor", "Nordwand")}


def _nights():
    """Compare and match until nothing is due; returns the last report."""
    while True:
        report = match_audit.audit_matching()
        if not Variant.objects.filter(match_due_at__isnull=False).exists():
            return report
        match_all()
