"""The official Admin GraphQL schema, descriptions stripped, and who may read what according to Shopify's own access table."""

import functools
import gc
import gzip
import json
from pathlib import Path

from graphql import GraphQLSchema, build_client_schema

VERSION = "2026-10"
FOLDER = Path(__file__).with_name("schema")
AccessMap = dict[str, tuple[tuple[str, ...], str]]


@functools.cache
def load_schema(version: str = VERSION) -> tuple[GraphQLSchema, AccessMap]:
    """Read the schema and the access map, "Type.field" or "Type." to (scopes of which one is enough, Shopify's words).

    About half a second and 50 MB, once in a process; the collector rests meanwhile because nothing here is garbage.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        document = json.loads(gzip.decompress((FOLDER / f"admin_{version}.min.json.gz").read_bytes()))
        schema = build_client_schema(document["i"], assume_valid=True)
    finally:
        if collecting:
            gc.enable()
    return schema, {name: (tuple(scopes), words) for name, (scopes, words) in document["acc"].items()}


def every_scope(access: AccessMap) -> tuple[str, ...]:
    """Name all scopes that the access map knows: what a store's own staff holds."""
    return tuple(sorted({scope for scopes, _ in access.values() for scope in scopes}))
