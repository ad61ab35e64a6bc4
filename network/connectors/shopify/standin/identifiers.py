"""Shopify's global ids: a kind and a number, written gid://shopify/Kind/123."""

import re

from graphql import GraphQLError

FORM = re.compile(r"gid://shopify/(\w+)/(\d+)(\?[\w=&]*)?$")


def gid(kind: str, value: int | str) -> str:
    """Write the global id of a kind and a number."""
    return f"gid://shopify/{kind}/{value}"


def number(global_id: str) -> int:
    """Read the number out of a global id."""
    found = FORM.match(global_id)
    if found is None:
        raise ValueError(f"{global_id} is no global id")
    return int(found[2])


def kind_of(global_id: str) -> str:
    """Read the kind out of a global id; garbage is refused as Shopify refuses it."""
    found = FORM.match(global_id)
    if found is None:
        raise GraphQLError(f"Invalid global id '{global_id}'", extensions={"code": "argumentLiteralsIncompatible"})
    return found[1]
