"""The credit record of a month, written by the close of its last day, as set-based SQL."""

import json
from datetime import date, timedelta

from django.db.backends.utils import CursorWrapper

from dashu.policy.rules import CreditCodes


def is_month_end(on: date) -> bool:
    return (on + timedelta(days=1)).day == 1


def write_credit_months(cursor: CursorWrapper, *, on: date, first: int, end: int, codes: CreditCodes) -> int:
    """
    Write what the loans of a range are to be reported with for the month that ends on `on`; return how many.

    A loan that is behind has the code of its days; one that is not: paid late but within the month, nothing due, or on
    time. Beside it stands the special event of a plan of relief that was accepted in the month. A claim that has ended
    is reported once with how it ended, in the month in which it did. Run again, it is written anew.
    """
    cursor.execute(
        """
        WITH agreed AS (
            SELECT DISTINCT ON (loan_id) loan_id, credit_event AS code FROM collections_mgmt_restructuringplan
            WHERE accepted_on BETWEEN %(month)s AND %(on)s AND status <> 'WITHDRAWN'
              AND loan_id >= %(first)s AND loan_id < %(end)s
            ORDER BY loan_id, id DESC
        )
        INSERT INTO collections_mgmt_creditrecordmonth AS kept
            (loan_id, month, code, days_past_due, balance_minor, overdue_minor, special_event)
        SELECT loan.id, %(month)s, CASE
                   WHEN loan.status <> 'ACTIVE' THEN %(marks)s::jsonb ->> (CASE
                       WHEN loan.status = 'SETTLED' OR claim.is_repaid THEN 'SETTLED'
                       WHEN loan.status = 'SOLD' THEN 'ENDED_OTHERWISE' ELSE 'BAD_DEBT' END)
                   WHEN late.days > 0 THEN (%(codes)s::text[])[width_bucket(late.days, %(starts)s::int[])]
                   WHEN month.was_late THEN %(marks)s::jsonb ->> 'PAID_LATE_WITHIN_MONTH'
                   WHEN NOT month.has_due THEN %(marks)s::jsonb ->> 'NOTHING_DUE'
                   ELSE (%(codes)s::text[])[1] END,
               late.days, balance.principal_minor, late.minor, COALESCE(agreed.code, '')
        FROM loans_loan AS loan
        JOIN repayments_loanbalance AS balance ON balance.loan_id = loan.id
            AND balance.loan_id >= %(first)s AND balance.loan_id < %(end)s
        LEFT JOIN collections_mgmt_overduestatus AS status ON status.loan_id = loan.id
            AND status.loan_id >= %(first)s AND status.loan_id < %(end)s
        LEFT JOIN agreed ON agreed.loan_id = loan.id
        CROSS JOIN LATERAL (
            SELECT CASE WHEN loan.status = 'ACTIVE' THEN COALESCE(status.days_past_due, 0) ELSE 0 END AS days,
                   CASE WHEN loan.status = 'ACTIVE'
                        THEN COALESCE(status.principal_minor + status.interest_minor + status.fee_minor, 0)
                        ELSE 0 END AS minor
        ) AS late
        CROSS JOIN LATERAL (
            SELECT EXISTS (
                       SELECT FROM repayments_installment AS row
                       WHERE row.loan_id = loan.id AND row.is_current AND row.due_on BETWEEN %(month)s AND %(on)s
                   ) AS has_due,
                   EXISTS (
                       SELECT FROM collections_mgmt_overduechange AS change
                       WHERE change.loan_id = loan.id AND change.changed_on BETWEEN %(month)s AND %(on)s
                         AND change.days_past_due > 0
                   ) AS was_late
        ) AS month
        CROSS JOIN LATERAL (
            SELECT loan.status = 'CHARGED_OFF' AND NOT EXISTS (
                SELECT FROM repayments_installment AS row WHERE row.loan_id = loan.id AND row.unpaid_minor > 0
            ) AS is_repaid
        ) AS claim
        WHERE loan.id >= %(first)s AND loan.id < %(end)s AND loan.starts_on <= %(on)s
          AND (loan.status = 'ACTIVE' OR NOT EXISTS (
              SELECT FROM collections_mgmt_creditrecordmonth AS before
              WHERE before.loan_id = loan.id AND before.month < %(month)s
                AND before.code = ANY(CASE WHEN claim.is_repaid THEN (%(ends)s::text[])[1:1] ELSE %(ends)s END)
          ))
        ON CONFLICT (loan_id, month) DO UPDATE
        SET code = excluded.code, days_past_due = excluded.days_past_due, balance_minor = excluded.balance_minor,
            overdue_minor = excluded.overdue_minor, special_event = excluded.special_event
        """,
        {
            "on": on,
            "month": on.replace(day=1),
            "first": first,
            "end": end,
            "starts": [band.from_days for band in codes.by_days.bands],
            "codes": [band.code for band in codes.by_days.bands],
            "marks": json.dumps(dict(codes.marks)),
            # The mark of a loan that is paid off comes first.
            "ends": [codes.marks[name] for name in ("SETTLED", "ENDED_OTHERWISE", "BAD_DEBT")],
        },
    )
    return int(cursor.rowcount)
