"""Finds, among rows that share a key, those that agree with each other; the rest is a question, not a link."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from catalog.matching.article import FULL, ArticleCode, code_levels
from catalog.matching.charting import learn_charts, with_learnt_size
from catalog.matching.deciding import compatible
from catalog.matching.gender import UNISEX
from catalog.matching.normalising import Id, Normalised, with_gender

MOST_SIGNATURES = 60


@dataclass(frozen=True, slots=True)
class Consensus:
    """The rows that agree, and each refused row's id with the reasons."""

    agreed: tuple[Normalised, ...]
    refused: dict[Id, tuple[str, ...]]


def signature(row: Normalised) -> tuple[Any, ...]:
    """The facts on which rows may contradict each other: rows with equal signatures never do."""
    return (row.brand, row.size, row.colour.bases, row.gender, row.code, row.pack, row.condition, row.kind)


def agree(rows: Sequence[Normalised], *, sizes_needed: bool) -> Consensus:
    """Keep the rows that contradict nobody who stays.

    Whoever contradicts most rows leaves first, those that tie leave together: three shops outvote one, two that
    differ both go to a person. With `sizes_needed` a row without a size does not pass among rows that have one.
    """
    refused: dict[Id, tuple[str, ...]] = {}
    if sizes_needed and any(row.size.key for row in rows):
        lacking = [row for row in rows if not row.size.key and not _sizeless(row, rows)]
        refused = {row.id: ("The size is missing on one side.",) for row in lacking}
        rows = [row for row in rows if row.id not in refused]
    groups: dict[tuple[Any, ...], list[Normalised]] = defaultdict(list)
    for row in rows:
        groups[signature(row)].append(row)
    if len(groups) > MOST_SIGNATURES:
        return Consensus(
            (), refused | {row.id: ("Too many contradicting descriptions share this key.",) for row in rows}
        )
    for group, reasons in _leave(groups):
        refused |= {row.id: reasons for row in group}
    return Consensus(tuple(row for row in rows if row.id not in refused), refused)


def contradictions(one: Iterable[Normalised], other: Iterable[Normalised]) -> tuple[str, ...]:
    """List what two sets of rows hold against each other, shops that stand in both included."""
    mine = {signature(row): row for row in one}
    theirs = {signature(row): row for row in other}
    found = [
        conflict.sentence
        for row in mine.values()
        for candidate in theirs.values()
        for conflict in compatible(row, candidate)
    ]
    return tuple(sorted(set(found)))


def prepared(rows: Sequence[Normalised]) -> list[Normalised]:
    """Give every row what only the whole list knows: the level of its code, and a size read with a lent gender."""
    by_brand: dict[str, dict[str, list[tuple[ArticleCode, tuple[str, ...]]]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row.brand and row.code.value:
            by_brand[row.brand][f"{row.shop_id}/{row.product_ref}"].append((row.code, row.colour.bases))
    levels = {brand: code_levels(products) for brand, products in by_brand.items()}
    levelled = []
    for row in rows:
        level = levels.get(row.brand, {}).get(row.code.value, row.code.level)
        levelled.append(row if level == row.code.level else replace(row, code=replace(row.code, level=level)))
    return _with_learnt_sizes(levelled)


def _with_learnt_sizes(rows: list[Normalised]) -> list[Normalised]:
    """Read UK and US sizes by the charts this list teaches, with the gender that others of the same key state."""
    said: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.gender and row.gender != UNISEX:
            for key in _lending_keys(row):
                said[key].add(row.gender)
    lent = {key: next(iter(genders)) for key, genders in said.items() if len(genders) == 1}
    learnt = learn_charts(rows, lent)
    read = []
    for row in rows:
        gender = row.gender or next((lent[key] for key in _lending_keys(row) if key in lent), "")
        if not row.gender and gender and row.size.system in ("US", "UK", "US-k"):
            row = replace(row, size=with_gender(row.size, row.brand, gender, row.kind))
        read.append(with_learnt_size(row, learnt, gender))
    return read


def _lending_keys(row: Normalised) -> list[str]:
    """The keys under which rows may lend each other a gender; a full code knows better than a barcode."""
    keys = [f"{row.brand}|{row.code.value}"] if row.brand and row.code.level == FULL else []
    return [*keys, row.gtin.key] if row.gtin.key else keys


def _leave(groups: dict[tuple[Any, ...], list[Normalised]]) -> Iterable[tuple[list[Normalised], tuple[str, ...]]]:
    against: dict[tuple[Any, ...], dict[tuple[Any, ...], tuple[str, ...]]] = defaultdict(dict)
    marks = list(groups)
    for place, one in enumerate(marks):
        for other in marks[:place]:
            if conflicts := compatible(groups[one][0], groups[other][0]):
                sentences = tuple(conflict.sentence for conflict in conflicts)
                against[one][other] = against[other][one] = sentences
    while against:
        weight = {mark: sum(len(groups[other]) for other in others) for mark, others in against.items()}
        heaviest = max(weight.values())
        for mark in [mark for mark, heavy in weight.items() if heavy == heaviest]:
            reasons = sorted({sentence for sentences in against[mark].values() for sentence in sentences})
            yield groups[mark], tuple(reasons)
        leaving = {mark for mark, heavy in weight.items() if heavy == heaviest}
        against = {
            mark: staying
            for mark, others in against.items()
            if mark not in leaving
            and (staying := {other: why for other, why in others.items() if other not in leaving})
        }


def _sizeless(row: Normalised, rows: Sequence[Normalised]) -> bool:
    """Whether a row without a choice of size stands among things that have none either."""
    return row.size.system == "default" and all(other.size.system in ("default", "one") for other in rows)
