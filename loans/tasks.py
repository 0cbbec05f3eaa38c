"""Reactions to applications, and the sweeps that find what an event missed."""

import logging
from datetime import datetime, timedelta
from typing import Any

from celery import shared_task

from dashu.alerts.services import raise_alert_if_possible
from dashu.kernel.dates import lender_now, lender_today
from dashu.messaging.delivery import NotDelivered
from loans.bureaus.base import BureauUnavailable
from loans.models import GuarantorCode, SignatureAccessCode, SigningCode
from loans.services import remove_document
from loans.services import scan_document as scanning
from loans.services.application_rows import ApplicationStateChanged
from loans.services.covenants import miss_covenants
from loans.services.decide_application import decide_application as decide
from loans.services.document_contents import remove_orphans
from loans.services.expire_applications import expire_applications
from loans.services.guarantor_links import forget_links, unsent_links
from loans.services.guarantor_links import send_guarantor_link as send_link
from loans.services.open_signature import send_access_code as send_code_to_open
from loans.services.read_credit_report import read_credit_report
from loans.services.sign_guarantee import send_guarantor_code as send_code_to_guarantor
from loans.services.signing_codes import send_signing_code as send_code
from loans.services.tell_of_decision import tell_of_decision as tell
from loans.services.tell_of_decision import tell_of_missed_decisions, waiting_applications
from loans.services.tell_of_guarantee import tell_of_guarantee as tell_of_answer
from loans.services.tell_of_guarantee import tell_of_missed_guarantees
from loans.services.tell_of_signature import tell_of_missed_signatures
from loans.services.tell_of_signature import tell_of_signature as tell_signed
from loans.services.watch_scorecards import watch_scorecards

logger = logging.getLogger(__name__)

# How long the bureau is asked again before a person decides without it.
BUREAU_PATIENCE = timedelta(minutes=10)


@shared_task
def decide_application(*, application_id: int, **_newer_fields: Any) -> None:
    """Ask the bureau, then decide. A bureau that is silent is asked again by the sweep, for a while."""
    try:
        read_credit_report(application_id=application_id, now=lender_now())
        decide(application_id=application_id, now=lender_now())
    except (BureauUnavailable, ApplicationStateChanged):
        return


@shared_task
def sweep_applications(**_newer_fields: Any) -> None:
    """Take up what waits for its decision, without a report where the bureau stays silent; let old ones lapse."""
    now = lender_now()
    for application_id, submitted_at in waiting_applications(before=now - timedelta(seconds=50)):
        try:
            if submitted_at > now - BUREAU_PATIENCE:
                decide_application(application_id=application_id)
            else:
                decide(application_id=application_id, now=now)
        except Exception as error:
            # One that cannot be decided, such as of a product that has ended, keeps nothing else from its turn.
            logger.exception("application %s could not be decided", application_id)
            raise_alert_if_possible("application.undecided", subject=str(application_id), error=str(error)[:200])
    tell_of_missed_decisions(now=now)
    tell_of_missed_signatures(now=now)
    for code_id in SigningCode.objects.unsent(now=now):
        send_signing_code(code_id=code_id)
    SigningCode.objects.forget(now=now)
    for code_id in SignatureAccessCode.objects.unsent(now=now):
        send_access_code(code_id=code_id)
    SignatureAccessCode.objects.forget(now=now)
    _sweep_guarantees(now)
    expire_applications(now=now)


def _sweep_guarantees(now: datetime) -> None:
    tell_of_missed_guarantees(now=now)
    for link_id in unsent_links(now=now):
        send_guarantor_link(link_id=link_id)
    for code_id in GuarantorCode.objects.unsent(now=now):
        send_guarantor_code(code_id=code_id)
    forget_links(now=now)
    GuarantorCode.objects.forget(now=now)


@shared_task
def tell_of_decision(*, review_id: int, **_newer_fields: Any) -> None:
    tell(review_id=review_id)


@shared_task
def scan_document(*, document_id: int, **_newer_fields: Any) -> None:
    scanning.scan_document(document_id=document_id, now=lender_now())


@shared_task
def erase_document(*, document_id: int, **_newer_fields: Any) -> None:
    remove_document.erase_document(document_id=document_id, now=lender_now())


@shared_task
def sweep_documents(**_newer_fields: Any) -> None:
    scanning.scan_forgotten(now=lender_now())
    remove_document.erase_forgotten(now=lender_now())


@shared_task
def sweep_lost_files(**_newer_fields: Any) -> None:
    """Remove files that no row names."""
    remove_orphans(now=lender_now())


@shared_task
def send_signing_code(*, code_id: int, **_newer_fields: Any) -> None:
    """Send a code; one that the gateway did not take is tried again by the sweep while it holds."""
    try:
        send_code(code_id=code_id, now=lender_now())
    except NotDelivered:
        return


@shared_task
def send_access_code(*, code_id: int, **_newer_fields: Any) -> None:
    """Send a code; one that the gateway did not take is tried again by the sweep while it holds."""
    try:
        send_code_to_open(code_id=code_id, now=lender_now())
    except NotDelivered:
        return


@shared_task
def send_guarantor_link(*, link_id: int, **_newer_fields: Any) -> None:
    """Send a link; one that has to wait for the morning, or that the gateway did not take, is the sweep's."""
    try:
        send_link(link_id=link_id, now=lender_now())
    except NotDelivered:
        return


@shared_task
def send_guarantor_code(*, code_id: int, **_newer_fields: Any) -> None:
    """Send a code; one that the gateway did not take is tried again by the sweep while it holds."""
    try:
        send_code_to_guarantor(code_id=code_id, now=lender_now())
    except NotDelivered:
        return


@shared_task
def tell_of_guarantee(*, answer_id: int, **_newer_fields: Any) -> None:
    tell_of_answer(answer_id=answer_id)


@shared_task
def tell_of_signature(*, contract_id: int, **_newer_fields: Any) -> None:
    tell_signed(contract_id=contract_id)


@shared_task
def watch_scorecard(**_newer_fields: Any) -> None:
    """Watch the scorecards over the window that ended yesterday; done already, nothing happens."""
    watch_scorecards(night=lender_today() - timedelta(days=1))


@shared_task
def watch_covenants(**_newer_fields: Any) -> None:
    """Mark promises whose day has passed; run again, it finds none."""
    miss_covenants(now=lender_now())
