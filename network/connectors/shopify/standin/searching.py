"""Shopify's search syntax, as far as the stand-in speaks it; an unknown key is refused aloud instead of ignored."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from graphql import GraphQLError

from network.connectors.shopify.standin.identifiers import number
from network.connectors.shopify.standin.state import Node, Store

Test = Callable[[Node], bool]
TOKEN = re.compile(
    r"""\s*(?:(?P<bracket>[()])|(?P<word>AND|OR|NOT)(?=[\s(])|(?P<term>-?(?:\w+:)?(?:>=|<=|>|<)?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s()]+)))"""
)
TERM = re.compile(r"(?P<minus>-?)(?:(?P<key>\w+):)?(?P<sign>>=|<=|>|<)?(?P<value>.*)", re.S)

# What a search key reads; a tuple names several fields of which one must match.
KEYS: dict[str, dict[str, str]] = {
    "Product": {
        "title": "title", "vendor": "vendor", "product_type": "productType", "status": "status", "tag": "tags", "handle": "handle",
        "created_at": "createdAt", "updated_at": "updatedAt", "published_at": "publishedAt", "id": "id",
    },
    "ProductVariant": {
        "sku": "sku", "barcode": "barcode", "id": "id", "title": "title", "updated_at": "updatedAt", "product_id": "product",
    },
    "InventoryItem": {"sku": "sku", "id": "id", "created_at": "createdAt", "updated_at": "updatedAt"},
    "InventoryLevel": {"updated_at": "updatedAt", "created_at": "createdAt", "inventory_item_id": "item", "id": "id"},
    "Location": {"name": "name", "id": "id", "active": "isActive"},
    "Order": {
        "id": "id", "name": "name", "created_at": "createdAt", "updated_at": "updatedAt", "processed_at": "processedAt", "tag": "tags",
        "email": "email", "source_identifier": "sourceIdentifier", "source_name": "sourceName", "po_number": "poNumber", "test": "test",
        "financial_status": "displayFinancialStatus", "fulfillment_status": "displayFulfillmentStatus", "customer_id": "customer",
    },
    "FulfillmentOrder": {
        "id": "id", "status": "status", "request_status": "requestStatus", "updated_at": "updatedAt", "order_id": "order",
        "assigned_location_id": "location", "created_at": "createdAt",
    },
    "Customer": {"email": "email", "id": "id", "phone": "phone", "created_at": "createdAt", "updated_at": "updatedAt", "tag": "tags"},
    "BulkOperation": {"status": "status", "id": "id", "created_at": "createdAt", "operation_type": "type"},
    "Fulfillment": {"status": "status", "id": "id", "created_at": "createdAt", "updated_at": "updatedAt"},
}  # fmt: skip
FREE = {
    "Product": ("title", "vendor", "handle"),
    "ProductVariant": ("title", "sku", "barcode"),
    "Order": ("name", "email"),
    "Location": ("name",),
}
INDEXES = {"ProductVariant": ("sku", "barcode"), "InventoryItem": ("sku",), "Order": ("source_identifier", "name")}


def search(store: Store, kind: str, query: str | None, rows: Iterable[Node] | None = None) -> list[Node]:
    """List the nodes of a kind (or the given rows) that a search text finds; a lone exact code goes through its index."""
    if not query or not query.strip():
        return list(rows) if rows is not None else store.all(kind)
    if rows is None:
        rows = _indexed(store, kind, query)
    test = compiled(kind, query)
    return [row for row in (store.kinds[kind].values() if rows is None else rows) if test(row)]


def compiled(kind: str, query: str) -> Test:
    """Turn a search text into a test of one node."""
    tokens = _tokens(query)
    test = _either(kind, tokens)
    if tokens:
        raise GraphQLError(
            f"stand-in: cannot read the search {query!r}", extensions={"code": "STANDIN_NOT_IMPLEMENTED"}
        )
    return test


def _tokens(query: str) -> list[str]:
    tokens, at = [], 0
    while at < len(query.rstrip()):
        found = TOKEN.match(query, at)
        if found is None:
            raise GraphQLError(
                f"stand-in: cannot read the search {query!r}", extensions={"code": "STANDIN_NOT_IMPLEMENTED"}
            )
        tokens.append(found[0].strip())
        at = found.end()
    return tokens


def _either(kind: str, tokens: list[str]) -> Test:
    tests = [_each(kind, tokens)]
    while tokens and tokens[0] == "OR":
        tokens.pop(0)
        tests.append(_each(kind, tokens))
    return tests[0] if len(tests) == 1 else lambda row: any(test(row) for test in tests)


def _each(kind: str, tokens: list[str]) -> Test:
    tests: list[Test] = []
    while tokens and tokens[0] not in {"OR", ")"}:
        if tokens[0] == "AND":
            tokens.pop(0)
            continue
        tests.append(_one(kind, tokens))
    return lambda row: all(test(row) for test in tests)


def _one(kind: str, tokens: list[str]) -> Test:
    token = tokens.pop(0)
    if token == "NOT":  # noqa: S105
        inner = _one(kind, tokens)
        return lambda row: not inner(row)
    if token == "(":  # noqa: S105
        inner = _either(kind, tokens)
        if tokens:
            tokens.pop(0)
        return inner
    found = TERM.match(token)
    if found is None:
        raise GraphQLError(f"stand-in: cannot read {token!r}", extensions={"code": "STANDIN_NOT_IMPLEMENTED"})
    test = _term(kind, found["key"], found["sign"], _bare(found["value"]))
    return (lambda row: not test(row)) if found["minus"] else test


def _term(kind: str, key: str | None, sign: str | None, value: str) -> Test:
    if key is None:
        fields = FREE.get(kind, ())
        return lambda row: any(value.casefold() in str(row.get(name) or "").casefold() for name in fields)
    name = KEYS.get(kind, {}).get(key)
    if name is None:
        raise GraphQLError(
            f"stand-in: {kind} cannot be searched by {key}", extensions={"code": "STANDIN_NOT_IMPLEMENTED"}
        )
    if name.endswith("At"):
        return _moment(name, sign, value)
    if sign:
        return lambda row: _compare(number(row[name]) if name == "id" else row.get(name), sign, value)
    wanted = value.casefold()
    return lambda row: _equal(row.get(name), wanted)


def _moment(name: str, sign: str | None, value: str) -> Test:
    bound = _instant(value)
    if bound is None:
        raise GraphQLError(f"stand-in: {value!r} is no time", extensions={"code": "STANDIN_NOT_IMPLEMENTED"})
    return lambda row: row.get(name) is not None and _signed(_instant(row[name]) or 0.0, sign or "=", bound)


def _equal(have: Any, wanted: str) -> bool:
    if isinstance(have, list):
        return any(str(one).casefold() == wanted for one in have)
    if have is None or isinstance(have, bool):
        return wanted == str(bool(have)).lower()
    text = str(have).casefold()
    if wanted.endswith("*"):
        return text.startswith(wanted[:-1])
    return text == wanted or (text.startswith("gid://") and text.rpartition("/")[2].partition("?")[0] == wanted)


def _compare(have: Any, sign: str, value: str) -> bool:
    try:
        return have is not None and _signed(float(have), sign, float(value))
    except ValueError:
        return False


def _signed(have: float, sign: str, bound: float) -> bool:
    return {">=": have >= bound, "<=": have <= bound, ">": have > bound, "<": have < bound, "=": have == bound}[sign]


def _instant(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _bare(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    return value


def _indexed(store: Store, kind: str, query: str) -> list[Node] | None:
    tokens = _tokens(query)
    terms = [TERM.match(token) for token in tokens if token != "OR"]  # noqa: S105
    if len(tokens) != 2 * len(terms) - 1:
        return None
    found: dict[str, Node] = {}
    for term in terms:
        if (
            term is None
            or term["minus"]
            or term["sign"]
            or term["key"] not in (*INDEXES.get(kind, ()), "id")
            or term["value"].endswith("*")
        ):
            return None
        value = _bare(term["value"])
        if term["key"] == "id":
            node = store.get(value if value.startswith("gid://") else f"gid://shopify/{kind}/{value}")
            rows = [node] if node else []
        else:
            rows = store.where(kind, KEYS[kind][term["key"]], value)
        found |= {row["id"]: row for row in rows}
    return sorted(found.values(), key=lambda row: number(row["id"]))
