"""Golden tests of the size normaliser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.matching.size import normalise_size, same_size, sizes_conflict


def size(text, **known):
    return normalise_size(text, **known)


class TestSize:
    @pytest.mark.parametrize(
        "text", ["42,5", "42.5", "42 1/2", "42 ½", "42½", "EU 42.5", "EUR 42,5", "42.5 EU", "Gr. 42,5"]
    )
    def test_halves_in_every_spelling_are_one_size(self, text):
        assert size(text).key == "EU:42.5"

    @pytest.mark.parametrize(
        ("text", "key"), [("38 2/3", "EU:38.67"), ("36⅔", "EU:36.67"), ("43 1/3", "EU:43.33"), ("42.7", "EU:42.67")]
    )
    def test_thirds_are_kept(self, text, key):
        assert size(text).key == key

    @pytest.mark.parametrize(
        ("text", "brand", "gender", "key"),
        [
            ("US 9", "nike", "m", "EU:42.5"),
            ("US 9", "nike", "w", "EU:40.5"),
            ("UK 8", "nike", "m", "EU:42.5"),
            ("UK 8.5", "adidas", "", "EU:42.67"),
            ("UK 8", "adidas", "m", "EU:42"),
            ("US 9", "new balance", "m", "EU:42.5"),
            ("US 9", "puma", "m", "US-m:9"),
            ("UK 6", "nike", "m", "UK:6"),
            ("W 10.5 / M 9", "nike", "u", "EU:42.5"),
            ("M 9 / W 10.5", "nike", "u", "EU:42.5"),
            ("42 EU - 8 UK", "", "", "EU:42"),
            ("US 9 (EU 42.5)", "", "", "EU:42.5"),
            ("UK8/EU42", "", "", "EU:42"),
        ],
    )
    def test_only_brand_charts_that_are_borne_out_lead_to_eu(self, text, brand, gender, key):
        assert size(text, brand=brand, gender=gender).key == key

    def test_without_a_chart_a_size_keeps_its_system(self):
        british, european = size("UK 8", gender="m"), size("EU 42")
        assert british.key == "UK:8"
        assert british.eu == "42"
        assert not same_size(british, european)
        assert not sizes_conflict(british, european)
        assert sizes_conflict(british, size("EU 45"))

    def test_us_sizes_of_nobody_in_particular_are_not_sure(self):
        assert not size("US 9", brand="nike").sure
        assert size("US 8", gender="m").key != size("US 8", gender="w").key != size("US 8", gender="k").key

    @pytest.mark.parametrize(
        ("text", "key"), [("10C", "US-k:10C"), ("US 13.5", "US-k:13.5C"), ("US 1", "US-k:1"), ("7Y", "US-k:7Y")]
    )
    def test_childrens_us_sizes_restart_after_thirteen_and_a_half(self, text, key):
        found = size(text, gender="k", kind="shoe")
        assert found.key == key
        assert found.sure == (key[-1] in "CY")

    def test_a_bare_small_number_has_no_system(self):
        assert not size("9").sure
        assert not same_size(size("9"), size("9"))

    @pytest.mark.parametrize(
        ("text", "key"),
        [
            ("2XL", "AL:XXL"),
            ("XXL", "AL:XXL"),
            ("xx-large", "AL:XXL"),
            ("s", "AL:S"),
            ("Small", "AL:S"),
            ("L (Large)", "AL:L"),
            ("XS/S", "AL:XS/S"),
            ("M Tall", "AL:M-TALL"),
            ("Größe M", "AL:M"),
            ("US M", "AL-US:M"),
            ("W32/L34", "WL:32/34"),
            ("32/34", "WL:32/34"),
            ("32x34", "WL:32/34"),
            ("W32 L34", "WL:32/34"),
            ("38R", "SU:38R"),
            ("38S", "SU:38S"),
            ("38L", "SU:38L"),
            ("75B", "BRA:75B"),
            ("EU 75 B", "BRA:75B"),
            ("104/110", "CM-R:104/110"),
            ("7-8 years", "AGE:7-8Y"),
            ("7-8 Jahre", "AGE:7-8Y"),
            ("6-9 months", "AGE:6-9M"),
            ("16-18", "NR-R:16/18"),
            ("39-42", "NR-R:39/42"),
        ],
    )
    def test_sizes_that_are_not_one_number(self, text, key):
        assert size(text).key == key

    @pytest.mark.parametrize("text", ["One Size", "OS", "TU", "ONE-SIZE", "Einheitsgröße", "Taglia unica", "o/s"])
    def test_one_size_in_every_language(self, text):
        assert size(text).key == "ONE"

    def test_default_title_is_a_missing_size_unless_the_thing_has_none(self):
        assert (size("Default Title").key, size("Default Title").sure) == ("", False)
        assert size("Default Title", kind="accessory").key == "ONE"

    @pytest.mark.parametrize(
        ("text", "kind", "key"),
        [
            ("9 D(M) US", "shoe", "US-m:9"),
            ("8 B(M) US", "shoe", "US-w:8"),
            ("9 M US", "shoe", "US:9"),
            ("10 E(W) US", "shoe", "US:10/E"),
            ("42-EU", "shoe", "EU:42"),
            ("8-UK", "shoe", "UK:8"),
            ("7.5 (41)", "shoe", "EU:41"),
            ("41 / 7.5", "shoe", "EU:41"),
            ("36/37", "shoe", "NR-R:36/37"),
            ("116/6Y", "", "CM:116"),
            ("6 Jahre (116)", "", "CM:116"),
            ("104/110 (4-5 Jahre)", "top", "CM-R:104/110"),
            ("18-24 Monate (92)", "top", "CM:92"),
            ("6 (116)", "top", "RAW:6 / 116"),
            ("38 (M)", "top", "AL:M"),
            ("40-42 (M)", "top", "AL:M"),
            ("34/L", "trousers", "RAW:34/l"),
            ("48 (M)", "suit", "RAW:48 / m"),
            ("6A", "top", "AGE:6Y"),
            ("75A", "bra", "BRA:75A"),
        ],
    )
    def test_a_size_said_twice_is_read_by_the_half_that_says_more(self, text, kind, key):
        assert size(text, kind=kind).key == key

    def test_italian_french_and_german_clothes_stay_apart(self):
        keys = {size(text, kind="top").key for text in ("IT 42", "FR 38", "DE 36")}
        assert len(keys) == 3

    def test_double_sizes_of_socks_are_not_waist_and_length(self):
        assert size("36/38", kind="sock").key == "NR-R:36/38"
        assert size("36/38", kind="trousers").key == "WL:36/38"

    def test_a_wide_shoe_is_not_a_regular_one(self):
        assert not same_size(size("42 wide", kind="shoe"), size("42", kind="shoe"))

    def test_rounded_thirds_do_not_contradict(self):
        assert not sizes_conflict(size("42.5"), size("42 2/3"))
        assert sizes_conflict(size("42"), size("42.5"))

    @given(st.text(max_size=70))
    def test_any_text_is_read_and_an_unsure_size_equals_nothing(self, text):
        found = size(text)
        assert found == size(text)
        if not found.sure:
            assert not same_size(found, found)
