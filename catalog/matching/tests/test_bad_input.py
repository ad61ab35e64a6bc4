"""Floods and nonsense: bounded work, clear reasons, no wrong link."""

from catalog.matching.engine import decide_batch
from catalog.matching.normalising import VariantIn, normalise
from catalog.matching.tests.cast import gtin, variant


def test_a_placeholder_on_every_variant_is_no_key():
    rows = [variant(n, n % 40, barcode="1234567890128", product_ref=str(n), title=f"Model{n}") for n in range(2000)]
    batch = decide_batch(rows)
    assert {link.status for link in batch.links} == {"alone"}
    assert batch.asks == ()


def test_thousands_of_identical_titles_find_nobody():
    batch = decide_batch([variant(n, n, product_ref=str(n)) for n in range(1500)])
    assert {link.status for link in batch.links} == {"alone"}


def test_a_shop_whose_vendor_is_its_own_name_still_links_by_barcode():
    own = normalise(
        VariantIn(
            1,
            1,
            "p",
            "Pegasus Trail 4",
            "Kicks Corner",
            size="42",
            barcode=gtin(1),
            shop_names=("Kicks Corner",),
            colour="Black",
        )
    )
    batch = decide_batch([own, variant(2, 2, barcode=gtin(1))])
    assert [link.status for link in batch.links] == ["linked", "linked"]


def test_nul_right_to_left_and_emoji_link_nothing_by_themselves():
    odd = ["\x00", "\u202e\u202d", "🙂🙂", "\ufeff", "'", "½", "<b></b>", "&nbsp;", "-", "/", "(", "%s", "\\"]
    rows = [
        normalise(VariantIn(n, n, text, text, text, ((text, text),), text, text, (text,), text, article_code=text))
        for n, text in enumerate(odd * 2)
    ]
    assert {link.item for link in decide_batch(rows).links} == {""}
