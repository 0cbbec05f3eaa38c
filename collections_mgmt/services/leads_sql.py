"""Triggers that no longer count, and the leads that are opened and closed by what counts, once for the whole night."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.backends.utils import CursorWrapper

from collections_mgmt.services.people_warnings_sql import consents
from dashu.policy.early_warning import WITH_CONSENT, EarlyWarning

_CONSENT = "CASE noticed.kind {} END".format(
    " ".join(f"WHEN '{trigger}' THEN '{purpose}'" for trigger, purpose in WITH_CONSENT.items())
)

_END = f"""
    UPDATE collections_mgmt_warningtrigger AS noticed SET ended_on = %(on)s
    WHERE noticed.ended_on IS NULL AND (
        noticed.ends_on < %(on)s
        OR EXISTS (
            SELECT FROM loans_loan AS loan WHERE loan.id = noticed.loan_id AND loan.status <> 'ACTIVE'
        )
        OR noticed.kind = ANY(%(with_consent)s) AND NOT {consents("noticed", _CONSENT)}
        OR noticed.kind = 'ASKED_FOR_HELP' AND EXISTS (
            SELECT FROM collections_mgmt_hardshiprequest AS asked
            WHERE asked.reference = noticed.facts ->> 'reference' AND asked.outcome = 'WITHDRAWN'
        )
        OR noticed.kind = 'INCOME_DROP' AND EXISTS (
            SELECT FROM collections_mgmt_incomeobservation AS news
            WHERE news.borrower_id = noticed.borrower_id AND news.currency = noticed.facts ->> 'currency'
              AND news.credited_on > (noticed.facts ->> 'credited_on')::date AND news.noted_on <= %(on)s
              AND (noticed.facts ->> 'mean_minor')::bigint <= (
                  SELECT SUM(income.amount_minor) FROM collections_mgmt_incomeobservation AS income
                  WHERE income.borrower_id = news.borrower_id AND income.currency = news.currency
                    AND income.credited_on <= news.credited_on
                    AND income.credited_on > news.credited_on - interval '1 month'
              )
        )
    )
"""  # noqa: S608 – constants of this package

# Who has enough against them, by the kinds of what counts.
_ENOUGH = """
    SELECT noticed.borrower_id, MAX(noticed.fired_on) FILTER (WHERE noticed.is_strong) AS strong_on
    FROM collections_mgmt_warningtrigger AS noticed WHERE noticed.ended_on IS NULL
    GROUP BY noticed.borrower_id
    HAVING COUNT(DISTINCT noticed.kind) >= %(needed)s
        OR COUNT(DISTINCT noticed.kind) FILTER (WHERE noticed.is_strong) >= %(strong_needed)s
"""

_RUNS = "EXISTS (SELECT FROM loans_loan AS loan WHERE loan.borrower_id = {}.borrower_id AND loan.status = 'ACTIVE')"
_BEHIND = """
    EXISTS (
        SELECT FROM loans_loan AS loan
        JOIN collections_mgmt_overduestatus AS status ON status.loan_id = loan.id
        WHERE loan.borrower_id = {}.borrower_id AND loan.status = 'ACTIVE'
          AND status.effective_days_past_due > %(most_days_late)s
    )
"""

_OPEN = f"""
    INSERT INTO collections_mgmt_warninglead (borrower_id, opened_on)
    SELECT enough.borrower_id, %(on)s
    FROM ({_ENOUGH}) AS enough
    WHERE {_RUNS.format("enough")} AND NOT {_BEHIND.format("enough")}
      AND NOT EXISTS (
          SELECT FROM collections_mgmt_warninglead AS lead
          WHERE lead.borrower_id = enough.borrower_id AND (
              lead.state <> 'CLOSED'
              OR lead.quiet_until >= %(on)s AND COALESCE(enough.strong_on, '-infinity') <= lead.closed_on
          )
      )
    ORDER BY enough.borrower_id
"""  # noqa: S608 – constants of this module

# What was offered, or held out to compare, stays until nothing counts any more.
_CLOSE = f"""
    UPDATE collections_mgmt_warninglead AS lead SET state = 'CLOSED', closed_on = GREATEST(%(on)s, lead.opened_on),
        ending = found.ending
    FROM (
        SELECT open.id, CASE
            WHEN NOT {_RUNS.format("open")} THEN 'PAID'
            WHEN {_BEHIND.format("open")} THEN 'BEHIND'
            WHEN open.state = 'OPEN' AND NOT EXISTS (
                SELECT FROM ({_ENOUGH}) AS enough WHERE enough.borrower_id = open.borrower_id
            ) OR NOT EXISTS (
                SELECT FROM collections_mgmt_warningtrigger AS noticed
                WHERE noticed.borrower_id = open.borrower_id AND noticed.ended_on IS NULL
            ) THEN 'OVER'
        END AS ending
        FROM collections_mgmt_warninglead AS open WHERE open.state <> 'CLOSED'
    ) AS found
    WHERE lead.id = found.id AND found.ending IS NOT NULL
"""  # noqa: S608 – constants of this module


# Who asked for help said why.
_NOTE_CAUSES = """
    UPDATE collections_mgmt_warninglead AS lead SET cause = noticed.facts ->> 'cause'
    FROM collections_mgmt_warningtrigger AS noticed
    WHERE lead.state <> 'CLOSED' AND lead.cause = '' AND noticed.borrower_id = lead.borrower_id
      AND noticed.ended_on IS NULL AND noticed.kind = 'ASKED_FOR_HELP'
"""


def end_triggers(cursor: CursorWrapper, *, on: date) -> int:
    """End what is over: its days, its loan, the consent it needs, the request that it came from; an income is back."""
    cursor.execute(_END, {"on": on, "with_consent": [trigger.value for trigger in WITH_CONSENT]})
    return int(cursor.rowcount)


def decide_leads(cursor: CursorWrapper, *, on: date, rules: EarlyWarning) -> Mapping[str, int]:
    """Open a lead for whoever has enough against them, and close those that no longer have; return how many."""
    values: dict[str, Any] = {
        "on": on,
        "needed": rules.needed,
        "strong_needed": rules.strong_needed,
        "most_days_late": rules.most_days_late,
    }
    cursor.execute(_CLOSE, values)
    closed = int(cursor.rowcount)
    cursor.execute(_OPEN, values)
    opened = int(cursor.rowcount)
    cursor.execute(_NOTE_CAUSES)
    return {"leads_closed": closed, "leads_opened": opened}
