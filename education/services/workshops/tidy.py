"""
What time does to workshops: they end, sign-ups that nobody confirmed go, visitors are forgotten.

Each step is one statement, or one transaction for each workshop, and can run twice or late.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from education.domain.workshop_texts import FORGET_AFTER_DAYS
from education.models import GuestNotice, Workshop, WorkshopCode, WorkshopRegistration
from education.services.workshops.rows import lock_workshop
from education.services.workshops.seats import move_up

Status = WorkshopRegistration.Status
UNCONFIRMED_FOR = timedelta(days=1)
NOTICES_FOR = timedelta(days=90)


def tidy_workshops(*, now: datetime) -> None:
    """Do whatever is due."""
    Workshop.objects.filter(status=Workshop.Status.OPEN, ends_at__lte=now).update(status=Workshop.Status.DONE)
    WorkshopRegistration.objects.filter(status=Status.UNCONFIRMED, made_at__lt=now - UNCONFIRMED_FOR).delete()
    WorkshopCode.objects.forget(now=now)
    GuestNotice.objects.filter(made_at__lt=now - NOTICES_FOR).delete()
    forget_visitors(now=now)
    for workshop_id in _with_seats_of_nobody(now):
        free_seats_of_nobody(workshop_id=workshop_id, now=now)


def forget_visitors(*, now: datetime) -> int:
    """Forget who the visitors of workshops were that ended long enough ago; return how many. Who came still counts."""
    over = now - timedelta(days=FORGET_AFTER_DAYS)
    known = WorkshopRegistration.objects.filter(workshop__ends_at__lt=over, forgotten_at=None).exclude(contact_index="")
    ids = list(known.order_by("pk").values_list("pk", flat=True)[:5000])
    WorkshopCode.objects.filter(registration_id__in=ids).delete()
    GuestNotice.objects.filter(registration_id__in=ids).delete()
    return WorkshopRegistration.objects.filter(pk__in=ids).update(
        name="", phone="", email="", contact_index="", forgotten_at=now
    )


def _with_seats_of_nobody(now: datetime) -> list[int]:
    rows = WorkshopRegistration.objects.filter(_of_nobody(), workshop__in=Workshop.objects.upcoming(now=now))
    return list(rows.order_by("workshop_id").values_list("workshop_id", flat=True).distinct())


@transaction.atomic
def free_seats_of_nobody(*, workshop_id: int, now: datetime) -> int:
    """Give back the places of people whose account is gone, and hand the seats on; return how many places."""
    workshop = lock_workshop(workshop_id)
    theirs = WorkshopRegistration.objects.filter(_of_nobody(), workshop=workshop)
    seats = theirs.filter(status=Status.REGISTERED).count()
    ended = theirs.update(status=Status.CANCELLED, cancelled_at=now)
    Workshop.objects.filter(pk=workshop_id).update(seats_taken=F("seats_taken") - seats)
    workshop.seats_taken -= seats
    move_up(workshop, now=now)
    return ended


def _of_nobody() -> Q:
    return Q(user=None, contact_index="", status__in=WorkshopRegistration.LIVE)
