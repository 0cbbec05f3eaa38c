"""Letting people in: by the code on their page, by a press in the list, or by the poster on site."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.documents.codes import read_code
from dashu.kernel.errors import DomainError
from education.models import Workshop, WorkshopRegistration
from education.models.workshops import DESK_OPENS, DOORS_OPEN
from education.services.workshops.contacts import read_contact
from education.services.workshops.rows import RegistrationNotFound, lock_registration

POSTER = "poster"


class CheckInClosed(DomainError):
    """It is too early or too late to let people in, or the workshop does not take place."""

    code = "workshop_check_in_closed"
    http_status = 409


class NoSeat(DomainError):
    """Whoever this is has no seat: they wait, or gave it back."""

    code = "workshop_no_seat"
    http_status = 409


@dataclass(frozen=True, slots=True)
class Arrival:
    """:param is_first: False when they had been let in before."""

    registration: WorkshopRegistration
    is_first: bool


@transaction.atomic
def check_in(*, registration_id: int, actor: str, now: datetime) -> Arrival:
    """
    Note that somebody came. Doing it again changes nothing and says so.

    :param actor: of staff; `POSTER` for who does it themselves, which opens later.
    :raises RegistrationNotFound, NoSeat, CheckInClosed: see there.
    """
    workshop, registration = lock_registration(registration_id)
    if registration.checked_in_at:
        return Arrival(registration, is_first=False)
    if not registration.has_seat:
        raise NoSeat(_("There is no seat under this code: it waits on the list, or was given back."))
    before = DOORS_OPEN if actor == POSTER else DESK_OPENS
    if not workshop.lets_in(now=now, before=before):
        raise CheckInClosed(_("People are let in on the day of the workshop only."))
    registration.checked_in_at, registration.checked_in_by = now, actor
    registration.save(update_fields=["checked_in_at", "checked_in_by"])
    return Arrival(registration, is_first=True)


def find_by_code(typed: str) -> WorkshopRegistration:
    """
    Return whose code was typed or scanned.

    :raises RegistrationNotFound: see there.
    """
    code = read_code(typed)
    found = WorkshopRegistration.objects.select_related("workshop", "user").filter(code=code).first() if code else None
    if found is None or found.status == WorkshopRegistration.Status.UNCONFIRMED:
        raise RegistrationNotFound(_("No seat has this code. Compare it with the page or the print."), field="code")
    return found


def find_on_site(workshop: Workshop, typed: str) -> WorkshopRegistration:
    """
    Return whose seat it is by what somebody at the poster types: the code, or the phone or address they signed up with.

    :raises RegistrationNotFound: see there.
    """
    mine = WorkshopRegistration.objects.filter(workshop=workshop, status__in=WorkshopRegistration.LIVE)
    found = mine.filter(code=read_code(typed)).first() if read_code(typed) else None
    if found is None:
        try:
            found = mine.filter(contact_index=read_contact(typed).index).first()
        except DomainError:
            found = None
    if found is None:
        raise RegistrationNotFound(
            _("We find no seat for this. Ask the people at the entrance; they have the list."), field="code"
        )
    return found
