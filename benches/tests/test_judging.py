"""The counts that match is judged by."""

import csv

import pytest

from benches._judging import (
    Quality,
    candidates_in,
    judge_asks,
    judge_links,
    judge_oracle,
    pairs_across_shops,
    read_links,
    read_truth,
)

NETWORK = """id,shop_id,product_ref,truth_variant,truth_style
a1,1,p1,9-42,9
a2,2,p2,9-42,9
a3,3,p3,9-42,9
b1,1,p1,9-43,9
b2,2,p2,9-43,9
c1,1,p4,8-42,8
c2,1,p5,8-42,8
"""


@pytest.fixture
def truth(tmp_path):
    (tmp_path / "network.csv").write_text(NETWORK)
    return read_truth(tmp_path / "network.csv")


@pytest.fixture
def answer(tmp_path):
    def write(*lines):
        with (tmp_path / "links.csv").open("w", newline="") as out:
            csv.writer(out).writerows([("id", "item", "method", "probability", "status", "candidates"), *lines])
        return tmp_path / "links.csv"

    return write


def test_pairs_of_one_shop_do_not_count():
    assert pairs_across_shops([("x", "1"), ("x", "2"), ("x", "2"), ("y", "1")]) == 2


def test_truth_counts_pairs_of_different_shops(truth):
    assert truth.pairs() == 3 + 1


def test_a_right_cluster_counts_each_of_its_pairs_once(truth):
    quality = judge_links({"a1": "i", "a2": "i", "a3": "i"}, truth)
    assert quality == Quality(said=3, right=3, true=4, biggest=3)
    assert (quality.precision, quality.recall) == (1, 0.75)


def test_a_cluster_of_two_things_is_right_only_inside_each(truth):
    quality = judge_links({"a1": "i", "a2": "i", "b2": "i"}, truth)
    assert (quality.said, quality.right) == (2, 1)


def test_only_linked_variants_are_read_as_linked(answer):
    links = answer(
        ("a1", "i", "gtin", "0.99", "linked", ""), ("a2", "", "", "0.4", "ask", "i"), ("a3", "", "", "", "alone", "")
    )
    assert read_links(links) == {"a1": "i"}


def test_a_card_is_right_when_one_of_eight_shown_is_the_same_style(truth, answer):
    links = answer(
        ("a1", "i", "gtin", "1", "linked", ""),
        ("a2", "", "", "0.4", "ask", "c1 i"),
        ("b2", "", "", "0.4", "ask", "c1"),
        ("c2", "", "", "0.4", "ask", "a3 b1"),
        ("c1", "", "", "0.4", "ask", " ".join(["a3"] * 8 + ["c2"])),
    )
    cards = judge_asks(links, truth)
    assert (cards.asked, cards.right) == (3, 1)


@pytest.mark.parametrize(
    "text", ["a b", "a:0.9 b:0.1", "a|b", "a;b", '["a", "b"]', '[{"id": "a", "probability": 0.9}, {"id": "b"}]']
)
def test_candidates_are_read_however_they_are_listed(text):
    assert candidates_in(text) == ["a", "b"]


def test_no_candidates_are_none():
    assert candidates_in("") == []


def test_an_oracle_chains_rows_of_one_thing_by_barcode_and_by_full_codes(truth, tmp_path):
    (tmp_path / "facts.csv").write_text(
        "shop,gtin,level,item\n1,111,full,9-42\n2,111,style,9-42\n3,,full,9-42\n1,222,none,9-43\n2,333,style,9-43\n1,,,8-42\n1,,,8-42\n"
    )
    assert judge_oracle(tmp_path / "facts.csv", truth) == Quality(said=3, right=3, true=4, biggest=0)
