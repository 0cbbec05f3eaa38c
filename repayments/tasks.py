"""Reactions to payments, and the sweeps that find what an event missed."""

from typing import Any

from celery import shared_task

from dashu.kernel.dates import lender_now, lender_today
from repayments.services import documents, payoff_quotes
from repayments.services.book_sure_matches import book_forgotten_matches
from repayments.services.book_sure_matches import book_sure_matches as book
from repayments.services.reconcile_day import reconcile_once
from repayments.services.send_receipt import send_missing_receipts
from repayments.services.send_receipt import send_receipt as send
from repayments.services.tell_of_change import tell_of_change as tell
from repayments.services.tell_of_change import tell_of_missed_changes


@shared_task
def send_receipt(*, payment_id: int, **_newer_fields: Any) -> None:
    send(payment_id=payment_id)


@shared_task
def tell_of_change(*, event_id: int, **_newer_fields: Any) -> None:
    tell(event_id=event_id)


@shared_task
def sweep_receipts(**_newer_fields: Any) -> None:
    """Send what an event missed: receipts, and the news of changed loans."""
    send_missing_receipts(now=lender_now())
    tell_of_missed_changes(now=lender_now())


@shared_task
def reconcile_books(**_newer_fields: Any) -> None:
    """Compare every loan's balance with its postings, once a day; beat calls this again in case a call was missed."""
    reconcile_once(on=lender_today(), actor="system:reconcile")


@shared_task
def book_sure_matches(*, statement_id: int, **_newer_fields: Any) -> None:
    book(statement_id=statement_id, today=lender_today())


@shared_task
def sweep_bank_statements(**_newer_fields: Any) -> None:
    book_forgotten_matches(now=lender_now(), today=lender_today())


@shared_task
def review_after_change(*, loan_id: int, **_newer_fields: Any) -> None:
    """Close quotes and revoke certificates that what just happened on the loan has overtaken."""
    payoff_quotes.close_changed_quotes(loan_id=loan_id, today=lender_today())
    documents.review_certificates(loan_id=loan_id, now=lender_now())


@shared_task
def sweep_quotes_and_certificates(**_newer_fields: Any) -> None:
    today = lender_today()
    payoff_quotes.close_expired_quotes(today=today)
    for loan_id in payoff_quotes.loans_with_stale_quotes(today=today):
        payoff_quotes.close_changed_quotes(loan_id=loan_id, today=today)
    for loan_id in documents.loans_with_wrong_certificates():
        documents.review_certificates(loan_id=loan_id, now=lender_now())
