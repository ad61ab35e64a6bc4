"""The whole list: groups, guards, coherent clusters, questions, and independence of order."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.matching.blocking import rare_tokens
from catalog.matching.engine import decide_batch
from catalog.matching.tests.cast import gtin, variant

CODE = "AB1234-100"


def status(batch):
    return {link.id: link.status for link in batch.links}


def items(batch):
    return {link.id: link.item for link in batch.links}


def test_three_shops_meet_by_barcode_and_by_code():
    batch = decide_batch(
        [
            variant(1, 1, barcode=gtin(1), article_code=CODE),
            variant(2, 2, barcode=gtin(1)),
            variant(3, 3, article_code=CODE),
            variant(4, 4, title="Harbour Clog"),
        ]
    )
    assert items(batch)[1] == items(batch)[2] == items(batch)[3] != ""
    assert [link.method for link in batch.links] == ["gtin", "gtin", "code", "none"]
    assert batch.links[3].status == "alone"


def test_the_sizes_of_one_colourway_share_a_style_and_colourways_do_not():
    rows = [variant(10 * shop + n, shop, size=f"EU {40 + n}", barcode=gtin(n)) for shop in (1, 2) for n in range(3)]
    rows += [variant(10 * shop + 5, shop, colour="Red", barcode=gtin(50)) for shop in (1, 2)]
    batch = decide_batch(rows)
    black = {link.style for link in batch.links if link.id % 10 != 5}
    red = {link.style for link in batch.links if link.id % 10 == 5}
    assert (len(black), len(red), black & red) == (1, 1, set())
    assert len(set(items(batch).values())) == 4


def test_one_barcode_on_all_sizes_of_a_shop_goes_to_review_and_leaves_the_others_linked():
    rows = [variant(n, 1, size=f"EU {40 + n}", barcode=gtin(1)) for n in range(4)]
    rows += [variant(10, 2, barcode=gtin(1)), variant(11, 3, barcode=gtin(1))]
    batch = decide_batch(rows)
    assert [status(batch)[n] for n in (0, 1, 2, 3, 10, 11)] == ["ask"] * 4 + ["linked"] * 2
    assert batch.asks[0].reasons[0].startswith(f"The barcode {gtin(1)} stands on several variants")


def test_the_neighbour_sizes_barcode_is_outvoted_and_does_not_chain():
    rows = [variant(shop, shop, barcode=gtin(1)) for shop in (1, 2, 3)] + [variant(4, 4, size="EU 43", barcode=gtin(1))]
    rows += [variant(5, 5, size="EU 43", barcode=gtin(2)), variant(6, 6, size="EU 43", barcode=gtin(2))]
    batch = decide_batch(rows)
    assert status(batch) == {1: "linked", 2: "linked", 3: "linked", 4: "ask", 5: "linked", 6: "linked"}
    assert items(batch)[1] != items(batch)[5]


def test_one_barcode_on_two_colourways_asks():
    batch = decide_batch([variant(1, 1, barcode=gtin(1)), variant(2, 2, barcode=gtin(1), colour="Pink")])
    assert status(batch) == {1: "ask", 2: "ask"}
    assert batch.asks[0].reasons == ("Colours differ: pink and black.",)


def test_a_chain_of_barcode_and_code_with_conflicting_ends_is_split():
    a = variant(1, 1, barcode=gtin(1), colour="Black")
    b = variant(2, 2, barcode=gtin(1), article_code=CODE, colour="")
    c = variant(3, 3, article_code=CODE, colour="Red")
    batch = decide_batch([a, b, c])
    assert status(batch) == {1: "linked", 2: "linked", 3: "ask"}


def test_two_rows_of_one_shop_never_share_an_item():
    rows = [
        variant(1, 1, article_code=CODE),
        variant(2, 1, article_code=CODE, product_ref="z"),
        variant(3, 2, article_code=CODE),
    ]
    rows.append(variant(4, 3, article_code=CODE))
    batch = decide_batch(rows)
    assert status(batch) == {1: "ask", 2: "ask", 3: "linked", 4: "linked"}


def test_a_style_code_over_two_colourways_links_nothing():
    rows = [variant(1, 1, article_code="AB1234-1"), variant(2, 2, article_code="AB1234-1", colour="Red")]
    rows += [variant(3, 3, article_code="AB1234-1", colour="")]
    assert set(status(decide_batch(rows, titles=False)).values()) == {"alone"}


def test_two_barcodes_of_one_code_ask_and_stay_two_items():
    rows = [variant(shop, shop, article_code=CODE, barcode=gtin(1 if shop < 3 else 2)) for shop in (1, 2, 3, 4)]
    batch = decide_batch(rows)
    assert items(batch)[1] == items(batch)[2] != items(batch)[3] == items(batch)[4]
    assert ("code", ("Their barcodes differ.",)) in [(ask.kind, ask.reasons) for ask in batch.asks]
    joined = decide_batch(rows, must=[frozenset({1, 3})])
    assert len(set(items(joined).values())) == 1


def test_a_persons_no_outlives_the_barcode():
    rows = [variant(shop, shop, barcode=gtin(1)) for shop in (1, 2, 3)]
    batch = decide_batch(rows, cannot=[frozenset({1, 3})])
    assert items(batch)[1] == items(batch)[2] != items(batch)[3]
    assert status(batch)[3] == "ask"


def test_rows_without_size_never_link():
    rows = [
        variant(1, 1, barcode=gtin(1)),
        variant(2, 2, barcode=gtin(1), size=""),
        variant(3, 3, article_code=CODE, size=""),
    ]
    assert set(status(decide_batch(rows, titles=False)).values()) == {"ask", "alone"}


def test_in_store_numbers_equal_by_chance_link_nothing():
    rows = [
        variant(1, 1, barcode="2000000000015", title="Clog"),
        variant(2, 2, barcode="2000000000015", title="Boot X"),
    ]
    assert set(items(decide_batch(rows)).values()) == {""}


def test_a_title_gives_at_most_eight_candidates_and_no_link():
    batch = decide_batch([variant(n, n) for n in range(12)])
    assert {link.status for link in batch.links} == {"ask"}
    assert {len(link.candidates) for link in batch.links} == {8}
    assert {link.method for link in batch.links} == {"title"}
    assert batch.links[0].candidates[0].reasons[0] == "Model words agree to 100 %."


def test_a_style_number_and_a_colour_make_a_good_candidate():
    nike = {"vendor": "Nike", "title": "Nike Runner", "colour": "Black"}
    batch = decide_batch(
        [variant(1, 1, article_code="DD1391-100", **nike), variant(2, 2, article_code="DD1391", **nike)]
    )
    assert [link.status for link in batch.links] == ["ask", "ask"]
    assert batch.links[1].candidates[0].probability > 0.9
    assert "Both carry the style number DD1391." in batch.links[1].evidence
    assert batch.links[1].candidates[0].row == 1


def test_products_with_different_full_codes_are_no_candidates():
    batch = decide_batch([variant(n, n, article_code=f"AB1234-10{n}") for n in (1, 2)])
    assert [link.status for link in batch.links] == ["alone", "alone"]


def test_bad_data_of_one_shop_does_not_merge_the_items_of_others():
    rows = [variant(1, 1, barcode=gtin(1)), variant(2, 2, barcode=gtin(1))]
    rows += [variant(3, 3, size="EU 43", barcode=gtin(2)), variant(4, 4, size="EU 43", barcode=gtin(2))]
    before = items(decide_batch(rows))
    after = items(
        decide_batch([*rows, variant(5, 5, barcode=gtin(1), size=""), variant(6, 5, barcode=gtin(2), size="")])
    )
    assert {key: after[key] for key in before} == before


def test_a_barcode_on_thousands_of_variants_is_ambiguous_and_links_nothing():
    rows = [variant(n, n % 50, vendor=f"Brand{n % 9}x", barcode=gtin(1), product_ref=str(n)) for n in range(5000)]
    batch = decide_batch(rows)
    assert batch.ambiguous == ("0" + gtin(1),)
    assert set(items(batch).values()) == {""}


def mixed_rows():
    rows = []
    for shop in range(1, 7):
        for n in range(5):
            known = {"barcode": gtin(n)} if shop % 2 else {"article_code": CODE}
            rows.append(
                variant(100 * shop + n, shop, size=f"EU {40 + n}", colour=["Black", "", "Schwarz"][shop % 3], **known)
            )
    rows.append(variant(901, 9, barcode=gtin(1), size="EU 40"))
    rows.append(variant(902, 9, barcode=gtin(2), article_code=CODE, size="EU 42"))
    return rows


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_order_of_arrival_changes_nothing(chance: random.Random):
    rows = mixed_rows()
    expected = decide_batch(rows, cannot=[frozenset({100, 300})])
    chance.shuffle(rows)
    assert decide_batch(rows, cannot=[frozenset({300, 100})]) == expected


def test_barcodes_teach_the_chart_of_a_brand():
    rows = []
    for n in range(3):
        rows.append(variant(10 + n, 1, product_ref=f"u{n}", barcode=gtin(n), size="UK 8"))
        rows.append(variant(20 + n, 2, product_ref=f"e{n}", barcode=gtin(n), size="EU 42.5"))
    rows += [variant(30, 3, article_code=CODE, size="UK 8"), variant(31, 4, article_code=CODE, size="42,5")]
    batch = decide_batch(rows)
    assert items(batch)[30] == items(batch)[31] != ""
    few = decide_batch(rows[2:], titles=False)
    assert items(few)[30] == items(few)[31] == ""


def test_common_words_are_no_way_in():
    assert rare_tokens(("air", "max", "zephyr"), {"air": 900, "max": 300, "zephyr": 2}) == ("zephyr", "max")
