"""
What autopay plans for a day, set-based: the collections of all mandates, and the messages that go out before them.

Both run for ranges of loans and as often as one likes: a collection is planned once for each due date, and told once.
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from dashu.policy.rules import autopay_retry

# A day of the month can lie a month before the due date.
LONGEST_LEAD = timedelta(days=31)

_COLLECTIONS = """
    SELECT mandate.id AS mandate_id, mandate.account_label, loan.id AS loan_id, loan.number AS loan_number,
           loan.currency, loan.borrower_id, row.due_on, row.unpaid_minor,
           CASE WHEN chosen.day < mandate.day_chosen_on + %(notice)s THEN row.due_on ELSE chosen.day END AS collect_on
    FROM repayments_autopaymandate AS mandate
    JOIN loans_loan AS loan ON loan.id = mandate.loan_id AND loan.status = 'ACTIVE'
    JOIN repayments_installment AS row ON row.loan_id = loan.id AND row.is_current AND row.unpaid_minor > 0
        AND row.due_on BETWEEN %(from)s AND %(until)s
    CROSS JOIN LATERAL (
        SELECT CASE mandate.timing
            WHEN 'DAYS_BEFORE' THEN row.due_on - mandate.timing_number
            WHEN 'MONTH_DAY' THEN
                (date_trunc('month', row.due_on)
                    - CASE WHEN extract(day FROM row.due_on) >= mandate.timing_number THEN interval '0'
                           ELSE interval '1 month' END)::date + (mandate.timing_number - 1)
            ELSE row.due_on END AS day
    ) AS chosen
    WHERE mandate.status = 'ACTIVE' AND (mandate.held_through IS NULL OR mandate.held_through < %(on)s)
      AND mandate.loan_id >= %(first)s AND (%(end)s::bigint IS NULL OR mandate.loan_id < %(end)s)
      AND row.unpaid_minor::numeric * 10000
        > (row.principal_minor + row.interest_minor + row.fee_minor)::numeric * loan.tolerance_bps
"""


def request_collections(*, on: date, first: int = 0, end: int | None = None) -> int:
    """
    Plan the first try of each collection whose day has come by `on`, and return how many are new.

    A day that was missed, or fell into a hold, is made up for until the due date, and not after it.

    :param first, end: loan ids, from and before.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO repayments_autopayattempt (mandate_id, loan_id, due_on, try_number, scheduled_on, token)
            SELECT mandate_id, loan_id, due_on, 1, collect_on, gen_random_uuid()
            FROM ({_COLLECTIONS}) AS planned
            WHERE collect_on <= %(on)s ORDER BY loan_id, due_on
            ON CONFLICT (loan_id, due_on, try_number) DO NOTHING
            """,  # noqa: S608 – constants of this module
            _window(on, first, end),
        )
        return int(cursor.rowcount)


def announce_collections(*, on: date, not_before: datetime, first: int = 0, end: int | None = None) -> int:
    """
    Put a message into the outbox for each collection whose notice falls on `on`, and return how many are new.

    :param not_before: the earliest moment of sending.
    """
    values = _window(on, first, end)
    collect_on = on + timedelta(days=values["notice"])
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO messaging_outboxmessage
                (dedupe_key, borrower_id, loan_id, channel, template, params, language, not_before)
            SELECT 'autopay.notice:' || mandate_id || ':' || due_on, borrower.id, loan_id,
                   CASE WHEN borrower.email <> '' THEN 'EMAIL' WHEN borrower.phone <> '' THEN 'SMS' ELSE 'IN_APP' END,
                   'autopay.notice',
                   jsonb_build_object('loan_number', loan_number, 'amount_minor', unpaid_minor, 'currency', currency,
                                      'collect_on', collect_on, 'due_on', due_on, 'account', account_label),
                   borrower.language, %(not_before)s
            FROM ({_COLLECTIONS}) AS planned JOIN users_borrower AS borrower ON borrower.id = borrower_id
            WHERE collect_on = %(collect_on)s
            ON CONFLICT (dedupe_key) DO NOTHING
            """,  # noqa: S608 – constants of this module
            {**values, "collect_on": collect_on, "not_before": not_before, "until": collect_on + LONGEST_LEAD},
        )
        return int(cursor.rowcount)


def _window(on: date, first: int, end: int | None) -> dict[str, Any]:
    return {
        "on": on,
        "from": on,
        "until": on + LONGEST_LEAD,
        "notice": autopay_retry(on).notice_days,
        "first": first,
        "end": end,
    }
