"""Drawing what is looked at of each week's work, once for each week, whoever asks and how often."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils.crypto import salted_hmac

from collections_mgmt.domain.quality import Drawn, Piece, Why, drawn_of
from collections_mgmt.models import CollectorProfile, QualityDraw, QualityReview
from dashu.kernel.dates import lender_date, midnight
from dashu.policy import rules as policy
from dashu.policy.quality import Work

WEEK = timedelta(days=7)
MOST_WEEKS = 8
# Of a contact, what is looked at: somebody heard or read something. A dial that nobody answered says nothing.
SPOKEN = ("RIGHT_PARTY", "REFUSED", "WRONG_PARTY", "VOICEMAIL", "SENT")

# Work counts to the week in which its outcome was noted, so noting it late takes nothing out of sight.
_PIECES = """
WITH work AS (
    SELECT 'CONTACT' AS work, attempt.id, attempt.operator AS actor, attempt.borrower_id, attempt.started_at AS done_at
    FROM messaging_contactattempt AS attempt
    WHERE attempt.outcome_at >= %(begins)s AND attempt.outcome_at < %(ends)s AND attempt.outcome = ANY(%(spoken)s)
      AND attempt.started_at >= %(begins)s - interval '60 days' AND attempt.started_at < %(ends)s
    UNION ALL
    SELECT 'NOTE', event.id, event.actor, file.borrower_id, event.at
    FROM collections_mgmt_casefileevent AS event
    JOIN collections_mgmt_casefile AS file ON file.id = event.file_id
    WHERE event.kind = 'NOTE' AND event.at >= %(begins)s AND event.at < %(ends)s
)
SELECT work.work, work.id, person.id, work.done_at,
       EXISTS (SELECT FROM collections_mgmt_complaint AS complaint
               WHERE complaint.borrower_id = work.borrower_id AND complaint.asked_at < %(now)s
                 AND complaint.asked_at >= %(complained)s),
       EXISTS (SELECT FROM collections_mgmt_vulnerability AS care
               WHERE care.borrower_id = work.borrower_id
                 AND (care.ended_on IS NULL OR care.ended_on >= %(week)s))
FROM work
JOIN users_user AS person ON work.actor = 'user:' || person.id AND person.is_staff
ORDER BY 1, 2
"""


def draw_owed_weeks(*, now: datetime) -> list[date]:
    """
    Draw from each week that ended and was not drawn from, the oldest first; return their Mondays.

    The first time it is last week only; after a standstill at most eight weeks are made up for.
    """
    today = lender_date(now)
    last = monday_of(today) - WEEK
    latest = QualityDraw.objects.aggregate(latest=Max("week"))["latest"]
    week = max(latest + WEEK, last - (MOST_WEEKS - 1) * WEEK) if latest else last
    done = []
    while week <= last:
        if draw_week(week=week, now=now):
            done.append(week)
        week += WEEK
    return done


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


@transaction.atomic
def draw_week(*, week: date, now: datetime) -> bool:
    """
    Draw from a week, by the rules of its last day; return whether this call did. Again changes nothing.

    :param week: a Monday; the week is over.
    """
    ends_on = week + WEEK
    assert week == monday_of(week), f"{week} is no Monday"
    assert ends_on <= lender_date(now), f"the week of {week} has not ended"
    draw, is_new = QualityDraw.objects.get_or_create(week=week, defaults={"drawn_at": now})
    if not is_new:
        return False
    rules = policy.quality_sampling(ends_on - timedelta(days=1))
    pieces, moments = _pieces_of(week, now=now, complaint_days=rules.complaint_days)
    # Whoever works here cannot tell beforehand which of their contacts will be looked at.
    seed = salted_hmac("collections_mgmt.quality", week.isoformat(), algorithm="sha256").hexdigest()
    found = drawn_of(pieces, rules=rules, seed=seed)
    teams = dict(CollectorProfile.objects.values_list("user", "team"))
    due_on = lender_date(now) + timedelta(days=rules.due_days)
    QualityReview.objects.bulk_create(
        _row(each, week=week, due_on=due_on, done_at=moments[each.piece], team_id=teams.get(each.piece.person))
        for each in found
    )
    draw.seen, draw.drawn = len(pieces), len(found)
    draw.save(update_fields=["seen", "drawn"])
    return True


def _pieces_of(week: date, *, now: datetime, complaint_days: int) -> tuple[list[Piece], dict[Piece, datetime]]:
    moments = {}
    about: dict[str, Any] = {
        "begins": midnight(week),
        "ends": midnight(week + WEEK),
        "week": week,
        "now": now,
        "complained": midnight(week - timedelta(days=complaint_days)),
        "spoken": list(SPOKEN),
    }
    with connection.cursor() as cursor:
        cursor.execute(_PIECES, about)
        for work, key, person, done_at, has_complained, needs_care in cursor.fetchall():
            raised = Why.CARE if needs_care else Why.COMPLAINT if has_complained else None
            moments[Piece(Work(work), key, person, raised)] = done_at
    return list(moments), moments


def _row(drawn: Drawn, *, week: date, due_on: date, done_at: datetime, team_id: int | None) -> QualityReview:
    piece = drawn.piece
    return QualityReview(
        week=week,
        work=piece.work.value,
        attempt_id=piece.key if piece.work is Work.CONTACT else None,
        event_id=piece.key if piece.work is Work.NOTE else None,
        collector_id=piece.person,
        team_id=team_id,
        why=drawn.why.value,
        done_at=done_at,
        due_on=due_on,
    )
