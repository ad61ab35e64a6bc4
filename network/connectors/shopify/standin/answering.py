"""GraphQL over the wire: tokens, faults, cost and the log around each document."""

import functools
import json
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, OperationType, parse, validate

from network.connectors.shopify.standin import oauth
from network.connectors.shopify.standin.costing import DEAREST, Bucket, cost
from network.connectors.shopify.standin.execution import run
from network.connectors.shopify.standin.faults import AnswerLost, Fault
from network.connectors.shopify.standin.registry import Call, Grant
from network.connectors.shopify.standin.schema import load_schema
from network.connectors.shopify.standin.state import Node, Store

if TYPE_CHECKING:
    from network.connectors.shopify.standin.core import StandIn

Response = tuple[int, dict[str, str], bytes]


@functools.lru_cache(maxsize=2000)  # all stand-ins of a process answer by one schema
def _prepared(text: str) -> tuple[DocumentNode | None, list[Node]]:
    schema, _ = load_schema()
    try:
        document = parse(text, no_location=False)
        return document, [dict(error.formatted) for error in validate(schema, document)]
    except GraphQLError as error:
        return None, [dict(error.formatted)]


class Answering:
    """The GraphQL door of all stores, with the documents it has read and the log of calls."""

    def __init__(self, standin: "StandIn") -> None:
        self.standin = standin
        self.log: deque[Node] = deque(maxlen=5000)
        self._buckets: dict[tuple[str, str], Bucket] = {}

    def prepared(self, text: str) -> tuple[DocumentNode | None, list[Node]]:
        """Parse and validate a document, once for each text."""
        return _prepared(text)

    def answer(self, store: Store, head: dict[str, str], body: bytes) -> Response:
        """Answer one GraphQL request: who calls, what fault waits, what it costs, what comes out."""
        grant, known = oauth.grant_for(store, head.get("x-shopify-access-token", ""), self.standin.clock.now())
        if grant is None:
            return self.standin.json(
                401, {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}
            )
        if known["until"] is None and grant.kind == "app":
            words = "[API] Non-expiring access tokens are no longer accepted for the Admin API. Start using expiring offline tokens"
            return self.standin.json(403, {"errors": words})
        try:
            request = json.loads(body)
            if not isinstance(request.get("variables") or {}, dict):
                raise ValueError("variables are no object")
            text, variables, name = (
                str(request.get("query") or ""),
                request.get("variables") or {},
                request.get("operationName"),
            )
        except (ValueError, AttributeError):
            return self.standin.json(400, {"errors": {"query": "Required parameter missing or invalid"}})
        fault = self.standin.faults.take(store.domain, text)
        entry: Node = {
            "at": self.standin.clock.iso(),
            "store": store.domain,
            "by": grant.kind,
            "operation": name,
            "variables": variables,
        }
        entry["fault"] = fault.mode if fault else None
        started = time.monotonic()
        status, answer_head, answer = self._spoiled(
            fault, lambda: self._run(store, grant, text, variables, name, fault, entry)
        )
        self.log.append(entry | {"status": status, "ms": round((time.monotonic() - started) * 1000, 1)})
        if status == 0:
            raise AnswerLost
        return status, answer_head, answer

    def _spoiled(self, fault: Fault | None, work: Callable[[], Response]) -> Response:
        mode = fault.mode if fault else ""
        if fault and mode == "http_429":
            return self.standin.json(429, {"errors": "Too Many Requests"}, retry_after=f"{fault.seconds:.1f}")
        if mode == "http_500":
            return self.standin.json(500, {"errors": "Internal Server Error"})
        if mode == "drop_before":
            return 0, {}, b""
        if fault and mode == "slow":
            time.sleep(fault.seconds)
        done = work()
        if mode == "drop_after":
            return 0, {}, b""
        if mode == "empty_after":
            return self.standin.json(200, {"data": {}})
        return self.standin.json(502, {"errors": "Bad Gateway"}) if mode == "http_502_after" else done

    def _run(
        self,
        store: Store,
        grant: Grant,
        text: str,
        variables: dict[str, Any],
        name: str | None,
        fault: Fault | None,
        entry: Node,
    ) -> Response:
        document, problems = self.prepared(text)
        if document is None or problems:
            return self.standin.json(200, {"errors": problems})
        operation = chosen(document, name)
        if operation is None:
            words = "An operation name is required" if name is None else f"No operation named {name}"
            return self.standin.json(200, {"errors": [{"message": words}]})
        entry["operation"] = operation.name.value if operation.name else None
        entry["fields"] = [one.name.value for one in operation.selection_set.selections if hasattr(one, "name")]
        reading = operation.operation == OperationType.QUERY
        price = cost(self.standin.schema, document, operation, variables)
        if price > DEAREST and reading:
            return self.standin.json(200, _too_dear(price))
        with store.lock:
            bucket = self._bucket(store, grant)
            if price > bucket.left or (fault and fault.mode == "throttle"):
                return self.standin.json(200, _throttled(price, bucket))
            call = Call(self.standin, store, grant)
            result = run(call, document, variables, name)
            actual = max(1, min(price, call.spent)) if reading else price
            bucket.left -= actual
            spent = {"requestedQueryCost": price, "actualQueryCost": actual, "throttleStatus": bucket.status()}
        entry["cost"] = actual
        answer: Node = {"data": result.data, "extensions": {"cost": spent}}
        if result.errors:
            answer["errors"] = [_told(error) for error in result.errors]
        return self.standin.json(200, answer)

    def _bucket(self, store: Store, grant: Grant) -> Bucket:
        key = (grant.client, store.domain)
        bucket = self._buckets.setdefault(key, Bucket(store.shop["planName"], self.standin.clock.now()))
        bucket.fill(self.standin.clock.now())
        return bucket


def chosen(document: DocumentNode, name: str | None) -> OperationDefinitionNode | None:
    """Pick the operation of a document: the named one, or the only one."""
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    if name is not None:
        return next((one for one in operations if one.name and one.name.value == name), None)
    return operations[0] if len(operations) == 1 else None


def _too_dear(price: int) -> Node:
    words = f"Query cost is {price}, which exceeds the single query max cost limit ({DEAREST})."
    return {
        "errors": [{"message": words, "extensions": {"code": "MAX_COST_EXCEEDED", "cost": price, "maxCost": DEAREST}}]
    }


def _throttled(price: int, bucket: Bucket) -> Node:
    problem = {
        "message": "Throttled",
        "extensions": {"code": "THROTTLED", "documentation": "https://shopify.dev/api/usage/rate-limits"},
    }
    spent = {"requestedQueryCost": price, "actualQueryCost": None, "throttleStatus": bucket.status()}
    return {"errors": [problem], "extensions": {"cost": spent}}


def _told(error: GraphQLError) -> Node:
    told = dict(error.formatted)
    cause = error.original_error
    if cause is not None and not isinstance(cause, GraphQLError):
        told["extensions"] = {"code": "STANDIN_BROKEN", "exception": repr(cause)}
    return told
