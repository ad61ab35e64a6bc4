import json
from pathlib import Path

import numpy as np
import pytest

from catalog.matching.title_model import features
from catalog.matching.title_model.crosses import Learnt, crosses, hash_pairs
from catalog.matching.title_model.judging import judge_pairs, offer_from
from catalog.matching.title_model.lexicon import Lexicon, known_meanings, learn_rarity
from catalog.matching.title_model.measuring import calibration_error, interval, measure
from catalog.matching.title_model.model import NAMES, WEIGHTS, TitleModel, WeightsNotUsable, load_model, save_model
from catalog.matching.title_model.reading import clean_title, read
from catalog.matching.title_model.trees import trees_from_nodes

PAIRS = [
    ("Northfell Pegasus Trail 4 Black Mens", "Northfell Pegasus Trail 4 Herren Schwarz"),
    ("Northfell Pegasus Trail 4 Black Mens", "Northfell Pegasus Trail 5 Black Mens"),
    ("Nike Mercurial Vapor X FG - Giada/Nero", "Nike Tiempo Genio II Leather FG - Black/White"),
    ("GEL-NIMBUS 19", "GEL-CUMULUS 19 | Women"),
    ("", "Air Zero"),
    ("مرحبا ‮ shoes", "Schuhe \x00 rot"),
]


def lexicon() -> Lexicon:
    return Lexicon(known_meanings(), {"pegasus": 2.0, "trail": 1.0, "4": 3.0}, 5.0)


def leaf(value: float) -> tuple[bool, int, float, int, int, float]:
    return (True, 0, 0.0, 0, 0, value)


def tiny_model() -> TitleModel:
    """One tree: titles that share more than half of their words' weight are probably one product."""
    shared = NAMES.index("shared_share")
    trees = trees_from_nodes([[(False, shared, 0.5, 1, 2, 0.0), leaf(-2.0), leaf(2.0)]], 0.5)
    calibration = (np.array([-2.0, 3.0]), np.array([0.0, 1.0]))
    return TitleModel(
        lexicon(), Learnt(np.zeros(1 << 20, dtype=np.float32), 0.0), trees, calibration, (0.01, 0.99), np.zeros(17), {}
    )


class TestReading:
    def test_markup_language_tags_and_nul_are_cut(self):
        raw = 'COL title VAL  "Air Max Zero"@en-US\x00 " Nike  Air"@it'
        assert clean_title(raw) == "Air Max Zero Nike Air"

    def test_words_of_other_languages_become_meanings(self):
        one = read("Chaussures Pegasus Trail IV en cuir noir pour femme", lexicon())
        other = read("Pegasus Trail 4 leather women's shoes black", lexicon())
        assert one.bag == other.bag == {"kind:shoe", "pegasus", "trail", "4", "~leather", "colour:black", "for:w"}
        assert (one.weight, one.numbers, one.colours, one.gender) == (26.0, {"4"}, ("black",), "w")

    def test_ground_is_read_from_its_words(self):
        assert "~fg" in read("Scarpe Terreni Compatti", lexicon()).bag
        assert "~fg" in read("Boots FG", lexicon()).bag

    def test_a_title_of_ten_kilobytes_is_read_at_its_beginning(self):
        long = read("pegasus " + "x1 y2 z3 " * 2000, lexicon())
        assert len(long.text) <= 400
        assert len(long.ordered) <= 48

    def test_rarity_is_counted_in_titles_and_exact_in_binary(self):
        rarity, rarest = learn_rarity([{"a", "b"}, {"a"}, {"a"}, {"b"}], least=2)
        assert list(rarity) == ["a", "b"]
        assert (rarity["a"], rarity["b"], rarest) == (1.21875, 1.515625, 1.921875)


class TestFeatures:
    def test_exact_features_of_a_pair(self):
        row = features.pair_features(read("Pegasus Trail 4", lexicon()), read("Trail Pegasus 5", lexicon()))
        found = dict(zip(features.NAMES, row, strict=True))
        assert found["shared_share"] == 3.0 / 11.0
        assert found["shared_weight"] == 3.0
        assert (found["rarest_apart_less"], found["rarest_apart_more"]) == (3.0, 5.0)
        assert (found["numbers_shared"], found["numbers_apart_less"], found["numbers_apart_more"]) == (0, 1, 1)
        assert (found["codes_state"], found["brands_state"], found["colour_state"]) == (0.0, 0.0, 0.0)
        assert found["run_weight"] == 2.0

    @pytest.mark.parametrize(("one", "other"), PAIRS)
    def test_the_order_of_the_titles_changes_no_feature(self, one, other):
        a, b = read(one, lexicon()), read(other, lexicon())
        assert features.pair_features(a, b) == features.pair_features(b, a)
        assert crosses(a, b) == crosses(b, a)

    def test_only_full_codes_of_one_brand_say_equal_or_different(self):
        def state(one, other):
            return features.codes_state(read(one, lexicon()), read(other, lexicon()))

        assert state("Nike Air 857661-400", "Nike Zero (857661 400)") == features.EQUAL
        assert state("Nike Air 857661-400", "Nike Air 857661-401") == features.DIFFER
        assert state("Nike Air 857661-400", "Nike Air 857661") == features.UNKNOWN
        assert state("Nike Air 857661-400", "Puma Air 857661-40") == features.UNKNOWN

    def test_words_spelled_nearly_alike_with_other_digits_stay_odd(self):
        near = features.NAMES.index("near_count")
        alike = features.pair_features(read("hypervenom", lexicon()), read("hypervenum", lexicon()))
        twins = features.pair_features(read("evopower32", lexicon()), read("evopower33", lexicon()))
        assert (alike[near], twins[near]) == (2, 0)


class TestCrosses:
    def test_learnt_weights_are_summed_by_kind(self):
        a, b = read("pegasus trail", lexicon()), read("pegasus zoom", lexicon())
        shared, alone, crossed = crosses(a, b)
        assert (len(shared), len(alone), len(crossed)) == (1, 2, 1)
        weights = np.zeros(1 << 20, dtype=np.float32)
        weights[shared[0]], weights[alone[0]], weights[crossed[0]] = 1.0, -2.0, 0.5
        row = Learnt(weights, 0.25).features(hash_pairs([(a, b)]))[0]
        assert row.tolist() == [1.0, -2.0, 0.5, -0.25, -2.0, 0.0, 0.5, 1.0, 0.5, 1.0]

    def test_some_rows_can_be_taken(self):
        words = [read(title, lexicon()) for title in ("a b", "b c", "c d e")]
        all_pairs = hash_pairs([(words[0], words[1]), (words[1], words[2]), (words[0], words[2])])
        taken = all_pairs.take(np.array([2, 0]))
        assert taken.columns.tolist() == [
            *all_pairs.columns[all_pairs.starts[2] : all_pairs.starts[3]],
            *all_pairs.columns[all_pairs.starts[0] : all_pairs.starts[1]],
        ]


class TestTrees:
    def test_every_row_falls_into_its_leaf(self):
        deep = [(False, 0, 0.0, 1, 2, 0.0), leaf(1.0), (False, 1, 5.0, 3, 4, 0.0), leaf(10.0), leaf(100.0)]
        trees = trees_from_nodes([deep, [leaf(1000.0)]], 0.5)
        rows = np.array([[0.0, 9.0], [1.0, 5.0], [1.0, 6.0]])
        assert trees.log_odds(rows).tolist() == [1001.5, 1010.5, 1100.5]

    def test_more_rows_than_are_asked_at_once(self):
        trees = trees_from_nodes([[(False, 0, 0.0, 1, 2, 0.0), leaf(1.0), leaf(2.0)]], 0.0)
        assert trees.log_odds(np.array([[-1.0], [1.0]] * 700)).tolist() == [1.0, 2.0] * 700


class TestWeights:
    def test_a_model_survives_its_file(self, tmp_path):
        save_model(tiny_model(), tmp_path)
        stored = load_model(tmp_path)
        read_pairs = [(stored.read(one), stored.read(other)) for one, other in PAIRS]
        assert stored.probabilities(read_pairs).tolist() == tiny_model().probabilities(read_pairs).tolist()
        assert stored.lexicon == tiny_model().lexicon

    def test_the_same_model_writes_the_same_bytes(self, tmp_path):
        for name in ("one", "two"):
            save_model(tiny_model(), tmp_path / name)
        assert (tmp_path / "one" / WEIGHTS).read_bytes() == (tmp_path / "two" / WEIGHTS).read_bytes()

    def test_missing_weights_say_how_to_get_them(self, tmp_path):
        with pytest.raises(WeightsNotUsable, match="manage.py train_title_model"):
            load_model(tmp_path)

    def test_an_older_format_says_so(self, tmp_path):
        np.savez_compressed(tmp_path / WEIGHTS, format=np.array([0]))
        with pytest.raises(WeightsNotUsable, match=r"has format 0, this version reads format \d+\. Train it anew"):
            load_model(tmp_path)

    def test_something_else_is_no_weights_file(self, tmp_path):
        (tmp_path / WEIGHTS).write_bytes(b"PK but not really")
        with pytest.raises(WeightsNotUsable, match="is not a weights file"):
            load_model(tmp_path)

    def test_the_shipped_weights_carry_the_figures_they_were_accepted_on(self):
        figures = load_model().figures
        assert {"trained_on", "seed", "files", "training", "products_held_out", "validation"} <= set(figures)
        assert all(len(digest) == 64 for digest in figures["files"].values())


class TestShippedModel:
    @pytest.mark.parametrize(("one", "other"), PAIRS)
    def test_the_order_of_the_titles_changes_no_probability(self, one, other):
        model = load_model()
        a, b = model.read(one), model.read(other)
        assert model.probabilities([(a, b)]).tolist() == model.probabilities([(b, a)]).tolist()

    def test_versions_and_twins_are_less_probable_than_the_same_in_other_words(self):
        model = load_model()

        def chance(one, other):
            return model.probabilities([(model.read(one), model.read(other))])[0]

        same = chance("Nike Air Zoom Pegasus 33 Men's Black", "Nike Air Zoom Pegasus 33 Herren Schwarz")
        assert same > 0.7
        assert chance("Nike Air Zoom Pegasus 33 Men's Black", "Nike Air Zoom Pegasus 32 Men's Black") < 0.5 * same
        assert chance("ASICS GEL-NIMBUS 19 Men Black", "ASICS GEL-CUMULUS 19 Men Black") < 0.2

    def test_a_code_that_agrees_raises_and_one_that_differs_lowers(self):
        model = load_model()

        def chance(one, other):
            return model.probabilities([(model.read(one), model.read(other))])[0]

        plain = chance("Nike Air Max Zero", "Nike Air Max Zero Sneaker")
        equal = chance("Nike Air Max Zero 857661-400", "Nike Air Max Zero Sneaker 857661-400")
        differ = chance("Nike Air Max Zero 857661-400", "Nike Air Max Zero Sneaker 857661-401")
        assert differ < 0.02 < plain < equal
        assert equal > 0.97


class TestMeasuring:
    def test_exact_figures(self):
        same = np.array([True, True, False, False])
        found = measure(same, np.array([0.9, 0.4, 0.6, 0.1]))
        assert (found.pairs, found.matches, found.f1, found.precision, found.recall) == (4, 2, 0.5, 0.5, 0.5)
        assert round(found.ece, 6) == 0.35
        assert calibration_error(same, np.array([1.0, 1.0, 0.0, 0.0])) == 0.0

    def test_an_interval_holds_the_figure_and_repeats(self):
        same = np.array([True, False] * 50)
        probability = np.where(same, 0.8, 0.2)
        probability[:10] = 0.5
        low, high = interval(same, probability, lambda figures: figures.f1)
        assert low < measure(same, probability).f1 < high
        assert (low, high) == interval(same, probability, lambda figures: figures.f1)


class TestJudging:
    def judge(self, left, right):
        (found,) = judge_pairs([(offer_from(left), offer_from(right))], load_model())
        return found

    def test_titles_alone_never_say_same(self):
        title = {"title": "Nike Air Max 90 Essential White Mens"}
        assert self.judge(title, title).decision == "ask"
        assert self.judge(title, {"title": "Puma Suede Classic Red Womens"}).decision == "different"

    def test_a_clean_barcode_with_size_says_same(self):
        left = {"title": "Trail 4", "vendor": "Northfell", "barcode": "9521234000013", "size": "EU 42"}
        right = {"title": "Trail 4 M", "brand": "Northfell", "barcode": 9521234000013, "options": {"Size": "42"}}
        found = self.judge(left, right)
        assert (found.decision, found.evidence[0]) == ("same", "Both carry the barcode 9521234000013.")
        assert found.probability > 0.99

    @pytest.mark.parametrize(
        ("facts", "decision"),
        [
            ({}, "same"),
            ({"size": "EU 43"}, "different"),
            ({"article_code": "DD1391-101"}, "different"),
            ({"colour": "Red"}, "ask"),
            ({"brand": "Puma"}, "different"),
        ],
    )
    def test_brand_code_and_size_decide_unless_something_speaks_against_it(self, facts, decision):
        left = {"title": "Dunk Low", "brand": "Nike", "article_code": "DD1391-100", "size": "EU 42", "colour": "White"}
        assert self.judge(left, left | facts).decision == decision

    def test_two_products_without_sizes_are_compared_as_products(self):
        found = self.judge({"title": "Nike Dunk Low DD1391-100"}, {"title": "Nike Dunk Retro dd1391 100"})
        assert (found.decision, found.evidence[-1]) == ("same", "Neither states a size: compared as products.")
        one_sized = self.judge({"title": "Nike Dunk Low DD1391-100"}, {"title": "Nike Dunk DD1391-100", "size": "42"})
        assert one_sized.decision == "ask"

    def test_a_word_with_digits_is_no_code_of_a_brand_that_never_uses_its_shape(self):
        left = {"title": "Epson Cyan T7032 L - WP4000/4500", "brand": "Epson"}
        assert self.judge(left, {"title": "Epson Magenta T7034 L - WP4000/4500", "brand": "Epson"}).decision != "same"

    def test_the_order_of_the_sides_changes_no_answer(self):
        left, right = {"title": "Nike Dunk Low White", "colour": "Black"}, {"title": "Dunk Low", "vendor": "NIKE"}
        one, other = self.judge(left, right), self.judge(right, left)
        assert (one.probability, one.decision) == (other.probability, other.decision)

    def test_a_low_and_a_high_cut_of_one_model_are_told_apart(self):
        high, low = {"title": "Northfell Court Star Hi Black"}, {"title": "Northfell Court Star Ox Black"}
        assert self.judge(high, low).probability < 0.5 < self.judge(high, high).probability
        assert "Heights differ: high and low." in self.judge(high, low).evidence

    def test_no_sentence_is_said_twice(self):
        left = {"title": "Dunk", "brand": "Nike", "colour": "White"}
        evidence = self.judge(left, left | {"colour": "Black"}).evidence
        assert evidence.count("Colours differ: white and black.") == 1
        assert len(set(evidence)) == len(evidence)

    def test_nothing_to_compare_asks(self):
        found = self.judge({}, {"title": "Dunk"})
        assert (found.probability, found.decision) == (0.05, "ask")
        assert found.evidence == ("One side says nothing that could be compared.",)

    @pytest.mark.parametrize("options", [{"Size": "42"}, [["Size", "42"]], [{"name": "Size", "value": 42}]])
    def test_options_come_in_three_shapes(self, options):
        assert offer_from({"options": options}).options == (("Size", "42"),)

    @pytest.mark.parametrize(
        ("fields", "problem"),
        [
            ({"title": ["a"]}, "title is neither text nor a number"),
            ({"barcode": True}, "barcode is neither text nor a number"),
            ({"options": "42"}, "options are neither a list nor an object"),
            ({"options": [["a"]]}, "an option is neither a name with a value nor a pair of them"),
        ],
    )
    def test_a_field_of_another_type_is_refused_in_words(self, fields, problem):
        with pytest.raises(ValueError, match=problem):
            offer_from(fields)


def test_figures_are_readable_json():
    json.loads((Path(__file__).parents[1] / "weights" / "figures.json").read_text(encoding="utf-8"))
