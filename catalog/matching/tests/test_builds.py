"""What only one of two products says of itself: a membrane, a width, a height, a lining, that it is a child's."""

import pytest

from catalog.matching.builds import builds_apart
from catalog.matching.deciding import decide_pair
from catalog.matching.engine import decide_batch
from catalog.matching.tests.cast import gtin, variant

CODE = {"vendor": "Northfell", "article_code": "NF1234-100", "gender": ""}


def linked(*rows):
    return [link.status for link in decide_batch(rows).links] == ["linked"] * len(rows)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ridge Trail GTX", "Ridge Trail"),
        ("Ridge Trail Gore-Tex", "Ridge Trail"),
        ("Ridge Trail Wide", "Ridge Trail"),
        ("Ridge Trail 2E", "Ridge Trail"),
        ("Ridge Low", "Ridge"),
        ("Ridge Mid", "Ridge"),
        ("Ridge High", "Ridge Low"),
        ("Ridge Platform", "Ridge"),
        ("Ridge Boot gefüttert", "Ridge Boot"),
        ("Ridge Boot Fleece", "Ridge Boot"),
    ],
)
@pytest.mark.parametrize("key", ["code", "barcode"])
def test_one_key_does_not_join_what_only_one_title_says(one, other, key):
    facts = CODE if key == "code" else {"barcode": gtin(1)}
    rows = [variant(1, 1, title=one, **facts), variant(2, 2, title=other, **facts)]
    decision = decide_pair(*rows)
    assert (decision.outcome, decision.guards) == ("ask", ("title",))
    assert [link.status for link in decide_batch(rows).links] == ["ask", "ask"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ridge Trail GTX", "Ridge Trail Gore-Tex"),
        ("Ridge Trail GTX", "Ridge Trail GXT"),
        ("Ridge Platform", "Ridge Plaftorm"),
        ("Ridge Low", "Ridge OX"),
        ("Ridge", "Ridge Runner"),
    ],
)
def test_other_words_and_slips_for_one_build_are_the_same(one, other):
    rows = [variant(1, 1, title=one, **CODE), variant(2, 2, title=other, **CODE)]
    assert decide_pair(*rows).outcome == "same"
    assert linked(*rows)


def test_barcode_and_code_together_outweigh_a_word_left_out():
    rows = [
        variant(1, 1, title="Ridge GTX", barcode=gtin(1), **CODE),
        variant(2, 2, title="Ridge", barcode=gtin(1), **CODE),
    ]
    assert decide_pair(*rows).outcome == "same"
    assert linked(*rows)


def test_two_barcodes_outweigh_a_word_left_out():
    rows = [
        variant(shop * 10 + n, shop, title=title, size=size, barcode=gtin(n))
        for shop, title in ((1, "Ridge GTX"), (2, "Ridge"))
        for n, size in ((1, "EU 42"), (2, "EU 43"))
    ]
    assert linked(*rows)


def test_where_several_shops_name_the_build_one_has_left_it_out():
    rows = [variant(n, n, title=title, **CODE) for n, title in ((1, "Ridge Low"), (2, "Low Ridge"), (3, "Ridge"))]
    assert linked(*rows)


def test_a_code_of_a_shape_the_brand_is_known_by_tells_heights_apart_itself_but_not_widths():
    nike = {"vendor": "Nike", "article_code": "DD1391-100"}
    assert linked(variant(1, 1, title="Dunk Low", **nike), variant(2, 2, title="Dunk", **nike))
    assert not linked(variant(1, 1, title="Dunk Wide", **nike), variant(2, 2, title="Dunk", **nike))


def test_a_reason_names_the_build():
    assert builds_apart(("ridge", "wide"), ("ridge",)) == "Only one title says wide."
    assert builds_apart(("ridge", "wide"), ("ridge", "wide")) == ""


class TestChildren:
    def rows(self, sizes, childs=("EU 36",)):
        facts = CODE | {"title": "Ridge"}
        kids = [variant(100 + n, 1, size=size, **facts | {"gender": "kids"}) for n, size in enumerate(childs)]
        return [*kids, *(variant(200 + n, 2, size=size, **facts) for n, size in enumerate(sizes))]

    def test_a_childs_product_is_not_joined_to_one_in_grown_sizes_that_says_nothing(self):
        rows = self.rows(["EU 36", "EU 42", "EU 45"])
        assert decide_pair(*rows[:2]).guards == ("title",)
        assert not any(link.item for link in decide_batch(rows).links)

    def test_it_is_joined_where_the_other_has_childrens_sizes(self):
        rows = self.rows(["EU 30", "EU 36"], ["EU 30", "EU 36"])
        assert linked(*rows)

    def test_a_juniors_42_is_not_joined_to_a_42_of_nobody_in_particular(self):
        rows = self.rows(["EU 42"], ["EU 42"])
        assert decide_pair(*rows).outcome == "ask"
        assert not any(link.item for link in decide_batch(rows).links)

    def test_a_childs_product_is_never_a_mans(self):
        facts = CODE | {"title": "Ridge", "size": "EU 36"}
        rows = [variant(1, 1, **facts | {"gender": "kids"}), variant(2, 2, **facts | {"gender": "men"})]
        assert "gender" in decide_pair(*rows).guards
        assert not any(link.item for link in decide_batch(rows).links)


class TestColourNumbers:
    def rows(self, one, other, **facts):
        facts = {"title": "Ridge", "barcode": gtin(1)} | facts
        return [variant(1, 1, colour=one, **facts), variant(2, 2, colour=other, **facts)]

    @pytest.mark.parametrize(
        ("one", "other", "outcome"),
        [
            ("001", "002", "ask"),
            ("001", "001", "same"),
            ("001", "02", "same"),
            ("001", "Black", "same"),
            ("Multi", "Black", "ask"),
            ("Multi", "Multicolour", "same"),
            ("Multi", "Black/White", "same"),
        ],
    )
    def test_numbers_of_one_length_and_one_colour_beside_many_differ(self, one, other, outcome):
        rows = self.rows(one, other)
        assert decide_pair(*rows).outcome == outcome
        assert linked(*rows) == (outcome == "same")

    def test_without_a_brand_numbers_say_nothing(self):
        assert decide_pair(*self.rows("001", "002", vendor="")).outcome == "same"

    def test_many_barcodes_outweigh_a_shops_word_for_many_colours(self):
        rows = [
            variant(shop * 10 + n, shop, title="Ridge", colour=colour, size=size, barcode=gtin(n))
            for shop, colour in ((1, "Multi"), (2, "Black"))
            for n, size in ((1, "EU 42"), (2, "EU 43"))
        ]
        assert linked(*rows)


@pytest.mark.parametrize(
    ("one", "other", "outcome"),
    [
        ("Light Blue", "Dark Blue", "ask"),
        ("Hellblau", "Navy", "ask"),
        ("Ciemnoniebieski", "Jasnoniebieski", "ask"),
        ("Light Blue", "Blue", "same"),
        ("Dark Grey", "Grigio scuro", "same"),
        ("Light Grey/Navy", "Dark Grey/Navy", "same"),
    ],
)
def test_a_light_shade_is_not_the_dark_one(one, other, outcome):
    rows = [variant(n, n, title="Ridge", colour=colour, barcode=gtin(1)) for n, colour in ((1, one), (2, other))]
    assert decide_pair(*rows).outcome == outcome
