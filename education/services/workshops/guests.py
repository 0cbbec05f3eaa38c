"""
Writing to visitors: codes at once, because they wait for them; everything else in the contact hours.

A notice is claimed in a short transaction and handed over outside of it, so that a worker that dies leaves it to be
tried again under the same key. What is no longer true by then is dropped. Nothing of the words is kept.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from dashu.kernel.dates import lender_date
from dashu.messaging.delivery import NotDelivered
from dashu.messaging.guest_mail import send_guest_mail
from dashu.messaging.links import public_address
from dashu.messaging.secret_texts import send_secret_text, shows_secrets
from dashu.messaging.templates import Rendered, render
from dashu.policy import rules as policy
from education.models import GuestNotice, Notice, Workshop, WorkshopCode, WorkshopRegistration
from education.selectors.workshops import registration_token, template_of, title_of, values_of
from education.services.workshops.tell import REMINDERS

logger = logging.getLogger(__name__)

AT_ONCE = 100
MOST_ATTEMPTS = 5
TRY_AGAIN = timedelta(minutes=15)
# What has to be true of a registration when the notice leaves.
_TRUE_OF = {
    Notice.REGISTERED: ("REGISTERED",),
    Notice.WAITING: ("WAITING",),
    Notice.MOVED_UP: ("REGISTERED",),
    Notice.CHANGED: ("REGISTERED", "WAITING"),
    Notice.CALLED_OFF: ("REGISTERED", "WAITING"),
    Notice.TOMORROW: ("REGISTERED",),
    Notice.SOON: ("REGISTERED",),
}


def send_workshop_code(*, code_id: int, now: datetime) -> bool:
    """
    Send a code that still holds, once; return whether it went out now. Calls the network: not in a transaction.

    :raises NotDelivered: it was not taken; sending it again is the same message.
    """
    code = WorkshopCode.objects.select_related("registration__workshop").filter(pk=code_id).first()
    if code is None or not code.waits_to_be_sent(now=now):
        return False
    registration = code.registration
    with translation.override(registration.language):
        title = title_of(registration.workshop, registration.language)
        subject = gettext("Your code for “%(title)s”") % {"title": title}
        text = gettext(
            "%(code)s is your code to sign up for “%(title)s”. It holds for 10 minutes. If you did not ask for it, you"
            " need do nothing."
        ) % {"code": code.sealed_code, "title": title}
    _hand_over(registration, Rendered(subject, text), key=f"workshop-code-{code.salt}")
    kept = code.sealed_code if shows_secrets() else None
    WorkshopCode.objects.filter(pk=code.pk, sent_at=None).update(sent_at=now, sealed_code=kept)
    return True


def send_guest_notices(*, now: datetime) -> int:
    """Send what is due to visitors and may leave at this hour; return how much it was."""
    if not policy.contact_hours(lender_date(now)).allows(now):
        return 0
    sent = 0
    for notice in _claim(now):
        registration = notice.registration
        if not _is_true(notice, registration, registration.workshop, now=now):
            _end(notice, ended_at=now)
            continue
        try:
            _hand_over(registration, _words(notice, registration), key=f"workshop-notice-{notice.pk}")
        except NotDelivered as error:
            logger.warning("notice %s to a visitor was not taken: %s", notice.pk, error)
            if not error.can_heal or notice.attempts >= MOST_ATTEMPTS:
                _end(notice, ended_at=now)
            continue
        _end(notice, sent_at=now)
        sent += 1
    return sent


@transaction.atomic
def _claim(now: datetime) -> Sequence[GuestNotice]:
    due = GuestNotice.objects.filter(sent_at=None, ended_at=None, not_before__lte=now)
    ids = list(
        due.order_by("not_before", "id").select_for_update(skip_locked=True).values_list("pk", flat=True)[:AT_ONCE]
    )
    GuestNotice.objects.filter(pk__in=ids).update(attempts=F("attempts") + 1, not_before=now + TRY_AGAIN)
    return list(GuestNotice.objects.filter(pk__in=ids).select_related("registration__workshop").order_by("pk"))


def _is_true(notice: GuestNotice, registration: WorkshopRegistration, workshop: Workshop, *, now: datetime) -> bool:
    if registration.status not in _TRUE_OF[Notice(notice.kind)] or not registration.contact_index:
        return False
    if notice.kind == Notice.CALLED_OFF:
        return workshop.status == Workshop.Status.CANCELLED
    if notice.kind in REMINDERS and notice.sequence != workshop.sequence:
        return False
    return workshop.status == Workshop.Status.OPEN and now < workshop.starts_at


def _words(notice: GuestNotice, registration: WorkshopRegistration) -> Rendered:
    if notice.kind == Notice.CALLED_OFF:
        path = reverse("education:workshops")
    else:
        path = reverse("education:registration", args=[registration_token(registration.pk)])
    values = values_of(registration.workshop, registration.language, link=public_address(path))
    return render(template_of(notice.kind), values, registration.language)


def _hand_over(registration: WorkshopRegistration, text: Rendered, *, key: str) -> None:
    if registration.phone:
        send_secret_text(key=key, phone=registration.phone, text=text.body)
    elif registration.email:
        send_guest_mail(key=key, address=registration.email, subject=text.subject, text=text.body)


def _end(notice: GuestNotice, **moment: datetime) -> None:
    GuestNotice.objects.filter(pk=notice.pk, sent_at=None).update(**moment)
