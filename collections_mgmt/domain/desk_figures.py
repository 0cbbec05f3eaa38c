"""
What the overview of the desk is worked out from: what is counted, and how counts become rates.

Source: domain notes, KPI formulas.
"""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from dashu.finance.arrears import Scale

CURRENT, NEW = "CURRENT", "NEW"
SETTLED, CHARGED_OFF, WRITTEN_OFF, SOLD = "SETTLED", "CHARGED_OFF", "WRITTEN_OFF", "SOLD"
CURED = (CURRENT, SETTLED)
GONE = (SETTLED, CHARGED_OFF, WRITTEN_OFF, SOLD)
NOT_BEHIND_BEFORE = (CURRENT, NEW, *GONE)  # one that had ended may run again

# Outcomes of a call in which the borrower was spoken to.
REACHED = ("RIGHT_PARTY", "REFUSED")
BEFORE_MISS, AFTER_MISS = "BEFORE", "AFTER"
KEPT, BROKEN = "KEPT", "BROKEN"

WINDOW_DAYS = 30

_SHARE, _PER_THOUSAND = Decimal("0.0001"), Decimal("0.01")


def downward(buckets: Scale) -> list[tuple[str, str]]:
    """Return every way within a month into a bucket that is behind, from one less far behind or new: `(from, to)`."""
    order = [band.code for band in buckets.bands]
    return [(before, to) for place, to in enumerate(order) if place for before in (NEW, *order[:place])]


class Measure(StrEnum):
    """What is counted day by day. What `detail` says of it stands beside each."""

    SENT = "sent"  # the channel
    CALL = "call"  # its outcome; see REACHED
    COST = "cost"  # the channel; the amount is the cost
    COLLECTED = "collected"  # the channel; the amount is the cash
    BLOCKED = "blocked"  # the channel
    BLOCKED_REASON = "blocked_reason"  # the reason; a contact counts under each of its reasons
    PROMISE = "promise"  # KEPT or BROKEN
    COMPLAINT = "complaint"  # what about
    OFFER = "offer"  # BEFORE or AFTER the first missed due date
    HOLD_BREACH = "hold_breach"  # the kind of hold


def share_of(part: int, whole: int) -> Decimal | None:
    """
    Return part ÷ whole as a fraction of four decimals, half up; None where there is nothing to divide by.

    This and `per_thousand` are the only places where a figure of the overview is rounded.
    """
    return (Decimal(part) / Decimal(whole)).quantize(_SHARE, ROUND_HALF_UP) if whole else None


def per_thousand(part: int, whole: int) -> Decimal | None:
    """Return part × 1,000 ÷ whole, two decimals, half up; None where there is nothing to divide by."""
    return (Decimal(part) * 1_000 / Decimal(whole)).quantize(_PER_THOUSAND, ROUND_HALF_UP) if whole else None


def month_end_up_to(day: date) -> date:
    """Return the last day of the latest month that is complete at the end of `day`."""
    return start_of(day + timedelta(days=1))


def start_of(month_end: date) -> date:
    """Return the day with whose end the month begins."""
    return month_end.replace(day=1) - timedelta(days=1)


def month_ends_up_to(day: date, count: int) -> list[date]:
    """Return the last days of the `count` latest complete months, the oldest first."""
    ends = [month_end_up_to(day)]
    while len(ends) < count:
        ends.append(start_of(ends[-1]))
    return ends[::-1]
