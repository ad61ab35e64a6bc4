"""Decides pairs as shops of eight languages write them: `pairs_of_shops.jsonl` says of each what is right, and what it is about.

The brands are invented, the formats are not. `same` must link, `ask` must come before a person, `different` must do neither
as a pair; as variants of two shops they must at least not be linked.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from catalog.matching.engine import decide_batch
from catalog.matching.normalising import VariantIn, normalise
from catalog.matching.title_model.judging import judge_pairs, offer_from
from catalog.matching.title_model.model import load_model

LINES = (Path(__file__).parent / "pairs_of_shops.jsonl").read_text(encoding="utf-8").splitlines()
PAIRS: list[dict[str, Any]] = [json.loads(line) for line in LINES]
every_pair = pytest.mark.parametrize("pair", PAIRS, ids=[pair["about"] for pair in PAIRS])


@every_pair
def test_a_pair_is_judged_rightly_whichever_side_comes_first(pair):
    left, right = offer_from(pair["left"]), offer_from(pair["right"])
    judged = judge_pairs([(left, right), (right, left)], load_model())
    assert [one.decision for one in judged] == [pair["expect"]] * 2, judged[0].evidence


@every_pair
def test_variants_of_two_shops_are_linked_asked_about_or_let_be(pair):
    rows = [_row(place, offer_from(pair[side])) for place, side in enumerate(("left", "right"), 1)]
    links = decide_batch(rows).links
    linked = {link.item for link in links if link.item}
    assert bool(linked) == (pair["expect"] == "same"), links
    if pair["expect"] == "ask":
        assert "ask" in {link.status for link in links}, links


def _row(place, offer):
    return normalise(
        VariantIn(
            place, place, str(place), offer.title, vendor=offer.brand, options=offer.options, sku=offer.sku,
            barcode=offer.barcode, article_code=offer.article_code, colour=offer.colour, size=offer.size, gender=offer.gender,
        )
    )  # fmt: skip
