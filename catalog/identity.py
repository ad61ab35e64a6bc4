"""Keep a variant's row, and with it its match and verdicts, when its shop creates the variant anew under another id.

Same shop, same SKU and same barcode, both present: that is the same variant. The two messages, gone and new, come in any
order, so both directions are looked at.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError, Q

from catalog.cleaning import text
from catalog.models import Match, Variant
from network.connectors.base import RemoteVariant


def adopt_returned(shop: Any, new: Sequence[RemoteVariant], gone: Mapping[int, Variant]) -> dict[str, Variant]:
    """Give the rows of variants that are gone to new variants with their SKU and barcode; returns them by new remote id.

    Runs inside the caller's transaction. A pair of SKU and barcode that several rows or several new variants share is left alone.
    """
    keys = _unique((text(variant.sku, 255), text(variant.barcode, 255), variant.id) for variant in new)
    if not keys:
        return {}
    was = Variant.objects.filter(
        Q(pk__in=gone) | Q(deleted_at__isnull=False),
        shop=shop,
        sku__in={sku for sku, _ in keys},
        barcode__in={barcode for _, barcode in keys},
    ).order_by("pk")
    rows = {row.pk: row for row in was}
    old = _unique((row.sku, row.barcode, row.pk) for row in rows.values())
    adopted: dict[str, Variant] = {}
    for key, remote_id in keys.items():
        if key in old:
            row = rows[old[key]]
            # the new id is written at once: the batch's upsert finds its row by it
            Variant.objects.filter(pk=row.pk).update(remote_id=remote_id)
            adopted[remote_id] = row
    return adopted


def reunite_twins(shop: Any, gone_ids: Collection[int], now: dt.datetime) -> int:
    """Make variants that have just gone one with the younger, unmatched ones that came in their place before; returns how many."""
    gone = _unique(Variant.objects.filter(pk__in=gone_ids).values_list("sku", "barcode", "pk"))
    if not gone:
        return 0
    living = Variant.objects.filter(
        shop=shop,
        deleted_at=None,
        sku__in={sku for sku, _ in gone},
        barcode__in={barcode for _, barcode in gone},
    )
    twins = _unique(living.values_list("sku", "barcode", "pk"))
    pairs = {gone[key]: twin for key, twin in twins.items() if key in gone and twin > gone[key]}
    matched = set(
        Match.objects.filter(variant_id__in=pairs.values(), status="linked").values_list("variant_id", flat=True)
    )
    done = 0
    for old_id, twin_id in pairs.items():
        if twin_id not in matched:
            done += _merge(old_id, twin_id, now)
    return done


def _merge(old_id: int, twin_id: int, now: dt.datetime) -> int:
    twin = Variant.objects.get(pk=twin_id)
    try:
        with transaction.atomic():
            Variant.objects.filter(pk=twin_id).delete()
            twin.pk = old_id
            twin.match_due_at = now
            twin.save(force_update=True)
    except ProtectedError:  # somebody has judged or ordered the younger one: both stay as they are
        return 0
    return 1


def _unique(rows: Iterable[tuple[str, str, Any]]) -> dict[tuple[str, str], Any]:
    """Index by SKU and barcode, both non-empty; what occurs twice is left out."""
    found: dict[tuple[str, str], Any] = {}
    twice = set()
    for sku, barcode, value in rows:
        if not sku or not barcode:
            continue
        key = (sku, barcode)
        if key in found:
            twice.add(key)
        found[key] = value
    return {key: value for key, value in found.items() if key not in twice}
