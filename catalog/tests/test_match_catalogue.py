"""A file of variants through the whole engine: what is written, what is refused, and that nothing else is touched."""

import csv
import json
import random
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from catalog import catalogue_file
from catalog.catalogue_file import NotACatalogue, Reading, look_at, read_rows, stretches
from catalog.match_catalogue import COLUMNS, NothingToMatch, SameFile, match_catalogue
from catalog.matching.tests.cast import gtin

HEADER = "id shop_id product_ref title vendor colour size sku article_code barcode price".split()


def line(id_, shop, **facts):
    """A row of the file: a men's runner in black, size EU 42, unless told otherwise."""
    facts = {"title": "Pegasus Trail 4", "vendor": "Northfell", "colour": "Black", "size": "EU 42"} | facts
    facts = {"id": id_, "shop_id": shop, "product_ref": f"{shop}-a"} | facts
    return [str(facts.get(name, "")) for name in HEADER]


def write(path: Path, rows, *, delimiter=",", encoding="utf-8", header=HEADER):
    text = StringIO()
    csv.writer(text, delimiter=delimiter).writerows([header, *rows])
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def answers(path: Path):
    with path.open(encoding="utf-8", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


@pytest.fixture
def source(tmp_path):
    return tmp_path / "variants.csv"


@pytest.fixture
def target(tmp_path):
    return tmp_path / "links.csv"


def runners(shops=(1, 2), sizes=(40, 41, 42)):
    return [line(f"{shop}-{size}", shop, size=f"EU {size}", barcode=gtin(size)) for shop in shops for size in sizes]


def test_every_row_gets_its_line_in_the_order_of_the_file(source, target):
    rows = [*runners(), line("alone", 3, title="Harbour Clog", vendor="Trolle")]
    report = match_catalogue(write(source, rows), target)
    with target.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    assert lines[0] == list(COLUMNS)
    assert [one[0] for one in lines[1:]] == [row[0] for row in rows]
    found = answers(target)
    assert found["1-40"]["item"] == found["2-40"]["item"] != found["1-41"]["item"]
    assert {key: found["1-40"][key] for key in ("method", "probability", "status")} == {
        "method": "gtin",
        "probability": "0.997",
        "status": "linked",
    }
    assert (found["alone"]["status"], found["alone"]["item"], found["alone"]["probability"]) == ("alone", "", "0.0")
    assert (report.rows, report.linked, report.items, report.ask, report.alone) == (7, 6, 3, 0, 1)
    assert report.methods == {"gtin": 6, "none": 1}


def test_a_question_names_its_candidates_by_id_and_probability(source, target):
    rows = [line("a", 1), line("b", 2), line("c", 3, size="EU 43")]
    report = match_catalogue(write(source, rows), target)
    asked = answers(target)["a"]
    assert (asked["status"], asked["method"], asked["item"]) == ("ask", "title", "")
    candidates = json.loads(asked["candidates"])
    assert [one["id"] for one in candidates] == ["b"]
    assert 0 < candidates[0]["probability"] < 1
    assert asked["reason"].startswith("Model words agree")
    assert (report.ask, answers(target)["c"]["status"]) == (2, "alone")


def test_neither_the_order_of_the_rows_nor_a_second_run_changes_anything(source, target, tmp_path):
    rows = [*runners((1, 2, 3)), line("x", 4, article_code="AB1234-100"), line("y", 5, article_code="AB1234 100")]
    match_catalogue(write(source, rows), target)
    first = answers(target)
    random.Random(4).shuffle(rows)
    match_catalogue(write(source, rows), target)
    assert answers(target) == first


@pytest.mark.parametrize(
    ("delimiter", "encoding"), [(";", "utf-8"), ("\t", "utf-8-sig"), ("|", "cp1252"), (",", "utf-16")]
)
def test_delimiters_and_encodings_are_found_out(source, target, delimiter, encoding):
    rows = [line("ä1", 1, barcode=gtin(1), title="Schuh für Männer"), line("b2", 2, barcode=gtin(1))]
    report = match_catalogue(write(source, rows, delimiter=delimiter, encoding=encoding), target)
    assert (report.delimiter, report.linked) == (delimiter, 2)
    assert set(answers(target)) == {"ä1", "b2"}


def test_other_columns_are_ignored_and_missing_ones_are_empty(source, target):
    header = ["shop_id", "colour of the box", "id", "title", "barcode"]
    write(source, [["1", "red", "a", "Tote", gtin(1)], ["2", "blue", "b", "Tote", gtin(1)]], header=header)
    assert match_catalogue(source, target).linked == 2


def test_lines_that_cannot_be_used_are_named_and_the_others_matched(source, target):
    rows = [*runners(), ["too", "short"], line("", 3), line("1-40", 9, title="Another")]
    report = match_catalogue(write(source, rows), target)
    assert (report.rows, report.linked, report.bad_lines) == (6, 6, 3)
    assert report.bad == [
        (8, "it has 2 fields where the header has 11"),
        (9, "it has no id or no shop_id"),
        (10, "its id 1-40 stands on line 2 already, which counts"),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 9, "its first line is: "),
        (b"name,price\nshoe,3\n", "no header with the columns id, shop_id, title"),
        (b"id,shop_id\n1,2\n", "lacks the column title"),
        (b"id,shop_id,title,title\n1,2,a,b\n", "names a column twice: title"),
    ],
)
def test_what_is_no_catalogue_is_refused_and_nothing_is_written(source, target, content, said):
    source.write_bytes(content)
    target.write_text("kept")
    with pytest.raises(NotACatalogue, match=said):
        match_catalogue(source, target)
    assert target.read_text() == "kept"
    assert sorted(path.name for path in target.parent.iterdir()) == ["links.csv", "variants.csv"]


def test_a_header_without_usable_rows_is_refused(source, target):
    with pytest.raises(NothingToMatch, match="line 2: it has 1 fields"):
        match_catalogue(write(source, [["x"]]), target)
    assert not target.exists()


def test_nul_right_to_left_marks_and_endless_titles_do_no_harm(source, target):
    rows = [
        line("a", 1, barcode=gtin(1), title="Peg\0asus Trail 4"),
        line("b", 2, barcode=gtin(1), title="‮Pegasus ‏Trail 4"),
        line("c", 3, barcode=gtin(2), title="wide " * 2000),
        line("d", 4, barcode=gtin(2), title="<b>" * 3000),
        line("e", 5, title='\n\r"quoted", over\nlines'),
    ]
    report = match_catalogue(write(source, rows), target)
    assert (report.rows, report.bad_lines) == (5, 0)
    found = answers(target)
    assert found["a"]["item"] == found["b"]["item"] != ""


def test_one_barcode_on_thousands_of_variants_links_none_of_them(source, target):
    rows = [
        line(n, n % 50, vendor=f"Brand{n % 9}", title=f"Thing {n}", product_ref=n, barcode="4006381333931")
        for n in range(4000)
    ]
    report = match_catalogue(write(source, rows), target)
    assert (report.linked, report.ambiguous) == (0, ["04006381333931"])
    assert Counter(row["status"] for row in answers(target).values()) == {"ask": 4000}


def test_identical_titles_by_the_thousand_are_no_way_in(source, target):
    rows = [line(n, n % 200, product_ref=n) for n in range(5000)]
    report = match_catalogue(write(source, rows), target)
    assert (report.linked, report.ask, report.alone) == (0, 0, 5000)


def test_a_file_is_cut_between_records_and_never_inside_quotes(source, monkeypatch):
    monkeypatch.setattr(catalogue_file, "LOOKED_AT", 1)
    rows = [line(n, n % 3, title=f'over\ntwo "lines", {n}') for n in range(200)]
    monkeypatch.undo()
    layout = look_at(write(source, rows))
    monkeypatch.setattr(catalogue_file, "LOOKED_AT", 1)
    pieces = stretches(layout, 2)
    assert len(pieces) == 2
    read = [[row[0] for row in read_rows(layout, piece, Reading())] for piece in pieces]
    assert read[0] + read[1] == [str(n) for n in range(200)]
    assert all(len(part) > 50 for part in read)


def test_a_file_with_an_open_quote_stays_whole(source, monkeypatch):
    write(source, [line(n, 1) for n in range(50)])
    with source.open("a") as file:
        file.write('1,2,3,12" heel,,,,,,,\n')
    layout = look_at(source)
    monkeypatch.setattr(catalogue_file, "LOOKED_AT", 1)
    assert len(stretches(layout, 2)) == 1


class TestCommand:
    def test_tells_counts_writes_json_and_ends_with_0(self, source, target, tmp_path, capsys):
        write(source, runners())
        call_command("match_catalogue", input=source, output=target, json=tmp_path / "done.json")
        said = capsys.readouterr()
        assert said.out.startswith("6 variants: 6 linked into 3 items, 0 to ask about, 0 alone; 0 barcodes")
        done = json.loads((tmp_path / "done.json").read_text())
        assert (done["rows"], done["linked"], done["encoding"]) == (6, 6, "utf-8")

    def test_ends_with_1_when_lines_could_not_be_used_and_names_them(self, source, target, capsys):
        write(source, [*runners(), ["x"]])
        with pytest.raises(SystemExit) as end:
            call_command("match_catalogue", input=source, output=target)
        assert end.value.code == 1
        assert "line 8: it has 1 fields where the header has 11" in capsys.readouterr().err
        assert len(answers(target)) == 6

    def test_ends_with_2_when_there_is_nothing_to_match(self, tmp_path, target):
        with pytest.raises(CommandError, match="cannot be read") as error:
            call_command("match_catalogue", input=tmp_path / "nowhere.csv", output=target)
        assert error.value.returncode == 2


def test_the_answer_never_overwrites_what_is_read(source):
    write(source, runners())
    before = source.read_bytes()
    with pytest.raises(SameFile, match="is the file that is read"):
        match_catalogue(source, source)
    assert source.read_bytes() == before


class TestFilesThatAreNotWhatTheySeem:
    def test_a_header_alone_is_said_to_be_one(self, source, target):
        source.write_text("id,shop_id,title\n")
        with pytest.raises(NothingToMatch, match="The file has a header and no line below it."):
            match_catalogue(source, target)
        assert not target.exists()

    def test_lines_may_end_in_a_bare_carriage_return(self, source, target):
        source.write_bytes(f"id,shop_id,title,barcode\r1,a,Tote,{gtin(1)}\r2,b,Tote,{gtin(1)}\r".encode())
        assert match_catalogue(source, target).linked == 2

    def test_another_delimiter_below_the_header_is_named(self, source, target):
        source.write_text("id,shop_id,title\n1;a;Tote\n2;b;Tote\n")
        with pytest.raises(
            NothingToMatch, match="line 2: .*: it is separated by semicolon, the header by comma; line 3"
        ):
            match_catalogue(source, target)

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
    def test_an_id_that_stands_twice_is_named_with_both_lines(self, source, target, encoding):
        text = 'id,shop_id,title\n1,a,Tote\n\n2,b,"Tote\nbag"\n1,b,Bag\n2,c,Bag\n'
        source.write_bytes(text.encode(encoding))
        report = match_catalogue(source, target)
        assert (report.rows, report.bad_lines) == (2, 2)
        assert report.bad == [
            (6, "its id 1 stands on line 2 already, which counts"),
            (7, "its id 2 stands on line 5 already, which counts"),
        ]


def test_a_childs_product_is_not_linked_to_one_in_grown_sizes_that_says_nothing(source, target):
    facts = {"vendor": "Northfell", "article_code": "NF1234-100", "colour": "White", "barcode": ""}
    kids = [line(f"k{size}", 1, product_ref="k", title="Ridge Kids", size=f"EU {size}", **facts) for size in (36, 38)]
    rest = [line(f"a{size}", 2, product_ref="a", title="Ridge", size=f"EU {size}", **facts) for size in (36, 38, 44)]
    assert match_catalogue(write(source, kids + rest), target).linked == 0
