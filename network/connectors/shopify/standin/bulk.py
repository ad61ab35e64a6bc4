"""Bulk queries: run in the background, written as JSON lines in which children need not follow their parents."""

import json
import secrets
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from graphql import ExecutionResult

from network.connectors.shopify.standin.catalogue import ordered
from network.connectors.shopify.standin.execution import run
from network.connectors.shopify.standin.registry import Call, Grant, Rows, field_of, mutation, query, user_error
from network.connectors.shopify.standin.searching import search
from network.connectors.shopify.standin.state import Node, Store

if TYPE_CHECKING:
    from network.connectors.shopify.standin.core import StandIn

AT_ONCE = 5
SLICE = 15  # outermost rows that are answered while the store is held
OPEN = {"CREATED", "RUNNING"}


@query("bulkOperation")
def bulk_operation(call: Call, id: str) -> Node | None:
    """Find a bulk operation."""
    return call.store.get(id)


@query("bulkOperations")
def bulk_operations(call: Call, query: str | None = None, sort_key: str | None = "CREATED_AT", **_: Any) -> Rows:
    """List the bulk operations."""
    return ordered(search(call.store, "BulkOperation", query), sort_key)


@query("currentBulkOperation")
def current(call: Call, type: str = "QUERY") -> Node | None:
    """Find the newest bulk operation, the old way."""
    return next(iter(reversed(call.store.all("BulkOperation"))), None)


@field_of("BulkOperation", "url")
def url(call: Call, operation: Node) -> str | None:
    """Say where the result is, once it is there."""
    return f"{call.standin.base_url}/__files/{operation['file']}" if operation["file"] else None


@mutation("bulkOperationRunQuery")
def start(call: Call, query: str, group_objects: bool = False) -> Node:
    """Start a bulk query; five may run at once."""
    if sum(one["status"] in OPEN for one in call.store.all("BulkOperation")) >= AT_ONCE:
        return {
            "bulkOperation": None,
            "userErrors": [user_error("Bulk operations limit reached. Please try again later.", None, "LIMIT_REACHED")],
        }
    _, problems = call.standin.graphql.prepared(query)
    if problems:
        return {
            "bulkOperation": None,
            "userErrors": [user_error(f"Invalid bulk query: {problems[0]['message']}", ["query"], "INVALID")],
        }
    if "edges" not in query and "nodes" not in query:
        return {
            "bulkOperation": None,
            "userErrors": [user_error("Bulk queries must contain at least one connection.", ["query"], "INVALID")],
        }
    grant = {"client": call.grant.client, "scopes": sorted(call.grant.scopes), "kind": call.grant.kind}
    made = call.store.add(
        "BulkOperation",
        status="CREATED", type="QUERY", query=query, createdAt=call.now, completedAt=None, objectCount="0", rootObjectCount="0",
        fileSize=None,
        file=None, errorCode=None, partialDataUrl=None, grant=grant, grouped=group_objects,
    )  # fmt: skip
    call.store.afterwards(lambda: call.standin.later(lambda: run_bulk(call.standin, call.store, made["id"])))
    return {"bulkOperation": made, "userErrors": []}


@mutation("bulkOperationCancel")
def cancel(call: Call, id: str) -> Node:
    """Cancel a bulk operation that still runs."""
    operation = call.store.get(id)
    if operation is None:
        return {"bulkOperation": None, "userErrors": [user_error("Bulk operation does not exist", ["id"])]}
    if operation["status"] in OPEN:
        call.store.change(operation, status="CANCELED", completedAt=call.now)
    return {"bulkOperation": operation, "userErrors": []}


def run_bulk(standin: "StandIn", store: Store, operation_id: str) -> None:
    """Run a bulk query to its end. *Again*: an ended one does nothing."""
    operation = store.get(operation_id)
    if operation is None or operation["status"] not in OPEN:
        return
    with store.writing():
        store.change(operation, status="RUNNING")
    lines, roots, code = _collect(standin, store, operation)
    body = b"".join(
        json.dumps(line, separators=(",", ":"), ensure_ascii=False).replace("/", "\\/").encode() + b"\n"
        for line in lines
    )
    name = f"{secrets.token_hex(12)}.jsonl"
    if body and not code:
        store.archive.keep_file(name, body)
    with store.writing():
        if operation["status"] == "CANCELED":
            return
        store.change(
            operation,
            status="FAILED" if code else "COMPLETED", errorCode=code, completedAt=store.clock.iso(), objectCount=str(len(lines)),
            rootObjectCount=str(roots), fileSize=str(len(body)), file=name if body and not code else None,
        )  # fmt: skip
        payload = {
            "admin_graphql_api_id": operation["id"], "completed_at": operation["completedAt"], "created_at": operation["createdAt"],
            "error_code": (code or "").lower() or None, "status": operation["status"].lower(), "type": "query",
        }  # fmt: skip
        store.emit("bulk_operations/finish", operation["id"], lambda: payload)


def _collect(standin: "StandIn", store: Store, operation: Node) -> tuple[list[Node], int, str | None]:
    grant = Grant(operation["grant"]["client"], frozenset(operation["grant"]["scopes"]), operation["grant"]["kind"])
    call = Call(standin, store, grant)
    document, _ = standin.graphql.prepared(operation["query"])
    written, start, roots = Lines(grouped=operation["grouped"]), 0, 0
    while document is not None and operation["status"] == "RUNNING":
        with store.lock:
            call.bulk = (start, start + SLICE)
            result = run(call, document, None, None)
        if result.errors:
            return [], 0, _failure(result)
        found = sum(
            written.connection(value, None, 0) for value in (result.data or {}).values() if _is_connection(value)
        )
        roots += found
        start += SLICE
        if not found:
            break
    return written.all(), roots, None


def _failure(result: ExecutionResult) -> str:
    codes = {(error.extensions or {}).get("code") for error in result.errors or ()}
    return "ACCESS_DENIED" if "ACCESS_DENIED" in codes else "INTERNAL_SERVER_ERROR"


def _is_connection(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and bool(value)
        and set(value) <= {"edges", "nodes", "pageInfo"}
        and ("edges" in value or "nodes" in value)
    )


class Lines:
    """The lines of a result: depth by depth, or, when grouped, each parent before its children."""

    def __init__(self, *, grouped: bool) -> None:
        self.grouped = grouped
        self.layers: dict[int, list[Node]] = defaultdict(list)

    def connection(self, value: Node, parent: str | None, depth: int) -> int:
        """Write the nodes of a connection and of those inside it; gives how many it had itself."""
        nodes = value.get("nodes") if "nodes" in value else [edge["node"] for edge in value["edges"]]
        for node in nodes or []:
            inside: list[Node] = []
            line = self._flat(node, inside)
            if parent:
                line["__parentId"] = parent
            self.layers[0 if self.grouped else depth].append(line)
            for one in inside:
                self.connection(one, node.get("id") or parent, depth + 1)
        return len(nodes or [])

    def all(self) -> list[Node]:
        """Give all lines in their order."""
        return [line for depth in sorted(self.layers) for line in self.layers[depth]]

    def _flat(self, node: Node, inside: list[Node]) -> Node:
        line: Node = {}
        for name, value in node.items():
            if _is_connection(value):
                inside.append(value)
            else:
                line[name] = self._flat(value, inside) if isinstance(value, dict) else value
        return line
