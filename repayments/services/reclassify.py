"""
Move what loans hold to the accounts that the chart gives their product, after the chart was changed.

New entries follow a changed chart at once; the balances that were booked before stay where they are until this moves
them. It is not urgent: an account and its parts are one role, so every loan reconciles before, while and after.
"""

from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction

from dashu.audit import services as audit
from dashu.ledger.models import Account


@dataclass(frozen=True, slots=True)
class Moved:
    """:param entry_id: None when every balance stood where it belongs."""

    entry_id: int | None
    loans: int


@transaction.atomic
def reclassify(*, on: date, actor: str) -> Moved:
    """
    Move every balance of an asset or a liability to its account, in one entry over the whole book.

    Income and expenses stay where they were earned and spent. Running again moves nothing.

    :param on: the value date of the entry.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH held AS (
                SELECT posting.loan_id, posting.account_id, posting.currency,
                       SUM(CASE posting.side WHEN 'D' THEN posting.amount_minor ELSE -posting.amount_minor END) AS minor
                FROM ledger_posting AS posting JOIN ledger_account AS account ON account.code = posting.account_id
                WHERE posting.loan_id IS NOT NULL AND account.kind = ANY(%(kinds)s)
                GROUP BY 1, 2, 3
            ), chart AS MATERIALIZED (
                SELECT version.id AS product_terms_id, own.role, own.account_id
                FROM loans_productterms AS version JOIN loans_product AS product ON product.id = version.product_id
                CROSS JOIN LATERAL ledger_accounts_of(product.code) AS own
            ), moves AS (
                SELECT held.loan_id, held.currency, held.minor, held.account_id AS source, chart.account_id AS target
                FROM held JOIN loans_loan AS loan ON loan.id = held.loan_id
                JOIN chart ON chart.product_terms_id = loan.product_terms_id
                    AND chart.role = split_part(held.account_id, '.', 1)
                WHERE held.minor <> 0 AND held.account_id <> chart.account_id
            ), entry AS (
                INSERT INTO ledger_journalentry (effective_on, description, kind, actor)
                SELECT %(on)s, 'Moved to the accounts of the chart', 'RECLASSIFICATION', %(actor)s
                WHERE EXISTS (SELECT 1 FROM moves)
                RETURNING id
            ), written AS (
                INSERT INTO ledger_posting (entry_id, account_id, side, amount_minor, currency, loan_id)
                SELECT entry.id, line.account_id, CASE WHEN line.minor > 0 THEN 'D' ELSE 'C' END, abs(line.minor),
                       moves.currency, moves.loan_id
                FROM entry CROSS JOIN moves
                CROSS JOIN LATERAL (VALUES (moves.target, moves.minor), (moves.source, -moves.minor))
                    AS line (account_id, minor)
            )
            SELECT (SELECT id FROM entry), (SELECT COUNT(DISTINCT loan_id) FROM moves)
            """,
            {"on": on, "actor": actor, "kinds": [Account.Kind.ASSET.value, Account.Kind.LIABILITY.value]},
        )
        moved = Moved(*cursor.fetchone())
    if moved.entry_id is not None:
        audit.record(
            action="repayments.balances_reclassified",
            subject_type="journal_entry",
            subject_id=moved.entry_id,
            actor=actor,
            data={"loans": moved.loans},
        )
    return moved
