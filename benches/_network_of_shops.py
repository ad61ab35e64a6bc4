"""A generated network of two hundred shops with its truth: python -m benches._network_of_shops --rows N --seed S --out FILE."""

import argparse
import csv
import itertools
import pathlib
import time
from collections.abc import Iterator

from benches._networks import familiar, foreign
from benches._networks.parts import Row

WORLDS = {"as_prototype": familiar.list_rows, "foreign": foreign.list_rows}


def generate(rows: int, seed: int, noise: str = "as_prototype") -> Iterator[Row]:
    """List this many variants of the chosen world; the same rows again for the same seed."""
    return itertools.islice(WORLDS[noise](seed), rows)


def write_network(path: pathlib.Path, rows: int, seed: int, noise: str = "as_prototype") -> int:
    """Write the variants as a CSV that `match_catalogue` reads, truth in further columns; returns how many."""
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(Row._fields)
        writer.writerows(generate(rows, seed, noise))
    return rows


def main() -> None:
    """Write one network to a file."""
    parser = argparse.ArgumentParser(prog="python -m benches._network_of_shops", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--noise", choices=sorted(WORLDS), default="as_prototype")
    asked = parser.parse_args()
    began = time.perf_counter()
    write_network(asked.out, asked.rows, asked.seed, asked.noise)
    print(f"{asked.rows} rows in {time.perf_counter() - began:.1f} s: {asked.out}")


if __name__ == "__main__":
    main()
