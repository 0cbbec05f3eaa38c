"""
Strategies at night, as set-based SQL: what is known of each borrower who is behind, which row they follow, what is due.

It runs after the files are weighed, in their transaction and under their locks. Who follows the challenger is drawn
from the borrower's id and the trial, so that it is the same every night and has nothing to do with who they are.
Nothing is done while something runs that was agreed or asked; the days of a wait stand still meanwhile.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.backends.utils import CursorWrapper

from collections_mgmt.domain.strategy import WORDINGS
from collections_mgmt.selectors.segment_facts import facts_parameters, facts_sql
from collections_mgmt.services.overdue_sql import MANY
from dashu.messaging import guard
from dashu.messaging.models import Purpose
from dashu.policy.strategies import StrategyRules

_OPEN = "SELECT id FROM collections_mgmt_casefile WHERE state <> 'CLOSED'"
# What stands in the way of the next step, the gravest first; of any of the borrower's loans.
_PAUSED = """
CASE
    WHEN EXISTS (
        SELECT FROM collections_mgmt_hold AS hold JOIN loans_loan AS loan ON loan.id = hold.loan_id
        WHERE loan.borrower_id = facts.borrower_id AND hold.ended_on IS NULL AND hold.contact <> 'NONE'
          AND hold.starts_on <= %(send_on)s
    ) OR EXISTS (
        -- A dispute of a loan that has ended has no hold; the contact guard stops all contact for it all the same.
        SELECT FROM collections_mgmt_dispute AS asked
        WHERE asked.borrower_id = facts.borrower_id AND asked.answered_at IS NULL
    ) THEN 'HOLD'
    WHEN EXISTS (
        SELECT FROM collections_mgmt_hardshiprequest AS asked
        WHERE asked.borrower_id = facts.borrower_id AND asked.answered_at IS NULL
    ) THEN 'HELP'
    WHEN EXISTS (
        SELECT FROM collections_mgmt_complaint AS asked
        WHERE asked.borrower_id = facts.borrower_id AND asked.answered_at IS NULL
    ) THEN 'COMPLAINT'
    WHEN EXISTS (
        SELECT FROM collections_mgmt_promisetopay AS promise JOIN loans_loan AS loan ON loan.id = promise.loan_id
        WHERE loan.borrower_id = facts.borrower_id AND promise.status = 'OPEN'
    ) THEN 'PROMISE'
    WHEN EXISTS (
        SELECT FROM collections_mgmt_arrangement AS plan JOIN loans_loan AS loan ON loan.id = plan.loan_id
        WHERE loan.borrower_id = facts.borrower_id AND plan.status = 'ACTIVE'
    ) THEN 'PLAN'
    WHEN EXISTS (
        SELECT FROM collections_mgmt_settlement AS offer JOIN loans_loan AS loan ON loan.id = offer.loan_id
        WHERE loan.borrower_id = facts.borrower_id AND offer.status IN ('OFFERED', 'ACCEPTED', 'ACTIVE')
    ) THEN 'SETTLEMENT'
    WHEN EXISTS (
        SELECT FROM collections_mgmt_casefile AS file
        WHERE file.id = facts.file_id AND file.state = 'WAITING'
          AND file.waits_for IN ('PROMISE', 'HOLD', 'ANSWER', 'PAYMENT', 'AGENCY')
    ) OR EXISTS (
        SELECT FROM collections_mgmt_placement AS there JOIN loans_loan AS loan ON loan.id = there.loan_id
        WHERE loan.borrower_id = facts.borrower_id AND there.recalled_on IS NULL
    ) THEN 'DESK'
    ELSE ''
END
"""
# A number from 0 to 9,999 that is a borrower's own in the trial of a version; another version draws anew.
_DRAWN = "(('x' || left(md5('strategy:' || {version} || ':' || {borrower}), 8))::bit(32)::bigint %% 10000)"


@dataclass(frozen=True, slots=True)
class Night:
    """
    :param on: the date that was closed. :param send_on: the day on which steps are done.
    :param not_before: when messages of that day go out, and the moment for which the contact guard is asked.
    """

    on: date
    send_on: date
    not_before: datetime


def follow_strategies(cursor: CursorWrapper, night: Night, *, rules: StrategyRules, acts: bool) -> Mapping[str, int]:
    """
    Assign every open file to a row and do the steps that are due, each once however often this runs.

    :param acts: whether steps are done; not for dates that are made up for.
    :returns: `{"strategies": files that follow one, "strategy_messages": …, "strategy_tasks": …}`.
    """
    given = {"send_on": night.send_on, "on": night.on, "actor": "system:close"}
    _find_facts(cursor, night, rules)
    _leave(cursor)
    _draw(cursor, given)
    _place(cursor, given)
    counts = {"strategies": _count(cursor, "collections_mgmt_strategyplace")}
    if acts:
        counts |= _act(cursor, night, given)
    return counts


def _find_facts(cursor: CursorWrapper, night: Night, rules: StrategyRules) -> None:
    _fresh(
        cursor,
        "strategy_facts (file_id bigint PRIMARY KEY, borrower_id bigint, product text, days int, level int,"
        " language text, value_minor bigint, care text, surplus_minor bigint, asked_minor bigint, opened int, kept int,"
        " broken int, paid int, capacity text, readiness text, paused text, champion_id bigint, challenger_id bigint,"
        " version_id bigint, row_id bigint)",
    )
    cursor.execute(
        f"""
        WITH file_of AS ({_OPEN}), facts AS ({facts_sql()})
        INSERT INTO strategy_facts
        SELECT facts.file_id, facts.borrower_id, facts.product, facts.days, facts.level, facts.language,
               facts.value_minor, facts.care, facts.surplus_minor, facts.asked_minor, facts.opened, facts.kept,
               facts.broken, facts.paid, facts.capacity, facts.readiness, {_PAUSED}, champion.id, challenger.id
        FROM facts
        JOIN LATERAL (
            SELECT version.id, version.strategy_id FROM collections_mgmt_strategyversion AS version
            JOIN collections_mgmt_strategy AS strategy ON strategy.id = version.strategy_id
            WHERE version.status = 'PUBLISHED' AND version.role = 'CHAMPION' AND strategy.product IN (facts.product, '')
            ORDER BY strategy.product = '' LIMIT 1
        ) AS champion ON true
        LEFT JOIN collections_mgmt_strategyversion AS challenger ON challenger.strategy_id = champion.strategy_id
            AND challenger.status = 'PUBLISHED' AND challenger.role = 'CHALLENGER'
        """,  # noqa: S608 – constants of this module
        # By day, a payment that came back may have opened the only case of a file after the date that is closed.
        {**facts_parameters(night.on, rules, until=date.max), "send_on": night.send_on},
    )
    if cursor.rowcount > MANY:
        cursor.execute("ANALYZE strategy_facts")
    drawn = _DRAWN.format(version="challenger.id", borrower="facts.borrower_id")
    cursor.execute(
        f"""
        UPDATE strategy_facts AS facts
        SET version_id = CASE WHEN challenger.share_bps > {drawn}
                              THEN challenger.id ELSE facts.champion_id END
        FROM strategy_facts AS same
        LEFT JOIN collections_mgmt_strategyversion AS challenger ON challenger.id = same.challenger_id
        WHERE same.file_id = facts.file_id
        """,  # noqa: S608 – constants of this module
        {},
    )
    cursor.execute(
        """
        UPDATE strategy_facts AS facts SET row_id = (
            SELECT row.id FROM collections_mgmt_strategyrow AS row
            WHERE row.version_id = facts.version_id AND row.from_days <= facts.days
              AND (row.to_days IS NULL OR facts.days <= row.to_days)
              AND row.capacity IN ('', facts.capacity) AND row.readiness IN ('', facts.readiness)
              AND row.product IN ('', facts.product) AND row.care IN ('', facts.care)
              AND row.language IN ('', facts.language) AND row.level IN (0, facts.level)
            ORDER BY row.place LIMIT 1
        )
        """
    )


def _leave(cursor: CursorWrapper) -> None:
    """Files that are closed, or whose strategy has no version in use any more, follow none."""
    cursor.execute(
        """
        DELETE FROM collections_mgmt_strategyplace AS place
        WHERE NOT EXISTS (SELECT FROM strategy_facts AS facts WHERE facts.file_id = place.file_id)
        """
    )


def _draw(cursor: CursorWrapper, given: Mapping[str, Any]) -> None:
    """Note in which part of a trial each borrower is, once, whatever then happens to them."""
    cursor.execute(
        """
        INSERT INTO collections_mgmt_strategydraw
            (version_id, borrower_id, file_id, is_challenger, drawn_on, overdue_minor)
        SELECT challenger_id, borrower_id, file_id, version_id = challenger_id, %(send_on)s, value_minor
        FROM strategy_facts WHERE challenger_id IS NOT NULL ORDER BY file_id
        ON CONFLICT (version_id, borrower_id) DO NOTHING
        """,
        given,
    )


def _place(cursor: CursorWrapper, given: Mapping[str, Any]) -> None:
    """Put each file into its row. A new row begins from its first step; whoever stays goes on where they were."""
    cursor.execute(
        """
        INSERT INTO collections_mgmt_strategyplace AS place
            (file_id, borrower_id, version_id, row_id, since, counted_from, paused, product, capacity, readiness,
             surplus_minor, asked_minor, opened, kept, broken, paid)
        SELECT file_id, borrower_id, version_id, row_id, %(send_on)s, %(send_on)s, paused, product, capacity, readiness,
               surplus_minor, asked_minor, opened, kept, broken, paid
        FROM strategy_facts ORDER BY file_id
        ON CONFLICT (file_id) DO UPDATE
        SET version_id = excluded.version_id, row_id = excluded.row_id, paused = excluded.paused,
            product = excluded.product, capacity = excluded.capacity, readiness = excluded.readiness,
            surplus_minor = excluded.surplus_minor, asked_minor = excluded.asked_minor, opened = excluded.opened,
            kept = excluded.kept, broken = excluded.broken, paid = excluded.paid,
            since = CASE WHEN place.row_id = excluded.row_id THEN place.since ELSE excluded.since END,
            steps_done = CASE WHEN place.row_id = excluded.row_id THEN place.steps_done ELSE 0 END,
            counted_from = CASE WHEN place.row_id = excluded.row_id AND excluded.paused = ''
                                THEN place.counted_from ELSE excluded.counted_from END
        """,
        given,
    )


def _act(cursor: CursorWrapper, night: Night, given: Mapping[str, Any]) -> Mapping[str, int]:
    _fresh(
        cursor,
        "strategy_due (file_id bigint PRIMARY KEY, borrower_id bigint, row_id bigint, version_id bigint, since date,"
        " number int, act text, channel text, outcome text, loan_id bigint, message_id bigint)",
    )
    cursor.execute(
        """
        INSERT INTO strategy_due
        SELECT place.file_id, place.borrower_id, place.row_id, place.version_id, place.since, place.steps_done + 1,
               step.value ->> 'act', step.value ->> 'channel',
               CASE step.value ->> 'act' WHEN 'TASK' THEN 'TASK' WHEN 'NOTHING' THEN 'NOTHING' END,
               (
                   SELECT CASE WHEN count(*) = 1 THEN min(loan.id) END
                   FROM loans_loan AS loan JOIN collections_mgmt_collectioncase AS item ON item.loan_id = loan.id
                   WHERE loan.borrower_id = place.borrower_id AND item.status = 'OPEN'
               )
        FROM collections_mgmt_strategyplace AS place
        JOIN collections_mgmt_strategyrow AS row ON row.id = place.row_id
        CROSS JOIN LATERAL (SELECT row.steps -> place.steps_done::int AS value) AS step
        WHERE place.paused = '' AND step.value IS NOT NULL
          AND place.counted_from + (step.value ->> 'wait')::int <= %(send_on)s
          -- Nobody is written to twice on the morning on which they begin to follow a strategy.
          AND NOT (step.value ->> 'act' = ANY(%(told)s) AND EXISTS (
              SELECT FROM messaging_outboxmessage AS message
              WHERE message.dedupe_key = 'reminder:' || place.borrower_id || ':' || %(send_on)s::date
          ))
          -- Nor twice when a night is run again and finds them in another row.
          AND NOT (step.value ->> 'act' = ANY(%(told)s) AND EXISTS (
              SELECT FROM collections_mgmt_strategyact AS told JOIN collections_mgmt_casefile AS file
                  ON file.id = told.file_id
              WHERE file.borrower_id = place.borrower_id AND told.done_on = %(send_on)s AND told.outcome = 'QUEUED'
          ))
          AND NOT EXISTS (
              SELECT FROM collections_mgmt_strategyact AS done
              WHERE done.file_id = place.file_id AND done.row_id = place.row_id AND done.since = place.since
                AND done.number = place.steps_done + 1
          )
        """,
        {**given, "told": [act.value for act in WORDINGS]},
    )
    if cursor.rowcount > MANY:
        cursor.execute("ANALYZE strategy_due")
    messages = _queue_messages(cursor, night)
    cursor.execute(
        """
        INSERT INTO collections_mgmt_strategyact
            (file_id, row_id, version_id, since, number, act, channel, outcome, done_on, message_id)
        SELECT file_id, row_id, version_id, since, number, act, channel, outcome, %(send_on)s, message_id
        FROM strategy_due WHERE outcome IS NOT NULL ORDER BY file_id
        ON CONFLICT (file_id, row_id, since, number) DO NOTHING
        """,
        given,
    )
    cursor.execute(
        """
        UPDATE collections_mgmt_strategyplace AS place SET steps_done = due.number, counted_from = %(send_on)s
        FROM strategy_due AS due WHERE due.file_id = place.file_id AND due.outcome IS NOT NULL
        """,
        given,
    )
    return {"strategy_messages": messages, "strategy_tasks": _give_tasks(cursor, given)}


def _queue_messages(cursor: CursorWrapper, night: Night) -> int:
    """Queue a message for each due one, on the channel asked for where it is allowed, else on the best that is."""
    _fresh(cursor, "strategy_verdict (borrower_id bigint, channel text, reasons text[], place int)")
    about = {
        **guard.parameters(purpose=Purpose.REMINDER, at=night.not_before),
        "acts": [act.value for act in WORDINGS],
        "kinds": list(WORDINGS.values()),
        "send_on": night.send_on.isoformat(),
    }
    cursor.execute(
        f"""
        WITH asked AS (SELECT borrower_id FROM strategy_due WHERE outcome IS NULL)
        INSERT INTO strategy_verdict SELECT borrower_id, channel, reasons, rank FROM ({guard.verdicts_sql()}) AS verdict
        """,  # noqa: S608 – its parts are written here
        about,
    )
    cursor.execute(
        """
        WITH chosen AS MATERIALIZED (
            SELECT DISTINCT ON (due.file_id) due.file_id, verdict.channel
            FROM strategy_due AS due JOIN strategy_verdict AS verdict USING (borrower_id)
            WHERE due.outcome IS NULL AND verdict.reasons <@ '{QUIET_HOURS}'
            ORDER BY due.file_id, verdict.channel IS DISTINCT FROM nullif(due.channel, ''), verdict.place
        ), said AS (SELECT * FROM unnest(%(acts)s::text[], %(kinds)s::text[]) AS said (act, kind)),
        put AS (
            INSERT INTO messaging_outboxmessage
                (dedupe_key, borrower_id, loan_id, channel, template, params, language, not_before, purpose, status)
            SELECT 'strategy:' || due.file_id || ':' || due.row_id || ':' || due.since || ':' || due.number,
                   due.borrower_id, due.loan_id, coalesce(chosen.channel, 'IN_APP'), said.kind,
                   jsonb_build_object('strategy', due.file_id, 'for', %(send_on)s), borrower.language, %(at)s,
                   %(purpose)s, CASE WHEN chosen.channel IS NULL THEN 'BLOCKED' ELSE 'PENDING' END
            FROM strategy_due AS due JOIN said USING (act)
            JOIN users_borrower AS borrower ON borrower.id = due.borrower_id
            LEFT JOIN chosen USING (file_id)
            ORDER BY due.borrower_id
            ON CONFLICT (dedupe_key) DO NOTHING
            RETURNING id, borrower_id, channel, status
        ), noted AS (
            UPDATE strategy_due AS due
            SET message_id = put.id, channel = put.channel,
                outcome = CASE put.status WHEN 'BLOCKED' THEN 'BLOCKED' ELSE 'QUEUED' END
            FROM put WHERE put.borrower_id = due.borrower_id
        ), refused AS (
            INSERT INTO messaging_guarddecision
                (borrower_id, message_id, channel, purpose, stage, reasons, operator, pack, rules_version, at)
            SELECT put.borrower_id, put.id, verdict.channel, %(purpose)s, 'QUEUED', verdict.reasons, 'system:close',
                   %(pack)s, %(rules_version)s, now()
            FROM put JOIN strategy_verdict AS verdict USING (borrower_id)
            WHERE put.status = 'BLOCKED' AND NOT verdict.reasons <@ '{QUIET_HOURS,NO_ADDRESS}'
        )
        SELECT count(*) FILTER (WHERE status = 'PENDING') FROM put
        """,
        about,
    )
    return int(cursor.fetchone()[0])


def _give_tasks(cursor: CursorWrapper, given: Mapping[str, Any]) -> int:
    """Have somebody look at these files by the day; what was only put off is ready, what waits goes on."""
    cursor.execute(
        """
        UPDATE collections_mgmt_casefile AS file
        SET review_due_on = LEAST(file.review_due_on, %(send_on)s),
            state = CASE WHEN is_put_off THEN 'READY' ELSE file.state END,
            next_action_at = CASE WHEN NOT is_put_off THEN file.next_action_at END,
            waits_for = CASE WHEN is_put_off THEN '' ELSE file.waits_for END
        FROM strategy_due AS due JOIN collections_mgmt_casefile AS old ON old.id = due.file_id
        CROSS JOIN LATERAL (SELECT old.state = 'WAITING' AND old.waits_for IN ('LOOKED', 'OTHER') AS is_put_off) AS now
        WHERE file.id = due.file_id AND due.outcome = 'TASK'
        """,
        given,
    )
    return cursor.rowcount


def _fresh(cursor: CursorWrapper, table: str) -> None:
    """Have the temporary table, without rows."""
    cursor.execute(f"CREATE TEMPORARY TABLE IF NOT EXISTS {table} ON COMMIT DELETE ROWS")
    cursor.execute(f"DELETE FROM {table.split()[0]}")  # noqa: S608 – a constant of this module


def _count(cursor: CursorWrapper, table: str) -> int:
    cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 – a constant of this module
    return int(cursor.fetchone()[0])
