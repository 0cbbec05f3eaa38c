"""
A borrower as analysts see one: HMAC-SHA256 of their number under a key of the installation, cut to 32 digits.

The database computes it for the views from the two blocks of the key, which lie in a table that no analyst can read. A
pseudonym is still personal data in the eyes of the law: who has it can follow one person through the book.
"""

import hashlib
import hmac

from django.conf import settings

KEY_TABLE = "analysis_private.pseudonym_key"
DIGITS = 32
_BLOCK = 64
_INNER, _OUTER = 0x36, 0x5C


def pseudonym(borrower_id: int) -> str:
    return hmac.new(_key(), str(borrower_id).encode(), hashlib.sha256).hexdigest()[:DIGITS]


def pseudonym_sql(borrower_id: str) -> str:
    """Return the expression that gives the same in SQL. :param borrower_id: an expression of this program."""
    pads = f"(SELECT %s FROM {KEY_TABLE})"  # noqa: S608 – of this program only
    inner = f"sha256({pads % 'inner_pad'} || convert_to({borrower_id}::text, 'UTF8'))"
    return f"left(encode(sha256({pads % 'outer_pad'} || {inner}), 'hex'), {DIGITS})"


def key_blocks() -> tuple[bytes, bytes]:
    """Return the inner and the outer block of the key, see RFC 2104."""
    padded = _key().ljust(_BLOCK, b"\0")
    return bytes(byte ^ _INNER for byte in padded), bytes(byte ^ _OUTER for byte in padded)


def _key() -> bytes:
    return hmac.new(settings.FIELD_INDEX_KEY, b"analysis.borrower", hashlib.sha256).digest()
