"""Plain values of a pack, taken only as what they are: a number in quotes is no number, 1 is not "yes"."""

from typing import Any


def whole(value: Any) -> int:
    """:raises TypeError: it is no whole number."""
    if type(value) is not int:
        raise TypeError(f"expected a whole number, not {value!r}")
    return value


def count(value: Any) -> int:
    """:raises TypeError, ValueError: it is no whole number, or below 0."""
    if whole(value) < 0:
        raise ValueError(f"expected a number that is not negative, not {value}")
    return int(value)


def yes_or_no(value: Any) -> bool:
    """:raises TypeError: it is neither true nor false."""
    if type(value) is not bool:
        raise TypeError(f"expected true or false, not {value!r}")
    return value
