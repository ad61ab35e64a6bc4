"""Counts what a matching of a generated network is worth: over all pairs of variants of different shops."""

import csv
import json
import pathlib
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

SHOWN = 8  # candidates a reviewer sees on a card


@dataclass(frozen=True)
class Truth:
    """What a network's file says of each of its variants; places in the lists are lines of the file."""

    place: dict[str, int]
    shop: list[str]
    product: list[str]
    item: list[str]
    style: list[str]

    def pairs(self) -> int:
        """Count the pairs of different shops that are truly the same."""
        return pairs_across_shops(zip(self.item, self.shop, strict=True))


@dataclass(frozen=True)
class Quality:
    """Pairs of different shops said to be the same, rightly said so, and truly the same; the most rows said to be one."""

    said: int
    right: int
    true: int
    biggest: int

    @property
    def precision(self) -> float:
        """Of the pairs said to be the same, the share that is."""
        return self.right / max(self.said, 1)

    @property
    def recall(self) -> float:
        """Of the pairs that are the same, the share that was said to be."""
        return self.right / max(self.true, 1)


@dataclass(frozen=True)
class Cards:
    """Questions, one for a shop's product in one colour, and how many show a product that truly is the same style."""

    asked: int
    right: int


def read_truth(network: pathlib.Path) -> Truth:
    """Read a network's file."""
    truth = Truth({}, [], [], [], [])
    with network.open(newline="", encoding="utf-8") as text:
        for at, row in enumerate(csv.DictReader(text)):
            truth.place[row["id"]] = at
            truth.shop.append(row["shop_id"])
            truth.product.append(row["product_ref"])
            truth.item.append(row["truth_variant"])
            truth.style.append(row["truth_style"])
    return truth


def read_links(links: pathlib.Path) -> dict[str, str]:
    """Read which item each linked variant of an answer stands for, by the variant's id."""
    with links.open(newline="", encoding="utf-8") as text:
        return {row["id"]: row["item"] for row in csv.DictReader(text) if row["status"] == "linked"}


def judge_links(links: Mapping[str, Hashable], truth: Truth) -> Quality:
    """Compare clusters with the truth; a variant that was not linked is a cluster of its own."""
    said, right, sizes = [], [], Counter(links.values())
    for variant, item in links.items():
        at = truth.place[variant]
        said.append((item, truth.shop[at]))
        right.append(((item, truth.item[at]), truth.shop[at]))
    biggest = max(sizes.values(), default=0)
    return Quality(pairs_across_shops(said), pairs_across_shops(right), truth.pairs(), biggest)


def judge_oracle(facts: pathlib.Path, truth: Truth) -> Quality:
    """Count what barcodes and codes can give at best: true pairs with one clean barcode or a full code each, and chains of them.

    `facts` are what our normalisers read. The oracle knows the truth and never links wrongly; more than this must come from
    style codes, colours and titles.
    """
    rows: dict[str, list[tuple[str, str, bool]]] = {}
    with facts.open(newline="", encoding="utf-8") as text:
        for row in csv.DictReader(text):
            rows.setdefault(row["item"], []).append((row["shop"], row["gtin"], row["level"] == "full"))
    found = sum(pairs_across_shops(_chained(same)) for same in rows.values())
    return Quality(found, found, truth.pairs(), 0)


def _chained(rows: list[tuple[str, str, bool]]) -> list[tuple[str, str]]:
    """Name each row's chain, with its shop: rows of one chain share barcodes or have a full code, one after the other."""
    coded = {gtin for _, gtin, full in rows if full and gtin}
    chained = []
    for at, (shop, gtin, full) in enumerate(rows):
        chain = "coded" if full or gtin in coded else gtin or f"alone {at}"
        chained.append((chain, shop))
    return chained


def judge_asks(links: pathlib.Path, truth: Truth) -> Cards:
    """Count the questions of an answer; variants of one product and true colour are one card."""
    styles_of_item: dict[str, set[str]] = {}
    for variant, item in read_links(links).items():
        styles_of_item.setdefault(item, set()).add(truth.style[truth.place[variant]])
    cards: dict[tuple[str, str], bool] = {}
    with links.open(newline="", encoding="utf-8") as text:
        for row in csv.DictReader(text):
            if row["status"] != "ask":
                continue
            at = truth.place[row["id"]]
            card, style = (truth.product[at], truth.style[at]), truth.style[at]
            shown = candidates_in(row.get("candidates", ""))[:SHOWN]
            hit = any(style in _styles(one, truth, styles_of_item) for one in shown)
            cards[card] = cards.get(card, False) or hit
    return Cards(len(cards), sum(cards.values()))


def candidates_in(text: str) -> list[str]:
    """Read the candidates of a question: ids of variants or items, each perhaps followed by its probability."""
    text = text.strip()
    if text.startswith("["):
        found = json.loads(text)
        return [str(one.get("id", one.get("item", ""))) if isinstance(one, dict) else str(one) for one in found]
    return [part.partition(":")[0] for part in text.replace("|", " ").replace(";", " ").replace(",", " ").split()]


def _styles(candidate: str, truth: Truth, styles_of_item: Mapping[str, set[str]]) -> set[str]:
    if candidate in truth.place:
        return {truth.style[truth.place[candidate]]}
    return styles_of_item.get(candidate, set())


def pairs_across_shops(rows: Iterable[tuple[Hashable, str]]) -> int:
    """Count the pairs that share what stands first and come of different shops."""
    together = Counter(rows)
    alone: Counter[Hashable] = Counter()
    for (same, _), count in together.items():
        alone[same] += count
    return _pairs(alone) - _pairs(together)


def _pairs(sizes: Mapping[Hashable, int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes.values())
