"""Reading many of a list by name: `ids=A,B,C` instead of a request for each."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.fields import empty

from dashu.api.pagination import MAX_LIMIT, PageQuery

LONGEST_ID = 80
_UUID = "-".join(f"[0-9a-fA-F]{{{count}}}" for count in (8, 4, 4, 4, 12))
# As many UUIDs as there may be; with its commas escaped it is an address that our servers still read.
LONGEST = MAX_LIMIT * 37 - 1
HELP = (
    f"Only these, at most {MAX_LIMIT} and {LONGEST} characters, with commas between them; all of them on one page "
    "unless `limit` says otherwise. What this partner does not see, or what does not exist, is simply not among the "
    "results."
)


class IdsField(serializers.RegexField):
    """Names with commas between them; read as a list, each once."""

    default_error_messages = {
        "too_many": _("At most %(most)s can be asked for at once."),
        "no_id": _("Write the ids with commas between them and nothing else."),
    }

    def __init__(self, *, longest: int = LONGEST_ID, one: str = "", **options: Any) -> None:
        """:param longest: the most characters of one. :param one: its pattern, where it has one."""
        one = one or f"[^,]{{1,{longest}}}"
        super().__init__(
            rf"^{one}(,{one}){{0,{MAX_LIMIT - 1}}}\Z",
            max_length=min(LONGEST, MAX_LIMIT * (longest + 1) - 1),
            required=False,
            error_messages={"invalid": self.default_error_messages["no_id"]},
            **{"help_text": HELP, **options},
        )

    def run_validation(self, data: Any = empty) -> Any:
        if data == "":
            raise serializers.ValidationError(self.error_messages["no_id"], code="invalid")
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> Any:
        text = super().to_internal_value(data)
        if text.count(",") >= MAX_LIMIT:
            raise serializers.ValidationError(self.error_messages["too_many"] % {"most": MAX_LIMIT}, code="invalid")
        super().run_validators(text)
        return list(dict.fromkeys(text.split(",")))

    def run_validators(self, value: Any) -> None:
        """Do nothing with the list: they are of the text, see above."""


class KeysField(IdsField):
    """UUIDs with commas between them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(one=_UUID, longest=36, **options)

    def to_internal_value(self, data: Any) -> Any:
        return [UUID(text) for text in super().to_internal_value(data)]


class BulkQuery(PageQuery):
    """The query parameters of a list whose rows can be named."""

    ids = IdsField()

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if "ids" in given and "limit" not in self.initial_data:
            given["limit"] = MAX_LIMIT
        return given
