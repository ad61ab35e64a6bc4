"""Match: a cold match of the generated world with its truth known, then changes one by one and in a batch."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import partial

from benches import _scratch  # first: it sets the environment that settings are read from

# isort: split
from django.db import connection
from django.utils import timezone

from benches._figures import Aim, Bench, forget_peak, open_bench, peak_bytes, share, timed
from catalog.match import match_due
from catalog.matching.engine import LINKED, Batch, decide_batch
from catalog.matching.normalising import Normalised, VariantIn, normalise
from catalog.models import Match, Variant
from network.connectors.shopify.standin.seeds import WorldSeed
from network.connectors.shopify.standin.world import build_world_with_truth
from network.connectors.shopify.standin.world.demo import TrueVariant
from skuu.kit.money import parse_minor
from skuu.testing.world import load_store

AT_SCALE_ONE = 3000
IN_DATABASE = (
    3_000  # rows for the single changes, unless fewer are asked for; more only with --rows above a hundred thousand
)
CHANGES = 60
BATCH = 1000
MILLION = 1_000_000


def main() -> None:
    """Match in memory first, then through the verb on a loaded database."""
    bench = open_bench("match", rows=30_000, meaning="variants of eight shops")
    world, truth = build_world_with_truth("demo", scale=bench.rows / AT_SCALE_ONE)
    rows = _as_received(world)
    with _scratch.scratch_database():
        facts = _match_cold(bench, rows, _true_items(world, truth))
        del rows, facts
        small = bench.rows if bench.rows > 100_000 else min(bench.rows, IN_DATABASE)
        _load(build_world_with_truth("demo", scale=small / AT_SCALE_ONE)[0] if small < bench.rows else world)
        _match_stored(bench)
        _change(bench)


# --- in memory --------------------------------------------------------------------------------------------------------
def _as_received(world: WorldSeed) -> list[VariantIn]:
    """Write every variant of the world as sync hands it to matching."""
    return [
        VariantIn(
            id=f"{store.domain}/{place}/{number}",
            shop_id=store.domain,
            product_ref=f"{store.domain}/{place}",
            title=product.title,
            vendor=product.vendor,
            options=tuple(zip(product.option_names, one.options, strict=True)),
            sku=one.sku,
            barcode=one.barcode,
            tags=product.tags,
            product_type=product.product_type,
            price_minor=parse_minor(one.price, store.currency),
            currency=store.currency,
            shop_names=(store.name, store.merchant),
        )
        for store in world.stores
        for place, product in enumerate(store.products)
        for number, one in enumerate(product.variants)
    ]


def _true_items(world: WorldSeed, truth: Iterable[TrueVariant]) -> dict[str, int]:
    return {f"{one.store}/{one.product}/{one.variant}": one.item for one in truth}


def _match_cold(bench: Bench, rows: Sequence[VariantIn], items: dict[str, int]) -> list[Normalised]:
    """Normalise and decide the whole list, questions included; count its pairs against the truth."""
    before = forget_peak()
    normalising, facts = timed(lambda: [normalise(row) for row in rows])
    deciding, batch = timed(lambda: decide_batch(facts))
    grown = peak_bytes() - before
    joining, pairs = _self_join(facts)
    _tell_quality(bench, facts, batch, items)
    bench.note(
        f"{len(rows)} rows: normalising {normalising:.1f} s, deciding {deciding:.1f} s; "
        f"{len(batch.asks)} questions; the self-join finds {pairs} pairs; load now {_scratch.load()}"
    )
    seconds = normalising + deciding
    bench.tell(
        "cold match, normalising and questions included",
        len(rows) / seconds,
        "rows/s",
        reference=len(rows) / joining,
        reference_name="the bare GTIN self-join in SQL on rows normalised already",
        aim=Aim(MILLION / 20),
        better="higher",
    )
    bench.tell(
        "memory a row of the cold match needs",
        grown / len(rows),
        "bytes",
        reference=None,
        reference_name="",
        aim=Aim(2 * 2**30 / MILLION),
        better="lower",
    )
    _beside_splink(bench, facts, items, normalising, deciding)
    return facts


def _tell_quality(bench: Bench, facts: Sequence[Normalised], batch: Batch, items: dict[str, int]) -> None:
    precision, recall, said, right, true = _judge(batch, items)
    join_precision, join_recall = _judge_pairs(facts, items)
    bench.note(f"{said} pairs linked, {right} of them right; {true} pairs are truly the same")
    for name, figure, bare, aim in (
        ("pairwise precision of links", precision, join_precision, 0.998),
        ("pairwise recall of links", recall, join_recall, 0.72),
    ):
        bench.tell(
            name,
            figure,
            "share",
            reference=bare,
            reference_name="the bare GTIN self-join",
            aim=Aim(aim),
            better="higher",
        )


def _judge(batch: Batch, items: dict[str, int]) -> tuple[float, float, int, int, int]:
    """Count pairs: precision, recall, pairs said to be the same, said so rightly, and truly the same."""
    linked = [(link.item, items[str(link.id)]) for link in batch.links if link.status == LINKED]
    said = _pairs(Counter(item for item, _ in linked))
    right = _pairs(Counter(linked))
    true = _pairs(Counter(items.values()))
    return right / max(said, 1), right / max(true, 1), said, right, true


def _judge_pairs(facts: Sequence[Normalised], items: dict[str, int]) -> tuple[float, float]:
    groups: dict[str, list[int]] = defaultdict(list)
    for one in facts:
        if one.gtin.key:
            groups[one.gtin.key].append(items[str(one.id)])
    said = _pairs(Counter({key: len(group) for key, group in groups.items()}))
    right = sum(_pairs(Counter(group)) for group in groups.values())
    return right / max(said, 1), right / max(_pairs(Counter(items.values())), 1)


def _pairs(sizes: Counter) -> int:
    return sum(size * (size - 1) // 2 for size in sizes.values())


def _self_join(facts: Sequence[Normalised]) -> tuple[float, int]:
    """Join the rows with themselves by their clean barcodes in SQL; loading is not counted, the answer is stored."""
    with connection.cursor() as cursor:
        cursor.execute("create temp table bench_gtin (id int, shop text, gtin text)")
        with cursor.copy("copy bench_gtin from stdin") as writer:
            for at, one in enumerate(facts):
                writer.write_row((at, one.shop_id, one.gtin.key or None))
        cursor.execute("analyze bench_gtin")
        join = (
            "create temp table bench_pairs as select a.id, b.id as other from bench_gtin a join bench_gtin b "
            "on a.gtin = b.gtin and a.id < b.id and a.shop <> b.shop"
        )
        seconds, _ = timed(lambda: cursor.execute(join))
        cursor.execute("select count(*) from bench_pairs")
        return seconds, cursor.fetchone()[0]


def _beside_splink(
    bench: Bench, facts: Sequence[Normalised], items: dict[str, int], normalising: float, deciding: float
) -> None:
    try:
        from benches import _splink
    except ImportError as error:
        bench.note(f"no comparison with Splink: {error}; see requirements-bench.txt")
        return
    linking, precision, recall = _splink.link(facts, items)
    bench.note(f"Splink: linking {linking:.1f} s, precision {precision:.4f}, recall {recall:.4f}")
    bench.tell(
        "cold match against Splink",
        normalising + deciding,
        "s",
        reference=normalising + linking,
        reference_name="Splink 5 on DuckDB, same rows normalised by the same code",
        aim=Aim(1, of="ratio"),
        better="lower",
    )


# --- in the database --------------------------------------------------------------------------------------------------
def _load(world: WorldSeed) -> None:
    for store in world.stores:
        load_store(store)
    _scratch.settle_down()


def _match_stored(bench: Bench) -> None:
    """Match everything that was loaded through the verb, batch by batch."""

    def match_all() -> int:
        turns = 0
        while match_due():
            turns += 1
        return turns

    seconds, turns = timed(match_all)
    rows, links = Variant.everyone.count(), Match.everyone.filter(status="linked").count()
    bench.note(f"first match through the verb: {rows} rows in {seconds:.1f} s, {turns} turns, {links} links")
    _scratch.settle_down()


def _change(bench: Bench) -> None:
    """Change one variant at a time, as sync leaves it: its row is new and due; then a thousand at once."""
    ids = list(Variant.everyone.order_by("remote_id").values_list("pk", flat=True))
    single, bare = [], []
    for at, pk in enumerate(ids[:: max(1, len(ids) // CHANGES)][:CHANGES]):
        title = {} if at % 2 else {"sku": f"B{at}"}
        Variant.everyone.filter(pk=pk).update(match_due_at=timezone.now(), **title)
        seconds, taken = timed(match_due)
        if taken != 1:
            raise RuntimeError(f"One change made {taken} variants due.")
        single.append(seconds)
        bare.append(timed(partial(_same_barcode, [pk]))[0])
    for name, part in (("p50", 0.5), ("p95", 0.95)):
        bench.tell(
            f"one change matched, {name}",
            share(single, part) * 1000,
            "ms",
            reference=share(bare, part) * 1000,
            reference_name="the bare GTIN self-join in SQL for one variant",
            aim=Aim(5),
            better="lower",
        )
    many = ids[:BATCH]
    Variant.everyone.filter(pk__in=many).update(match_due_at=timezone.now())
    seconds, taken = timed(match_due)
    joining, _ = timed(lambda: _same_barcode(many))
    bench.note(f"{len(ids)} variants stored, a batch of {taken}; load now {_scratch.load()}")
    bench.tell(
        "changes matched in a batch",
        taken / seconds,
        "1/s",
        reference=taken / joining,
        reference_name="the bare GTIN self-join in SQL for the same variants",
        aim=Aim(20_000),
        better="higher",
    )


def _same_barcode(ids: Sequence[int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "select a.id, b.id from catalog_variant a join catalog_variant b on b.gtin = a.gtin and b.shop_id <> a.shop_id "
            "where a.id = any(%s) and a.gtin <> '' and b.gtin <> ''",
            [list(ids)],
        )
        return len(cursor.fetchall())


if __name__ == "__main__":
    main()
