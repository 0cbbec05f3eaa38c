"""
Files opened, weighed anew and closed, as set-based SQL: after the cases of a whole night, or of one borrower by day.

A borrower's loans may lie in several ranges of a close, so files follow from the cases only when all ranges are done.
The weights say the same as `collections_mgmt.domain.priority`; a test compares the two.
"""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.backends.utils import CursorWrapper

from collections_mgmt.models import Hold
from dashu.policy import rules as policy
from dashu.policy.case_desk import BPS, DeskRules, Points, PriorityRules
from dashu.policy.selectors import PolicyRuleMissing

# These say that the person is in a state in which ordinary contact could do harm.
CARE_HOLDS = (Hold.Kind.DECEASED.value, Hold.Kind.BREATHING_SPACE.value, "VULNERABLE_REVIEW")
_ONE = "AND {}.borrower_id = %(borrower)s"
_CARED_FOR: dict[str, str] = {}


def register_care(name: str, borrowers: str) -> None:
    """
    Let a file need special care for another reason than a hold.

    :param borrowers: a SELECT of the ids of the borrowers whom it is about now, without parameters.
    """
    _CARED_FOR[name] = borrowers


def refresh_files(cursor: CursorWrapper, *, on: date, actor: str, borrower_id: int | None = None) -> Mapping[str, int]:
    """
    Bring the files to what the cases say.

    :param borrower_id: only this one's; without it, everybody's.
    :returns: `{"files_opened": …, "files_closed": …, "files": …}`, the last one being those that are open.
    """
    try:
        priority, desk = policy.case_priority(on), policy.case_desk(on)
    except PolicyRuleMissing:  # of a country whose desk has no rules yet
        return {}
    given = {
        "on": on,
        "actor": actor,
        "borrower": borrower_id,
        "contact_days": desk.contact_days,
        "first_review": desk.review_in(1),
    }
    _lock(cursor, given)
    closed = _close(cursor, given)
    opened = _open(cursor, given)
    weighed = _weigh(cursor, {**given, **_weights(priority, desk)})
    return {"files_opened": opened, "files_closed": closed, "files": weighed}


def _only(table: str, given: Mapping[str, Any]) -> str:
    return _ONE.format(table) if given["borrower"] is not None else ""


def _lock(cursor: CursorWrapper, given: Mapping[str, Any]) -> None:
    """Lock in the order of ids, as every writer of several files does."""
    cursor.execute(
        f"""
        SELECT COUNT(*) FROM (
            SELECT id FROM collections_mgmt_casefile AS file
            WHERE state <> 'CLOSED' {_only("file", given)} ORDER BY id FOR NO KEY UPDATE
        ) AS locked
        """,  # noqa: S608 – a constant of this module
        given,
    )


def _open(cursor: CursorWrapper, given: Mapping[str, Any]) -> int:
    cursor.execute(
        f"""
        WITH opened AS (
            INSERT INTO collections_mgmt_casefile
                (number, borrower_id, opened_on, weighed_on, contact_due_on, review_due_on)
            SELECT 'F' || lpad(floor(random() * 1000000000000)::bigint::text, 12, '0'), behind.borrower_id, %(on)s,
                   %(on)s, %(on)s::date + %(contact_days)s, %(on)s::date + %(first_review)s
            FROM (
                SELECT DISTINCT loan.borrower_id FROM collections_mgmt_collectioncase AS item
                JOIN loans_loan AS loan ON loan.id = item.loan_id
                WHERE item.status = 'OPEN' {_only("loan", given)}
            ) AS behind
            WHERE NOT EXISTS (
                SELECT FROM collections_mgmt_casefile AS file
                WHERE file.borrower_id = behind.borrower_id AND file.state <> 'CLOSED'
            )
            -- Another close, by day, may have opened it; a number that is taken is drawn again the next time.
            ON CONFLICT DO NOTHING
            RETURNING id
        ), noted AS (
            INSERT INTO collections_mgmt_casefileevent (file_id, kind, at, actor)
            SELECT id, 'OPENED', now(), %(actor)s FROM opened
        )
        SELECT COUNT(*) FROM opened
        """,  # noqa: S608 – a constant of this module
        given,
    )
    return int(cursor.fetchone()[0])


def _close(cursor: CursorWrapper, given: Mapping[str, Any]) -> int:
    cursor.execute(
        f"""
        WITH closed AS (
            UPDATE collections_mgmt_casefile AS file
            SET state = 'CLOSED', closed_on = GREATEST(file.opened_on, %(on)s), holder_id = NULL, held_until = NULL,
                next_action_at = NULL, waits_for = ''
            WHERE file.state <> 'CLOSED' {_only("file", given)} AND NOT EXISTS (
                SELECT FROM collections_mgmt_collectioncase AS item JOIN loans_loan AS loan ON loan.id = item.loan_id
                WHERE item.status = 'OPEN' AND loan.borrower_id = file.borrower_id
            )
            RETURNING file.id
        ), noted AS (
            INSERT INTO collections_mgmt_casefileevent (file_id, kind, at, actor)
            SELECT id, 'CLOSED', now(), %(actor)s FROM closed
        )
        SELECT COUNT(*) FROM closed
        """,  # noqa: S608 – a constant of this module
        given,
    )
    return int(cursor.fetchone()[0])


_FACTS = """
    array_remove(ARRAY[
        CASE WHEN NOT EXISTS (
            SELECT FROM collections_mgmt_collectioncase AS earlier
            JOIN loans_loan AS other ON other.id = earlier.loan_id
            WHERE other.borrower_id = behind.borrower_id AND earlier.status = 'CLOSED'
        ) THEN 'FIRST_TIME' END,
        CASE WHEN behind.loans > 1 THEN 'SEVERAL_LOANS' END,
        CASE WHEN EXISTS (
            SELECT FROM repayments_payment AS payment
            WHERE payment.loan_id = ANY(behind.loan_ids) AND NOT payment.is_returned
              AND payment.received_on BETWEEN %(on)s::date - %(paid_days)s AND %(on)s::date
        ) THEN 'PAID_LATELY' END,
        CASE WHEN EXISTS (
            SELECT FROM collections_mgmt_promisetopay AS promise
            WHERE promise.loan_id = ANY(behind.loan_ids) AND promise.status = 'OPEN'
        ) THEN 'PROMISE_RUNS' END,
        (
            SELECT 'PROMISE_' || promise.status FROM collections_mgmt_promisetopay AS promise
            WHERE promise.loan_id = ANY(behind.loan_ids) AND promise.status IN ('KEPT', 'BROKEN')
              AND promise.decided_on > %(on)s::date - %(kept_days)s
            ORDER BY promise.decided_on DESC, promise.id DESC LIMIT 1
        ),
        (
            SELECT CASE WHEN asked.answered_at IS NULL THEN 'HELP_ASKED' ELSE 'HELP_BEFORE' END
            FROM collections_mgmt_hardshiprequest AS asked
            WHERE asked.borrower_id = behind.borrower_id
              AND (asked.answered_at IS NULL OR asked.answered_at > %(on)s::date - %(help_days)s)
            ORDER BY asked.id DESC LIMIT 1
        ),
        CASE WHEN EXISTS (
            SELECT FROM collections_mgmt_complaint AS asked
            WHERE asked.borrower_id = behind.borrower_id AND asked.answered_at IS NULL
        ) THEN 'COMPLAINT' END,
        CASE WHEN EXISTS (
            SELECT FROM collections_mgmt_dispute AS asked
            WHERE asked.borrower_id = behind.borrower_id AND asked.answered_at IS NULL
        ) THEN 'DISPUTE' END,
        CASE WHEN held.is_held THEN 'HOLD' END,
        CASE WHEN held.needs_care {cared_for} THEN 'CARE' END,
        CASE WHEN behind.is_business THEN 'BUSINESS' END
    ], NULL)
"""


def _weigh(cursor: CursorWrapper, given: Mapping[str, Any]) -> int:
    """
    Find the facts of every open file anew, and what follows: weights, what people need who work on it, and its team.

    A team that still fits keeps it, and so does a person of that team. What waited for a promise or a hold that is over
    is ready again.
    """
    facts = _FACTS.format(cared_for="".join(f"OR behind.borrower_id IN ({each})" for each in _CARED_FOR.values()))
    cursor.execute(
        f"""
        WITH behind AS MATERIALIZED (
            SELECT file.id AS file_id, file.borrower_id, array_agg(loan.id) AS loan_ids, COUNT(*) AS loans,
                   bool_or(product.kind = 'SME') AS is_business, MIN(loan.currency) AS currency,
                   MAX(item.level) AS level, MAX(status.effective_days_past_due) AS days,
                   SUM(status.principal_minor + status.interest_minor + status.fee_minor + status.penalty_minor)::bigint
                       AS value_minor
            FROM collections_mgmt_casefile AS file
            JOIN loans_loan AS loan ON loan.borrower_id = file.borrower_id
            JOIN collections_mgmt_collectioncase AS item ON item.loan_id = loan.id AND item.status = 'OPEN'
            JOIN collections_mgmt_overduestatus AS status ON status.loan_id = loan.id
            JOIN loans_productterms AS version ON version.id = loan.product_terms_id
            JOIN loans_product AS product ON product.id = version.product_id
            WHERE file.state <> 'CLOSED' {_only("file", given)}
            GROUP BY file.id
        ), found AS MATERIALIZED (
            SELECT behind.*, {facts} AS facts FROM behind
            CROSS JOIN LATERAL (
                SELECT COALESCE(bool_or(hold.kind <> ALL(%(care_holds)s)), false) AS is_held,
                       COALESCE(bool_or(hold.kind = ANY(%(care_holds)s)), false) AS needs_care
                FROM collections_mgmt_hold AS hold
                WHERE hold.loan_id = ANY(behind.loan_ids) AND hold.ended_on IS NULL AND hold.starts_on <= %(on)s
            ) AS held
        ), shares AS MATERIALIZED (
            SELECT found.*, LEAST(%(cure_high)s, GREATEST(%(cure_low)s,
                       (%(cure_bands)s::int[])[width_bucket(found.days, %(cure_starts)s::int[])]
                       + (SELECT COALESCE(SUM((%(cure_facts)s::jsonb ->> fact)::int), 0) FROM unnest(facts) AS fact)
                   )) AS cure_bps,
                   LEAST(%(harm_high)s, GREATEST(%(harm_low)s,
                       (%(harm_bands)s::int[])[width_bucket(found.days, %(harm_starts)s::int[])]
                       + (SELECT COALESCE(SUM((%(harm_facts)s::jsonb ->> fact)::int), 0) FROM unnest(facts) AS fact)
                   )) AS harm_bps
            FROM found
        ), weighed AS (
            SELECT shares.*, borrower.language, shares.harm_bps >= %(care_from)s AS is_care,
                   ARRAY(
                       SELECT DISTINCT skill FROM (
                           SELECT %(skills)s::jsonb ->> fact AS skill FROM unnest(shares.facts) AS fact
                           UNION ALL
                           SELECT CASE WHEN shares.harm_bps >= %(care_from)s THEN %(care_skill)s ELSE
                               (%(level_skills)s::text[])[width_bucket(shares.level, %(level_starts)s::int[])] END
                       ) AS needed WHERE skill <> '' ORDER BY skill
                   )::varchar[] AS skills
            FROM shares JOIN users_borrower AS borrower ON borrower.id = shares.borrower_id
        ), placed AS (
            SELECT weighed.*, div(weighed.value_minor::numeric * weighed.cure_bps
                       * CASE WHEN weighed.is_care THEN weighed.harm_bps ELSE %(bps)s - weighed.harm_bps END,
                       %(bps)s::numeric * %(bps)s)::bigint AS priority,
                   fitting.id AS team_id
            FROM weighed
            JOIN collections_mgmt_casefile AS file ON file.id = weighed.file_id
            LEFT JOIN LATERAL (
                SELECT team.id FROM collections_mgmt_team AS team
                WHERE team.is_active AND weighed.level BETWEEN team.first_level AND team.last_level
                  AND team.skills @> weighed.skills
                ORDER BY team.id IS NOT DISTINCT FROM file.team_id DESC, cardinality(team.skills), team.id LIMIT 1
            ) AS fitting ON true
        )
        UPDATE collections_mgmt_casefile AS file
        SET facts = placed.facts, value_minor = placed.value_minor, days = placed.days, level = placed.level,
            currency = placed.currency, language = placed.language, skills = placed.skills,
            cure_bps = placed.cure_bps, harm_bps = placed.harm_bps, is_care = placed.is_care,
            priority = placed.priority, weighed_on = %(on)s, team_id = placed.team_id,
            collector_id = (
                SELECT own.user_id FROM collections_mgmt_collectorprofile AS own
                WHERE own.user_id = file.collector_id AND own.team_id = placed.team_id AND own.skills @> placed.skills
            ),
            state = CASE WHEN woken.is_over THEN 'READY' ELSE file.state END,
            next_action_at = CASE WHEN NOT woken.is_over THEN file.next_action_at END,
            waits_for = CASE WHEN woken.is_over THEN '' ELSE file.waits_for END
        FROM placed CROSS JOIN LATERAL (
            SELECT old.state = 'WAITING' AND (
                old.waits_for = 'PROMISE' AND NOT 'PROMISE_RUNS' = ANY(placed.facts)
                OR old.waits_for = 'HOLD'
                   AND NOT placed.facts && ARRAY['HOLD', 'CARE', 'HELP_ASKED', 'COMPLAINT', 'DISPUTE']
            ) AS is_over
            FROM collections_mgmt_casefile AS old WHERE old.id = placed.file_id
        ) AS woken
        WHERE file.id = placed.file_id
        """,  # noqa: S608 – constants of this module
        given,
    )
    return cursor.rowcount


def _weights(priority: PriorityRules, desk: DeskRules) -> dict[str, Any]:
    levels = sorted(desk.level_skills.items())
    return {
        **_points("cure", priority.cure),
        **_points("harm", priority.harm),
        "care_from": priority.care_from,
        "bps": BPS,
        "kept_days": priority.kept_days,
        "paid_days": priority.paid_days,
        "help_days": priority.help_days,
        "care_holds": list(CARE_HOLDS),
        "skills": json.dumps(desk.skills),
        "care_skill": desk.care_skill,
        "level_starts": [0, *(level for level, _skill in levels)],
        "level_skills": ["", *(skill for _level, skill in levels)],
    }


def _points(name: str, points: Points) -> dict[str, Any]:
    return {
        f"{name}_starts": [days for days, _points in points.bands],
        f"{name}_bands": [more for _days, more in points.bands],
        f"{name}_facts": json.dumps(points.facts),
        f"{name}_low": points.low,
        f"{name}_high": points.high,
    }
