"""Reminders in the outbox, as set-based SQL: those of one morning, and those that a payment has made untrue."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db.backends.utils import CursorWrapper


def queue_reminders(
    cursor: CursorWrapper, *, send_on: date, not_before: datetime, days: Sequence[int], first: int, end: int
) -> int:
    """
    Queue one message for each unpaid installment whose reminder falls on `send_on`; return how many are new.

    Queued once for each installment and reminder day, however often this runs.

    :param days: days after the due date, negative before it.
    """
    cursor.execute(
        """
        INSERT INTO messaging_outboxmessage
            (dedupe_key, borrower_id, loan_id, channel, template, params, language, not_before)
        SELECT 'reminder:' || loan.id || ':' || row.version || ':' || row.number || ':' || day.after,
               borrower.id, loan.id,
               CASE WHEN borrower.email <> '' THEN 'EMAIL' WHEN borrower.phone <> '' THEN 'SMS' ELSE 'IN_APP' END,
               CASE WHEN day.after < 0 THEN 'reminder.upcoming' WHEN day.after = 0 THEN 'reminder.due_today'
                    ELSE 'reminder.overdue' END,
               jsonb_build_object('loan_number', loan.number, 'amount_minor', row.unpaid_minor,
                                  'currency', loan.currency, 'due_on', row.due_on),
               borrower.language, %(not_before)s
        FROM unnest(%(days)s::int[], %(dues)s::date[]) AS day (after, due_on)
        JOIN repayments_installment AS row
            ON row.due_on = day.due_on AND row.unpaid_minor > 0 AND row.loan_id >= %(first)s AND row.loan_id < %(end)s
        JOIN loans_loan AS loan ON loan.id = row.loan_id AND loan.status = 'ACTIVE'
        JOIN users_borrower AS borrower ON borrower.id = loan.borrower_id
        WHERE row.unpaid_minor::numeric * 10000
            > (row.principal_minor + row.interest_minor + row.fee_minor)::numeric * loan.tolerance_bps
        ON CONFLICT (dedupe_key) DO NOTHING
        """,
        {
            "days": list(days),
            "dues": [send_on - timedelta(days=day) for day in days],
            "not_before": not_before,
            "first": first,
            "end": end,
        },
    )
    return int(cursor.rowcount)


def correct_waiting(cursor: CursorWrapper, *, loan_id: int) -> None:
    """
    Let a loan's waiting reminders say what is still open of their installments.

    One whose installment is paid, overlooked as too small, moved to another day or replaced is cancelled.
    """
    cursor.execute(
        """
        UPDATE messaging_outboxmessage AS message
        SET status = CASE WHEN told.unpaid_minor IS NULL THEN 'CANCELLED' ELSE message.status END,
            params = CASE WHEN told.unpaid_minor IS NULL THEN message.params
                          ELSE jsonb_set(message.params, '{amount_minor}', to_jsonb(told.unpaid_minor)) END
        FROM (
            SELECT waiting.id, row.unpaid_minor
            FROM messaging_outboxmessage AS waiting
            JOIN loans_loan AS loan ON loan.id = waiting.loan_id
            LEFT JOIN repayments_installment AS row
                ON row.loan_id = loan.id AND row.is_current AND loan.status = 'ACTIVE'
                AND row.version = split_part(waiting.dedupe_key, ':', 3)::int
                AND row.number = split_part(waiting.dedupe_key, ':', 4)::int
                AND row.due_on = (waiting.params ->> 'due_on')::date
                AND row.unpaid_minor::numeric * 10000
                    > (row.principal_minor + row.interest_minor + row.fee_minor)::numeric * loan.tolerance_bps
            WHERE waiting.loan_id = %s AND waiting.status = 'PENDING' AND waiting.dedupe_key LIKE 'reminder:%%'
        ) AS told
        WHERE message.id = told.id AND message.status = 'PENDING'
          AND told.unpaid_minor IS DISTINCT FROM (message.params ->> 'amount_minor')::bigint
        """,
        [loan_id],
    )
