"""Shares and differences with their ranges, as the pages say them that compare two groups of people."""

from typing import Any

from django.utils.translation import gettext

from dashu.kernel.shares import Difference, Share
from dashu.web.intervals import Interval


def percent(value: float) -> str:
    return f"{value * 100:.1f}%"


def rate_words(found: Share) -> str:
    if found.rate is None:
        return "–"
    counted = gettext("%(count)s of %(total)s") % {"count": found.count, "total": found.total}
    return f"{_with_range(found)} · {counted}"


def gap_words(found: Difference | None) -> str:
    if found is None:
        return "–"
    return f"{found.value * 100:+.1f} ({found.low * 100:+.1f} … {found.high * 100:+.1f})"


def interval_of(name: Any, found: Share, tone: str) -> Interval:
    """Return a share that is known as a bar with its mark."""
    low, high = found.interval()
    assert found.rate is not None
    return Interval(name, found.rate, low, high, _with_range(found), tone)


def _with_range(found: Share) -> str:
    low, high = found.interval()
    assert found.rate is not None
    return f"{percent(found.rate)} ({percent(low)}–{percent(high)})"
