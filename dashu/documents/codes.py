"""
Verification codes: 80 random bits in Crockford's base32, in groups that a person can read out and type.

The alphabet leaves out I, L, O and U; what people type for them is read as what they meant.
Source: https://www.crockford.com/base32.html
"""

import secrets
import unicodedata

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH, GROUP = 16, 4
_MEANT = str.maketrans({"O": "0", "I": "1", "L": "1"})


def new_code() -> str:
    """Return a fresh code, without its dashes."""
    return "".join(secrets.choice(ALPHABET) for _position in range(LENGTH))


def grouped(code: str) -> str:
    """Write a code as people read it: "7K3M-…"."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def read_code(typed: str) -> str | None:
    """Return the code that was typed in whatever case, width and grouping; None when it cannot be one."""
    plain = unicodedata.normalize("NFKC", typed[:100]).upper().translate(_MEANT)
    code = "".join(sign for sign in plain if sign not in "-‐–—_. \t\r\n\u3000")
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else None
