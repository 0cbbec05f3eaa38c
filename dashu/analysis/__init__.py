"""
The book for people who analyse it: frames of pandas without personal data, read from the database or from files.

docs/analysis.md lists the frames. What is sealed, and what names a person, is in none of them: a borrower is a
pseudonym, the same in every frame of one installation and nowhere else.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dashu.analysis.books import Book


def open_book(place: str | Path | None = None) -> "Book":
    """
    Open the book for reading.

    :param place: a folder of exported files, or the address of a database (`postgresql://…`) as an analyst was given
        it; without one, the database of this installation.
    :raises UnknownPlace: there is neither.
    """
    from dashu.analysis.books import book_at  # pandas is loaded by those who analyse, not by every process

    return book_at(place)
