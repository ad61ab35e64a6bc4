"""A seller says which of its goods are taxed less: by product, for many at once, by rule; kept with who and when."""

import pytest

from catalog.goods import BadGoods, Said, add_goods_rule, classed, end_goods_rule, goods_history, said_of, say_goods
from catalog.models import GoodsRule, GoodsWord, Product
from catalog.tests.cast import make_item, open_shop, stock
from catalog.tests.test_rules_api import caller
from network.models import Membership, Shop, User
from skuu.kit.errors import NotFound

pytestmark = pytest.mark.django_db
CLOTHES, SHOES = "children_clothing", "children_shoes"


@pytest.fixture
def bruno() -> Shop:
    return open_shop("Bruno")


def classes(shop: Shop) -> list[str]:
    return list(classed(Product.everyone.filter(shop=shop)).order_by("pk").values_list("goods_class", flat=True))


def goods_of(shop: Shop, *variants) -> list[tuple[str, str, str]]:
    items = {variant.pk: variant.matches.get().item_id for variant in variants}
    found = said_of([shop.pk], list(items.values()))
    said = [found.get((shop.pk, item), Said()) for item in items.values()]
    return [(one.goods, one.how, one.by) for one in said]


def test_nobody_is_put_into_a_class_by_guessing(bruno: Shop) -> None:
    shoe = stock(bruno, make_item("Kids shoe", "28"), 1, product_type="Kids shoes", tags=["kids"])
    assert (classes(bruno), goods_of(bruno, shoe)) == (["standard"], [("standard", "", "")])


def test_a_word_stands_before_a_rule_and_the_newest_rule_that_fits_counts(bruno: Shop) -> None:
    shoe = stock(bruno, make_item(), 1, product_type="Shoes", tags=["Kids", "new"])
    shirt = stock(bruno, make_item(), 1, product_type="Shirts", tags=["KIDS"])
    plain = stock(bruno, make_item(), 1, product_type="Shoes")
    add_goods_rule(bruno, category="", tag=" kids ", goods=CLOTHES, by="bruno")
    assert classes(bruno) == [CLOTHES, CLOTHES, "standard"]
    both = add_goods_rule(bruno, category="shoes", tag="kids", goods=SHOES, by="ada")
    assert goods_of(bruno, shoe, shirt, plain) == [
        (SHOES, "rule", "ada"), (CLOTHES, "rule", "bruno"), ("standard", "", ""),
    ]  # fmt: skip
    say_goods(bruno, [shoe.product_id], "standard", by="otto")
    assert goods_of(bruno, shoe) == [("standard", "word", "otto")]
    assert classes(bruno) == ["standard", CLOTHES, "standard"]
    say_goods(bruno, [shoe.product_id], "", by="otto")
    assert goods_of(bruno, shoe) == [(SHOES, "rule", "ada")]
    end_goods_rule(both, by="otto")
    assert goods_of(bruno, shoe) == [(CLOTHES, "rule", "bruno")]


def test_words_are_history_and_said_again_they_change_nothing(bruno: Shop) -> None:
    ids = [stock(bruno, make_item(), 1).product_id for _ in range(3)]
    assert say_goods(bruno, ids, SHOES, by="bruno") == 3
    assert say_goods(bruno, ids[:2], SHOES, by="ada") == 0
    assert say_goods(bruno, ids[:1], CLOTHES, by="ada") == 1
    rows = list(GoodsWord.everyone.order_by("pk").values_list("goods_class", "said_by", "ended_by"))
    assert rows == [(SHOES, "bruno", "ada"), (SHOES, "bruno", ""), (SHOES, "bruno", ""), (CLOTHES, "ada", "")]
    first = add_goods_rule(bruno, category="Boots", tag="", goods=SHOES, by="bruno")
    assert add_goods_rule(bruno, category="boots ", tag="", goods=SHOES, by="ada") == first
    add_goods_rule(bruno, category="boots", tag="", goods=CLOTHES, by="ada")
    assert list(GoodsRule.everyone.order_by("pk").values_list("goods_class", "ended_by")) == [
        (SHOES, "ada"), (CLOTHES, ""),
    ]  # fmt: skip
    told = goods_history(bruno)
    assert [(one["row"].goods_class, len(one["products"])) for one in told] == [
        (CLOTHES, 0), (SHOES, 0), (CLOTHES, 1), (SHOES, 3),
    ]  # fmt: skip


def test_what_means_nothing_is_refused_and_a_strangers_product_is_not_there(bruno: Shop) -> None:
    cara = open_shop("Cara")
    hers, mine = stock(cara, make_item(), 1).product_id, stock(bruno, make_item(), 1).product_id
    for products, goods in (([mine], "toys"), ([], SHOES)):
        with pytest.raises(BadGoods):
            say_goods(bruno, products, goods, by="bruno")
    with pytest.raises(NotFound):
        say_goods(bruno, [mine, hers], SHOES, by="bruno")
    for category, tag, goods in (("", " ", SHOES), ("x" * 201, "", SHOES), ("boots", "", "toys")):
        with pytest.raises(BadGoods):
            add_goods_rule(bruno, category=category, tag=tag, goods=goods, by="bruno")
    assert not GoodsWord.everyone.exists()
    assert not GoodsRule.everyone.exists()
    say_goods(cara, [hers], SHOES, by="cara")
    assert classes(bruno) == ["standard"]


class TestDoors:
    def test_the_api_says_lists_and_takes_back_and_a_stranger_finds_nothing(self, bruno: Shop) -> None:
        call, cara = caller(bruno), caller(open_shop("Cara"))
        shoe, boot = (stock(bruno, make_item(), 1, product_type="Shoes").product for _ in range(2))
        said = call("put", "goods-classes/", {"products": [shoe.remote_id], "goods_class": SHOES})
        assert (said.status_code, said.json()) == (200, {"changed": 1})
        made = call("post", "goods-rules/", {"product_type": "Shoes", "goods_class": CLOTHES}).json()
        listed = {
            one["product"]: (one["goods_class"], one["said"]) for one in call("get", "goods-classes/").json()["results"]
        }
        assert listed == {shoe.remote_id: (SHOES, "word"), boot.remote_id: (CLOTHES, "rule")}
        only = call("get", f"goods-classes/?goods_class={SHOES}").json()["results"]
        assert [(one["product"], one["said_by"][:12]) for one in only] == [(shoe.remote_id, "API key skuu")]
        assert cara("get", "goods-classes/").json()["results"] == []
        assert cara("put", "goods-classes/", {"products": [shoe.remote_id], "goods_class": ""}).status_code == 404
        assert cara("delete", f"goods-rules/{made['id']}/").status_code == 404
        assert call("delete", f"goods-rules/{made['id']}/").status_code == 204
        assert call("get", "goods-rules/?standing=true").json()["results"] == []
        assert call("put", "goods-classes/", {"products": [shoe.remote_id], "goods_class": ""}).json() == {"changed": 1}
        assert classes(bruno) == ["standard", "standard"]

    def test_a_rule_that_says_taxed_as_usual_is_told_as_a_rule_with_who_said_it(self, client, bruno: Shop) -> None:
        shoe, plain = (stock(bruno, make_item(), 1, product_type=kind).product for kind in ("Shoes", "Belts"))
        add_goods_rule(bruno, category="", tag="kids", goods=CLOTHES, by="bruno")
        Product.everyone.filter(pk=shoe.pk).update(tags=["kids"])
        rule = add_goods_rule(bruno, category="shoes", tag="", goods="standard", by="ada")
        told = {one["product"]: one for one in caller(bruno)("get", "goods-classes/").json()["results"]}
        assert [told[shoe.remote_id][name] for name in ("goods_class", "said", "said_by")] == [
            "standard",
            "rule",
            "ada",
        ]
        assert told[shoe.remote_id]["said_at"][:19] == rule.said_at.isoformat()[:19]
        assert [told[plain.remote_id][name] for name in ("goods_class", "said", "said_by", "said_at")] == [
            "standard", "", "", None,
        ]  # fmt: skip
        user = User.objects.create_user("ada", password="x")
        Membership.everyone.create(user=user, merchant=bruno.merchant, role="finance")
        client.force_login(user)
        assert client.get("/products/vat/").content.decode().count("by a rule: type “shoes”") == 1

    def test_the_page_says_it_for_those_ticked_and_for_all_that_fit_the_search(self, client, bruno: Shop) -> None:
        boots = [stock(bruno, make_item(), 1, vendor="Nordwand").product_id for _ in range(3)]
        other = stock(bruno, make_item(), 1, vendor="Testa").product_id
        user = User.objects.create_user("ada", password="x")
        Membership.everyone.create(user=user, merchant=bruno.merchant, role="finance")
        client.force_login(user)
        page = client.get("/products/vat/").content.decode()
        assert "Great Britain" in page or "United Kingdom" in page
        client.post("/products/vat/say/", {"product": [boots[0]], "goods_class": SHOES})
        assert classes(bruno) == [SHOES, "standard", "standard", "standard"]
        answer = client.post("/products/vat/say/", {"all": "1", "q": "nordwand", "goods_class": CLOTHES}, follow=True)
        assert answer.request["QUERY_STRING"].endswith("q=nordwand")
        assert classes(bruno) == [CLOTHES, CLOTHES, CLOTHES, "standard"]
        client.post("/products/vat/rules/", {"category": "boots", "goods_class": SHOES})
        assert classes(bruno)[-1] == SHOES
        page = client.get(f"/products/vat/?state={SHOES}").content.decode()
        assert (f'id="goods-{other}"' in page, f'id="goods-{boots[0]}"' in page, "by a rule" in page) == (
            True,
            False,
            True,
        )
        client.post(f"/products/vat/rules/{GoodsRule.everyone.get().pk}/end/")
        assert classes(bruno)[-1] == "standard"
        history = client.get("/products/vat/").content.decode()
        assert "until" in history
        cara = open_shop("Cara")
        Membership.everyone.filter(user=user).update(merchant=cara.merchant)
        client.post("/products/vat/say/", {"product": boots, "goods_class": SHOES})
        assert classes(bruno) == [CLOTHES, CLOTHES, CLOTHES, "standard"]
        assert client.post(f"/products/vat/rules/{GoodsRule.everyone.get().pk}/end/").status_code == 404
