"""Decisions on two variants: what is certain, what asks, what is certainly different."""

import pytest

from catalog.matching.deciding import compatible, decide_pair, sure_code, sure_gtin
from catalog.matching.scoring import explain_titles
from catalog.matching.tests.cast import gtin, variant

CODE = "AB1234-100"


class TestSureGtin:
    def test_the_same_clean_barcode_in_two_shops_is_the_same_item(self):
        decision = sure_gtin(variant(1, 1, barcode=gtin(1)), variant(2, 2, barcode="'" + gtin(1)))
        assert (decision.outcome, decision.evidence_class, decision.guards) == ("same", "gtin", ())
        assert decision.evidence == (f"Both carry the barcode {gtin(1)}.",)

    @pytest.mark.parametrize(
        ("facts", "guard"),
        [
            ({"vendor": "Otherbrand"}, "brand"),
            ({"size": "EU 43"}, "size"),
            ({"colour": "Red"}, "colour"),
            ({"gender": "women"}, "gender"),
            ({"size": ""}, "size_missing"),
            ({"size": "Default Title"}, "size_missing"),
            ({"title": "Pegasus Trail 4 2-Pack"}, "pack"),
            ({"title": "Pegasus Trail 4 second hand"}, "condition"),
        ],
    )
    def test_a_contradiction_or_a_missing_size_asks(self, facts, guard):
        decision = sure_gtin(variant(1, 1, barcode=gtin(1)), variant(2, 2, barcode=gtin(1), **facts))
        assert (decision.outcome, decision.guards) == ("ask", (guard,))

    def test_different_full_codes_ask_in_spite_of_the_barcode(self):
        a = variant(1, 1, barcode=gtin(1), article_code="AB1234-100")
        b = variant(2, 2, barcode=gtin(1), article_code="AB1234-200")
        assert sure_gtin(a, b).guards == ("code",)

    def test_a_barcode_on_several_variants_of_a_shop_asks(self):
        a, b = variant(1, 1, barcode=gtin(1)), variant(2, 2, barcode=gtin(1))
        assert sure_gtin(a, b, gtin_unique_in_shop=False).guards == ("not_unique_in_shop",)
        assert sure_gtin(a, b, ambiguous={"0" + gtin(1)}).guards == ("ambiguous",)

    @pytest.mark.parametrize("barcode", ["2000000000015", "9811234500007", "19521234000003"])
    def test_in_store_coupon_and_case_numbers_ask(self, barcode):
        decision = sure_gtin(variant(1, 1, barcode=barcode), variant(2, 2, barcode=barcode))
        assert decision.outcome == "ask"
        assert decision.evidence_class in ("gtin_guarded", "none")

    def test_a_short_number_and_its_padded_form_ask_whichever_comes_first(self):
        short, padded = variant(1, 1, barcode="96385074"), variant(2, 2, barcode="0000096385074")
        assert [sure_gtin(short, padded).outcome, sure_gtin(padded, short).outcome] == ["ask", "ask"]

    def test_two_variants_of_one_shop_ask(self):
        assert "same_shop" in sure_gtin(variant(1, 1, barcode=gtin(1)), variant(2, 1, barcode=gtin(1))).guards

    def test_bags_without_a_size_to_choose_are_the_same(self):
        facts = {"title": "Harbour Tote", "size": "Default Title", "barcode": gtin(5), "gender": ""}
        assert sure_gtin(variant(1, 1, **facts), variant(2, 2, **facts)).outcome == "same"


class TestSureCode:
    def test_brand_full_code_and_size_are_the_same_item(self):
        decision = sure_code(variant(1, 1, article_code=CODE), variant(2, 2, article_code="ab1234 100", size="42"))
        assert (decision.outcome, decision.evidence_class) == ("same", "code")
        assert decision.evidence[-1] == "EU 42 is 42."

    @pytest.mark.parametrize(
        ("facts", "guard"),
        [
            ({"article_code": CODE, "colour": "Red"}, "colour"),
            ({"article_code": CODE, "gender": "kids"}, "gender"),
            ({"article_code": CODE, "size": "EU 43"}, "size"),
            ({"article_code": CODE, "size": ""}, "size_unsure"),
            ({"article_code": CODE, "size": "8"}, "size_unsure"),
            ({"article_code": CODE, "size": "UK 8"}, "size_unsure"),
            ({"article_code": CODE, "barcode": gtin(2)}, "gtins_differ"),
        ],
    )
    def test_anything_against_it_or_a_missing_size_asks(self, facts, guard):
        decision = sure_code(variant(1, 1, article_code=CODE, barcode=gtin(1)), variant(2, 2, **facts))
        assert (decision.outcome, decision.guards) == ("ask", (guard,))

    def test_a_style_level_code_never_decides(self):
        nike = {"vendor": "Nike", "article_code": "DD1391"}
        decision = sure_code(variant(1, 1, **nike), variant(2, 2, **nike))
        assert (decision.outcome, decision.evidence_class, decision.guards) == ("ask", "code_style", ("style_level",))

    def test_a_level_learnt_from_other_codes_overrules(self):
        a, b = variant(1, 1, article_code=CODE), variant(2, 2, article_code=CODE)
        assert sure_code(a, b, levels={("northfell", "AB1234100"): "style"}).guards == ("style_level",)

    def test_the_same_number_of_two_brands_says_nothing(self):
        a, b = variant(1, 1, article_code=CODE), variant(2, 2, article_code=CODE, vendor="Otherbrand")
        assert sure_code(a, b).evidence_class == "none"

    def test_a_sku_equal_by_chance_says_nothing(self):
        assert sure_code(variant(1, 1, sku="1001"), variant(2, 2, sku="1001")).evidence_class == "none"

    def test_a_gender_stated_on_one_side_reads_the_size_of_the_other(self):
        a = variant(1, 1, vendor="Nike", article_code="DD1391-100", size="US 9", gender="")
        b = variant(2, 2, vendor="Nike", article_code="DD1391-100", size="EU 42,5", gender="men")
        assert sure_code(a, b).outcome == "same"

    def test_nike_and_adidas_sizes_meet_through_their_own_charts(self):
        a = variant(1, 1, vendor="Nike", article_code="DD1391-100", size="UK 8")
        b = variant(2, 2, vendor="Nike Sportswear", article_code="DD1391_100", size="US 9")
        assert sure_code(a, b).outcome == "same"


class TestDecidePair:
    def test_different_full_codes_of_a_brand_are_different_items(self):
        a, b = variant(1, 1, article_code="AB1234-100"), variant(2, 2, article_code="AB1234-200")
        assert (decide_pair(a, b).outcome, decide_pair(a, b).evidence_class) == ("different", "code_differs")

    def test_codes_that_look_alike_are_not_called_different(self):
        a = variant(1, 1, article_code="AB1O34-1OO", vendor="Northfell")
        b = variant(2, 2, article_code="AB1034-100", vendor="Northfell")
        assert decide_pair(a, b, title_score=0.9).outcome == "ask"

    def test_a_title_alone_never_decides(self):
        a, b = variant(1, 1), variant(2, 2)
        decision = decide_pair(a, b, title_score=explain_titles(a, b).score)
        assert (decision.outcome, decision.evidence_class) == ("ask", "title")
        assert explain_titles(a, b).score > 0.9

    def test_version_numbers_and_colours_pull_a_title_down(self):
        here = variant(1, 1)
        assert explain_titles(here, variant(2, 2, title="Pegasus Trail 5")).score < 0.25
        assert explain_titles(here, variant(2, 2, colour="Red")).score < 0.25

    def test_two_numbers_of_one_item_ask_so_that_a_person_can_link_them(self):
        a = variant(1, 1, barcode=gtin(1), article_code=CODE)
        b = variant(2, 2, barcode=gtin(2), article_code=CODE)
        assert (decide_pair(a, b).outcome, decide_pair(a, b).evidence_class) == ("ask", "code_guarded")

    def test_contradictions_are_listed_with_their_sentences(self):
        found = compatible(variant(1, 1), variant(2, 2, size="EU 43", colour="Red"))
        assert [conflict.fact for conflict in found] == ["size", "colour"]
        assert found[0].sentence == "Sizes differ: EU 42 and EU 43."
