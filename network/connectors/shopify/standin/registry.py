"""Where the subjects (catalogue, stock, orders …) enter what they can answer; what nobody entered fails aloud."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError

from network.connectors.shopify.standin.state import Node, Store

if TYPE_CHECKING:
    from network.connectors.shopify.standin.core import StandIn

Answer = Callable[..., Any]
FIELDS: dict[tuple[str, str], Answer] = {}
MUTATIONS: dict[str, Answer] = {}
IDEMPOTENT: set[str] = set()
EVERYTHING = "*"


@dataclass(frozen=True)
class Grant:
    """Who calls: an app with its scopes, another app that sells (shopper), or the store's staff."""

    client: str
    scopes: frozenset[str]
    kind: str = "app"  # app, shopper, staff

    def holds(self, scope: str) -> bool:
        """Tell whether a scope is granted; writing includes reading."""
        if EVERYTHING in self.scopes or scope in self.scopes:
            return True
        return scope.startswith("read_") and f"write_{scope[5:]}" in self.scopes


@dataclass
class Call:
    """One GraphQL request while it is answered."""

    standin: "StandIn"
    store: Store
    grant: Grant
    spent: int = 0
    bulk: tuple[int, int] | None = None  # which rows of the outermost connection a bulk operation takes now
    allowed: dict[str, bool] = field(default_factory=dict)
    kept: dict[Any, list[Any]] = field(
        default_factory=dict
    )  # a bulk operation's outermost rows as they were when it began

    @property
    def now(self) -> str:
        return self.standin.clock.iso()


@dataclass(frozen=True)
class Rows:
    """Nodes in an order of their own, so that a page's cursor survives what comes and goes meanwhile."""

    nodes: list[Node]
    key: Callable[[Node], Any]


def query(*names: str) -> Callable[[Answer], Answer]:
    """Enter what answers a field of the query root: called with the call and the arguments."""
    return field_of("QueryRoot", *names)


def field_of(kind: str, *names: str) -> Callable[[Answer], Answer]:
    """Enter what answers a field of a type: called with the call, the node and the arguments."""

    def enter(answer: Answer) -> Answer:
        FIELDS.update({(kind, name): answer for name in names})
        return answer

    return enter


def mutation(name: str, *, idempotent: bool = False) -> Callable[[Answer], Answer]:
    """Enter what does a mutation, inside one change of the store; ``idempotent`` ones demand Shopify's directive."""

    def enter(answer: Answer) -> Answer:
        MUTATIONS[name] = answer
        if idempotent:
            IDEMPOTENT.add(name)
        return answer

    return enter


def not_implemented(what: str) -> GraphQLError:
    """Say aloud that the stand-in does not know something."""
    return GraphQLError(f"stand-in: {what} is not implemented", extensions={"code": "STANDIN_NOT_IMPLEMENTED"})


def refuse_unknown(name: str, given: Node, known: set[str]) -> None:
    """Fail aloud when an input says something that the stand-in would have to ignore."""
    unknown = sorted(one for one, value in given.items() if one not in known and value not in (None, False, []))
    if unknown:
        raise not_implemented(f"{name}({', '.join(unknown)})")


def bad_request(message: str, code: str = "BAD_REQUEST") -> GraphQLError:
    """Refuse a request as a whole."""
    return GraphQLError(message, extensions={"code": code})


def user_error(message: str, place: list[str] | None = None, code: str | None = None) -> Node:
    """Say what the caller did wrong, in Shopify's form."""
    return {"__typename": "UserError", "message": message, "field": place, "code": code}
