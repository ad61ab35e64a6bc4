"""What a document costs before it runs, and the leaky bucket that pays for it; the formula is fitted to one observed answer."""

import math
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_leaf_type,
)

DEAREST = 1000
BUCKETS = {
    "Basic": (2000, 100),
    "Grow": (2000, 100),
    "Advanced": (4000, 200),
    "Plus": (20000, 1000),
}  # size, points a second


def cost(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, variables: dict[str, Any]
) -> int:
    """Price an operation: 10 for each mutation field; for a query 1 for each object, connections less than linearly."""
    if operation.operation == OperationType.MUTATION:
        return 10 * sum(isinstance(one, FieldNode) for one in operation.selection_set.selections)
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    return max(1, _Pricing(schema, fragments, variables).of(operation.selection_set, schema.query_type, 0))


class _Pricing:
    def __init__(
        self, schema: GraphQLSchema, fragments: dict[str, FragmentDefinitionNode], variables: dict[str, Any]
    ) -> None:
        self.schema, self.fragments, self.variables = schema, fragments, variables

    def of(self, chosen: SelectionSetNode | None, kind: Any, depth: int) -> int:
        total = 0
        for one in chosen.selections if chosen else ():
            if isinstance(one, FieldNode):
                total += self.field(one, kind, depth)
            elif isinstance(one, InlineFragmentNode):
                inner = self.schema.type_map[one.type_condition.name.value] if one.type_condition else kind
                total += self.of(one.selection_set, inner, depth)
            elif isinstance(one, FragmentSpreadNode):
                fragment = self.fragments[one.name.value]
                total += self.of(
                    fragment.selection_set, self.schema.type_map[fragment.type_condition.name.value], depth
                )
        return total

    def field(self, node: FieldNode, kind: Any, depth: int) -> int:
        definition = getattr(kind, "fields", {}).get(node.name.value)
        if definition is None:
            return 0
        named = get_named_type(definition.type)
        if is_leaf_type(named) or named.name == "PageInfo":
            return 0
        if named.name.endswith("Connection"):
            size = self.size(node)
            factor = (
                math.ceil(1.5 * math.log2(max(2, size)))
                if depth == 0
                else max(1, math.ceil(math.log2(max(2, size)) / 2))
            )
            return 1 + factor * max(1, self.of(node.selection_set, named, depth + 1))
        inside = self.of(node.selection_set, named, depth)
        if named.name.endswith("Edge") or node.name.value == "node":
            return max(1, inside)
        return max(1, inside) if node.name.value == "nodes" else 1 + inside

    def size(self, node: FieldNode) -> int:
        for argument in node.arguments or ():
            if argument.name.value in {"first", "last"}:
                if isinstance(argument.value, IntValueNode):
                    return int(argument.value.value)
                if isinstance(argument.value, VariableNode):
                    return int(self.variables.get(argument.value.name.value) or 50)
        return 50


class Bucket:
    """The points an app may spend at one store."""

    def __init__(self, plan: str, now: float) -> None:
        self.size, self.rate = BUCKETS.get(plan, BUCKETS["Basic"])
        self.left, self.at = float(self.size), now

    def fill(self, now: float) -> None:
        """Let the time since the last look restore points."""
        self.left = min(float(self.size), self.left + max(0.0, now - self.at) * self.rate)
        self.at = now

    def status(self) -> dict[str, float]:
        """Say what Shopify says in ``throttleStatus``."""
        return {
            "maximumAvailable": float(self.size),
            "currentlyAvailable": int(self.left),
            "restoreRate": float(self.rate),
        }
