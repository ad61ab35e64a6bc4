"""Match: a network's file through the command, its truth known, beside Splink; then changes one by one and in a batch."""

import contextlib
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

from benches import _scratch  # first: it sets the environment that settings are read from

# isort: split
from django.db import connection

from benches._changes import measure_changes
from benches._figures import Aim, Bench, Better, open_bench, timed
from benches._judging import Cards, Quality, Truth, judge_asks, judge_links, judge_oracle, read_links, read_truth
from benches._network_of_shops import WORLDS, write_network
from benches._normalised import write_facts
from benches._peers import peers_python
from benches._processes import Cost, run_watched
from skuu.postgresql import server

ROOT = pathlib.Path(__file__).resolve().parents[1]
GIB = 2**30
SMALLER = 10  # times; growth is looked at between this part of the rows and all of them
COMMAND = (sys.executable, "manage.py", "match_catalogue")


@dataclass(frozen=True)
class Answer:
    """What the command made of one network."""

    rows: int
    cost: Cost
    quality: Quality
    cards: Cards
    truth: Truth

    @property
    def seconds_a_row(self) -> float:
        """How long one row took, the start of the program included."""
        return self.cost.seconds / self.rows


def main() -> None:
    """Match a file of a tenth, then the whole, then compare, then live with it in the database."""
    bench = open_bench(
        "match",
        rows=30_000,
        meaning="variants of two hundred shops",
        choices={"noise": tuple(WORLDS), "seed": ("7",), "part": ("all", "file", "stored")},
    )
    part = bench.chosen["part"]
    with _scratch.scratch_database(), tempfile.TemporaryDirectory(prefix="skuu-bench-") as name:
        folder = pathlib.Path(name)
        if part != "stored":
            smaller = _match_file(bench, folder, max(1, bench.rows // SMALLER))
            whole = _match_file(bench, folder, bench.rows)
            _tell_answer(bench, whole, smaller)
            _beside_others(bench, folder, whole)
        if part != "file":
            network = _network(bench, folder, bench.rows)
            measure_changes(bench, network)


def _network(bench: Bench, folder: pathlib.Path, rows: int) -> pathlib.Path:
    path = folder / f"network-{rows}.csv"
    if not path.exists():
        write_network(path, rows, int(bench.chosen["seed"]), bench.chosen["noise"])
    return path


# --- the file -----------------------------------------------------------------------------------------------------------
def _match_file(bench: Bench, folder: pathlib.Path, rows: int) -> Answer:
    """Match one network with the product's own command and judge the answer."""
    network, links = _network(bench, folder, rows), folder / f"links-{rows}.csv"
    files = ("--input", str(network), "--output", str(links), "--json", str(folder / f"told-{rows}.json"))
    environment = os.environ | {"DATABASE_URL": _scratch.url()}
    cost = run_watched((*COMMAND, *files), environment=environment, beside=_server_pid(), folder=ROOT)
    truth = read_truth(network)
    answer = Answer(rows, cost, judge_links(read_links(links), truth), judge_asks(links, truth), truth)
    bench.note(
        f"{rows} rows in {cost.seconds:.1f} s, {cost.cpu:.1f} s of work; resident {cost.resident / GIB:.2f} GiB (shared pages once: "
        f"{cost.proportional / GIB:.2f}), the database server grew by "
        f"{cost.beside / GIB:.2f}; {answer.quality.said} pairs of different shops linked, {answer.quality.right} rightly, "
        f"{answer.quality.true} truly the same; {answer.cards.asked} cards, {answer.cards.right} with the right style; "
        f"load now {_scratch.load()}"
    )
    return answer


def _server_pid() -> int | None:
    """Name the database server's first process, whose memory is noted beside the command's."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int((server.base() / "data" / "postmaster.pid").read_text().split()[0])
    return None


def _tell_answer(bench: Bench, whole: Answer, smaller: Answer) -> None:
    most = max(_sizes(whole.truth).values())
    bench.tell(
        "biggest cluster",
        whole.quality.biggest,
        "variants",
        reference=most,
        reference_name="the most variants that truly are one item",
        aim=Aim(1, of="ratio"),
        better="lower",
    )
    bench.tell(
        "cards that show the right style among eight",
        whole.cards.right / max(whole.cards.asked, 1),
        "share",
        reference=None,
        reference_name="",
        aim=Aim(0.9),
        better="higher",
    )
    bench.tell(
        f"seconds a row, {whole.rows} rows",
        whole.seconds_a_row,
        "s",
        reference=smaller.seconds_a_row,
        reference_name=f"seconds a row, {smaller.rows} rows",
        aim=Aim(1, of="ratio"),
        better="lower",
    )


def _sizes(truth: Truth) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for item in truth.item:
        sizes[item] = sizes.get(item, 0) + 1
    return sizes


# --- beside others ------------------------------------------------------------------------------------------------------
def _beside_others(bench: Bench, folder: pathlib.Path, whole: Answer) -> None:
    """Give the same rows, normalised by the same code, to the bare barcode join and to Splink."""
    facts = folder / "facts.csv"
    normalising, _ = timed(lambda: write_facts(_network(bench, folder, whole.rows), facts))
    joining, joined = _self_join(facts, whole.truth)
    bench.note(f"normalising for the peers {normalising:.1f} s; the bare barcode join {joining:.2f} s")
    name = "the bare GTIN self-join in SQL on rows normalised already"
    _tell(bench, "cold match, file to answer", whole.cost.seconds, "s", joining, name, Aim(20), "lower")
    _tell_quality(bench, whole.quality, joined, "the bare GTIN self-join")
    best = judge_oracle(facts, whole.truth).recall
    name = "an oracle on the clean barcodes and full codes our normalisers read"
    _tell(bench, "pairwise recall of links", whole.quality.recall, "share", best, name, Aim(0.72), "higher")
    peer = _splink(bench, folder, facts)
    if peer is None:
        _tell(
            bench,
            "memory of the command, all its processes",
            whole.cost.resident / GIB,
            "GiB",
            None,
            "",
            Aim(2),
            "lower",
        )
        return
    told, cost = peer
    name = "Splink 5 on DuckDB"
    _tell(
        bench, "memory of the command, all its processes", whole.cost.resident / GIB, "GiB",
        cost.resident / GIB, f"{name}, normalising not counted", Aim(2), "lower",
    )  # fmt: skip
    _tell(
        bench, "cold match beside Splink", whole.cost.seconds, "s",
        normalising + cost.seconds, f"{name}, same rows normalised by the same code", Aim(1, of="ratio"), "lower",
    )  # fmt: skip
    pairs = Quality(told["pairs_said"], told["pairs_right"], told["true"], 0)
    clusters = Quality(told["clusters_said"], told["clusters_right"], told["true"], told["biggest"])
    _tell_quality(bench, whole.quality, pairs, f"{name}, pairs at 0.9999")
    _tell_quality(bench, whole.quality, clusters, f"{name}, clusters at 0.999")
    bench.note(
        f"Splink alone {told['seconds']:.1f} s ({cost.cpu:.1f} s of work), start {cost.seconds - told['seconds']:.1f} s; {told}"
    )


def _tell(
    bench: Bench,
    name: str,
    figure: float,
    unit: str,
    reference: float | None,
    reference_name: str,
    aim: Aim,
    better: Better,
) -> None:
    bench.tell(name, figure, unit, reference=reference, reference_name=reference_name, aim=aim, better=better)


def _tell_quality(bench: Bench, ours: Quality, other: Quality, name: str) -> None:
    figures = (("precision", ours.precision, other.precision, 0.998), ("recall", ours.recall, other.recall, 0.72))
    for word, figure, reference, bound in figures:
        _tell(bench, f"pairwise {word} of links", figure, "share", reference, name, Aim(bound), "higher")


def _self_join(facts: pathlib.Path, truth: Truth) -> tuple[float, Quality]:
    """Join the rows with themselves by their clean barcodes in SQL; loading is not counted, the answer is stored."""
    with connection.cursor() as cursor:
        cursor.execute("set statement_timeout = 0")
        cursor.execute("create temp table bench_gtin (id int, shop text, gtin text, item text)")
        with cursor.copy("copy bench_gtin from stdin") as writer:
            for line in _barcodes(facts):
                writer.write_row(line)
        cursor.execute("analyze bench_gtin")
        join = (
            "create temp table bench_pairs as select a.id, b.id as other, a.item = b.item as same "
            "from bench_gtin a join bench_gtin b on a.gtin = b.gtin and a.id < b.id and a.shop <> b.shop"
        )
        seconds, _ = timed(lambda: cursor.execute(join))
        cursor.execute("select count(*), count(*) filter (where same) from bench_pairs")
        said, right = cursor.fetchone()
        cursor.execute("drop table bench_gtin, bench_pairs")
        cursor.execute("reset statement_timeout")
    return seconds, Quality(said, right, truth.pairs(), 0)


def _barcodes(facts: pathlib.Path) -> Iterator[tuple[int, str, str | None, str]]:
    with facts.open(newline="", encoding="utf-8") as text:
        for at, row in enumerate(csv.DictReader(text)):
            yield at, row["shop"], row["gtin"] or None, row["item"]


def _splink(bench: Bench, folder: pathlib.Path, facts: pathlib.Path) -> tuple[dict[str, float], Cost] | None:
    answer = folder / "splink.json"
    try:
        command = (str(peers_python()), "benches/_splink.py", str(facts), str(answer))
        cost = run_watched(command, environment=os.environ, folder=ROOT)
    except (OSError, subprocess.CalledProcessError) as error:
        bench.note(f"no comparison with Splink: {error}; see requirements-bench.txt")
        return None
    return json.loads(answer.read_text()), cost


if __name__ == "__main__":
    main()
