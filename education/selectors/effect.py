"""
What the books say of pointing people to lessons: payment in time of those pointed to one and of those held out.

Outcome and window are those of the rule on the day on which the experiment began. Each person counts once for a moment,
with the first time it came, whatever happened to card and message. In time is who left no installment that fell due
within the window open at the end of its due date, but for what the loan overlooks. What counts are the terms in force:
an installment that a plan has moved counts on its new day, one that was replaced or paid off before counts no more, and
a person on whose loans nothing fell due has no outcome. They are counted, too, so that a difference there is seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from dashu.policy.learning import Encouragement
from dashu.policy.rules import learning_encouragement
from education.domain.effect import Found, Measured, Part, apart, drawn_as_said, judged
from education.models import LearningMoment

# One row for each person and moment of an experiment: the first time that it came.
_FIRST = """
first AS (
    SELECT DISTINCT ON (moment, borrower_id) moment, borrower_id, loan_id, happened_on, is_held_out, opened_at,
           owed_minor, days_late, due_before, late_before
    FROM education_learningmoment
    WHERE experiment = %(experiment)s AND experiment <> ''
    ORDER BY moment, borrower_id, happened_on, id
)
"""
_OUTCOMES = f"""
WITH {_FIRST}, told AS (
    SELECT first.moment, first.is_held_out, first.happened_on + %(days)s::int >= %(today)s::date AS is_open,
           coalesce(first.opened_at < (first.happened_on + %(days)s::int + 1)::timestamp AT TIME ZONE %(zone)s, false)
               AS has_opened,
           coalesce(paid.due, 0) > 0 AS is_due, coalesce(paid.late, 0) = 0 AS is_in_time
    FROM first
    CROSS JOIN LATERAL (
        SELECT count(*) AS due,
               count(*) FILTER (WHERE (row.unpaid_minor + later.minor)::numeric * 10000
                   > (row.principal_minor + row.interest_minor + row.fee_minor)::numeric * loan.tolerance_bps) AS late
        FROM loans_loan AS loan
        JOIN repayments_installment AS row ON row.loan_id = loan.id AND row.is_current
            AND row.due_on > first.happened_on AND row.due_on <= first.happened_on + %(days)s::int
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(moved.principal_minor + moved.interest_minor + moved.fee_minor), 0) AS minor
            FROM repayments_installmentmovement AS moved
            WHERE moved.loan_id = row.loan_id AND moved.number = row.number AND moved.due_on = row.due_on
              AND moved.kind IN ('P', 'W') AND moved.effective_on > row.due_on
        ) AS later
        WHERE loan.borrower_id = first.borrower_id AND (first.loan_id IS NULL OR loan.id = first.loan_id)
    ) AS paid
)
SELECT moment, is_held_out,
       count(*) FILTER (WHERE NOT is_open AND is_due) AS total,
       count(*) FILTER (WHERE NOT is_open AND is_due AND is_in_time) AS in_time,
       count(*) FILTER (WHERE NOT is_open AND is_due AND has_opened) AS opened,
       count(*) FILTER (WHERE NOT is_open AND is_due AND is_in_time AND has_opened) AS both,
       count(*) FILTER (WHERE NOT is_open AND NOT is_due) AS without, count(*) FILTER (WHERE is_open) AS open
FROM told GROUP BY moment, is_held_out
"""  # noqa: S608 – its parts are written here
_BALANCE = f"""
WITH {_FIRST}
SELECT moment, is_held_out, count(*),
       avg(owed_minor), coalesce(stddev_samp(owed_minor), 0), avg(days_late), coalesce(stddev_samp(days_late), 0),
       avg(due_before), coalesce(stddev_samp(due_before), 0),
       coalesce(avg(late_before::numeric / nullif(due_before, 0)), 0),
       coalesce(stddev_samp(late_before::numeric / nullif(due_before, 0)), 0)
FROM first GROUP BY moment, is_held_out
"""  # noqa: S608 – its parts are written here
STOOD = ("owed", "days_late", "due_before", "late_share")


@dataclass(frozen=True, slots=True)
class Balance:
    """
    How alike the parts were on the days of the draw.

    :param drawn: persons pointed to the lesson, and held out. :param apart: by figure of `STOOD`, see `effect.apart`.
    :param is_as_said: see `effect.drawn_as_said`.
    """

    drawn: tuple[int, int]
    apart: Mapping[str, float]
    is_as_said: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """
    One moment of one experiment. :param moment: a code of `LearningMoment.Moment`.
    :param first_on: the day of its first draw. :param waiting: persons whose window is still open.
    """

    experiment: str
    moment: str
    first_on: date
    rules: Encouragement
    found: Found
    balance: Balance
    waiting: int


def effects(*, today: date, zone: str) -> list[Effect]:
    """Return every moment of every experiment, the newest experiment first; a window counts once it is over."""
    began: dict[str, date] = {}
    rows = LearningMoment.objects.exclude(experiment="").order_by("experiment", "happened_on")
    for experiment, first_on in rows.distinct("experiment").values_list("experiment", "happened_on"):
        began[experiment] = first_on
    newest = sorted(began.items(), key=lambda each: (each[1], each[0]), reverse=True)
    return [effect for name, first_on in newest for effect in _of_experiment(name, first_on, today=today, zone=zone)]


def _of_experiment(experiment: str, first_on: date, *, today: date, zone: str) -> list[Effect]:
    rules = learning_encouragement(first_on)
    about = {"experiment": experiment, "days": rules.window_days, "today": today, "zone": zone}
    counted = {(row[0], row[1]): row[2:] for row in _rows(_OUTCOMES, about)}
    stood = {(row[0], row[1]): row[2:] for row in _rows(_BALANCE, about)}
    order = [str(code) for code in LearningMoment.Moment.values]
    found = []
    for moment in sorted({code for code, _held in counted}, key=order.index):
        parts = [counted.get((moment, held), (0,) * 6) for held in (False, True)]
        encouraged, held_out = (Part(*part[:5]) for part in parts)
        found.append(
            Effect(
                experiment=experiment,
                moment=moment,
                first_on=first_on,
                rules=rules,
                found=judged(encouraged, held_out, least=rules.least),
                balance=_balance([stood.get((moment, held)) for held in (False, True)], rules),
                waiting=parts[0][5] + parts[1][5],
            )
        )
    return found


def _balance(parts: Sequence[Sequence[object] | None], rules: Encouragement) -> Balance:
    numbers = [[float(str(value)) for value in part] if part else [0.0] * 9 for part in parts]
    encouraged, held_out = numbers
    drawn = int(encouraged[0]), int(held_out[0])
    differences = {
        name: apart(
            Measured(encouraged[1 + 2 * place], encouraged[2 + 2 * place]),
            Measured(held_out[1 + 2 * place], held_out[2 + 2 * place]),
        )
        for place, name in enumerate(STOOD)
    }
    return Balance(
        drawn,
        differences if all(drawn) else dict.fromkeys(STOOD, 0.0),
        drawn_as_said(*drawn, share_bps=rules.holdout.share_bps),
    )


def _rows(statement: str, about: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, about)
        return list(cursor.fetchall())
