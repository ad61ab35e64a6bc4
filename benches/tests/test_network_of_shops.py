"""The generated networks: the same for the same seed, and exact about what is truly the same."""

import csv
from collections import Counter, defaultdict

import pytest

from benches._network_of_shops import generate, write_network
from benches._networks.parts import with_check_digit

WORLDS = ("as_prototype", "foreign")


@pytest.fixture(scope="module", params=WORLDS)
def rows(request):
    return list(generate(20_000, 3, request.param))


@pytest.fixture(scope="module")
def foreign():
    return list(generate(60_000, 3, "foreign"))


class TestEveryWorld:
    @pytest.mark.parametrize("noise", WORLDS)
    def test_a_seed_gives_the_same_rows_again_and_another_seed_gives_others(self, noise):
        first = list(generate(2_000, 5, noise))
        assert list(generate(2_000, 5, noise)) == first
        assert list(generate(500, 5, noise)) == first[:500]
        assert list(generate(2_000, 6, noise)) != first

    @pytest.mark.parametrize("noise", WORLDS)
    def test_the_file_has_the_columns_matching_reads_and_the_truth_after_them(self, noise, tmp_path):
        assert write_network(tmp_path / "network.csv", 300, 5, noise) == 300
        with (tmp_path / "network.csv").open(newline="", encoding="utf-8") as text:
            header, *lines = csv.reader(text)
        assert header == (
            "id shop_id product_ref title vendor colour size sku article_code barcode price "
            "truth_variant truth_style kind"
        ).split(" ")
        assert [tuple(line) for line in lines] == list(generate(300, 5, noise))

    def test_every_row_has_a_number_of_its_own_and_a_product_belongs_to_one_shop(self, rows):
        assert len({row.id for row in rows}) == len(rows)
        shops = defaultdict(set)
        for row in rows:
            shops[row.product_ref].add(row.shop_id)
        assert {len(found) for found in shops.values()} == {1}
        assert {int(row.shop_id) for row in rows} <= set(range(1, 201))

    def test_a_true_variant_is_one_size_of_one_true_style(self, rows):
        assert all(row.truth_variant.startswith(f"{row.truth_style}-") for row in rows)

    def test_many_true_variants_are_in_several_shops(self, rows):
        shops = defaultdict(set)
        for row in rows:
            shops[row.truth_variant].add(row.shop_id)
        assert sum(len(found) > 1 for found in shops.values()) > len(shops) / 4

    def test_a_clean_barcode_nearly_always_names_one_thing_and_never_always(self, rows):
        things = defaultdict(Counter)
        for row in rows:
            if len(row.barcode) == 13 and row.barcode.startswith("952"):
                things[row.barcode][row.truth_variant] += 1
        several = sum(len(found) > 1 for found in things.values())
        assert 0 < several < len(things) / 20

    def test_numbers_of_our_own_stand_under_the_demonstration_prefix(self, rows):
        starts = Counter(row.barcode[:3] for row in rows if len(row.barcode) == 13 and row.barcode.isdigit())
        assert starts.most_common(1)[0][0] == "952"

    def test_nothing_tells_the_truth_apart_from_its_columns(self, rows):
        only_titles = [row for row in rows if row.kind == "title"]
        assert only_titles
        assert not any(row.barcode or row.article_code for row in only_titles)


class TestTheFamiliarWorld:
    def test_a_shop_lists_a_true_variant_once(self):
        rows = list(generate(20_000, 3, "as_prototype"))
        assert max(Counter((row.shop_id, row.truth_variant) for row in rows).values()) == 1


class TestTheForeignWorld:
    def test_some_products_hold_several_colours(self, foreign):
        styles = defaultdict(set)
        for row in foreign:
            styles[row.product_ref].add(row.truth_style)
        assert sum(len(found) > 1 for found in styles.values()) > len(styles) / 20

    def test_some_shops_list_a_product_twice(self, foreign):
        twice = {row.product_ref.removesuffix("-b") for row in foreign if row.product_ref.endswith("-b")}
        assert twice
        assert twice <= {row.product_ref for row in foreign}

    def test_a_pack_and_a_case_are_other_things_than_the_single(self, foreign):
        kinds = Counter(row.truth_variant.rpartition("-")[2] for row in foreign)
        assert kinds["pack"] > 20
        assert kinds["case"] > 20

    def test_a_case_carries_the_number_of_the_case(self, foreign):
        cases = [row for row in foreign if row.truth_variant.endswith("-case")]
        assert all(
            len(row.barcode or row.sku) == 14 and with_check_digit(row.barcode[:13]) == row.barcode for row in cases
        )

    def test_sizes_are_written_in_four_systems_thirds_and_not_at_all(self, foreign):
        sizes = Counter(row.size for row in foreign)
        for written in ("42 2/3", "EU 42", "UK 8", "US 9", "US 8.5 W", "W32/L34", "L", "98", "IT 42", ""):
            assert sizes[written], written

    def test_one_size_label_is_different_sizes_of_different_makers(self, foreign):
        meant = defaultdict(set)
        for row in foreign:
            if row.size.startswith("US 9"):
                meant[row.size].add(row.truth_variant.partition("-")[2])
        assert len(meant["US 9"]) > 3

    def test_colours_are_told_in_eight_languages(self, foreign):
        told = {row.colour for row in foreign}
        assert {"Black", "Schwarz", "Noir", "Nero", "Negro", "Zwart", "Svart", "Czarny"} <= told

    def test_a_number_is_used_again_by_another_maker(self, foreign):
        styles = defaultdict(set)
        for row in foreign:
            if row.barcode.startswith("952"):
                styles[row.barcode].add((row.truth_style, row.title.split()[0]))
        assert any(len({style for style, _ in found}) > 1 for found in styles.values())

    def test_shops_call_themselves_the_maker(self, foreign):
        vendors = defaultdict(Counter)
        for row in foreign:
            vendors[row.shop_id][row.vendor] += 1
        own = [shop for shop, names in vendors.items() if names.most_common(1)[0][1] > 0.8 * names.total()]
        assert len(own) > 20

    def test_half_of_the_numbers_in_a_stock_keeping_field_name_a_whole_style(self, foreign):
        shared = Counter((row.product_ref, row.sku) for row in foreign)
        assert sum(count for count in shared.values() if count > 1) > len(foreign) / 5
