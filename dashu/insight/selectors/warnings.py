"""
What early warnings were followed by, and which arrears came with a warning.

Arrears are those that a close found: more than `LATE_DAYS` days past due within `HORIZON` months. A warning whose
person was then offered help may be wrong because the help was right; those who were left alone to compare tell more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from collections_mgmt.domain.warning_evidence import Found
from dashu.finance.arrears import Scale
from dashu.kernel.dates import add_months
from dashu.kernel.shares import Share

LATE_DAYS = 30
HORIZON = 6  # months

# The first day on which a loan of a person came to be far behind, after a warning and within the months.
_LEADS = """
WITH lead AS (
    SELECT id, borrower_id, opened_on, date_trunc('month', opened_on)::date AS month,
           held_out_on IS NOT NULL AS is_alone, offered_on IS NOT NULL AS is_offered,
           opened_on + make_interval(months => %(horizon)s) <= %(known)s AS is_over
    FROM collections_mgmt_warninglead WHERE opened_on >= %(first)s AND opened_on <= %(until)s
), followed AS (
    SELECT lead.*, (
        SELECT min(change.changed_on) FROM loans_loan AS loan
        JOIN collections_mgmt_overduechange AS change ON change.loan_id = loan.id
        WHERE loan.borrower_id = lead.borrower_id AND change.days_past_due > %(days)s
          AND change.changed_on > lead.opened_on
          AND change.changed_on <= lead.opened_on + make_interval(months => %(horizon)s)
    ) AS late_on FROM lead
)
"""
_BY_MONTH = f"""
{_LEADS}
SELECT month, count(*), count(*) FILTER (WHERE is_offered), count(*) FILTER (WHERE is_over),
       count(*) FILTER (WHERE is_over AND late_on IS NOT NULL), count(*) FILTER (WHERE is_over AND is_alone),
       count(*) FILTER (WHERE is_over AND is_alone AND late_on IS NOT NULL),
       percentile_disc(0.5) WITHIN GROUP (ORDER BY late_on - opened_on) FILTER (WHERE is_over AND late_on IS NOT NULL)
FROM followed GROUP BY month ORDER BY month
"""  # noqa: S608 – its parts are written here
# What counted on the day on which the warning was opened.
_BY_TRIGGER = f"""
{_LEADS}
SELECT trigger.kind, count(DISTINCT followed.id),
       count(DISTINCT followed.id) FILTER (WHERE late_on IS NOT NULL),
       percentile_disc(0.5) WITHIN GROUP (ORDER BY late_on - opened_on) FILTER (WHERE late_on IS NOT NULL)
FROM followed JOIN collections_mgmt_warningtrigger AS trigger
    ON trigger.borrower_id = followed.borrower_id AND trigger.fired_on <= followed.opened_on
    AND (trigger.ended_on IS NULL OR trigger.ended_on >= followed.opened_on) AND trigger.ends_on >= followed.opened_on
WHERE is_over GROUP BY trigger.kind ORDER BY count(DISTINCT followed.id) DESC, trigger.kind
"""  # noqa: S608 – its parts are written here
_ARREARS = """
WITH late AS (
    SELECT loan.borrower_id, min(change.changed_on) AS late_on
    FROM collections_mgmt_overduechange AS change JOIN loans_loan AS loan ON loan.id = change.loan_id
    WHERE change.days_past_due > %(days)s AND NOT change.bucket_before = ANY(%(far)s)
      AND change.changed_on >= %(first)s AND change.changed_on <= %(until)s
    GROUP BY loan.borrower_id, date_trunc('month', change.changed_on)
)
SELECT date_trunc('month', late_on)::date, count(*), count(*) FILTER (WHERE warned_on IS NOT NULL),
       percentile_disc(0.5) WITHIN GROUP (ORDER BY late_on - warned_on) FILTER (WHERE warned_on IS NOT NULL)
FROM late CROSS JOIN LATERAL (
    SELECT min(lead.opened_on) AS warned_on FROM collections_mgmt_warninglead AS lead
    WHERE lead.borrower_id = late.borrower_id AND lead.opened_on < late.late_on
      AND lead.opened_on >= late.late_on - make_interval(months => %(horizon)s)
) AS warned
GROUP BY 1 ORDER BY 1
"""
# Everybody with a running loan at the end of a month who was not far behind, and what the months after it brought.
_WATCHED = """
WITH watched AS (
    SELECT loan.borrower_id
    FROM collections_mgmt_loanmonth AS kept JOIN loans_loan AS loan ON loan.id = kept.loan_id
    WHERE kept.month = %(month)s AND kept.status = 'ACTIVE'
    GROUP BY loan.borrower_id HAVING max(kept.days_past_due) <= %(days)s
), late AS (
    SELECT loan.borrower_id, min(change.changed_on) AS late_on
    FROM collections_mgmt_overduechange AS change JOIN loans_loan AS loan ON loan.id = change.loan_id
    WHERE change.days_past_due > %(days)s AND change.changed_on > %(start)s AND change.changed_on <= %(end)s
    GROUP BY loan.borrower_id
), warned AS (
    SELECT borrower_id, min(greatest(opened_on, %(start)s)) AS warned_on
    FROM collections_mgmt_warninglead
    WHERE opened_on <= %(end)s AND (closed_on IS NULL OR closed_on > %(start)s)
    GROUP BY borrower_id
)
SELECT late.late_on IS NOT NULL, warned.warned_on IS NOT NULL AND warned.warned_on < coalesce(late.late_on, 'infinity'),
       late.late_on - warned.warned_on, count(*)
FROM watched LEFT JOIN late USING (borrower_id) LEFT JOIN warned USING (borrower_id)
GROUP BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class LeadMonth:
    """
    The warnings of one month.

    :param right: of those whose months are over, the ones after which arrears came; `alone` likewise, of those who were
        left alone to compare. :param lead_days: median from the warning to the arrears; None where none came.
    """

    month: date
    leads: int
    offered: int
    right: Share
    alone: Share
    lead_days: int | None


@dataclass(frozen=True, slots=True)
class TriggerResult:
    """A trigger that counted when warnings were opened. :param right: see `LeadMonth`."""

    kind: str
    right: Share
    lead_days: int | None


@dataclass(frozen=True, slots=True)
class ArrearsMonth:
    """People who came to be far behind in one month. :param warned: those with a warning in the months before."""

    month: date
    warned: Share
    lead_days: int | None


def leads_by_month(first: date, until: date, *, known: date) -> Sequence[LeadMonth]:
    """:param until: the last day of opening. :param known: the last day that is closed."""
    return [
        LeadMonth(month, leads, offered, Share(right, over), Share(right_alone, alone), days)
        for month, leads, offered, over, right, alone, right_alone, days in _rows(
            _BY_MONTH, first=first, until=until, known=known
        )
    ]


def results_of_triggers(first: date, until: date, *, known: date) -> Sequence[TriggerResult]:
    """Return each trigger, the most frequent first; a warning counts under each that counted when it was opened."""
    rows = _rows(_BY_TRIGGER, first=first, until=until, known=known)
    return [TriggerResult(kind, Share(right, leads), days) for kind, leads, right, days in rows]


def arrears_by_month(first: date, until: date, *, scale: Scale) -> Sequence[ArrearsMonth]:
    """:param scale: the buckets by which it is told who was far behind already."""
    far = [band.code for band in scale.bands if band.from_days > LATE_DAYS]
    rows = _rows(_ARREARS, first=first, until=until, far=far)
    return [ArrearsMonth(month, Share(warned, late), days) for month, late, warned, days in rows]


def watched_from(month: date) -> Found:
    """
    Return what became of all who were not far behind at the end of a month, in the months after it.

    It is complete once the book is closed up to the end of the last of these months.
    """
    start = date.fromordinal(add_months(month, 1).toordinal() - 1)
    end = date.fromordinal(add_months(month, 1 + HORIZON).toordinal() - 1)
    counts = {(is_late, is_warned): 0 for is_late in (True, False) for is_warned in (True, False)}
    days: list[int] = []
    for is_late, is_warned, before, people in _rows(_WATCHED, month=month, start=start, end=end):
        counts[is_late, is_warned] += people
        if is_late and is_warned:
            days += [before] * people
    late, fine = (
        Share(counts[is_late, True], counts[is_late, True] + counts[is_late, False]) for is_late in (True, False)
    )
    return Found(late, fine, tuple(days))


def _rows(statement: str, **given: Any) -> list[tuple[Any, ...]]:
    about: Mapping[str, Any] = {"days": LATE_DAYS, "horizon": HORIZON, **given}
    with connection.cursor() as cursor:
        cursor.execute(statement, about)
        return list(cursor.fetchall())
