"""
Refusals.

A `DomainError` is something a person or a partner can cause and can act on. It carries a stable code for programs, a
sentence for people and, where one input is to blame, the name of that field. Our own mistakes are `assert`s instead.
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class DomainError(Exception):
    """
    The base of every refusal. Subclasses live in the module that raises them.

    :cvar code: stable, lower_snake_case; partners' programs branch on it.
    :cvar http_status: how the API answers.
    :param user_message: one sentence that says what to do; may be a lazy translation.
    :param field: the input that is to blame, None when no single one is.
    :param details: further plain values for programs.
    """

    code: ClassVar[str] = "refused"
    http_status: ClassVar[int] = 422

    def __init__(
        self, user_message: Any, *, field: str | None = None, details: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(user_message)
        self.user_message = user_message
        self.field = field
        self.details = dict(details or {})

    def __str__(self) -> str:
        return str(self.user_message)

    def as_json(self) -> dict[str, Any]:
        """Return `{"code", "message", "field"}`, the shape of a refusal in the JSON commands."""
        return {"code": self.code, "message": str(self.user_message), "field": self.field}


class InvalidInput(DomainError):
    """A value does not have the form or the range that the field asks for."""

    code = "invalid_input"
