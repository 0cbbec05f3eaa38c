"""Columns and words that reports share which hold parts of people against each other: shares with their range."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashu.insight.figures import Column, Kind, Words
from dashu.kernel.shares import Difference, Share

FEW = 30  # of people or loans, below which a share is marked

_PLACES = Decimal("0.0001")

RANGE_NOTE = gettext_lazy("From and to: where the true share lies, 95 times of 100.")


def decimal_of(value: float | None) -> Decimal | None:
    """Return a statistic with four decimals, half up."""
    return None if value is None else Decimal(repr(value)).quantize(_PLACES, ROUND_HALF_UP)


def share_columns(code: str, title: Words, counted: Words, of: Words) -> list[Column]:
    """Return the columns of `share_cells`: how many, of how many, the share, and where it may truly lie."""
    return [
        Column(f"{code}_of", of, Kind.COUNT),
        Column(code, counted, Kind.COUNT),
        Column(f"{code}_share", title, Kind.SHARE),
        Column(f"{code}_from", gettext_lazy("from"), Kind.SHARE),
        Column(f"{code}_to", gettext_lazy("to"), Kind.SHARE),
    ]


def share_cells(found: Share) -> list[Any]:
    if not found.total:
        return [0, 0, None, None, None]
    low, high = found.interval()
    return [found.total, found.count, decimal_of(found.rate), decimal_of(low), decimal_of(high)]


def gap_columns(code: str, title: Words) -> list[Column]:
    """Return the columns of `gap_cells`: a difference of shares and where it may truly lie."""
    return [
        Column(code, title, Kind.SHARE),
        Column(f"{code}_from", gettext_lazy("from"), Kind.SHARE),
        Column(f"{code}_to", gettext_lazy("to"), Kind.SHARE),
    ]


def gap_cells(found: Difference | None) -> list[Any]:
    if found is None:
        return [None, None, None]
    return [decimal_of(found.value), decimal_of(found.low), decimal_of(found.high)]


def few_note(shares: Sequence[Share]) -> list[str]:
    """Say that small numbers say little, where one of the shares is of few."""
    if not any(0 < each.total < FEW for each in shares):
        return []
    return [_("Shares of fewer than %(few)s are shown with their range, and say little by themselves.") % {"few": FEW}]
