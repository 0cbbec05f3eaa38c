"""What became of the people of a trial: counted for the side in which they were drawn, whatever was then done."""

from datetime import date

from django.db import connection

from collections_mgmt.domain.trials import Arm, Trial
from dashu.kernel.dates import LENDER_ZONE
from dashu.policy.strategies import TrialRule

_NOTHING = Arm(*[0] * 13)
# Of each person, what happened from the day on which they were drawn to the end of their window. A loan that was given
# up, charged off or sold is nobody's cure.
_OUTCOMES = """
SELECT draw.is_challenger, draw.overdue_minor, draw.drawn_on + %(days)s <= %(on)s AS is_through,
       file.closed_on IS NOT NULL AND file.closed_on < draw.drawn_on + %(days)s AND NOT EXISTS (
           SELECT FROM loans_loan AS loan
           WHERE loan.borrower_id = draw.borrower_id AND loan.status IN ('CHARGED_OFF', 'WRITTEN_OFF', 'SOLD')
       ) AS is_cured,
       (
           SELECT coalesce(sum(payment.amount_minor), 0)::bigint
           FROM repayments_payment AS payment JOIN loans_loan AS loan ON loan.id = payment.loan_id
           WHERE loan.borrower_id = draw.borrower_id AND NOT payment.is_returned
             AND payment.channel <> 'CONSOLIDATION'
             AND payment.received_on >= draw.drawn_on AND payment.received_on < draw.drawn_on + %(days)s
             AND payment.received_on <= %(on)s
       ) AS paid_minor,
       (
           SELECT count(*) FROM collections_mgmt_complaint AS complaint
           WHERE complaint.borrower_id = draw.borrower_id AND complaint.asked_at >= span.from_at
             AND complaint.asked_at < span.to_at
       ) AS complaints,
       promised.kept, promised.decided, told.sent + (
           SELECT count(*) FROM messaging_contactattempt AS attempt
           WHERE attempt.borrower_id = draw.borrower_id AND attempt.direction = 'OUT'
             AND attempt.started_at >= span.from_at AND attempt.started_at < span.to_at
       ) AS contacts, told.blocked, told.tried
FROM collections_mgmt_strategydraw AS draw
JOIN collections_mgmt_casefile AS file ON file.id = draw.file_id
CROSS JOIN LATERAL (
    SELECT draw.drawn_on::timestamp AT TIME ZONE %(zone)s AS from_at,
           (LEAST(draw.drawn_on + %(days)s, %(on)s + 1))::timestamp AT TIME ZONE %(zone)s AS to_at
) AS span
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE promise.status = 'KEPT') AS kept, count(*) AS decided
    FROM collections_mgmt_promisetopay AS promise JOIN loans_loan AS loan ON loan.id = promise.loan_id
    WHERE loan.borrower_id = draw.borrower_id AND promise.status IN ('KEPT', 'BROKEN')
      AND promise.made_on >= draw.drawn_on AND promise.made_on < draw.drawn_on + %(days)s
      AND promise.decided_on <= %(on)s
) AS promised
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE message.status = 'SENT') AS sent,
           count(*) FILTER (WHERE message.status = 'BLOCKED') AS blocked,
           count(*) FILTER (WHERE message.status IN ('SENT', 'BLOCKED')) AS tried
    FROM messaging_outboxmessage AS message
    WHERE message.borrower_id = draw.borrower_id AND message.purpose = 'REMINDER'
      AND (message.channel <> 'IN_APP' OR message.status = 'BLOCKED')
      AND coalesce(message.sent_at, message.not_before) >= span.from_at
      AND coalesce(message.sent_at, message.not_before) < span.to_at
) AS told
WHERE draw.version_id = %(version)s
"""


def trial_of(version_id: int, *, on: date, rule: TrialRule) -> Trial:
    """
    Return what is known at the end of `on` of the trial of a challenger.

    :param version_id: the challenger's.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT is_challenger, count(*), count(*) FILTER (WHERE is_through),
                   count(*) FILTER (WHERE is_through AND is_cured),
                   count(*) FILTER (WHERE is_through AND paid_minor > 0), count(*) FILTER (WHERE complaints > 0),
                   sum(kept)::int, sum(decided)::int, sum(complaints)::int, sum(contacts)::int, sum(blocked)::int,
                   sum(tried)::int, sum(overdue_minor)::bigint, sum(paid_minor)::bigint
            FROM ({_OUTCOMES}) AS person GROUP BY is_challenger
            """,  # noqa: S608 – a constant of this module
            {"version": version_id, "on": on, "days": rule.window_days, "zone": LENDER_ZONE.key},
        )
        sides = {is_challenger: Arm(*counts) for is_challenger, *counts in cursor.fetchall()}
    return Trial(sides.get(True, _NOTHING), sides.get(False, _NOTHING), rule.least_people)
