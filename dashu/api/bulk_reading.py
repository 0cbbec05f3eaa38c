"""Reading many of a list by name: `ids=A,B,C` instead of a request for each."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.fields import empty

from dashu.api.pagination import MAX_LIMIT, PageQuery

LONGEST_ID = 80
MOST_CHARACTERS = MAX_LIMIT * (LONGEST_ID + 1)


class IdsField(serializers.CharField):
    """Names with commas between them, each once; read as a list."""

    default_error_messages = {
        "too_many": _("At most %(most)s can be asked for at once."),
        "no_id": _("Write the ids with commas between them and nothing else."),
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=MOST_CHARACTERS, required=False, **options)

    def run_validation(self, data: Any = empty) -> Any:
        if data == "":
            raise serializers.ValidationError(self.error_messages["no_id"], code="invalid")
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> Any:
        # The validators of a text run on the list, so a sign that no reference holds is looked for here.
        ids = list(dict.fromkeys(super().to_internal_value(data).split(",")))
        if any("\0" in each for each in ids):
            raise serializers.ValidationError(self.error_messages["no_id"], code="invalid")
        if not all(0 < len(each) <= LONGEST_ID for each in ids):
            raise serializers.ValidationError(self.error_messages["no_id"], code="invalid")
        if len(ids) > MAX_LIMIT:
            raise serializers.ValidationError(self.error_messages["too_many"] % {"most": MAX_LIMIT}, code="invalid")
        return ids


class BulkQuery(PageQuery):
    """The query parameters of a list whose rows can be named."""

    ids = IdsField(
        help_text=f"Only these, at most {MAX_LIMIT}, with commas between them; all of them on one page unless `limit` "
        "says otherwise. What this partner does not see, or what does not exist, is simply not among the results."
    )

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if "ids" in given and "limit" not in self.initial_data:
            given["limit"] = MAX_LIMIT
        return given
