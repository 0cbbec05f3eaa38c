"""
What of a loan's months may be told, and what has to stay out: 征信业管理条例 art. 15 and 16.

Months that speak against a person and follow one another are one event. It is told only when the person was told
before, provably, and until so many years after its end. What may not be told is `#` in the grid: unknown, which is
neither good nor bad; a month whose own sign may not be told is not reported at all.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from collections_mgmt.domain.credit_events import AdverseEvent, adverse_events
from dashu.kernel.dates import add_months

MONTHS = 60


class Held(StrEnum):
    """Why a month of a loan is not told yet."""

    NO_CONSENT = "NO_CONSENT"
    NO_IDENTITY = "NO_IDENTITY"
    NO_NOTICE = "NO_NOTICE"
    NOTICE_FAILED = "NOTICE_FAILED"
    NOTICE_TOO_LATE = "NOTICE_TOO_LATE"
    LAPSED = "LAPSED"
    INVALID = "INVALID"


@dataclass(frozen=True, slots=True)
class Notice:
    """
    A message that told the person of what a month would report.

    :param sent_on: None while it waits or was given up. :param digest: of what was said, when and where it went.
    """

    message_id: int
    month: date
    sent_on: date | None
    has_failed: bool
    sent_at: datetime | None = None
    channel: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """:param signs: 60, the oldest first. :param held: why the month itself is not told; None where it is."""

    signs: str
    held: Held | None
    notice: Notice | None


def proof_for(
    event: AdverseEvent, notices: Collection[Notice], *, on: date, proof_days: int
) -> tuple[Held | None, Notice | None]:
    """
    Return the notice that lets an event be told on a day, or why it may not be.

    :param on: the day on which it would be told. :param proof_days: that lie between the notice and it at least.
    """
    theirs = sorted((each for each in notices if event.covers(each.month)), key=lambda each: each.message_id)
    arrived = [each for each in theirs if each.sent_on is not None and not each.has_failed]
    for each in arrived:
        assert each.sent_on is not None
        if each.sent_on + timedelta(days=proof_days) <= on:
            return None, each
    if arrived:
        return Held.NOTICE_TOO_LATE, None
    return (Held.NOTICE_FAILED if any(each.has_failed for each in theirs) else Held.NO_NOTICE), None


@dataclass(frozen=True, slots=True)
class Limits:
    """The rules by which a grid is told, see `dashu.policy.credit_reporting` and `answering.AdverseRecord`."""

    is_adverse: Callable[[str], bool]
    unknown: str
    not_opened: str
    needs_notice: bool
    proof_days: int
    kept_years: int


def grid_told(
    noted: Mapping[date, str],
    limits: Limits,
    *,
    month: date,
    opened_on: date,
    notices: Collection[Notice],
    on: date,
    caught_up: Collection[date] = (),
) -> Grid:
    """
    Return the 60 signs up to a month as they may be told on a day.

    :param noted: also of months after it, where they are known: they say whether an event is over.
    :param caught_up: the days on which the loan was late no more, in order.
    """
    signs = dict(noted)
    held, proof = None, None
    for event in adverse_events(noted, limits.is_adverse):
        reason, notice = (
            proof_for(event, notices, on=on, proof_days=limits.proof_days) if limits.needs_notice else (None, None)
        )
        gone_on = event.gone_on(caught_up, limits.kept_years)
        is_gone = gone_on is not None and gone_on <= on
        if event.covers(month):
            held, proof = (Held.LAPSED if is_gone else reason), notice
        if reason or is_gone:
            signs |= {each: limits.unknown for each in noted if event.covers(each)}
    first = opened_on.replace(day=1)
    months = [add_months(month, back - MONTHS + 1) for back in range(MONTHS)]
    grid = "".join(limits.not_opened if each < first else signs.get(each, limits.unknown) for each in months)
    return Grid(grid, held, proof)
