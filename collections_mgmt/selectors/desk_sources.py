"""
Where the figures of the desk come from: for each measure, the rows that it counts.

The nightly figure and the list that it opens are made from the same statement, so they cannot tell different things.
An app or a module above adds sources, and says which team and strategy work on a loan, from its `AppConfig.ready`. A
measure that has no source is not known, which the overview says in words; it is not 0.

A source is a SELECT of

- `on_date` the lender's day, `at` the moment, `key` an id within the source;
- `loan_id`, `borrower_id`: what it is about; either may be NULL;
- `detail` a code, see `Measure`, and `amount_minor`.

Its parameters are `%(since)s` and `%(until)s`, the first and the last day, `%(since_at)s` and `%(until_at)s`, their
beginning and their end as moments, `%(zone)s`, the lender's time zone, and `%(rates)s`, what a contact of each of these
days costs, see `rate_sql`.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from collections_mgmt.domain.desk_figures import Measure
from dashu.kernel.dates import LENDER_ZONE, midnight
from dashu.policy import rules as policy
from dashu.policy.selectors import PolicyRuleMissing

_SOURCES: dict[Measure, dict[str, str]] = {}
_HUMAN: dict[str, str] = {}
_TEAMS: list[str] = []
_NOBODY = (
    "SELECT NULL::bigint AS loan_id, NULL::date AS since, NULL::date AS until, ''::text AS team, ''::text AS strategy"
    " WHERE false"
)


def register_source(measure: Measure, code: str, statement: str) -> None:
    """Count the rows of this statement under `measure` too. :param code: registering it again replaces it."""
    _SOURCES.setdefault(measure, {})[code] = statement


def register_human_contact(code: str, statement: str) -> None:
    """
    Say by which rows a person of ours was in touch with a borrower about a loan.

    :param statement: a SELECT of `loan_id` with the parameters of a source.
    """
    _HUMAN[code] = statement


def register_teams(statement: str) -> None:
    """
    Say by which team and strategy a loan was worked on, from day to day.

    :param statement: a SELECT of `loan_id`, `since` and `until`, both included, `team` and `strategy`, without
        parameters; no two rows of a loan share a day.
    """
    _TEAMS[:] = [statement]


def unregister_source(measure: Measure, code: str) -> None:
    _SOURCES.get(measure, {}).pop(code, None)


def is_known(measure: Measure) -> bool:
    return bool(_SOURCES.get(measure))


def known_measures() -> list[Measure]:
    return [measure for measure in Measure if is_known(measure)]


def rows_sql(measure: Measure) -> str:
    """Return the rows of all sources of a measure, each with the code of its `source`."""
    parts = [f"SELECT '{code}'::text AS source, part.* FROM ({sql}) AS part" for code, sql in _SOURCES[measure].items()]  # noqa: S608 – registered by our own code
    return " UNION ALL ".join(parts)


def human_sql() -> str:
    return " UNION ALL ".join(_HUMAN.values())


def teams_sql() -> str:
    return _TEAMS[0].replace("%", "%%") if _TEAMS else _NOBODY


def worked_sql() -> str:
    """Return a join that gives `worked.team` and `worked.strategy`, by which `row.loan_id` was worked on that day."""
    return (
        f"LEFT JOIN ({teams_sql()}) AS worked ON worked.loan_id = row.loan_id"
        " AND row.on_date BETWEEN worked.since AND worked.until"
    )


def last_worked_sql() -> str:
    """Return `loan_id`, `team` and `strategy` of those who worked on a loan last, from `since` to `until`."""
    return f"""
    SELECT DISTINCT ON (worked.loan_id) worked.loan_id, worked.team, worked.strategy FROM ({teams_sql()}) AS worked
    WHERE worked.since <= %(until)s AND worked.until >= %(since)s ORDER BY worked.loan_id, worked.since DESC
    """  # noqa: S608 – registered by our own code


def parameters(since: date, until: date) -> Mapping[str, Any]:
    return {
        "since": since,
        "until": until,
        "since_at": midnight(since),
        "until_at": midnight(until + timedelta(days=1)),
        "zone": LENDER_ZONE.key,
        "rates": json.dumps(list(_rates(since, until))),
    }


def _rates(since: date, until: date) -> Iterator[Mapping[str, Any]]:
    for day in (since + timedelta(days=n) for n in range((until - since).days + 1)):
        try:
            costs = policy.contact_costs(day)
        except PolicyRuleMissing:  # of a country where nobody has worked it out; what was noted counts all the same
            continue
        for channel, minor in costs.rates.items():
            yield {"day": day.isoformat(), "channel": channel, "currency": costs.currency, "minor": minor}


def rate_sql(*, moment: str, channel: str, loan_id: str) -> str:
    """Return a join that gives `rate.minor`, what one contact costs on its day by the rule `contact.costs`."""
    return f"""
    LEFT JOIN loans_loan AS owed ON owed.id = {loan_id}
    LEFT JOIN jsonb_to_recordset(%(rates)s::jsonb) AS rate (day date, channel text, currency text, minor bigint)
        ON rate.day = {_day(moment)} AND rate.channel = {channel} AND rate.currency = owed.currency
    """


def _day(moment: str) -> str:
    return f"({moment} AT TIME ZONE %(zone)s)::date"


def _moment(day: str) -> str:
    return f"({day}::timestamp AT TIME ZONE %(zone)s)"


# A reminder is of all loans of a borrower, and so is what a strategy sends; it counts for the one that was lent first.
_LOAN_OF_MESSAGE = """
    LEFT JOIN LATERAL (
        SELECT COALESCE(message.loan_id, (
            SELECT MIN(line.loan_id) FROM messaging_reminderline AS line
            WHERE line.borrower_id = message.borrower_id AND line.send_on = message.reminds_on
        ), (
            SELECT MIN(item.loan_id) FROM collections_mgmt_strategyact AS act
            JOIN collections_mgmt_casefile AS file ON file.id = act.file_id
            JOIN loans_loan AS behind ON behind.borrower_id = file.borrower_id
            JOIN collections_mgmt_collectioncase AS item ON item.loan_id = behind.id
                AND item.opened_on <= act.done_on AND (item.closed_on IS NULL OR item.closed_on >= act.done_on)
            WHERE act.message_id = message.id
        )) AS loan_id
    ) AS about ON true
"""
_OUTSIDE = "message.status = 'SENT' AND message.purpose <> 'SERVICE' AND message.channel <> 'IN_APP'"

_SENT = f"""
SELECT {_day("message.sent_at")} AS on_date, message.sent_at AS at, message.id AS key, about.loan_id,
       message.borrower_id, message.channel::text AS detail, 0::bigint AS amount_minor
FROM messaging_outboxmessage AS message {_LOAN_OF_MESSAGE}
WHERE {_OUTSIDE} AND message.sent_at >= %(since_at)s AND message.sent_at < %(until_at)s
"""  # noqa: S608 – constants of this module
_COST_OF_MESSAGES = f"""
SELECT {_day("message.sent_at")} AS on_date, message.sent_at AS at, message.id AS key, about.loan_id,
       message.borrower_id, message.channel::text AS detail, rate.minor AS amount_minor
FROM messaging_outboxmessage AS message {_LOAN_OF_MESSAGE}
{rate_sql(moment="message.sent_at", channel="message.channel", loan_id="about.loan_id")}
WHERE {_OUTSIDE} AND message.sent_at >= %(since_at)s AND message.sent_at < %(until_at)s AND rate.minor > 0
"""  # noqa: S608 – constants of this module
_BLOCKED = f"""
SELECT {_day("refusal.at")} AS on_date, refusal.at, refusal.id AS key,
       COALESCE(refusal.loan_ids[1], about.loan_id) AS loan_id, refusal.borrower_id, {{detail}}::text AS detail,
       0::bigint AS amount_minor
FROM messaging_guarddecision AS refusal
LEFT JOIN messaging_outboxmessage AS message ON message.id = refusal.message_id {_LOAN_OF_MESSAGE}
{{reasons}}
WHERE refusal.verdict = 'BLOCK' AND refusal.at >= %(since_at)s AND refusal.at < %(until_at)s
"""  # noqa: S608
_PROMISE = f"""
SELECT promise.decided_on AS on_date, {_moment("promise.decided_on")} AS at, promise.id AS key, promise.loan_id,
       loan.borrower_id, promise.status::text AS detail, promise.amount_minor
FROM collections_mgmt_promisetopay AS promise JOIN loans_loan AS loan ON loan.id = promise.loan_id
WHERE promise.decided_on BETWEEN %(since)s AND %(until)s AND promise.status IN ('KEPT', 'BROKEN')
"""  # noqa: S608
_COMPLAINT = f"""
SELECT {_day("complaint.asked_at")} AS on_date, complaint.asked_at AS at, complaint.id AS key, complaint.loan_id,
       complaint.borrower_id, complaint.about::text AS detail, 0::bigint AS amount_minor
FROM collections_mgmt_complaint AS complaint
WHERE complaint.asked_at >= %(since_at)s AND complaint.asked_at < %(until_at)s
"""  # noqa: S608
_PLAN = f"""
SELECT {_day("request.answered_at")} AS on_date, request.answered_at AS at, asked.id AS key, asked.loan_id,
       request.borrower_id,
       CASE WHEN EXISTS (
           SELECT FROM collections_mgmt_overduechange AS change
           WHERE change.loan_id = asked.loan_id AND change.days_past_due > 0
             AND change.changed_on <= {_day("request.answered_at")}
       ) THEN 'AFTER' ELSE 'BEFORE' END AS detail, 0::bigint AS amount_minor
FROM collections_mgmt_hardshiprequest AS request
JOIN collections_mgmt_hardshiploan AS asked ON asked.request_id = request.id
WHERE request.outcome = 'PLAN' AND request.answered_at >= %(since_at)s AND request.answered_at < %(until_at)s
"""  # noqa: S608
_COLLECTED = f"""
SELECT payment.received_on AS on_date, {_moment("payment.received_on")} AS at, payment.event_id AS key,
       payment.loan_id, loan.borrower_id, payment.channel::text AS detail, payment.amount_minor
FROM repayments_payment AS payment JOIN loans_loan AS loan ON loan.id = payment.loan_id
WHERE payment.received_on BETWEEN %(since)s AND %(until)s AND NOT payment.is_returned
  AND payment.channel <> 'CONSOLIDATION'
  AND EXISTS (
      SELECT FROM collections_mgmt_collectioncase AS item
      WHERE item.loan_id = payment.loan_id AND item.opened_on <= payment.received_on
        AND (item.closed_on IS NULL OR item.closed_on >= payment.received_on)
  )
"""  # noqa: S608
# Whom we leave in peace, of which loan (NULL: of all of them), from when to when. A hold runs from the moment at which
# it was placed to the one at which it was ended, which the audit log keeps; a complaint or a dispute until it is
# answered, whether or not it placed a hold; what an agency has, until it came back.
LEFT_IN_PEACE = f"""
SELECT held.borrower_id, CASE WHEN hold.contact = 'LOAN' THEN hold.loan_id END AS only_loan_id,
       held.id AS about_loan_id, hold.kind::text AS detail, 1 AS place, hold.id AS number, ran.since, ran.until
FROM collections_mgmt_hold AS hold
JOIN loans_loan AS held ON held.id = hold.loan_id
CROSS JOIN LATERAL (
    SELECT COALESCE(MIN(noted.at) FILTER (WHERE noted.action = 'collections.hold_placed'),
                    {_moment("hold.starts_on")}) AS since,
           COALESCE(MIN(noted.at) FILTER (WHERE noted.action = 'collections.hold_ended'), 'infinity') AS until
    FROM audit_auditrecord AS noted
    WHERE noted.subject_type = 'loan' AND noted.subject_id = hold.loan_id::text
      AND noted.data ->> 'hold' = hold.id::text
) AS ran
WHERE hold.contact <> 'NONE' AND hold.starts_on <= %(until)s AND (hold.ended_on IS NULL OR hold.ended_on >= %(since)s)
UNION ALL
SELECT asked.borrower_id, NULL, asked.loan_id, 'COMPLAINT', 2, asked.id,
       COALESCE(asked.reopened_at, asked.asked_at), COALESCE(asked.answered_at, 'infinity')
FROM collections_mgmt_complaint AS asked
WHERE asked.asked_at < %(until_at)s AND (asked.answered_at IS NULL OR asked.answered_at >= %(since_at)s)
UNION ALL
SELECT asked.borrower_id, NULL, asked.loan_id, 'DISPUTE', 3, asked.id, asked.asked_at,
       COALESCE(asked.answered_at, 'infinity')
FROM collections_mgmt_dispute AS asked
WHERE asked.asked_at < %(until_at)s AND (asked.answered_at IS NULL OR asked.answered_at >= %(since_at)s)
UNION ALL
SELECT loan.borrower_id, NULL, loan.id, 'AGENCY', 4, placed.id, placed.created_at,
       COALESCE(placed.recalled_at, 'infinity')
FROM collections_mgmt_placement AS placed JOIN loans_loan AS loan ON loan.id = placed.loan_id
WHERE placed.placed_on <= %(until)s AND (placed.recalled_on IS NULL OR placed.recalled_on >= %(since)s)
"""  # noqa: S608 – constants of this module
_HOLD_BREACH = f"""
SELECT DISTINCT ON (message.id) {_day("message.sent_at")} AS on_date, message.sent_at AS at, message.id AS key,
       COALESCE(peace.about_loan_id, message.loan_id) AS loan_id, message.borrower_id, peace.detail,
       0::bigint AS amount_minor
FROM ({LEFT_IN_PEACE}) AS peace
JOIN messaging_outboxmessage AS message ON message.borrower_id = peace.borrower_id
    AND message.sent_at >= GREATEST(%(since_at)s, peace.since) AND message.sent_at < LEAST(%(until_at)s, peace.until)
WHERE {_OUTSIDE} AND (peace.only_loan_id IS NULL OR message.loan_id = peace.only_loan_id)
ORDER BY message.id, peace.place, peace.number
"""  # noqa: S608

_NOTED_BY_STAFF = """
SELECT promise.loan_id FROM collections_mgmt_promisetopay AS promise
JOIN users_user AS person ON promise.actor = 'user:' || person.id AND person.is_staff
WHERE promise.made_on BETWEEN %(since)s AND %(until)s
"""
_ANSWERED_BY_STAFF = """
SELECT asked.loan_id FROM collections_mgmt_hardshiprequest AS request
JOIN collections_mgmt_hardshiploan AS asked ON asked.request_id = request.id
WHERE request.answered_by_id IS NOT NULL
  AND request.answered_at >= %(since_at)s AND request.answered_at < %(until_at)s
"""

register_source(Measure.SENT, "message", _SENT)
register_source(Measure.COST, "message", _COST_OF_MESSAGES)
register_source(Measure.BLOCKED, "refusal", _BLOCKED.format(detail="refusal.channel", reasons=""))
register_source(
    Measure.BLOCKED_REASON,
    "refusal",
    _BLOCKED.format(detail="why.reason", reasons="CROSS JOIN LATERAL unnest(refusal.reasons) AS why (reason)"),
)
register_source(Measure.PROMISE, "promise", _PROMISE)
register_source(Measure.COMPLAINT, "complaint", _COMPLAINT)
register_source(Measure.OFFER, "help", _PLAN)
register_source(Measure.COLLECTED, "payment", _COLLECTED)
register_source(Measure.HOLD_BREACH, "message", _HOLD_BREACH)
register_human_contact("promise", _NOTED_BY_STAFF)
register_human_contact("help", _ANSWERED_BY_STAFF)
