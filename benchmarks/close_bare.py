"""
The least that SQL can do to write what the close of an ordinary night writes on the book of `close_book.py`.

One statement for each table that is written, over half of the book in each session. It may know what the book is like:
no pauses, no caps, no tolerance, no waivers, no fees, nothing prepaid, one payment at most, one loan and one reminder
for each borrower, who may be written to. It keeps no record of a run, takes no locks, checks nothing and could not be
run twice. The schema with its constraints and triggers is the same.
"""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

HALF = """
CREATE TEMPORARY TABLE late ON COMMIT DROP AS
SELECT late.*, div(late.parts, 360000000)::bigint AS penalty_minor,
       (%(bucket_codes)s::text[])[width_bucket(late.days, %(bucket_starts)s::int[])] AS bucket,
       tier.codes[width_bucket(late.days, tier.starts)] AS classification, tier.codes[1] AS first_classification,
       (%(stage_codes)s::text[])[width_bucket(late.days, %(stage_starts)s::int[])] AS stage,
       (%(levels)s::int[])[width_bucket(late.days, %(level_starts)s::int[])] AS level
FROM (
    SELECT row.loan_id, product.code AS product, product.kind, balance.penalty_charged_minor AS charged_before,
           COALESCE(SUM(row.interest_minor) FILTER (WHERE row.due_on > balance.accrued_through), 0) AS interest_due,
           balance.penalty_parts + SUM(row.principal_minor::numeric
               * (%(on)s::date - GREATEST(balance.accrued_through, row.due_on))) * 240000 AS parts,
           COALESCE(SUM(row.principal_minor) FILTER (WHERE row.due_on < %(on)s), 0)::bigint AS principal_minor,
           COALESCE(SUM(row.interest_minor) FILTER (WHERE row.due_on < %(on)s), 0)::bigint AS interest_minor,
           MIN(row.due_on) FILTER (WHERE row.due_on < %(on)s) AS oldest_due_on,
           COALESCE(%(on)s::date - MIN(row.due_on) FILTER (WHERE row.due_on < %(on)s), 0) AS days
    FROM repayments_installment AS row
    JOIN loans_loan AS loan ON loan.id = row.loan_id
    JOIN loans_productterms AS version ON version.id = loan.product_terms_id
    JOIN loans_product AS product ON product.id = version.product_id
    JOIN repayments_loanbalance AS balance ON balance.loan_id = row.loan_id
    WHERE row.unpaid_minor > 0 AND row.due_on <= %(on)s AND row.loan_id >= %(first)s AND row.loan_id < %(end)s
    GROUP BY row.loan_id, product.id, balance.loan_id
) AS late
JOIN jsonb_to_recordset(%(tiers)s) AS tier (kind text, starts int[], codes text[]) ON tier.kind = late.kind;

WITH chart AS MATERIALIZED (
    SELECT product.code AS product, own.role, own.account_id
    FROM loans_product AS product CROSS JOIN LATERAL ledger_accounts_of(product.code) AS own
), entry AS (
    INSERT INTO ledger_journalentry (effective_on, description, kind, actor)
    VALUES (%(on)s, 'Accrual', 'ACCRUAL', 'system:bare') RETURNING id
)
INSERT INTO ledger_posting (entry_id, account_id, side, amount_minor, currency, loan_id)
SELECT entry.id, chart.account_id, line.side, line.minor, 'CNY', late.loan_id
FROM entry CROSS JOIN late CROSS JOIN LATERAL (VALUES
    ('1311', 'D', late.interest_due), ('4001', 'C', late.interest_due),
    ('1313', 'D', late.penalty_minor - late.charged_before), ('4003', 'C', late.penalty_minor - late.charged_before)
) AS line (role, side, minor)
JOIN chart ON chart.product = late.product AND chart.role = line.role
WHERE line.minor > 0;

UPDATE repayments_loanbalance AS balance
SET accrued_through = %(on)s, penalty_parts = late.parts, penalty_uncapped_parts = late.parts,
    penalty_charged_minor = late.penalty_minor
FROM late WHERE balance.loan_id = late.loan_id;

INSERT INTO collections_mgmt_overduechange
    (loan_id, changed_on, days_past_due, bucket_before, bucket, classification_before, classification, stage_before,
     stage)
SELECT late.loan_id, %(on)s, late.days, COALESCE(before.bucket, (%(bucket_codes)s::text[])[1]), late.bucket,
       COALESCE(before.classification, late.first_classification), late.classification,
       COALESCE(before.stage, (%(stage_codes)s::text[])[1]), late.stage
FROM late LEFT JOIN collections_mgmt_overduestatus AS before ON before.loan_id = late.loan_id
WHERE (late.bucket, late.classification, late.stage) IS DISTINCT FROM
      (COALESCE(before.bucket, (%(bucket_codes)s::text[])[1]),
       COALESCE(before.classification, late.first_classification),
       COALESCE(before.stage, (%(stage_codes)s::text[])[1]));

INSERT INTO collections_mgmt_overduestatus
    (loan_id, as_of, days_past_due, effective_days_past_due, oldest_due_on, principal_minor, interest_minor, fee_minor,
     penalty_minor, bucket, classification, stage)
SELECT loan_id, %(on)s, days, days, oldest_due_on, principal_minor, interest_minor, 0, penalty_minor, bucket,
       classification, stage
FROM late WHERE days > 0
ON CONFLICT (loan_id) DO UPDATE
SET as_of = excluded.as_of, days_past_due = excluded.days_past_due, oldest_due_on = excluded.oldest_due_on,
    effective_days_past_due = excluded.effective_days_past_due, principal_minor = excluded.principal_minor,
    interest_minor = excluded.interest_minor, penalty_minor = excluded.penalty_minor, bucket = excluded.bucket,
    classification = excluded.classification, stage = excluded.stage;

INSERT INTO collections_mgmt_collectioncase AS kept (loan_id, status, opened_on, level, level_since)
SELECT loan_id, 'OPEN', %(on)s, level, %(on)s FROM late WHERE days > 0
ON CONFLICT (loan_id) WHERE status = 'OPEN' DO UPDATE
SET level = excluded.level, level_since = excluded.level_since WHERE kept.level <> excluded.level;

INSERT INTO collections_mgmt_loansignal
    (loan_id, as_of, days_late, days_late_before, partial_payments, failed_collections)
SELECT payment.loan_id, %(on)s, (payment.received_on - row.due_on) * 100, NULL, 0, 0
FROM repayments_payment AS payment
JOIN repayments_paymentallocation AS part ON part.payment_id = payment.event_id
JOIN repayments_installment AS row ON row.loan_id = payment.loan_id AND row.number = part.number
WHERE payment.received_on = %(on)s AND payment.loan_id >= %(first)s AND payment.loan_id < %(end)s;

INSERT INTO messaging_reminderline
    (loan_id, version, number, borrower_id, send_on, due_on, days_after, segment, bucket, experiment, is_held_out)
SELECT loan.id, row.version, row.number, loan.borrower_id, %(on)s::date + 1, row.due_on, day.after, day.segment,
       COALESCE(status.bucket, (%(bucket_codes)s::text[])[1]), '', false
FROM unnest(%(segments)s::text[], %(days)s::int[]) AS day (segment, after)
JOIN repayments_installment AS row ON row.due_on = %(on)s::date + 1 - day.after AND row.unpaid_minor > 0
    AND row.loan_id >= %(first)s AND row.loan_id < %(end)s
JOIN loans_loan AS loan ON loan.id = row.loan_id
LEFT JOIN collections_mgmt_overduestatus AS status ON status.loan_id = row.loan_id
WHERE day.segment = CASE WHEN status.days_past_due > 0 THEN 'BEHIND' ELSE 'STANDARD' END;

INSERT INTO messaging_outboxmessage
    (dedupe_key, borrower_id, loan_id, channel, template, params, language, not_before, purpose, reminds_on)
SELECT 'reminder:' || line.borrower_id || ':' || line.send_on, line.borrower_id, line.loan_id, 'SMS', CASE
           WHEN line.days_after < 0 THEN 'reminder.upcoming' WHEN line.days_after = 0 THEN 'reminder.due_today'
           ELSE 'reminder.overdue' END, '{}', borrower.language, %(not_before)s, 'REMINDER', line.send_on
FROM messaging_reminderline AS line JOIN users_borrower AS borrower ON borrower.id = line.borrower_id
WHERE line.send_on = %(on)s::date + 1 AND line.loan_id >= %(first)s AND line.loan_id < %(end)s;

INSERT INTO collections_mgmt_portfolioday AS kept
    (business_date, product, currency, bucket, classification, stage, loans, principal_minor, interest_due_minor,
     fee_due_minor, penalty_minor, suspended_minor, accrued_minor, overdue_minor, provision_minor)
SELECT %(on)s, product.code, 'CNY', COALESCE(status.bucket, (%(bucket_codes)s::text[])[1]),
       COALESCE(status.classification, tier.codes[1]), COALESCE(status.stage, (%(stage_codes)s::text[])[1]), COUNT(*),
       SUM(balance.principal_minor), SUM(rows.due), 0, SUM(balance.penalty_charged_minor), 0, SUM(rows.accrued),
       SUM(COALESCE(status.principal_minor + status.interest_minor, 0)), 0
FROM (
    SELECT row.loan_id, SUM(CASE WHEN row.due_on <= %(on)s THEN row.open ELSE 0 END) AS due,
           SUM(CASE WHEN row.due_on > %(on)s AND row.since <= %(on)s THEN round(row.interest_minor::numeric
               * (%(on)s - row.since) / (row.due_on - row.since)) ELSE 0 END) AS accrued
    FROM (
        SELECT loan_id, due_on, interest_minor, interest_minor - paid_interest_minor AS open,
               lag(due_on, 1, '-infinity') OVER (PARTITION BY loan_id ORDER BY version, number) AS since
        FROM repayments_installment WHERE loan_id >= %(first)s AND loan_id < %(end)s
    ) AS row
    GROUP BY row.loan_id
) AS rows
JOIN loans_loan AS loan ON loan.id = rows.loan_id
JOIN loans_productterms AS version ON version.id = loan.product_terms_id
JOIN loans_product AS product ON product.id = version.product_id
JOIN jsonb_to_recordset(%(tiers)s) AS tier (kind text, codes text[]) ON tier.kind = product.kind
JOIN repayments_loanbalance AS balance ON balance.loan_id = rows.loan_id
LEFT JOIN collections_mgmt_overduestatus AS status ON status.loan_id = rows.loan_id
GROUP BY 2, 4, 5, 6
ON CONFLICT (business_date, product, currency, bucket, classification, stage) DO UPDATE
SET loans = kept.loans + excluded.loans, principal_minor = kept.principal_minor + excluded.principal_minor,
    interest_due_minor = kept.interest_due_minor + excluded.interest_due_minor,
    penalty_minor = kept.penalty_minor + excluded.penalty_minor,
    accrued_minor = kept.accrued_minor + excluded.accrued_minor,
    overdue_minor = kept.overdue_minor + excluded.overdue_minor;
"""

WHOLE = """
UPDATE collections_mgmt_portfolioday
SET provision_minor = round((%(rates)s::jsonb ->> classification)::numeric
                            * (principal_minor + interest_due_minor + penalty_minor + accrued_minor))
WHERE business_date = %(on)s;

WITH moved AS (
    SELECT product, SUM(sign * accrued_minor) AS accrued, SUM(sign * provision_minor) AS provision
    FROM collections_mgmt_portfolioday
    JOIN (VALUES (%(on)s::date, 1), (%(before)s::date, -1)) AS day (business_date, sign) USING (business_date)
    GROUP BY product
), entry AS (
    INSERT INTO ledger_journalentry (effective_on, description, kind, actor)
    VALUES (%(on)s, 'Accrued interest', 'ACCRUED_INTEREST', 'system:bare'),
           (%(on)s, 'Provision', 'PROVISION', 'system:bare')
    RETURNING id, kind
)
INSERT INTO ledger_posting (entry_id, account_id, side, amount_minor, currency)
SELECT entry.id, own.account_id, CASE WHEN SUM(line.minor) > 0 THEN 'D' ELSE 'C' END, abs(SUM(line.minor)), 'CNY'
FROM moved CROSS JOIN entry CROSS JOIN LATERAL (VALUES
    ('ACCRUED_INTEREST', '1315', moved.accrued), ('ACCRUED_INTEREST', '4001', -moved.accrued),
    ('PROVISION', '1390', -moved.provision), ('PROVISION', '5003', moved.provision)
) AS line (kind, role, minor)
JOIN LATERAL ledger_accounts_of(moved.product) AS own ON own.role = line.role
WHERE line.kind = entry.kind GROUP BY entry.id, own.account_id HAVING SUM(line.minor) <> 0;
"""


def close_bare(loans: int, sessions: int, on: date) -> float:
    """Write the night into the database in use, and return the seconds that it took."""
    values = _values(on)
    edges = [1 + loans * number // sessions for number in range(sessions + 1)]
    links = [_connect() for _session in range(sessions)]
    started = time.perf_counter()
    with ThreadPoolExecutor(sessions) as pool:
        halves = zip(links, edges, edges[1:], strict=False)
        list(pool.map(lambda half: _run(half[0], HALF, {**values, "first": half[1], "end": half[2]}), halves))
    _run(links[0], WHOLE, values)
    spent = time.perf_counter() - started
    for link in links:
        link.close()
    return spent


def _connect() -> Any:
    import psycopg2

    return psycopg2.connect(os.environ["DATABASE_URL"])


def _run(link: Any, script: str, values: dict[str, Any]) -> None:
    with link, link.cursor() as cursor:
        cursor.execute(script, values)


def _values(on: date) -> dict[str, Any]:
    from collections_mgmt.services.close_range import morning_of
    from collections_mgmt.services.scales import scales_on
    from dashu.policy import rules as policy

    scales = scales_on(on)
    assert scales.stages
    tiers = [
        {
            "kind": kind,
            "starts": [band.from_days for band in tier.bands],
            "codes": [band.code for band in tier.bands],
        }
        for kind, tier in scales.tiers.items()
    ]
    send_on = on + timedelta(days=1)
    pairs = policy.reminder_schedule(send_on).pairs
    return {
        "on": on,
        "before": on - timedelta(days=1),
        "bucket_codes": [band.code for band in scales.buckets.bands],
        "bucket_starts": [band.from_days for band in scales.buckets.bands],
        "stage_codes": [band.code for band in scales.stages.bands],
        "stage_starts": [band.from_days for band in scales.stages.bands],
        "levels": [int(band.code) for band in scales.levels.bands],
        "level_starts": [band.from_days for band in scales.levels.bands],
        "tiers": json.dumps(tiers),
        "segments": [segment for segment, _day in pairs],
        "days": [day for _segment, day in pairs],
        "not_before": morning_of(send_on),
        "rates": json.dumps({name: str(rate) for name, rate in policy.provision_rates(on).items()}),
    }
