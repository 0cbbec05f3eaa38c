"""
Offers and plans of relief at the end of a date, as set-based SQL; `collections_mgmt.domain.relief_plans` says the same
of one plan in plain Python.

Only what is open, runs or is observed is read, by partial indexes, so a book without plans costs nothing. A set of
offers belongs to the range of its first loan.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.db.backends.utils import CursorWrapper

from dashu.policy.relief import PlanClocks

_OPEN = """
SELECT offered.* FROM collections_mgmt_offerset AS offered
WHERE offered.status = 'OPEN' AND {which} AND (
    SELECT min(about.loan_id) FROM collections_mgmt_offerloan AS about WHERE about.offer_set_id = offered.id
) BETWEEN %(first)s AND %(end)s - 1
"""
_TELL_OF_OFFERS = """
INSERT INTO messaging_outboxmessage
    (dedupe_key, borrower_id, channel, template, params, language, not_before)
SELECT {template} || ':' || offered.id, offered.borrower_id, 'IN_APP', {template},
       jsonb_build_object('reference', offered.reference, 'accept_on', offered.last_day),
       borrower.language, %(at)s
FROM offered JOIN users_borrower AS borrower ON borrower.id = offered.borrower_id
ON CONFLICT (dedupe_key) DO NOTHING
"""


def expire_offers(cursor: CursorWrapper, *, on: date, first: int, end: int, actor: str) -> int:
    """
    End the offers of a range whose last day is over; return how many sets there were.

    A hold without an end that nothing else needs has this day as its last.
    """
    cursor.execute(
        f"""
        WITH due AS ({_OPEN.format(which="offered.last_day <= %(on)s")}), ended AS (
            UPDATE collections_mgmt_offerset AS each SET status = 'EXPIRED', ended_on = %(on)s
            FROM due WHERE each.id = due.id AND each.status = 'OPEN'
            RETURNING each.id, each.reference
        ), closed AS (
            UPDATE collections_mgmt_offerloan AS about SET is_open = false FROM ended
            WHERE about.offer_set_id = ended.id
            RETURNING about.loan_id, about.hold_id, ended.reference
        ), let_go AS (
            UPDATE collections_mgmt_hold AS hold SET ends_on = %(on)s FROM closed
            WHERE hold.id = closed.hold_id AND hold.ended_on IS NULL AND hold.ends_on IS NULL AND NOT EXISTS (
                SELECT FROM collections_mgmt_hardshiploan AS asked
                JOIN collections_mgmt_hardshiprequest AS request ON request.id = asked.request_id
                WHERE asked.hold_id = hold.id AND request.answered_at IS NULL
            )
        ), partners_told AS (
            INSERT INTO webhooks_partnerevent (partner_id, type, subject, data)
            SELECT loan.partner_id, 'relief.ended', loan.number, jsonb_build_object(
                'loan', loan.number, 'offer', closed.reference, 'plan', NULL, 'status', 'EXPIRED', 'on', %(on)s::date)
            FROM closed JOIN loans_loan AS loan ON loan.id = closed.loan_id AND loan.partner_id IS NOT NULL
        ), lapsed AS (
            UPDATE collections_mgmt_restructuringoffer AS way SET status = 'LAPSED' FROM ended
            WHERE way.offer_set_id = ended.id AND way.status = 'OFFERED'
        ), noted AS (
            INSERT INTO audit_auditrecord (action, subject_type, subject_id, actor, data)
            SELECT 'collections.offers_expired', 'loan', closed.loan_id::text, %(actor)s,
                   jsonb_build_object('offer', closed.reference)
            FROM closed
        )
        SELECT count(*) FROM ended
        """,  # noqa: S608 – its parts are written here
        {"on": on, "first": first, "end": end, "actor": actor},
    )
    return int(cursor.fetchone()[0])


def remind_of_offers(
    cursor: CursorWrapper, *, on: date, days_before: int, not_before: Any, first: int, end: int
) -> int:
    """
    Queue one reminder of each offer that ends soon; return how many are new.

    Whom a campaign wrote to did not ask for anything: the one message that said so is all they get.

    :param on: the day it goes out. :param days_before: the last day of an offer, by the rule `relief.limits`.
    """
    template = "'collections.offer_expiring'"
    which = (
        "offered.last_day BETWEEN %(on)s AND %(through)s AND offered.reminded_at IS NULL AND offered.made_on < %(on)s"
        " AND offered.source <> 'CAMPAIGN'"
    )
    cursor.execute(
        f"""
        WITH due AS ({_OPEN.format(which=which)}), offered AS (
            UPDATE collections_mgmt_offerset AS each SET reminded_at = now() FROM due
            WHERE each.id = due.id AND each.status = 'OPEN' RETURNING each.*
        )
        {_TELL_OF_OFFERS.format(template=template)}
        """,  # noqa: S608 – its parts are written here
        {
            "on": on,
            "through": on + timedelta(days=days_before),
            "at": not_before,
            "first": first,
            "end": end,
        },
    )
    return int(cursor.rowcount)


_DUE = """
(SELECT max(coming.due_on) FROM (
     SELECT row.due_on FROM repayments_installment AS row
     WHERE row.loan_id = {loan} AND row.is_current AND row.due_on >= {since}
     ORDER BY row.due_on LIMIT %(payments)s
 ) AS coming)
"""


def follow_plans(
    cursor: CursorWrapper, *, on: date, first: int, end: int, clocks: PlanClocks, actor: str
) -> Mapping[str, int]:
    """
    Follow the running plans and the observations of a range, from what was counted of its loans.

    What is missing breaks a plan, what is paid in time cures it, and a loan that ended completes it. What a plan that
    has ended gave up is owed again by `services.relief.after_the_night`.

    :returns: `{"plans_broken", "plans_cured", "plans_completed", "plans_ended"}`.
    """
    about: dict[str, Any] = {
        "on": on,
        "first": first,
        "end": end,
        "actor": actor,
        "broken_after": clocks.broken_after_days,
        "cure_until": on + timedelta(days=clocks.cure_days),
        "months": clocks.observation_months,
        "payments": clocks.observation_payments,
        "probation": clocks.probation_months,
    }
    _observe(cursor, about)
    cursor.execute(
        """
        WITH seen AS (
            SELECT plan.id, loan.status AS loan_status,
                   COALESCE(late.effective_days_past_due, kept.effective_days_past_due, 0) AS days
            FROM collections_mgmt_restructuringplan AS plan
            JOIN loans_loan AS loan ON loan.id = plan.loan_id
            LEFT JOIN close_status AS late ON late.loan_id = plan.loan_id
            LEFT JOIN collections_mgmt_overduestatus AS kept ON kept.loan_id = plan.loan_id
            WHERE plan.status IN ('ACCEPTED', 'ACTIVE', 'BROKEN', 'CURED') AND plan.accepted_on <= %(on)s
              AND plan.loan_id >= %(first)s AND plan.loan_id < %(end)s
        ), found AS (
            SELECT plan.id, plan.status AS before, CASE
                       WHEN seen.loan_status = 'SETTLED' THEN 'COMPLETED'
                       WHEN seen.loan_status <> 'ACTIVE' THEN 'ENDED'
                       WHEN plan.status = 'BROKEN' THEN
                           CASE WHEN seen.days <= 0 THEN 'CURED'
                                WHEN %(on)s >= plan.cure_until THEN 'ENDED' ELSE 'BROKEN' END
                       WHEN seen.days > %(broken_after)s THEN 'BROKEN'
                       WHEN plan.status = 'ACCEPTED' AND (%(on)s >= plan.withdraw_until OR EXISTS (
                           SELECT FROM repayments_payment AS payment
                           WHERE payment.loan_id = plan.loan_id AND payment.event_id > plan.after_event
                             AND NOT payment.is_returned
                       )) THEN 'ACTIVE'
                       ELSE plan.status END AS status,
                   seen.loan_status
            FROM seen JOIN collections_mgmt_restructuringplan AS plan ON plan.id = seen.id
        ), decided AS (
            UPDATE collections_mgmt_restructuringplan AS plan
            SET status = found.status,
                broken_on = CASE WHEN found.status = 'BROKEN' THEN %(on)s ELSE plan.broken_on END,
                cure_until = CASE WHEN found.status = 'BROKEN' THEN %(cure_until)s ELSE plan.cure_until END,
                breaks = plan.breaks + (found.status = 'BROKEN')::int,
                breaks_on = CASE WHEN found.status = 'BROKEN' THEN plan.breaks_on || %(on)s::date
                                 ELSE plan.breaks_on END,
                ended_on = CASE WHEN found.status IN ('COMPLETED', 'ENDED') THEN %(on)s::date END,
                is_to_revert = found.status = 'ENDED' AND found.loan_status IN ('ACTIVE', 'CHARGED_OFF')
            FROM found
            WHERE plan.id = found.id AND plan.status = found.before AND plan.status <> found.status
            RETURNING plan.id, plan.loan_id, plan.offer_id, plan.reference, plan.status, plan.cure_until, plan.breaks,
                      plan.taken_over || plan.events AS booked, plan.flag
        ), told AS (
            INSERT INTO messaging_outboxmessage (dedupe_key, borrower_id, loan_id, channel, template, params, language)
            SELECT news.template || ':' || decided.id || ':' || decided.breaks, loan.borrower_id, loan.id, 'IN_APP',
                   news.template, jsonb_build_object('loan_number', loan.number, 'currency', loan.currency,
                       'reference', decided.reference, 'cure_on', decided.cure_until, 'given_up_minor', given_up.minor,
                       'overdue_minor',
                       NULLIF(late.principal_minor + late.interest_minor + late.fee_minor, 0)), borrower.language
            FROM decided JOIN loans_loan AS loan ON loan.id = decided.loan_id
            JOIN users_borrower AS borrower ON borrower.id = loan.borrower_id
            LEFT JOIN close_status AS late ON late.loan_id = decided.loan_id
            JOIN (VALUES ('BROKEN', 'collections.plan_broken'), ('CURED', 'collections.plan_cured'),
                         ('COMPLETED', 'collections.plan_completed'), ('ENDED', 'collections.plan_ended'))
                AS news (status, template) ON news.status = decided.status
            CROSS JOIN LATERAL (
                SELECT sum(waived.amount_minor) AS minor
                FROM jsonb_array_elements_text(decided.booked) AS event
                JOIN repayments_loanevent AS waived ON waived.id = event::bigint AND waived.kind = 'WAIVER'
            ) AS given_up
            WHERE (decided.status <> 'ENDED' OR loan.status = 'ACTIVE')
              -- The plan that a due day was moved beside says it all.
              AND NOT (decided.flag = '' AND EXISTS (
                  SELECT FROM collections_mgmt_restructuringplan AS other
                  WHERE other.loan_id = decided.loan_id AND other.id <> decided.id AND other.flag <> ''
                    AND other.status IN ('ACCEPTED', 'ACTIVE', 'BROKEN', 'CURED')
              ))
            ON CONFLICT (dedupe_key) DO NOTHING
        ), noted AS (
            INSERT INTO audit_auditrecord (action, subject_type, subject_id, actor, data)
            SELECT 'collections.plan_' || lower(decided.status), 'loan', decided.loan_id::text, %(actor)s,
                   jsonb_build_object('plan', decided.reference)
            FROM decided WHERE decided.status <> 'ACTIVE'
        ), partners_told AS (
            INSERT INTO webhooks_partnerevent (partner_id, type, subject, data)
            SELECT loan.partner_id, 'relief.ended', loan.number, jsonb_build_object(
                'loan', loan.number, 'offer', offered.reference, 'plan', decided.reference,
                'status', decided.status, 'on', %(on)s::date)
            FROM decided JOIN loans_loan AS loan ON loan.id = decided.loan_id AND loan.partner_id IS NOT NULL
            JOIN collections_mgmt_restructuringoffer AS way ON way.id = decided.offer_id
            JOIN collections_mgmt_offerset AS offered ON offered.id = way.offer_set_id
            WHERE decided.status IN ('COMPLETED', 'ENDED')
        )
        SELECT count(*) FILTER (WHERE status = 'BROKEN'), count(*) FILTER (WHERE status = 'CURED'),
               count(*) FILTER (WHERE status = 'COMPLETED'), count(*) FILTER (WHERE status = 'ENDED')
        FROM decided
        """,
        about,
    )
    names = ("plans_broken", "plans_cured", "plans_completed", "plans_ended")
    return dict(zip(names, cursor.fetchone(), strict=True))


def _observe(cursor: CursorWrapper, about: Mapping[str, Any]) -> None:
    """Begin the observation of a loan anew where something was missed, and end it where it is over."""
    cursor.execute(
        f"""
        WITH missed AS (
            SELECT plan.id, late.oldest_due_on + 1 AS since
            FROM collections_mgmt_restructuringplan AS plan
            JOIN close_status AS late ON late.loan_id = plan.loan_id AND late.days_past_due > 0
            WHERE plan.is_observed AND plan.accepted_on <= %(on)s AND late.oldest_due_on + 1 > plan.observed_from
              AND plan.loan_id >= %(first)s AND plan.loan_id < %(end)s
        ), clock AS (
            SELECT plan.id, missed.since, GREATEST(
                       (missed.since + make_interval(months => %(months)s))::date,
                       {_DUE.format(loan="plan.loan_id", since="missed.since")}
                   ) AS until
            FROM missed JOIN collections_mgmt_restructuringplan AS plan ON plan.id = missed.id
        )
        UPDATE collections_mgmt_restructuringplan AS plan
        SET observed_from = clock.since, observed_until = clock.until,
            forborne_until = (clock.until + make_interval(months => %(probation)s))::date
        FROM clock WHERE plan.id = clock.id AND plan.is_observed
        """,  # noqa: S608 – its parts are written here
        about,
    )
    cursor.execute(
        """
        UPDATE collections_mgmt_restructuringplan AS plan
        SET is_observed = false, observation_ended_on = %(on)s
        FROM loans_loan AS loan
        WHERE plan.is_observed AND plan.accepted_on <= %(on)s
          AND plan.loan_id >= %(first)s AND plan.loan_id < %(end)s AND loan.id = plan.loan_id
          AND (loan.status <> 'ACTIVE' OR (plan.observed_until <= %(on)s AND NOT EXISTS (
              SELECT FROM close_status AS late WHERE late.loan_id = plan.loan_id AND late.days_past_due > 0
          )))
        """,
        about,
    )
