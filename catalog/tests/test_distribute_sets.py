"""The one statement that decides shelves says what the thinking says of each variant alone, over a world drawn at random."""

import datetime as dt
import random

import pytest

from catalog.distribute import distribute_all, distribute_due, distribute_items
from catalog.explain_shelf import decide, explain_absence
from catalog.goods import add_goods_rule, end_goods_rule, say_goods
from catalog.mark import mark_all
from catalog.market import open_market
from catalog.models import Item, Placement, Product, Rule
from catalog.reach import notice_changes
from catalog.supply import read_sellers
from catalog.tests.cast import make_item, open_shop, put, stock
from network.models import Location, Shop, TaxRegistration

pytestmark = pytest.mark.django_db
COUNTRIES = ("BE", "BE", "DE", "SE", "BE", "BE", "PL")
BRANDS, TYPES, TAGS = ("Nordwand", "Ostwind", "Südpol"), ("Boots", "Coats"), ("outlet", "New")


def build_world(seed: int) -> list[Shop]:
    """Open seven shops in four countries with all policies, sixteen items, uneven stock and nine rules."""
    draw = random.Random(seed)  # noqa: S311 - a drawn world, no secret
    shops = [_shop(draw, number, country) for number, country in enumerate(COUNTRIES)]
    for number in range(16):
        item = make_item(size=str(number))
        for shop in draw.sample(shops, draw.randint(2, 6)):
            _goods(draw, shop, item, number)
    for _ in range(9):
        _rule(draw, shops)
    return shops


def _shop(draw: random.Random, number: int, country: str) -> Shop:
    shop = open_shop(
        f"Shop{number}",
        country,
        status=draw.choice(["live"] * 8 + ["shadow", "paused"]),
        placing=draw.choice(["gaps", "gaps", "deepen"]),
        gap_threshold=draw.choice([0, 0, 1]),
        placement_cap=draw.choice([5, 5, 2, 9, 9, 0]),
        buffer=draw.choice([0, 0, 1]),
        price_floor_bp=draw.choice([1000, 1000, 5000]),
        shares_stock=draw.random() < 0.9,
        taxes_included=draw.random() < 0.8,
        max_distance_km=draw.choice([None, None, None, 600]),
        promise_days=draw.choice([3, 9, 9]),
    )
    for other in draw.sample(sorted({"BE", "DE", "SE", "PL"} - {country}), 3):
        TaxRegistration.objects.create(
            merchant=shop.merchant, country=other, vat_id=f"{other}{number}9", valid_from=dt.date(2024, 1, 1)
        )
    place = {"country": draw.choice(["", "", "DE"]), "postcode": "10115", "shares": draw.random() < 0.8}
    Location.objects.create(shop=shop, remote_id=f"second-{number}", name="Second", **place)
    return shop


def _goods(draw: random.Random, shop: Shop, item: Item, number: int) -> None:
    variant = stock(
        shop,
        item,
        draw.choice([0, 0, 0, 3, 8, -2]),
        price=draw.choice([0, *[8_999, 9_000, 9_999, 10_000, 10_001, 30_000] * 4])
        * (11 if shop.currency == "SEK" else 1),
        sku=draw.choice(["S1"] * 9 + [""]),
        vendor=draw.choice(BRANDS),
        product_type=draw.choice(TYPES),
        tags=draw.sample(TAGS, draw.randint(0, 2)),
        status=draw.choice(["active"] * 9 + ["draft"]),
        tracked=draw.random() < 0.97,
        sells_without_stock=draw.random() < 0.05,
    )
    second = put(variant, draw.choice([0, 0, 2]), location=shop.locations.order_by("-pk").first())
    second.kept_back, second.phantom = draw.choice([0, 0, 1]), draw.choice([0, 0, 1])
    second.save()
    if draw.random() < 0.15:  # two variants that share their stock stand for two items
        twin = stock(shop, make_item(size=f"twin {number}"), 0, sku=f"T{number}", price=9_000)
        twin.inventory_item = variant.inventory_item
        twin.save()


def _rule(draw: random.Random, shops: list[Shop]) -> None:
    shop = draw.choice(shops)
    effect = draw.choice(["exclude", "only", "floor", "cap", "cap", "buffer", "cap", "floor"])
    amounts = {"floor": draw.choice([0, 3000]), "cap": draw.choice([0, 1, 3]), "buffer": draw.choice([0, 2])}
    conditions = {
        "brand": draw.choice(["", draw.choice(BRANDS).lower()]),
        "category": draw.choice(["", "", draw.choice(TYPES).lower()]),
        "tag": draw.choice(["", "new"]),
        "partner": draw.choice([None, None, draw.choice(shops)]),
        "country": draw.choice(["", "", "", "DE", "BE"]),
        "price_from": draw.choice([None, None, 9_000]),
        "price_to": draw.choice([None, None, 20_000]),
    }
    side = "shipper" if effect in ("floor", "buffer") else draw.choice(["origin", "shipper", "both"])
    rule = {"shop": shop, "side": side, "effect": effect, **conditions}
    if effect == "only":  # a wide one, or nothing would stand anywhere
        rule |= dict.fromkeys(("brand", "tag", "country"), "") | {"partner": None, "category": "boots"}
    if not Rule.objects.filter(**rule).exists():
        Rule.objects.create(**rule, amount=amounts.get(effect), position=draw.randint(0, 9))


def decided_alone() -> dict[tuple[int, int], tuple[int, int]]:
    """Decide every variant by itself, from frozen facts: what stands, and what would in shadow mode."""
    found = {}
    sellers = read_sellers(Item.objects.values_list("pk", flat=True))
    market = open_market(Shop.objects.values_list("pk", flat=True))
    voiced: set[int] = set()
    for one in sorted((one for them in sellers.values() for one in them), key=lambda one: one.variant_id):
        if one.inventory_item_id in voiced:
            continue
        voiced.add(one.inventory_item_id)
        decision = decide(market, one, sellers[one.item_id])
        if decision.wanted or decision.would:
            found[one.shop_id, one.inventory_item_id] = (decision.wanted, decision.would)
    return found


def placed() -> dict[tuple[int, int], tuple[int, int]]:
    rows = Placement.objects.values_list("shop_id", "inventory_item_id", "wanted", "reason")
    return {
        (shop, stock_id): (wanted, reason.get("would", 0))
        for shop, stock_id, wanted, reason in rows
        if wanted or reason.get("would")
    }


@pytest.mark.parametrize("seed", range(8))
def test_the_set_decides_as_the_thinking_does_of_each_alone(seed: int) -> None:
    build_world(seed)
    distribute_all()
    expected = decided_alone()
    assert placed() == expected
    assert any(wanted for wanted, _ in expected.values()), "a world in which nothing stands proves nothing"


def test_one_by_one_comes_to_the_same_as_all_at_once() -> None:
    build_world(3)
    items = list(Item.objects.values_list("pk", flat=True))
    for item in items:
        distribute_items([item])
    single = list(
        Placement.objects.order_by("shop_id", "inventory_item_id").values_list("wanted", "reason", "variant_id")
    )
    assert distribute_items(items) == 0
    assert distribute_all() == len(items)
    rows = Placement.objects.order_by("shop_id", "inventory_item_id").values_list("wanted", "reason", "variant_id")
    assert list(rows) == single


def test_the_price_floor_takes_off_the_vat_that_the_goods_bear_by_each_sellers_word() -> None:
    """In Ireland 100.00 is 81.30 without the usual VAT, and 100.00 where children's shoes bear none; the floor lies 10 % below."""
    alma, bruno = (open_shop(name, "IE", taxes_included=True, price_floor_bp=1000) for name in ("Alma", "Bruno"))
    item = make_item()
    hers, his = stock(alma, item, 3, price=10_000), stock(bruno, item, 0, price=10_900)

    def shelf() -> dict[tuple[int, int], tuple[int, int]]:
        distribute_due()
        assert placed() == decided_alone()
        return placed()

    mark_all()
    full = {(bruno.pk, his.inventory_item_id): (3, 0)}
    assert shelf() == full  # 88.62 against 73.17
    say_goods(alma, [hers.product_id], "children_shoes", by="alma")
    assert shelf() == {}  # 88.62 against 90.00
    assert "Your price is below what the partner allows it to be sold for." in explain_absence(bruno, his)
    rule = add_goods_rule(bruno, category="", tag="kids", goods="children_clothing", by="bruno")
    assert shelf() == {}
    Product.objects.filter(pk=his.product_id).update(tags=["Kids"])
    mark_all()
    assert shelf() == full  # 109.00 against 90.00
    say_goods(bruno, [his.product_id], "standard", by="bruno")  # a word stands before any rule
    assert shelf() == {}
    say_goods(bruno, [his.product_id], "", by="bruno")
    assert shelf() == full
    end_goods_rule(rule, by="bruno")
    assert shelf() == {}
    Shop.objects.filter(pk=alma.pk).update(taxes_included=False)  # her prices bear no VAT at all
    Shop.objects.filter(pk=bruno.pk).update(taxes_included=False)
    notice_changes()
    assert shelf() == full  # 109.00 against 90.00
