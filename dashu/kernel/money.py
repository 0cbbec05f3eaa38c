"""
Money in whole minor units.

`Money(minor=10_50, currency="CNY")` is ten yuan and fifty fen. There is no way to make one from a float, two
currencies never add, and a split always sums to what was split. Multiplying by a rate is not offered here: that
rounds, and rounding belongs to a named place (`dashu.finance.rounding`).
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from dashu.kernel.errors import DomainError, _

EXPONENTS = {"CNY": 2, "USD": 2, "EUR": 2, "HKD": 2, "TWD": 0, "CZK": 2, "NGN": 2}

# 100 billion yuan: a hundred times the largest loan book on one borrower, and far inside bigint.
MAX_MINOR = 10_000_000_000_000

_AMOUNT = re.compile(r"[0-9]{1,14}(\.[0-9]{1,12})?", re.ASCII)


class InvalidAmount(DomainError):
    """An amount is not a plain decimal, is negative or zero, too precise or too large."""

    code = "invalid_amount"


class CurrencyMismatch(DomainError):
    """Two amounts of different currencies were to be added or compared."""

    code = "currency_mismatch"


@dataclass(frozen=True, slots=True)
class Money:
    minor: int
    currency: str = "CNY"

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"minor units are whole: {self.minor!r}")
        if self.currency not in EXPONENTS:
            raise _unknown_currency(self.currency)

    @classmethod
    def parse(cls, text: str, currency: str = "CNY", *, field: str = "amount", allow_zero: bool = False) -> Self:
        """
        Read a decimal string such as "1234.50".

        :raises InvalidAmount: not a plain decimal, negative, zero (unless allowed), more decimals than the currency
            has, or above `MAX_MINOR`.
        """
        return cls(parse_minor(text, currency, field=field, allow_zero=allow_zero), currency)

    def __add__(self, other: "Money") -> Self:
        return type(self)(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> Self:
        return type(self)(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Self:
        return type(self)(-self.minor, self.currency)

    def __mul__(self, count: int) -> Self:
        return type(self)(self.minor * count, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        return f"{format_minor(self.minor, self.currency)} {self.currency}"

    def split(self, parts: int) -> list[Self]:
        """Return `parts` amounts that sum to this one and differ by at most one minor unit, larger ones first."""
        return [type(self)(minor, self.currency) for minor in split_minor(self.minor, parts)]

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(
                _("%(one)s and %(other)s cannot be added."),
                field="currency",
                params={"one": self.currency, "other": other.currency},
            )
        return other.minor


def split_minor(total: int, parts: int) -> list[int]:
    """Return `parts` whole numbers that sum to `total`, the larger ones first."""
    if parts < 1:
        raise ValueError(f"cannot split into {parts} parts")
    share, rest = divmod(total, parts)
    return [share + 1] * rest + [share] * (parts - rest)


def parse_minor(text: object, currency: str = "CNY", *, field: str = "amount", allow_zero: bool = False) -> int:
    """Read a decimal string as minor units; see `Money.parse`."""
    if not isinstance(text, str) or not _AMOUNT.fullmatch(text.strip()):
        raise InvalidAmount(
            _("%(given)s is not an amount. Write it as digits with a decimal point, for example 1234.50."),
            field=field,
            params={"given": f"“{text[:40]}”" if isinstance(text, str) else repr(text)[:40]},
        )
    exponent = fraction_digits(currency)
    scaled = Decimal(text.strip()).scaleb(exponent)
    if scaled != scaled.to_integral_value():
        raise InvalidAmount(
            _("%(given)s has more decimals than %(currency)s has: %(decimals)s."),
            field=field,
            params={"given": text, "currency": currency, "decimals": exponent},
        )
    minor = int(scaled)
    if minor == 0 and not allow_zero:
        raise InvalidAmount(_("The amount must be more than 0."), field=field)
    if minor > MAX_MINOR:
        raise InvalidAmount(
            _("The amount must not be more than %(bound)s."),
            field=field,
            params={"bound": format_minor(MAX_MINOR, currency)},
        )
    return minor


def format_minor(minor: int, currency: str = "CNY") -> str:
    """Return minor units as a decimal string: 105000 → "1050.00"."""
    exponent = fraction_digits(currency)
    sign, digits = ("-" if minor < 0 else ""), str(abs(minor)).rjust(exponent + 1, "0")
    return f"{sign}{digits[:-exponent]}.{digits[-exponent:]}" if exponent else f"{sign}{digits}"


def fraction_digits(currency: str) -> int:
    if currency not in EXPONENTS:
        raise _unknown_currency(currency)
    return EXPONENTS[currency]


def _unknown_currency(currency: object) -> CurrencyMismatch:
    return CurrencyMismatch(
        _("The currency %(given)s is not known."), field="currency", params={"given": repr(currency)[:40]}
    )
