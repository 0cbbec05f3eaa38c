"""
Which papers speed an application up, by the kind of product.

One can apply without any: what is not proved counts in part only, and a person may ask for a paper later.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

_WANTED: Mapping[str, tuple[str, ...]] = {
    "CONSUMER": ("IDENTITY", "INCOME"),
    "SME": ("IDENTITY", "BUSINESS_LICENSE", "BANK_STATEMENT", "TAX"),
    "CARD_REPAYMENT": ("IDENTITY", "INCOME", "CARD_STATEMENT"),
}


@dataclass(frozen=True, slots=True)
class WantedPaper:
    """:param kind: a kind of document. :param is_missing: whether none of it is there that was not refused."""

    kind: str
    is_missing: bool


def wanted_papers(product_kind: str, given: Collection[str]) -> list[WantedPaper]:
    """
    Return the papers that help, in the order in which they do.

    :param given: kinds of the papers that are there, without those that were refused or taken back.
    """
    return [WantedPaper(kind, is_missing=kind not in given) for kind in _WANTED[product_kind]]
