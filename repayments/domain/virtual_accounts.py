"""
Virtual account numbers: `prefix + 10 digits + 2 check digits`, ISO 7064 MOD 97-10 over all of them.

The ten digits are the loan's id, multiplied and shifted within ten digits, so that a number says nothing of how many
loans there are and two loans never share one. One wrong digit, or two that change places, is always noticed.
"""

import re
import unicodedata

DIGITS = 10
SPACE = 10**DIGITS
# No factor in common with the space, so that each id has its own number.
FACTOR, SHIFT = 7_393_913_311, 2_718_281_829
_SEPARATORS = re.compile(r"[\s\-‐-―_.·]+")


def number_for(loan_id: int, *, prefix: str) -> str:
    """:param prefix: the digits that the bank gave the lender for its virtual accounts."""
    assert 0 < loan_id < SPACE
    body = f"{prefix}{(loan_id * FACTOR + SHIFT) % SPACE:0{DIGITS}d}"
    return body + check_digits(body)


def check_digits(body: str) -> str:
    """Return the two digits that make the whole number 1 modulo 97."""
    return f"{98 - int(body) * 100 % 97:02d}"


def normalized(written: str) -> str:
    """Return the number as digits only, however it was typed: full-width, in groups, with hyphens."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", written))


def is_sound(number: str) -> bool:
    """Whether these are digits whose check digits fit."""
    return number.isascii() and number.isdigit() and 8 <= len(number) <= 32 and int(number) % 97 == 1


def grouped(number: str) -> str:
    """Return the number in groups of four, as banks print it."""
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))
