"""What the overview counts of calls, visits and letters: how they went, what they cost, and whom they should have left
in peace.

A call counts on the day on which it was noted how it ended, so that a day that was written does not change. One that
did not come about is none. It is of all loans that it was about; as a reminder does, it counts for the first of them.
"""

from collections_mgmt.domain.desk_figures import Measure
from collections_mgmt.selectors.desk_sources import LEFT_IN_PEACE, rate_sql, register_human_contact, register_source

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
_HOLD_BREACH = f"""
SELECT DISTINCT ON (attempt.id) (attempt.started_at AT TIME ZONE %(zone)s)::date AS on_date, attempt.started_at AS at,
       attempt.id AS key, COALESCE(peace.about_loan_id, attempt.loan_ids[1]) AS loan_id, attempt.borrower_id,
       peace.detail, 0::bigint AS amount_minor
FROM ({LEFT_IN_PEACE}) AS peace
JOIN messaging_contactattempt AS attempt ON attempt.borrower_id = peace.borrower_id
    AND attempt.started_at >= GREATEST(%(since_at)s, peace.since)
    AND attempt.started_at < LEAST(%(until_at)s, peace.until)
WHERE attempt.direction = 'OUT' AND attempt.purpose <> 'SERVICE' AND attempt.outcome <> 'FAILED'
  AND (peace.only_loan_id IS NULL OR attempt.loan_ids = '{{}}' OR peace.only_loan_id = ANY(attempt.loan_ids))
ORDER BY attempt.id, peace.place, peace.number
"""  # noqa: S608 – constants of our own modules
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
