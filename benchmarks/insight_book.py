"""
The snapshot that reports are measured on: every loan at the end of every month, written by set-based SQL.

Of the loans that are current a part falls behind each month, more of them in one region from the last year on; of those
behind a part comes back, less often the further they are, and the others go on. Principal is repaid over 60 months.
The sums are written by the statement of the close itself, and the days of a month repeat those of its end.
"""

import sys
from datetime import date
from typing import Any

LATEST = date(2026, 5, 1)
PRODUCTS = ("consumer", "sme", "card")
TERM = 60  # months in which a loan is repaid

_COLUMNS = """
    month, loan_id, product, kind, currency, region, sector, channel, risk_band, cause, vintage, months_on_book, status,
    bucket_before, bucket, classification, stage, days_past_due, effective_days_past_due, worst_days_past_due,
    is_restructured, is_prepaid, annual_rate, all_in_rate, original_minor, principal_before_minor, principal_minor,
    interest_due_minor, fee_due_minor, penalty_minor, suspended_minor, accrued_minor, overdue_minor,
    overdue_principal_minor, disbursed_minor, expected_minor, paid_principal_minor, paid_interest_minor, paid_fee_minor,
    paid_penalty_minor, prepaid_minor, waived_minor, written_off_minor, recovered_minor
"""
# Loans of which nothing is known before the first month, as old as their number says.
_LOANS = """
    SELECT n AS loan_id, (%(products)s::text[])[1 + n %% 3] AS product, (%(kinds)s::text[])[1 + n %% 3] AS kind,
           (ARRAY['110000','120000','310000','320000','330000','350000','440000','510000','610000',''])[1 + n %% 10]
               AS region,
           (ARRAY['TRADE','FACTORY','FOOD','TRANSPORT',''])[1 + n / 10 %% 5] AS sector,
           (ARRAY['WEB','PARTNER','STAFF','TAKEOVER'])[1 + n / 50 %% 4] AS channel,
           (ARRAY['A','B','C','D'])[1 + n / 200 %% 4] AS risk_band,
           (%(first)s::date - make_interval(months => (n %% 24)::int))::date AS vintage,
           1000000 + n %% 500 * 10000 AS original_minor, 0 AS days_before, 0 AS worst_before, NULL AS bucket_before,
           (1000000 + n %% 500 * 10000) * (60 - n %% 24) / 60 AS principal_before_minor, false AS was_restructured
    FROM generate_series(1, %(loans)s) AS n
"""
_BEFORE = """
    SELECT loan_id, product, kind, region, sector, channel, risk_band, vintage, original_minor,
           days_past_due AS days_before, worst_days_past_due AS worst_before, bucket AS bucket_before,
           principal_minor AS principal_before_minor, is_restructured AS was_restructured
    FROM collections_mgmt_loanmonth WHERE month = %(before)s
"""
_MONTH = """
    INSERT INTO collections_mgmt_loanmonth ({columns})
    SELECT %(month)s, loan_id, product, kind, 'CNY', region, sector, channel, risk_band,
           CASE WHEN days > 0 THEN (ARRAY['JOB_LOSS','ILLNESS','BUSINESS','OTHER',''])[1 + loan_id %% 5] ELSE '' END,
           vintage, age, 'ACTIVE', COALESCE(bucket_before, 'CURRENT'),
           CASE WHEN days = 0 THEN 'CURRENT' ELSE 'M' || LEAST(7, (days + 29) / 30) END,
           CASE WHEN days = 0 THEN 'NORMAL' WHEN days <= 90 THEN 'SPECIAL_MENTION'
                WHEN days <= 180 THEN 'SUBSTANDARD' ELSE 'DOUBTFUL' END,
           CASE WHEN days <= 30 THEN '1' WHEN days <= 90 THEN '2' ELSE '3' END, days, days,
           GREATEST(worst_before, days),
           was_restructured OR days > 60 AND chance < 0.1, false, 0.12 + loan_id %% 12 * 0.01,
           round(0.125 + loan_id %% 12 * 0.0105, 6), original_minor,
           principal_before_minor, principal_before_minor - paid,
           due / 10 * (days + 29) / 30, 0, days, 0, due / 20, due * ((days + 29) / 30) * 11 / 10,
           due * ((days + 29) / 30),
           0, due * 11 / 10, paid, paid / 10, 0, 0, 0, 0, 0, 0
    FROM (
        SELECT *, CASE WHEN days = 0 THEN LEAST(due, principal_before_minor) ELSE 0 END AS paid
        FROM (
            SELECT *, original_minor / {term} AS due,
                   (extract(year FROM old) * 12 + extract(month FROM old))::int AS age,
                   CASE WHEN days_before = 0 THEN CASE WHEN chance < 0.012
                            + CASE WHEN region = '440000' AND %(number)s >= 12 THEN 0.03 ELSE 0 END THEN 15 ELSE 0 END
                        WHEN chance < GREATEST(0.05, 0.6 - days_before * 0.005) THEN 0 ELSE days_before + 30 END AS days
            FROM (
                SELECT *, age(%(month)s::date, vintage) AS old,
                       (hashint8extended(loan_id * 1000 + %(number)s, 7) & 1048575) / 1048576.0 AS chance
                FROM ({source}) AS loan
            ) AS drawn
        ) AS moved
    ) AS paid
    ORDER BY loan_id
"""
_DAYS = """
    INSERT INTO collections_mgmt_portfolioslice
        (business_date, product, currency, dimension, value, bucket, loans, principal_minor, exposure_minor,
         overdue_minor)
    SELECT day::date, product, currency, dimension, value, bucket, sum(loans), sum(principal_minor),
           sum(principal_minor + interest_due_minor + accrued_minor), sum(overdue_minor)
    FROM collections_mgmt_portfoliomonth
    CROSS JOIN generate_series(%(month)s::date, %(month)s::date + interval '1 month' - interval '1 day', '1 day') AS day
    WHERE month = %(month)s AND dimension <> 'cause'
    GROUP BY 1, 2, 3, 4, 5, 6
"""


# What the close's book lacks and a past month is worked out from: the payout, and each payment on its due date.
_HISTORY = """
    INSERT INTO repayments_scheduleversion (loan_id, version, reason, effective_on)
    SELECT id, 1, 'CONTRACT', starts_on FROM loans_loan;

    INSERT INTO repayments_loanevent (loan_id, kind, effective_on, amount_minor, data, actor)
    SELECT id, 'DISBURSED', starts_on, principal_minor, '{}', 'system:benchmark' FROM loans_loan;

    CREATE TEMPORARY TABLE paid AS
    SELECT nextval(pg_get_serial_sequence('repayments_loanevent', 'id')) AS event_id, row.*
    FROM repayments_installment AS row WHERE row.paid_principal_minor > 0 ORDER BY row.loan_id, row.number;

    INSERT INTO repayments_loanevent (id, loan_id, kind, effective_on, amount_minor, data, actor)
    SELECT event_id, loan_id, 'PAYMENT', due_on, principal_minor + interest_minor, '{}', 'system:benchmark' FROM paid;

    INSERT INTO repayments_payment
        (event_id, loan_id, reference, channel, amount_minor, received_on, fee_minor, penalty_minor, interest_minor,
         principal_minor, unapplied_minor, is_returned)
    SELECT event_id, loan_id, 'PAST' || event_id, 'BANK_TRANSFER', principal_minor + interest_minor, due_on, 0, 0,
           interest_minor, principal_minor, 0, false
    FROM paid;

    INSERT INTO repayments_installmentmovement
        (loan_id, event_id, effective_on, kind, number, due_on, principal_minor, interest_minor, fee_minor)
    SELECT loan_id, event_id, due_on, 'P', number, due_on, principal_minor, interest_minor, 0 FROM paid;

    DROP TABLE paid;
"""


def months_of(count: int) -> list[date]:
    from dashu.kernel.dates import add_months

    return [add_months(LATEST, number - count + 1) for number in range(count)]


def build(loans: int, months: int) -> dict[str, int]:
    """Write the months and their sums; return how many rows of each there are."""
    from close_book import settle
    from django.db import connection

    from collections_mgmt.services.snapshot.cures_sql import write_cures
    from collections_mgmt.services.snapshot.partitions import ensure_month
    from collections_mgmt.services.snapshot.whole_months import write_sums

    before: date | None = None
    all_months = months_of(months)
    for number, month in enumerate(all_months):
        ensure_month(month)
        source = _BEFORE if before else _LOANS
        statement = _MONTH.format(columns=_COLUMNS, term=TERM, source=source)
        with connection.cursor() as cursor:
            values: dict[str, Any] = {"products": list(PRODUCTS), "kinds": ["CONSUMER", "SME", "CARD_REPAYMENT"]}
            values |= {"loans": loans, "first": all_months[0], "month": month, "before": before, "number": number}
            cursor.execute(statement, values)
            write_sums(cursor, month=month)
            write_cures(cursor, month=month)
            cursor.execute(_DAYS, {"month": month})
        before = month
        print(f"{month:%Y-%m} written", file=sys.stderr, flush=True)
    settle()
    return _counted()


def write_history() -> None:
    """Give the loans of `close_book.build` the past that a month is rebuilt from; unchecked, as their other rows."""
    from close_book import settle
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(_HISTORY)
        cursor.execute("SET session_replication_role = DEFAULT")
    settle()


def _counted() -> dict[str, int]:
    from collections_mgmt.models import LoanMonth, PortfolioMonth, PortfolioSlice

    models = {"months of loans": LoanMonth, "sums of months": PortfolioMonth, "sums of days": PortfolioSlice}
    return {name: model.objects.count() for name, model in models.items()}
