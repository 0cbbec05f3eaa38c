"""
To whom a moment of learning has come, by the books of loans and payments. Each answers for some days back, so that what
a morning missed is found on the next.
"""

from collections.abc import Collection
from datetime import date, timedelta

from django.db import connection
from django.db.models import Min

from dashu.kernel.dates import lender_date
from loans.domain.credit_file_json import file_of_json
from loans.domain.credit_files import FOR_NEW_CREDIT
from loans.models import Application, CreditReport, Loan, LoanContract

BACK_DAYS = 3

Pair = tuple[int, int | None]


def signers(*, today: date) -> list[Pair]:
    """Return who signed a contract in the last days, with its first loan."""
    contracts = LoanContract.objects.filter(signed_at__date__gt=today - timedelta(days=BACK_DAYS), withdrawn_at=None)
    return list(contracts.annotate(first=Min("tranches__loan")).values_list("application__borrower_id", "first"))


def before_first_due(*, today: date, days: int) -> list[Pair]:
    """Return whose first installment falls due in `days` days, or in fewer."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT loan.borrower_id, loan.id
            FROM repayments_installment AS row
            JOIN loans_loan AS loan ON loan.id = row.loan_id AND loan.status = 'ACTIVE'
            WHERE row.unpaid_minor > 0 AND row.is_current AND row.number = 1 AND row.version = 1
              AND row.due_on > %s AND row.due_on <= %s
            """,
            [today, today + timedelta(days=days)],
        )
        return list(cursor.fetchall())


def paid_only_the_least(*, today: date) -> list[Pair]:
    """
    Return who pays off a card with us and, in the last days, paid exactly what was asked for after having paid more
    with the payment before.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT loan.borrower_id, loan.id
            FROM repayments_payment AS news
            JOIN loans_loan AS loan ON loan.id = news.loan_id AND loan.status = 'ACTIVE'
            JOIN loans_productterms AS terms ON terms.id = loan.product_terms_id
            JOIN loans_product AS product ON product.id = terms.product_id AND product.kind = 'CARD_REPAYMENT'
            CROSS JOIN LATERAL (
                SELECT bool_or(place = 1 AND amount_minor = asked_minor) AS is_least,
                       bool_or(place = 2 AND amount_minor > asked_minor) AS was_more
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
                    WHERE payment.loan_id = loan.id AND NOT payment.is_returned
                    ORDER BY payment.received_on DESC, payment.event_id DESC LIMIT 2
                ) AS latest
            ) AS paid
            WHERE news.received_on > %s AND news.received_on <= %s AND NOT news.is_returned
              AND paid.is_least AND paid.was_more
            """,
            [today - timedelta(days=BACK_DAYS), today],
        )
        return list(cursor.fetchall())


def owners_of(loan_ids: Collection[int]) -> list[Pair]:
    """Return the borrowers of loans, each with the loan."""
    return list(Loan.objects.filter(pk__in=loan_ids).values_list("borrower_id", "pk"))


def asked_several_lenders(application_id: int, *, inquiries: int, within_days: int) -> list[Pair]:
    """Return the applicant where, by the report that they let us ask for, so many lenders were asked lately."""
    report = CreditReport.objects.filter(application_id=application_id, content__isnull=False).first()
    if report is None or report.answered_at is None:
        return []
    file = file_of_json(report.content or {})
    first = lender_date(report.answered_at) - timedelta(days=within_days - 1)
    lately = [each for each in file.inquiries if each.purpose in FOR_NEW_CREDIT and each.on >= first]
    if len({each.lender for each in lately}) < inquiries:
        return []
    owners = Application.objects.filter(pk=application_id).values_list("borrower_id", flat=True)
    return [(borrower_id, None) for borrower_id in owners]


def decided_lately(*, today: date) -> list[int]:
    """Return the applications whose credit report came in the last days."""
    since = today - timedelta(days=BACK_DAYS)
    return list(CreditReport.objects.filter(answered_at__date__gt=since).values_list("application_id", flat=True))
