"""Puts a generated network into the database as a finished first read leaves it: set-based, nothing matched yet."""

import csv
import itertools
import json
import pathlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import connection, models
from django.utils import timezone

from benches import _scratch
from catalog.models import InventoryItem, Product, Variant
from network.models import Merchant, Shop
from skuu.kit.money import parse_minor

Raw = dict[str, str]


def load_network(network: pathlib.Path, *, held_back: int) -> list[Variant]:
    """Load all variants but a few, spread over the network; returns those unsaved, products and stock keys stand ready."""
    shops = _open_shops(network)
    products = _load_products(network, shops)
    with network.open(newline="", encoding="utf-8") as text:
        total = sum(1 for _ in csv.DictReader(text))
    stride = max(2, total // max(1, held_back))
    _copy(InventoryItem, ("id", "shop_id", "remote_id", "sku"), _stock_keys(network, shops))
    names = ("id", "shop_id", "product_id", "inventory_item_id", "remote_id", "title", "options", "sku", "barcode",
             "article_code", "price_minor")  # fmt: skip
    waiting: list[Variant] = []

    def arrived() -> Iterator[tuple[Any, ...]]:
        for at, line in enumerate(_variants(network, shops, products)):
            if at % stride == stride - 1 and len(waiting) < held_back:
                said = dict(zip(names, line, strict=True)) | {"id": None, "options": json.loads(line[6])}
                waiting.append(Variant(**said))
            else:
                yield line

    _copy(Variant, names, arrived())
    _scratch.settle_down()
    return waiting


def _rows(network: pathlib.Path) -> Iterator[Raw]:
    with network.open(newline="", encoding="utf-8") as text:
        yield from csv.DictReader(text)


def _open_shops(network: pathlib.Path) -> dict[str, int]:
    numbers = sorted({row["shop_id"] for row in _rows(network)}, key=int)
    merchants = Merchant.everyone.bulk_create(
        Merchant(name=f"Shop {number}", legal_name=f"Shop {number}", country="BE") for number in numbers
    )
    shops = Shop.everyone.bulk_create(
        Shop(
            merchant=merchant,
            domain=f"shop-{number}.example",
            name=f"Shop {number}",
            status="live",
            country="BE",
            currency="EUR",
            installed_at=timezone.now(),
        )
        for number, merchant in zip(numbers, merchants, strict=True)
    )
    return dict(zip(numbers, (shop.pk for shop in shops), strict=True))


def _load_products(network: pathlib.Path, shops: dict[str, int]) -> dict[str, int]:
    products: dict[str, int] = {}

    def first_rows() -> Iterator[tuple[Any, ...]]:
        for row in _rows(network):
            if row["product_ref"] not in products:
                products[row["product_ref"]] = number = len(products) + 1
                yield number, shops[row["shop_id"]], row["product_ref"], row["title"], row["vendor"], ["Size", "Colour"]

    _copy(Product, ("id", "shop_id", "remote_id", "title", "vendor", "option_names"), first_rows())
    return products


def _stock_keys(network: pathlib.Path, shops: dict[str, int]) -> Iterator[tuple[Any, ...]]:
    for number, row in enumerate(_rows(network), 1):
        yield number, shops[row["shop_id"]], row["id"], row["sku"]


def _variants(network: pathlib.Path, shops: dict[str, int], products: dict[str, int]) -> Iterator[tuple[Any, ...]]:
    for number, row in enumerate(_rows(network), 1):
        yield (
            number,
            shops[row["shop_id"]],
            products[row["product_ref"]],
            number,
            row["id"],
            f"{row['size']} / {row['colour']}",
            json.dumps([["Size", row["size"]], ["Colour", row["colour"]]]),
            row["sku"],
            row["barcode"],
            row["article_code"],
            parse_minor(row["price"], "EUR"),
        )


def _copy(model: type[models.Model], names: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Copy rows into a model's table; what is not given gets the model's default."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    rest = [field for name, field in fields.items() if name not in names]
    defaults = tuple(field.get_db_prep_save(field.get_default(), connection) for field in rest)
    columns = ", ".join(f'"{field.column}"' for field in itertools.chain((fields[name] for name in names), rest))
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("set statement_timeout = 0")
        with cursor.copy(f'copy "{table}" ({columns}) from stdin') as writer:
            for row in rows:
                writer.write_row((*row, *defaults))
        cursor.execute(f"select setval(pg_get_serial_sequence(%s, 'id'), (select max(id) from \"{table}\"))", [table])  # noqa: S608
        cursor.execute("reset statement_timeout")
