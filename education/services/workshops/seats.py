"""
Seats: taken, given back, and handed on along the waiting list.

The workshop is locked by the caller, and a seat is taken by a statement that does so only where there is one: parallel
sign-ups never overbook, and the database refuses it besides.
"""

from datetime import datetime

from django.db.models import F

from education.models import Notice, Workshop, WorkshopRegistration
from education.services.workshops.tell import tell_one

Status = WorkshopRegistration.Status


def take_seat(workshop: Workshop) -> bool:
    """Take a seat of a locked workshop; False where there is none."""
    taken = Workshop.objects.filter(pk=workshop.pk, seats_taken__lt=F("capacity")).update(
        seats_taken=F("seats_taken") + 1
    )
    workshop.seats_taken += taken
    return taken == 1


def give_back_seat(workshop: Workshop) -> None:
    Workshop.objects.filter(pk=workshop.pk, seats_taken__gt=0).update(seats_taken=F("seats_taken") - 1)
    workshop.seats_taken -= 1


def move_up(workshop: Workshop, *, now: datetime) -> list[WorkshopRegistration]:
    """Give the free seats of a locked workshop to who waits longest, and tell them; return who moved up."""
    if workshop.status != Workshop.Status.OPEN or now >= workshop.starts_at:
        return []
    free = workshop.capacity - workshop.seats_taken
    waiting = WorkshopRegistration.objects.filter(workshop=workshop, status=Status.WAITING)
    moved = []
    for registration in waiting.order_by("joined_at", "id").select_for_update(no_key=True)[: max(free, 0)]:
        if not take_seat(workshop):
            break
        registration.status, registration.moved_up_at = Status.REGISTERED, now
        registration.save(update_fields=["status", "moved_up_at"])
        tell_one(registration, Notice.MOVED_UP, now=now)
        moved.append(registration)
    return moved
