"""What the OpenAPI document says of shapes beyond the framework: that unknown names are refused, and which exist."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from rest_framework import serializers

from dashu.api.reading import ReadQuery


class StrictShape(OpenApiSerializerExtension):
    """An input that refuses names it does not know; in a read, `fields` takes the names of what is read."""

    target_class = "dashu.api.fields.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        if isinstance(self.target, ReadQuery):
            names = "|".join(self.target.shape().fields)
            schema["properties"]["fields"]["pattern"] = f"^({names})(,({names}))*$"
        for name, field in self.target.fields.items():
            if isinstance(field, serializers.ListSerializer) and not field.allow_empty:
                schema["properties"][name]["minItems"] = 1
        return {**schema, "additionalProperties": False}
