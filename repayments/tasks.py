"""Reactions to payments, collections, and the sweeps that find what an event or a callback missed."""

import logging
import uuid
from typing import Any

from celery import shared_task
from django.conf import settings

from dashu.celery import app
from dashu.kernel.dates import lender_now, lender_today
from dashu.kernel.errors import DomainError
from dashu.policy.rules import autopay_retry
from repayments.gateways.base import NoPaymentProvider
from repayments.gateways.simulated import SimulatedProvider
from repayments.models import Checkout
from repayments.services import documents, payoff_quotes, virtual_accounts
from repayments.services import sweep_checkouts as sweep
from repayments.services.autopay import announce_collections, request_collections
from repayments.services.book_sure_matches import book_forgotten_matches
from repayments.services.book_sure_matches import book_sure_matches as book
from repayments.services.collect import collect, waiting_attempts
from repayments.services.gateway import book_callback
from repayments.services.payout_outcomes import give_up_payouts
from repayments.services.reconcile_day import reconcile_once
from repayments.services.request_payout import contracts_without_payout
from repayments.services.request_payout import request_payout as order_payout
from repayments.services.send_payout import send_payout as pay_out
from repayments.services.send_payout import sweep_payouts as sweep_all_payouts
from repayments.services.send_receipt import send_missing_receipts
from repayments.services.send_receipt import send_receipt as send
from repayments.services.tell_of_change import tell_of_change as tell
from repayments.services.tell_of_change import tell_of_missed_changes
from repayments.services.tell_of_payout import tell_of_given_up as tell_given_up
from repayments.services.tell_of_payout import tell_of_held as tell_held
from repayments.services.tell_of_payout import tell_of_missed_holds, tell_of_missed_payouts
from repayments.services.tell_of_payout import tell_of_payout as tell_payout
from repayments.services.tell_of_withdrawal import tell_of_missed_withdrawals
from repayments.services.tell_of_withdrawal import tell_of_withdrawal as tell_withdrawal
from repayments.services.withdraw_contract import go_on_after_payout as go_on
from repayments.services.withdraw_contract import lapse_withdrawals, loans_to_review
from repayments.services.withdraw_contract import review_withdrawal as review_given_back

logger = logging.getLogger(__name__)


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


@shared_task
def sweep_checkouts(**_newer_fields: Any) -> None:
    """Ask the provider about what it has not told us, and forget callbacks that were not genuine."""
    now = lender_now()
    sweep.sweep_checkouts(now=now, today=lender_today())
    sweep.forget_refused_callbacks(before=now - sweep.REFUSED_LOG_LASTS)


@shared_task
def collect_autopay(**_newer_fields: Any) -> None:
    """Plan today's collections, tell of those to come, and have those asked for whose day it is; also the sweep."""
    now, today = lender_now(), lender_today()
    announce_collections(on=today, not_before=now)
    request_collections(on=today)
    if now.time() < autopay_retry(today).asks_from:
        return
    for attempt_id in waiting_attempts(today=today):
        app.send_task("repayments.tasks.collect_one", kwargs={"attempt_id": attempt_id})


@shared_task
def collect_one(*, attempt_id: int, **_newer_fields: Any) -> None:
    collect(attempt_id=attempt_id, today=lender_today(), now=lender_now())


@shared_task
def give_virtual_accounts(**_newer_fields: Any) -> None:
    virtual_accounts.give_virtual_accounts(today=lender_today())


@shared_task
def deliver_simulated_callback(*, token: str, outcome: str, failure: str = "", **_newer_fields: Any) -> None:
    """The simulated provider calls back, as a real one does some seconds after it was asked."""
    checkout = Checkout.objects.select_related("loan").filter(token=uuid.UUID(token)).first()
    if checkout is None or not settings.SIMULATED_GATEWAY:
        return
    body, headers = SimulatedProvider().sign_callback(
        checkout, outcome, failure=failure, currency=checkout.loan.currency
    )
    book_callback(body=body, headers=headers, today=lender_today(), provider_name=SimulatedProvider.name)


@shared_task
def request_payout(*, contract_id: int, **_newer_fields: Any) -> None:
    """Order the payout of a contract that was just signed, or of its next part."""
    order_payout(contract_id=contract_id, now=lender_now())


@shared_task
def send_payout(*, payout_id: int, **_newer_fields: Any) -> None:
    """Send it now; where nobody is set up who can, the sweep says so and tries again."""
    try:
        pay_out(payout_id=payout_id, now=lender_now(), today=lender_today())
    except NoPaymentProvider:
        return


@shared_task
def sweep_payouts(**_newer_fields: Any) -> None:
    """
    Order and send what an event missed, ask about what is silent, give up what does not arrive, and tell of it.

    The same for loans that are given back.
    """
    now = lender_now()
    for contract_id in contracts_without_payout(today=lender_today()):
        try:
            order_payout(contract_id=contract_id, now=now)
        except DomainError as refusal:
            logger.warning("the payout of contract %s could not be ordered: %s", contract_id, refusal.code)
    sweep_all_payouts(now=now, today=lender_today())
    give_up_payouts(now=now)
    tell_of_missed_payouts(now=now)
    tell_of_missed_holds()
    for loan_id in loans_to_review():
        try:
            go_on(loan_id=loan_id, now=now)
            review_given_back(loan_id=loan_id, now=now)
        except DomainError as refusal:
            logger.warning("loan %s could not be given back: %s", loan_id, refusal.code)
    lapse_withdrawals(now=now)
    tell_of_missed_withdrawals(now=now)


@shared_task
def tell_of_payout(*, payout_id: int, **_newer_fields: Any) -> None:
    tell_payout(payout_id=payout_id)


@shared_task
def tell_of_held(*, payout_id: int, **_newer_fields: Any) -> None:
    tell_held(payout_id=payout_id)


@shared_task
def tell_of_given_up(*, loan_id: int, **_newer_fields: Any) -> None:
    tell_given_up(loan_id=loan_id)


@shared_task
def go_on_after_payout(*, loan_id: int, **_newer_fields: Any) -> None:
    go_on(loan_id=loan_id, now=lender_now())


@shared_task
def review_withdrawal(*, loan_id: int, **_newer_fields: Any) -> None:
    review_given_back(loan_id=loan_id, now=lender_now())


@shared_task
def tell_of_withdrawal(*, withdrawal_id: int, **_newer_fields: Any) -> None:
    tell_withdrawal(withdrawal_id=withdrawal_id)
