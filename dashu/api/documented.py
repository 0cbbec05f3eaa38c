"""Every refusal that the schema documents, gathered from it: so what people read of them is what programs get."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.generators import SchemaGenerator

from dashu.api.errors import PROBLEM_TYPE

# What a program or the person behind it can do about a refusal of this status.
ADVICE = {
    400: _("Correct the request and send it again. Nothing was written."),
    401: _("Get a new token from /oauth/token/ and send it in the Authorization header."),
    403: _(
        "Ask whoever looks after the client to widen what it may do. Sending the same request again changes nothing."
    ),
    404: _("Check the identifier. What another partner brought is as unknown here as what does not exist."),
    405: _("Look up in the schema which methods the address has."),
    406: _("Ask for application/json in the Accept header."),
    409: _("Read the resource again and decide anew. Nothing was written."),
    410: _("Read what there is from its beginning, or make it anew: this is not kept any longer."),
    411: _("Send the length of the body in Content-Length."),
    412: _("Read the resource again, then send the change with its new ETag in If-Match."),
    413: _("Send less at once. Nothing was written."),
    415: _("Send the body in the form that the schema names for this operation."),
    422: _(
        "Correct the field that is named and send the request again, with the same key if you like."
        " Nothing was written."
    ),
    428: _("Read the resource first and send its ETag in If-Match."),
    429: _("Wait for as many seconds as Retry-After says, then send the same request again."),
    500: _("Send the same request again later, with the same key. If it stays so, tell us the X-Request-Id."),
    503: _("Send the same request again later, with the same key. If it stays so, tell us the X-Request-Id."),
}

NO_SUCH_ADDRESS = "The API has no such address."  # of no operation, so in no schema


@dataclass(slots=True)
class Documented:
    """
    :ivar meanings: in English, as in `dashu.api.refusal_texts`; several where operations mean different things by it.
    :ivar operations: id and summary of each that may answer with it. :ivar is_everywhere: whether all may.
    """

    code: str
    statuses: list[int] = field(default_factory=list)
    meanings: list[str] = field(default_factory=list)
    operations: dict[str, str] = field(default_factory=dict)
    is_everywhere: bool = False

    @property
    def advice(self) -> list[Any]:
        return list(dict.fromkeys(ADVICE[status] for status in self.statuses))


@cache
def documented_refusals() -> tuple[Documented, ...]:
    """Return them by code. Gathering takes seconds and gives the same for as long as the process lives."""
    found: dict[str, Documented] = {}
    operations = list(_operations())
    for operation in operations:
        for status, answer in operation["responses"].items():
            for example in answer.get("content", {}).get(PROBLEM_TYPE, {}).get("examples", {}).values():
                code, meaning = example["value"]["code"], example["value"]["detail"]
                each = found.setdefault(code, Documented(code))
                each.operations[operation["operationId"]] = operation.get("summary", "")
                _add(each.statuses, int(status))
                _add(each.meanings, meaning)
    for each in found.values():
        each.is_everywhere = len(each.operations) == len(operations)
    found["not_found"] = Documented("not_found", [404], [NO_SUCH_ADDRESS], is_everywhere=True)
    return tuple(found[code] for code in sorted(found))


def _operations() -> Iterable[dict[str, Any]]:
    schema = SchemaGenerator().get_schema(public=True)
    for item in schema["paths"].values():
        yield from item.values()


def _add(values: list[Any], value: Any) -> None:
    if value not in values:
        values.append(value)
        values.sort()
