"""
How running loans were repaid month by month, as the behavior scorecards read it, and what it is worth.

A month is known from the first one that ended after a demand; a borrower's month is as far behind as the loan of theirs
that was furthest behind. Only running loans count, and of them what is in force. Money counts from its value date, so a
month reads today as it would have been had everything been booked at once.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from dashu.kernel.dates import add_months
from dashu.policy import rules as policy
from loans.domain.behavior import DAYS_OF_A_MONTH, MONTHS, MOST_BEHIND, History, fields_of_history
from loans.domain.scorecards import Scorecard, Shortfall, score, shortfalls
from loans.scoring.serving import behavior_releases, scorecard

LOOKED_BACK = 3  # months, over which bands are compared
_SAMPLE = 20_000

# The borrowers of {people}, each with the months behind of their running loans, the newest month first.
HISTORIES = """
    SELECT month.borrower_id, array_agg(month.behind ORDER BY month.back) AS behind
    FROM (
        SELECT loan.borrower_id, late.back,
               LEAST(%(most)s, (MAX(late.days) + %(month_days)s - 1) / %(month_days)s)::smallint AS behind
        FROM ({people}) AS person
        JOIN loans_loan AS loan ON loan.borrower_id = person.borrower_id AND loan.status = 'ACTIVE'
        CROSS JOIN LATERAL (
            SELECT ended.back,
                   COALESCE(MAX(ended.ends_on - row.due_on) FILTER (WHERE row.settled_on > ended.ends_on), 0) AS days
            FROM (
                SELECT back, (%(month_end)s::date + 1 - make_interval(months => back))::date - 1 AS ends_on
                FROM generate_series(0, %(back)s) AS back
            ) AS ended
            JOIN (
                SELECT row.due_on,
                       CASE WHEN row.unpaid_minor::numeric * 10000
                                > (row.principal_minor + row.interest_minor + row.fee_minor)::numeric
                                  * loan.tolerance_bps
                            THEN 'infinity'::date
                            ELSE COALESCE((
                                SELECT MAX(payment.received_on) FROM repayments_payment AS payment
                                JOIN repayments_paymentallocation AS part
                                    ON part.payment_id = payment.event_id AND part.number = row.number
                                WHERE payment.loan_id = row.loan_id AND NOT payment.is_returned
                            ), row.due_on) END AS settled_on
                FROM repayments_installment AS row
                WHERE row.loan_id = loan.id AND row.is_current AND row.due_on < %(month_end)s
            ) AS row ON row.due_on < ended.ends_on
            GROUP BY ended.back
        ) AS late
        GROUP BY loan.borrower_id, late.back
    ) AS month
    GROUP BY month.borrower_id
"""


@dataclass(frozen=True, slots=True)
class Bands:
    """
    What the behavior of a borrower is worth.

    :param months: that are known; with too few there is no score and nothing is guessed.
    :param points, band: at the end of the newest full month; None without a score.
    :param highest_band: of the three months before; None where there was no score yet.
    :param reasons: what cost points, the largest first.
    """

    scorecard: str
    month_end: date
    months: int
    points: int | None = None
    band: int | None = None
    highest_band: int | None = None
    reasons: tuple[Shortfall, ...] = ()

    @property
    def dropped(self) -> int:
        """By how many bands it fell within three months; 0 where it did not, or is not known."""
        if self.band is None or self.highest_band is None:
            return 0
        return max(0, self.highest_band - self.band)


def score_bands(loan_ids: Sequence[int], on: date) -> Mapping[int, Bands]:
    """
    Return what the behavior of each loan's borrower is worth at the end of the newest full month, by loan.

    A loan that no longer runs is left out.
    """
    people = "SELECT DISTINCT borrower_id FROM loans_loan WHERE id = ANY(%(loans)s)"
    month_end, name = last_month_end(on), behavior_releases().champion
    with connection.cursor() as cursor:
        cursor.execute(HISTORIES.format(people=people), {**reading(month_end), "loans": list(loan_ids)})
        histories = dict(cursor.fetchall())
        cursor.execute(
            "SELECT id, borrower_id FROM loans_loan WHERE id = ANY(%s) AND status = 'ACTIVE'", [list(loan_ids)]
        )
        borrowers = dict(cursor.fetchall())
    edges = policy.early_warning(on).score_edges
    return {
        loan: _bands(History(tuple(histories.get(borrower, ()))), name, month_end, edges)
        for loan, borrower in borrowers.items()
    }


def histories_running(month_end: date) -> Counter[tuple[int, ...]]:
    """
    Return how many borrowers with a running loan have which months behind, the newest first.

    Of a large book some 20,000 borrowers are looked at, drawn by the hash of their ids.
    """
    people = """
        SELECT DISTINCT borrower_id FROM loans_loan
        WHERE status = 'ACTIVE' AND (hashint8(borrower_id) & 2147483647) %% %(step)s = 0
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(DISTINCT borrower_id) FROM loans_loan WHERE status = 'ACTIVE'")
        step = max(1, cursor.fetchone()[0] // _SAMPLE)
        cursor.execute(
            f"SELECT found.behind, COUNT(*) FROM ({HISTORIES.format(people=people)}) AS found GROUP BY found.behind",  # noqa: S608
            {**reading(month_end), "step": step},
        )
        return Counter({tuple(behind[:MONTHS]): count for behind, count in _added(cursor.fetchall())})


def last_month_end(on: date) -> date:
    """Return the last day of the newest month that is over at the end of `on`."""
    next_day = on + timedelta(days=1)
    return next_day.replace(day=1) - timedelta(days=1)


def month_ends(month_end: date) -> list[date]:
    """Return the end of a month and those of the three before."""
    first = month_end + timedelta(days=1)
    return [add_months(first, -back) - timedelta(days=1) for back in range(LOOKED_BACK + 1)]


def reading(month_end: date) -> dict[str, Any]:
    """Return the numbers that `HISTORIES` takes."""
    return {
        "month_end": month_end,
        "back": MONTHS + LOOKED_BACK - 1,
        "most": MOST_BEHIND,
        "month_days": DAYS_OF_A_MONTH,
    }


def points_by_month(card: Scorecard, history: History) -> list[int | None]:
    """Return the points of the newest month and of the three before; None where the history was too short."""
    return [
        score(card, fields_of_history(each)).points if each.is_known else None
        for each in (history.before(back) for back in range(LOOKED_BACK + 1))
    ]


def _bands(history: History, name: str, month_end: date, edges: Sequence[int]) -> Bands:
    card = scorecard(name)
    now, *earlier = points_by_month(card, history)
    months = min(len(history.behind), MONTHS)
    if now is None:
        return Bands(name, month_end, months)
    known = [bisect_right(edges, points) for points in earlier if points is not None]
    reasons = shortfalls(card, score(card, fields_of_history(history)))
    return Bands(name, month_end, months, now, bisect_right(edges, now), max(known, default=None), reasons)


def _added(rows: Sequence[tuple[list[int], int]]) -> Sequence[tuple[tuple[int, ...], int]]:
    """Add up rows that differ only before the months that are read."""
    counts: Counter[tuple[int, ...]] = Counter()
    for behind, count in rows:
        counts[tuple(behind[:MONTHS])] += count
    return list(counts.items())
