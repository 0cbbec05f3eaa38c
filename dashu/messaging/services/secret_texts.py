"""
Have a secret text sent by a job: the page that asked for it answers alike, whatever the text says and the gateway does.

The row is the only trace, and it is deleted when the text is handed over or of no use any more.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction

from dashu import events
from dashu.messaging.delivery import NotDelivered
from dashu.messaging.models import SecretText
from dashu.messaging.secret_texts import reaches_phones, send_secret_text

logger = logging.getLogger(__name__)

AT_ONCE = 200


@transaction.atomic
def queue_secret_text(*, phone: str, text: str, now: datetime, lasts: timedelta) -> None:
    """
    Keep a text, sealed, until it is sent. Where no text messages go out, nothing is kept.

    :param lasts: how long the text is of use to who waits for it.
    """
    if not reaches_phones():
        return
    made = SecretText.objects.create(phone=phone, text=text, made_at=now, expires_at=now + lasts)
    events.publish("messaging.secret_text_asked", text_id=str(made.pk))


def send_queued_text(*, text_id: str, now: datetime) -> bool:
    """
    Hand over a text that is still of use; return whether it went out now. Calls the gateway: not in a transaction.

    What can heal is left for the sweep, under the same key.
    """
    waiting = SecretText.objects.filter(pk=text_id, expires_at__gt=now).first()
    if waiting is None:
        return False
    try:
        send_secret_text(key=f"secret-{waiting.pk}", phone=waiting.phone, text=waiting.text)
    except NotDelivered as error:
        logger.error("Secret text %s was not taken: %s", text_id, error)
        if not error.can_heal:
            SecretText.objects.filter(pk=text_id).delete()
        return False
    return SecretText.objects.filter(pk=text_id).delete()[0] == 1


def sweep_secret_texts(*, now: datetime) -> int:
    """Forget what is of no use any more and send what an event missed; return how many were sent."""
    SecretText.objects.filter(expires_at__lte=now).delete()
    waiting = SecretText.objects.order_by("made_at").values_list("pk", flat=True)[:AT_ONCE]
    return sum(send_queued_text(text_id=str(pk), now=now) for pk in list(waiting))
