"""A file is matched with the other names that people have confirmed, as the network itself is."""

import json

import pytest

from catalog.alias_file import AliasesNotReadable
from catalog.match_catalogue import match_catalogue
from catalog.matching.aliasing import Aliases
from catalog.matching.columns import RawRow, read_part
from catalog.tests.test_match_catalogue import line, write

SAME = {"article_code": "NF1234-100", "barcode": ""}


def rows():
    here = [line(f"a{size}", 1, size=f"EU {size}", **SAME) for size in (40, 41)]
    there = [line(f"b{size}", 2, size=f"EU {size}", vendor="NFL Outdoor", **SAME) for size in (40, 41)]
    return here + there


def test_a_brand_known_by_another_name_is_matched_with_it_and_not_without(tmp_path):
    source, target, aliases = tmp_path / "in.csv", tmp_path / "out.csv", tmp_path / "aliases.json"
    write(source, rows())
    aliases.write_text(json.dumps({"brands": {"NFL Outdoor": "Northfell"}, "colours": {}}))
    assert match_catalogue(source, target).linked == 0
    assert match_catalogue(source, target, aliases=aliases).linked == 4


def test_a_colour_nobody_could_read_is_read_by_its_other_name():
    row = RawRow("1", "1", "a", "Pegasus Trail 4", "Northfell", "Zorblat", "EU 42", "", "NF1234", "")
    assert [colour.bases for colour in read_part([row]).colours] == [()]
    known = Aliases(colours={"zorblat": ("black",)})
    assert [colour.bases for colour in read_part([row], known).colours] == [("black",)]


def test_a_file_of_aliases_that_is_none_is_refused_and_nothing_is_written(tmp_path):
    source, target, aliases = tmp_path / "in.csv", tmp_path / "out.csv", tmp_path / "aliases.json"
    write(source, rows())
    aliases.write_text("[1]")
    with pytest.raises(AliasesNotReadable):
        match_catalogue(source, target, aliases=aliases)
    assert not target.exists()
