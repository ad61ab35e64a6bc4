"""Barcode traps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.matching.gtin import STATUSES, check_digit, gtins_of, normalise_gtin


@pytest.mark.parametrize(
    "text", ["9521234000006", "09521234000006", "'9521234000006", "9 521234 000006", "952-1234-000006"]
)
def test_one_ean_in_every_spelling_is_one_value(text):
    assert (normalise_gtin(text).value, normalise_gtin(text).status) == ("09521234000006", "clean")


@pytest.mark.parametrize(
    "text",
    [
        *("196154499569", "0196154499569", "00196154499569", "'196154499569", "196154499569.0", "1.96154499569E+11"),
        *("1 96154 49956 9", "1\u00a096154\u00a0499569", "\ufeff196154499569", "UPC: 196154499569", "000196154499569"),
    ],
)
def test_upc_ean_and_gtin_14_with_zeros_are_equal(text):
    assert normalise_gtin(text).key == "00196154499569"


def test_a_lost_leading_zero_comes_back():
    assert normalise_gtin("0 767461 174496").key == normalise_gtin("767461174496").key == "00767461174496"
    assert normalise_gtin("36000241457").key == normalise_gtin("036000241457").key == "00036000241457"


def test_a_gtin_8_stays_apart_from_zero_padded_twelve_digits():
    short = normalise_gtin("96385074")
    assert (short.value, short.status) == ("00000096385074", "clean")
    assert normalise_gtin("00000096385074").key == short.key
    assert normalise_gtin("000096385074").key == ""


@pytest.mark.parametrize(
    ("short", "body"),
    [("425261", "04210000526"), ("378915", "03789100005"), ("123413", "01230000041"), ("378954", "03789000005")],
)
def test_a_upc_e_is_its_upc_a(short, body):
    check = check_digit(body)
    assert normalise_gtin("0" + short + check).value == normalise_gtin(body + check).value == (body + check).zfill(14)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("9521234000007", "bad_check"),
        ("4.05982E+12", "not_a_gtin"),
        ("4,05982E+12", "not_a_gtin"),
        ("MWP82LL/A", "not_a_gtin"),
        ("'100101941961156", "not_a_gtin"),
        ("1001", "not_a_gtin"),
        ("1000000007", "not_a_gtin"),
        ("0000000000000", "placeholder"),
        ("1111111111116", "placeholder"),
        ("9999999999994", "placeholder"),
        ("1234567890128", "placeholder"),
        ("123456789012", "placeholder"),
        ("N/A", "placeholder"),
        ("Does not apply", "placeholder"),
        ("0", "placeholder"),
        ("", "empty"),
        ("   ", "empty"),
        ("🙂", "empty"),
        ("19521234000003", "case"),
        ("99521234000009", "case"),
    ],
)
def test_what_is_no_barcode_of_one_piece_is_kept_and_flagged(text, status):
    found = normalise_gtin(text)
    assert (found.status, found.key, found.raw) == (status, "", text.strip())


@pytest.mark.parametrize(
    ("body", "status"),
    [
        *(("200000000001", "restricted"), ("021234500001", "restricted"), ("041234500001", "restricted")),
        *(
            ("051234500001", "coupon"),
            ("981234500001", "coupon"),
            ("991234500001", "coupon"),
            ("977123450001", "coupon"),
        ),
        *(("952123400001", "clean"), ("400763000011", "clean")),
    ],
)
def test_in_store_coupon_and_serial_prefixes_never_match(body, status):
    assert normalise_gtin(body + check_digit(body)).status == status


@given(st.integers(min_value=10**9, max_value=10**12 - 1))
def test_all_forms_of_a_number_are_equal(body):
    number = f"{body:012d}" + check_digit(f"{body:012d}")
    one = normalise_gtin(number)
    for form in ("0" + number, "'" + number, f" {number[:1]} {number[1:7]} {number[7:]} ", number + ".0"):
        assert (normalise_gtin(form).value, normalise_gtin(form).status) == (one.value, one.status)


@given(st.text(max_size=40))
def test_any_text_gives_a_status_and_reading_twice_changes_nothing(text):
    found = normalise_gtin(text)
    assert not found.value or (len(found.value) == 14 and found.value.isdigit())
    if found.status == "clean":
        assert normalise_gtin(found.value).value == found.value


SOUND = st.integers(min_value=0, max_value=10**13 - 1).map(lambda body: (str(body), check_digit(str(body))))
DIRTY = st.one_of(
    st.text(max_size=20),
    st.text("0123456789", min_size=6, max_size=16),
    st.tuples(
        st.sampled_from(["", "'", " ", "0", "00", "EAN ", "\u00a0"]), SOUND, st.sampled_from(["", ".0", " ", "\n"])
    ).map(lambda parts: parts[0] + "".join(parts[1]) + parts[2]),
    st.sampled_from(["1234567890128", "0012345678905", "1111111111116", "N/A", "", "4.05982E+12", "00000096385074"]),
)


@given(st.lists(DIRTY, max_size=12))
def test_a_column_is_read_exactly_as_its_fields_are(texts):
    values, statuses = gtins_of(texts)
    one_by_one = [normalise_gtin(text) for text in texts]
    assert [STATUSES[place] for place in statuses.tolist()] == [found.status for found in one_by_one]
    assert values.tolist() == [int(found.value or 0) for found in one_by_one]


@given(st.integers(min_value=0, max_value=10**14 - 1))
def test_the_quick_check_agrees_with_the_check_digit(number):
    digits = f"{number:014d}"
    right = check_digit(digits[:-1]) == digits[-1]
    status = normalise_gtin(digits).status
    assert (status == "bad_check") is (not right) or status in ("placeholder", "not_a_gtin")
