"""What a note on a borrower may say. The borrower can ask for what is kept about them, and reads it then."""

import re
from collections.abc import Iterable


def forbidden_in(text: str, words: Iterable[str]) -> str | None:
    """
    Return the first of the words that stands in the text; None where none does.

    A word in Latin letters counts only as a whole word, also of several ("liar" is in "liars" and not in "familiar"),
    any other wherever it stands.

    :param words: in small letters.
    """
    folded = text.casefold()
    return next((word for word in words if _stands_in(word, folded)), None)


def _stands_in(word: str, folded: str) -> bool:
    if word.isascii():
        return re.search(rf"(?<![a-z]){re.escape(word)}(?:e?s)?(?![a-z])", folded) is not None
    return word in folded
