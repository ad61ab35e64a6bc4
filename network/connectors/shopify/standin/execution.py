"""Running a GraphQL document: finding each field's answer, asking for scopes, paging, and one change of the store for each mutation."""

import base64
import binascii
import functools
import hashlib
import json
import re
from bisect import bisect_left, bisect_right
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLObjectType,
    GraphQLResolveInfo,
    execute,
    get_named_type,
    is_leaf_type,
)
from graphql.execution.values import get_directive_values

from network.connectors.shopify.standin.identifiers import number
from network.connectors.shopify.standin.readable import default
from network.connectors.shopify.standin.registry import (
    FIELDS,
    IDEMPOTENT,
    MUTATIONS,
    Answer,
    Call,
    Rows,
    bad_request,
    not_implemented,
    user_error,
)
from network.connectors.shopify.standin.state import Node

ROOTS = {"QueryRoot", "Mutation"}
DEEPEST_PAGE = 250


class Plan(NamedTuple):
    """How one field of the schema is answered; made once for each."""

    answer: Answer | None
    leaf: bool
    connection: str  # the connection's type, or empty
    root: bool
    keys: tuple[str, ...]  # entries of the access map that restrict it


_plans: dict[tuple[str, str], Plan] = {}


def run(call: Call, document: DocumentNode, variables: dict[str, Any] | None, operation: str | None) -> ExecutionResult:
    """Execute a validated document; the caller holds the store's lock."""
    result = execute(
        call.standin.schema,
        document,
        context_value=call,
        variable_values=variables,
        operation_name=operation,
        field_resolver=resolve,
        type_resolver=lambda value, info, kind: value["__typename"],
    )
    assert isinstance(result, ExecutionResult)
    return result


def resolve(source: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
    """Answer one field: what a subject entered, else what the node holds, else a default or a loud refusal."""
    kind, name = info.parent_type.name, info.field_name
    plan = _plans.get((kind, name)) or _plan(info)
    call: Call = info.context
    if arguments:
        arguments = {snake(given): value for given, value in arguments.items()}
    for key in plan.keys:
        _ask(call, key, name)
    if plan.leaf and plan.answer is None and name in source:
        return source[name]
    if plan.root:
        value = _mutate(call, info, arguments) if kind == "Mutation" else _root(call, plan, kind, name, arguments)
    elif plan.answer is not None:
        value = plan.answer(call, source, **arguments)
    elif name in source:
        value = source[name]
    else:
        value = default(call, source, kind, name, info.return_type)
    if plan.leaf:
        return value
    call.spent += 1
    if plan.connection and isinstance(value, list | Rows):
        return page(call, value, plan.connection, info, arguments)
    return linked(call, value)


@functools.cache
def snake(name: str) -> str:
    """Write an argument's name as Python does."""
    return re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", name)


def linked(call: Call, value: Any) -> Any:
    """Turn global ids into the nodes they name."""
    if isinstance(value, str):
        return call.store.get(value)
    if isinstance(value, list):
        return [call.store.get(one) if isinstance(one, str) else one for one in value]
    return value


def page(call: Call, rows: list[Any] | Rows, kind: str, info: GraphQLResolveInfo, arguments: dict[str, Any]) -> Node:
    """Cut a page out of a connection; cursors name the row they stand on, so a page stays right while rows come and go."""
    nodes: list[Any] = list(rows.nodes if isinstance(rows, Rows) else rows)
    if arguments.get("reverse"):
        nodes.reverse()
    if call.bulk is not None and info.path.prev is None:
        nodes = call.kept.setdefault(info.path.key, nodes)
    start, end = _span(call, rows, nodes, info, arguments)
    chosen = [one for one in (linked(call, each) for each in nodes[start:end]) if one is not None]
    if call.bulk is not None:
        chosen = [
            one
            for one in chosen
            if one.get("id") is None or one["id"] in call.store.nodes or one["__typename"] not in call.store.kinds
        ]
    call.spent += len(chosen)
    cursors = [
        _cursor(rows, one) if isinstance(rows, Rows) else _written([start + place]) for place, one in enumerate(chosen)
    ]
    return {
        "__typename": kind,
        "nodes": chosen,
        "edges": [{"node": one, "cursor": cursor} for one, cursor in zip(chosen, cursors, strict=True)],
        "totalCount": len(nodes),
        "pageInfo": {
            "hasNextPage": end < len(nodes),
            "hasPreviousPage": start > 0,
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
        },
    }


def _span(
    call: Call, rows: list[Any] | Rows, nodes: list[Any], info: GraphQLResolveInfo, arguments: dict[str, Any]
) -> tuple[int, int]:
    if call.bulk is not None:
        outermost = info.path.prev is None
        return (call.bulk[0], min(call.bulk[1], len(nodes))) if outermost else (0, len(nodes))
    first, last = arguments.get("first"), arguments.get("last")
    if first is None and last is None:
        raise bad_request(f"you must provide one of first or last for {info.field_name}")
    if (first or last or 0) > DEEPEST_PAGE or (first or last or 0) < 0:
        raise bad_request(f"{info.field_name}: a page holds between 0 and {DEEPEST_PAGE} nodes")
    start, end = 0, len(nodes)
    if arguments.get("after"):
        start = _place(rows, nodes, arguments["after"], bool(arguments.get("reverse")), behind=True)
    if arguments.get("before"):
        end = _place(rows, nodes, arguments["before"], bool(arguments.get("reverse")), behind=False)
    if first is not None:
        return start, min(end, start + first)
    return max(start, end - (last or 0)), end


def _cursor(rows: Rows, node: Node) -> str:
    return _written([rows.key(node), number(node["id"])])


def _written(position: list[Any]) -> str:
    return base64.b64encode(json.dumps(position).encode()).decode()


def _place(rows: list[Any] | Rows, nodes: list[Any], cursor: str, reverse: bool, *, behind: bool) -> int:
    try:
        position = json.loads(base64.b64decode(cursor, validate=True))
        if not isinstance(rows, Rows):
            return int(position[0]) + behind
        keyed = [(rows.key(node), number(node["id"])) for node in (reversed(nodes) if reverse else nodes)]
        if reverse:
            return len(keyed) - (bisect_left if behind else bisect_right)(keyed, tuple(position))
        return (bisect_right if behind else bisect_left)(keyed, tuple(position))
    except (binascii.Error, ValueError, TypeError, IndexError):
        raise bad_request(f"Invalid cursor {cursor}") from None


def _plan(info: GraphQLResolveInfo) -> Plan:
    kind, name = info.parent_type.name, info.field_name
    named = get_named_type(info.return_type)
    access = info.context.standin.access
    wanted = (
        [f"{kind}.{name}"] if is_leaf_type(named) else [f"{kind}.{name}", f"{named.name.removesuffix('Connection')}."]
    )
    plan = Plan(
        FIELDS.get((kind, name)),
        is_leaf_type(named),
        named.name if named.name.endswith("Connection") else "",
        kind in ROOTS,
        tuple(key for key in wanted if key in access),
    )
    _plans[kind, name] = plan
    return plan


def _ask(call: Call, key: str, name: str) -> None:
    if key not in call.allowed:
        call.allowed[key] = any(call.grant.holds(scope) for scope in call.standin.access[key][0])
    if not call.allowed[key]:
        words = call.standin.access[key][1]
        raise GraphQLError(
            f"Access denied for {name} field. Required access: {words}",
            extensions={
                "code": "ACCESS_DENIED",
                "documentation": "https://shopify.dev/api/usage/access-scopes",
                "requiredAccess": words,
            },
        )


def _root(call: Call, plan: Plan, kind: str, name: str, arguments: dict[str, Any]) -> Any:
    if plan.answer is None:
        raise not_implemented(f"{kind}.{name}")
    return plan.answer(call, **arguments)


def _mutate(call: Call, info: GraphQLResolveInfo, arguments: dict[str, Any]) -> Any:
    name = info.field_name
    if name not in MUTATIONS:
        raise not_implemented(f"Mutation.{name}")
    with call.store.writing():
        if name not in IDEMPOTENT:
            return MUTATIONS[name](call, **arguments)
        return _once(call, info, arguments)


def _once(call: Call, info: GraphQLResolveInfo, arguments: dict[str, Any]) -> Any:
    """Demand the directive, replay the first answer to the same key, refuse the key with other arguments."""
    directive = info.schema.get_directive("idempotent")
    given = directive and get_directive_values(directive, info.field_nodes[0], info.variable_values)
    if not given:
        raise bad_request("The @idempotent directive is required for this mutation but was not provided.")
    key = f"{call.grant.client}|{info.field_name}|{given['key']}"
    digest = hashlib.sha256(json.dumps(arguments, sort_keys=True, default=str).encode()).hexdigest()
    earlier = call.store.records["idempotency"].get(key)
    if earlier and earlier["digest"] != digest:
        words = "The same idempotency key cannot be used with different operation parameters."
        return _refused(info, user_error(words, None, "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"))
    if earlier:
        return earlier["answer"]
    answer = MUTATIONS[info.field_name](call, **arguments)
    if not answer.get("userErrors"):
        call.store.record("idempotency", key, {"digest": digest, "answer": answer})
    return answer


def _refused(info: GraphQLResolveInfo, error: Node) -> Node:
    named = get_named_type(info.return_type)
    fields = named.fields if isinstance(named, GraphQLObjectType) else {}
    return {name: [error] if name.lower().endswith("usererrors") else None for name in fields}
