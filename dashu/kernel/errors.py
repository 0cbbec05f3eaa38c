"""
Refusals.

A `DomainError` is something a person or a partner can cause and can act on. It carries a stable code for programs, a
sentence for people and, where one input is to blame, the name of that field. Our own mistakes are `assert`s instead.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar


def _(text: str) -> str:
    """Mark a sentence for the catalogs. The translation happens when a person reads it."""
    return text


# Django's gettext once Django runs; the kernel itself knows no languages.
translate: Callable[[str], str] = str


class DomainError(Exception):
    """
    The base of every refusal. Subclasses live in the module that raises them.

    :cvar code: stable, lower_snake_case; partners' programs branch on it.
    :cvar http_status: how the API answers.
    :param message: one sentence that says what to do, with `%(name)s` for each of `params`.
    :param field: the input that is to blame, None when no single one is.
    :param details: further plain values for programs.
    """

    code: ClassVar[str] = "refused"
    http_status: ClassVar[int] = 422

    def __init__(
        self,
        message: Any,
        *,
        field: str | None = None,
        params: Mapping[str, Any] | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.params = dict(params or {})
        self.field = field
        self.details = dict(details or {})

    @property
    def user_message(self) -> str:
        """The sentence in the language of the moment."""
        text = str(translate(self.message))
        return text % self.params if self.params else text

    def __str__(self) -> str:
        return self.user_message

    def as_json(self) -> dict[str, Any]:
        """Return `{"code", "message", "field"}`, the shape of a refusal in the JSON commands."""
        return {"code": self.code, "message": self.user_message, "field": self.field}


class InvalidInput(DomainError):
    """A value does not have the form or the range that the field asks for."""

    code = "invalid_input"
