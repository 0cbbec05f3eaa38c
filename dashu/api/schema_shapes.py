"""What the OpenAPI document says of shapes beyond the framework: that unknown names are refused, and which exist."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension, OpenApiSerializerFieldExtension
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
        # What is answered may get more names one day.
        return {**schema, "additionalProperties": False} if direction == "request" else schema


class CodesShape(OpenApiSerializerFieldExtension):
    """How many values there may be, and what their codes look like."""

    target_class = "dashu.api.fields.ByCodeField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        schema = auto_schema._map_serializer_field(self.target, direction, bypass_extensions=True)
        return {**schema, "maxProperties": self.target.MOST, "propertyNames": {"pattern": f"^{self.target.CODE}$"}}
