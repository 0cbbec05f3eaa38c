"""
Reactions to what happens to loans: a lesson may fit. Nothing hangs on them, so an event that is lost is a lesson that
is not pointed out; those of the books are found the next morning all the same. Beside them, the jobs of
workshops and of editors.
"""

import logging
from datetime import date, timedelta
from typing import Any

from celery import shared_task

from dashu.kernel.dates import lender_now, lender_today
from dashu.messaging.delivery import NotDelivered
from dashu.policy.learning import Moment
from education.models import WorkshopCode
from education.selectors.happened import owners_of, signers
from education.services import check_links as links
from education.services import morning
from education.services.notice_moments import notice_moments
from education.services.publish_lessons import publish_due
from education.services.watch_facts import watch_facts as watch
from education.services.workshops import guests
from education.services.workshops.remind import remind_participants
from education.services.workshops.tidy import tidy_workshops

logger = logging.getLogger(__name__)

LATEST = timedelta(days=2)


@shared_task
def notice_contract(**_newer_fields: Any) -> None:
    notice_moments(moment=Moment.CONTRACT_SIGNED, pairs=signers(today=lender_today()), now=lender_now())


@shared_task
def notice_inquiries(*, application_id: int, **_newer_fields: Any) -> None:
    morning.notice_inquiries(application_id=application_id, now=lender_now())


@shared_task
def notice_behind(*, loan_ids: list[int], on: str, **_newer_fields: Any) -> None:
    """Loans whose installment of the day `on` stayed open; what comes days late has nothing to say any more."""
    if lender_today() - date.fromisoformat(on) <= LATEST:
        notice_moments(moment=Moment.OVERDUE, pairs=owners_of(loan_ids), now=lender_now())


@shared_task
def notice_offers(*, loan_ids: list[int], **_newer_fields: Any) -> None:
    notice_moments(moment=Moment.OFFER_MADE, pairs=owners_of(loan_ids), now=lender_now())


@shared_task
def notice_plan(*, loan_id: int, **_newer_fields: Any) -> None:
    notice_moments(moment=Moment.PLAN_ACCEPTED, pairs=owners_of([loan_id]), now=lender_now())


@shared_task
def notice_morning(**_newer_fields: Any) -> None:
    morning.notice_morning(now=lender_now())


@shared_task
def send_workshop_code(*, code_id: int, **_newer_fields: Any) -> None:
    try:
        guests.send_workshop_code(code_id=code_id, now=lender_now())
    except NotDelivered as error:
        logger.error("code %s of a sign-up was not taken: %s", code_id, error)


@shared_task
def follow_workshops(**_newer_fields: Any) -> None:
    """Remind whoever is to be reminded, and write to visitors; send the codes that an event missed."""
    now = lender_now()
    remind_participants(now=now)
    for code_id in WorkshopCode.objects.unsent(now=now):
        send_workshop_code(code_id=code_id)
    guests.send_guest_notices(now=now)


@shared_task
def tidy_up_workshops(**_newer_fields: Any) -> None:
    tidy_workshops(now=lender_now())


@shared_task
def publish_due_lessons(**_newer_fields: Any) -> None:
    publish_due(now=lender_now(), today=lender_today())


@shared_task
def check_links(**_newer_fields: Any) -> None:
    """Look at some links; beat calls this until all were looked at tonight."""
    links.check_links(now=lender_now())


@shared_task
def watch_facts(**_newer_fields: Any) -> None:
    watch(today=lender_today())
