"""What the two worlds promise to everybody who builds on them."""

import hashlib
from collections import Counter, defaultdict
from dataclasses import replace

import pytest
from stdnum import ean
from stdnum.eu import vat

from network.connectors.shopify.standin.seeds import ProductSeed, StoreSeed, VariantSeed, WorldSeed
from network.connectors.shopify.standin.world import (
    SAME_COUNTRY_ROUTES,
    SOME_BLOCKED_CROSS_BORDER,
    SOME_OPEN_CROSS_BORDER,
    build_world,
    build_world_with_truth,
    vat_route_open,
)
from network.connectors.shopify.standin.world.identifiers import PLACEHOLDERS, check_digit, gtin13, mistyped, written
from network.connectors.shopify.standin.world.listing import _rounded
from skuu.kit.errors import NotFound

Place = tuple[StoreSeed, ProductSeed, VariantSeed]


@pytest.fixture(scope="module")
def demo() -> WorldSeed:
    return build_world("demo")


@pytest.fixture(scope="module")
def by_item() -> dict[int, list[Place]]:
    world, truth = build_world_with_truth("demo")
    stores = {store.domain: store for store in world.stores}
    found: dict[int, list[Place]] = defaultdict(list)
    for row in truth:
        product = stores[row.store].products[row.product]
        assert product.variants[row.variant].sku == row.sku
        found[row.item].append((stores[row.store], product, product.variants[row.variant]))
    return found


def _store(world: WorldSeed, key: str) -> StoreSeed:
    return next(store for store in world.stores if store.domain == f"{key}.myshopify.com")


def _variants(store: StoreSeed) -> list[VariantSeed]:
    return [variant for product in store.products for variant in product.variants]


def _digits(barcode: str) -> str:
    return "".join(sign for sign in barcode if sign.isdigit()).lstrip("0")


class TestDemo:
    def test_has_eight_shops_of_six_merchants_in_five_countries(self, demo: WorldSeed) -> None:
        assert len(demo.stores) == 8
        kinds = {store.merchant: store.kind for store in demo.stores}
        assert Counter(kinds.values()) == {"retailer": 4, "brand": 2}
        assert Counter(store.country for store in demo.stores) == {"SE": 2, "NL": 2, "DE": 2, "FR": 1, "PL": 1}
        assert {store.currency for store in demo.stores} == {"EUR", "SEK", "PLN"}
        assert sum(len(store.locations) == 2 for store in demo.stores) == 3
        assert all(place.country == store.country for store in demo.stores for place in store.locations)

    def test_has_the_counts_of_seed_seven(self, demo: WorldSeed) -> None:
        assert {store.domain.split(".")[0]: len(_variants(store)) for store in demo.stores} == {
            "nordvik": 168,
            "atelier-nord": 554,
            "lowland-denim": 187,
            "lowland-werk": 187,
            "grachtengoed": 528,
            "grachtengoed-de": 590,
            "maison-lavigne": 301,
            "moda-wisla": 550,
        }

    def test_is_the_same_byte_for_byte(self, demo: WorldSeed) -> None:
        first = hashlib.sha256(repr(demo).encode()).hexdigest()
        assert first == hashlib.sha256(repr(build_world("demo", seed=7)).encode()).hexdigest()
        assert first != hashlib.sha256(repr(build_world("demo", seed=8)).encode()).hexdigest()

    def test_a_larger_world_begins_with_the_smaller_one(self, demo: WorldSeed) -> None:
        larger = build_world("demo", scale=3.0)
        assert 9000 <= sum(len(_variants(store)) for store in larger.stores) < 9200
        for small, large in zip(demo.stores, larger.stores, strict=True):
            assert large.products[: len(small.products)] == small.products
            assert replace(large, products=()) == replace(small, products=())

    def test_every_page_can_stand_in_a_shopify_store(self, demo: WorldSeed) -> None:
        for store in demo.stores:
            handles = [product.handle for product in store.products]
            assert len(handles) == len(set(handles))
            for product in store.products:
                assert product.title
                assert product.shape
                assert 1 <= len(product.option_names) <= 3
                assert len({variant.options for variant in product.variants}) == len(product.variants)
                for variant in product.variants:
                    assert len(variant.options) == len(product.option_names)
                    assert all(variant.options)
                    assert len(variant.stock) == len(store.locations)
                    assert min(variant.stock) >= 0
                    assert variant.grams > 0
                    assert variant.hs_code
                    assert variant.origin_country
                    assert variant.sku

    def test_each_item_is_carried_by_one_to_five_shops(self, by_item: dict[int, list[Place]]) -> None:
        spread = Counter(len(places) for places in by_item.values())
        assert spread == {1: 218, 2: 513, 3: 418, 4: 103, 5: 31}
        assert all(len({store.domain for store, _, _ in places}) == len(places) for places in by_item.values())

    def test_prices_differ_a_few_percent_between_shops(self, by_item: dict[int, list[Place]]) -> None:
        rate = {"EUR": 1.0, "SEK": 11.2, "PLN": 4.3}
        ratios = []
        for places in by_item.values():
            euros = [float(v.compare_at or v.price) / rate[store.currency] for store, _, v in places]
            ratios.append(max(euros) / min(euros))
        assert 1.0 < max(ratios) < 1.17
        assert sum(v.compare_at is not None for places in by_item.values() for _, _, v in places) == 116

    def test_an_unknown_world_is_refused_with_the_known_ones(self) -> None:
        with pytest.raises(NotFound, match="demo, tiny") as refused:
            build_world("atlantis")
        assert refused.value.code == "unknown_world"


class TestGaps:
    def _fillable(self, by_item: dict[int, list[Place]], *, other_merchants: bool) -> int:
        gaps = 0
        for item, places in by_item.items():
            live = [
                (store, variant)
                for store, product, variant in places
                if product.status == "ACTIVE"
                and variant.tracked
                and not variant.continue_selling
                and _digits(variant.barcode) == gtin13(item)
            ]
            gaps += sum(
                sum(variant.stock) == 0
                and any(
                    other is not store
                    and sum(twin.stock) >= 2
                    and vat_route_open(store, other)
                    and not (other_merchants and other.merchant == store.merchant)
                    for other, twin in live
                )
                for store, variant in live
            )
        return gaps

    def test_many_gaps_have_a_clean_twin_in_stock_behind_an_open_route(self, by_item: dict[int, list[Place]]) -> None:
        assert self._fillable(by_item, other_merchants=False) == 394
        assert self._fillable(by_item, other_merchants=True) == 281


class TestVat:
    def test_every_number_is_well_formed_and_of_the_countries_told(self, demo: WorldSeed) -> None:
        for store in (*demo.stores, *build_world("tiny").stores):
            assert all(vat.is_valid(number) for number in store.vat_ids), store.vat_ids
            assert store.vat_ids[0].startswith(store.country) or store.country in {n[:2] for n in store.vat_ids}

    def test_no_two_merchants_share_a_number(self, demo: WorldSeed) -> None:
        owner: dict[str, str] = {}
        for store in (*demo.stores, *build_world("tiny").stores):
            for number in store.vat_ids:
                assert owner.setdefault(number, store.merchant) == store.merchant

    @pytest.mark.parametrize(("origin", "shipper"), SAME_COUNTRY_ROUTES)
    def test_neighbours_in_one_country_may_trade(self, demo: WorldSeed, origin: str, shipper: str) -> None:
        one, other = _store(demo, origin), _store(demo, shipper)
        assert one.country == other.country
        assert one.merchant != other.merchant
        assert vat_route_open(one, other)

    @pytest.mark.parametrize(("origin", "shipper"), SOME_OPEN_CROSS_BORDER)
    def test_a_number_and_the_one_stop_shop_open_a_border(self, demo: WorldSeed, origin: str, shipper: str) -> None:
        one, other = _store(demo, origin), _store(demo, shipper)
        assert one.country != other.country
        assert vat_route_open(one, other)
        assert not vat_route_open(replace(one, oss=False), other)

    @pytest.mark.parametrize(("origin", "shipper"), SOME_BLOCKED_CROSS_BORDER)
    def test_without_a_number_the_border_is_closed(self, demo: WorldSeed, origin: str, shipper: str) -> None:
        one, other = _store(demo, origin), _store(demo, shipper)
        assert one.country != other.country
        assert not vat_route_open(one, other)

    def test_counts_of_open_and_blocked_pairs(self, demo: WorldSeed) -> None:
        pairs = [(a, b) for a in demo.stores for b in demo.stores if a is not b]
        abroad = [vat_route_open(a, b) for a, b in pairs if a.country != b.country]
        assert abroad.count(True) == 18
        assert abroad.count(False) == 32


class TestBarcodes:
    def test_check_digits_agree_with_a_library(self) -> None:
        assert gtin13(1000) == "9520000010003"
        assert all(ean.is_valid(gtin13(item)) for item in range(0, 999_999_999, 12_345_678))
        assert check_digit("952000001000") == "3"
        assert not ean.is_valid(mistyped("9520000010003"))

    def test_every_way_of_writing_still_means_the_number(self) -> None:
        ways = {way: written("9520000010003", way) for way in ("clean", "apostrophe", "gtin14", "spaced", "hyphens")}
        assert ways == {
            "clean": "9520000010003",
            "apostrophe": "'9520000010003",
            "gtin14": "09520000010003",
            "spaced": "9 520000 010003",
            "hyphens": "952-0000-01000-3",
        }

    def test_every_usable_barcode_stands_under_the_demonstration_prefix(self, demo: WorldSeed) -> None:
        for store in demo.stores:
            for variant in _variants(store):
                if variant.barcode and variant.barcode not in PLACEHOLDERS:
                    assert _digits(variant.barcode).startswith("952")

    def test_the_mess_is_there_and_counted(self, by_item: dict[int, list[Place]]) -> None:
        mess: Counter[str] = Counter()
        for item, places in by_item.items():
            for store, _, variant in places:
                shop = store.domain.split(".")[0]
                if not variant.barcode:
                    mess[f"{shop} none"] += 1
                elif variant.barcode in PLACEHOLDERS:
                    mess[f"{shop} placeholder"] += 1
                elif _digits(variant.barcode) != gtin13(item):
                    right = ean.is_valid(_digits(variant.barcode))
                    mess[f"{shop} {'another size' if right else 'mistyped'}"] += 1
                elif variant.barcode != gtin13(item):
                    mess[f"{shop} written oddly"] += 1
        assert mess == {
            "atelier-nord none": 151,
            "maison-lavigne placeholder": 25,
            "grachtengoed-de another size": 20,
            "moda-wisla another size": 8,
            "moda-wisla mistyped": 7,
            "grachtengoed written oddly": 223,
            "grachtengoed-de written oddly": 296,
            "lowland-werk written oddly": 89,
        }


class TestHabits:
    def test_each_shop_writes_the_same_model_in_its_own_way(self, demo: WorldSeed) -> None:
        def titles(key: str) -> set[str]:
            return {product.title for product in _store(demo, key).products}

        assert "Ravn Sneaker Navy" in titles("nordvik")
        assert "NORDVIK RAVN DUNKELBLAU (NV1200-041)" in titles("grachtengoed-de")
        assert "Sluis Jeans" in titles("lowland-denim")
        assert "Lowland Sluis Jeans Oliv" in titles("lowland-werk")
        assert any(title.startswith("✨") for title in titles("maison-lavigne"))

    def test_sizes_are_written_as_the_shop_does(self, demo: WorldSeed) -> None:
        def sizes(key: str, shape: str) -> set[str]:
            pages = [product for product in _store(demo, key).products if product.shape == shape]
            return {" | ".join(variant.options) for product in pages for variant in product.variants}

        assert "UK 8" in sizes("atelier-nord", "boot")
        assert "EU 42" in sizes("grachtengoed-de", "boot")
        assert "Olijfgroen | 28 | 30" in sizes("lowland-denim", "trousers")
        assert "W28/L30" in sizes("lowland-werk", "trousers")
        assert "Default Title" in sizes("grachtengoed-de", "bag")
        assert {"2XL"} <= sizes("grachtengoed-de", "shirt") | sizes("grachtengoed-de", "knit")

    def test_one_shop_has_one_sku_for_a_whole_style(self, demo: WorldSeed) -> None:
        for product in _store(demo, "moda-wisla").products:
            assert len({variant.sku for variant in product.variants}) == 1

    def test_some_are_drafts_untracked_or_sold_below_zero(self, demo: WorldSeed) -> None:
        statuses = Counter(product.status for store in demo.stores for product in store.products)
        variants = [variant for store in demo.stores for variant in _variants(store)]
        assert statuses == {"ACTIVE": 468, "ARCHIVED": 4, "DRAFT": 4}
        assert sum(not variant.tracked for variant in variants) == 6
        assert sum(variant.continue_selling for variant in variants) == 27

    @pytest.mark.parametrize(
        ("cents", "ending", "price"), [(10400, 95, 10395), (10449, 99, 10399), (166320, 0, 165900)]
    )
    def test_prices_end_as_the_shop_prints_them(self, cents: int, ending: int, price: int) -> None:
        assert _rounded(cents, ending) == price


class TestTiny:
    def test_the_cast_stands_as_the_tests_know_it(self) -> None:
        alma, bruno, cara = build_world("tiny").stores
        assert [store.domain for store in (alma, bruno, cara)] == [
            "alma-studio.myshopify.com",
            "bruno-schoenen.myshopify.com",
            "cara-mode.myshopify.com",
        ]
        strand = {variant.options[0]: variant.stock[0] for variant in alma.products[0].variants}
        wanted = {variant.options[0]: variant.stock[0] for variant in bruno.products[0].variants}
        assert strand == {"41": 5, "42": 3, "43": 1}
        assert wanted == {"41": 2, "42": 0, "43": 2}
        assert vat_route_open(bruno, alma)
        assert not vat_route_open(cara, alma)
        assert not vat_route_open(alma, cara)

    def test_the_truth_joins_alma_and_bruno_and_leaves_cara_alone(self) -> None:
        world, truth = build_world_with_truth("tiny", seed=99, scale=50)
        assert len(truth) == sum(len(_variants(store)) for store in world.stores) == 27
        shops: dict[int, set[str]] = defaultdict(set)
        for row in truth:
            shops[row.item].add(row.store.split("-")[0])
        assert Counter(frozenset(names) for names in shops.values()) == {
            frozenset({"alma", "bruno"}): 11,
            frozenset({"alma"}): 1,
            frozenset({"bruno"}): 1,
            frozenset({"cara"}): 3,
        }
