"""
Reminders, as set-based SQL: those of one morning, what is still open of them, and those that a payment made needless.

The close writes a line for each open installment whose reminder falls on the day, and one message for each borrower of
these lines. A borrower's loans may lie in several ranges: the message's key, borrower and day, lets the first range
write it, and the lines of all ranges belong to it. No amount is stored; see `compose_reminders`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.backends.utils import CursorWrapper

from collections_mgmt.services.overdue_sql import MANY
from collections_mgmt.services.rows import named_rows
from dashu.messaging import guard
from dashu.messaging.models import Purpose
from dashu.policy.reaching_out import Holdout, ReminderSchedule

# Nobody is reminded of a loan on which something is being looked into. A hold that concerns the person is the contact
# guard's, see `collections_mgmt.contact_holds`.
_NOT_HELD = """NOT EXISTS (
    SELECT FROM collections_mgmt_hold AS hold
    WHERE hold.loan_id = loan.id AND hold.ended_on IS NULL AND hold.contact <> 'NONE'
)"""
# Nor of what somebody has promised to pay by a day that has not passed, nor while a plan or a settlement is kept; the
# close finds out whether they did.
_NOT_PROMISED = """NOT EXISTS (
    SELECT FROM collections_mgmt_promisetopay AS promise
    WHERE promise.loan_id = row.loan_id AND promise.status = 'OPEN' AND row.due_on <= promise.due_on
) AND NOT EXISTS (
    SELECT FROM collections_mgmt_arrangement AS arrangement
    WHERE arrangement.loan_id = row.loan_id AND arrangement.status = 'ACTIVE'
) AND NOT EXISTS (
    SELECT FROM collections_mgmt_settlement AS settlement
    WHERE settlement.loan_id = row.loan_id AND settlement.status IN ('ACCEPTED', 'ACTIVE')
)"""
# Whether somebody may be told of an installment `row` of `loan`, as the books are now.
OPEN_ROW = f"""
loan.status = 'ACTIVE' AND {_NOT_HELD} AND {_NOT_PROMISED} AND row.unpaid_minor::numeric * 10000
    > (row.principal_minor + row.interest_minor + row.fee_minor)::numeric * loan.tolerance_bps
"""
# After the due date, whoever follows a strategy hears from it alone; and before it, too, on a day on which it wrote to
# them already, which a range that is closed late finds.
_NO_STRATEGY = """(day.after <= 0 OR NOT EXISTS (
    SELECT FROM collections_mgmt_strategyplace AS place WHERE place.borrower_id = loan.borrower_id
)) AND NOT EXISTS (
    SELECT FROM collections_mgmt_casefile AS file JOIN collections_mgmt_strategyact AS told ON told.file_id = file.id
    WHERE file.borrower_id = loan.borrower_id AND told.done_on = %(send_on)s AND told.outcome = 'QUEUED'
)"""
# What is open of the lines of a day, as the books are now: `line` joined with `loan` and its installment `row`.
STILL_OPEN = f"""
JOIN loans_loan AS loan ON loan.id = line.loan_id AND loan.status = 'ACTIVE' AND {_NOT_HELD}
JOIN repayments_installment AS row
    ON row.loan_id = line.loan_id AND row.version = line.version AND row.number = line.number AND row.is_current
    AND row.due_on = line.due_on
    AND row.unpaid_minor::numeric * 10000
        > (row.principal_minor + row.interest_minor + row.fee_minor)::numeric * loan.tolerance_bps
    AND {_NOT_PROMISED}
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """
    How reminders are chosen on a day.

    :param not_before: when they go out, and the moment for which the contact guard is asked.
    :param only: the borrowers whom it is about; None for all.
    """

    send_on: date
    not_before: datetime
    schedule: ReminderSchedule
    holdout: Holdout
    only: list[int] | None = None


def queue_reminders(cursor: CursorWrapper, plan: Plan, *, first: int, end: int) -> dict[str, int]:
    """
    Queue one message for each borrower with a loan in the range of whom a reminder falls on `send_on`.

    However often this runs and in whatever order ranges come: one line for each installment and day, one message for
    each borrower and day. What the contact guard refuses is written down, and so is a message that it refuses on every
    channel.

    :returns: `{"reminders": messages that are new, "held_out": installments whose borrower is told nothing}`.
    """
    held_out = _write_lines(cursor, plan, first, end)
    return {"reminders": _write_messages(cursor, plan, first, end), "held_out": held_out}


def _write_lines(cursor: CursorWrapper, plan: Plan, first: int, end: int) -> int:
    pairs, days = plan.schedule.pairs, sorted({day for _segment, day in plan.schedule.pairs})
    cursor.execute(
        f"""
        WITH day AS (SELECT * FROM unnest(%(days)s::int[], %(dues)s::date[]) AS day (after, due_on)),
        scheduled AS (SELECT * FROM unnest(%(segments)s::text[], %(afters)s::int[]) AS pair (segment, after)),
        put AS (
            INSERT INTO messaging_reminderline
                (loan_id, version, number, borrower_id, send_on, due_on, days_after, segment, bucket, experiment,
                 is_held_out)
            SELECT loan.id, row.version, row.number, loan.borrower_id, %(send_on)s, row.due_on, day.after,
                   segment.code, coalesce(status.bucket, 'CURRENT'),
                   CASE WHEN day.after < 0 AND %(share)s > 0 THEN %(experiment)s ELSE '' END,
                   day.after < 0 AND {_drawn("loan.borrower_id")} < %(share)s
            FROM day
            JOIN repayments_installment AS row
                ON row.due_on = day.due_on AND row.unpaid_minor > 0 AND row.loan_id >= %(first)s
                AND row.loan_id < %(end)s
            JOIN loans_loan AS loan ON loan.id = row.loan_id AND loan.status = 'ACTIVE'
            LEFT JOIN collections_mgmt_overduestatus AS status
                ON status.loan_id = loan.id AND status.loan_id >= %(first)s AND status.loan_id < %(end)s
            CROSS JOIN LATERAL (
                SELECT CASE
                    WHEN status.days_past_due > 0 THEN 'BEHIND'
                    WHEN status.loan_id IS NOT NULL AND EXISTS (
                        SELECT FROM collections_mgmt_overduechange AS change
                        WHERE change.loan_id = loan.id AND change.changed_on >= %(late_from)s
                    ) THEN 'PREVIOUSLY_LATE'
                    WHEN loan.starts_on >= %(new_from)s AND NOT EXISTS (
                        SELECT FROM loans_loan AS earlier
                        WHERE earlier.borrower_id = loan.borrower_id AND earlier.starts_on < %(new_from)s
                    ) THEN 'NEW'
                    ELSE 'STANDARD'
                END AS code
            ) AS segment
            JOIN scheduled ON scheduled.segment = segment.code AND scheduled.after = day.after
            WHERE row.unpaid_minor::numeric * 10000
                > (row.principal_minor + row.interest_minor + row.fee_minor)::numeric * loan.tolerance_bps
              AND {_NOT_HELD} AND {_NOT_PROMISED} AND {_NO_STRATEGY} {_only("loan.borrower_id", plan)}
            ON CONFLICT (loan_id, send_on, version, number) DO NOTHING
            RETURNING is_held_out
        )
        SELECT count(*) FILTER (WHERE is_held_out) FROM put
        """,  # noqa: S608 – its parts are written here
        {
            "days": days,
            "dues": [plan.send_on - timedelta(days=day) for day in days],
            "segments": [segment for segment, _day in pairs],
            "afters": [day for _segment, day in pairs],
            "send_on": plan.send_on,
            "late_from": plan.send_on - timedelta(days=plan.schedule.late_within_days),
            "new_from": plan.send_on - timedelta(days=plan.schedule.new_within_days),
            "experiment": plan.holdout.experiment,
            "share": plan.holdout.share_bps,
            "first": first,
            "end": end,
            "only": plan.only,
        },
    )
    return int(cursor.fetchone()[0])


def _write_messages(cursor: CursorWrapper, plan: Plan, first: int, end: int) -> int:
    """
    Borrowers are taken in the order of their ids: two ranges that share some wait for each other and never in a ring.

    Each step leaves a table that is counted before the next one reads it; in one statement the server would take a
    morning of a large book for a single row and compare everyone with everyone.
    """
    about = {
        **guard.parameters(purpose=Purpose.REMINDER, at=plan.not_before),
        "send_on": plan.send_on.isoformat(),
        "first": first,
        "end": end,
        "only": plan.only,
    }
    _fresh(cursor, "close_reminded (borrower_id bigint PRIMARY KEY, latest int, loan_id bigint)")
    cursor.execute(
        f"""
        INSERT INTO close_reminded
        SELECT line.borrower_id, max(line.days_after),
               CASE WHEN count(DISTINCT line.loan_id) = 1 THEN min(line.loan_id) END
        FROM messaging_reminderline AS line
        WHERE line.send_on = %(send_on)s AND line.loan_id >= %(first)s AND line.loan_id < %(end)s
          AND NOT line.is_held_out {_only("line.borrower_id", plan)}
        GROUP BY line.borrower_id
        """,  # noqa: S608 – its parts are written here
        about,
    )
    cursor.execute(
        """
        DELETE FROM close_reminded USING messaging_outboxmessage AS message
        WHERE message.dedupe_key = 'reminder:' || close_reminded.borrower_id || ':' || %(send_on)s
        """,
        about,
    )
    cursor.execute("SELECT count(*) > %s FROM close_reminded", [MANY])
    (is_many,) = cursor.fetchone()
    if is_many:
        cursor.execute("ANALYZE close_reminded")
    _fresh(cursor, "close_verdict (borrower_id bigint, channel text, reasons text[], place int)")
    cursor.execute(
        f"""
        WITH asked AS (SELECT borrower_id FROM close_reminded)
        INSERT INTO close_verdict SELECT borrower_id, channel, reasons, rank FROM ({guard.verdicts_sql()}) AS verdict
        """,  # noqa: S608 – its parts are written here
        about,
    )
    if is_many:
        cursor.execute("ANALYZE close_verdict")
    cursor.execute(
        """
        WITH chosen AS MATERIALIZED (
            SELECT DISTINCT ON (borrower_id) borrower_id, channel, place FROM close_verdict
            WHERE reasons <@ '{QUIET_HOURS}' ORDER BY borrower_id, place
        ),
        put AS (
            INSERT INTO messaging_outboxmessage
                (dedupe_key, borrower_id, loan_id, channel, template, params, language, not_before, purpose, reminds_on,
                 status)
            SELECT 'reminder:' || borrower.id || ':' || %(send_on)s, borrower.id, told.loan_id,
                   coalesce(chosen.channel, 'IN_APP'),
                   CASE WHEN told.latest < 0 THEN 'reminder.upcoming' WHEN told.latest = 0 THEN 'reminder.due_today'
                        ELSE 'reminder.overdue' END,
                   '{}', borrower.language, %(at)s, %(purpose)s, %(send_on)s,
                   CASE WHEN chosen.channel IS NULL THEN 'BLOCKED' ELSE 'PENDING' END
            FROM close_reminded AS told JOIN users_borrower AS borrower ON borrower.id = told.borrower_id
            LEFT JOIN chosen ON chosen.borrower_id = told.borrower_id
            ORDER BY borrower.id
            ON CONFLICT (dedupe_key) DO NOTHING
            RETURNING id, borrower_id
        ),
        refused AS (
            INSERT INTO messaging_guarddecision
                (borrower_id, message_id, channel, purpose, stage, reasons, operator, pack, rules_version, at)
            SELECT put.borrower_id, put.id, verdict.channel, %(purpose)s, 'QUEUED', verdict.reasons, 'system:close',
                   %(pack)s, %(rules_version)s, now()
            FROM put JOIN close_verdict AS verdict USING (borrower_id) LEFT JOIN chosen USING (borrower_id)
            WHERE NOT verdict.reasons <@ '{QUIET_HOURS,NO_ADDRESS}'
              AND (chosen.place IS NULL OR verdict.place < chosen.place)
        )
        SELECT count(*) FROM put
        """,
        about,
    )
    return int(cursor.fetchone()[0])


def _fresh(cursor: CursorWrapper, table: str) -> None:
    """Have the temporary table, without rows."""
    cursor.execute(f"CREATE TEMPORARY TABLE IF NOT EXISTS {table} ON COMMIT DELETE ROWS")
    cursor.execute(f"DELETE FROM {table.split()[0]}")  # noqa: S608 – a constant of this module


def cancel_needless(cursor: CursorWrapper, *, loan_id: int) -> int:
    """Cancel the waiting reminders of a loan's borrower of which nothing is open any more, and return how many."""
    cursor.execute(
        f"""
        UPDATE messaging_outboxmessage AS message SET status = 'CANCELLED', error = %s
        WHERE message.borrower_id = (SELECT borrower_id FROM loans_loan WHERE id = %s)
          AND message.status = 'PENDING' AND message.reminds_on IS NOT NULL
          AND NOT EXISTS (
              SELECT FROM messaging_reminderline AS line {STILL_OPEN}
              WHERE line.borrower_id = message.borrower_id AND line.send_on = message.reminds_on
                AND NOT line.is_held_out
          )
        """,  # noqa: S608 – its parts are written here
        ["there is nothing to remind of any more", loan_id],
    )
    return int(cursor.rowcount)


def open_lines(cursor: CursorWrapper, *, message_ids: Sequence[int]) -> list[dict[str, Any]]:
    """
    Return what is open now of the lines of these reminders, a row for each message and loan, by due date.

    A reminder that waited until the borrower has one of a later day has none: nobody is reminded twice at once.
    `minor` is what is open of the installments in question, `due_on` the earliest of them.
    """
    cursor.execute(
        f"""
        SELECT message.id AS message_id, loan.number, loan.currency, product.code AS product,
               min(row.due_on) AS due_on, sum(row.unpaid_minor)::bigint AS minor,
               coalesce(max(status.bucket), 'CURRENT') AS bucket
        FROM messaging_outboxmessage AS message
        JOIN messaging_reminderline AS line
            ON line.borrower_id = message.borrower_id AND line.send_on = message.reminds_on AND NOT line.is_held_out
        {STILL_OPEN}
        JOIN loans_productterms AS terms ON terms.id = loan.product_terms_id
        JOIN loans_product AS product ON product.id = terms.product_id
        LEFT JOIN collections_mgmt_overduestatus AS status ON status.loan_id = loan.id
        WHERE message.id = ANY(%s) AND NOT EXISTS (
            SELECT FROM messaging_outboxmessage AS later
            WHERE later.borrower_id = message.borrower_id AND later.purpose <> 'SERVICE'
              AND later.reminds_on > message.reminds_on AND later.status IN ('PENDING', 'SENDING', 'SENT')
        )
        GROUP BY message.id, loan.id, product.code ORDER BY message.id, due_on, loan.id
        """,  # noqa: S608 – its parts are written here
        [list(message_ids)],
    )
    return named_rows(cursor)


def _only(borrower: str, plan: Plan) -> str:
    return "" if plan.only is None else f"AND {borrower} = ANY(%(only)s::bigint[])"


def _drawn(borrower: str) -> str:
    """Return the SQL of a number from 0 to 9,999 that is a borrower's own in an experiment, see `draw`."""
    return f"(('x' || left(md5(%(experiment)s || ':' || {borrower}), 8))::bit(32)::bigint %% 10000)"
