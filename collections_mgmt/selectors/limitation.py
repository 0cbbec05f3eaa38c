"""
What begins the limitation period of a claim anew, and when it runs out: of one loan with every step, or of many by SQL.

`collections_mgmt.domain.limitation` says the same of plain days; a test compares the two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, models
from django.db.models import Max, Min
from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.limitation import Beginning, runs_out_on
from dashu.kernel.dates import LENDER_ZONE
from dashu.policy import rules as policy
from repayments.models import Installment


class Step(models.TextChoices):
    REMINDER = "REMINDER", _("A reminder went out")
    CONTACT = "CONTACT", _("A call, a visit or a letter reached the borrower")
    PROMISE = "PROMISE", _("The borrower promised to pay")
    PAYMENT = "PAYMENT", _("The borrower paid a part")
    FILED = "FILED", _("The claim was filed at a court")


# What begins the period anew, of the loan `loan (id, borrower_id)`. A notice in the account counts once it was opened.
_RENEWALS = """
SELECT 'REMINDER' AS kind, (coalesce(message.read_at, message.sent_at) AT TIME ZONE %(zone)s)::date AS day
FROM messaging_reminderline AS line
JOIN messaging_outboxmessage AS message ON message.borrower_id = line.borrower_id
    AND message.reminds_on = line.send_on AND message.purpose = 'REMINDER' AND message.status = 'SENT'
    AND message.delivery NOT IN ('FAILED', 'BOUNCED') AND (message.channel <> 'IN_APP' OR message.read_at IS NOT NULL)
WHERE line.borrower_id = loan.borrower_id AND line.loan_id = loan.id AND line.days_after > 0
UNION SELECT 'CONTACT', (attempt.started_at AT TIME ZONE %(zone)s)::date FROM messaging_contactattempt AS attempt
WHERE attempt.borrower_id = loan.borrower_id AND attempt.direction = 'OUT' AND attempt.party = 'BORROWER'
    AND attempt.outcome IN ('RIGHT_PARTY', 'REFUSED', 'SENT') AND loan.id = ANY(attempt.loan_ids)
UNION SELECT 'PROMISE', made_on FROM collections_mgmt_promisetopay WHERE loan_id = loan.id
UNION SELECT 'PROMISE', made_on FROM collections_mgmt_arrangement WHERE loan_id = loan.id
UNION SELECT 'PROMISE', accepted_on FROM collections_mgmt_settlement
WHERE loan_id = loan.id AND accepted_on IS NOT NULL
UNION SELECT 'FILED', filed_on FROM collections_mgmt_legalcase WHERE loan_id = loan.id AND filed_on IS NOT NULL
UNION SELECT 'PAYMENT', received_on FROM repayments_payment WHERE loan_id = loan.id AND NOT is_returned
"""


@dataclass(frozen=True, slots=True)
class Clock:
    """
    :param steps: what began it anew, oldest first, each with its kind.
    :param last_day: on which the claim can still be enforced.
    """

    begins_on: date
    last_day: date
    steps: Sequence[tuple[date, Step]]

    def days_left(self, on: date) -> int:
        """Return how many days are left; negative once it has run out."""
        return (self.last_day - on).days


def clock_of(loan_id: int, *, on: date) -> Clock | None:
    """Return the limitation period of a loan as far as known on a day; None where nothing is unpaid."""
    rule = policy.limitation(on)
    unpaid = Installment.objects.filter(loan=loan_id, is_current=True, unpaid_minor__gt=0)
    due = unpaid.aggregate(oldest=Min("due_on"), last=Max("due_on"))
    begins_on = due["last" if rule.begins == Beginning.LAST_DUE else "oldest"]
    if begins_on is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT step.day, step.kind FROM loans_loan AS loan CROSS JOIN LATERAL ({_RENEWALS}) AS step"  # noqa: S608
            " WHERE loan.id = %(loan)s AND step.day <= %(on)s ORDER BY step.day, step.kind",
            {"loan": loan_id, "on": on, "zone": LENDER_ZONE.key},
        )
        steps = [(day, Step(kind)) for day, kind in cursor.fetchall()]
    last_day = runs_out_on(begins_on, [day for day, _kind in steps], months=rule.months)
    return Clock(begins_on, last_day, steps)


def clock_sql() -> str:
    """
    Return rows `(loan_id, runs_out_on)` for the loans of a relation `asked (loan_id)` that the caller's statement
    defines; loans without anything unpaid are left out. Its parameters are those of `parameters`.
    """
    return f"""
    SELECT claim.loan_id, step.runs_out_on
    FROM (
        SELECT asked.loan_id,
               CASE WHEN %(begins)s = 'LAST_DUE' THEN max(row.due_on) ELSE min(row.due_on) END AS begins_on
        FROM asked JOIN repayments_installment AS row
            ON row.loan_id = asked.loan_id AND row.is_current AND row.unpaid_minor > 0
        GROUP BY asked.loan_id
    ) AS claim
    JOIN loans_loan AS loan ON loan.id = claim.loan_id
    CROSS JOIN LATERAL (
        -- It runs out at the first day that nothing begins anew in time.
        SELECT min(until) FILTER (WHERE next_day IS NULL OR next_day > until) AS runs_out_on
        FROM (
            SELECT (begun.day + make_interval(months => %(months)s))::date AS until,
                   lead(begun.day) OVER (ORDER BY begun.day) AS next_day
            FROM (
                SELECT claim.begins_on AS day
                UNION SELECT greatest(renewed.day, claim.begins_on) FROM ({_RENEWALS}) AS renewed
                WHERE renewed.day <= %(on)s
            ) AS begun
        ) AS steps
    ) AS step
    """  # noqa: S608 – its parts are written here


def parameters(*, on: date) -> dict[str, Any]:
    """
    Return what `clock_sql` needs.

    :raises PolicyRuleMissing: how long a claim can be enforced is not known.
    """
    rule = policy.limitation(on)
    return {"on": on, "months": rule.months, "begins": rule.begins, "zone": LENDER_ZONE.key}
