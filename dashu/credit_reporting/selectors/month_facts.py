"""
What is true of the loans at the end of a month, as known now: one query for a stretch of loans, however many there are.

Principal and what is due are the first schedules with the movements that count up to the day, as in
`repayments.selectors.book_sql`, so that a payment that is booked back counts at once. Only loans that have a sign for
the month (`CreditRecordMonth`) are in it.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from dashu.credit_reporting.domain.facts import Happening, MonthFacts
from dashu.kernel.dates import add_months, month_end_of
from loans.models import Loan
from repayments.selectors.book_sql import book_sql

AGES = (31, 61, 91, 181)


def month_facts(
    loans: QuerySet[Loan], *, month: date, events: Mapping[str, str], settled: str, months: int = 60
) -> Iterator[MonthFacts]:
    """
    Yield the facts in the order of the loans' ids.

    :param events: the bureau's code of a special transaction by kind of loan event.
    :param settled: the sign of a loan that is paid off; a charged-off claim with it was paid in full.
    :param months: of the past whose signs are read; those after `month` that are noted by now are read as well.
    """
    month_end = month_end_of(month)
    query = book_sql(loans, as_of=month_end, known_at=None)
    if query is None:
        return
    given = {
        **query[1],
        "month": month,
        "settled": settled,
        "since": add_months(month, 1 - months),
        "event_kinds": list(events),
        "event_codes": list(events.values()),
    }
    with connection.cursor() as cursor:
        cursor.execute(f"WITH book AS MATERIALIZED {query[0]} {_FACTS}", given)
        names = [column.name for column in cursor.description]
        while rows := cursor.fetchmany(1_000):
            for row in rows:
                yield _facts(dict(zip(names, row, strict=True)), month, month_end)


def _facts(row: dict[str, Any], month: date, month_end: date) -> MonthFacts:
    ages = dict(zip(AGES, row.pop("ages"), strict=True))
    noted = dict(zip(row.pop("noted_months"), row.pop("noted_codes"), strict=True))
    listed = json.loads(row.pop("happened") or "[]")
    happened = [Happening(each["code"], date.fromisoformat(each["on"]), each["minor"]) for each in listed]
    if agreed := row.pop("agreed"):
        happened.append(Happening(agreed, row.pop("agreed_on") or month_end, 0))
    else:
        row.pop("agreed_on")
    return MonthFacts(
        **row, month=month, month_end=month_end, overdue_by_age=ages, noted=noted, happened=tuple(happened)
    )


# A payment that came back later had been paid at the end of the month: it counts until the day on which it was undone.
# The claim of a loan that was charged off goes on; that of one that was sold or given up has ended, and what was left
# of it is what `ended` says. Installments are behind only where the tolerance of the contract leaves days past due.
_FACTS = """
, one AS (
    SELECT book.*, loan.borrower_id, product.kind AS product_kind, loan.starts_on, loan.lent_on, loan.principal_minor,
           noted.code, noted.special_event, book.status AS book_status,
           CASE WHEN book.status = 'CHARGED_OFF' AND noted.code = %(settled)s THEN 'SETTLED' ELSE book.status
           END AS state
    FROM book
    JOIN loans_loan AS loan ON loan.id = book.loan_id
    JOIN loans_productterms AS version ON version.id = loan.product_terms_id
    JOIN loans_product AS product ON product.id = version.product_id
    JOIN collections_mgmt_creditrecordmonth AS noted ON noted.loan_id = book.loan_id AND noted.month = %(month)s
)
SELECT one.loan_id, one.number, one.borrower_id, one.currency, one.product_kind,
       COALESCE(one.lent_on, one.starts_on) AS opened_on, one.starts_on, claim.matures_on, one.state AS status,
       COALESCE(held_at.classification, one.classification) AS tier, one.principal_minor AS lent,
       CASE WHEN one.state IN ('SOLD', 'WRITTEN_OFF', 'SETTLED') THEN 0 ELSE claim.principal END AS balance,
       claim.before, claim.raised, claim.paid AS paid_principal, claim.reduced,
       CASE WHEN one.state IN ('SOLD', 'WRITTEN_OFF') THEN claim.principal ELSE 0 END AS ended,
       claim.charged_off,
       CASE WHEN late.counts THEN one.days_past_due ELSE 0 END AS days_past_due,
       CASE WHEN late.counts THEN one.oldest_due_on END AS oldest_due_on,
       CASE WHEN late.counts THEN one.overdue_principal + one.overdue_interest + one.overdue_fee ELSE 0 END AS overdue,
       CASE WHEN late.counts THEN ARRAY[claim.age_31, claim.age_61, claim.age_91, claim.age_181]
            ELSE ARRAY[0, 0, 0, 0]::bigint[] END AS ages,
       claim.periods, CASE WHEN late.counts AND one.days_past_due > 0 THEN claim.behind ELSE 0 END AS periods_behind,
       CASE WHEN one.state IN ('ACTIVE', 'CHARGED_OFF') THEN claim.left ELSE 0 END AS periods_left,
       claim.due, money.paid, money.latest_paid_on,
       happened.list AS happened, one.special_event AS agreed, plan.accepted_on AS agreed_on,
       signs.months AS noted_months, signs.codes AS noted_codes
FROM one
CROSS JOIN LATERAL (SELECT one.state IN ('ACTIVE', 'CHARGED_OFF') AS counts) AS late
LEFT JOIN LATERAL (
    SELECT MIN(event.effective_on) AS day FROM repayments_loanevent AS event
    WHERE event.loan_id = one.loan_id AND event.kind = 'CHARGE_OFF' AND event.effective_on <= %(as_of)s
      AND one.book_status = 'CHARGED_OFF'
) AS lost ON TRUE
CROSS JOIN LATERAL (
    WITH moved AS (
        SELECT first.number, first.due_on, 'S' AS kind, one.starts_on AS effective_on, first.principal_minor,
               first.principal_minor + first.interest_minor + first.fee_minor AS total
        FROM repayments_installment AS first WHERE first.loan_id = one.loan_id AND first.version = 1
        UNION ALL
        SELECT move.number, move.due_on, move.kind, move.effective_on, move.principal_minor,
               move.principal_minor + move.interest_minor + move.fee_minor
        FROM repayments_installmentmovement AS move
        WHERE move.loan_id = one.loan_id AND move.effective_on <= %(as_of)s
    ), signed AS (
        SELECT *, CASE kind WHEN 'S' THEN 1 ELSE -1 END AS sign FROM moved
    ), item AS (
        SELECT number, due_on, SUM(sign * principal_minor)::bigint AS principal, SUM(sign * total)::bigint AS total,
               COALESCE(SUM(total) FILTER (WHERE kind = 'S'), 0)::bigint AS demanded, %(as_of)s::date - due_on AS age
        FROM signed GROUP BY number, due_on
    ), flow AS (
        SELECT COALESCE(SUM(sign * principal_minor) FILTER (WHERE effective_on < %(month)s), 0)::bigint AS before,
               COALESCE(SUM(principal_minor) FILTER (WHERE kind = 'S' AND effective_on >= %(month)s), 0)::bigint
                   AS raised,
               COALESCE(SUM(principal_minor) FILTER (WHERE kind = 'P' AND effective_on >= %(month)s), 0)::bigint
                   AS paid,
               COALESCE(SUM(principal_minor) FILTER (WHERE kind = 'W' AND effective_on >= %(month)s), 0)::bigint
                   AS reduced,
               COALESCE(SUM(sign * principal_minor) FILTER (WHERE effective_on <= lost.day), 0)::bigint AS charged_off
        FROM signed
    )
    SELECT flow.*, COALESCE(SUM(item.principal), 0)::bigint AS principal,
           MAX(item.due_on) FILTER (WHERE item.demanded > 0) AS matures_on,
           COUNT(*) FILTER (WHERE item.demanded > 0) AS periods,
           COUNT(*) FILTER (WHERE item.age > 0 AND item.total > 0) AS behind,
           COUNT(*) FILTER (WHERE item.age < 0 AND item.total > 0) AS "left",
           COALESCE(SUM(item.demanded) FILTER (WHERE item.due_on BETWEEN %(month)s AND %(as_of)s), 0)::bigint AS due,
           COALESCE(SUM(item.principal) FILTER (WHERE item.age BETWEEN 31 AND 60), 0)::bigint AS age_31,
           COALESCE(SUM(item.principal) FILTER (WHERE item.age BETWEEN 61 AND 90), 0)::bigint AS age_61,
           COALESCE(SUM(item.principal) FILTER (WHERE item.age BETWEEN 91 AND 180), 0)::bigint AS age_91,
           COALESCE(SUM(item.principal) FILTER (WHERE item.age > 180), 0)::bigint AS age_181
    FROM flow LEFT JOIN item ON TRUE
    GROUP BY flow.before, flow.raised, flow.paid, flow.reduced, flow.charged_off
) AS claim
CROSS JOIN LATERAL (
    SELECT COALESCE(SUM(payment.amount_minor) FILTER (WHERE payment.received_on >= %(month)s), 0)::bigint AS paid,
           MAX(payment.received_on) AS latest_paid_on
    FROM repayments_payment AS payment
    WHERE payment.loan_id = one.loan_id AND payment.received_on <= %(as_of)s
      AND (NOT payment.is_returned OR NOT EXISTS (
          SELECT FROM repayments_loanevent AS undone
          WHERE undone.loan_id = one.loan_id AND undone.kind = 'REVERSAL' AND undone.effective_on <= %(as_of)s
            AND (undone.data ->> 'event')::bigint = payment.event_id
      ))
) AS money
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('code', named.code, 'on', event.effective_on, 'minor', event.amount_minor)
                     ORDER BY event.effective_on, event.id) AS list
    FROM repayments_loanevent AS event
    JOIN unnest(%(event_kinds)s::text[], %(event_codes)s::text[]) AS named (kind, code) ON named.kind = event.kind
    WHERE event.loan_id = one.loan_id AND event.effective_on BETWEEN %(month)s AND %(as_of)s
      AND NOT EXISTS (
          SELECT FROM repayments_loanevent AS undone
          WHERE undone.loan_id = one.loan_id AND undone.kind = 'REVERSAL'
            AND (undone.data ->> 'event')::bigint = event.id
      )
) AS happened ON TRUE
LEFT JOIN LATERAL (
    SELECT change.classification FROM collections_mgmt_overduechange AS change
    WHERE change.loan_id = one.loan_id AND change.changed_on <= %(as_of)s
    ORDER BY change.changed_on DESC LIMIT 1
) AS held_at ON TRUE
LEFT JOIN LATERAL (
    SELECT accepted_on FROM collections_mgmt_restructuringplan AS agreed
    WHERE agreed.loan_id = one.loan_id AND agreed.accepted_on BETWEEN %(month)s AND %(as_of)s
      AND agreed.status <> 'WITHDRAWN'
    ORDER BY agreed.id DESC LIMIT 1
) AS plan ON TRUE
CROSS JOIN LATERAL (
    SELECT array_agg(past.month ORDER BY past.month) AS months, array_agg(past.code ORDER BY past.month) AS codes
    FROM collections_mgmt_creditrecordmonth AS past
    WHERE past.loan_id = one.loan_id AND past.month >= %(since)s
) AS signs
ORDER BY one.loan_id
"""
