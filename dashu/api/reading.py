"""What every read can be asked for: only some of the fields, so that a small screen or a slow line carries little."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from dashu.api.fields import StrictSerializer


class ReadQuery(StrictSerializer):
    """The query parameters of every read. `shape` is the serializer of what is read, or of one row of a list."""

    shape: ClassVar[type[serializers.Serializer]]

    fields = serializers.CharField(  # type: ignore[assignment]
        max_length=400,
        required=False,
        help_text="Names of the outermost fields, with commas between them: only these come back. Leave out for all.",
    )

    def validate_fields(self, value: str) -> list[str]:
        names = list(dict.fromkeys(value.split(",")))
        known = self.shape().fields
        if unknown := [name for name in names if name not in known]:
            raise serializers.ValidationError(
                _("There is no field %(name)s here. Known are: %(known)s.")
                % {"name": unknown[0][:80], "known": ", ".join(known)},
                code="unknown_field",
            )
        return names


def only(document: dict[str, Any], names: Iterable[str] | None) -> dict[str, Any]:
    """Return the document, or the rows of a page of documents, with these outermost fields alone; None for all."""
    if names is None:
        return document
    if "results" in document:
        return {**document, "results": [only(row, names) for row in document["results"]]}
    return {name: document[name] for name in names}
