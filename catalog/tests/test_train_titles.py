import gzip
import io
import json
import sys
from dataclasses import replace

import pytest
from django.core.management import CommandError, call_command

from catalog.evaluate_matching import evaluate_matching
from catalog.frozen_verdicts import verdict_pairs
from catalog.matching.title_model.model import SHIPPED, load_model
from catalog.matching.title_model.pairs import Offer, Pair, PairsNotReadable, read_pairs, without
from catalog.models import Verdict
from catalog.tests.cast import make_item, open_shop, stock
from catalog.train_titles import WORSE_BY, measure_model, refuse_if_worse
from skuu.kit.errors import NotPossible

TITLES = [("Trail 4 black", "Trail 4 schwarz", 1), ("Trail 4 black", "Trail 5 black", 0), ("Dunk", "Boot", 0)]


def tabs(path, rows=TITLES):
    path.write_text("".join(f"COL title VAL {a}\tCOL title VAL {b}\t{label}\n" for a, b, label in rows))
    return path


class TestPairs:
    def test_tab_separated_pairs_lose_their_marks_packed_or_not(self, tmp_path):
        expected = [Pair(Offer(a), Offer(b), bool(label)) for a, b, label in TITLES]
        plain = tabs(tmp_path / "train.txt")
        packed = tmp_path / "train.txt.gz"
        packed.write_bytes(gzip.compress(plain.read_bytes()))
        assert read_pairs(plain) == read_pairs(packed) == expected

    def test_ids_are_looked_up_in_the_tables_beside_them(self, tmp_path):
        (tmp_path / "tableA.csv").write_text("id,brand,title,price,pricecurrency,cluster_id\n1,Nike,Dunk,9,EUR,7\n")
        (tmp_path / "tableB.csv").write_text("id,title,cluster_id\n2,Boot,8\n")
        (tmp_path / "train.csv").write_text("ltable_id,rtable_id,label\n1,2,0\n")
        assert read_pairs(tmp_path / "train.csv") == [
            Pair(Offer("Dunk", "Nike", "9", "EUR", "7"), Offer("Boot", product="8"), False)
        ]

    def test_json_lines_take_titles_or_objects(self, tmp_path):
        path = tmp_path / "verdicts.jsonl"
        path.write_text('{"left": {"title": "Dunk", "vendor": "Nike"}, "right": "Boot", "label": true}\n')
        assert read_pairs(path) == [Pair(Offer("Dunk", "Nike"), Offer("Boot"), True)]

    @pytest.mark.parametrize(
        ("name", "text", "problem"),
        [
            ("a.txt", "one\ttwo\n", "line 1: 2 fields instead of left, right and label"),
            ("a.txt", "one\ttwo\tmaybe\n", "line 1: the label is 'maybe', not 0 or 1"),
            ("a.jsonl", '{"left": "a"}\n', "line 1: not an object with left, right and label"),
            ("a.csv", "ltable_id,rtable_id,label\n", "tableA.csv is missing"),
        ],
    )
    def test_what_fits_no_form_is_named_by_its_line(self, tmp_path, name, text, problem):
        (tmp_path / name).write_text(text)
        with pytest.raises(PairsNotReadable, match=problem):
            read_pairs(tmp_path / name)

    def test_frozen_repeated_and_contradicting_pairs_do_not_train(self):
        a, b, c = Offer("a"), Offer("b"), Offer("c")
        pairs = [Pair(a, b, True), Pair(b, c, True), Pair(c, b, True), Pair(a, c, True), Pair(c, a, False)]
        assert without(pairs, [Pair(b, a, True)]) == [Pair(b, c, True)]


class TestTraining:
    def test_without_scikit_learn_it_says_how_to_get_it(self, tmp_path, monkeypatch):
        monkeypatch.setitem(sys.modules, "sklearn", None)
        monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
        with pytest.raises(CommandError, match="pip install -r requirements-train.txt"):
            call_command("train_title_model", pairs=[[tabs(tmp_path / "train.txt")]], output=tmp_path / "out")
        assert not (tmp_path / "out").exists()

    @pytest.mark.parametrize("accept", [True, False])
    def test_the_shipped_weights_are_not_replaced_without_accept_and_frozen_pairs(self, tmp_path, accept):
        before = (SHIPPED / "weights.npz").read_bytes()
        with pytest.raises(CommandError, match="replaced only with --accept and with frozen pairs"):
            call_command("train_title_model", pairs=[[tabs(tmp_path / "train.txt")]], output=SHIPPED, accept=accept)
        assert (SHIPPED / "weights.npz").read_bytes() == before

    def test_weights_that_lose_on_a_frozen_set_are_refused_and_equal_ones_are_not(self, tmp_path):
        path = tabs(tmp_path / "frozen.txt")
        frozen = {path: read_pairs(path)}
        now = measure_model(load_model(), frozen[path])
        name = f"{tmp_path.name}/frozen.txt"
        refuse_if_worse({name: replace(now, f1=now.f1 - WORSE_BY / 2)}, frozen)
        with pytest.raises(NotPossible, match="the shipped weights stay"):
            refuse_if_worse({name: replace(now, f1=now.f1 - 2 * WORSE_BY)}, frozen)

    def test_a_file_that_is_none_is_said(self, tmp_path):
        with pytest.raises(CommandError, match="cannot be read"):
            call_command("train_title_model", pairs=[[tmp_path / "none.txt"]], output=tmp_path / "out")


class TestEvaluating:
    def test_a_version_is_neither_better_nor_worse_than_itself(self, tmp_path):
        (compared,) = evaluate_matching([tabs(tmp_path / "frozen.txt")])
        assert (compared.old, compared.gain, compared.better) == (compared.new, (0.0, 0.0), "neither")
        assert (compared.old.pairs, compared.old.matches) == (3, 1)

    def test_the_table_and_the_figures_name_every_set(self, tmp_path):
        out = io.StringIO()
        call_command("evaluate_matching", pairs=[[tabs(tmp_path / "frozen.txt")]], json=tmp_path / "f.json", stdout=out)
        assert f"{tmp_path.name}/frozen.txt"[:20] in out.getvalue()
        (row,) = json.loads((tmp_path / "f.json").read_text())
        assert (row["set"], row["better"]) == (f"{tmp_path.name}/frozen.txt", "neither")

    def test_nothing_to_compare_on_is_said(self):
        with pytest.raises(NotPossible, match="nothing to compare on"):
            evaluate_matching([])

    def test_a_missing_version_is_said(self, tmp_path):
        with pytest.raises(NotPossible, match="no weights.npz"):
            evaluate_matching([tabs(tmp_path / "frozen.txt")], new=tmp_path)


@pytest.mark.django_db
class TestVerdicts:
    def test_a_verdict_pairs_the_variant_with_other_shops_members_of_the_item(self, tmp_path):
        alma, bruno = open_shop("Alma"), open_shop("Bruno")
        item = make_item()
        stock(alma, item, options=[["Colour", "white"]])
        asked = stock(bruno, None, options=[])
        said = Verdict.objects.create(variant=asked, item=item, same=True, by="ida")
        assert verdict_pairs() == [
            Pair(Offer("Boot", "Nordwand", "100.0", "EUR"), Offer("Boot white", "Nordwand", "100.0", "EUR"), True)
        ]
        out = io.StringIO()
        call_command("evaluate_matching", export_verdicts=tmp_path / "v.jsonl", stdout=out)
        assert read_pairs(tmp_path / "v.jsonl") == verdict_pairs()
        assert out.getvalue() == f"1 pairs written to {tmp_path / 'v.jsonl'}.\n"
        said.undone_at = said.at
        said.save()
        assert verdict_pairs() == []

    def test_a_verdict_about_an_item_of_its_own_shop_alone_says_nothing(self):
        alma = open_shop("Alma")
        item = make_item()
        stock(alma, item)
        Verdict.objects.create(variant=stock(alma, None), item=item, same=False, by="ida")
        assert verdict_pairs() == []


@pytest.mark.parametrize("command", ["train_title_model", "evaluate_matching"])
def test_help_says_forms_examples_and_exit_codes(command, capsys):
    with pytest.raises(SystemExit):
        call_command(command, "--help")
    said = capsys.readouterr().out
    assert "Door onto" not in said
    for part in ("left TAB right TAB label", "tableA.csv", f"python manage.py {command} ", "Exit code 0: "):
        assert part in said


class TestFilesThatCannotBeCompared:
    def refusal(self, *words):
        with pytest.raises(CommandError) as refused:
            call_command("evaluate_matching", *map(str, words), stdout=io.StringIO())
        return str(refused.value)

    def test_a_missing_file_is_named(self, tmp_path):
        path = tmp_path / "nope.txt"
        assert self.refusal("--pairs", path) == f"{path} cannot be read: No such file or directory."

    def test_a_file_of_other_bytes_is_no_file_of_pairs(self, tmp_path):
        path = tmp_path / "a.txt"
        path.write_bytes(b"\xff\xfe\x00")
        assert self.refusal("--pairs", path) == f"{path} is no file of pairs: it is not UTF-8 text."

    def test_figures_that_cannot_be_written_are_said(self, tmp_path):
        target = tmp_path / "nowhere" / "figures.json"
        said = self.refusal("--pairs", tabs(tmp_path / "a.txt"), "--json", target)
        assert said == f"{target} cannot be written: No such file or directory."
