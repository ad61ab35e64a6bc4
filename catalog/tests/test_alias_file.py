"""Aliases leave the network as a file, and score_pairs reads by it what it could not read without."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from catalog.alias_file import AliasesNotReadable, export_aliases, read_aliases
from catalog.models import BrandAlias, ColourAlias


@pytest.fixture
def known(db):
    BrandAlias.objects.create(alias="fjordlyst outdoor", brand_key="fjordlyst", by="ina")
    ColourAlias.objects.create(word="gletscher", bases=["white", "grey"], by="ina")


def score(folder, **options):
    """Score one pair whose brands and colours are written in words of their own; returns decision and sentences."""
    left = {"brand": "Fjordlyst Outdoor", "title": "Aube Parka", "colour": "Gletscher", "article_code": "AB1234-100"}
    right = {"brand": "Fjordlyst", "title": "Aube Parka", "colour": "Red", "article_code": "AB1234-200"}
    (folder / "in.jsonl").write_text(json.dumps({"left": left, "right": right}) + "\n")
    call_command("score_pairs", input=folder / "in.jsonl", output=folder / "out.jsonl", stdout=io.StringIO(), **options)
    return json.loads((folder / "out.jsonl").read_text())


def test_what_is_exported_is_read_again(known, tmp_path):
    said, target = io.StringIO(), tmp_path / "aliases.json"
    call_command("export_aliases", output=target, stdout=said)
    assert said.getvalue() == "1 names of brands, 1 words for colours.\n"
    found = read_aliases(target)
    assert (found.brands, found.colours) == ({"fjordlyst outdoor": "fjordlyst"}, {"gletscher": ("white", "grey")})
    call_command("export_aliases", stdout=(screen := io.StringIO()))
    assert json.loads(screen.getvalue()) == export_aliases() == json.loads(target.read_text())


def test_a_file_written_by_hand_is_folded_as_shops_texts_are(tmp_path):
    path = tmp_path / "own.json"
    path.write_text('\ufeff{"brands": {"Fjördlyst  OUTDOOR": "Fjordlyst"}}', encoding="utf-8")
    assert read_aliases(path).brands == {"fjordlyst outdoor": "fjordlyst"}


@pytest.mark.parametrize(
    "text",
    [
        "{", "[]", '{"brand": {}}', '{"brands": []}', '{"brands": {"a": 1}}', '{"brands": {"a": " "}}',
        '{"colours": {"a": "red"}}', '{"colours": {"a": []}}', '{"colours": {"a": ["mauvish"]}}', '{"colours": {"a": [["red"]]}}',
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_refused_and_nothing_is_scored(tmp_path, text):
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(AliasesNotReadable):
        read_aliases(tmp_path / "bad.json")
    with pytest.raises(CommandError):
        score(tmp_path, aliases=tmp_path / "bad.json")
    assert not (tmp_path / "out.jsonl").exists()


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(AliasesNotReadable):
        read_aliases(tmp_path / "none.json")


def test_pairs_are_scored_by_the_words_that_people_confirmed(known, tmp_path):
    call_command("export_aliases", output=tmp_path / "aliases.json", stdout=io.StringIO())
    without, told = score(tmp_path), score(tmp_path, aliases=tmp_path / "aliases.json")
    differing = "Colours differ: white/grey and red."
    assert (differing in without["evidence"], differing in told["evidence"]) == (False, True)
    assert told["probability"] <= without["probability"]
