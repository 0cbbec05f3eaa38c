"""What an early warning is read from: how late a loan's last installments were paid, and what was paid in part."""

from datetime import date

from django.db.backends.utils import CursorWrapper


def refresh_signals(cursor: CursorWrapper, *, on: date, first: int, end: int) -> int:
    """Write the signals of the loans of a range on which money came in or a collection failed on `on`; return how many.

    Loans to which nothing happened cost nothing: their signals are what they were.
    """
    cursor.execute(
        """
        INSERT INTO collections_mgmt_loansignal AS kept
            (loan_id, as_of, days_late, days_late_before, partial_payments, failed_collections)
        SELECT loan.id, %(on)s, COALESCE(late.last, 0), late.before, part.partial, failed.tries
        FROM (
            SELECT loan_id AS id FROM repayments_payment
            WHERE received_on = %(on)s AND loan_id >= %(first)s AND loan_id < %(end)s
            UNION
            SELECT loan_id FROM repayments_autopayattempt
            WHERE status = 'FAILED' AND scheduled_on = %(on)s AND loan_id >= %(first)s AND loan_id < %(end)s
        ) AS loan
        CROSS JOIN LATERAL (
            SELECT round(AVG(days) FILTER (WHERE place <= 3) * 100)::int AS last,
                   round(AVG(days) FILTER (WHERE place > 3) * 100)::int AS before
            FROM (
                SELECT paid.days, row_number() OVER (ORDER BY paid.number DESC) AS place
                FROM (
                    SELECT row.number, MAX(payment.received_on) - row.due_on AS days
                    FROM repayments_installment AS row
                    JOIN repayments_payment AS payment ON payment.loan_id = row.loan_id
                    JOIN repayments_paymentallocation AS part
                        ON part.payment_id = payment.event_id AND part.number = row.number
                    WHERE row.loan_id = loan.id AND row.is_current AND row.unpaid_minor = 0
                      AND payment.received_on <= %(on)s
                    GROUP BY row.number, row.due_on
                    ORDER BY row.number DESC LIMIT 6
                ) AS paid
            ) AS ranked
        ) AS late
        CROSS JOIN LATERAL (
            SELECT COUNT(DISTINCT payment.event_id)::int AS partial
            FROM repayments_payment AS payment
            JOIN repayments_paymentallocation AS part ON part.payment_id = payment.event_id
            JOIN repayments_installment AS row
                ON row.loan_id = payment.loan_id AND row.is_current AND row.number = part.number
            WHERE payment.loan_id = loan.id AND NOT payment.is_returned
              AND payment.received_on > %(on)s::date - 90 AND payment.received_on <= %(on)s
              AND row.due_on <= payment.received_on
              AND part.fee_minor + part.interest_minor + part.principal_minor
                  < row.principal_minor + row.interest_minor + row.fee_minor
        ) AS part
        CROSS JOIN LATERAL (
            SELECT COUNT(*)::int AS tries FROM repayments_autopayattempt AS attempt
            WHERE attempt.loan_id = loan.id AND attempt.status = 'FAILED'
              AND attempt.scheduled_on > %(on)s::date - 90 AND attempt.scheduled_on <= %(on)s
        ) AS failed
        ON CONFLICT (loan_id) DO UPDATE
        SET as_of = excluded.as_of, days_late = excluded.days_late, days_late_before = excluded.days_late_before,
            partial_payments = excluded.partial_payments, failed_collections = excluded.failed_collections
        """,
        {"on": on, "first": first, "end": end},
    )
    return int(cursor.rowcount)
