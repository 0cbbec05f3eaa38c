"""
Reading plain JSON documents strictly.

A `Document` hands out each value once, checked for its kind, and refuses whatever was not asked for, so that a typing
mistake in a key cannot change money. Amounts and rates are texts: a JSON number has passed through binary floats
somewhere, and half a fen is lost there.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from dashu.kernel.dates import parse_date
from dashu.kernel.errors import DomainError, InvalidInput, _
from dashu.kernel.money import InvalidAmount, parse_minor

Choice = TypeVar("Choice", bound=StrEnum)

_RATE = re.compile(r"[0-9]{1,6}(\.[0-9]{1,12})?", re.ASCII)
_MISSING: Any = object()


class MissingField(DomainError):
    """A document lacks a key that it must have."""

    code = "missing_field"


class UnknownField(DomainError):
    """A document has a key that nothing reads."""

    code = "unknown_field"


class InvalidRate(DomainError):
    """A rate is not a text with a plain decimal fraction."""

    code = "invalid_rate"


class Document:
    """
    One JSON object that is being read.

    Every reader takes the key, a default for an absent or null value, and raises a refusal that names the field by
    its path, such as `events[2].amount`. Call `done()` at the end.
    """

    def __init__(self, raw: object, *, path: str = "") -> None:
        if not isinstance(raw, dict):
            raise InvalidInput(_("An object with named values is expected here."), field=path or None)
        self._raw: Mapping[str, Any] = raw
        self._read: set[str] = set()
        self.path = path

    def field(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def has(self, name: str) -> bool:
        return self._raw.get(name) is not None

    def done(self) -> None:
        """Refuse the first key that nothing has read."""
        if unread := sorted(set(self._raw) - self._read):
            raise UnknownField(
                _("The field %(name)s is not known here. Remove it or correct its name."),
                field=self.field(unread[0])[:200],
                params={"name": unread[0][:80]},
            )

    def text(self, name: str, default: Any = _MISSING, *, longest: int = 80) -> str:
        value = self._take(name, default)
        if value is default:
            return value
        if not isinstance(value, str) or not 1 <= len(value) <= longest or "\0" in value:  # PostgreSQL keeps no NUL
            raise InvalidInput(
                _("A text of 1 to %(longest)s characters is expected here."),
                field=self.field(name),
                params={"longest": longest},
            )
        return value

    def whole(self, name: str, default: Any = _MISSING, *, low: int = 0, high: int) -> int:
        value = self._take(name, default)
        if value is default:
            return value
        return _whole(value, self.field(name), low, high)

    def quantity(self, name: str, *, high: int) -> Decimal:
        """Read a number from 0 to `high` that may have a fraction of at most 12 decimals, as a number or as text."""
        value = self._take(name, _MISSING)
        if _is_number(value) and not isinstance(value, float):
            value = f"{value:f}" if isinstance(value, Decimal) else str(value)
        if isinstance(value, str) and _RATE.fullmatch(value.strip()) and Decimal(value.strip()) <= high:
            return Decimal(value.strip())
        raise InvalidInput(
            _('A number from 0 to %(high)s is expected here, with a fraction if need be, for example "1.5".'),
            field=self.field(name),
            params={"high": high},
        )

    def yes(self, name: str) -> bool:
        """Read true or false; absent is false."""
        value = self._take(name, False)
        if not isinstance(value, bool):
            raise InvalidInput(_("true or false is expected here."), field=self.field(name))
        return value

    def amount(self, name: str, currency: str, default: Any = _MISSING, *, allow_zero: bool = False) -> int:
        """Read a decimal string as minor units."""
        value = self._take(name, default)
        if value is default:
            return value
        if _is_number(value):
            raise InvalidAmount(
                _('Write the amount as text, for example "1234.50": a JSON number can lose a part of a fen.'),
                field=self.field(name),
            )
        return parse_minor(value, currency, field=self.field(name), allow_zero=allow_zero)

    def rate(self, name: str, default: Any = _MISSING, *, decimals: int = 12) -> Decimal:
        """Read a decimal fraction, not negative, with at most `decimals` decimals."""
        value = self._take(name, default)
        if value is default:
            return value
        if _is_number(value):
            raise InvalidRate(
                _('Write the rate as text, for example "0.18": a JSON number is not exact.'), field=self.field(name)
            )
        if isinstance(value, str) and _RATE.fullmatch(value.strip()):
            rate = Decimal(value.strip())
            if rate == round(rate, decimals):
                return rate
        raise InvalidRate(
            _('A rate is a fraction that is not negative, with at most %(decimals)s decimals, for example "0.18".'),
            field=self.field(name),
            params={"decimals": decimals},
        )

    def day(self, name: str, default: Any = _MISSING) -> date:
        value = self._take(name, default)
        return value if value is default else parse_date(value, field=self.field(name))

    def days(self, name: str, *, most: int) -> list[date]:
        return [parse_date(value, field=at) for value, at in self._list(name, most=most, default=_MISSING)]

    def choice(self, name: str, kind: type[Choice], default: Any = _MISSING) -> Choice:
        value = self._take(name, default)
        if value is default:
            return value
        return _choice(value, kind, self.field(name))

    def choices(self, name: str, kind: type[Choice], default: tuple[Choice, ...]) -> tuple[Choice, ...]:
        if not self.has(name):
            self._read.add(name)
            return default
        return tuple(_choice(value, kind, at) for value, at in self._list(name, most=50, default=_MISSING))

    def anything(self, name: str) -> Any:
        """Read a value whatever it is; None when it is absent."""
        return self._take(name, None)

    def child(self, name: str, default: Mapping[str, Any] = _MISSING) -> "Document":
        return Document(self._take(name, default), path=self.field(name))

    def optional_child(self, name: str) -> "Document | None":
        return self.child(name) if self.has(name) else self._take(name, None)

    def wholes(self, name: str, *, low: int, high: int, most: int) -> tuple[int, ...]:
        """Read a list of whole numbers; absent is none."""
        return tuple(_whole(value, at, low, high) for value, at in self._list(name, most=most, default=[]))

    def children(self, name: str, *, most: int, default: list[Any] = _MISSING) -> Iterator["Document"]:
        return (Document(value, path=at) for value, at in self._list(name, most=most, default=default))

    def _list(self, name: str, *, most: int, default: Any) -> list[tuple[Any, str]]:
        value = self._take(name, default)
        if not isinstance(value, list) or len(value) > most:
            raise InvalidInput(
                _("A list of at most %(most)s entries is expected here."), field=self.field(name), params={"most": most}
            )
        return [(entry, f"{self.field(name)}[{index}]") for index, entry in enumerate(value)]

    def _take(self, name: str, default: Any) -> Any:
        self._read.add(name)
        value = self._raw.get(name)
        if value is not None:
            return value
        if default is _MISSING:
            raise MissingField(_("The field %(name)s is missing."), field=self.field(name), params={"name": name})
        return default


def _choice(value: object, kind: type[Choice], field: str) -> Choice:
    if isinstance(value, str) and value in list(kind):
        return kind(value)
    raise InvalidInput(
        _("%(given)s is not one of %(known)s."),
        field=field,
        params={"given": repr(value)[:40], "known": ", ".join(kind)},
    )


def _whole(value: object, field: str, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise InvalidInput(
            _("A whole number from %(low)s to %(high)s is expected here."),
            field=field,
            params={"low": low, "high": high},
        )
    return value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)
