"""Reactions to payments, and the sweep that finds what an event missed."""

from typing import Any

from celery import shared_task

from dashu.kernel.dates import lender_now, lender_today
from repayments.services.book_sure_matches import book_forgotten_matches
from repayments.services.book_sure_matches import book_sure_matches as book
from repayments.services.send_receipt import send_missing_receipts
from repayments.services.send_receipt import send_receipt as send


@shared_task
def send_receipt(*, payment_id: int, **_newer_fields: Any) -> None:
    send(payment_id=payment_id)


@shared_task
def sweep_receipts(**_newer_fields: Any) -> None:
    send_missing_receipts(now=lender_now())


@shared_task
def book_sure_matches(*, statement_id: int, **_newer_fields: Any) -> None:
    book(statement_id=statement_id, today=lender_today())


@shared_task
def sweep_bank_statements(**_newer_fields: Any) -> None:
    book_forgotten_matches(now=lender_now(), today=lender_today())
