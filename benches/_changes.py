"""Measures changes on a network that stands matched in the database: one at a time, and a batch."""

import pathlib
from collections.abc import Iterator, Sequence
from functools import partial

from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from benches import _scratch
from benches._figures import Aim, Bench, forget_peak, peak_bytes, share, timed
from benches._stored import load_network
from catalog.match import match_due
from catalog.models import Match, Product, Variant

KINDS = 6
CHANGES = 100 * KINDS  # single ones, as many of each kind
BATCH = 20_000
WARM = 5 * KINDS  # the first changes of a process fill its caches; they are not counted
GIB = 2**30
BARE = "the bare GTIN self-join in SQL"


def measure_changes(bench: Bench, network: pathlib.Path) -> None:
    """Load a network, match all of it through the verb, then change it."""
    held_back = (min(CHANGES, bench.rows // 50) + WARM) // KINDS
    loading, arriving = timed(lambda: load_network(network, held_back=held_back))
    bench.note(f"loaded in {loading:.1f} s")
    forget_peak()
    _match_all(bench)
    _change_singly(bench, arriving)
    _change_in_a_batch(bench)
    bench.tell(
        "memory of the matching process",
        peak_bytes() / GIB,
        "GiB",
        reference=None,
        reference_name="",
        aim=Aim(2),
        better="lower",
    )


def _match_all(bench: Bench) -> None:
    """Match everything that was loaded through the verb, batch by batch, as after many uploads."""
    rows = Variant.everyone.count()
    seconds, _ = timed(_match_changed)
    asking, _ = timed(_drain)
    links = Match.everyone.filter(status="linked").count()
    bench.note(f"first match through the verb: {rows} rows, {links} links, questions asked in {asking:.1f} s more")
    bench.tell(
        "first match of all rows through the verb",
        rows / seconds,
        "1/s",
        reference=None,
        reference_name="",
        aim=Aim(2_000),
        better="higher",
    )
    _scratch.settle_down()


def _drain() -> int:
    turns = 0
    while match_due():
        turns += 1
    return turns


def _change_singly(bench: Bench, arriving: Sequence[Variant]) -> None:
    """Change one variant at a time, as sync leaves it: its row is written and due."""
    single: list[float] = []
    bare: list[float] = []
    kinds: dict[str, list[float]] = {}
    for kind, pk in _changes(arriving):
        seconds = _match_one(pk)
        joining, _ = timed(partial(_same_barcode, [pk]))
        single.append(seconds)
        bare.append(joining)
        kinds.setdefault(kind, []).append(seconds)
    single, bare = single[WARM:], bare[WARM:]
    for name, part in (("p50", 0.5), ("p95", 0.95)):
        bench.tell(
            f"one change matched, {name}",
            share(single, part) * 1000,
            "ms",
            reference=share(bare, part) * 1000,
            reference_name=f"{BARE} for one variant",
            aim=Aim(5),
            better="lower",
        )
    asking, _ = timed(_drain)
    by_kind = ", ".join(f"{kind} {share(took, 0.95) * 1000:.1f}" for kind, took in kinds.items())
    bench.note(
        f"{len(single)} single changes, p95 in ms by kind: {by_kind}; questions of all {asking:.2f} s; load now {_scratch.load()}"
    )


def _changes(arriving: Sequence[Variant]) -> Iterator[tuple[str, int]]:
    """Write one change after the other: a new variant, another stock number, a barcode lost and found again, size, title."""
    total = Variant.everyone.count()
    ids = list(Variant.everyone.exclude(barcode="").order_by("pk").values_list("pk", "barcode"))
    stride = max(1, len(ids) // max(1, len(arriving)))
    for at, fresh in enumerate(arriving):
        pk, barcode = ids[at * stride % len(ids)]
        fresh.match_due_at = timezone.now()
        fresh.save()
        yield "new", fresh.pk
        Variant.everyone.filter(pk=pk).update(sku=f"B{at}-{total}", match_due_at=timezone.now())
        yield "stock number", pk
        Variant.everyone.filter(pk=pk).update(barcode="", match_due_at=timezone.now())
        yield "barcode lost", pk
        Variant.everyone.filter(pk=pk).update(barcode=barcode, match_due_at=timezone.now())
        yield "barcode found", pk
        Variant.everyone.filter(pk=pk).update(options=[["Size", "47.5"]], match_due_at=timezone.now())
        yield "size", pk
        page = Product.everyone.filter(variants=pk)
        page.update(title=Concat(F("title"), Value(" Neo")))
        Variant.everyone.filter(product__in=page).update(match_due_at=timezone.now())
        yield "title", pk


def _match_one(pk: int) -> float:
    """Add up the turns until this change is matched; asking whether it is does not count."""
    total = 0.0
    while Variant.everyone.filter(pk=pk, match_due_at__isnull=False).exists():
        seconds, taken = timed(match_due)
        if not taken:
            raise RuntimeError(f"Variant {pk} stays due.")
        total += seconds
    return total


def _match_changed() -> int:
    """Take turns until no change waits; questions may be left to ask."""
    turns = 0
    while Variant.everyone.filter(match_due_at__isnull=False).exists() and match_due():
        turns += 1
    return turns


def _change_in_a_batch(bench: Bench) -> None:
    """Change whole catalogues of shops at once, as uploads do: first what decides nothing, then barcodes."""
    wanted = min(BATCH, max(1, bench.rows // 5))
    ids = list(Variant.everyone.order_by("shop_id", "pk").values_list("pk", flat=True)[:wanted])
    rows = Variant.everyone.filter(pk__in=ids)
    rows.update(sku=Concat(Value("U-"), Cast(F("pk"), Variant._meta.get_field("sku"))), match_due_at=timezone.now())
    _match_batch(bench, "changes of no fact matched in a batch", ids)
    rows.exclude(barcode="").update(barcode="", match_due_at=timezone.now())
    lost = list(rows.filter(match_due_at__isnull=False).values_list("pk", flat=True))
    _match_batch(bench, "lost barcodes matched in a batch", lost)


def _match_batch(bench: Bench, name: str, ids: Sequence[int]) -> None:
    seconds, turns = timed(_match_changed)
    asking, _ = timed(_drain)
    joining, _ = timed(lambda: _same_barcode(ids))
    bench.note(
        f"{Variant.everyone.count()} variants stored; a batch of {len(ids)} matched in {turns} turns and {seconds:.2f} s, "
        f"their questions asked in {asking:.2f} s more; load {_scratch.load()}"
    )
    bench.tell(
        name,
        len(ids) / seconds,
        "1/s",
        reference=len(ids) / joining,
        reference_name=f"{BARE} for the same variants",
        aim=Aim(20_000),
        better="higher",
    )


def _same_barcode(ids: Sequence[int]) -> int:
    """Find who shares a clean barcode, each through the index."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select a.id, b.id from catalog_variant a cross join lateral (select id from catalog_variant "
            "where gtin = a.gtin and gtin_status = 'clean' and deleted_at is null and shop_id <> a.shop_id offset 0) b "
            "where a.id = any(%s) and a.gtin_status = 'clean'",
            [list(ids)],
        )
        return len(cursor.fetchall())
