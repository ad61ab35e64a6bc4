"""The shipped model on labelled pairs that nobody here wrote, wherever their folder exists."""

from pathlib import Path

import numpy as np
import pytest

from catalog.matching.title_model import features
from catalog.matching.title_model.judging import judge_pairs, offer_from
from catalog.matching.title_model.measuring import measure
from catalog.matching.title_model.model import load_model
from catalog.matching.title_model.pairs import offer_fields, read_pairs

FOLDER = Path(__file__).resolve().parents[5] / "shared" / "data" / "matching"
# file -> F1 at least; the pairs of these files never trained the model
FROZEN = {
    "wdc_shoes/valid.txt.medium": 0.90,
    "wdc_shoes/valid.txt.large.gz": 0.92,
    "wdc_products/valid.csv": 0.68,
}


def judged(name):
    pairs = read_pairs(FOLDER / name)
    offers = [tuple(offer_from(offer_fields(side)) for side in (pair.left, pair.right)) for pair in pairs]
    found = []
    for start in range(0, len(offers), 500):
        found += judge_pairs(offers[start : start + 500], load_model())
    return np.array([pair.same for pair in pairs]), found


def check_figures(name, least):
    same, found = judged(name)
    figures = measure(same, np.array([one.probability for one in found]))
    assert figures.f1 >= least, figures
    assert figures.ece <= 0.03, figures
    decisions = np.array([one.decision for one in found])
    assert (~same & (decisions == "same")).sum() <= 0.01 * (decisions == "same").sum()
    assert (same & (decisions == "different")).sum() <= 0.005 * (decisions == "different").sum()


def check_the_code_rule():
    model = load_model()
    right = total = 0
    for name in ("wdc_shoes/train.txt.large.gz", "wdc_shoes/valid.txt.large.gz"):
        for pair in read_pairs(FOLDER / name):
            state = features.codes_state(model.read(pair.left.title), model.read(pair.right.title))
            if state != features.UNKNOWN:
                total += 1
                right += pair.same == (state == features.EQUAL)
    assert total > 1500
    assert right / total >= 0.99


if all((FOLDER / name).exists() for name in FROZEN):
    test_figures = pytest.mark.catalogues(pytest.mark.parametrize(("name", "least"), FROZEN.items())(check_figures))
    test_the_code_rule = pytest.mark.catalogues(check_the_code_rule)
