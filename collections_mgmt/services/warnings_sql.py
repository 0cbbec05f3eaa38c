"""
Triggers of early warning, found by set-based SQL and written only where they are new or say something new.

`notice_of_loans` runs with each range of the close and looks only at loans to which something happened on the day; what
is about the person follows once for the whole night, see `people_warnings_sql`. `collections_mgmt.domain.early_warning`
says the same for one loan; tests compare both.
"""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.db.backends.utils import CursorWrapper

from dashu.policy.early_warning import EarlyWarning, Trigger, TriggerRule

_WRITE = """
    INSERT INTO collections_mgmt_warningtrigger AS kept
        (borrower_id, loan_id, kind, fired_on, ends_on, is_strong, facts)
    SELECT found.borrower_id, found.loan_id, %(kind)s, %(on)s, LEAST(%(ends_on)s, found.ends_on), %(is_strong)s,
           found.facts
    FROM ({found}) AS found
    ON CONFLICT (borrower_id, loan_id, kind) WHERE ended_on IS NULL DO UPDATE
    SET ends_on = GREATEST(kept.ends_on, excluded.ends_on), is_strong = excluded.is_strong, facts = excluded.facts
    WHERE kept.facts IS DISTINCT FROM excluded.facts
"""

# Loans of the range that were paid on the day, of the products that the trigger is about.
_PAID = """
    SELECT loan.id, loan.borrower_id, loan.currency
    FROM (
        SELECT DISTINCT loan_id FROM repayments_payment
        WHERE received_on = %(on)s AND loan_id >= %(first)s AND loan_id < %(end)s
    ) AS paid
    JOIN loans_loan AS loan ON loan.id = paid.loan_id AND loan.status = 'ACTIVE'
    JOIN loans_productterms AS version ON version.id = loan.product_terms_id
    JOIN loans_product AS product ON product.id = version.product_id AND product.kind = ANY(%(products)s)
"""

# Days late of the installments paid last, as `signals_sql` counts them.
_PAYS_LATER = f"""
    SELECT loan.borrower_id, loan.id AS loan_id, NULL::date AS ends_on,
           jsonb_build_object('before', late.before, 'days', late.days) AS facts
    FROM ({_PAID}) AS loan
    JOIN collections_mgmt_loansignal AS signal ON signal.loan_id = loan.id AND signal.as_of = %(on)s
        AND signal.days_late - signal.days_late_before >= %(later_days)s * 100
        AND signal.days_late >= %(least_days)s * 100
    CROSS JOIN LATERAL (
        SELECT jsonb_agg(ranked.days ORDER BY ranked.number) FILTER (WHERE ranked.place <= 3) AS days,
               jsonb_agg(ranked.days ORDER BY ranked.number) FILTER (WHERE ranked.place > 3) AS before
        FROM (
            SELECT row.number, MAX(payment.received_on) - row.due_on AS days,
                   row_number() OVER (ORDER BY row.number DESC) AS place
            FROM repayments_installment AS row
            JOIN repayments_payment AS payment ON payment.loan_id = row.loan_id
            JOIN repayments_paymentallocation AS part
                ON part.payment_id = payment.event_id AND part.number = row.number
            WHERE row.loan_id = loan.id AND row.is_current AND row.unpaid_minor = 0 AND payment.received_on <= %(on)s
            GROUP BY row.number, row.due_on ORDER BY row.number DESC LIMIT 6
        ) AS ranked
    ) AS late
"""  # noqa: S608 – constants of this module

_PARTIAL = f"""
    SELECT loan.borrower_id, loan.id AS loan_id, NULL::date AS ends_on,
           jsonb_build_object('installments', part.installments, 'within_days', %(within_days)s::int,
                              'paid', part.paid, 'currency', loan.currency) AS facts
    FROM ({_PAID}) AS loan
    JOIN collections_mgmt_loansignal AS signal ON signal.loan_id = loan.id AND signal.as_of = %(on)s
        AND signal.partial_payments >= %(installments)s
    CROSS JOIN LATERAL (
        SELECT COUNT(DISTINCT each.number)::int AS installments,
               jsonb_agg(jsonb_build_object('on', each.received_on, 'paid_minor', each.paid_minor,
                                            'asked_minor', each.asked_minor) ORDER BY each.event_id) AS paid
        FROM (
            SELECT row.number, payment.event_id, payment.received_on,
                   part.fee_minor + part.interest_minor + part.principal_minor AS paid_minor,
                   row.principal_minor + row.interest_minor + row.fee_minor AS asked_minor
            FROM repayments_payment AS payment
            JOIN repayments_paymentallocation AS part ON part.payment_id = payment.event_id
            JOIN repayments_installment AS row
                ON row.loan_id = payment.loan_id AND row.is_current AND row.number = part.number
            WHERE payment.loan_id = loan.id AND NOT payment.is_returned
              AND payment.received_on > %(on)s::date - %(within_days)s AND payment.received_on <= %(on)s
              AND row.due_on <= payment.received_on
        ) AS each
        WHERE each.paid_minor < each.asked_minor
    ) AS part
    WHERE part.installments >= %(installments)s
"""  # noqa: S608 – constants of this module

_ONLY_THE_LEAST = f"""
    SELECT loan.borrower_id, loan.id AS loan_id, NULL::date AS ends_on,
           jsonb_build_object('paid_minor', paid.paid, 'asked_minor', paid.asked, 'before_minor', paid.before,
                              'currency', loan.currency) AS facts
    FROM ({_PAID}) AS loan
    CROSS JOIN LATERAL (
        SELECT COUNT(*) FILTER (WHERE place <= %(payments)s) AS payments,
               bool_and(amount_minor = asked_minor) FILTER (WHERE place <= %(payments)s) AS is_least,
               bool_or(amount_minor > asked_minor) FILTER (WHERE place > %(payments)s) AS was_more,
               jsonb_agg(amount_minor ORDER BY place DESC) FILTER (WHERE place <= %(payments)s) AS paid,
               jsonb_agg(asked_minor ORDER BY place DESC) FILTER (WHERE place <= %(payments)s) AS asked,
               jsonb_agg(amount_minor ORDER BY place DESC) FILTER (WHERE place > %(payments)s) AS before
        FROM (
            SELECT payment.amount_minor, asked.minor AS asked_minor,
                   row_number() OVER (ORDER BY payment.received_on DESC, payment.event_id DESC) AS place
            FROM repayments_payment AS payment
            CROSS JOIN LATERAL (
                SELECT row.principal_minor + row.interest_minor + row.fee_minor AS minor
                FROM repayments_paymentallocation AS part
                JOIN repayments_installment AS row
                    ON row.loan_id = payment.loan_id AND row.is_current AND row.number = part.number
                WHERE part.payment_id = payment.event_id ORDER BY part.number LIMIT 1
            ) AS asked
            WHERE payment.loan_id = loan.id AND NOT payment.is_returned AND payment.received_on <= %(on)s
            ORDER BY payment.received_on DESC, payment.event_id DESC LIMIT 2 * %(payments)s
        ) AS ranked
    ) AS paid
    WHERE paid.payments = %(payments)s AND paid.is_least AND paid.was_more
"""  # noqa: S608 – constants of this module

# The provider may answer some days after it was asked, so the days before are looked through for answers of this day.
_AUTOPAY_FAILED = """
    SELECT loan.borrower_id, loan.id AS loan_id, NULL::date AS ends_on,
           jsonb_build_object('failures', failed.tries, 'within_days', %(within_days)s::int, 'failed_on', failed.days)
               AS facts
    FROM (
        SELECT DISTINCT loan_id FROM repayments_autopayattempt
        WHERE status = 'FAILED' AND scheduled_on > %(on)s::date - 7 AND scheduled_on <= %(on)s
          AND COALESCE(answered_on, scheduled_on) = %(on)s AND loan_id >= %(first)s AND loan_id < %(end)s
    ) AS news
    JOIN loans_loan AS loan ON loan.id = news.loan_id AND loan.status = 'ACTIVE'
    JOIN loans_productterms AS version ON version.id = loan.product_terms_id
    JOIN loans_product AS product ON product.id = version.product_id AND product.kind = ANY(%(products)s)
    CROSS JOIN LATERAL (
        SELECT COUNT(*)::int AS tries, jsonb_agg(attempt.scheduled_on ORDER BY attempt.scheduled_on) AS days
        FROM repayments_autopayattempt AS attempt
        WHERE attempt.loan_id = loan.id AND attempt.status = 'FAILED'
          AND attempt.scheduled_on > %(on)s::date - %(within_days)s AND attempt.scheduled_on <= %(on)s
    ) AS failed
    WHERE failed.tries >= %(failures)s
"""

OF_LOANS: Mapping[Trigger, str] = {
    Trigger.PAYS_LATER: _PAYS_LATER,
    Trigger.PARTIAL_PAYMENTS: _PARTIAL,
    Trigger.ONLY_THE_LEAST: _ONLY_THE_LEAST,
    Trigger.AUTOPAY_FAILED: _AUTOPAY_FAILED,
}


def notice_of_loans(cursor: CursorWrapper, *, on: date, first: int, end: int, rules: EarlyWarning) -> int:
    """Write what happened on `on` to the loans of a range that may be a warning; return how many triggers say more."""
    within = {"first": first, "end": end}
    return sum(
        write(cursor, trigger, rules.triggers[trigger], found, on=on, **within)
        for trigger, found in OF_LOANS.items()
        if trigger in rules.triggers
    )


def write(cursor: CursorWrapper, trigger: Trigger, rule: TriggerRule, found: str, *, on: date, **more: Any) -> int:
    """
    Write the triggers that a statement finds; what is known already is not written again.

    :param found: a statement of borrower_id, loan_id, ends_on (None: as the rule says) and facts, one row for each
        borrower and loan; it may use the rule's numbers by name.
    """
    values = {
        "on": on,
        "kind": trigger.value,
        "ends_on": on + timedelta(days=rule.valid_days),
        "is_strong": rule.is_strong,
        "products": list(rule.products),
        **rule.counts,
        **rule.shares,
        **more,
    }
    cursor.execute(_WRITE.replace("{found}", found), values)
    return int(cursor.rowcount)


def plain(rows: list[dict[str, Any]]) -> str:
    """Return rows as `jsonb_to_recordset` takes them; Decimals and dates as texts."""
    return json.dumps(rows, default=str)
