import io
import json

import pytest
from django.core.management import CommandError, call_command


def run(folder, lines, **options):
    """Run the command on some lines; returns the scored rows, what was said and what was complained of."""
    source, target = folder / "in.jsonl", folder / "out.jsonl"
    source.write_bytes(b"".join(line if isinstance(line, bytes) else line.encode() + b"\n" for line in lines))
    out, err = io.StringIO(), io.StringIO()
    call_command("score_pairs", input=source, output=target, stdout=out, stderr=err, **options)
    rows = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    return rows, out.getvalue(), err.getvalue()


def pair(left="Dunk Low White", right="Dunk Low Black", **more):
    return json.dumps({"left": {"title": left}, "right": {"title": right}} | more)


def test_each_line_comes_back_with_all_its_fields_in_order(tmp_path):
    rows, said, complaints = run(tmp_path, [pair(id=7, note="ü"), pair("Boot", "Boot", label=1)])
    assert [row.get("id") for row in rows] == [7, None]
    assert rows[0]["left"] == {"title": "Dunk Low White"}
    assert rows[0]["note"] == "ü"
    assert set(rows[1]) == {"left", "right", "label", "probability", "decision", "evidence"}
    assert all(0 <= row["probability"] <= 1 for row in rows)
    assert {row["decision"] for row in rows} <= {"ask", "different"}
    assert all(isinstance(sentence, str) and sentence for row in rows for sentence in row["evidence"])
    assert said.startswith("2 pairs scored: ")
    assert complaints == ""


def test_bad_lines_are_reported_by_number_and_the_others_scored(tmp_path):
    lines = [
        pair(),
        "{broken",
        "[1, 2]",
        '{"left": {"title": "a"}}',
        '{"left": "a", "right": {}}',
        '{"left": {"title": ["a"]}, "right": {}}',
        '{"left": {"price": NaN}, "right": {}}',
        '{"left": {"price": 1e400}, "right": {}}',
        b"\xff\xfe{}\n",
        "[" * 100_000,
        "",
        pair(),
    ]
    rows, said, complaints = run(tmp_path, lines)
    assert len(rows) == 2
    assert said.endswith("9 bad lines.\n")
    assert complaints.splitlines() == [
        "line 2: is not JSON: Expecting property name enclosed in double quotes at character 2",
        'line 3: is not an object with "left" and "right"',
        'line 4: "right" is missing',
        'line 5: "left" is not an object',
        'line 6: "left": title is neither text nor a number',
        "line 7: is not JSON: NaN is no number",
        "line 8: is not JSON: 1e400 is no number",
        "line 9: is not UTF-8 text",
        "line 10: is nested too deeply",
    ]


def test_nul_rtl_and_ten_kilobytes_are_scored_and_said(tmp_path):
    rows, _, complaints = run(
        tmp_path,
        [
            pair("Dunk\x00 Low", "Dunk Low"),
            pair("\u202eDunk مرحبا", "Dunk"),
            pair("dunk " * 2000, "Dunk"),
            '{"left": {"title": "\\ud800 Dunk"}, "right": {"title": "Dunk"}}',
        ],
    )
    assert {row["decision"] for row in rows} <= {"ask", "different"}
    assert rows[0]["left"]["title"] == "Dunk\x00 Low"
    assert rows[3]["left"]["title"] == "\ud800 Dunk"
    assert complaints.splitlines() == [
        'line 1: "left" holds NUL characters, which were left out (scored)',
        'line 3: "left" holds a text of more than 2,000 characters, of which the beginning was read (scored)',
    ]


def test_a_line_of_more_than_a_megabyte_is_passed_over(tmp_path):
    rows, _, complaints = run(tmp_path, [pair("x" * 2_500_000), pair()])
    assert len(rows) == 1
    assert complaints == "line 1: is longer than 1,000,000 bytes\n"


def test_a_byte_order_mark_and_missing_last_newline_are_no_matter(tmp_path):
    rows, _, complaints = run(tmp_path, [b"\xef\xbb\xbf" + pair().encode()])
    assert (len(rows), complaints) == (1, "")


def test_more_lines_than_are_held_at_once_keep_their_order(tmp_path):
    rows, said, _ = run(tmp_path, [pair(number=number) for number in range(1203)])
    assert [row["number"] for row in rows] == list(range(1203))
    assert said.startswith("1203 pairs scored")
    assert len({row["probability"] for row in rows}) == 1


def test_codes_and_barcodes_decide_where_titles_only_ask(tmp_path):
    left = {"title": "Dunk", "brand": "Nike", "article_code": "DD1391-100", "size": "EU 42", "price": "99,90", "x": {}}
    lines = [
        json.dumps({"left": left, "right": left | {"title": "Low"}}),
        json.dumps({"left": left, "right": left | {"article_code": "DD1391-101"}}),
        json.dumps({"left": left, "right": left | {"size": "EU 43"}}),
        json.dumps({"left": {}, "right": {}}),
    ]
    rows, _, _ = run(tmp_path, lines)
    assert [row["decision"] for row in rows] == ["same", "different", "different", "ask"]
    assert [row["probability"] for row in rows] == [0.995, 0.002, 0.01, 0.05]
    assert rows[0]["evidence"][0] == "Both are nike with the article code DD1391100."


def test_nothing_scored_is_a_failure_and_an_empty_file_is_not(tmp_path):
    with pytest.raises(CommandError, match="No line could be scored"):
        run(tmp_path, ["nonsense"])
    rows, said, _ = run(tmp_path, [])
    assert (rows, said) == ([], "0 pairs scored: 0 same, 0 ask, 0 different. 0 bad lines.\n")


def test_a_missing_input_changes_nothing(tmp_path):
    target = tmp_path / "out.jsonl"
    target.write_text("as it was")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("score_pairs", input=tmp_path / "none.jsonl", output=target)
    assert target.read_text() == "as it was"
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


def test_an_output_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "in.jsonl").write_text(pair())
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("score_pairs", input=tmp_path / "in.jsonl", output=tmp_path / "nowhere" / "out.jsonl")


def test_weights_of_another_format_are_refused_in_words(tmp_path):
    (tmp_path / "weights.npz").write_bytes(b"old")
    with pytest.raises(CommandError, match="is not a weights file"):
        run(tmp_path, [pair()], weights=tmp_path)


def test_no_query_is_needed(tmp_path):
    # no database mark: any query would fail this test
    rows, _, _ = run(tmp_path, [pair()])
    assert len(rows) == 1


@pytest.mark.parametrize("link", ["same", "symlink", "hard"])
def test_the_answer_never_takes_the_place_of_what_is_read(tmp_path, link):
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(pair() + "\n")
    if link == "symlink":
        target.symlink_to(source)
    elif link == "hard":
        target.hardlink_to(source)
    else:
        target = source
    with pytest.raises(CommandError, match="is the file that is read; name another for the answer"):
        call_command("score_pairs", input=source, output=target)
    assert source.read_text() == pair() + "\n"


def test_help_says_the_form_of_a_line_and_the_exit_codes(capsys):
    with pytest.raises(SystemExit):
        call_command("score_pairs", "--help")
    said = capsys.readouterr().out
    for part in ('{"left": {…}, "right": {…}}', "probability", "--input pairs.jsonl", "Exit code 0: "):
        assert part in said
