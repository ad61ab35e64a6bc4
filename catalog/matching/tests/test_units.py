"""Products before sizes: what rows of a product teach each other, and what a style refuses."""

from catalog.matching.engine import decide_batch
from catalog.matching.grouping import MOST_PAIRED
from catalog.matching.listing import whole_codes
from catalog.matching.tests.cast import gtin, variant

CODE = "AB1234-100"


def items(batch):
    return {link.id: link.item for link in batch.links}


def methods(batch):
    return {link.id: link.method for link in batch.links if link.status == "linked"}


def shoe(shop, sizes, **facts):
    """A shop's runner in several sizes: row ids are shop and size."""
    return [variant(f"{shop}-{size}", shop, size=f"EU {size}", **facts) for size in sizes]


def with_barcodes(shop, sizes, start=0, **facts):
    return [variant(f"{shop}-{size}", shop, size=f"EU {size}", barcode=gtin(start + size), **facts) for size in sizes]


def test_a_size_without_its_barcode_finds_its_item_by_size():
    rows = [*with_barcodes(1, [40, 41]), *with_barcodes(2, [40, 41]), *shoe(2, [42]), *with_barcodes(1, [42])]
    batch = decide_batch(rows)
    assert items(batch)["1-42"] == items(batch)["2-42"] != ""
    assert methods(batch)["2-42"] == "aligned"
    assert batch.links[-1].evidence == (
        "Its product is linked to others by barcode or article code, and EU 42 is their size too.",
    )


def test_a_code_on_one_row_speaks_for_all_rows_of_its_product():
    rows = [*shoe(1, [40, 41]), *shoe(2, [40, 41], article_code=CODE)]
    assert set(items(decide_batch(rows, titles=False)).values()) == {""}
    rows[0] = variant("1-40", 1, size="EU 40", article_code=CODE)
    linked = items(decide_batch(rows, titles=False))
    assert linked["1-40"] == linked["2-40"] != linked["1-41"] == linked["2-41"] != ""


def test_one_shared_barcode_against_three_that_differ_is_a_question():
    rows = [*with_barcodes(1, [40, 41, 42, 43]), *with_barcodes(2, [41, 42, 43], start=500)]
    rows.append(variant("2-40", 2, size="EU 40", barcode=gtin(40)))
    batch = decide_batch(rows, titles=False)
    assert set(items(batch).values()) == {""}
    asked = [link for link in batch.links if link.status == "ask"]
    assert {link.id for link in asked} == {"1-40", "2-40"}
    assert asked[0].evidence == ("Their barcodes differ.",)


def test_a_row_with_a_barcode_of_its_own_stays_out_of_the_item_of_its_size():
    rows = [row for shop in (1, 2, 3) for row in with_barcodes(shop, [40, 41, 42])]
    rows[-1] = variant("3-42", 3, size="EU 42", barcode=gtin(900))
    batch = decide_batch(rows, titles=False)
    assert items(batch)["1-42"] == items(batch)["2-42"] != ""
    assert items(batch)["3-42"] == ""
    assert [link.evidence for link in batch.links if link.id == "3-42"] == [("Their barcodes differ.",)]
    assert items(batch)["3-41"] == items(batch)["1-41"]


def test_the_same_number_in_us_sizes_meets_european_ones_through_other_rows():
    rows = [
        variant("1-a", 1, size="US 9", gender="", barcode=gtin(1)),
        variant("2-a", 2, size="EU 42.5", gender="", barcode=gtin(1)),
        variant("1-b", 1, size="US 10", gender="", barcode=gtin(2)),
        variant("2-b", 2, size="EU 44", gender="", barcode=gtin(2)),
    ]
    linked = items(decide_batch(rows, titles=False))
    assert linked["1-a"] == linked["2-a"] != linked["1-b"] == linked["2-b"] != ""


def test_a_chart_that_barcodes_deny_is_not_used_for_rows_without_one():
    # The packaged chart says that UK 8 of adidas is EU 42; here the barcodes say EU 42.5 all over.
    rows = []
    for place, (british, european) in enumerate((("7", "41.5"), ("8", "42.5"), ("9", "43.5"))):
        for model in range(3):
            number = gtin(10 * place + model)
            facts = {"vendor": "adidas", "title": f"Model{model} Runner", "barcode": number}
            rows.append(variant(f"1-{place}-{model}", 1, size=f"UK {british}", product_ref=f"m{model}", **facts))
            rows.append(variant(f"2-{place}-{model}", 2, size=f"EU {european}", product_ref=f"m{model}", **facts))
    coded = {"vendor": "adidas", "title": "Samba", "article_code": "BB7771"}
    rows += [variant("3-x", 3, size="UK 8", **coded), variant("4-x", 4, size="EU 42", **coded)]
    rows += [variant("5-x", 5, size="EU 42.5", **coded)]
    linked = items(decide_batch(rows, titles=False))
    assert linked["3-x"] == linked["5-x"] != ""
    assert linked["4-x"] == ""


def test_a_vendor_of_one_shop_alone_whose_barcodes_are_other_brands_is_no_brand():
    rows = []
    for number, brand in enumerate(("Northfell", "Sandvik", "Trolle")):
        for shop, vendor in ((1, brand), (2, brand), (3, "Calzature Vecchia")):
            facts = {"vendor": vendor, "title": f"{brand} Model{number}", "product_ref": f"p{number}"}
            rows.append(variant(f"{shop}-{number}", shop, barcode=gtin(number), **facts))
    linked = items(decide_batch(rows, titles=False))
    assert all(linked[f"3-{number}"] == linked[f"1-{number}"] != "" for number in range(3))


def test_one_product_under_another_brand_is_a_question_and_not_a_shops_name():
    rows = [variant(shop, shop, barcode=gtin(1)) for shop in (1, 2)]
    rows.append(variant(3, 3, barcode=gtin(1), vendor="Otherbrand"))
    batch = decide_batch(rows, titles=False)
    assert items(batch)[1] == items(batch)[2] != ""
    assert (items(batch)[3], batch.links[2].evidence) == ("", ("Brands differ: northfell and otherbrand.",))


def test_one_letter_for_the_colour_needs_equal_colours_too():
    known = [variant(shop, shop, article_code="AB1234-L", colour="Black") for shop in (1, 2)]
    silent = [variant(shop, shop, article_code="AB1234-L", colour="") for shop in (3, 4)]
    linked = items(decide_batch([*known, *silent], titles=False))
    assert linked[1] == linked[2] != ""
    assert (linked[3], linked[4]) == ("", "")


def test_codes_of_a_shape_nobody_knows_count_where_each_colour_has_its_own():
    colours = ("Black", "White", "Red", "Green", "Blue")
    rows = []
    for shop in (1, 2):
        for number, colour in enumerate(colours):
            facts = {"article_code": f"0020{number}815", "colour": colour if shop == 1 else "", "product_ref": colour}
            rows.append(variant(f"{shop}-{colour}", shop, **facts))
    linked = items(decide_batch(rows, titles=False))
    assert all(linked[f"1-{colour}"] == linked[f"2-{colour}"] != "" for colour in colours)
    few = items(decide_batch([row for row in rows if "Black" in str(row.id) or "Red" in str(row.id)], titles=False))
    assert set(few.values()) == {""}


def test_a_code_in_a_hundred_shops_is_decided_like_one_in_two():
    rows = [variant(shop, shop, article_code=CODE) for shop in range(100)]
    linked = items(decide_batch(rows, titles=False))
    assert len(set(linked.values())) == 1
    assert "" not in linked.values()


def test_a_barcode_in_a_hundred_shops_is_decided_like_one_in_two():
    assert MOST_PAIRED < 100
    rows = [variant(shop, shop, barcode=gtin(7)) for shop in range(100)]
    linked = items(decide_batch(rows, titles=False))
    assert len(set(linked.values())) == 1
    assert "" not in linked.values()


def test_the_model_part_alone_is_not_another_code_of_a_product():
    assert whole_codes({"DD1391", "DD1391100", "DD1391200"}) == {
        "DD1391100": "DD1391100",
        "DD1391200": "DD1391200",
        "DD1391": "DD1391100",
    }
    rows = [variant("1-a", 1, article_code="DD1391", size="EU 40"), variant("1-b", 1, article_code="DD1391-100")]
    rows += [variant("2-a", 2, article_code="DD1391-100", size="EU 40")]
    linked = items(decide_batch(rows, titles=False))
    assert linked["1-a"] == linked["2-a"] != ""


def test_several_barcodes_outweigh_neighbouring_shades_and_no_others():
    def pair(count, colour):
        here = with_barcodes(1, range(40, 40 + count), colour="Black")
        return items(decide_batch([*here, *with_barcodes(2, range(40, 40 + count), colour=colour)], titles=False))

    assert set(pair(1, "Anthracite").values()) == {""}
    assert "" not in pair(2, "Anthracite").values()
    assert set(pair(4, "Fuchsia").values()) == {""}


def test_a_single_key_does_not_outweigh_another_version_or_another_kind_of_thing():
    def linked(**facts):
        here, there = {"title": "Runner Shoe 4"}, {"title": "Runner Shoe 4"} | facts
        rows = [variant(1, 1, barcode=gtin(1), **here), variant(2, 2, barcode=gtin(1), **there)]
        return set(items(decide_batch(rows, titles=False)).values()) != {""}

    assert linked()
    assert not linked(title="Runner Shoe 5")
    assert not linked(title="Runner Hoodie 4", size="M")


def test_what_people_type_to_fill_a_code_field_is_no_code():
    for filler in ("000000-000", "999999-999", "123456-789", "FW2023", "SS25"):
        rows = [variant(shop, shop, article_code=filler) for shop in (1, 2)]
        assert set(items(decide_batch(rows, titles=False)).values()) == {""}


def test_a_retailers_listed_name_is_no_brand_where_its_barcodes_are_several_makers():
    rows = []
    for number, brand in enumerate(("Northfell", "Sandvik", "Trolle")):
        for shop, vendor in ((1, brand), (2, brand), (3, "Foot Locker")):
            facts = {"vendor": vendor, "title": f"{brand} Model", "product_ref": f"p{number}"}
            rows.append(variant(f"{shop}-{number}", shop, barcode=gtin(number), **facts))
    linked = items(decide_batch(rows, titles=False))
    assert all(linked[f"3-{number}"] == linked[f"1-{number}"] != "" for number in range(3))
