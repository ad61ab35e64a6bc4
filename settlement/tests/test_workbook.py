"""Rows that are put into a workbook read as if the library had written them."""

import io
import re
import zipfile

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from settlement.documents.workbook import AMOUNT, NUMBER, TEXT, insert_rows

KINDS = [TEXT, NUMBER, AMOUNT]


def workbook(rows: list[tuple[str, int, float]], *, ours: bool) -> str:
    """Write three columns between a first and a last row; returns the sheet as XML."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"constant_memory": True})
    style = book.add_format({"num_format": "0.00"})
    sheet = book.add_worksheet()
    sheet.write_number(0, 2, 1.5, style)
    for at, (text, number, amount) in enumerate([] if ours else rows, start=1):
        sheet.write_string(at, 0, text)
        sheet.write_number(at, 1, number)
        sheet.write_number(at, 2, amount, style)
    sheet.write_string(len(rows) + 1, 0, "closing")
    book.close()
    told = ([text, str(number), f"{amount}"] for text, number, amount in rows)
    content = insert_rows(out, KINDS, after=1, rows=told) if ours else out.getvalue()
    with zipfile.ZipFile(io.BytesIO(content)) as read:
        assert read.testzip() is None
        xml = read.read("xl/worksheets/sheet1.xml").decode()
    return re.sub(r' xml:space="preserve"| spans="[^"]*"', "", xml)


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r"), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(TEXTS, st.integers(-9, 9), st.sampled_from([-1.25, 0.5, 1200.75])), max_size=5))
def test_a_sheet_is_the_one_the_library_would_have_written(rows):
    assert workbook(rows, ours=True) == workbook(rows, ours=False)


@pytest.mark.parametrize("text", ["a & b", "<1>", "_x0041_", " lead", "tab\there", "\x01", "line\nbreak", "ünï"])
def test_text_that_needs_care_is_kept(text):
    assert workbook([(text, 1, 0.5)], ours=True) == workbook([(text, 1, 0.5)], ours=False)


def test_a_row_that_is_not_there_is_told():
    out = io.BytesIO()
    xlsxwriter.Workbook(out).close()
    with pytest.raises(ValueError, match="no row 7"):
        insert_rows(out, KINDS, after=7, rows=[])
