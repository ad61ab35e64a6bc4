"""Reads labelled pairs from the files people have them in."""

import csv
import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog.matching.title_model.reading import clean_title


class PairsNotReadable(Exception):
    """The file holds no labelled pairs in a form that is known; the message says which line."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One side of a pair; `product` names the product where the file says it."""

    title: str
    brand: str = ""
    price: str = ""
    currency: str = ""
    product: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two offers and whether they are one product."""

    left: Offer
    right: Offer
    same: bool

    @property
    def key(self) -> tuple[Offer, Offer]:
        """The pair without its order."""
        return (self.left, self.right) if _order(self.left) <= _order(self.right) else (self.right, self.left)


def read_pairs(path: Path) -> list[Pair]:
    """Read a file of labelled pairs, compressed by gzip or not.

    Three forms: `left TAB right TAB label` (COL and VAL marks allowed), a CSV of `ltable_id,rtable_id,label` beside
    tableA.csv and tableB.csv, and JSON lines of `{"left": …, "right": …, "label": …}`.
    *Raises* `PairsNotReadable` naming the first line that fits none.
    """
    name = path.name.removesuffix(".gz")
    if name.endswith(".csv"):
        return list(_from_tables(path))
    if name.endswith((".jsonl", ".ndjson")):
        return list(_from_json(path))
    return list(_from_tabs(path))


def without(pairs: Iterable[Pair], kept_out: Iterable[Pair]) -> list[Pair]:
    """Drop every pair that stands in `kept_out`, every repetition, and pairs on which two labels contradict."""
    frozen = {_titles(pair) for pair in kept_out}
    labels: dict[tuple[tuple[str, str], tuple[str, str]], set[bool]] = {}
    first: dict[tuple[tuple[str, str], tuple[str, str]], Pair] = {}
    for pair in pairs:
        key = _titles(pair)
        if key not in frozen:
            labels.setdefault(key, set()).add(pair.same)
            first.setdefault(key, pair)
    return [first[key] for key, said in labels.items() if len(said) == 1]


def _titles(pair: Pair) -> tuple[tuple[str, str], tuple[str, str]]:
    one, other = sorted([(pair.left.title, pair.left.brand), (pair.right.title, pair.right.brand)])
    return one, other


def _order(offer: Offer) -> tuple[str, str, str, str, str]:
    return (offer.title, offer.brand, offer.price, offer.currency, offer.product)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    opened = gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")
    with opened as file:
        yield from enumerate((line.rstrip("\n") for line in file), 1)


def _label(path: Path, number: int, text: object) -> bool:
    if str(text).strip().lower() in ("1", "true", "same"):
        return True
    if str(text).strip().lower() in ("0", "false", "different"):
        return False
    raise PairsNotReadable(f"{path}, line {number}: the label is {text!r}, not 0 or 1.")


def _from_tabs(path: Path) -> Iterator[Pair]:
    for number, line in _lines(path):
        parts = line.split("\t")
        if len(parts) != 3:
            raise PairsNotReadable(f"{path}, line {number}: {len(parts)} fields instead of left, right and label.")
        left, right = (Offer(clean_title(part)) for part in parts[:2])
        yield Pair(left, right, _label(path, number, parts[2]))


def _from_tables(path: Path) -> Iterator[Pair]:
    sides = [_table(path.parent, name) for name in ("tableA.csv", "tableB.csv")]
    for number, row in enumerate(csv.DictReader(line for _, line in _lines(path)), 2):
        try:
            left, right = sides[0][row["ltable_id"]], sides[1][row["rtable_id"]]
            label = row["label"]
        except KeyError as missing:
            raise PairsNotReadable(f"{path}, line {number}: {missing} is missing.") from missing
        yield Pair(left, right, _label(path, number, label))


def _table(folder: Path, name: str) -> dict[str, Offer]:
    path = folder / name if (folder / name).exists() else folder / f"{name}.gz"
    if not path.exists():
        raise PairsNotReadable(f"{folder / name} is missing: pairs of ids need their two tables beside them.")
    return {
        row["id"]: Offer(
            clean_title(row["title"]), row.get("brand") or "", row.get("price") or "",
            row.get("pricecurrency") or "", row.get("cluster_id") or "",
        )
        for row in csv.DictReader(line for _, line in _lines(path))
    }  # fmt: skip


def _from_json(path: Path) -> Iterator[Pair]:
    for number, line in _lines(path):
        try:
            row = json.loads(line)
            yield Pair(_offer(row["left"]), _offer(row["right"]), _label(path, number, row["label"]))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise PairsNotReadable(
                f"{path}, line {number}: not an object with left, right and label ({error})."
            ) from error


def _offer(side: Any) -> Offer:
    if isinstance(side, str):
        return Offer(clean_title(side))
    return Offer(
        clean_title(str(side.get("title") or "")), str(side.get("brand") or side.get("vendor") or ""),
        str(side.get("price") or ""), str(side.get("currency") or ""), str(side.get("product") or ""),
    )  # fmt: skip


def offer_fields(offer: Offer) -> dict[str, str]:
    """The fields of an offer that say something, as a program reads them."""
    said = {"title": offer.title, "brand": offer.brand, "price": offer.price, "currency": offer.currency}
    return {name: value for name, value in said.items() if value}
