"""Records as API callers send them: unknown fields named, amounts read exactly, and of a batch the good ones applied."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.response import Response

from skuu.kit.api import flat_errors, problem_response
from skuu.kit.errors import NotPossible
from skuu.kit.money import parse_minor

HIGHEST_AMOUNT = 10**12
UNKNOWN = "unknown_field"


class Record(serializers.Serializer):
    """An object whose unknown fields are an error, so that a misspelt name is noticed and not lost."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            known = {name for name, one in self.fields.items() if not one.read_only}
            if strange := [name for name in data if name not in known]:
                said = ErrorDetail("There is no such field.", code=UNKNOWN)
                raise ValidationError({str(name)[:100]: [said] for name in sorted(strange, key=str)[:20]})
        return super().to_internal_value(data)


def one_of(words: Iterable[str], **kwargs: Any) -> serializers.CharField:
    """Build an answer's field that holds one of some words."""
    return serializers.CharField(help_text=f"one of {', '.join(words)}", **kwargs)


@extend_schema_field({"type": "string", "example": "49.95"})
class AmountIn(serializers.Field):
    """An amount in major units, as text or number: "49.95". Becomes minor units of the currency in the context."""

    default_error_messages = {"negative": "An amount is not negative.", "bad_amount": "Write an amount like 49.95."}

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, str | int | float) or len(str(data)) > 40:
            self.fail("bad_amount")
        try:
            minor = parse_minor(data, self.context["currency"])
        except NotPossible as error:
            raise ValidationError(error.message, code=error.code) from None
        if minor < 0:
            self.fail("negative")
        if minor > HIGHEST_AMOUNT:
            self.fail("bad_amount")
        return minor

    def to_representation(self, value: Any) -> Any:
        return value


@dataclass(slots=True)
class Batch:
    """What came of each record of a bulk request, in the order they were sent."""

    good: dict[int, Any] = field(default_factory=dict)  # index → validated record
    refused: dict[int, list[dict[str, str]]] = field(default_factory=dict)
    ignored: dict[int, dict[str, str]] = field(default_factory=dict)
    keys: dict[int, str] = field(default_factory=dict)  # index → how the caller names the record

    def refuse(self, index: int, name: str, code: str, message: str) -> None:
        """Take a record out that cannot be applied; the others go on."""
        self.good.pop(index, None)
        self.refused.setdefault(index, []).append({"field": name, "code": code, "message": message})

    def ignore(self, index: int, code: str, message: str) -> None:
        """Mark a record that is right and changes nothing."""
        self.ignored[index] = {"field": "", "code": code, "message": message}

    def answer(self) -> Response:
        """Tell record by record: 200 when none was refused, 207 when some were, 422 when all were."""
        results = []
        for index in sorted(self.keys):
            status = "refused" if index in self.refused else "ignored" if index in self.ignored else "applied"
            said = self.refused.get(index) or ([self.ignored[index]] if index in self.ignored else [])
            results.append({"index": index, "key": self.keys[index], "status": status, "errors": said})
        counts = {name: sum(row["status"] == name for row in results) for name in ("applied", "ignored", "refused")}
        if results and counts["refused"] == len(results):
            return problem_response(
                422, "all_refused", "None of the records could be applied.", **counts, results=results
            )
        return Response({**counts, "results": results}, status=207 if self.refused else 200)


def read_batch(data: Any, record: type[Record], *, key: str, most: int, context: dict[str, Any]) -> Batch:
    """Read a list of records one by one. Raises ValidationError, for the whole request, when it is no such list or names unknown fields."""
    if not isinstance(data, list):
        raise ValidationError("Send a list of records.", code="not_a_list")
    if not data or len(data) > most:
        raise ValidationError(f"Send between 1 and {most} records at a time.", code="batch_size")
    batch = Batch()
    strange: dict[Any, Any] = {}
    for index, raw in enumerate(data):
        reader = record(data=raw, context=context)
        named = raw.get(key) if isinstance(raw, dict) else None
        batch.keys[index] = str(named)[:120] if isinstance(named, str | int) else ""
        if reader.is_valid():
            batch.good[index] = reader.validated_data
            continue
        batch.refused[index] = flat_errors(ValidationError(reader.errors).get_full_details())
        if any(error["code"] == UNKNOWN for error in batch.refused[index]):
            strange[index] = reader.errors
    if strange:
        raise ValidationError(strange)
    return batch


class ErrorOut(serializers.Serializer):
    """One thing that is wrong with a field."""

    field = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()


class ResultOut(serializers.Serializer):
    """What came of one record."""

    index = serializers.IntegerField()
    key = serializers.CharField()
    status = one_of(["applied", "ignored", "refused"])
    errors = ErrorOut(many=True)  # type: ignore[assignment]


class BatchOut(serializers.Serializer):
    """What came of a bulk request."""

    applied = serializers.IntegerField()
    ignored = serializers.IntegerField()
    refused = serializers.IntegerField()
    results = ResultOut(many=True)


class ProblemOut(serializers.Serializer):
    """Problem details (RFC 9457): act on the code, show the title."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    errors = ErrorOut(many=True, required=False)  # type: ignore[assignment]
