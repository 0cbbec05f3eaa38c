"""Jobs of the partner console."""

import logging
from datetime import timedelta
from typing import Any

from celery import shared_task

from dashu.console import telling
from dashu.console.models import ChangeMail
from dashu.kernel.dates import lender_now

logger = logging.getLogger(__name__)


@shared_task
def tell_of_change(*, mail_id: int, **_newer_fields: Any) -> None:
    telling.tell_of_change(mail_id=mail_id, now=lender_now())


@shared_task
def sweep_change_mails(**_newer_fields: Any) -> None:
    """Send what an event missed, and what a mail server did not take."""
    now = lender_now()
    waited = ChangeMail.objects.owed(now=now).filter(happened_at__lte=now - timedelta(minutes=1))
    for mail_id in list(waited.order_by("pk").values_list("pk", flat=True)[:200]):
        try:
            telling.tell_of_change(mail_id=mail_id, now=now)
        except OSError as error:
            # One that is not taken keeps nothing else from its turn; the next call tries it again.
            logger.warning("mail %s of the console was not taken: %s", mail_id, type(error).__name__)
