"""Trains the title model from files of labelled pairs, measures it, and keeps it only where that is asked and earned."""

import datetime as dt
import hashlib
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from catalog.matching.title_model.measuring import Figures, measure
from catalog.matching.title_model.model import SHIPPED, TitleModel, WeightsNotUsable, load_model, save_model
from catalog.matching.title_model.pairs import Pair, PairsNotReadable, read_pairs, without
from catalog.matching.title_model.training import PRIOR, TrainingLibraryMissing, price_apart, train
from skuu.kit.errors import NotPossible

WORSE_BY = 0.005  # how much F1 a set may lose before a model counts as worse


def train_title_model(
    pair_files: Sequence[Path],
    valid_files: Sequence[Path],
    output: Path,
    *,
    today: dt.date,
    seed: int = 0,
    accept: bool = False,
    verdicts: Sequence[Pair] = (),
) -> Mapping[str, Any]:
    """Train on some files, measure on frozen ones, write weights and figures, and return the figures.

    Files of one folder are one set. Pairs that stand in a frozen file, in either order, never train.
    *Again* with the same files, seed and day writes the same bytes. *Raises* `NotPossible` when a file cannot be read,
    scikit-learn is missing, or the shipped weights would be replaced without `accept` or by worse ones.
    """
    ships = output.resolve() == SHIPPED.resolve()
    if ships and not (accept and valid_files):
        raise NotPossible("The shipped weights are replaced only with --accept and with frozen pairs given by --valid.")
    frozen = {path: pairs_in(path) for path in valid_files}
    sets = _sets(pair_files, verdicts, [pair for pairs in frozen.values() for pair in pairs])
    try:
        trained = train(list(sets.values()), seed=seed)
    except (TrainingLibraryMissing, ValueError) as error:
        raise NotPossible(str(error)) from error
    valid = {_name(path): measure_model(trained.model, pairs) for path, pairs in frozen.items()}
    if ships:
        refuse_if_worse(valid, frozen)
    figures = {
        "trained_on": today.isoformat(),
        "seed": seed,
        "share_of_matches_assumed": PRIOR,
        "files": {_name(path): _digest(path) for path in (*pair_files, *valid_files)},
        "training": {name: _size(pairs) for name, pairs in sets.items()},
        "products_held_out": {name: found.rounded() for name, found in zip(sets, trained.unseen_products, strict=True)},
        "validation": {name: found.rounded() for name, found in valid.items()},
    }
    save_model(replace(trained.model, figures=figures), output)
    return figures


def measure_model(model: TitleModel, pairs: Sequence[Pair]) -> Figures:
    """Measure a model on labelled pairs."""
    return measure(np.array([pair.same for pair in pairs]), probabilities(model, pairs))


def probabilities(model: TitleModel, pairs: Sequence[Pair]) -> np.ndarray:
    """What a model says of labelled pairs."""
    read = [tuple(model.read(side.title, side.brand) for side in (pair.left, pair.right)) for pair in pairs]
    return model.probabilities(
        [(one, other) for one, other in read], [price_apart(pair.left, pair.right) for pair in pairs]
    )


def _sets(files: Iterable[Path], verdicts: Sequence[Pair], frozen: Sequence[Pair]) -> dict[str, list[Pair]]:
    found: dict[str, list[Pair]] = {}
    for path in files:
        found.setdefault(path.resolve().parent.name, []).extend(pairs_in(path))
    if verdicts:
        found["verdicts"] = list(verdicts)
    return {name: without(pairs, frozen) for name, pairs in found.items()}


def pairs_in(path: Path) -> list[Pair]:
    """Read a file of labelled pairs. *Raises* `NotPossible` with one sentence that names the file."""
    try:
        return read_pairs(path)
    except OSError as error:
        raise NotPossible(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise NotPossible(f"{path} is no file of pairs: it is not UTF-8 text.") from error
    except (PairsNotReadable, EOFError, zlib.error) as error:
        raise NotPossible(f"{path} is no file of pairs: {error}") from error


def refuse_if_worse(new: Mapping[str, Figures], frozen: Mapping[Path, Sequence[Pair]]) -> None:
    """Refuse figures that fall behind the shipped model's on any frozen file. *Raises* `NotPossible` naming the file."""
    try:
        shipped = load_model()
    except WeightsNotUsable:
        return  # there is nothing to be worse than
    for path, pairs in frozen.items():
        old, now = measure_model(shipped, pairs).f1, new[_name(path)].f1
        if now < old - WORSE_BY:
            raise NotPossible(f"F1 on {_name(path)} would fall from {old:.4f} to {now:.4f}: the shipped weights stay.")


def _name(path: Path) -> str:
    return f"{path.resolve().parent.name}/{path.name}"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _size(pairs: Sequence[Pair]) -> dict[str, int]:
    return {"pairs": len(pairs), "matches": sum(pair.same for pair in pairs)}
