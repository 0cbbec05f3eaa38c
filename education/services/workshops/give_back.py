"""Giving a seat back; who waits longest gets it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from education.models import WorkshopRegistration
from education.services.workshops.rows import RegistrationNotFound, lock_registration
from education.services.workshops.seats import give_back_seat, move_up
from education.services.workshops.tell import forget_waiting

Status = WorkshopRegistration.Status


class WorkshopHasBegun(DomainError):
    """The workshop has begun, so no seat of it can be given back."""

    code = "workshop_has_begun"
    http_status = 409


@transaction.atomic
def give_back(*, registration_id: int, now: datetime) -> WorkshopRegistration:
    """
    Give back a seat or a place on the waiting list. Doing so again changes nothing.

    :raises RegistrationNotFound, WorkshopHasBegun: see there.
    """
    workshop, registration = lock_registration(registration_id)
    if registration.status == Status.CANCELLED:
        return registration
    if not registration.is_live:
        raise RegistrationNotFound(_("There is no such seat."))
    if registration.checked_in_at or now >= workshop.starts_at:  # the desk lets people in before
        raise WorkshopHasBegun(_("The workshop has begun; there is nothing to give back any more."))
    had_seat = registration.has_seat
    registration.status, registration.cancelled_at = Status.CANCELLED, now
    registration.save(update_fields=["status", "cancelled_at"])
    forget_waiting(workshop, only=registration.pk)
    if had_seat:
        give_back_seat(workshop)
        move_up(workshop, now=now)
    return registration
