"""The result of a large read: downloaded once, parsed whatever the order of its lines, with memory that stays flat."""

import json
import zlib
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from urllib.parse import urlsplit

import requests
from django.conf import settings

from network.connectors.base import ConnectorError
from network.connectors.shopify.auth import new_session

DRAWERS = 64  # children and parents of one product fall into the same drawer; one drawer is in memory at a time
DRAWER_MEMORY = 256 * 1024

Node = dict[str, Any]


def lines(url: str) -> Iterator[Node]:
    """Download a result and yield its objects as they come. Raises ConnectorError, retryable, when the download breaks."""
    if not url:
        return  # an empty result has no file
    if urlsplit(url).scheme != "https" and not settings.SHOPIFY_STANDIN_URL:
        raise ConnectorError("The result of a large read lies at an address that is not safe.", retryable=False)
    try:
        with new_session() as session, session.get(url, stream=True, timeout=(3, 60)) as answer:
            if answer.status_code != 200:
                raise ConnectorError(
                    f"The result of a large read could not be fetched (HTTP {answer.status_code}).",
                    retryable=answer.status_code >= 500 or answer.status_code == 429,
                    code="download",
                )
            for line in answer.iter_lines(chunk_size=256 * 1024):
                if line:
                    yield _object(line)
    except requests.RequestException as error:
        message = f"The download of a large read broke off ({type(error).__name__})."
        raise ConnectorError(message, retryable=True, code="download") from None


def _object(line: bytes) -> Node:
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ConnectorError("A line of a large read is no JSON object.", retryable=True, code="download")
    return found


def families(objects: Iterator[Node]) -> Iterator[tuple[Node, list[Node]]]:
    """Yield every parent with its children; children may stand before, behind or far from their parent."""
    with ExitStack() as stack:
        drawers: list[IO[bytes]] = [
            stack.enter_context(SpooledTemporaryFile(max_size=DRAWER_MEMORY)) for _ in range(DRAWERS)
        ]
        for one in objects:
            key = str(one.get("__parentId") or one.get("id"))
            drawers[zlib.crc32(key.encode()) % DRAWERS].write(json.dumps(one).encode() + b"\n")
        for drawer in drawers:
            yield from _sorted_out(drawer)
            drawer.truncate(0)


def _sorted_out(drawer: IO[bytes]) -> Iterator[tuple[Node, list[Node]]]:
    parents: list[Node] = []
    children: dict[str, list[Node]] = defaultdict(list)
    drawer.seek(0)
    for line in drawer:
        one = json.loads(line)
        if one.get("__parentId"):
            children[one["__parentId"]].append(one)
        else:
            parents.append(one)
    for parent in parents:
        yield parent, children.pop(parent["id"], [])
