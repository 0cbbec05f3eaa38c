"""What the overview counts of calls, visits and letters: how they went, what they cost, and whom they should have left
in peace.

A call counts on the day on which it was noted how it ended, so that a day that was written does not change. One that
did not come about is none. It is of all loans that it was about; as a reminder does, it counts for the first of them.
"""

from collections_mgmt.domain.desk_figures import Measure
from collections_mgmt.selectors.desk_sources import rate_sql, register_human_contact, register_source

_NOTED = """
FROM messaging_contactattempt AS attempt
WHERE attempt.direction = 'OUT' AND attempt.outcome_at >= %(since_at)s AND attempt.outcome_at < %(until_at)s
  AND attempt.outcome <> 'FAILED'
"""
_ROW = """
SELECT (attempt.outcome_at AT TIME ZONE %(zone)s)::date AS on_date, attempt.outcome_at AS at, attempt.id AS key,
       attempt.loan_ids[1] AS loan_id, attempt.borrower_id
"""
_CALL = f"""
{_ROW}, attempt.outcome::text AS detail, 0::bigint AS amount_minor
{_NOTED} AND attempt.channel IN ('CALL', 'AI_CALL') AND attempt.party = 'BORROWER'
"""
# What was noted of this contact, else the rate of its day.
_PAID = "COALESCE(NULLIF(attempt.cost_minor, 0), rate.minor, 0)"
_RATE = rate_sql(moment="attempt.outcome_at", channel="attempt.channel", loan_id="attempt.loan_ids[1]")
_COST = f"""
{_ROW}, attempt.channel::text AS detail, {_PAID} AS amount_minor
{_NOTED.replace("WHERE", f"{_RATE} WHERE")} AND {_PAID} > 0
"""
# A hold runs from the moment at which it was placed to the one at which it was ended, which the audit log keeps.
_HOLD_BREACH = """
SELECT DISTINCT ON (attempt.id) (attempt.started_at AT TIME ZONE %(zone)s)::date AS on_date, attempt.started_at AS at,
       attempt.id AS key, held.id AS loan_id, attempt.borrower_id, hold.kind::text AS detail, 0::bigint AS amount_minor
FROM collections_mgmt_hold AS hold
JOIN loans_loan AS held ON held.id = hold.loan_id
CROSS JOIN LATERAL (
    SELECT COALESCE(MIN(noted.at) FILTER (WHERE noted.action = 'collections.hold_placed'),
                    hold.starts_on::timestamp AT TIME ZONE %(zone)s) AS since,
           COALESCE(MIN(noted.at) FILTER (WHERE noted.action = 'collections.hold_ended'), 'infinity') AS until
    FROM audit_auditrecord AS noted
    WHERE noted.subject_type = 'loan' AND noted.subject_id = hold.loan_id::text
      AND noted.data ->> 'hold' = hold.id::text
) AS ran
JOIN messaging_contactattempt AS attempt ON attempt.borrower_id = held.borrower_id
    AND attempt.started_at >= GREATEST(%(since_at)s, ran.since) AND attempt.started_at < LEAST(%(until_at)s, ran.until)
WHERE hold.starts_on <= %(until)s AND (hold.ended_on IS NULL OR hold.ended_on >= %(since)s)
  AND attempt.direction = 'OUT' AND attempt.purpose <> 'SERVICE' AND attempt.outcome <> 'FAILED'
  AND (hold.contact = 'PERSON'
       OR hold.contact = 'LOAN' AND (attempt.loan_ids = '{}' OR hold.loan_id = ANY(attempt.loan_ids)))
ORDER BY attempt.id, hold.id
"""
_SPOKEN = """
SELECT loan.id AS loan_id FROM messaging_contactattempt AS attempt
JOIN loans_loan AS loan ON loan.borrower_id = attempt.borrower_id
    AND (attempt.loan_ids = '{}' OR loan.id = ANY(attempt.loan_ids))
WHERE attempt.party = 'BORROWER' AND attempt.outcome IN ('RIGHT_PARTY', 'REFUSED') AND attempt.channel <> 'AI_CALL'
  AND attempt.outcome_at >= %(since_at)s AND attempt.outcome_at < %(until_at)s
"""


def register() -> None:
    register_source(Measure.CALL, "attempt", _CALL)
    register_source(Measure.COST, "attempt", _COST)
    register_source(Measure.HOLD_BREACH, "attempt", _HOLD_BREACH)
    register_human_contact("attempt", _SPOKEN)
