"""Orders candidates by the trained model: quickly for millions of pairs, thoroughly for the few that are shown."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from catalog.matching.deciding import compatible
from catalog.matching.normalising import Normalised
from catalog.matching.title_model.model import TitleModel, load_model
from catalog.matching.title_model.quick import Sketch, quick_chances, sketch
from catalog.matching.title_model.reading import Reading, clean_title, read_as
from catalog.matching.title_model.reasoning import reasons_of

# What facts that stand beside the titles are worth against them: factors on the odds.
_AGAINST = {"brand": 0.2, "size": 1.0, "colour": 0.05, "gender": 0.2, "code": 0.05, "pack": 0.01, "condition": 0.1}
_PEOPLE = {"m": "men", "w": "women", "k": "kids", "u": "unisex"}


@dataclass(frozen=True, slots=True)
class Scored:
    """How probable it is that a candidate is the same product, with the reasons."""

    probability: float
    reasons: tuple[str, ...]


def sketch_of(row: Normalised, model: TitleModel | None = None) -> Sketch:
    """Prepare a row once for `score_batch`."""
    return sketch(row, (model or load_model()).lexicon)


def score_batch(pairs: Sequence[tuple[Sketch, Sketch]], model: TitleModel | None = None) -> np.ndarray:
    """The quick probability of many pairs, tens of thousands a second; sizes are not looked at."""
    used = model or load_model()
    return quick_chances(pairs, used.lexicon, used.quick[1:], float(used.quick[0]))


def score_candidates(
    left: Normalised, rights: Sequence[Normalised], *, title: str = "", titles: Sequence[str] = (),
    model: TitleModel | None = None,
) -> list[Scored]:  # fmt: skip
    """Score one row's few candidates by the whole model, in the order given; sizes are not looked at.

    `title` and `titles` are the titles as shops wrote them; without them the rows' words stand in, which know less.
    """
    used = model or load_model()
    mine = _reading(left, title, used)
    theirs = [_reading(right, titles[place] if titles else "", used) for place, right in enumerate(rights)]
    chances = used.probabilities([(mine, other) for other in theirs])
    return [
        _scored(left, right, mine, other, float(chance))
        for right, other, chance in zip(rights, theirs, chances, strict=True)
    ]


def _scored(left: Normalised, right: Normalised, mine: Reading, other: Reading, chance: float) -> Scored:
    odds, reasons = chance / max(1e-6, 1 - chance), list(reasons_of(mine, other))
    for conflict in compatible(left, right):
        odds *= _AGAINST.get(conflict.fact, 1.0)
        if conflict.fact != "size" and conflict.sentence not in reasons:
            reasons.append(conflict.sentence)
    return Scored(round(odds / (1 + odds), 4), tuple(dict.fromkeys(reasons)))


def _reading(row: Normalised, title: str, model: TitleModel) -> Reading:
    if not title:
        words = (row.brand, *row.tokens, *row.numbers, row.code.value, *row.colour.bases, _PEOPLE.get(row.gender, ""))
        return read_as(" ".join(word for word in words if word), row.brand, model.lexicon)
    text = clean_title(title)
    colour = row.colour.raw if row.colour.raw and row.colour.raw.lower() not in text.lower() else ""
    return read_as(f"{text} {colour}".strip(), row.brand, model.lexicon)
