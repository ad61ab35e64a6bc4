"""Writes a network's comparable facts for peers that cannot read titles: our own normalisers, in a process for each CPU."""

import csv
import itertools
import multiprocessing
import os
import pathlib
from collections.abc import Iterable, Iterator

from catalog.matching.normalising import VariantIn, normalise

COLUMNS = "unique_id shop gtin brand code size colour gender title word level item".split()
AT_ONCE = 5_000
Raw = dict[str, str]


def write_facts(network: pathlib.Path, facts: pathlib.Path) -> None:
    """Normalise every variant of a network's file into another file; the truth is handed on."""
    with (
        network.open(newline="", encoding="utf-8") as text,
        facts.open("w", newline="", encoding="utf-8") as out,
        multiprocessing.get_context("fork").Pool(os.cpu_count()) as workers,
    ):
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for lines in workers.imap(_facts, _parts(csv.DictReader(text))):
            writer.writerows(lines)


def _parts(rows: Iterable[Raw]) -> Iterator[list[Raw]]:
    rows = iter(rows)
    while part := list(itertools.islice(rows, AT_ONCE)):
        yield part


def _facts(rows: list[Raw]) -> list[tuple[str, ...]]:
    return [_line(row) for row in rows]


def _line(row: Raw) -> tuple[str, ...]:
    facts = normalise(
        VariantIn(
            id=row["id"],
            shop_id=row["shop_id"],
            product_ref=row["product_ref"],
            title=row["title"],
            vendor=row["vendor"],
            colour=row["colour"],
            size=row["size"],
            sku=row["sku"],
            article_code=row["article_code"],
            barcode=row["barcode"],
        )
    )
    return (
        row["id"],
        row["shop_id"],
        facts.gtin.key,
        facts.brand,
        facts.code.value,
        facts.size.key,
        facts.colour.key,
        facts.gender,
        " ".join(facts.tokens),
        facts.tokens[0] if facts.tokens else "",
        facts.code.level,
        row["truth_variant"],
    )
