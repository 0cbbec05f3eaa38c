"""What reviews found, by month, team and collector, and by question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from dashu.kernel.shares import Share
from dashu.users.models import User


@dataclass(frozen=True, slots=True)
class Found:
    """
    Reviews of one month, of a person or of a team.

    :param passed: of those drawn at random, which alone speak for all of the work.
    :param score_bps: their mean; None where there is none. :param others: reviewed for a complaint or special care.
    :param others_passed: of these. :param critical: of all.
    """

    month: date
    team: str
    person: str
    passed: Share
    score_bps: int | None
    others: int
    others_passed: int
    critical: int


@dataclass(frozen=True, slots=True)
class Asked:
    """How often a question was answered with yes, of the times that it applied."""

    code: str
    yes: Share


@dataclass(frozen=True, slots=True)
class QualityReport:
    """:param waiting, late: that wait, and of these past their day. :param people, teams: newest month first."""

    waiting: int
    late: int
    people: Sequence[Found]
    teams: Sequence[Found]
    questions: Sequence[Asked]


_FOUND = """
SELECT date_trunc('month', review.done_at AT TIME ZONE 'Asia/Shanghai')::date AS month, coalesce(team.name, '') AS team,
       {person} AS person_id,
       count(*) FILTER (WHERE review.why = 'RANDOM'),
       count(*) FILTER (WHERE review.why = 'RANDOM' AND review.result = 'PASSED'),
       sum(review.score_bps) FILTER (WHERE review.why = 'RANDOM'),
       count(*) FILTER (WHERE review.why <> 'RANDOM'),
       count(*) FILTER (WHERE review.why <> 'RANDOM' AND review.result = 'PASSED'),
       count(*) FILTER (WHERE review.result = 'CRITICAL')
FROM collections_mgmt_qualityreview AS review
LEFT JOIN collections_mgmt_team AS team ON team.id = review.team_id
WHERE review.reviewed_at IS NOT NULL
  AND (review.done_at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN %(first)s AND %(last)s
GROUP BY 1, 2, 3 ORDER BY 1 DESC, 2, 3
"""


def quality_report(*, first: date, today: date, last: date | None = None) -> QualityReport:
    """
    Return what was found of work done from `first` on, in five statements however much it is.

    :param last: the last day of work that counts; the newest if not given. What waits is what waits today.
    """
    about = {"first": first, "today": today, "last": last or today}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE due_on < %(today)s) FROM collections_mgmt_qualityreview"
            " WHERE reviewed_at IS NULL",
            about,
        )
        waiting, late = cursor.fetchone()
        cursor.execute(_FOUND.format(person="review.collector_id"), about)
        people = cursor.fetchall()
        cursor.execute(_FOUND.format(person="0"), about)
        teams = cursor.fetchall()
        cursor.execute(
            """
            SELECT asked ->> 'code', count(*) FILTER (WHERE asked ->> 'answer' = 'YES'), count(*)
            FROM collections_mgmt_qualityreview AS review, jsonb_array_elements(review.answers) AS asked
            WHERE review.reviewed_at IS NOT NULL AND review.why = 'RANDOM' AND asked ->> 'answer' <> 'NA'
              AND (review.done_at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN %(first)s AND %(last)s
            GROUP BY 1 ORDER BY count(*) FILTER (WHERE asked ->> 'answer' = 'YES')::numeric / count(*), 1
            """,
            about,
        )
        questions = [Asked(code, Share(yes, total)) for code, yes, total in cursor.fetchall()]
    # Names are sealed, so the database can neither tell them nor put them in order.
    names = {user.pk: str(user) for user in User.objects.filter(pk__in={row[2] for row in people})}
    found = [_found(row, names) for row in people]
    found.sort(key=lambda row: (-row.month.toordinal(), row.team, row.person))
    return QualityReport(waiting, late, found, [_found(row, {}) for row in teams], questions)


def _found(row: tuple[Any, ...], names: Mapping[int, str]) -> Found:
    month, team, person, number, passed, points, others, others_passed, critical = row
    mean = int(points) // number if number else None
    return Found(month, team, names.get(person, ""), Share(passed, number), mean, others, others_passed, critical)
