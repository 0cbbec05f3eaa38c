"""
The nightly rules as set-based SQL, one function a step.

Each step reads the loans in the temporary table `close_touched` and works on the end of one business date. The SQL says
the same as `dashu.finance` (arrears, penalty); a test compares the two row by row on thousands of random loans.

Three things keep a range from reading the whole book, whatever plan the database makes: the touched loans are joined
with their rows before anything else, which OFFSET 0 holds the planner to; their installments are summed loan by loan in
a LATERAL subquery; and every large table is held to the bounds of the range, `first` to `end` (excluded).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.backends.utils import CursorWrapper

from dashu import events
from dashu.finance.arrears import Scale
from dashu.ledger import accounts

MANY = 1_000

# Temporary tables live as long as the connection and are empty outside a transaction: making and dropping them every
# time would leave dead rows in the database's own catalogs, night after night.
TOUCHED = "close_touched (loan_id bigint)"
ACCRUAL = """close_accrual (loan_id bigint, product_terms_id bigint, currency text, interest_minor bigint,
    fee_minor bigint, penalty_parts numeric, penalty_uncapped_parts numeric, penalty_room_parts numeric,
    penalty_charged_minor bigint,
    penalty_minor bigint, interest_before_minor bigint, penalty_before_minor bigint, was_suspended boolean,
    is_suspended boolean)"""
STATUS = """close_status (loan_id bigint, days_past_due int, effective_days_past_due int, oldest_due_on date,
    principal_minor bigint, interest_minor bigint, fee_minor bigint, penalty_minor bigint, as_of date, bucket text,
    classification text, stage text, bucket_before text, classification_before text, stage_before text,
    is_known boolean)"""


def touch_range(cursor: CursorWrapper, *, on: date, first: int, end: int) -> int:
    """Collect and lock the loans from `first` up to `end` (excluded) that something may happen to; return how many."""
    _empty(cursor, TOUCHED)
    cursor.execute(
        """
        INSERT INTO close_touched
        SELECT loan_id FROM repayments_installment
        WHERE unpaid_minor > 0 AND due_on <= %(on)s AND loan_id >= %(first)s AND loan_id < %(end)s
        UNION
        SELECT loan_id FROM collections_mgmt_overduestatus
        WHERE loan_id >= %(first)s AND loan_id < %(end)s
          AND (days_past_due > 0 OR principal_minor + interest_minor + fee_minor + penalty_minor > 0)
        UNION
        SELECT loan_id FROM collections_mgmt_restructuringplan
        WHERE is_observed AND loan_id >= %(first)s AND loan_id < %(end)s
        """,
        {"on": on, "first": first, "end": end},
    )
    return _lock_touched(cursor, first=first, end=end)


def touch_loan(cursor: CursorWrapper, *, loan_id: int) -> None:
    """Make one loan the touched one, and lock it."""
    _empty(cursor, TOUCHED)
    cursor.execute("INSERT INTO close_touched VALUES (%s)", [loan_id])
    _lock_touched(cursor, first=loan_id, end=loan_id + 1)


def accrue(cursor: CursorWrapper, *, on: date, first: int, end: int, description: str, actor: str) -> int:
    """
    Charge penalty through `on`, and demand the interest and fees that fell due, in one ledger entry.

    :returns: how many loans accrued something.
    """
    _empty(cursor, ACCRUAL)
    cursor.execute(
        """
        INSERT INTO close_accrual
        SELECT loan.id, loan.product_terms_id, loan.currency, due.interest_minor, due.fee_minor, charged.parts,
               penalty.uncapped_parts, penalty.room_parts, charged.minor, charged.minor - loan.penalty_charged_minor,
               due.interest_before_minor, loan.penalty_charged_minor - loan.penalty_paid_minor
                   - loan.penalty_waived_minor,
               loan.is_non_accrual, COALESCE(%(on)s::date - due.oldest_due_on > loan.non_accrual_days, false)
        FROM (
            SELECT loan.id, loan.product_terms_id, loan.currency, loan.interest_basis, loan.penalty_base,
                   loan.penalty_annual_rate, loan.penalty_year_days, loan.penalty_grace_days, loan.penalty_cap_rate,
                   loan.non_accrual_days, loan.tolerance_bps,
                   GREATEST(0, loan.penalty_cap_rate - CASE WHEN loan.interest_basis = 'daily'
                       THEN COALESCE(balance.annual_rate, loan.annual_rate) ELSE 0 END) AS room_rate,
                   balance.accrued_through, balance.penalty_parts, balance.penalty_uncapped_parts,
                   balance.penalty_room_parts, balance.penalty_charged_minor, balance.penalty_paid_minor,
                   balance.penalty_waived_minor, balance.is_non_accrual, balance.pause_starts, balance.pause_ends
            FROM close_touched AS touched
            JOIN loans_loan AS loan ON loan.id = touched.loan_id AND loan.status = 'ACTIVE'
                AND loan.id >= %(first)s AND loan.id < %(end)s
            JOIN repayments_loanbalance AS balance ON balance.loan_id = loan.id AND balance.accrued_through < %(on)s
                AND balance.loan_id >= %(first)s AND balance.loan_id < %(end)s
            OFFSET 0
        ) AS loan
        CROSS JOIN LATERAL (
            SELECT COALESCE(SUM(row.interest_minor) FILTER (WHERE row.due_on > loan.accrued_through), 0)
                       AS interest_minor,
                   COALESCE(SUM(row.interest_minor) FILTER (WHERE row.due_on <= loan.accrued_through), 0)
                       AS interest_before_minor,
                   COALESCE(SUM(row.fee_minor) FILTER (WHERE row.due_on > loan.accrued_through), 0) AS fee_minor,
                   SUM(row.base_minor::numeric * row.days) * (loan.penalty_annual_rate * 1000000)::bigint
                       AS uncapped_parts,
                   COALESCE(SUM(row.principal_minor::numeric * row.days) * (loan.room_rate * 1000000)::bigint, 0)
                       AS room_parts,
                   MIN(row.due_on) FILTER (WHERE row.due_on < %(on)s AND row.is_short) AS oldest_due_on
            FROM (
                SELECT row.due_on, owed.principal_minor, owed.fee_minor,
                       CASE WHEN loan.interest_basis = 'scheduled' THEN owed.interest_minor ELSE 0 END
                           AS interest_minor,
                       owed.principal_minor + CASE WHEN loan.penalty_base = 'principal_and_interest'
                           THEN owed.interest_minor ELSE 0 END AS base_minor,
                       row.unpaid_minor::numeric * 10000
                           > (row.principal_minor + row.interest_minor + row.fee_minor)::numeric * loan.tolerance_bps
                           AS is_short,
                       GREATEST(0, %(on)s::date - charged.after) - CASE WHEN cardinality(loan.pause_starts) = 0 THEN 0
                           ELSE (SELECT COALESCE(SUM(GREATEST(0, LEAST(COALESCE(pause.until, %(on)s), %(on)s)
                                                                 - GREATEST(pause.since - 1, charged.after))), 0)
                                 FROM unnest(loan.pause_starts, loan.pause_ends) AS pause (since, until)) END AS days
                FROM repayments_installment AS row
                CROSS JOIN LATERAL (
                    SELECT row.principal_minor - row.paid_principal_minor - row.waived_principal_minor
                               AS principal_minor,
                           row.interest_minor - row.paid_interest_minor - row.waived_interest_minor AS interest_minor,
                           row.fee_minor - row.paid_fee_minor - row.waived_fee_minor AS fee_minor
                ) AS owed
                CROSS JOIN LATERAL (
                    SELECT GREATEST(loan.accrued_through, row.due_on + loan.penalty_grace_days) AS after
                ) AS charged
                WHERE row.loan_id = loan.id AND row.unpaid_minor > 0 AND row.due_on <= %(on)s
            ) AS row
            HAVING COUNT(*) > 0
        ) AS due
        CROSS JOIN LATERAL (
            SELECT loan.penalty_uncapped_parts + due.uncapped_parts AS uncapped_parts,
                   loan.penalty_room_parts + due.room_parts AS room_parts
        ) AS penalty
        CROSS JOIN LATERAL (
            SELECT whole.parts, div(whole.parts, 1000000::numeric * loan.penalty_year_days)::bigint AS minor
            FROM (SELECT CASE WHEN loan.penalty_cap_rate IS NULL THEN loan.penalty_parts + due.uncapped_parts
                              ELSE GREATEST(loan.penalty_parts, LEAST(penalty.uncapped_parts, penalty.room_parts))
                         END AS parts) AS whole
        ) AS charged
        """,
        {"on": on, "first": first, "end": end},
    )
    cursor.execute(
        """
        UPDATE repayments_loanbalance AS balance
        SET accrued_through = %(on)s, penalty_parts = accrual.penalty_parts,
            penalty_uncapped_parts = accrual.penalty_uncapped_parts, penalty_room_parts = accrual.penalty_room_parts,
            penalty_charged_minor = accrual.penalty_charged_minor, is_non_accrual = accrual.is_suspended
        FROM close_accrual AS accrual
        WHERE balance.loan_id = accrual.loan_id AND balance.loan_id >= %(first)s AND balance.loan_id < %(end)s
        """,
        {"on": on, "first": first, "end": end},
    )
    accrued = cursor.rowcount
    _post_accrual(cursor, on=on, description=description, actor=actor)
    return accrued


@dataclass(frozen=True, slots=True)
class Scales:
    """
    What days past due mean on one date.

    :param tiers: the classification of each kind of product.
    :param stages: of impairment; None where the lender's pack has none, the stage is "" then.
    :param levels: of a collection case, by effective days; the codes are whole numbers.
    """

    buckets: Scale
    tiers: Mapping[str, Scale]
    stages: Scale | None
    levels: Scale


def refresh_overdue(cursor: CursorWrapper, *, on: date, first: int, end: int, scales: Scales) -> None:
    """Recount days past due, overdue amounts, bucket, classification and stage as of `on`; write what changed."""
    count_overdue(cursor, on=on, first=first, end=end, scales=scales)
    note_changes(cursor, on=on)
    store_status(cursor)


# The level that a case has by the effective days past due of its loan; see `_levels`.
_REACHED = """
    CROSS JOIN LATERAL (
        SELECT (%(levels)s::int[])[width_bucket(status.effective_days_past_due, %(starts)s::int[])] AS level
    ) AS reached
"""


def open_cases(cursor: CursorWrapper, *, on: date, scales: Scales) -> int:
    """Open a case for every loan that is behind and has none; return how many."""
    cursor.execute(
        f"""
        INSERT INTO collections_mgmt_collectioncase (loan_id, status, opened_on, level, level_since)
        SELECT status.loan_id, 'OPEN', %(on)s, reached.level, %(on)s FROM close_status AS status
        {_REACHED}
        WHERE status.days_past_due > 0
        ON CONFLICT (loan_id) WHERE status = 'OPEN' DO NOTHING
        """,  # noqa: S608 – a constant of this module
        _levels(on, scales),
    )
    return cursor.rowcount


def escalate_cases(cursor: CursorWrapper, *, on: date, scales: Scales) -> int:
    """
    Bring the cases of loans that are behind to their level; return how many moved.

    The level follows the effective days, so that a case stays where it is while the count is paused.
    """
    cursor.execute(
        f"""
        UPDATE collections_mgmt_collectioncase AS item SET level = reached.level, level_since = %(on)s
        FROM close_status AS status {_REACHED}
        WHERE item.loan_id = status.loan_id AND item.status = 'OPEN' AND status.days_past_due > 0
          AND item.level <> reached.level
        """,  # noqa: S608 – a constant of this module
        _levels(on, scales),
    )
    return cursor.rowcount


def close_cases(cursor: CursorWrapper, *, on: date) -> int:
    """Close the cases of loans that are no longer behind; return how many."""
    cursor.execute(
        """
        UPDATE collections_mgmt_collectioncase AS item
        SET status = 'CLOSED', closed_on = GREATEST(item.opened_on, %(on)s)
        FROM close_status AS status
        WHERE item.loan_id = status.loan_id AND item.status = 'OPEN' AND status.days_past_due = 0
        """,
        {"on": on},
    )
    return cursor.rowcount


def _levels(on: date, scales: Scales) -> dict[str, Any]:
    return {
        "on": on,
        "levels": [int(band.code) for band in scales.levels.bands],
        "starts": [band.from_days for band in scales.levels.bands],
    }


def _empty(cursor: CursorWrapper, table: str) -> None:
    """Have the temporary table, without rows."""
    cursor.execute(f"CREATE TEMPORARY TABLE IF NOT EXISTS {table} ON COMMIT DELETE ROWS")
    cursor.execute(f"DELETE FROM {table.split()[0]}")  # noqa: S608 – a constant of this module


def _lock_touched(cursor: CursorWrapper, *, first: int, end: int) -> int:
    """Lock in the order of ids, as every writer does, so that payments and the close wait and never deadlock."""
    cursor.execute(
        """
        SELECT COUNT(*) FROM (
            SELECT id FROM loans_loan
            WHERE id IN (SELECT loan_id FROM close_touched) AND id >= %s AND id < %s
            ORDER BY id FOR NO KEY UPDATE
        ) AS locked
        """,
        [first, end],
    )
    touched = int(cursor.fetchone()[0])
    if touched > MANY:
        cursor.execute("ANALYZE close_touched")
    return touched


def _post_accrual(cursor: CursorWrapper, *, on: date, description: str, actor: str) -> None:
    cursor.execute(
        """
        WITH chart AS MATERIALIZED (
            SELECT version.id AS product_terms_id, own.role, own.account_id
            FROM loans_productterms AS version JOIN loans_product AS product ON product.id = version.product_id
            CROSS JOIN LATERAL ledger_accounts_of(product.code) AS own
        ), lines AS (
            SELECT accrual.loan_id, accrual.currency, chart.account_id AS account, line.side, line.amount_minor
            FROM close_accrual AS accrual
            -- On the day on which a loan stops being accrued, what it had been accrued goes to the memo accounts.
            CROSS JOIN LATERAL (
                SELECT CASE WHEN NOT accrual.is_suspended THEN accrual.interest_minor
                            WHEN accrual.was_suspended THEN 0 ELSE -accrual.interest_before_minor END AS interest_minor,
                       CASE WHEN NOT accrual.is_suspended THEN accrual.penalty_minor
                            WHEN accrual.was_suspended THEN 0 ELSE -accrual.penalty_before_minor END AS penalty_minor,
                       CASE WHEN NOT accrual.is_suspended THEN 0
                            ELSE accrual.interest_minor + accrual.penalty_minor
                                + CASE WHEN accrual.was_suspended THEN 0
                                       ELSE accrual.interest_before_minor + accrual.penalty_before_minor END
                       END AS suspended_minor
            ) AS booked
            CROSS JOIN LATERAL (VALUES
                (%(interest_receivable)s, %(interest_income)s, booked.interest_minor),
                (%(fee_receivable)s, %(fee_income)s, accrual.fee_minor),
                (%(penalty_receivable)s, %(penalty_income)s, booked.penalty_minor),
                (%(suspended)s, %(suspended_contra)s, booked.suspended_minor)
            ) AS change (claim, other, minor)
            CROSS JOIN LATERAL (VALUES (change.claim, 1), (change.other, -1)) AS part (account, sign)
            CROSS JOIN LATERAL (
                SELECT part.account, CASE WHEN part.sign * change.minor > 0 THEN 'D' ELSE 'C' END AS side,
                       abs(change.minor) AS amount_minor
            ) AS line
            JOIN chart ON chart.product_terms_id = accrual.product_terms_id AND chart.role = line.account
            WHERE change.minor <> 0
        ), entry AS (
            INSERT INTO ledger_journalentry (effective_on, description, kind, actor)
            SELECT %(on)s, %(description)s, 'ACCRUAL', %(actor)s WHERE EXISTS (SELECT 1 FROM lines)
            RETURNING id
        )
        INSERT INTO ledger_posting (entry_id, account_id, side, amount_minor, currency, loan_id)
        SELECT entry.id, lines.account, lines.side, lines.amount_minor, lines.currency, lines.loan_id
        FROM entry CROSS JOIN lines
        """,
        {
            "on": on,
            "description": description,
            "actor": actor,
            "interest_receivable": accounts.INTEREST_RECEIVABLE,
            "interest_income": accounts.INTEREST_INCOME,
            "fee_receivable": accounts.FEE_RECEIVABLE,
            "fee_income": accounts.FEE_INCOME,
            "penalty_receivable": accounts.PENALTY_RECEIVABLE,
            "penalty_income": accounts.PENALTY_INCOME,
            "suspended": accounts.SUSPENDED_INTEREST,
            "suspended_contra": accounts.SUSPENDED_INTEREST_CONTRA,
        },
    )


def count_overdue(cursor: CursorWrapper, *, on: date, first: int, end: int, scales: Scales) -> int:
    """
    Count days past due, overdue amounts, bucket, classification and stage anew; return how many loans are behind.

    A loan that is observed after a restructuring is held at the class and stage of its plan or worse ones, until the
    observation is over and nothing is late; see `collections_mgmt.domain.relief_plans`.
    """
    _empty(cursor, STATUS)
    buckets, tiers, stages = scales.buckets, scales.tiers, scales.stages
    cursor.execute(
        """
        INSERT INTO close_status
        SELECT loan.id, counted.days_past_due, GREATEST(0, counted.days_past_due - counted.paused_days),
               late.oldest_due_on, late.principal_minor, late.interest_minor,
               late.fee_minor, loan.penalty_minor, %(on)s,
               (%(bucket_codes)s::text[])[width_bucket(counted.days_past_due, %(bucket_starts)s::int[])],
               loan.codes[GREATEST(width_bucket(counted.days_past_due, loan.starts),
                                   CASE WHEN held.is_held THEN array_position(loan.codes, loan.tier_floor) END)],
               (%(stage_codes)s::text[])[GREATEST(
                   width_bucket(counted.days_past_due, %(stage_starts)s::int[]),
                   CASE WHEN held.is_held THEN array_position(%(stage_codes)s::text[], loan.stage_floor) END)],
               COALESCE(loan.bucket, (%(bucket_codes)s::text[])[1]), COALESCE(loan.classification, loan.codes[1]),
               COALESCE(loan.stage, (%(stage_codes)s::text[])[1]), loan.is_known
        FROM (
            SELECT loan.id, loan.tolerance_bps, tier.starts, tier.codes,
                   balance.penalty_charged_minor - balance.penalty_paid_minor - balance.penalty_waived_minor
                       AS penalty_minor,
                   balance.pause_starts, balance.pause_ends,
                   before.bucket, before.classification, NULLIF(before.stage, '') AS stage,
                   before.loan_id IS NOT NULL AS is_known,
                   plan.tier_floor::text, plan.stage_floor::text, plan.observed_until
            FROM close_touched AS touched
            JOIN loans_loan AS loan ON loan.id = touched.loan_id AND loan.id >= %(first)s AND loan.id < %(end)s
            JOIN loans_productterms AS version ON version.id = loan.product_terms_id
            JOIN loans_product AS product ON product.id = version.product_id
            JOIN jsonb_to_recordset(%(tiers)s) AS tier (kind text, starts int[], codes text[])
                ON tier.kind = product.kind
            JOIN repayments_loanbalance AS balance ON balance.loan_id = loan.id
                AND balance.loan_id >= %(first)s AND balance.loan_id < %(end)s
            LEFT JOIN collections_mgmt_overduestatus AS before ON before.loan_id = loan.id
                AND before.loan_id >= %(first)s AND before.loan_id < %(end)s
            LEFT JOIN collections_mgmt_restructuringplan AS plan ON plan.loan_id = loan.id AND plan.is_observed
                AND plan.accepted_on <= %(on)s AND plan.loan_id >= %(first)s AND plan.loan_id < %(end)s
            WHERE before.as_of IS NULL OR before.as_of <= %(on)s
            OFFSET 0
        ) AS loan
        CROSS JOIN LATERAL (
            SELECT COALESCE(SUM(row.principal_minor - row.paid_principal_minor - row.waived_principal_minor), 0)
                       AS principal_minor,
                   COALESCE(SUM(row.interest_minor - row.paid_interest_minor - row.waived_interest_minor), 0)
                       AS interest_minor,
                   COALESCE(SUM(row.fee_minor - row.paid_fee_minor - row.waived_fee_minor), 0) AS fee_minor,
                   MIN(row.due_on) FILTER (WHERE row.unpaid_minor::numeric * 10000
                       > (row.principal_minor + row.interest_minor + row.fee_minor)::numeric * loan.tolerance_bps)
                       AS oldest_due_on
            FROM repayments_installment AS row
            WHERE row.loan_id = loan.id AND row.unpaid_minor > 0 AND row.due_on < %(on)s
        ) AS late
        CROSS JOIN LATERAL (
            SELECT COALESCE(%(on)s::date - late.oldest_due_on, 0) AS days_past_due,
                   CASE WHEN cardinality(loan.pause_starts) = 0 OR late.oldest_due_on IS NULL THEN 0
                        ELSE (SELECT COALESCE(SUM(GREATEST(0, LEAST(COALESCE(pause.until, %(on)s), %(on)s)
                                                              - GREATEST(pause.since - 1, late.oldest_due_on))), 0)
                              FROM unnest(loan.pause_starts, loan.pause_ends) AS pause (since, until)) END
                       AS paused_days
        ) AS counted
        CROSS JOIN LATERAL (
            SELECT loan.observed_until > %(on)s OR (loan.observed_until IS NOT NULL AND counted.days_past_due > 0)
                AS is_held
        ) AS held
        """,
        {
            "on": on,
            "first": first,
            "end": end,
            "bucket_starts": [band.from_days for band in buckets.bands],
            "bucket_codes": [band.code for band in buckets.bands],
            "stage_starts": [band.from_days for band in stages.bands] if stages else [0],
            "stage_codes": [band.code for band in stages.bands] if stages else [""],
            "tiers": json.dumps(
                [
                    {
                        "kind": kind,
                        "starts": [band.from_days for band in scale.bands],
                        "codes": [band.code for band in scale.bands],
                    }
                    for kind, scale in tiers.items()
                ]
            ),
        },
    )
    cursor.execute("SELECT COUNT(*) FROM close_status WHERE days_past_due > 0")
    return int(cursor.fetchone()[0])


def note_changes(cursor: CursorWrapper, *, on: date) -> int:
    """Write the changes of this day; a second change on one day keeps what the day began with."""
    cursor.execute(
        """
        INSERT INTO collections_mgmt_overduechange AS change
            (loan_id, changed_on, days_past_due, bucket_before, bucket, classification_before, classification,
             stage_before, stage)
        SELECT loan_id, as_of, days_past_due, bucket_before, bucket, classification_before, classification,
               stage_before, stage
        FROM close_status
        WHERE (bucket, classification, stage) IS DISTINCT FROM (bucket_before, classification_before, stage_before)
        ON CONFLICT (loan_id, changed_on) DO UPDATE
        SET days_past_due = excluded.days_past_due, bucket = excluded.bucket, classification = excluded.classification,
            stage = excluded.stage
        """
    )
    changed = cursor.rowcount
    if not events.is_silent():
        _tell_partners(cursor)
    cursor.execute(
        """
        DELETE FROM collections_mgmt_overduechange AS change USING close_status AS status
        WHERE change.loan_id = status.loan_id AND change.changed_on = %s
          AND change.bucket = change.bucket_before AND change.classification = change.classification_before
          AND change.stage = change.stage_before
        """,
        [on],
    )
    return changed


def _tell_partners(cursor: CursorWrapper) -> None:
    """Tell of the loans that moved and that a partner brought; of a book without partners it reads what moved."""
    cursor.execute(
        """
        INSERT INTO webhooks_partnerevent (partner_id, type, subject, data, business_date)
        SELECT loan.partner_id, 'overdue.status_changed', loan.number, jsonb_build_object(
                   'loan', loan.number, 'on', status.as_of, 'days_past_due', status.days_past_due,
                   'bucket', status.bucket, 'previous_bucket', status.bucket_before,
                   'classification', status.classification, 'previous_classification', status.classification_before,
                   'stage', status.stage, 'previous_stage', status.stage_before),
               status.as_of
        FROM close_status AS status JOIN loans_loan AS loan ON loan.id = status.loan_id
        WHERE (status.bucket, status.classification, status.stage)
              IS DISTINCT FROM (status.bucket_before, status.classification_before, status.stage_before)
          AND loan.partner_id IS NOT NULL
        ORDER BY loan.id
        """
    )


def store_status(cursor: CursorWrapper) -> int:
    """Store what was counted of the loans that are behind, were before, or are held at a class; return how many."""
    cursor.execute(
        """
        INSERT INTO collections_mgmt_overduestatus AS kept
            (loan_id, as_of, days_past_due, effective_days_past_due, oldest_due_on,
             principal_minor, interest_minor, fee_minor, penalty_minor, bucket, classification, stage)
        SELECT loan_id, as_of, days_past_due, effective_days_past_due, oldest_due_on,
               principal_minor, interest_minor, fee_minor, penalty_minor, bucket, classification, stage
        FROM close_status
        WHERE is_known OR days_past_due > 0 OR principal_minor + interest_minor + fee_minor + penalty_minor > 0
           OR (bucket, classification, stage) IS DISTINCT FROM (bucket_before, classification_before, stage_before)
        ON CONFLICT (loan_id) DO UPDATE
        SET as_of = excluded.as_of, days_past_due = excluded.days_past_due,
            effective_days_past_due = excluded.effective_days_past_due, oldest_due_on = excluded.oldest_due_on,
            principal_minor = excluded.principal_minor, interest_minor = excluded.interest_minor,
            fee_minor = excluded.fee_minor, penalty_minor = excluded.penalty_minor,
            bucket = excluded.bucket, classification = excluded.classification, stage = excluded.stage
        """
    )
    return cursor.rowcount
