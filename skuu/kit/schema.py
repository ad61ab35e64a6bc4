"""How the API describes itself: every operation also tells its problem answers."""

from typing import Any

from drf_spectacular.openapi import AutoSchema

from skuu.kit.api import PROBLEM

TITLES = {
    "400": "The request is not valid; the errors name the fields.",
    "401": "The API key is missing, unknown or revoked.",
    "404": "There is no such thing, or it is not yours.",
    "409": "It is not in a state from which this can be done, or somebody else is at it.",
    "413": "The body is too large.",
    "422": "The request is understood and cannot be met as it is.",
    "429": "Too many requests; Retry-After says when to come back.",
}


class ApiSchema(AutoSchema):
    """Adds the problem answers an operation can give, by its method and address."""

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        from skuu.kit.records import ProblemOut

        ref = self.resolve_serializer(ProblemOut, "response").ref
        codes = ["401", "429", "400"]
        if "{" in self.path:
            codes.append("404")
        if self.method in ("POST", "PUT", "DELETE"):
            codes += ["409"]
        if self.method in ("POST", "PUT"):
            codes += ["413", "422"]
        for code in codes:
            operation["responses"].setdefault(
                code, {"description": TITLES[code], "content": {PROBLEM: {"schema": ref}}}
            )
        return operation
