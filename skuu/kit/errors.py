"""The few kinds of error that verbs raise and every door can translate."""

from typing import Any


class SkuuError(Exception):
    """What went wrong, as a code for programs and a sentence for people that says what to do."""

    status = 400
    code = "error"

    def __init__(self, message: str, *, code: str | None = None, **extra: Any) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.extra = extra


class NotAllowed(SkuuError):
    """The caller is known and may not do this."""

    status = 403
    code = "not_allowed"


class NotFound(SkuuError):
    """There is no such thing, or it is not the caller's: the two look alike on purpose."""

    status = 404
    code = "not_found"


class WrongState(SkuuError):
    """The thing is not in a state from which this can be done; reading it again shows why."""

    status = 409
    code = "wrong_state"


class NotPossible(SkuuError):
    """The request is understood and cannot be met as it is."""

    status = 422
    code = "not_possible"


class Busy(SkuuError):
    """Somebody else is at it; the same call may succeed in a moment."""

    status = 409
    code = "busy"
