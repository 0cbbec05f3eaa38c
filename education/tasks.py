"""Jobs of learning: each loads nothing but ids and calls one service."""

import logging
from typing import Any

from celery import shared_task

from dashu.kernel.dates import lender_now
from dashu.messaging.delivery import NotDelivered
from education.models import WorkshopCode
from education.services.workshops import guests
from education.services.workshops.remind import remind_participants
from education.services.workshops.tidy import tidy_workshops

logger = logging.getLogger(__name__)


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
