"""Metafields of orders, products, variants, customers, places and the shop: small texts that apps hang on things."""

import hashlib
import json
from typing import Any

from network.connectors.shopify.standin.registry import Call, Rows, field_of, mutation, user_error
from network.connectors.shopify.standin.state import Node

OWNERS = {
    "Order": "ORDER", "Product": "PRODUCT", "ProductVariant": "PRODUCTVARIANT", "Customer": "CUSTOMER", "Location": "LOCATION",
    "Shop": "SHOP",
}  # fmt: skip


def namespace_of(call: Call, given: str | None) -> str:
    """Write out the namespace that belongs to the calling app."""
    mine = f"app--{sum(call.grant.client.encode())}"
    if given is None:
        return mine
    return given.replace("$app", mine).replace(f"{mine}:", f"{mine}--") if given.startswith("$app") else given


def keep_metafield(call: Call, owner: Node, given: Node) -> Node:
    """Set one metafield of a node; inside ``writing``."""
    namespace, value = namespace_of(call, given.get("namespace")), str(given["value"])
    digest = hashlib.sha256(value.encode()).hexdigest()
    known = find(call, owner, given["key"], given.get("namespace"))
    if known:
        kind = given.get("type") or known["type"]
        return call.store.change(
            known, value=value, type=kind, compareDigest=digest, sizeInBytes=len(value), updatedAt=call.now
        )
    return call.store.add(
        "Metafield",
        owner=owner["id"], ownerType=OWNERS[owner["__typename"]], namespace=namespace, key=given["key"], value=value,
        type=given.get("type") or "single_line_text_field", compareDigest=digest, sizeInBytes=len(value), createdAt=call.now,
        updatedAt=call.now,
    )  # fmt: skip


def find(call: Call, owner: Node, key: str, namespace: str | None = None) -> Node | None:
    """Find a metafield of a node by namespace and key."""
    wanted = (namespace_of(call, namespace), key)
    return next(
        (
            one
            for one in call.store.where("Metafield", "owner", owner["id"])
            if (one["namespace"], one["key"]) == wanted
        ),
        None,
    )


@field_of("Metafield", "jsonValue")
def json_value(call: Call, one: Node) -> Any:
    """Give the value as JSON, or as the text it is."""
    try:
        return json.loads(one["value"])
    except ValueError:
        return one["value"]


def _one(call: Call, owner: Node, key: str, namespace: str | None = None) -> Node | None:
    return find(call, owner, key, namespace)


def _several(call: Call, owner: Node, namespace: str | None = None, **_: Any) -> Rows:
    rows = call.store.where("Metafield", "owner", owner["id"])
    wanted = None if namespace is None else namespace_of(call, namespace)
    return Rows([one for one in rows if wanted in (None, one["namespace"])], lambda one: "")


for _kind in OWNERS:
    field_of(_kind, "metafield")(_one)
    field_of(_kind, "metafields")(_several)


@mutation("metafieldsSet")
def set_metafields(call: Call, metafields: list[Node]) -> Node:
    """Set metafields, all or nothing, each only while it still is what the caller last read, if that is told."""
    errors = []
    for place, row in enumerate(metafields):
        where, owner = ["metafields", str(place)], call.store.get(row["ownerId"])
        known = owner and owner["__typename"] in OWNERS and find(call, owner, row["key"], row.get("namespace"))
        if owner is None or owner["__typename"] not in OWNERS:
            errors.append(user_error("Owner does not exist.", [*where, "ownerId"], "INVALID"))
        elif row.get("compareDigest") is not None and (not known or known["compareDigest"] != row["compareDigest"]):
            errors.append(user_error("The resource has been updated since it was loaded.", where, "STALE_OBJECT"))
    if errors:
        return {"metafields": None, "userErrors": errors}
    return {
        "metafields": [keep_metafield(call, call.store[row["ownerId"]], row) for row in metafields],
        "userErrors": [],
    }


@mutation("metafieldsDelete")
def delete_metafields(call: Call, metafields: list[Node]) -> Node:
    """Delete metafields; what is not there is answered with null."""
    gone: list[Node | None] = []
    for row in metafields:
        owner = call.store.get(row["ownerId"])
        known = find(call, owner, row["key"], row["namespace"]) if owner else None
        if known:
            call.store.remove(known)
        gone.append({"ownerId": row["ownerId"], "namespace": row["namespace"], "key": row["key"]} if known else None)
    return {"deletedMetafields": gone, "userErrors": []}
