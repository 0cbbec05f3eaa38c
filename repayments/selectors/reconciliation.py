"""Does the ledger say what the loans say? One set-based query over the whole book; it must find nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection, transaction

from dashu.ledger import accounts


@dataclass(frozen=True, slots=True)
class Difference:
    """
    One standard account of one loan, with its parts: what the loan's rows say and what the ledger holds.

    Minor units, debits positive.
    """

    loan_id: int
    account: str
    rows_minor: int
    ledger_minor: int

    @property
    def difference_minor(self) -> int:
        return self.rows_minor - self.ledger_minor


def differences(*, limit: int = 1000) -> list[Difference]:
    """
    Return where principal, receivables and credit of a loan differ from its postings; empty when all reconcile.

    A loan that is charged off, written off or sold has no receivables on the books, whatever is still claimed; one that
    is no longer accrued has its interest and penalty in the memo accounts.
    """
    with _by_hash(), connection.cursor() as cursor:
        cursor.execute(
            """
            WITH demanded AS (
                SELECT row.loan_id,
                       SUM(row.interest_minor - row.paid_interest_minor - row.waived_interest_minor) AS interest_minor,
                       SUM(row.fee_minor - row.paid_fee_minor - row.waived_fee_minor) AS fee_minor
                FROM repayments_installment AS row
                JOIN repayments_loanbalance AS balance ON balance.loan_id = row.loan_id
                WHERE row.unpaid_minor > 0 AND row.due_on <= balance.accrued_through
                  -- which the index of open installments can be asked for
                  AND row.due_on <= (SELECT MAX(accrued_through) FROM repayments_loanbalance)
                GROUP BY row.loan_id
            ), expected AS (
                SELECT loan.id AS loan_id,
                       claim.on_books * balance.principal_minor AS principal,
                       claim.on_books * (1 - claim.suspended) * claim.interest_minor AS interest,
                       claim.on_books * COALESCE(demanded.fee_minor, 0) AS fee,
                       claim.on_books * (1 - claim.suspended) * claim.penalty_minor AS penalty,
                       claim.on_books * claim.suspended * (claim.interest_minor + claim.penalty_minor) AS suspended,
                       claim.on_books * balance.refund_due_minor AS refund,
                       -balance.unapplied_minor AS credit
                FROM loans_loan AS loan
                JOIN repayments_loanbalance AS balance ON balance.loan_id = loan.id
                LEFT JOIN demanded ON demanded.loan_id = loan.id
                CROSS JOIN LATERAL (
                    SELECT CASE WHEN loan.interest_basis = 'daily' THEN 0
                                ELSE COALESCE(demanded.interest_minor, 0) END AS interest_minor,
                           balance.penalty_charged_minor - balance.penalty_paid_minor - balance.penalty_waived_minor
                               AS penalty_minor,
                           balance.is_non_accrual::int AS suspended,
                           (loan.status IN ('ACTIVE', 'SETTLED'))::int AS on_books
                ) AS claim
            ), held AS (
                SELECT loan_id, SUM(minor) FILTER (WHERE account = %(principal)s) AS principal,
                       SUM(minor) FILTER (WHERE account = %(interest)s) AS interest,
                       SUM(minor) FILTER (WHERE account = %(fee)s) AS fee,
                       SUM(minor) FILTER (WHERE account = %(penalty)s) AS penalty,
                       SUM(minor) FILTER (WHERE account = %(suspended)s) AS suspended,
                       SUM(minor) FILTER (WHERE account = %(contra)s) AS contra,
                       SUM(minor) FILTER (WHERE account = %(refund)s) AS refund,
                       SUM(minor) FILTER (WHERE account = %(credit)s) AS credit
                FROM (
                    SELECT loan_id, split_part(account_id, '.', 1) AS account,
                           CASE side WHEN 'D' THEN amount_minor ELSE -amount_minor END AS minor
                    FROM ledger_posting WHERE loan_id IS NOT NULL
                ) AS posting
                GROUP BY loan_id
            )
            SELECT COALESCE(expected.loan_id, held.loan_id), line.account, COALESCE(line.rows_minor, 0),
                   COALESCE(line.ledger_minor, 0)
            FROM expected FULL JOIN held ON held.loan_id = expected.loan_id
            CROSS JOIN LATERAL (VALUES
                (%(principal)s, expected.principal, held.principal),
                (%(interest)s, expected.interest, held.interest),
                (%(fee)s, expected.fee, held.fee),
                (%(penalty)s, expected.penalty, held.penalty),
                (%(suspended)s, expected.suspended, held.suspended),
                (%(contra)s, -expected.suspended, held.contra),
                (%(refund)s, expected.refund, held.refund),
                (%(credit)s, expected.credit, held.credit)
            ) AS line (account, rows_minor, ledger_minor)
            WHERE COALESCE(line.rows_minor, 0) <> COALESCE(line.ledger_minor, 0)
            ORDER BY 1, 2 LIMIT %(limit)s
            """,
            {
                "principal": accounts.LOAN_PRINCIPAL,
                "interest": accounts.INTEREST_RECEIVABLE,
                "fee": accounts.FEE_RECEIVABLE,
                "penalty": accounts.PENALTY_RECEIVABLE,
                "suspended": accounts.SUSPENDED_INTEREST,
                "contra": accounts.SUSPENDED_INTEREST_CONTRA,
                "refund": accounts.REFUND_RECEIVABLE,
                "credit": accounts.BORROWER_CREDIT,
                "limit": limit,
            },
        )
        return [Difference(row[0], row[1], int(row[2]), int(row[3])) for row in cursor.fetchall()]


@contextmanager
def _by_hash() -> Iterator[None]:
    """
    Let whole tables be joined by hashing: while they are young and their sizes unknown, the planner goes through one
    for each row of another, which takes minutes.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('enable_nestloop'), set_config('enable_nestloop', 'off', true)")
        before = cursor.fetchone()[0]
        yield
        cursor.execute("SELECT set_config('enable_nestloop', %s, true)", [before])
