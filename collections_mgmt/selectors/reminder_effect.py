"""What reminders before the due date did: payment in time of those who got them and of those who were held out."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

from dashu.kernel.shares import Difference, Share, difference


@dataclass(frozen=True, slots=True)
class Effect:
    """
    One experiment. The shares are installments that were paid in time, of those that fell due.

    :param first_due_on, last_due_on: of the installments that are counted.
    """

    experiment: str
    first_due_on: date
    last_due_on: date
    reminded: Share
    held_out: Share

    @property
    def difference(self) -> Difference | None:
        return difference(self.reminded, self.held_out)


def effects(*, today: date) -> list[Effect]:
    """
    Return every experiment, the newest first, with the installments that fell due before `today`.

    An installment counts once for the part in which its borrower was drawn, whether the message then arrived or not. It
    is paid in time when, by the value dates of all payments and waivers, no more was open at the end of its due date
    than the loan overlooks. One that has moved to another day since, or was replaced, is left out of both parts.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH drawn AS (
                SELECT DISTINCT experiment, loan_id, version, number, due_on, is_held_out
                FROM messaging_reminderline
                WHERE days_after < 0 AND experiment <> '' AND due_on < %(today)s
            )
            SELECT experiment, min(due_on), max(due_on),
                   count(*) FILTER (WHERE NOT is_held_out AND is_in_time), count(*) FILTER (WHERE NOT is_held_out),
                   count(*) FILTER (WHERE is_held_out AND is_in_time), count(*) FILTER (WHERE is_held_out)
            FROM (
                SELECT drawn.experiment, drawn.due_on, drawn.is_held_out,
                       (row.unpaid_minor + later.minor)::numeric * 10000
                           <= (row.principal_minor + row.interest_minor + row.fee_minor)::numeric * loan.tolerance_bps
                           AS is_in_time
                FROM drawn
                JOIN loans_loan AS loan ON loan.id = drawn.loan_id
                JOIN repayments_installment AS row
                    ON row.loan_id = drawn.loan_id AND row.version = drawn.version AND row.number = drawn.number
                    AND row.due_on = drawn.due_on AND row.is_current
                CROSS JOIN LATERAL (
                    SELECT coalesce(sum(moved.principal_minor + moved.interest_minor + moved.fee_minor), 0) AS minor
                    FROM repayments_installmentmovement AS moved
                    WHERE moved.loan_id = drawn.loan_id AND moved.number = drawn.number
                      AND moved.due_on = drawn.due_on AND moved.kind IN ('P', 'W')
                      AND moved.effective_on > drawn.due_on
                ) AS later
            ) AS counted
            GROUP BY experiment ORDER BY max(due_on) DESC, experiment
            """,
            {"today": today},
        )
        return [
            Effect(name, first, last, Share(told_in_time, told), Share(held_in_time, held))
            for name, first, last, told_in_time, told, held_in_time, held in cursor.fetchall()
        ]
