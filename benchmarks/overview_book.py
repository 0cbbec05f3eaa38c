"""
What the overview of the desk is measured on, written by set-based SQL: the nightly figures of a year of a large book.

Loans have no installments, no schedule and no postings, because neither the page nor its lists read them. Made in full
are: every loan with its borrower and balance; who is behind today (5%); the portfolio of 366 days; the figures of 366
days for three products, five teams and four strategies; the moves of twelve months, loan by loan, of 6% of the book;
their sums. Of what the lists read, the last 60 days are made: messages, blocked contacts, promises, complaints, and
payments on loans with an open case.
"""

from datetime import date, timedelta
from typing import Any

DAYS = 366
DETAIL_DAYS = 60
TEAMS, STRATEGIES = 5, 4

LOANS = """
INSERT INTO users_borrower (number, name, name_index, phone, phone_index)
SELECT 'BENCH' || n, %(name)s, %(name_index)s, %(phone)s, encode(sha256(n::text::bytea), 'hex')
FROM generate_series(1, %(loans)s) AS n;

INSERT INTO loans_loan
    (id, number, borrower_id, product_terms_id, status, currency, principal_minor, annual_rate, method,
     installment_count, starts_on, interest_basis, interest_year_days, waterfall, tolerance_bps, penalty_annual_rate,
     penalty_base, penalty_year_days, penalty_grace_days, source, external_id)
SELECT n, 'BENCH' || n, %(first_borrower)s + n - 1, (%(terms)s)[1 + n %% 3], 'ACTIVE', 'CNY', 1200000, 0.18,
       'equal_installment', 24, %(today)s::date - 400 - (n %% 30)::int, 'scheduled', 365, '{}', 0, 0.24, 'principal',
       360, 0, '', ''
FROM generate_series(1, %(loans)s) AS n;

INSERT INTO repayments_loanbalance (loan_id, principal_minor, accrued_through, interest_through, latest_event_on)
SELECT n, 300000 + (n::bigint * 7919) %% 900000, %(today)s::date - 1, %(today)s::date - 1, %(today)s::date - 20
FROM generate_series(1, %(loans)s) AS n;

INSERT INTO collections_mgmt_overduestatus
    (loan_id, as_of, days_past_due, effective_days_past_due, oldest_due_on, principal_minor, interest_minor, fee_minor,
     penalty_minor, bucket, classification)
SELECT n, %(today)s::date - 1, days, days, %(today)s::date - 1 - days, 100000, 9900, 0, days * 60,
       (%(codes)s::text[])[width_bucket(days, %(starts)s::int[])], 'SPECIAL_MENTION'
FROM (SELECT n, 1 + (n / 20 * 31 %% 20 * (n / 20 * 31 %% 20))::int AS days
      FROM generate_series(20, %(loans)s, 20) AS n) AS late;

INSERT INTO collections_mgmt_collectioncase (loan_id, status, opened_on, level, level_since)
SELECT loan_id, 'OPEN', GREATEST(as_of - days_past_due + 1, %(today)s::date - 400), 1, as_of
FROM collections_mgmt_overduestatus;
"""

FIGURES = """
INSERT INTO collections_mgmt_closerun (business_date, status, started_at, ended_at, times_closed)
SELECT %(today)s::date - n, 'CLOSED', %(today)s::date - n + 1, %(today)s::date - n + 1, 1
FROM generate_series(1, %(days)s) AS n;

INSERT INTO collections_mgmt_deskday (business_date, times_closed, written_at)
SELECT business_date, 1, ended_at FROM collections_mgmt_closerun;

INSERT INTO collections_mgmt_portfolioday
    (business_date, product, currency, bucket, classification, stage, loans, principal_minor, interest_due_minor,
     fee_due_minor, penalty_minor, suspended_minor, accrued_minor, overdue_minor, provision_minor)
SELECT run.business_date, product.code, 'CNY', bucket.code, class.code, stage.code, share.loans,
       share.loans::bigint * 750000,
       0, 0, 0, 0, 0, 0, 0
FROM collections_mgmt_closerun AS run
CROSS JOIN (SELECT code FROM loans_product ORDER BY id LIMIT 3) AS product
CROSS JOIN unnest(%(codes)s::text[]) WITH ORDINALITY AS bucket (code, place)
CROSS JOIN (VALUES ('NORMAL'), ('SPECIAL_MENTION'), ('SUBSTANDARD')) AS class (code)
CROSS JOIN (VALUES ('1'), ('2')) AS stage (code)
CROSS JOIN LATERAL (SELECT GREATEST(1, (%(loans)s / 18
    * CASE WHEN bucket.place = 1 THEN 0.95 ELSE 0.05 / 2 ^ (bucket.place - 1) END)::int) AS loans) AS share;

INSERT INTO collections_mgmt_deskfigure
    (business_date, measure, detail, product, currency, team, strategy, count, amount_minor)
SELECT run.business_date, what.measure, what.detail, product.code, 'CNY', 'team ' || team, 'plan ' || strategy,
       1 + (what.many::bigint * %(loans)s / 60000000), what.many::bigint * 1000
FROM collections_mgmt_closerun AS run
CROSS JOIN (SELECT code FROM loans_product ORDER BY id LIMIT 3) AS product
CROSS JOIN generate_series(1, %(teams)s) AS team
CROSS JOIN generate_series(1, %(strategies)s) AS strategy
CROSS JOIN (VALUES
    ('sent', 'SMS', 6000), ('sent', 'EMAIL', 2000), ('call', 'RIGHT_PARTY', 700), ('call', 'NO_ANSWER', 1400),
    ('cost', 'CALL', 2100), ('collected', 'GATEWAY', 900), ('collected', 'AUTOPAY', 900),
    ('collected', 'BANK_TRANSFER', 200), ('blocked', 'SMS', 500), ('blocked', 'EMAIL', 200),
    ('blocked_reason', 'OPTED_OUT', 150), ('blocked_reason', 'ON_HOLD', 150), ('blocked_reason', 'PAUSED', 60),
    ('blocked_reason', 'DAY_CAP', 200), ('blocked_reason', 'WEEK_CAP', 90), ('blocked_reason', 'MONTH_CAP', 50),
    ('promise', 'KEPT', 300), ('promise', 'BROKEN', 100), ('complaint', 'CONTACT', 12), ('complaint', 'AMOUNT', 6),
    ('complaint', 'SERVICE', 4), ('offer', 'BEFORE', 30), ('offer', 'AFTER', 60)
) AS what (measure, detail, many);

INSERT INTO collections_mgmt_loanmove
    (loan_id, month_end, bucket_before, bucket, product, currency, principal_before_minor, principal_minor, team,
     strategy, was_contacted)
SELECT loan.n, month.ends, pair.bucket_before, pair.bucket, product.codes[1 + loan.n %% 3], 'CNY', 900000, 850000,
       'team ' || 1 + loan.n %% %(teams)s, 'plan ' || 1 + loan.n / 7 %% %(strategies)s, loan.n %% 2 = 0
FROM (SELECT (date_trunc('month', %(today)s::date) - make_interval(months => n))::date - 1 AS ends, n
      FROM generate_series(0, 11) AS n) AS month
CROSS JOIN generate_series(1, %(loans)s) AS loan (n)
CROSS JOIN (SELECT array_agg(code ORDER BY id) AS codes FROM (SELECT id, code FROM loans_product ORDER BY id LIMIT 3)
            AS three) AS product
CROSS JOIN LATERAL (
    SELECT CASE WHEN step %% 3 = 0 THEN 'CURRENT' ELSE 'M' || 1 + step %% 6 END AS bucket_before,
           CASE WHEN step %% 3 = 1 THEN 'CURRENT' WHEN step %% 3 = 0 THEN 'M1' ELSE 'M' || 2 + step %% 6 END AS bucket
    FROM (SELECT loan.n / 100 + month.n AS step) AS steps
) AS pair
WHERE (loan.n + month.n) %% 100 < 6;

INSERT INTO collections_mgmt_bucketmove
    (month_end, bucket_before, bucket, product, currency, team, strategy, loans, contacted, principal_before_minor,
     principal_minor)
SELECT month_end, bucket_before, bucket, product, currency, team, strategy, count(*),
       count(*) FILTER (WHERE was_contacted), sum(principal_before_minor)::bigint, sum(principal_minor)::bigint
FROM collections_mgmt_loanmove GROUP BY 1, 2, 3, 4, 5, 6, 7
UNION ALL
SELECT DISTINCT month_end, 'CURRENT', 'CURRENT', product, 'CNY', '', '', %(loans)s / 3, 0, 0,
       %(loans)s / 3 * 700000::bigint
FROM collections_mgmt_loanmove;
"""

DETAILS = """
INSERT INTO messaging_outboxmessage
    (dedupe_key, borrower_id, loan_id, channel, template, language, purpose, status, not_before, created_at, sent_at)
SELECT 'BENCH' || n, %(first_borrower)s + n * 37 %% %(loans)s, 1 + n * 37 %% %(loans)s,
       CASE n %% 4 WHEN 0 THEN 'EMAIL' ELSE 'SMS' END, 'reminder', 'en', 'REMINDER',
       CASE n %% 10 WHEN 0 THEN 'BLOCKED' ELSE 'PENDING' END, moment, moment,
       CASE n %% 10 WHEN 0 THEN NULL ELSE moment END
FROM (SELECT n, %(today)s::timestamptz - interval '1 minute' - n * (interval '60 days' / (%(loans)s * 0.6)::int)
                AS moment FROM generate_series(1, (%(loans)s * 0.6)::int) AS n) AS sent;

INSERT INTO messaging_guarddecision (borrower_id, message_id, channel, purpose, stage, verdict, reasons, at)
SELECT borrower_id, id, channel, 'REMINDER', 'SENDING',
       CASE status WHEN 'BLOCKED' THEN 'BLOCK' ELSE 'ALLOW' END,
       CASE status WHEN 'BLOCKED' THEN ARRAY['OPTED_OUT', 'ON_HOLD'] ELSE '{}' END, created_at
FROM messaging_outboxmessage;
UPDATE messaging_outboxmessage AS message SET status = 'SENT', decision_id = decision.id
FROM messaging_guarddecision AS decision WHERE decision.message_id = message.id AND message.status = 'PENDING';

INSERT INTO collections_mgmt_promisetopay
    (loan_id, amount_minor, made_on, due_on, status, paid_minor, decided_on, actor)
SELECT loan_id, 109900, %(today)s::date - 20 - n %% 60, %(today)s::date - 5 - n %% 60,
       CASE n %% 4 WHEN 0 THEN 'BROKEN' ELSE 'KEPT' END, 109900, %(today)s::date - 3 - n %% 57, 'user:1'
FROM (SELECT loan_id, (loan_id / 20)::int AS n FROM collections_mgmt_overduestatus) AS late WHERE n %% 2 = 0;

INSERT INTO collections_mgmt_complaint
    (borrower_id, asked_at, due_on, words, answer, reference, key, about, wish, root_cause, loan_id)
SELECT %(first_borrower)s + loan_id - 1, %(today)s::timestamptz - interval '1 hour' * (n %% 1400), %(today)s,
       'Too often.', '', 'BENCH' || n, gen_random_uuid(), 'CONTACT', '', '', loan_id
FROM (SELECT loan_id, (loan_id / 20)::int AS n FROM collections_mgmt_overduestatus) AS late WHERE n %% 50 = 0;

CREATE TEMPORARY TABLE paying ON COMMIT DROP AS
SELECT loan_id, nextval(pg_get_serial_sequence('repayments_loanevent', 'id')) AS event_id,
       %(today)s::date - 1 - (loan_id / 20 %% 60)::int AS received_on FROM collections_mgmt_overduestatus;
INSERT INTO repayments_loanevent (id, loan_id, kind, effective_on, amount_minor, data, actor)
SELECT event_id, loan_id, 'PAYMENT', received_on, 109900, '{}', 'system:benchmark' FROM paying;
INSERT INTO repayments_payment
    (event_id, loan_id, reference, channel, amount_minor, received_on, fee_minor, penalty_minor, interest_minor,
     principal_minor, unapplied_minor, is_returned)
SELECT event_id, loan_id, 'BENCH' || event_id, 'GATEWAY', 109900, received_on, 0, 0, 9900, 100000, 0, false FROM paying;
"""

COUNTED = {
    "loans": "loans_loan",
    "loans behind": "collections_mgmt_overduestatus",
    "portfolio rows": "collections_mgmt_portfolioday",
    "figures of days": "collections_mgmt_deskfigure",
    "moves, loan by loan": "collections_mgmt_loanmove",
    "moves, summed up": "collections_mgmt_bucketmove",
    "messages": "messaging_outboxmessage",
    "decisions on contacts": "messaging_guarddecision",
    "promises": "collections_mgmt_promisetopay",
    "payments": "repayments_payment",
    "complaints": "collections_mgmt_complaint",
}


def build(loans: int, *, today: date) -> dict[str, int]:
    """Write the book and its figures; return how many rows each table has."""
    from close_book import sealed_particulars, settle
    from django.db import connection

    from dashu.policy.rules import delinquency_buckets
    from dashu.users.models import Borrower
    from loans.models import ProductTerms

    bands = delinquency_buckets(today - timedelta(days=1)).bands
    values: dict[str, Any] = {
        "loans": loans,
        "today": today,
        "days": DAYS,
        "teams": TEAMS,
        "strategies": STRATEGIES,
        "codes": [band.code for band in bands],
        "starts": [band.from_days for band in bands],
        "first_borrower": Borrower.objects.create(name="The first").pk + 1,
        "terms": list(ProductTerms.objects.order_by("pk").values_list("pk", flat=True)[:3]),
        **sealed_particulars(),
    }
    with connection.cursor() as cursor:
        # Rows agree by construction, and checking millions of references takes minutes.
        cursor.execute("SET session_replication_role = replica")
        for script in (LOANS, FIGURES, "BEGIN;" + DETAILS + "COMMIT;"):
            cursor.execute(script, values)
        cursor.execute("SET session_replication_role = DEFAULT")
        settle()
        found = {}
        for name, table in COUNTED.items():
            cursor.execute(f"SELECT count(*) FROM {table}")
            found[name] = cursor.fetchone()[0]
    return found
