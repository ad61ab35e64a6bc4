"""One test for every known trap of shop data that reading a variant can fall into, each with several exact examples."""

import pytest

from catalog.matching.article import code_in_field, code_in_sku, code_levels, looks_alike
from catalog.matching.brand import canonical_brand
from catalog.matching.colour import colours_conflict
from catalog.matching.gtin import check_digit, normalise_gtin
from catalog.matching.normalising import Normalised, VariantIn, normalise
from catalog.matching.size import normalise_size, same_size, sizes_conflict


def read(title: str = "Runner", vendor: str = "Northfell", **facts: object) -> Normalised:
    """A variant of an invented brand, unless told otherwise."""
    return normalise(VariantIn(1, 1, "p", title, vendor, **facts))


def gtin(body: str) -> str:
    """A number with its right check digit."""
    return body + check_digit(body)


class TestBarcodes:
    def test_trap_01_upc_ean_and_padded_gtin_14_of_one_number_are_equal(self):
        for body in ("19615449956", "95212340000"):
            upc = gtin(body)
            keys = {normalise_gtin(form).key for form in (upc, "0" + upc, "00" + upc, "000" + upc)}
            assert keys == {upc.zfill(14)}
        short = normalise_gtin("96385074")
        assert short.key == "00000096385074"
        assert normalise_gtin("000096385074").key == ""

    def test_trap_02_spreadsheets_and_hands_have_dirtied_a_number(self):
        for form in (
            "'9521234000006", "952 1234 000006", "952-1234-000006", "9521234000006.0", "\u00a09521234000006", "EAN 9521234000006",
            "9,521234000006E+12", "9521234000006\n", "\u200b9521234000006", "\u2019 9521234000006",
        ):  # fmt: skip
            assert normalise_gtin(form).key == "09521234000006", form
        assert normalise_gtin("36000241457").key == normalise_gtin("036000241457").key == "00036000241457"
        for rounded in ("9.52123E+12", "9,52E+12", "4.05982E+12"):
            assert (normalise_gtin(rounded).key, normalise_gtin(rounded).status) == ("", "not_a_gtin")

    def test_trap_03_a_wrong_check_digit_is_kept_as_text_and_flagged(self):
        for text in ("9521234000007", "196154499560", "952123400006"):
            found = normalise_gtin(text)
            assert (found.key, found.status, found.raw) == ("", "bad_check", text)

    def test_trap_04_in_store_numbers_coupons_and_serials_are_no_keys(self):
        for body in ("200000000001", "021234500001", "041234500001"):
            assert (normalise_gtin(gtin(body)).status, normalise_gtin(gtin(body)).key) == ("restricted", "")
        for body in ("051234500001", "981234500001", "984234500001", "991234500001", "977123450001"):
            assert (normalise_gtin(gtin(body)).status, normalise_gtin(gtin(body)).key) == ("coupon", "")

    def test_trap_05_placeholders_are_no_numbers(self):
        for text in (
            "0000000000000", "1111111111116", "9999999999994", "1234567890128", "N/A", "Does not apply", "none", "0", "-", "keine",
        ):  # fmt: skip
            assert (normalise_gtin(text).value, normalise_gtin(text).status) == ("", "placeholder"), text

    def test_trap_06_a_case_of_goods_is_not_one_piece(self):
        for indicator in "123456789":
            found = normalise_gtin(gtin(indicator + "952123400000"))
            assert (found.status, found.key) == ("case", "")

    def test_trap_07_the_same_number_on_two_sizes_leaves_the_sizes_to_contradict(self):
        one, other = (read(barcode=gtin("952123400000"), size=size) for size in ("EU 25", "EU 26"))
        assert one.gtin == other.gtin
        assert sizes_conflict(one.size, other.size)
        fuchsia, black = (read(barcode=gtin("952123400000"), colour=said) for said in ("Fuxia", "Black-Yellow"))
        assert colours_conflict(fuchsia.colour.bases, black.colour.bases)

    def test_trap_08_the_same_number_under_two_brands_keeps_both_brands(self):
        one, other = (read(vendor=vendor, barcode=gtin("952123400000")) for vendor in ("Northfell", "Sunvale GmbH"))
        assert (one.brand, other.brand) == ("northfell", "sunvale")

    def test_trap_09_numbers_stand_in_each_others_columns(self):
        part_number = read(vendor="Nike", barcode="DD1391-100")
        assert (part_number.gtin.key, part_number.code.value, part_number.code.level) == ("", "DD1391100", "full")
        swapped = read(sku="'" + gtin("952123400000"))
        assert swapped.gtin.key == "09521234000006"
        internal = read(sku="100101941961156", barcode="'100101941961156")
        assert (internal.gtin.key, internal.gtin.status, internal.code.level) == ("", "not_a_gtin", "none")
        both = read(sku=gtin("952123400001"), barcode=gtin("952123400000"))
        assert both.gtin.key == "09521234000006"

    def test_trap_10_two_numbers_of_one_variant_do_not_change_what_else_is_read(self):
        facts = {"article_code": "AB1234-100", "size": "EU 42", "colour": "Black"}
        one, other = (read(barcode=gtin(body), **facts) for body in ("952123400000", "952123400001"))
        assert one.gtin.key != other.gtin.key
        assert (one.code, one.size, one.colour) == (other.code, other.size, other.colour)


class TestArticleCodes:
    def test_trap_11_separators_in_article_codes_do_not_matter(self):
        for text in ("DD1391-100", "DD1391 100", "dd1391100", "DD1391_100", "DD1391.100", "DD1391/100"):
            assert code_in_field(text, "nike").value == "DD1391100"
        for text in ("352634-05", "352634 05", "35263405", "352634_05"):
            assert code_in_field(text, "puma").value == "35263405"
        assert code_in_field("352634-03", "puma").value == "35263403"
        for text in ("T727N-9099", "T727N 9099", "t727n9099", "HN6F0-8873", "H63QQ-2323", "1011A792-001"):
            assert code_in_field(text, "asics").level == "full"
        assert {code_in_field(text, "adidas").value for text in ("GZ9256", "gz9256", "GZ9256_StanSmith")} == {"GZ9256"}

    @pytest.mark.parametrize(
        ("text", "value", "level", "style"),
        [
            ("ABCD1234-001", "ABCD1234001", "full", "ABCD1234"),
            ("1234.567", "1234567", "full", "1234"),
            ("G12345 A", "G12345A", "full", "G12345"),
            ("SS21-1234-BLK", "SS211234BLK", "full", "SS211234"),
            ("230-069_WHITE-SILVER", "230069WHITESILVER", "full", "230069"),
            ("10260-022_BLACK-YELLOW", "10260022BLACKYELLOW", "full", "10260022"),
            ("77A00153_K305_Black", "77A00153K305BLACK", "full", "77A00153K305"),
            ("12345678", "12345678", "style", "12345678"),
            ("SS26-2033", "SS262033", "style", "SS262033"),
            ("W25-2021", "W252021", "style", "W252021"),
            ("FW26-2064-WHLG", "FW262064WHLG", "full", "FW262064"),
            ("G12345A", "G12345A", "style", "G12345A"),
        ],
    )
    def test_trap_11_codes_of_unknown_shape_are_full_with_a_colour_part(self, text, value, level, style):
        code = code_in_field(text, "northfell")
        assert (code.value, code.level, code.style) == (value, level, style)

    def test_trap_12_a_style_without_its_colour_is_no_full_code(self):
        for text, brand in (("DD1391", "nike"), ("352634", "puma"), ("T727N", "asics"), ("144083", "skechers")):
            assert code_in_field(text, brand).level == "style"
        assert code_in_field("352634-42", "puma", "EU 42").level == "style"
        one, other = code_in_field("AB1234-100", "northfell"), code_in_field("AB1234", "northfell")
        assert code_levels({"p": [(one, ())], "q": [(other, ())]})["AB1234"] == "style"
        assert code_in_field("10260-022_FUXIA").value != code_in_field("10260-022_BLACK").value

    @pytest.mark.parametrize(
        ("vendor", "brand"),
        [
            ("Nike Sportswear", "nike"), ("NIKE", "nike"), ("Jordan", "nike"), ("Nike Football", "nike"), ("Nike Official Store",
            "nike"),
            ("adidas Originals", "adidas"), ("adidas AG", "adidas"), ("Northfell GmbH & Co. KG", "northfell"), ("Northfell S.r.l.",
            "northfell"),
            ("Levi's®", "levis"), ("Shop 12", ""), ("Kicks Store", ""), ("1024", ""), ("n/a", ""), ("adiddas", "adiddas"), ("Nkie",
            "nkie"),
        ],
    )  # fmt: skip
    def test_trap_13_a_house_has_one_name_a_shop_none_and_a_slip_its_own(self, vendor, brand):
        assert canonical_brand(vendor) == brand

    def test_trap_13_where_the_vendor_is_the_shop_the_title_names_the_brand_or_nobody_does(self):
        for title, brand in (
            ("Nike Air Max 90", "nike"), ("Runner by Dr. Martens", "dr martens"), ("Air Jordans 5 Retro", "nike"), ("Runner 5", ""),
            ("Scarpa da corsa", ""), ("Blue Suede Shoes", ""), ("On Sale: Runner", ""), ("On Cloudmonster", "on"),
            ("Classic Runner", ""),
        ):  # fmt: skip
            assert canonical_brand("Kicks Corner", title=title, shop_names=("Kicks Corner",)) == brand, title
        assert code_in_field("123456", "northfell") == code_in_field("123456", "")

    def test_trap_14_suffixes_and_leading_zeros_make_another_code_and_look_alikes_a_question(self):
        assert code_in_field("144083", "skechers").value != code_in_field("144083W", "skechers").value
        assert looks_alike("DD139I1OO", "DD1391100")
        assert looks_alike("0352634", "352634")
        assert not looks_alike("144083", "144083W")
        assert read("Force 1 GS").gender == read("Force 1 (PS)").gender == read("Force 1 TD").gender == "k"

    @pytest.mark.parametrize(
        "sku", ["1001", "001123456", "12345678", "CLU-KMU-TH-25/26-16-18", "SHIRT-RED", "100101941961156"]
    )
    def test_trap_15_a_shops_own_number_is_no_code(self, sku):
        assert code_in_sku(sku, "northfell", "M").level == "none"

    def test_trap_15_the_last_digits_of_a_sku_may_be_a_size_in_another_system(self):
        code = code_in_sku("AC0809-39", "northfell", "UK 5.5")
        assert (code.value, code.level) == ("AC0809", "style")

    def test_trap_15_a_sku_that_names_the_style_is_style_level(self):
        assert code_in_sku("DD1391", "nike").level == "style"


class TestSizes:
    @pytest.mark.parametrize(
        ("text", "known", "key"),
        [
            ("US 9", {"brand": "nike", "gender": "m"}, "EU:42.5"), ("UK 8", {"brand": "nike", "gender": "m"}, "EU:42.5"),
            ("UK 8.5", {"brand": "adidas", "gender": "m"}, "EU:42.67"), ("42,5", {}, "EU:42.5"), ("42 1/2", {}, "EU:42.5"),
            ("42 ½", {}, "EU:42.5"), ("Gr. 42.5", {}, "EU:42.5"), ("42 2/3", {}, "EU:42.67"), ("42⅔", {}, "EU:42.67"),
            ("36⅔", {}, "EU:36.67"), ("42 (UK 8)", {}, "EU:42"), ("42.5 EU (8 UK)", {}, "EU:42.5"), ("8.5 UK / 42.5 EU", {}, "EU:42.5"),
            ("US 9", {"brand": "puma", "gender": "m"}, "US-m:9"), ("UK 8", {"brand": "northfell", "gender": "m"}, "UK:8"),
        ],
    )  # fmt: skip
    def test_trap_16_halves_thirds_and_systems_meet_in_eu_where_a_chart_is_sure(self, text, known, key):
        found = normalise_size(text, kind="shoe", **known)
        assert (found.key, found.sure) == (key, True)

    def test_trap_16_a_value_that_stands_twice_in_a_chart_converts_to_nothing(self):
        found = normalise_size("UK 6", brand="nike", gender="m", kind="shoe")  # EU 39 and EU 40
        assert found.key == "UK:6"

    @pytest.mark.parametrize("text", ["US 8", "US8", "8 US", "8", "Size 8", "8.5", "us 10"])
    def test_trap_17_a_us_size_of_nobody_in_particular_is_not_sure(self, text):
        found = normalise_size(text, brand="nike", kind="shoe")
        assert not found.sure
        assert not same_size(found, found)

    def test_trap_17_men_women_and_children_count_apart(self):
        keys = [normalise_size("US 8", brand="nike", gender=who, kind="shoe").key for who in ("m", "w", "k")]
        assert keys == ["EU:41", "EU:39", "US-k:8C"]
        for text, key, sure in (
            ("US 13.5", "US-k:13.5C", True), ("US 1", "US-k:1", False), ("1Y", "US-k:1Y", True), ("10C", "US-k:10C", True), ("7Y",
            "US-k:7Y", True),
        ):  # fmt: skip
            found = normalise_size(text, gender="k", kind="shoe")
            assert (found.key, found.sure) == (key, sure)
        for text in ("M 9 / W 10.5", "W 10.5 / M 9", "M9/W10.5", "Men 9 / Women 10.5"):
            assert normalise_size(text, brand="nike", gender="u", kind="shoe").key == "EU:42.5"
        assert (
            normalise_size("UK 10", gender="k", kind="shoe").key != normalise_size("UK 10", gender="m", kind="shoe").key
        )

    @pytest.mark.parametrize(
        ("text", "kind", "key"),
        [
            ("2XL", "top", "AL:XXL"), ("XXL", "top", "AL:XXL"), ("XS/S", "top", "AL:XS/S"), ("Mittel", "top", "AL:M"), ("Grande",
            "top", "AL:L"),
            ("petit", "top", "AL:S"), ("Taglia M", "top", "AL:M"), ("M (42)", "top", "AL:M"), ("US M", "top", "AL-US:M"),
            ("One Size", "accessory", "ONE"), ("TU", "accessory", "ONE"), ("Einheitsgröße", "", "ONE"), ("talla única", "", "ONE"),
            ("een maat", "", "ONE"), ("en storlek", "", "ONE"), ("jeden rozmiar", "", "ONE"),
            ("W32/L34", "trousers", "WL:32/34"), ("32W 34L", "trousers", "WL:32/34"), ("32x34", "trousers", "WL:32/34"),
            ("32/34", "trousers", "WL:32/34"), ("38R", "suit", "SU:38R"), ("38S", "suit", "SU:38S"), ("38 Long", "suit", "SU:38L"),
            ("75B", "bra", "BRA:75B"), ("B75", "bra", "BRA:75B"), ("EU 75B / UK 34B", "bra", "BRA:75B"), ("34DD", "bra", "BRA-UK:34DD"),
            ("16-18", "top", "NR-R:16/18"), ("104/110", "top", "CM-R:104/110"), ("Age 7-8", "top", "AGE:7-8Y"), ("7-8 ans", "top",
            "AGE:7-8Y"),
            ("6-9 Monate", "top", "AGE:6-9M"), ("39-42", "sock", "NR-R:39/42"), ("IT 42", "top", "IT:42"), ("38 FR", "top", "FR:38"),
        ],
    )  # fmt: skip
    def test_trap_18_sizes_that_are_not_one_number(self, text, kind, key):
        found = normalise_size(text, kind=kind)
        assert (found.key, found.sure) == (key, True)

    def test_trap_18_a_bare_dress_size_is_another_in_every_country(self):
        for gender in ("w", ""):
            assert not normalise_size("38", kind="top", gender=gender).sure
        assert normalise_size("50", kind="suit", gender="m").sure
        assert normalise_size("104", kind="top", gender="k").sure

    def test_trap_18_a_size_stands_in_the_title_or_in_the_wrong_slot(self):
        assert read("Runner EU 42,5 Black").size.key == "EU:42.5"
        assert read("Runner", options=(("Color", "42"), ("Size", "Black"))).size.key == "EU:42"
        assert read("Runner", options=(("Title", "Default Title"),)).size.key == ""
        assert read("Tote Bag", options=(("Title", "Default Title"),)).size.key == "ONE"

    def test_trap_18_a_suit_of_46_is_one_chest_in_milan_and_another_in_new_york(self):
        assert not normalise_size("46R", kind="suit").sure
        assert normalise_size("EU 56R", kind="suit").key == normalise_size("US 46R", kind="suit").key == "SU:46R"

    def test_trap_18_a_lone_w_may_be_wide_or_womens(self):
        assert not normalise_size("US 6 W", kind="shoe", gender="w", brand="nike").sure
        assert normalise_size("42 wide", kind="shoe").key == "EU:42/WIDE"

    def test_trap_19_a_missing_size_equals_nothing(self):
        for text in ("", "Default Title", "-", "N/A"):
            found = normalise_size(text, kind="shoe")
            assert (found.key, found.sure) == ("", False)
            assert not same_size(found, found)
