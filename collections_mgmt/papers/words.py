"""What a plan of relief is called on a paper; the caller sets the language."""

from collections_mgmt.relief_words import METHODS
from dashu.finance.relief import ReliefMethod


def method_name(code: str) -> str:
    return str(METHODS[ReliefMethod(code)].name)
