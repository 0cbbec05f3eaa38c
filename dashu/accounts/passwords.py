"""
Passwords that others know: of published breaches, and words of this house.

Django's own check knows the 20,000 commonest. Where the installation has the list of Have I Been Pwned (or a part of
it) as a file, all of it is asked, offline: a line each, the SHA-1 of a password, a colon and how often it was seen, in
the order of the hashes. The file is read where the answer would be, by halving.
"""

import hashlib
import os
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

_HASH = 40
# Parts by which people here make passwords, in small letters; alone, or with a few digits around them.
HABITS = (
    *("woaini", "woaini1314", "5201314", "1314520", "iloveyou", "aini1314", "aini520", "nihao123"),
    *("qq123456", "abc123456", "a123456789", "wang123", "zhang123", "li123456"),
    *("zxcvbnm", "asdfghjkl", "qwertyuiop", "qazwsx", "1qaz2wsx", "password", "passwd", "admin", "root"),
)
OF_THE_HOUSE = ("dashu", "dashujinrong", "大树", "大樹", "daikuan", "huankuan", "贷款", "貸款")


class KnownPasswordValidator:
    """Refuses what is known, from a breach or as a habit."""

    def validate(self, password: str, user: Any = None) -> None:
        """:raises ValidationError: `password_of_the_house` or `password_known`."""
        plain = password.casefold()
        core = plain.strip("0123456789!@#$%^&*._-")
        if (
            plain in HABITS
            or core in HABITS
            or any(plain.replace(word, "").isdigit() for word in HABITS if word in plain)
        ):
            raise ValidationError(self.get_help_text(), code="password_known")
        if core in OF_THE_HOUSE:
            raise ValidationError(
                _("This is a word of ours with a little around it. Choose one that has nothing to do with us."),
                code="password_of_the_house",
            )
        if settings.BREACHED_PASSWORDS and is_breached(password, Path(settings.BREACHED_PASSWORDS)):
            raise ValidationError(self.get_help_text(), code="password_known")

    def get_help_text(self) -> str:
        return _("Others know this password: it stands in lists of stolen ones. Choose another.")


def is_breached(password: str, file: Path) -> bool:
    """
    Return whether the file has the hash of a password.

    :raises OSError: it cannot be read.
    """
    wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    with file.open("rb") as lines:
        low, high = 0, lines.seek(0, os.SEEK_END)
        while low < high:
            middle = (low + high) // 2
            found = _hash_from(lines, middle)
            if found is not None and found < wanted:
                low = middle + 1
            else:
                high = middle
        return _hash_from(lines, low) == wanted


def _hash_from(lines: BinaryIO, place: int) -> bytes | None:
    """Return the hash on the first line that begins at a place or after it; None where none does."""
    lines.seek(max(0, place - 1))
    if place:
        lines.readline()
    return lines.readline()[:_HASH].upper() or None
