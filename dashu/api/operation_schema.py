"""How an operation is described beyond its decorator; apart from `dashu.api.schema`, as the framework loads it."""

from drf_spectacular.openapi import AutoSchema


class OperationSchema(AutoSchema):
    def is_deprecated(self) -> bool:
        return getattr(self.view, "deprecated_on", None) is not None
