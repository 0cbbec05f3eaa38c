"""The text of a file: UTF-8 with or without BOM, or GB18030, each strictly."""

import re
import unicodedata

from dashu.kernel.errors import _
from repayments.domain.bank_files.values import MOST_BYTES, BankFileTooLarge, UnreadableEncoding

_DECLARED = re.compile(rb"""<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_CHINESE = {"GB18030", "GBK", "GB2312", "CP936"}  # each is a part of the first
_NOT_TEXT = {"Cn", "Co", "Cs"}


def refuse_too_large(size: int) -> None:
    """:raises BankFileTooLarge: more bytes than a file may have."""
    if size > MOST_BYTES:
        raise BankFileTooLarge(
            _("The file is larger than %(most)s MB. Ask the bank for a shorter period."),
            field="file",
            params={"most": MOST_BYTES // 1_000_000},
        )


def decoded(content: bytes) -> tuple[str, str]:
    """
    Return the text and the name of its encoding.

    UTF-8 first, because a text is practically never valid UTF-8 by accident; then GB18030, as Chinese banks send. A
    text with unassigned or private characters was in neither.

    :raises UnreadableEncoding: neither, or what the XML declares is not true.
    """
    declared = _DECLARED.match(content.removeprefix(b"\xef\xbb\xbf"))
    wanted = declared.group(1).decode().upper() if declared else ""
    for encoding in ("UTF-8", "GB18030"):
        if wanted and (wanted in _CHINESE) != (encoding == "GB18030"):
            continue
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        text = text.removeprefix("\ufeff")
        if _is_text(text):
            return text, encoding
    raise UnreadableEncoding(
        _("The file is neither UTF-8 nor GB18030 text. Save it in one of the two and choose it again."), field="file"
    )


def _is_text(text: str) -> bool:
    return not any(
        unicodedata.category(sign) in _NOT_TEXT or (sign < " " and sign not in "\t\r\n") or sign == "\ufffd"
        for sign in set(text)
    )
