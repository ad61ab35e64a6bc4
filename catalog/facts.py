"""Packs a variant's comparable facts into one short text on its row, and reads them back without normalising again."""

import json
from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import Any

from catalog.matching.gtin import CLEAN, Gtin
from catalog.matching.normalising import NORM_VERSION, Id, Normalised


def _names_of(value: Any) -> tuple[str, ...]:
    """Name the parts of a fact that has some; a plain tuple or word has none."""
    if is_dataclass(value):
        return tuple(field.name for field in fields(value))
    return tuple(getattr(value, "_fields", ()))


_KEPT_ELSEWHERE = {"id", "shop_id", "product_ref", "price_minor", "version"}
_NOTHING = Normalised(id=0, shop_id=0, product_ref="")
_WITHOUT = {
    field.name: getattr(_NOTHING, field.name) for field in fields(Normalised) if field.name not in _KEPT_ELSEWHERE
}
_NAMES = {
    name: names for name, value in _WITHOUT.items() if (names := _names_of(value))
}  # facts with parts of their own
_SHARED = tuple(name for name in _WITHOUT if name not in ("gtin", "size"))
# Straight into the slots: the constructor of a frozen class takes three times as long, for every row that is read.
_OWN = ("id", "shop_id", "product_ref", "price_minor", "version", "gtin", "size")
_PUT_OWN = tuple(Normalised.__dict__[name].__set__ for name in _OWN)
_PUT_SHARED = tuple(Normalised.__dict__[name].__set__ for name in _SHARED)
_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


def pack_facts(facts: Normalised) -> str:
    """Write facts as text; the same facts always give the same text. What a barcode looked like raw is not kept.

    Three lines: what the sizes of a product share, the size, the barcode. Texts repeat, so both ways remember them.
    """
    gtin = facts.gtin
    return f"{_write_shared(*[getattr(facts, name) for name in _SHARED])}\n{_write_size(facts.size)}\n{gtin.value} {gtin.status}"


def facts_from(packed: str, variant: Id, shop: Id, product: Id, price_minor: int) -> Normalised:
    """Read packed facts back. A text of an older shape gives what it says; the rest is unknown."""
    if not packed:
        return Normalised(id=variant, shop_id=shop, product_ref=str(product), price_minor=price_minor)
    shared, size, gtin = packed.split("\n")
    value, status = gtin.split(" ")
    facts = Normalised.__new__(Normalised)
    for put, said in zip(_PUT_SHARED, _read_shared(shared), strict=True):
        put(facts, said)
    own = (variant, shop, str(product), price_minor, NORM_VERSION, Gtin(value, status, ""), _read_size(size))
    for put, said in zip(_PUT_OWN, own, strict=True):
        put(facts, said)
    return facts


@lru_cache(maxsize=16384)
def _write_shared(*values: Any) -> str:
    said = {}
    for name, value in zip(_SHARED, values, strict=True):
        if value != _WITHOUT[name]:
            said[name] = [getattr(value, part) for part in _NAMES[name]] if name in _NAMES else value
    return _write(said)


@lru_cache(maxsize=16384)
def _read_shared(text: str) -> tuple[Any, ...]:
    said: dict[str, Any] = json.loads(text)
    for name, value in said.items():
        if type(value) is list:
            said[name] = _part(type(_WITHOUT[name]), value) if name in _NAMES else tuple(value)
    return tuple(said.get(name, _WITHOUT[name]) for name in _SHARED)


@lru_cache(maxsize=16384)
def _write_size(size: Any) -> str:
    return _write([getattr(size, part) for part in _NAMES["size"]])


@lru_cache(maxsize=16384)
def _read_size(text: str) -> Any:
    return _part(type(_WITHOUT["size"]), json.loads(text))


def _part(part: Any, values: list[Any]) -> Any:
    return part(*[tuple(value) if type(value) is list else value for value in values])


def columns_of(facts: Normalised) -> tuple[int | str, ...]:
    """Cut the facts that are looked up or shown to the length of a variant's columns, in the order they are saved."""
    return (
        facts.version,
        facts.gtin.value[:14],
        facts.gtin.status[:14],
        facts.brand[:120],
        facts.code.value[:80],
        facts.code.level[:6],
        facts.size.key[:40],
        facts.size.label[:40],
        facts.colour.key[:80],
        facts.gender[:8],
        " ".join(token[:60] for token in facts.tokens),
    )


def keys_of(facts: Normalised) -> tuple[str, str, str]:
    """The keys under which others find a row: clean barcode, brand and code; empty ones find nobody."""
    gtin: Gtin = facts.gtin
    code = facts.code.value[:80] if facts.brand else ""
    return gtin.value if gtin.status == CLEAN else "", facts.brand[:120] if code else "", code


def words_of(facts: Normalised) -> list[str]:
    """The words under which a product is found by others of its brand, its style number among them."""
    if not facts.brand:
        return []
    brand = facts.brand[:120]
    words = {f"{brand}|{token[:60]}" for token in facts.tokens}
    if facts.code.style:
        words.add(f"{brand}#{facts.code.style[:60]}")
    return sorted(words)
