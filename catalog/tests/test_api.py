"""A shop without a platform pushes products and stock; everybody reads their own, and nobody else's."""

import datetime as dt
import json

import pytest
from django.utils import timezone

from catalog.models import Item, Placement, Product, StockLevel, Style, Variant
from network.models import Merchant, Shop
from skuu.testing.calling import Program, codes

pytestmark = pytest.mark.django_db
T0 = dt.datetime(2026, 11, 2, 9, 0, tzinfo=dt.UTC)


def make_shop(name: str, platform: str = "api") -> Shop:
    merchant = Merchant.everyone.create(name=name, legal_name=f"{name} BV", country="BE")
    return Shop.everyone.create(
        merchant=merchant,
        platform=platform,
        domain=f"{name.lower()}.example",
        name=name,
        status="live",
        country="BE",
        currency="EUR",
    )


@pytest.fixture
def alma():
    return make_shop("Alma")


@pytest.fixture
def bruno():
    return make_shop("Bruno")


@pytest.fixture
def caller(alma):
    return Program(alma)


def shoe(number: int = 1, **changes):
    variants = [
        {
            "id": f"v{number}-{size}",
            "sku": f"TR-{number}-{size}",
            "barcode": "9520000000011",
            "price": "89.95",
            "options": [{"name": "Size", "value": str(size)}],
        }
        for size in (41, 42)
    ]
    return {"id": f"p{number}", "title": "Trail shoe", "vendor": "Fjellvik", "variants": variants} | changes


def stock(variant: str = "v1-42", available: int = 3, at: dt.datetime = T0, **more):
    return {"variant": variant, "available": available, "source_time": at.isoformat()} | more


# --- products ---------------------------------------------------------------------------------------------------------
def test_a_pushed_product_is_mirrored_and_read_back(alma, caller):
    answer = caller.put("products/", [shoe()])
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "applied": 1,
            "ignored": 0,
            "refused": 0,
            "results": [{"index": 0, "key": "p1", "status": "applied", "errors": []}],
        },
    )
    rows = (
        Variant.everyone.filter(shop=alma)
        .order_by("remote_id")
        .values_list("remote_id", "sku", "price_minor", "deleted_at")
    )
    assert list(rows) == [("v1-41", "TR-1-41", 8995, None), ("v1-42", "TR-1-42", 8995, None)]
    told = caller.get("products/p1/").json()
    assert set(told) == {
        "id", "title", "handle", "vendor", "product_type", "tags", "status", "image_url", "updated_at", "problem", "variants",
    }  # fmt: skip
    assert (told["id"], told["title"], told["problem"]) == ("p1", "Trail shoe", "")
    assert told["variants"][1] == {
        "id": "v1-42", "title": "", "options": [{"name": "Size", "value": "42"}], "sku": "TR-1-42", "barcode": "9520000000011",
        "article_code": "", "price": "89.95", "match": "none",
    }  # fmt: skip


def test_pushing_again_replaces_and_what_is_left_out_is_gone(alma, caller):
    caller.put("products/", [shoe()])
    second = shoe(title="Trail shoe II")
    second["variants"].pop(0)
    assert caller.put("products/", [second]).status_code == 200
    assert [row["id"] for row in caller.get("products/p1/").json()["variants"]] == ["v1-42"]
    assert Product.everyone.get(shop=alma).title == "Trail shoe II"
    assert Variant.everyone.get(remote_id="v1-41").deleted_at is not None


def test_of_a_batch_the_good_ones_are_applied_and_the_others_say_why(caller):
    wrong = shoe(2)
    wrong["variants"][0]["price"] = "abc"
    answer = caller.put("products/", [shoe(1), wrong, shoe(3, title="Sneaker 👟"), shoe(1)])
    assert answer.status_code == 207
    told = answer.json()
    assert (told["applied"], told["refused"]) == (2, 2)
    assert told["results"][1] == {
        "index": 1,
        "key": "p2",
        "status": "refused",
        "errors": [
            {
                "field": "variants[0].price",
                "code": "bad_amount",
                "message": "“abc” is not an amount; write it like 49.95.",
            }
        ],
    }
    assert told["results"][3]["errors"][0]["code"] == "repeated"
    assert list(Product.everyone.order_by("remote_id").values_list("remote_id", "title")) == [
        ("p1", "Trail shoe"),
        ("p3", "Sneaker 👟"),
    ]


@pytest.mark.parametrize("price", ["abc", "", "1e400", "NaN", "49.999", -1, True, None, [], {}, "1" * 50, 10**30])
def test_a_price_that_is_none_is_refused(caller, price):
    product = shoe()
    product["variants"][0]["price"] = price
    answer = caller.put("products/", [product])
    assert answer.status_code == 422
    assert answer.json()["results"][0]["errors"][0]["field"] == "variants[0].price"
    assert Product.everyone.count() == 0


def test_unknown_fields_are_named_and_nothing_is_applied(caller):
    strange = shoe(2, colour="red")
    strange["variants"][1]["prize"] = "1.00"
    answer = caller.put("products/", [shoe(1), strange])
    assert answer.status_code == 400
    assert ("[1].colour", "unknown_field") in codes(answer)
    assert Product.everyone.count() == 0


@pytest.mark.parametrize("body", [{}, [], None, "text", 5, [[]], [None], [shoe(n) for n in range(251)]])
def test_what_is_no_list_of_records_is_refused(caller, body):
    answer = caller.put("products/", body)
    assert answer.status_code in (400, 422)
    assert answer["Content-Type"] == "application/problem+json"
    assert Product.everyone.count() == 0


@pytest.mark.parametrize(
    "raw",
    [
        b"garbage",
        b'[{"id": "a\\u0000b"}]',
        b'[{"id": "\\ud800"}]',
        b'[{"\\udfff": 1}]',
        b"\xff\xfe[]",
        b"[" * 100_000,
        b'[{"id": "p", "title": "t", "variants": ' + b"9" * 5000 + b"}]",
        b"[NaN]",
        b"\x89PNG\r\n\x1a\n",
    ],
)
def test_a_body_that_cannot_be_stored_is_a_400(caller, raw):
    answer = caller.put("products/", raw)
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


def test_a_body_of_ten_megabytes_is_a_413(caller):
    answer = caller.put("products/", b'["' + b"x" * 10_000_000 + b'"]')
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_huge_number_is_refused_and_no_server_error(caller):
    product = shoe()
    product["variants"][0]["grams"] = 10**400
    assert caller.put("products/", [product]).status_code == 422
    assert caller.put("stock/", [stock(available=10**400)]).status_code == 422


def test_an_older_state_of_a_product_is_ignored_and_said_so(caller):
    caller.put("products/", [shoe(updated_at="2026-11-02T10:00:00Z", title="New")])
    answer = caller.put("products/", [shoe(updated_at="2026-11-02T09:00:00Z", title="Old")])
    assert answer.json()["results"][0]["status"] == "ignored"
    assert Product.everyone.get().title == "New"


def test_a_shop_that_a_connector_reads_cannot_push(bruno):
    Shop.everyone.filter(pk=bruno.pk).update(platform="shopify")
    bruno.refresh_from_db()
    program = Program(bruno)
    for answer in (program.put("products/", [shoe()]), program.put("stock/", [stock()])):
        assert (answer.status_code, answer.json()["code"]) == (409, "not_pushed_here")
    assert Product.everyone.count() == 0


def test_a_deleted_product_is_gone_for_its_shop_and_deleting_again_changes_nothing(alma, caller):
    caller.put("products/", [shoe()])
    assert caller.delete("products/p1/").status_code == 204
    assert caller.get("products/p1/").status_code == 404
    assert caller.get("products/").json()["results"] == []
    gone = Product.everyone.get(shop=alma).deleted_at
    assert caller.delete("products/p1/").status_code == 204
    assert Product.everyone.get(shop=alma).deleted_at == gone


def test_a_strangers_product_looks_like_one_that_is_not_there(bruno, caller):
    Program(bruno).put("products/", [shoe()])
    foreign, absent = caller.get("products/p1/"), caller.get("products/nothing/")
    assert (foreign.status_code, foreign.json()) == (404, absent.json())
    assert caller.delete("products/p1/").status_code == 404
    assert caller.get("products/").json()["results"] == []
    assert caller.get("products/", sku="TR-1-42").json()["results"] == []
    assert Product.everyone.get().deleted_at is None


def test_lists_are_walked_by_cursor_each_row_once(caller):
    caller.put("products/", [shoe(n) for n in range(7)])
    seen, page = [], caller.get("products/", page_size=3).json()
    while True:
        seen += [row["id"] for row in page["results"]]
        if page["next"] is None:
            break
        page = caller.get("products/" + page["next"].split("/products/")[1]).json()
    assert seen == [f"p{n}" for n in range(7)]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"cursor": "cD1hYmM="}, "cursor"),  # p=abc
        ({"cursor": "cD05OTk5OTk5OTk5OTk5OTk5OTk5OTk5"}, "cursor"),
        ({"cursor": "é"}, "cursor"),
        ({"page_size": "many"}, "page_size"),
        ({"page_size": "251"}, "page_size"),
        ({"colour": "red"}, "colour"),
        ({"status": "sold"}, "status"),
        ({"updated_after": "yesterday"}, "updated_after"),
        ({"sku": "a\0b"}, "sku"),
    ],
)
def test_a_filter_that_is_none_is_named(caller, query, field):
    answer = caller.get("products/", **query)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]


# --- stock ------------------------------------------------------------------------------------------------------------
def test_stock_is_set_absolutely_by_variant_or_sku(caller):
    caller.put("products/", [shoe()])
    answer = caller.put("stock/", [stock("v1-42", 3), stock("TR-1-41", 5)])
    assert (answer.status_code, answer.json()["applied"]) == (200, 2)
    rows = {row["sku"]: row for row in caller.get("stock/").json()["results"]}
    assert rows["TR-1-42"] == {
        "sku": "TR-1-42",
        "variants": ["v1-42"],
        "location": "default",
        "location_name": "Alma",
        "available": 3,
        "claimed": 0,
        "kept_back": 0,
        "source_time": "2026-11-02T09:00:00Z",
    }
    assert rows["TR-1-41"]["available"] == 5
    assert [row["sku"] for row in caller.get("stock/", variant="v1-41").json()["results"]] == ["TR-1-41"]


def test_an_older_figure_is_ignored_and_said_so(caller):
    caller.put("products/", [shoe()])
    caller.put("stock/", [stock(available=3, at=T0 + dt.timedelta(hours=1))])
    answer = caller.put("stock/", [stock(available=9)])
    assert answer.status_code == 200
    (result,) = answer.json()["results"]
    assert (result["status"], result["errors"][0]["code"]) == ("ignored", "older")
    assert StockLevel.everyone.get().available == 3
    assert caller.put("stock/", [stock(available=4, at=T0 + dt.timedelta(hours=2))]).json()["applied"] == 1
    assert StockLevel.everyone.get().available == 4


def test_stock_below_zero_is_refused_and_the_others_are_applied(caller):
    caller.put("products/", [shoe()])
    rows = [
        stock("v1-41", -5),
        stock("v1-42", 2),
        stock("nobody", 1),
        stock("v1-41", 1, location="attic"),
        stock("v1-41", 1, at=timezone.now() + dt.timedelta(days=1)),
    ]
    answer = caller.put("stock/", rows)
    assert answer.status_code == 207
    told = [(row["status"], [error["code"] for error in row["errors"]]) for row in answer.json()["results"]]
    assert told == [
        ("refused", ["negative_stock"]),
        ("applied", []),
        ("refused", ["unknown_variant"]),
        ("refused", ["unknown_location"]),
        ("refused", ["future_time"]),
    ]
    assert list(StockLevel.everyone.values_list("inventory_item__sku", "available")) == [("TR-1-42", 2)]


def test_one_stock_of_minus_five_alone_is_a_clear_error(caller):
    caller.put("products/", [shoe()])
    answer = caller.put("stock/", [stock(available=-5)])
    assert (answer.status_code, answer.json()["code"]) == (422, "all_refused")
    assert answer.json()["results"][0]["errors"][0]["code"] == "negative_stock"
    assert StockLevel.everyone.count() == 0


def test_nobody_sets_a_strangers_stock(bruno, caller):
    Program(bruno).put("products/", [shoe()])
    answer = caller.put("stock/", [stock()])
    assert answer.json()["results"][0]["errors"][0]["code"] == "unknown_variant"
    assert caller.get("stock/").json()["results"] == []
    assert not StockLevel.everyone.filter(available__gt=0).exists()


# --- shelf ------------------------------------------------------------------------------------------------------------
def test_the_shelf_tells_figures_and_reasons_and_never_the_partners(alma, bruno, caller):
    caller.put("products/", [shoe()])
    variant = Variant.everyone.get(remote_id="v1-42")
    item = Item.objects.create(style=Style.objects.create(title="Trail shoe"), size_label="42")
    reason = {"text": ["You have none left; 1 partner can ship 4 units."], "shippers": [{"shop": bruno.pk, "free": 4}]}
    Placement.everyone.create(
        shop=alma, inventory_item=variant.inventory_item, variant=variant, item=item, wanted=4, pushed=3, reason=reason
    )
    (row,) = caller.get("shelf/", standing="true").json()["results"]
    assert set(row) == {
        "variant",
        "product",
        "title",
        "sku",
        "wanted",
        "on_shelf",
        "reasons",
        "decided_at",
        "pushed_at",
    }
    assert (row["variant"], row["wanted"], row["on_shelf"], row["reasons"]) == ("v1-42", 4, 3, reason["text"])
    assert caller.get("shelf/", standing="false").json()["results"] == []
    assert Program(bruno).get("shelf/").json()["results"] == []
    assert "shippers" not in json.dumps(row)
