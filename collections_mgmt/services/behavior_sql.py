"""
The behavior score of those whose months changed, written by the close of a month's last day.

The months are found by SQL for the whole range; each history that occurs is scored once, by the function that training
used, and the points are joined back. Somebody who was never late costs nothing: their points stay the best there are.
"""

from datetime import date
from typing import Any

from django.db.backends.utils import CursorWrapper

from collections_mgmt.selectors.behavior import HISTORIES, LOOKED_BACK, month_ends, points_by_month, reading
from loans.domain.behavior import DAYS_OF_A_MONTH, MONTHS, History
from loans.scoring.serving import behavior_releases, scorecard

_HISTORY = "close_history (borrower_id bigint, behind smallint[])"

# Whoever was behind at some time in the months that a score, or the one before it, reads.
_WERE_BEHIND = """
    SELECT DISTINCT loan.borrower_id
    FROM collections_mgmt_overduestatus AS status
    JOIN loans_loan AS loan ON loan.id = status.loan_id AND loan.status = 'ACTIVE'
    WHERE status.loan_id >= %(first)s AND status.loan_id < %(end)s AND status.as_of > %(since)s
"""


def score_behavior(cursor: CursorWrapper, *, month_end: date, first: int, end: int) -> int:
    """
    Score the borrowers of a range at the end of a month and write those whose points are new; return how many.

    With new points go those of the three months before, where they were not written: a fall is seen against them.
    """
    name, ends = behavior_releases().champion, month_ends(month_end)
    since = date.fromordinal(month_end.toordinal() - (MONTHS + 2) * (DAYS_OF_A_MONTH + 1))
    cursor.execute(f"CREATE TEMPORARY TABLE IF NOT EXISTS {_HISTORY} ON COMMIT DELETE ROWS")
    cursor.execute("DELETE FROM close_history")
    cursor.execute(
        f"INSERT INTO close_history {HISTORIES.format(people=_WERE_BEHIND)}",
        {**reading(month_end), "first": first, "end": end, "since": since},
    )
    cursor.execute("SELECT DISTINCT behind FROM close_history")
    worth = [
        (behind, back, points)
        for (behind,) in cursor.fetchall()
        for back, points in enumerate(points_by_month(scorecard(name), History(tuple(behind))))
        if points is not None
    ]
    return _write(cursor, worth, name=name, ends=ends) if worth else 0


def _write(cursor: CursorWrapper, worth: list[tuple[list[int], int, int]], *, name: str, ends: list[date]) -> int:
    told: dict[str, Any] = {
        "scorecard": name,
        "histories": ["{" + ",".join(map(str, behind)) + "}" for behind, _back, _points in worth],
        "backs": [back for _behind, back, _points in worth],
        "points": [points for _behind, _back, points in worth],
        "days": [ends[back] for _behind, back, _points in worth],
        "month_end": ends[0],
        "read": MONTHS,
        "back": LOOKED_BACK,
    }
    cursor.execute(
        """
        WITH worth AS MATERIALIZED (
            SELECT told.behind::smallint[] AS behind, told.back, told.points, told.scored_on
            FROM unnest(%(histories)s::text[], %(backs)s::int[], %(points)s::int[], %(days)s::date[])
                AS told (behind, back, points, scored_on)
        ), news AS (
            SELECT history.borrower_id, history.behind
            FROM close_history AS history
            JOIN worth AS now ON now.behind = history.behind AND now.back = 0
            LEFT JOIN worth AS before ON before.behind = history.behind AND before.back = 1
            LEFT JOIN LATERAL (
                SELECT kept.points FROM collections_mgmt_scoreobservation AS kept
                WHERE kept.borrower_id = history.borrower_id AND kept.scorecard = %(scorecard)s
                  AND kept.scored_on <= %(month_end)s
                ORDER BY kept.scored_on DESC LIMIT 1
            ) AS kept ON true
            WHERE now.points IS DISTINCT FROM COALESCE(kept.points, before.points)
        ), written AS (
            INSERT INTO collections_mgmt_scoreobservation AS kept (borrower_id, scored_on, scorecard, points, behind)
            SELECT news.borrower_id, worth.scored_on, %(scorecard)s, worth.points,
                   news.behind[worth.back + 1 : worth.back + %(read)s]
            FROM news JOIN worth ON worth.behind = news.behind
            -- Somebody's loans may lie in two ranges, so every range writes in one order.
            ORDER BY news.borrower_id, worth.scored_on
            ON CONFLICT (borrower_id, scorecard, scored_on) DO UPDATE
            SET points = excluded.points, behind = excluded.behind
            WHERE kept.scored_on = %(month_end)s AND kept.points <> excluded.points
            RETURNING kept.scored_on
        )
        SELECT COUNT(*) FROM written WHERE scored_on = %(month_end)s
        """,
        told,
    )
    return int(cursor.fetchone()[0])
